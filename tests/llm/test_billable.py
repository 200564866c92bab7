"""Which failures may be billed: one table of codes, statuses and moments, for every door."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from lambda_rlm.budget.paying import failed_usage
from lambda_rlm.completion import FAILED_ATTEMPT, UNCOUNTED, Completion, CompletionRequest, Model, ModelProfile, Usage
from lambda_rlm.diagnostics.faults import NOT_BILLED, LimitExceeded, ModelFailure
from lambda_rlm.llm.failures import FATES, failure, may_be_billed
from lambda_rlm.llm.providers.via_http import HttpModel
from lambda_rlm.llm.providers.via_litellm import LitellmModel
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.llm.wrappers.fallback import ConstraintFallback
from lambda_rlm.llm.wrappers.remembered import Remembered
from lambda_rlm.llm.wrappers.retry import RetryingModel, RetryPolicy
from lambda_rlm.synth.language import language
from lambda_rlm.testing import request as asked
from tests.support.faulty_server import FaultyServer
from tests.support.raw_server import raw_server
from tests.support.sleeping import at_once

PRICED = ModelProfile("m", 8_192, 1_024, input_price=1e-6, output_price=1e-6)
BILLABLE = {"E0501", "E0503", "E0504", "E0511", "E0512", "E0513", "E0514", "E0525"}


def http(url: str, name: str = "openai/m", timeout: float = 5.0) -> Model:
    return HttpModel(name, url, api_key="key", profile=PRICED, timeout=timeout)


def litellm(url: str, name: str = "openai/m", timeout: float = 60.0) -> Model:
    return LitellmModel(name, base_url=url, api_key="key", profile=PRICED, timeout=timeout)


DOORS = [pytest.param(http, id="http"), pytest.param(litellm, id="litellm", marks=[pytest.mark.slow, pytest.mark.litellm])]


def failed(model: Model, request: CompletionRequest | None = None) -> ModelFailure:
    async def ask() -> None:
        try:
            await model.complete(request or asked("hello"))
        finally:
            await model.aclose()

    with pytest.raises(ModelFailure) as raised:
        anyio.run(ask)
    return raised.value


def test_each_code_says_whether_it_may_be_billed() -> None:
    assert {code for code in FATES if failure(code, "x").is_billable} == BILLABLE
    assert FATES.keys() - BILLABLE == NOT_BILLED
    for code in FATES:
        usage = failed_usage(failure(code, "x"))
        assert usage == (UNCOUNTED if code in BILLABLE else FAILED_ATTEMPT)


def test_a_failure_of_a_host_is_billable_unless_said() -> None:
    assert ModelFailure("E0501", "x").is_billable and ModelFailure("MINE", "x").is_billable
    assert not ModelFailure("E0502", "x").is_billable
    assert not ModelFailure("E0501", "x", is_billable=False).is_billable


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 413, 422, 429, 302, 501, 503, 529])
@pytest.mark.parametrize("door", DOORS)
def test_a_request_that_was_turned_down_is_not_billed(door: Callable[..., Model], status: int) -> None:
    assert not may_be_billed(status)
    found = failed_with(door, status)
    assert not found.is_billable and failed_usage(found) == FAILED_ATTEMPT, found


@pytest.mark.parametrize("status", [500, 502, 504, 505, 520, 524, 599])
@pytest.mark.parametrize("door", DOORS)
def test_a_server_that_broke_may_bill_what_it_worked_on(door: Callable[..., Model], status: int) -> None:
    assert may_be_billed(status)
    found = failed_with(door, status)
    assert found.is_billable and failed_usage(found) == UNCOUNTED, found


def failed_with(door: Callable[..., Model], status: int) -> ModelFailure:
    body = b'{"error": {"message": "as the test says"}}'
    head = f"HTTP/1.1 {status} As said\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    answer = head.encode() + (b"Location: http://127.0.0.1:1/\r\n" if status == 302 else b"") + b"\r\n" + body
    return broken(door, answer)


def broken(door: Callable[..., Model], *answers: Any) -> ModelFailure:
    async def ask() -> ModelFailure:
        async with raw_server(*answers) as server:
            model = door(server.url)
            try:
                await model.complete(asked("hello"))
            except ModelFailure as found:
                return found
            finally:
                await model.aclose()
        raise AssertionError("it answered")

    return anyio.run(ask)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("name", "code", "is_billable"),
    [
        ("slow", "E0503", True),
        ("dropped", "E0504", True),
        ("cut", None, True),
        ("garbage", "E0512", True),
        ("shapeless", "E0512", True),
        ("busy", "E0502", False),
        ("broken", "E0501", True),
        ("bad-key", "E0506", False),
        ("unknown", "E0507", False),
        ("policy", "E0510", False),
    ],
)
def test_failures_of_a_server(door: Callable[..., Model], name: str, code: str | None, is_billable: bool) -> None:
    with FaultyServer() as server:
        found = failed(door(server.url, f"openai/{name}", 0.5) if name == "slow" else door(server.url, f"openai/{name}"))
    assert code in (None, found.code)
    assert found.is_billable == is_billable, found


@pytest.mark.parametrize("door", DOORS)
def test_where_no_connection_came_about_nothing_is_billed(door: Callable[..., Model]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    found = failed(door(f"http://127.0.0.1:{port}/v1"))
    assert (found.code, found.is_billable) == ("E0505", False)


def test_a_connection_that_takes_too_long_is_not_billed() -> None:
    """A listening socket that accepts nobody any more: the request waits before it, and is late."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        found = failed(http(f"http://127.0.0.1:{full.getsockname()[1]}/v1", timeout=0.3))
        for one in waiting:
            one.close()
    assert (found.code, found.is_billable) == ("E0503", False)


def test_a_replay_that_fails_as_before_costs_nothing() -> None:
    model = Remembered(ScriptedModel.from_rules([]), {}, {"d": "E0503"})
    found = failed(model, CompletionRequest(asked("x").messages, 9, digest="d"))
    assert (found.code, found.is_billable) == ("E0503", False)


# ── Leave to send once more. ──


class Leave:
    """Counts how often it is asked; gives leave so many times."""

    def __init__(self, times: int = 100) -> None:
        self.times = times
        self.asked = 0

    def __call__(self) -> None:
        if self.asked == self.times:
            raise LimitExceeded("E0408", "used up")
        self.asked += 1


def retried(code: str, leave: Leave, profile: ModelProfile = PRICED) -> Completion:
    inner = ScriptedModel.from_rules([{"match": "", "failure": code, "times": 2}, ("", "there")], profile)
    request = CompletionRequest(asked("x").messages, 9, again=leave)
    return anyio.run(RetryingModel(inner, RetryPolicy(retries=2), sleep=at_once).complete, request)


@pytest.mark.parametrize("code", [code for code, fate in FATES.items() if fate.is_retryable])
def test_leave_is_asked_for_what_may_be_billed_alone(code: str) -> None:
    leave = Leave()
    done = retried(code, leave)
    assert (done.text, done.usage.attempts) == ("there", 3)
    assert (leave.asked, done.usage.uncounted) == ((2, 2) if code in BILLABLE else (0, 0))


def test_without_leave_nothing_is_sent_and_what_was_used_is_told() -> None:
    with pytest.raises(LimitExceeded) as refused:
        retried("E0503", Leave(1))
    assert refused.value.usage == UNCOUNTED + UNCOUNTED


def test_a_free_model_needs_no_leave() -> None:
    leave = Leave(0)
    done = retried("E0503", leave, ModelProfile("m", 8_192, 1_024, 0.0, 0.0))
    assert (leave.asked, done.usage.attempts, done.usage.uncounted) == (0, 3, 0)


@pytest.mark.parametrize(("name", "asks"), [("no-grammar", 0), ("bad-grammar", 1)])
def test_a_form_that_broke_a_server_is_retried_with_leave(name: str, asks: int) -> None:
    """A server that answers 400 did no work; one that broke with 500 may have."""
    leave = Leave()
    request = CompletionRequest(asked("x").messages, 9, grammar=language(), again=leave)
    with FaultyServer() as server:
        model = ConstraintFallback(HttpModel(f"openai/{name}", server.url, api_key="k", profile=PRICED, dialect="vllm"))

        async def ask() -> Usage:
            try:
                return (await model.complete(request)).usage
            finally:
                await model.aclose()

        usage = anyio.run(ask)
        assert server.count(name) == 2
    assert (leave.asked, usage.uncounted, usage.attempts) == (asks, asks, 2)
