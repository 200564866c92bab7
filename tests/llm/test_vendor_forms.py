"""OpenAI, Anthropic and Gemini are asked without litellm, each in its own form, and what they say is read as it is meant."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import anyio
import pytest

from lambda_rlm.completion import Completion, CompletionRequest, Message, Model, Sampling, StopReason
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.profiles import provider_profile
from lambda_rlm.llm.providers.forms.claude import claude_thinks, claude_version
from lambda_rlm.llm.providers.forms.vendors import vendor_of
from lambda_rlm.llm.providers.forms.wire import Gemini
from lambda_rlm.llm.providers.via_http import HttpModel
from lambda_rlm.llm.wrappers.model_options import ModelOptions
from lambda_rlm.llm.wrappers.retry import RetryPolicy
from lambda_rlm.testing import request as asked
from tests.support.raw_server import RawServer, raw_server, said

HAIKU = "anthropic/claude-haiku-4-5"
ONCE = RetryPolicy(retries=0)
SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "array", "items": {"type": "integer", "minimum": 0}, "maxItems": 3}},
    "required": ["n"],
}


def message(text: str = "Hello.", stop: str = "end_turn", **usage: Any) -> dict[str, Any]:
    """A reply of Anthropic's."""
    counts = {"input_tokens": 12, "output_tokens": 4, **usage}
    blocks = [{"type": "thinking", "thinking": "", "signature": "x"}, {"type": "text", "text": text}]
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-4-5-20251001",
        "content": blocks, "stop_reason": stop, "stop_sequence": None, "usage": counts,
    }  # fmt: skip


def whole(payload: Any, status: str = "200 OK", *lines: str) -> bytes:
    return said(json.dumps(payload).encode(), "Content-Type: application/json", *lines, status=status)


def claude(
    monkeypatch: pytest.MonkeyPatch, payload: Any, request: CompletionRequest | None = None, name: str = HAIKU, **options: Any
) -> tuple[Completion, str, dict[str, Any]]:
    """The completion that Anthropic's reply is, and the head and the body of the request."""
    found, server = exchanged(monkeypatch, "ANTHROPIC", payload, request or asked("hello"), name, **options)
    head, body = server.requests[0]
    return found, head, json.loads(body)


def exchanged(
    monkeypatch: pytest.MonkeyPatch, vendor: str, payload: Any, request: CompletionRequest, name: str, **options: Any
) -> tuple[Completion, RawServer]:
    async def ask() -> tuple[Completion, RawServer]:
        async with raw_server(payload if isinstance(payload, bytes) else whole(payload)) as server:
            monkeypatch.setenv(f"{vendor}_BASE_URL", server.url)
            monkeypatch.setenv(f"{vendor}_API_KEY", "sk-secret-1234567")
            model = connect(name, policy=ONCE, described={name: ModelOptions(**options)})
            try:
                return await model.complete(request), server
            finally:
                await model.aclose()

    return anyio.run(ask)


def test_a_claude_is_asked_in_its_own_form(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = (Message("system", "Be brief."), Message("user", "Zürich?"), Message("assistant", "Yes."), Message("user", "Why?"))
    request = CompletionRequest(turns, 64, Sampling(seed=3))
    found, head, body = claude(monkeypatch, message("A place."), request)
    lines = head.lower().split("\r\n")
    assert lines[0] == "post /v1/messages http/1.1"
    assert {"x-api-key: sk-secret-1234567", "anthropic-version: 2023-06-01"} <= set(lines)
    assert not any(line.startswith("authorization") for line in lines)
    assert body == {
        "model": "claude-haiku-4-5",
        "messages": [{"role": turn.role, "content": turn.content} for turn in turns[1:]],
        "max_tokens": 64,
        "temperature": 0.0,
        "system": "Be brief.",
    }
    assert (found.text, found.stop_reason, found.served) == ("A place.", StopReason.STOP, "claude-haiku-4-5-20251001")
    assert found.usage.cost == pytest.approx(12 * 1e-6 + 4 * 5e-6)


def test_instructions_alone_are_what_the_user_says(monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, body = claude(monkeypatch, message(), CompletionRequest((Message("system", "Count."),), 8))
    assert (body["messages"], body.get("system")) == ([{"role": "user", "content": "Count."}], None)


def test_a_schema_is_asked_for_without_what_anthropic_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    request = CompletionRequest((Message("user", "x"),), 64, schema=SCHEMA)
    found, _, body = claude(monkeypatch, message('{"n": [1]}'), request)
    assert body["output_config"] == {
        "format": {
            "type": "json_schema",
            "schema": {
                "type": "object",
                "properties": {"n": {"type": "array", "items": {"type": "integer"}}},
                "required": ["n"],
                "additionalProperties": False,
            },
        }
    }
    assert "response_format" not in body
    assert found.text == '{"n": [1]}'


def test_choices_come_back_as_the_label_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    request = CompletionRequest((Message("user", "x"),), 64, choices=("yes", "no"))
    assert claude(monkeypatch, message('{"reply": "no"}'), request)[0].text == "no"


def test_a_model_without_schemas_is_asked_without(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = {
        "type": "error",
        "error": {"type": "invalid_request_error", "message": "output_config: Extra inputs are not permitted"},
    }

    async def ask() -> tuple[Completion, list[bytes]]:
        async with raw_server(whole(refused, "400 Bad Request"), whole(message('{"n": []}'))) as server:
            model = connect(HAIKU, base_url=server.url, api_key="k", policy=ONCE)
            try:
                found = await model.complete(CompletionRequest((Message("user", "x"),), 64, schema=SCHEMA))
            finally:
                await model.aclose()
            return found, [body for _, body in server.requests]

    found, bodies = anyio.run(ask)
    assert [b"output_config" in body for body in bodies] == [True, False]
    assert (found.text, found.usage.attempts) == ('{"n": []}', 2)


@pytest.mark.parametrize(
    ("stop", "reason"),
    [
        ("end_turn", StopReason.STOP),
        ("stop_sequence", StopReason.STOP),
        ("max_tokens", StopReason.LENGTH),
        ("model_context_window_exceeded", StopReason.LENGTH),
        ("pause_turn", StopReason.LENGTH),
        ("refusal", StopReason.REFUSAL),
    ],
)
def test_a_message_ends_as_it_says(monkeypatch: pytest.MonkeyPatch, stop: str, reason: StopReason) -> None:
    assert claude(monkeypatch, message("Some", stop))[0].stop_reason is reason


def test_an_empty_refusal_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    payload = {**message("", "refusal"), "content": []}
    assert claude(monkeypatch, payload)[0].stop_reason is StopReason.REFUSAL


def test_cached_tokens_are_counted_with_the_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    read = claude(monkeypatch, message(cache_read_input_tokens=100))[0].usage
    assert (read.input_tokens, read.cached_tokens) == (112, 100)
    assert read.cost == pytest.approx(12 * 1e-6 + 100 * 1e-7 + 4 * 5e-6)


def test_writing_a_cache_is_booked_at_its_highest_price(monkeypatch: pytest.MonkeyPatch) -> None:
    written = claude(monkeypatch, message(cache_creation_input_tokens=100))[0].usage
    assert written.input_tokens == 112
    assert written.cost == pytest.approx(112 * 1e-6 + 100 * 1e-6 + 4 * 5e-6)


@pytest.mark.parametrize(
    "usage", [None, {}, {"input_tokens": -1, "output_tokens": 3}, {"input_tokens": "12", "output_tokens": 3}]
)
def test_a_message_without_counts_is_uncounted(monkeypatch: pytest.MonkeyPatch, usage: Any) -> None:
    assert claude(monkeypatch, {**message(), "usage": usage})[0].usage.is_estimated


@pytest.mark.parametrize("name", ["claude-opus-4-8", "claude-sonnet-5", "claude-opus-5-5"])
def test_newer_models_draw_as_they_like(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    _, _, body = claude(monkeypatch, message(), CompletionRequest((Message("user", "x"),), 64), f"anthropic/{name}")
    assert not {"temperature", "top_p", "seed"} & set(body)


def test_thought_is_off_unless_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def sent(name: str, **options: Any) -> tuple[Any, Any, int]:
        _, _, body = claude(monkeypatch, message(), None, f"anthropic/{name}", **options)
        return body.get("thinking"), body.get("output_config"), body["max_tokens"]

    assert sent("claude-sonnet-4-5") == (None, None, 32)
    assert sent("claude-sonnet-4-5", thinking=2_000) == ({"type": "enabled", "budget_tokens": 2_000}, None, 2_032)
    assert sent("claude-sonnet-4-5", thinking=5) == ({"type": "enabled", "budget_tokens": 1_024}, None, 1_056)
    assert sent("claude-opus-4-8") == (None, None, 32)
    assert sent("claude-opus-4-8", thinking=2_000) == ({"type": "adaptive"}, {"effort": "low"}, 2_032)
    assert sent("claude-opus-5") == ({"type": "disabled"}, None, 32)
    assert sent("claude-sonnet-5-5") == ({"type": "between_tools"}, None, 32)
    assert sent("claude-opus-5", thinking=4_000) == ({"type": "adaptive"}, {"effort": "medium"}, 4_032)
    assert sent("claude-opus-5-5") == (None, {"effort": "low"}, 32 + 1_024)
    assert sent("claude-opus-5-5", thinking=0) == (None, {"effort": "low"}, 32 + 1_024)


def test_an_effort_and_a_schema_are_asked_for_together(monkeypatch: pytest.MonkeyPatch) -> None:
    request = CompletionRequest((Message("user", "x"),), 64, schema=SCHEMA)
    _, _, body = claude(monkeypatch, message('{"n": [1]}'), request, "anthropic/claude-opus-5-5")
    assert set(body["output_config"]) == {"effort", "format"}


@pytest.mark.parametrize(
    ("name", "version", "habit"),
    [
        ("claude-3-5-sonnet-20241022", (3, 5), "asked"),
        ("claude-opus-4-20250514", (4, 0), "asked"),
        ("claude-sonnet-5", (5, 0), "disabled"),
        ("claude-haiku-5-5", (5, 5), "disabled"),
        ("claude-fable-5-1", (5, 1), "always"),
        ("claude-mythos-preview", None, "always"),
        ("claude-opus-7", (7, 0), "always"),
        ("gpt-5", None, "asked"),
    ],
)
def test_the_name_of_a_claude_tells_when_it_thinks(name: str, version: Any, habit: str) -> None:
    assert (claude_version(name), claude_thinks(name)) == (version, habit)


def failed(monkeypatch: pytest.MonkeyPatch, answer: bytes, name: str = HAIKU, vendor: str = "ANTHROPIC") -> ModelFailure:
    with pytest.raises(ModelFailure) as raised:
        exchanged(monkeypatch, vendor, answer, asked("hello"), name)
    return raised.value


@pytest.mark.parametrize(
    ("status", "kind", "text", "code", "is_retryable", "is_billable"),
    [
        ("529 Overloaded", "overloaded_error", "Overloaded", "E0501", True, False),
        ("429 Too Many Requests", "rate_limit_error", "This request would exceed your rate limit", "E0502", True, False),
        ("500 Internal", "api_error", "Internal server error", "E0501", True, True),
        ("401 Unauthorized", "authentication_error", "invalid x-api-key", "E0506", False, False),
        ("403 Forbidden", "permission_error", "not allowed", "E0506", False, False),
        ("404 Not Found", "not_found_error", "model: claude-haiku-4-5", "E0507", False, False),
        ("413 Too Large", "request_too_large", "Request exceeds the maximum size", "E0509", False, False),
        ("400 Bad Request", "invalid_request_error", "prompt is too long: 9 tokens > 8 maximum", "E0509", False, False),
        ("400 Bad Request", "invalid_request_error", "Your credit balance is too low", "E0506", False, False),
        ("400 Bad Request", "invalid_request_error", "messages: at least one message is required", "E0508", False, False),
    ],
)
def test_each_error_of_anthropic_has_its_class(
    monkeypatch: pytest.MonkeyPatch, status: str, kind: str, text: str, code: str, is_retryable: bool, is_billable: bool
) -> None:
    payload = {"type": "error", "error": {"type": kind, "message": text}, "request_id": "req_1"}
    found = failed(monkeypatch, whole(payload, status, "retry-after: 7"))
    assert (found.code, found.is_retryable, found.is_billable) == (code, is_retryable, is_billable)
    assert text in found.message
    assert found.retry_after == 7


@pytest.mark.parametrize("payload", [[], {"content": "text"}, {"type": "message", "content": [3]}, "no JSON"])
def test_what_is_no_message_is_malformed(monkeypatch: pytest.MonkeyPatch, payload: Any) -> None:
    assert failed(monkeypatch, whole(payload)).code == "E0512"


def test_a_key_is_in_no_reply_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert claude(monkeypatch, message("It is sk-secret-1234567."))[0].text == "It is …."
    error = {"error": {"type": "authentication_error", "message": "bad key sk-secret-1234567"}}
    assert "secret" not in failed(monkeypatch, whole(error, "401 Unauthorized")).message


def test_openai_is_asked_for_a_limit_of_its_own_name_and_no_temperature_of_models_that_think() -> None:
    def body(name: str) -> dict[str, Any]:
        model = connect(name, api_key="k", described={name: ModelOptions(thinking=0)})
        found: dict[str, Any] = json.loads(inner(model)._body(CompletionRequest((Message("user", "x"),), 64), {}))
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


def test_thoughts_that_gemini_counts_in_the_total_alone_are_paid_for() -> None:
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
