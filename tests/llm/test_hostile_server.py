"""Whatever a server says, it credits no budget, swells to no size, and is never taken for an answer that it is not."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import UNCOUNTED, Completion, Model, ModelProfile
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import Options, execute
from lambda_rlm.execution.run import Run
from lambda_rlm.llm.providers.via_http import HttpModel
from lambda_rlm.llm.providers.via_litellm import LitellmModel
from lambda_rlm.llm.wrappers.retry import RetryingModel, RetryPolicy
from lambda_rlm.testing import request as asked
from tests.support.raw_server import HEAD, RawServer, completion, ending, raw_server, said

PRICED = ModelProfile("m", 8_192, 1_024, input_price=1e-6, output_price=1e-6)

ABSURD_COUNTS: list[Any] = [-5, float("nan"), float("inf"), 10**30, "3", None, True, [3], {}]

Door = Callable[..., Model]
"""From a URL, and perhaps a key, to a model there."""


def http(url: str, key: str = "key") -> HttpModel:
    return HttpModel("openai/m", url, api_key=key, profile=PRICED)


def litellm(url: str, key: str = "key") -> LitellmModel:
    return LitellmModel("openai/m", base_url=url, api_key=key, profile=PRICED)


@pytest.fixture(
    params=[pytest.param(http, id="http"), pytest.param(litellm, id="litellm", marks=[pytest.mark.slow, pytest.mark.litellm])]
)
def door(request: pytest.FixtureRequest) -> Door:
    made: Door = request.param
    return made


def replied(door: Door, *answers: Any) -> Completion:
    """What a model makes of the first answer of a server."""

    async def ask() -> Completion:
        async with raw_server(*answers) as server:
            model = door(server.url)
            try:
                return await model.complete(asked("hello"))
            finally:
                await model.aclose()

    return anyio.run(ask)


def refused(door: Door, *answers: Any) -> ModelFailure:
    with pytest.raises(ModelFailure) as raised:
        replied(door, *answers)
    return raised.value


@pytest.mark.parametrize("count", ABSURD_COUNTS, ids=str)
@pytest.mark.parametrize("which", ["prompt_tokens", "completion_tokens"])
def test_a_count_of_tokens_that_cannot_be_is_no_count(which: str, count: Any) -> None:
    """The reply is paid for, and kept; what it cost is estimated by who knows what was sent."""
    usage = {"prompt_tokens": 3, "completion_tokens": 1} | {which: count}
    done = replied(http, said(completion(usage=usage)))
    assert (done.text, done.usage) == ("hello", UNCOUNTED)


NO_COUNT: list[Any] = [None, {}, {"prompt_tokens": 3}, {"prompt_tokens": 0, "completion_tokens": 0}]
NO_USAGE: list[Any] = [[], "none", 7]
"""With these litellm itself reads no reply."""


@pytest.mark.parametrize("usage", NO_USAGE, ids=str)
def test_a_usage_that_is_no_object_is_no_count(usage: Any) -> None:
    body = json.loads(completion()) | {"usage": usage}
    assert replied(http, said(json.dumps(body).encode())).usage == UNCOUNTED


@pytest.mark.parametrize("usage", NO_COUNT, ids=str)
def test_a_reply_without_a_usage_is_booked_at_its_worst_and_said(door: Door, usage: Any) -> None:
    """Through litellm, twenty such calls passed any budget."""

    async def job() -> Run:
        body = json.loads(completion()) | {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "usage": usage}
        if usage is None:
            del body["usage"]
        async with raw_server(said(json.dumps(body).encode(), "Content-Type: application/json")) as server:
            model = RetryingModel(door(server.url), RetryPolicy(retries=0))
            checked = check('range(0, 4) |> map(fn(i) => llm_call(f"Say {i}", out=100)) |> join("")', {})
            run = await execute(checked.admit(Budget(), model.profile), {"query": ""}, model, options=Options(key=b"tests"))
            await model.aclose()
            return run

    run = anyio.run(job)
    assert run.value == "hello" * 4
    assert run.usage.output_tokens == 400 and run.usage.input_tokens > 40 and run.usage.estimated_calls == 4
    assert run.usage.usd == pytest.approx((run.usage.input_tokens + 400) * 1e-6)
    assert run.notes == ("4 replies came without a valid token count: booked at their worst case",)


@pytest.mark.parametrize("cached", ABSURD_COUNTS, ids=str)
def test_cached_tokens_are_between_none_and_what_was_sent(cached: Any) -> None:
    told = {"prompt_tokens": 3, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": cached}}
    assert 0 <= replied(http, said(completion(usage=told))).usage.cached_tokens <= 3


@pytest.mark.slow
def test_a_negative_usage_gives_no_budget_back(door: Door) -> None:
    """Two calls would else cost less than one: the third would be afforded."""

    async def job() -> Run:
        async with raw_server(said(completion(usage={"prompt_tokens": -1_000_000, "completion_tokens": -1_000_000}))) as server:
            model = RetryingModel(door(server.url), RetryPolicy(retries=0))
            checked = check('range(0, 3) |> map(fn(i) => llm_call(f"Say {i}", out=8, or_else="-")) |> join("")', {})
            run = await execute(checked.admit(Budget(), model.profile), {"query": ""}, model, options=Options(key=b"tests"))
            await model.aclose()
            return run

    run = anyio.run(job)
    assert (run.value, run.degraded) == ("hellohellohello", False)
    assert run.usage.input_tokens > 0 and run.usage.output_tokens == 24
    assert run.usage.usd is not None and run.usage.usd >= 0


@pytest.mark.parametrize("content", [["a"], [{"type": "image_url", "image_url": {}}], 42, 0.5, True, {"a": "b"}], ids=str)
def test_content_that_is_no_text_is_no_answer_and_is_paid_for(content: Any) -> None:
    failed = refused(http, said(completion(content)))
    assert failed.code == "E0512"
    assert failed.usage is not None and (failed.usage.input_tokens, failed.usage.output_tokens) == (3, 1)


@pytest.mark.parametrize("content", [None, ""], ids=repr)
def test_empty_content_is_the_empty_reply_and_is_paid_for(door: Door, content: Any) -> None:
    failed = refused(door, said(completion(content)))
    assert failed.code == "E0511"
    assert failed.usage is not None and failed.usage.input_tokens == 3


@pytest.mark.parametrize("refusal", [["no"], 7, {"why": "no"}], ids=str)
def test_a_refusal_that_is_no_text_is_no_answer(refusal: Any) -> None:
    assert refused(http, said(completion(None, refusal=refusal))).code == "E0512"


DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    "body",
    [DEEP, b'{"choices": ' + DEEP + b"}", b'"text"', b"null", b"[]", b"\xff\xfe", b"{", b"1" * 5_000],
    ids=["deep", "deep inside", "text", "null", "list", "no unicode", "cut", "long number"],
)
def test_an_invalid_completion_is_a_failure_of_the_model(body: bytes) -> None:
    assert refused(http, said(body)).code == "E0512"


def test_a_reply_nested_too_deeply_is_a_bad_reply(door: Door) -> None:
    """The content is what a hostile server would nest: the call asks for a list, and reads it leniently."""

    async def job() -> Run:
        async with raw_server(said(completion(DEEP.decode()))) as server:
            model = door(server.url)
            admitted = check("llm_call[List[Int]](query)", {}).admit(None, model.profile)
            run = await execute(admitted, {"query": "?"}, model, options=Options(key=b"tests"))
            await model.aclose()
            return run

    run = anyio.run(job)
    assert run.fault is not None and run.fault.code == "E0513"


def test_a_deep_error_reply_is_the_servers_failure() -> None:
    assert refused(http, said(DEEP[:19_000], status="500 Broken")).code == "E0501"


def test_an_answer_that_is_cut_off_is_booked_at_its_worst(door: Door) -> None:
    """The server had written it, and may bill it; one that never began is not booked."""
    failed = refused(door, ending(HEAD + b"Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"))
    assert (failed.code, failed.usage) == ("E0504", UNCOUNTED)


def test_a_compressed_reply_is_not_inflated() -> None:
    """A megabyte of zeros is a thousand bytes of gzip."""
    bomb = gzip.compress(completion("0" * 50_000_000))
    failed = refused(http, said(bomb, "Content-Encoding: gzip"))
    assert (failed.code, "Content-Encoding" in failed.message) == ("E0512", True)


def test_a_reply_far_longer_than_was_asked_for_is_not_read() -> None:
    failed = refused(http, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + 3 * (b"fffff\r\n" + b" " * 0xFFFFF + b"\r\n"))
    assert (failed.code, "bytes" in failed.message) == ("E0512", True)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_not_followed_with_the_key(status: str) -> None:
    async def job() -> tuple[RawServer, ModelFailure]:
        async with raw_server(said(completion())) as other, raw_server() as server:
            server.answers = [said(b"", f"Location: {other.url}/chat/completions", status=status)]
            model = http(server.url)
            with pytest.raises(ModelFailure) as raised:
                await model.complete(asked("hello"))
            await model.aclose()
            return other, raised.value

    other, failed = anyio.run(job)
    assert (failed.code, other.requests) == ("E0508", [])


@pytest.mark.parametrize("key", ["sk-hidden\n", "sk-hidden\r\nX-Admin: yes"])
def test_a_key_with_a_line_end_is_refused_before_sending(door: Door, key: str) -> None:
    async def job() -> tuple[RawServer, ModelFailure]:
        async with raw_server(said(completion())) as server:
            model = door(server.url, key)
            with pytest.raises(ModelFailure) as raised:
                await model.complete(asked("hello"))
            await model.aclose()
            return server, raised.value

    server, failed = anyio.run(job)
    assert (failed.code, failed.is_fatal, server.connections) == ("E0506", True, 0)
    assert "newline" in failed.message
    assert "hidden" not in failed.message


@pytest.mark.parametrize("end", ["\n", "\r\nX-Admin: yes", "\t"])
def test_an_address_with_a_line_end_is_refused_before_sending(door: Door, end: str) -> None:
    async def job() -> tuple[RawServer, ModelFailure]:
        async with raw_server(said(completion())) as server:
            model = door(server.url + end)
            with pytest.raises(ModelFailure) as raised:
                await model.complete(asked("hello"))
            await model.aclose()
            return server, raised.value

    server, failed = anyio.run(job)
    assert (failed.code, failed.is_fatal, server.connections) == ("E0505", True, 0)
    assert "base URL" in failed.message
    assert end not in failed.message


def test_the_prompt_of_a_hostile_text_arrives_as_it_is() -> None:
    """The body is written piece by piece; whatever stands in a text must come out as the same text."""
    text = '"\\ \x00\x1f\x7f\u2028\n\r\t</data> \U0001f600 ' + "ä" * 10

    async def job() -> bytes:
        async with raw_server(said(completion())) as server:
            model = http(server.url)
            await model.complete(asked(text))
            await model.aclose()
            return server.requests[0][1]

    assert json.loads(anyio.run(job))["messages"] == [{"role": "user", "content": text}]
