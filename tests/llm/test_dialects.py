"""Each kind of server is asked for a grammar in its own words, and one that takes none is asked without."""

from __future__ import annotations

from dataclasses import replace

import anyio
import pytest

from lambda_rlm.completion import Completion, CompletionRequest, Grammar, Model, StopReason
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.providers.dialects import DIALECTS, Dialect, dialect_of
from lambda_rlm.llm.wrappers.fallback import ConstraintFallback
from lambda_rlm.testing import request as asked
from tests.support.doors import Door
from tests.support.faulty_server import FaultyServer

GRAMMAR = Grammar("digits", "Takes a number.", lark="start: /[0-9]+/\n", gbnf="root ::= [0-9]+\n", short="start: /[0-9]/\n")
FIELDS = {
    "openai": {
        "tools": [
            {
                "type": "custom",
                "custom": {
                    "name": "digits",
                    "description": "Takes a number.",
                    "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: /[0-9]+/\n"}},
                },
            }
        ],
        "tool_choice": {"type": "custom", "custom": {"name": "digits"}},
        "parallel_tool_calls": False,
    },
    "vllm": {"structured_outputs": {"grammar": "root ::= [0-9]+\n"}},
    "sglang": {"ebnf": "root ::= [0-9]+\n"},
    "llamacpp": {"grammar": "root ::= [0-9]+\n"},
}
PLAIN = {"model", "messages", "max_tokens", "temperature"}


def request_of(text: str) -> CompletionRequest:
    return replace(asked(text), grammar=GRAMMAR)


def completed(model: Model, *requests: CompletionRequest) -> list[Completion]:
    async def ask() -> list[Completion]:
        try:
            return [await model.complete(request) for request in requests]
        finally:
            await model.aclose()

    return anyio.run(ask)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_server_is_sent_exactly_the_fields_of_its_dialect(door: Door, server: FaultyServer, dialect: Dialect) -> None:
    """The shapes are the servers' own; one that is a little off is ignored or refused."""
    model = door("openai/echo", base_url=server.url, api_key="key", dialect=dialect)
    assert model.profile.takes_grammar
    completed(model, request_of("12"))
    [body] = server.requests
    assert {name: body[name] for name in body.keys() - PLAIN} == FIELDS[dialect]


def test_a_model_without_a_dialect_is_asked_freely(door: Door, server: FaultyServer) -> None:
    model = door("openai/echo", base_url=server.url, api_key="key")
    assert not model.profile.takes_grammar
    [reply] = completed(model, request_of("12"))
    assert server.requests[0].keys() == PLAIN
    assert not reply.unconstrained


def test_what_was_written_for_the_tool_is_the_reply(door: Door, server: FaultyServer) -> None:
    """And what the model thought aloud beside it is not."""
    model = door("openai/tool", base_url=server.url, api_key="key", dialect="openai")
    [reply] = completed(model, request_of("12"))
    assert (reply.text, reply.stop_reason, reply.unconstrained) == ("12", StopReason.STOP, "")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", ["no-grammar", "bad-grammar"])
def test_a_server_without_grammars_is_asked_without(door: Door, server: FaultyServer, name: str, dialect: Dialect) -> None:
    model = ConstraintFallback(door(f"openai/{name}", base_url=server.url, api_key="key", dialect=dialect))
    replies = completed(model, request_of("12"), request_of("13"))
    assert [reply.text for reply in replies] == ["12", "13"]
    assert all("not constrained by the grammar" in reply.unconstrained for reply in replies)
    assert [bool(body.keys() - PLAIN) for body in server.requests] == [True, False, False]


def test_a_failure_unrelated_to_the_grammar_is_one(door: Door, server: FaultyServer) -> None:
    for name, code in (("busy", "E0502"), ("bad-key", "E0506"), ("bad-request", "E0508"), ("overloaded", "E0501")):
        model = door(f"openai/{name}", base_url=server.url, api_key="key", dialect="vllm")
        with pytest.raises(ModelFailure) as raised:
            completed(model, request_of("12"))
        assert raised.value.code == code


def test_a_briefly_overloaded_server_keeps_its_grammar(door: Door, server: FaultyServer) -> None:
    """It has said nothing about the grammar; the next request is made in it."""
    model = door("openai/overloaded-once", base_url=server.url, api_key="key", dialect="vllm")

    async def ask() -> Completion:
        try:
            with pytest.raises(ModelFailure) as raised:
                await model.complete(request_of("12"))
            assert raised.value.is_retryable
            return await model.complete(request_of("12"))
        finally:
            await model.aclose()

    assert anyio.run(ask).unconstrained == ""
    assert [body.keys() - PLAIN for body in server.requests] == [{"structured_outputs"}] * 2


@pytest.mark.parametrize(
    ("name", "url", "constrain", "dialect"),
    [
        ("openai/gpt-5-mini", None, "auto", "openai"),
        ("openai/gpt-4o", None, "auto", None),
        ("openai/gpt-5-mini", "http://127.0.0.1:1/v1", "auto", None),
        ("hosted_vllm/qwen", "http://127.0.0.1:1/v1", "auto", "vllm"),
        ("hosted_vllm/qwen", "http://127.0.0.1:1/v1", "none", None),
        ("openai/qwen", "http://127.0.0.1:1/v1", "sglang", "sglang"),
        ("anthropic/claude", None, "auto", None),
    ],
)
def test_a_dialect_follows_from_the_name_or_is_said(name: str, url: str | None, constrain: str, dialect: str | None) -> None:
    assert dialect_of(name, url, constrain) == dialect
    assert connect(name, base_url=url, api_key="key", constrain=constrain).profile.takes_grammar is (dialect is not None)


def test_an_unknown_dialect_is_refused() -> None:
    with pytest.raises(ValueError, match="tgi"):
        dialect_of("openai/x", None, "tgi")
