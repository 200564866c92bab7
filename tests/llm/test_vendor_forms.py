"""OpenAI, Anthropic and Gemini are asked without litellm, each in its own form, and what they say is read as it is meant."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import anyio
import pytest

from lambda_rlm.completion import Completion, CompletionRequest, Message, Model, Sampling
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.profiles import provider_profile
from lambda_rlm.llm.providers.forms.vendors import vendor_of
from lambda_rlm.llm.providers.forms.wire import Gemini, OpenAi
from lambda_rlm.llm.providers.via_http import HttpModel
from lambda_rlm.llm.wrappers.model_options import ModelOptions
from lambda_rlm.testing import request as asked
from tests.support.raw_server import raw_server
from tests.support.vendor_server import SCHEMA, exchanged, whole

HAIKU = "anthropic/claude-haiku-4-5"


def test_openai_is_asked_as_each_of_its_models_takes_it() -> None:
    def body(name: str) -> dict[str, Any]:
        model = inner(connect(name, api_key="k", described={name: ModelOptions(thinking=0)}))
        request = CompletionRequest((Message("user", "x"),), 64)
        found: dict[str, Any] = json.loads(model._body(request, model._parameters(request)))
        return found

    thinks, draws = body("openai/gpt-5-mini"), body("openai/gpt-4o-mini")
    assert ("temperature" in thinks, thinks["reasoning_effort"]) == (False, "minimal")
    assert (draws["temperature"], draws["max_completion_tokens"]) == (0.0, 64)
    assert "max_tokens" not in thinks


def inner(model: Model) -> HttpModel:
    while not isinstance(model, HttpModel):
        model = model.inner  # type: ignore[attr-defined]
    return model


def test_openai_is_asked_at_the_server_that_a_variable_names(monkeypatch: pytest.MonkeyPatch) -> None:
    payload = {
        "choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 8, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}},
    }
    found, server = exchanged(monkeypatch, "OPENAI", payload, asked("hello"), "openai/gpt-5-mini")
    assert server.requests[0][0].startswith("POST /v1/chat/completions ")
    assert found.usage.cost == pytest.approx(4 * 2.5e-7 + 4 * 2.5e-8 + 2 * 2e-6)


def test_openai_is_told_who_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT", "two\r\nX-Other: lines")
    head = dict(OpenAi().headers("k"))
    assert head == {"Authorization": "Bearer k", "OpenAI-Organization": "org-1"}


def gemini(payload: bytes, name: str = "gemini/gemini-2.5-flash", request: CompletionRequest | None = None) -> Any:
    async def ask() -> tuple[Completion, dict[str, Any]]:
        async with raw_server(payload) as server:
            model = HttpModel(name, server.url, api_key="AIza-secret-12345", wire=Gemini(), profile=provider_profile(name))
            try:
                found = await model.complete(request or asked("hello"))
            finally:
                await model.aclose()
            return found, json.loads(server.requests[0][1])

    return anyio.run(ask)


def chat(text: str, **usage: int) -> bytes:
    choice = {"finish_reason": "stop", "index": 0, "message": {"content": text, "role": "assistant"}}
    return whole({"choices": [choice], "model": "gemini-2.5-flash", "object": "chat.completion", "usage": usage})


def test_gemini_is_asked_by_its_chat_completions() -> None:
    request = CompletionRequest((Message("user", "x"),), 64, Sampling(0.7, seed=2), schema=SCHEMA)
    found, body = gemini(chat('{"n": []}', prompt_tokens=9, completion_tokens=3, total_tokens=12), request=request)
    assert found.text == '{"n": []}'
    assert (body["model"], body["temperature"], body["response_format"]["type"]) == ("gemini-2.5-flash", 0.7, "json_schema")
    assert "seed" not in body
    assert body["extra_body"] == {"google": {"thinking_config": {"thinking_budget": 1_024}}}
    assert body["max_tokens"] == 64 + 1_024


def test_a_newer_gemini_is_asked_by_effort() -> None:
    _, body = gemini(chat("x", prompt_tokens=9, completion_tokens=3, total_tokens=12), "gemini/gemini-3-flash-preview")
    assert (body.get("reasoning_effort"), "extra_body" in body) == ("low", False)


def test_thoughts_in_the_total_of_gemini_alone_are_paid_for() -> None:
    found, _ = gemini(chat("Yes.", prompt_tokens=9, completion_tokens=3, total_tokens=312))
    assert found.usage.output_tokens == 303
    assert found.usage.cost == pytest.approx(9 * 3e-7 + 303 * 2.5e-6)


def test_errors_of_google_are_read_out_of_their_list() -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}]
    busy = [{"error": {"code": 429, "message": "You exceeded your quota.", "status": "RESOURCE_EXHAUSTED", "details": details}}]
    wrong = [
        {"error": {"code": 400, "message": "API key not valid. Please pass a valid API key.", "status": "INVALID_ARGUMENT"}}
    ]
    with pytest.raises(ModelFailure) as first:
        gemini(whole(busy, "429 Too Many Requests"))
    assert (first.value.code, first.value.retry_after) == ("E0502", 34.5)
    assert "(You exceeded your quota.)" in first.value.message
    with pytest.raises(ModelFailure) as second:
        gemini(whole(wrong, "400 Bad Request"))
    assert (second.value.code, second.value.is_fatal) == ("E0506", True)


NO_VARIABLES: dict[str, str] = {}


@pytest.mark.parametrize(
    ("name", "environ", "base_url"),
    [
        ("openai/gpt-5-mini", NO_VARIABLES, "https://api.openai.com/v1"),
        ("gpt-5-mini", NO_VARIABLES, "https://api.openai.com/v1"),
        ("openai/gpt-5-mini", {"OPENAI_API_BASE": "http://h/v1"}, "http://h/v1"),
        ("openai/gpt-5-mini", {"OPENAI_BASE_URL": "http://g/v1", "OPENAI_API_BASE": "http://h/v1"}, "http://g/v1"),
        (HAIKU, {"ANTHROPIC_BASE_URL": "http://h/v1/"}, "http://h"),
        (HAIKU, {"ANTHROPIC_API_BASE": "http://h/v1/messages"}, "http://h"),
        ("gemini/gemini-2.5-pro", NO_VARIABLES, "https://generativelanguage.googleapis.com/v1beta/openai"),
        ("gemini/gemini-2.5-pro", {"GEMINI_API_BASE": "http://h"}, None),
        (HAIKU, {"ANTHROPIC_AUTH_TOKEN": "t"}, None),
        (HAIKU, {"ANTHROPIC_AUTH_TOKEN": "t", "ANTHROPIC_API_KEY": "k"}, "https://api.anthropic.com"),
        ("openai/o1-pro", NO_VARIABLES, None),
        ("openai/gpt-5.1-codex", NO_VARIABLES, None),
        ("openai/responses/gpt-5", NO_VARIABLES, None),
        ("openai/gpt-5-mini", {"USE_LITELLM_PROXY": "True"}, None),
        ("mistral/mistral-small-latest", NO_VARIABLES, None),
        ("bedrock/anthropic.claude-sonnet-5", NO_VARIABLES, None),
    ],
)
def test_a_vendor_is_asked_where_it_is(name: str, environ: dict[str, str], base_url: str | None) -> None:
    found = vendor_of(name, environ=environ)
    assert (None if found is None else found.base_url) == base_url


def test_without_a_key_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, keys in ((HAIKU, ["ANTHROPIC_API_KEY"]), ("gemini/gemini-2.5-pro", ["GEMINI_API_KEY", "GOOGLE_API_KEY"])):
        for key in keys:
            monkeypatch.delenv(key, raising=False)
        with pytest.raises(ModelFailure) as raised:
            anyio.run(connect(name).complete, asked("hello"))
        assert raised.value.code == "E0506"
        assert f"needs an API key: set {' or '.join(keys)}" in raised.value.message


def test_the_three_vendors_need_nothing_of_litellm() -> None:
    program = """
import sys
sys.modules["litellm"] = None
import anyio
from lambda_rlm.llm.connect import connect
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.testing import request
for name in ("openai/gpt-5-mini", "anthropic/claude-haiku-4-5", "gemini/gemini-2.5-flash"):
    try:
        anyio.run(connect(name).complete, request("x"))
    except ModelFailure as failed:
        print(failed.code)
"""
    environ = {"PATH": "", "HOME": "/nonexistent", "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environ, check=False)
    assert (done.stdout.split(), done.stderr) == (["E0506"] * 3, "")
