"""What a user says of a model by name: its profile, its patience, its thought, and what is sent of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from lambda_rlm.completion import CompletionRequest, Message, ModelProfile
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.profiles import provider_profile
from lambda_rlm.llm.providers.exchange import destination
from lambda_rlm.llm.providers.thinking import asked_of_server, asked_thought, is_limited, told_thought
from lambda_rlm.llm.providers.via_http import HttpModel
from lambda_rlm.llm.providers.via_litellm import LitellmModel
from lambda_rlm.llm.providers.via_proxy import ProxiedPool
from lambda_rlm.llm.wrappers.model_options import NAMES, ModelOptions, as_described
from lambda_rlm.llm.wrappers.retry import RetryPolicy
from lambda_rlm.settings.keys import DESCRIBING
from lambda_rlm.testing import request as asked
from tests.support.asking import FakeModel

_ONCE = RetryPolicy(retries=0)
URL = "http://127.0.0.1:9/v1"
LABEL = CompletionRequest((Message("user", "Is it?"),), 100)
TEXT = CompletionRequest((Message("user", "What is it?"),), 1_000)


def profile(name: str, base_url: str | None = URL, **said: Any) -> ModelProfile:
    return connect(name, base_url=base_url, described={name: ModelOptions(**said)}).profile


def test_the_names_are_those_of_the_settings() -> None:
    assert NAMES == DESCRIBING


def test_a_model_behind_a_url_is_what_is_said_of_it() -> None:
    said = profile("openai/mine", window=131_072, max_output=9_000, price_in=0.5, price_out=2, thinking=300)
    assert (said.window, said.max_output, said.reasoning_tokens) == (131_072, 9_000, 300)
    assert (said.input_price, said.output_price) == (0.5e-6, 2e-6)
    assert said.thought(100) == said.thought(5_000) == 300
    unsaid = connect("openai/mine", base_url=URL, described={"openai/other": ModelOptions(window=9)}).profile
    assert (unsaid.window, unsaid.input_price, unsaid.reasoning_tokens) == (8_192, None, 0)


def test_one_option_leaves_the_others_as_they_are_known() -> None:
    known = provider_profile("openai/gpt-5-mini")
    said = profile("openai/gpt-5-mini", None, price_in=1.0)
    assert (said.window, said.max_output, said.output_price) == (known.window, known.max_output, known.output_price)
    assert said.input_price == 1e-6


def test_a_smaller_window_holds_smaller_replies() -> None:
    assert profile("openai/gpt-5-mini", None, window=4_000).max_output == 4_000


@pytest.mark.parametrize("name", ["scripted:replies.jsonl", "sim:?k=8000"])
def test_a_model_without_a_server_is_described_too(name: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "replies.jsonl").write_text(json.dumps({"match": "", "reply": "yes"}) + "\n")
    said = profile(name, None, window=2_000, price_in=1, price_out=3, thinking=50, max_output=700)
    assert (said.window, said.max_output, said.input_price, said.output_price) == (2_000, 700, 1e-6, 3e-6)
    assert said.reasoning_tokens == 50


def test_a_described_script_is_paid_at_the_said_prices(tmp_path: Any) -> None:
    file = tmp_path / "replies.jsonl"
    file.write_text(json.dumps({"match": "", "reply": "yes"}) + "\n")
    name = f"scripted:{file}"
    model = connect(name, described={name: ModelOptions(price_in=10, price_out=1_000)})
    usage = asyncio.run(model.complete(TEXT)).usage
    assert usage.cost == pytest.approx(usage.input_tokens * 1e-5 + usage.output_tokens * 1e-3)


def test_one_price_alone_is_refused_where_the_other_is_unknown() -> None:
    with pytest.raises(ModelFailure, match="price_out is unknown; set price_in and price_out together"):
        profile("openai/mine", price_in=1.0)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"window": 0}, "window must be a whole number of at least 1, not 0"),
        ({"window": True}, "window must be"),
        ({"max_output": 1.5}, "max_output must be"),
        ({"price_in": -0.1}, "price_in must be a number of at least 0"),
        ({"price_out": float("nan")}, "price_out must be"),
        ({"price_out": "1"}, "price_out must be"),
        ({"timeout": 0}, "timeout must be a number above 0"),
        ({"timeout": float("inf")}, "timeout must be"),
        ({"thinking": -1}, "thinking must be"),
        ({"window": 100, "max_output": 101}, r"max_output \(101\) must not be more than window \(100\)"),
        ({"window": 100, "thinking": 100}, r"thinking \(100\) must leave room in the window \(100\)"),
        ({"windows": 100}, "unknown model option 'windows'; the options are window, max_output"),
    ],
    ids=str,
)
def test_what_no_model_has_is_refused_by_its_name(said: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        ModelOptions.of(said)


def body(model: HttpModel, request: CompletionRequest) -> dict[str, Any]:
    """What a server is sent."""
    sent = json.loads(model._body(request, model._parameters(request)))
    assert isinstance(sent, dict)
    return sent


@pytest.mark.parametrize(("thinking", "allowed"), [(None, 0), (0, 0), (256, 256)])
def test_a_server_is_sent_reply_and_thought_as_one_limit(thinking: int | None, allowed: int) -> None:
    mine = provider_profile("openai/mine", base_url=URL)
    model = HttpModel("openai/mine", URL, profile=ModelOptions(thinking=thinking).profile(mine), thinking=thinking)
    for request in (LABEL, TEXT):
        assert model.profile.thought(request.max_tokens) == allowed
        assert body(model, request)["max_tokens"] == request.max_tokens + allowed
        assert not {"reasoning_effort", "chat_template_kwargs", "max_completion_tokens"} & body(model, request).keys()


@pytest.mark.parametrize("url", ["https://api.openai.com/v1", "https://me.openai.azure.com/openai/v1"])
def test_openai_itself_is_sent_the_limit_that_it_takes(url: str) -> None:
    model = HttpModel("openai/gpt-5-mini", url, profile=provider_profile("openai/gpt-5-mini"))
    label, text = body(model, LABEL), body(model, TEXT)
    assert (label["max_completion_tokens"], text["max_completion_tokens"]) == (100 + 1_024, 1_000 + 4_096)
    assert label["reasoning_effort"] == "low" and "reasoning_effort" not in text
    assert "max_tokens" not in label


def test_a_host_that_only_looks_like_openai_is_none() -> None:
    for url in ("https://api.openai.com.example/v1", "https://example/api.openai.com", "http://127.0.0.1/v1"):
        assert "max_tokens" in body(HttpModel("openai/mine", url), TEXT)


def test_no_thought_is_told_to_servers_that_know_how() -> None:
    told = {"chat_template_kwargs": {"enable_thinking": False}}
    assert [asked_of_server("qwen3:8b", 0, dialect) for dialect in ("vllm", "sglang", "llamacpp")] == [told] * 3
    assert asked_of_server("qwen3:8b", 0, None) == asked_of_server("qwen3:8b", 0, "openai") == {}
    assert asked_of_server("qwen3:8b", 256, "vllm") == asked_of_server("qwen3:8b", None, "vllm") == {}
    assert asked_of_server("gpt-oss-20b", 0, None) == {"reasoning_effort": "low"}
    model = connect("hosted_vllm/qwen3", base_url=URL, described={"hosted_vllm/qwen3": ModelOptions(thinking=0)})
    while not isinstance(model, HttpModel):
        model = model.inner  # type: ignore[attr-defined]
    assert body(model, TEXT)["chat_template_kwargs"] == {"enable_thinking": False}


@pytest.mark.parametrize(
    ("name", "thinking", "label", "text"),
    [
        ("openai/gpt-5-mini", None, {"reasoning_effort": "low"}, {}),
        ("openai/gpt-5-mini", 0, {"reasoning_effort": "minimal"}, {"reasoning_effort": "minimal"}),
        ("openai/gpt-5-mini", 256, {"reasoning_effort": "low"}, {"reasoning_effort": "low"}),
        ("openai/gpt-5-mini", 9_000, {}, {}),
        ("openai/gpt-5.1", None, {}, {}),
        ("openai/gpt-5.1", 0, {"reasoning_effort": "none"}, {"reasoning_effort": "none"}),
        ("openai/o3", 0, {"reasoning_effort": "low"}, {"reasoning_effort": "low"}),
        ("openai/gpt-4o", None, {}, {}),
        ("openai/gpt-4o", 0, {}, {}),
        ("gemini/gemini-2.5-flash", None, {"thinking": 1_024}, {"thinking": 4_096}),
        ("gemini/gemini-2.5-flash", 0, {"thinking": 0}, {"thinking": 0}),
        ("gemini/gemini-2.5-pro", 0, {"thinking": 128}, {"thinking": 128}),
        ("gemini/gemini-2.5-flash-lite", 256, {"thinking": 0}, {"thinking": 0}),
        ("anthropic/claude-haiku-4-5", None, {}, {}),
        ("anthropic/claude-haiku-4-5", 500, {}, {}),
    ],
)
def test_a_provider_is_sent_the_limit_and_an_effort(
    name: str, thinking: int | None, label: dict[str, Any], text: dict[str, Any]
) -> None:
    model = LitellmModel(name, profile=ModelOptions(thinking=thinking).profile(provider_profile(name)), thinking=thinking)
    for request, told in ((LABEL, label), (TEXT, text)):
        sent = model._arguments(request)
        assert sent["max_tokens"] == request.max_tokens + model.profile.thought(request.max_tokens)
        found = {key: sent[key] for key in ("reasoning_effort", "thinking") if key in sent}
        if "thinking" in found:
            found["thinking"] = found["thinking"]["budget_tokens"]
            assert found["thinking"] <= model.profile.thought(request.max_tokens)
        assert found == told


def test_models_that_cannot_but_think_keep_what_they_need() -> None:
    least = {
        name: profile(name, None, thinking=0).reasoning_tokens
        for name in ("openai/o3", "gemini/gemini-2.5-pro", "openai/gpt-5-mini")
    }
    assert least == {"openai/o3": 512, "gemini/gemini-2.5-pro": 128, "openai/gpt-5-mini": 0}
    assert profile("anthropic/claude-haiku-4-5", None, thinking=None).reasoning_tokens == 0
    assert profile("anthropic/claude-haiku-4-5", None, thinking=5_000).reasoning_tokens == 5_000


def test_short_replies_are_given_less_thought_than_long_ones() -> None:
    known = provider_profile("openai/gpt-5-mini")
    assert [known.thought(out) for out in (1, 256, 257, 512, 513)] == [1_024, 1_024, 2_048, 2_048, 4_096]
    assert told_thought(known) == (
        ", at most 4,096 tokens of thought before a reply, 2,048 if it has at most 512, 1,024 if it has at most 256"
    )
    said = profile("openai/gpt-5-mini", None, thinking=1_500)
    assert {said.thought(out) for out in (1, 256, 300, 5_000)} == {1_500}
    assert told_thought(said) == ", at most 1,500 tokens of thought before a reply"


@pytest.mark.parametrize("out", [1, 100, 255, 256, 257, 300, 512, 513, 2_000])
@pytest.mark.parametrize("thinking", [0, 256, 2_048, 9_000])
def test_a_described_model_thinks_no_more_than_allowed(out: int, thinking: int) -> None:
    """A model that allows less before short replies by itself, and is told otherwise: its limit and what it adds by its own
    profile are the reply and the thought of the options at most."""
    sent: list[int] = []

    def answer(request: CompletionRequest) -> str:
        sent.append(request.max_tokens)
        return "yes"

    own = ModelProfile("own", 100_000, 8_000, reasoning_tokens=4_096, thinks_less=True)
    model = as_described(FakeModel(answer, own), ModelOptions(thinking=thinking), allows_thought=True)
    asyncio.run(model.complete(CompletionRequest((Message("user", "Is it?"),), out)))
    assert sent[0] + own.thought(sent[0]) <= max(out + thinking, 1 + own.thought(1))


def test_a_provider_that_does_not_limit_thought_is_named() -> None:
    grok = ModelProfile("xai/grok-4", 8_192, 2_048, reasoning_tokens=4_096)
    limited = ModelProfile("openai/gpt-5", 8_192, 2_048, reasoning_tokens=10)
    assert not is_limited(grok) and is_limited(limited)
    assert "assumed: its provider does not limit thought" in told_thought(grok)
    assert told_thought(provider_profile("openai/gpt-4o")) == ""


def test_an_unknown_name_is_asked_for_no_effort() -> None:
    for name in ("openai/gpt-50", "mistral/o3x", "openai/gpt-5-chat-latest", "openai/o1-mini", "openai/mine"):
        assert asked_thought(name, 0) == {}


class Skipping(asyncio.SelectorEventLoop):
    """An event loop whose clock can be set forward: what waits for a later time is due at once."""

    skipped = 0.0

    def time(self) -> float:
        return super().time() + self.skipped


REPLY = json.dumps(
    {
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "late"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
    }
).encode()


def late(ask: Callable[[int], Awaitable[Any]], seconds: float) -> Any:
    """What comes of asking a server, on a port of loopback, whose first byte comes after so many seconds of the loop's clock."""
    loop = Skipping()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
        await reader.readexactly(length)
        loop.skipped += seconds
        for _ in range(10):  # whose time is over hears of it before the reply
            await asyncio.sleep(0)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(REPLY) + REPLY)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    async def main() -> Any:
        served: list[asyncio.Task[None]] = []

        def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            served.append(asyncio.ensure_future(serve(reader, writer)))

        server = await asyncio.start_server(begin, "127.0.0.1", 0)
        try:
            return await ask(server.sockets[0].getsockname()[1])
        finally:
            server.close()
            await asyncio.gather(*served)

    with asyncio.Runner(loop_factory=lambda: loop) as runner:  # which ends what others left running
        return runner.run(main())


async def through(kind: Any, limit: float | None, port: int) -> str:
    """The reply of a model that is connected as the command line does, or built."""
    name, url = ("openai/slow" if kind is HttpModel else "deepseek/slow"), f"http://127.0.0.1:{port}/v1"
    options = ModelOptions(timeout=limit)
    model = connect(name, base_url=url, api_key="k", described={name: options}, policy=_ONCE)
    try:
        return (await model.complete(asked("hello"))).text
    finally:
        await model.aclose()


async def proxied(limit: float | None, port: int) -> bytes:
    pool = ProxiedPool(destination("http://far.invalid/v1", "k"), limit or 120.0, f"http://127.0.0.1:{port}")
    try:
        return (await pool.post(b"{}", 10_000)).body
    finally:
        await pool.aclose()


WAYS: list[Any] = [
    partial(through, HttpModel),
    pytest.param(partial(through, LitellmModel), marks=[pytest.mark.slow, pytest.mark.litellm]),
    proxied,
]
"""The lean door, the vendor door, and the lean door behind a proxy."""


@pytest.mark.parametrize("way", WAYS, ids=["lean", "vendor", "proxied"])
def test_a_server_that_answers_after_200_seconds_is_waited_for(way: Any) -> None:
    """By no constant is a request limited: only by `timeout`."""
    assert late(partial(way, 300.0), 200.0) in ("late", REPLY)


@pytest.mark.parametrize("way", WAYS, ids=["lean", "vendor", "proxied"])
@pytest.mark.parametrize("timeout", [None, 150.0])
def test_a_server_that_is_slower_than_the_timeout_is_given_up(way: Any, timeout: float | None) -> None:
    with pytest.raises((ModelFailure, TimeoutError)) as raised:
        late(partial(way, timeout), 200.0)
    if isinstance(raised.value, ModelFailure):
        assert raised.value.code == "E0503"
        assert f"no reply within {timeout or 120:g} seconds" in raised.value.message
