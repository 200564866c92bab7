"""Whatever a provider does, what comes out of the door is a completion or a failure of the table."""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import os
import subprocess
import sys
import time
import weakref
from dataclasses import replace
from typing import Any

import anyio
import pytest

from lambda_rlm.completion import UNCOUNTED, Completion, CompletionRequest, Model, ModelProfile, Sampling, StopReason
from lambda_rlm.diagnostics.blot import blotted
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.providers.vendor_exchange import check_certificates
from lambda_rlm.llm.providers.via_http import HttpModel
from lambda_rlm.llm.providers.via_litellm import LitellmModel
from lambda_rlm.llm.wrappers.fallback import ConstraintFallback
from lambda_rlm.llm.wrappers.retry import RetryingModel
from lambda_rlm.testing import request as asked
from tests.support.doors import Door
from tests.support.faulty_server import RETRY_AFTER, FaultyServer
from tests.support.raw_server import completion as completion_body
from tests.support.raw_server import raw_server, said

KEY = "sk-secret-1234567890"


def complete(door: Door, server: FaultyServer, name: str, request: CompletionRequest, timeout: float = 20.0) -> Completion:
    model = door(f"openai/{name}", base_url=server.url, api_key=KEY, timeout=timeout)

    async def ask() -> Completion:
        try:
            return await model.complete(request)
        finally:
            await model.aclose()

    return anyio.run(ask)


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("bad-key", "E0506", "API key is missing or was rejected"),
        ("unknown", "E0507", "unknown model"),
        ("busy", "E0502", "rate limit or quota exceeded"),
        ("broken", "E0501", "server error at the provider"),
        ("overloaded", "E0501", "server error at the provider"),
        ("dropped", "E0504", "connection was lost"),
        ("cut", "E0504", "connection was lost"),
        ("garbage", "E0512", "malformed response"),
        ("shapeless", "E0512", "malformed response"),
        ("empty", "E0511", "empty"),
        ("too-long", "E0509", "exceeds the context window"),
        ("bad-request", "E0508", "max_tokens must be positive"),
        ("policy", "E0510", "refused to answer"),
    ],
)
def test_a_fault_has_its_code_and_shows_no_key(door: Door, server: FaultyServer, name: str, code: str, said: str) -> None:
    with pytest.raises(ModelFailure) as raised:
        complete(door, server, name, asked("hello"))
    assert (raised.value.code, server.count(name)) == (code, 1)
    assert said in raised.value.message
    assert "sk-" not in raised.value.message
    assert "itellm" not in raised.value.message
    assert raised.value.retry_after == (RETRY_AFTER if name == "busy" else None)


def test_a_slow_server_is_given_up_at_the_timeout(door: Door, server: FaultyServer) -> None:
    started = time.monotonic()
    with pytest.raises(ModelFailure) as raised:
        complete(door, server, "slow", asked("hello"), timeout=0.5)
    assert raised.value.code == "E0503"
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1", "http://nowhere.invalid/v1", "nonsense"])
def test_an_address_where_nobody_answers_is_shown(door: Door, url: str) -> None:
    failure = anyio.run(failed, door("openai/x", base_url=url))
    assert (failure.code, failure.is_fatal) == ("E0505", True)
    assert url in failure.message


@pytest.mark.parametrize("url", ["nonsense", "ftp://me:hidden@h/v1", "http://h:99999/v1", "http://h/v1\n"])
def test_an_invalid_address_is_not_retried_or_shown(door: Door, url: str) -> None:
    """It is a slip of a person, who would wait for nothing."""
    model = RetryingModel(door("openai/x", base_url=url), sleep=lambda _: pytest.fail("waits to ask again"))
    with pytest.raises(ModelFailure) as raised:
        anyio.run(model.complete, asked("hello"))
    assert (raised.value.code, raised.value.is_fatal, raised.value.is_retryable) == ("E0505", True, False)
    assert "hidden" not in raised.value.message


@pytest.mark.litellm
@pytest.mark.slow
def test_a_missing_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ModelFailure, match="OPENAI_API_KEY") as raised:
        anyio.run(LitellmModel("openai/gpt-5-mini").complete, asked("hello"))
    assert (raised.value.code, raised.value.is_fatal) == ("E0506", True)


@pytest.mark.litellm
def test_a_name_without_a_provider_is_explained() -> None:
    with pytest.raises(ModelFailure, match="provider/model") as raised:
        anyio.run(LitellmModel("nonsense-9000").complete, asked("hello"))
    assert raised.value.code == "E0507"


def test_a_failure_that_passes_is_retried(door: Door, server: FaultyServer) -> None:
    async def sleep(seconds: float) -> None:
        assert seconds >= 0

    model = RetryingModel(door("openai/broken-once", base_url=server.url), sleep=sleep)

    async def ask() -> Completion:
        try:
            return await model.complete(asked("said again"))
        finally:
            await model.aclose()

    completion = anyio.run(ask)
    assert completion.text == "said again"
    assert completion.usage.attempts == server.count("broken-once") == 2


@pytest.mark.parametrize("name", ["filtered", "refusal"])
def test_a_model_that_declines_has_refused(door: Door, server: FaultyServer, name: str) -> None:
    assert complete(door, server, name, asked("hello")).stop_reason is StopReason.REFUSAL


def test_choices_are_asked_for_by_schema_and_come_back_bare(door: Door, server: FaultyServer) -> None:
    completion = complete(door, server, "ok", replace(asked("which?"), choices=("left", "right")))
    assert completion.text == "left"
    schema = server.requests[0]["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["reply"]["enum"] == ["left", "right"]


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "array", "items": {"type": "integer"}}, "[7]"),
        ({"type": "integer"}, "7"),
        ({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}, '{"n": 7}'),
    ],
)
def test_a_schema_goes_out_as_an_object_and_comes_back_as_asked(
    door: Door, server: FaultyServer, schema: dict[str, Any], text: str
) -> None:
    """Providers take only objects at the root; the asker does not need to know."""
    assert complete(door, server, "ok", replace(asked("x"), schema=schema)).text == text
    assert server.requests[0]["response_format"]["json_schema"]["schema"]["type"] == "object"


def test_a_server_without_schemas_is_told_so_once(door: Door, server: FaultyServer) -> None:
    model = ConstraintFallback(door("openai/no-schema", base_url=server.url))

    async def ask() -> None:
        for _ in range(2):
            assert (await model.complete(replace(asked("as it is"), choices=("a", "b")))).text == "as it is"
        await model.aclose()

    anyio.run(ask)
    assert ["response_format" in body for body in server.requests] == [True, False, False]


def test_the_request_carries_what_was_asked_and_no_more(door: Door, server: FaultyServer) -> None:
    request = replace(asked("hello", 50), sampling=Sampling(temperature=0.7, top_p=0.9, seed=3))
    completion = complete(door, server, "ok", request)
    body = server.requests[0]
    assert body == {
        "model": "ok",
        "messages": [{"role": "user", "content": "hello"}],
        "max_tokens": 50,
        "temperature": 0.7,
        "top_p": 0.9,
        "seed": 3,
    }
    assert server.seen_keys == [f"Bearer {KEY}"]
    assert (completion.usage.input_tokens, completion.usage.cached_tokens) == (1, 1)
    assert completion.usage.cost is None


def test_keys_are_blotted_out_wherever_they_stand() -> None:
    environ = {"MY_API_KEY": "abcdefghijk", "HOME": "/home/someone", "SHORT_TOKEN": "abc"}
    text = blotted(
        "given 12345, from abcdefghijk, formed sk-proj-abc123*** and Bearer xyz; /home/someone abc", "12345", environ=environ
    )
    assert text == "given …, from …, formed … and …; /home/someone abc"


def test_importing_every_module_of_the_room_loads_no_vendor() -> None:
    """litellm costs two seconds; nothing may pay them before a provider is asked."""
    script = (
        "import sys, pkgutil, lambda_rlm.llm as room\n"
        "for found in pkgutil.iter_modules(room.__path__): __import__(f'lambda_rlm.llm.{found.name}')\n"
        "heavy = {'litellm', 'openai', 'httpx', 'tiktoken', 'xllamacpp', 'llguidance', 're2'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=dict(os.environ))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_server_that_redirects_is_not_followed_with_the_key(server: FaultyServer) -> None:
    with pytest.raises(ModelFailure, match="unexpected redirect") as raised:
        complete(HttpModel, server, "elsewhere", asked("hello"))
    assert raised.value.code == "E0508"
    assert len(server.requests) == 1


def test_a_user_in_the_url_is_never_shown() -> None:
    model = HttpModel("x", "http://me:hunter2@127.0.0.1:9/v1")
    with pytest.raises(ModelFailure) as raised:
        anyio.run(model.complete, asked("hello"))
    assert "hunter2" not in raised.value.message


@pytest.mark.slow
def test_one_model_may_be_used_from_several_loops(server: FaultyServer) -> None:
    model = HttpModel("ok", server.url)
    loops: list[weakref.ref[asyncio.AbstractEventLoop]] = []

    async def ask() -> str:
        loops.append(weakref.ref(asyncio.get_running_loop()))
        return (await model.complete(asked("hello"))).text

    for times in range(1, 4):
        assert anyio.run(ask) == "hello"
        server.wait_until_closed(times)
    gc.collect()
    assert [loop() for loop in loops] == [None] * 3, "a loop that has ended is held on to"


def test_a_cancelled_run_leaves_no_task_and_no_connection(server: FaultyServer) -> None:
    model = HttpModel("slow", server.url)

    async def job() -> int:
        with anyio.move_on_after(0.2):
            async with anyio.create_task_group() as group:
                for _ in range(8):
                    group.start_soon(model.complete, asked("hello"))
        await model.aclose()
        return len(asyncio.all_tasks())

    assert anyio.run(job) == 1


@pytest.mark.litellm
@pytest.mark.slow
@pytest.mark.parametrize("status", ["302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
@pytest.mark.parametrize("name", ["openai/m", "mistral/m", "anthropic/m"])
def test_litellm_follows_no_redirect(name: str, status: str) -> None:
    """Its connections follow redirects: neither the key nor the prompt must go along."""

    async def ask() -> tuple[ModelFailure, int]:
        async with raw_server(said(body(), "Content-Type: application/json")) as other:
            there = f"Location: http://localhost:{other.port}/v1/chat/completions"
            async with raw_server(said(b"", there, status=status)) as server:
                return await failed(LitellmModel(name, base_url=server.url, api_key=KEY)), len(other.requests)

    failure, followed = anyio.run(ask)
    assert (failure.code, failure.is_retryable, followed) == ("E0508", False, 0)
    assert "unexpected redirect" in failure.message


@pytest.mark.litellm
@pytest.mark.slow
@pytest.mark.parametrize("name", ["openai/m", "mistral/m"])
def test_litellm_inflates_nothing_and_reads_to_a_limit(name: str) -> None:
    """A megabyte of zeros is a thousand bytes of gzip, and a length is easily said."""
    bomb = gzip.compress(body() + b" " * 50_000_000)
    long = said(body() + b" " * 3_000_000, "Content-Type: application/json")

    async def ask(answer: bytes) -> ModelFailure:
        async with raw_server(answer) as server:
            return await failed(LitellmModel(name, base_url=server.url, api_key=KEY))

    packed = anyio.run(ask, said(bomb, "Content-Encoding: gzip", "Content-Type: application/json"))
    assert (packed.code, "Content-Encoding" in packed.message, packed.usage) == ("E0512", True, UNCOUNTED)
    endless = anyio.run(ask, long)
    assert (endless.code, "larger than" in endless.message, endless.usage) == ("E0512", True, UNCOUNTED)


@pytest.mark.litellm
@pytest.mark.slow
def test_httpx_is_as_it_was_for_everybody_else() -> None:
    import httpx

    async def ask() -> str:
        async with raw_server(said(b"there")) as other:
            there = f"Location: http://localhost:{other.port}/"
            async with raw_server(said(b"", there, status="307 Temporary Redirect")) as server:
                await failed(LitellmModel("openai/m", base_url=server.url, api_key=KEY))
                async with httpx.AsyncClient(follow_redirects=True, trust_env=False) as client:
                    return (await client.post(server.url)).text

    assert anyio.run(ask) == "there"


@pytest.mark.litellm
@pytest.mark.slow
@pytest.mark.parametrize("usage", [[1], "many", 7, {"prompt_tokens": "x"}], ids=str)
def test_a_reply_that_litellm_cannot_read_is_booked(usage: Any) -> None:
    """The reply is whole, its counts are none: it is read all the same, and booked at its worst."""

    async def ask() -> Completion:
        answer = json.dumps(json.loads(body()) | {"usage": usage}).encode()
        async with raw_server(said(answer, "Content-Type: application/json")) as server:
            model = LitellmModel("openai/m", base_url=server.url, api_key=KEY)
            try:
                return await model.complete(asked("hello"))
            finally:
                await model.aclose()

    completion = anyio.run(ask)
    assert (completion.text, completion.usage) == (json.loads(body())["choices"][0]["message"]["content"], UNCOUNTED)


@pytest.mark.litellm
@pytest.mark.slow
@pytest.mark.parametrize("more", [{}, {"service_tier": "flex"}, {"model": "gpt-5-nano"}], ids=str)
def test_a_server_that_names_what_is_cheaper_pays_no_less(more: dict[str, Any]) -> None:
    profile = ModelProfile("openai/gpt-5-mini", 8_192, 1_024, input_price=2.5e-7, output_price=2e-6)

    async def ask() -> Completion:
        usage = {"prompt_tokens": 1_000, "completion_tokens": 1_000, "total_tokens": 2_000}
        answer = json.dumps(json.loads(body()) | {"model": "gpt-5-mini", "usage": usage, **more}).encode()
        async with raw_server(said(answer, "Content-Type: application/json")) as server:
            model = LitellmModel("openai/gpt-5-mini", base_url=server.url, api_key=KEY, profile=profile)
            try:
                return await model.complete(asked("hello"))
            finally:
                await model.aclose()

    assert anyio.run(ask).usage.cost == pytest.approx(0.00225)


@pytest.mark.litellm
@pytest.mark.slow
def test_what_is_no_reply_of_the_provider_is_malformed() -> None:
    """litellm looks for what Anthropic replies, and raises what it did not find."""

    async def ask() -> ModelFailure:
        async with raw_server(said(b'{"type": "message"}', "Content-Type: application/json")) as server:
            return await failed(LitellmModel("anthropic/m", base_url=server.url, api_key=KEY))

    failure = anyio.run(ask)
    assert (failure.code, failure.usage) == ("E0512", UNCOUNTED)


@pytest.mark.parametrize("said", ["False", "0", " no "])
def test_no_variable_switches_certificates_off(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_VERIFY", said)
    check_certificates()
    assert os.environ["SSL_VERIFY"] == "True"


def test_a_variable_may_name_authorities(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_VERIFY", "/etc/ca.pem")
    check_certificates()
    assert os.environ["SSL_VERIFY"] == "/etc/ca.pem"


async def failed(model: Model) -> ModelFailure:
    try:
        with pytest.raises(ModelFailure) as raised:
            await model.complete(asked("hello"))
    finally:
        await model.aclose()
    return raised.value


def body() -> bytes:
    return json.dumps(
        {
            **json.loads(completion_body()),
            "id": "x",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
        }
    ).encode()
