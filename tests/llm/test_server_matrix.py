"""What each server of chat completions answers is read right or is a clear fault: products against what happens."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import replace
from typing import Any

import anyio
import pytest

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import UNCOUNTED, Completion, CompletionRequest, Model, StopReason
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import Options, execute
from lambda_rlm.execution.run import Run
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.providers.via_http import HttpModel
from lambda_rlm.llm.wrappers.retry import RetryPolicy
from lambda_rlm.testing import request as asked
from tests.support.doors import Door
from tests.support.servers.fake_server import PROMPT, REPLY, FakeServer
from tests.support.servers.shapes import SHAPES, THOUGHT, Shape

SOON = 0.05
"""Seconds after which a server that does not answer is given up."""

PLAIN = 'llm_call("What is the capital of France?", out=40)'
TYPED = 'llm_call[List[Int]]("Which numbers are even?", out=40)'

each_shape = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.product)


def ran(server: FakeServer, program: str, *, timeout: float = 20.0, query: str = "", window: int | None = None) -> Run:
    """What a program comes to that asks a server by its URL, as a user's would."""

    async def job() -> Run:
        name = f"openai/{server.shape.model}"
        model = connect(name, base_url=server.url, api_key="k", timeout=timeout, policy=RetryPolicy(retries=0), window=window)
        try:
            admitted = check(program, {}).admit(Budget(), model.profile)
            return await execute(admitted, {"query": query}, model, options=Options(key=b"tests"))
        finally:
            await model.aclose()

    return anyio.run(job)


def fault(run: Run) -> tuple[str, str]:
    assert run.fault is not None, run.value
    return run.fault.code, run.fault.message


def completed(model: Model, request: CompletionRequest) -> Completion:
    async def ask() -> Completion:
        try:
            return await model.complete(request)
        finally:
            await model.aclose()

    return anyio.run(ask)


def test_there_are_twelve_products_each_with_its_source() -> None:
    assert len({shape.product for shape in SHAPES}) == 12
    assert all(shape.version and shape.source.startswith("https://") for shape in SHAPES)


@each_shape
def test_a_plain_reply_is_the_answer(shape: Shape) -> None:
    for says in ("Paris", "Die Antwort: „Köln“", "首都是巴黎。", "العاصمة باريس"):
        with FakeServer(shape, says=says) as server:
            run = ran(server, PLAIN)
        assert (run.value, run.degraded, run.notes) == (says, False, ())
        assert (run.usage.input_tokens, run.usage.output_tokens) == (PROMPT, REPLY)


@each_shape
def test_a_typed_reply_is_a_value(shape: Shape) -> None:
    """Also where the server takes no schema."""
    with FakeServer(shape, says='{"reply": [2, 4]}') as server:
        run = ran(server, TYPED)
    assert (run.value, run.usage.calls) == ([2, 4], 1)
    assert len(server.requests) == (1 if shape.takes_schema else 2)


@each_shape
def test_a_reply_that_was_cut_is_never_whole(shape: Shape) -> None:
    with FakeServer(shape, "cut", says="Paris, in France") as server:
        run = ran(server, PLAIN)
        typed = ran(server, TYPED)
    assert (run.value, run.degraded, run.dropped.replies_cut) == ("Paris, i", True, 1)
    assert fault(typed)[0] == "E0513"
    assert "cut off" in fault(typed)[1]


@each_shape
def test_thoughts_that_used_the_limit_up_are_no_answer(shape: Shape) -> None:
    with FakeServer(shape, "thinks") as server:
        code, message = fault(ran(server, PLAIN))
    assert code in ("E0511", "E0513")
    assert "--thinking" in message
    assert THOUGHT not in message


@each_shape
def test_a_refusal_is_the_fault_that_it_is(shape: Shape) -> None:
    with FakeServer(shape, "refused") as server:
        code, message = fault(ran(server, PLAIN))
    assert (code, len(server.requests)) == (shape.code, 1)
    assert shape.model in message


@each_shape
def test_a_server_that_does_not_answer_is_given_up(shape: Shape) -> None:
    with FakeServer(shape, "slow") as server:
        code, message = fault(ran(server, PLAIN, timeout=SOON))
    assert (code, f"{SOON:g} seconds" in message) == ("E0503", True)


@each_shape
def test_a_reply_without_counts_is_booked_at_its_worst(shape: Shape) -> None:
    with FakeServer(shape, "no usage") as server:
        run = ran(server, PLAIN)
    assert (run.value, run.usage.estimated_calls, run.to_dict()["usage"]["estimated_calls"]) == ("Paris", 1, 1)
    assert run.usage.output_tokens >= 40
    assert run.notes == ("1 reply came without a valid token count: booked at its worst case",)


@each_shape
def test_a_prompt_that_was_cut_is_told(shape: Shape) -> None:
    long = 'llm_call(f"What is it about? {query}", out=40)'
    with FakeServer(shape, "cut prompt") as server:
        run = ran(server, long, query="word by word " * 3_000, window=131_072)
    assert (run.value, run.degraded, run.dropped.prompts_cut) == ("Paris", True, 1)
    assert any("num_ctx" in note and "2,050" in note for note in run.notes)


@each_shape
def test_both_doors_read_the_same(door: Door, shape: Shape) -> None:
    with FakeServer(shape) as server:
        whole = completed(door(f"openai/{shape.model}", base_url=server.url, api_key="k"), asked("hello"))
    with FakeServer(shape, "cut", says="Paris, in France") as server:
        cut = completed(door(f"openai/{shape.model}", base_url=server.url, api_key="k"), asked("hello"))
    with FakeServer(shape, "no usage") as server:
        uncounted = completed(door(f"openai/{shape.model}", base_url=server.url, api_key="k"), asked("hello"))
    with FakeServer(shape, "refused") as server, pytest.raises(ModelFailure) as raised:
        completed(door(f"openai/{shape.model}", base_url=server.url, api_key="k"), asked("hello"))
    assert whole.text.endswith("Paris") and whole.stop_reason is StopReason.STOP
    assert cut.text.endswith("Paris, i") and cut.stop_reason is StopReason.LENGTH
    assert uncounted.usage == UNCOUNTED
    rejected = ("E0508",) if shape.refused[0] == 422 else ()  # on which litellm returns nothing
    assert raised.value.code in (shape.code, *rejected)


@each_shape
def test_a_server_streams_what_it_says_at_once(shape: Shape) -> None:
    """What the other tests of streams rest on: the same text and counts, piece by piece."""
    with FakeServer(shape) as server:
        chunks = streamed_by(server)
        whole = server.completion()
    assert "".join(texts(chunks)) == "".join(texts([{"choices": [{"delta": whole["choices"][0]["message"]}]}]))
    assert [chunk["usage"] for chunk in chunks if chunk.get("usage")] == [whole["usage"]]
    assert [c["finish_reason"] for chunk in chunks for c in chunk["choices"] if c["finish_reason"]] == [shape.whole]


def streamed_by(server: FakeServer) -> list[Any]:
    body = json.dumps({"model": "m", "messages": [], "stream": True, "stream_options": {"include_usage": True}}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{server.url}/chat/completions", body)) as answer:
        lines = answer.read().decode().split("\n")
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    assert data.pop() == "[DONE]"
    return [json.loads(one) for one in data]


def texts(chunks: list[Any]) -> list[str]:
    contents = [choice["delta"].get("content") for chunk in chunks for choice in chunk["choices"]]
    parts = [part for content in contents for part in (content if isinstance(content, list) else [content])]
    return [part if isinstance(part, str) else part.get("text", "") for part in parts if part]


@each_shape
def test_a_streamed_reply_is_the_answer(shape: Shape) -> None:
    with FakeServer(shape) as server:
        whole, pieces = streamed(server)
    assert whole.text.endswith("Paris") and whole.stop_reason is StopReason.STOP
    assert "".join(pieces) == whole.text
    assert (whole.usage.input_tokens, whole.usage.output_tokens) == (PROMPT, REPLY)
    assert server.requests[0]["stream"] is True


@each_shape
def test_a_stream_that_is_cut_or_breaks_is_never_whole(shape: Shape) -> None:
    with FakeServer(shape, "cut", says="Paris, in France") as server:
        cut, _ = streamed(server)
    assert cut.stop_reason is StopReason.LENGTH
    with FakeServer(shape, "broken stream") as server:
        try:
            broken, _ = streamed(server)
        except ModelFailure as failed:
            assert failed.code in ("E0501", "E0504", "E0510", "E0512")
        else:
            assert broken.stop_reason is not StopReason.STOP


def streamed(server: FakeServer) -> tuple[Completion, list[str]]:
    pieces: list[str] = []
    request = replace(asked("hello"), on_text=pieces.append)
    return completed(HttpModel(f"openai/{server.shape.model}", server.url, api_key="k"), request), pieces
