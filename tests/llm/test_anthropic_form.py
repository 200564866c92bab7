"""Claude is asked by Anthropic's Messages API, and what it says is read as it is meant."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest

from lambda_rlm.completion import Completion, CompletionRequest, Message, Sampling, StopReason
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.providers.forms.claude import claude_thinks, claude_version
from lambda_rlm.testing import request as asked
from tests.support.raw_server import raw_server
from tests.support.vendor_server import ONCE, SCHEMA, exchanged, whole

HAIKU = "anthropic/claude-haiku-4-5"


def message(text: str = "Hello.", stop: str = "end_turn", **usage: Any) -> dict[str, Any]:
    """A reply of Anthropic's."""
    counts = {"input_tokens": 12, "output_tokens": 4, **usage}
    blocks = [{"type": "thinking", "thinking": "", "signature": "x"}, {"type": "text", "text": text}]
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-4-5-20251001",
        "content": blocks, "stop_reason": stop, "stop_sequence": None, "usage": counts,
    }  # fmt: skip


def claude(
    monkeypatch: pytest.MonkeyPatch, payload: Any, request: CompletionRequest | None = None, name: str = HAIKU, **options: Any
) -> tuple[Completion, str, dict[str, Any]]:
    """The completion that Anthropic's reply is, and the head and the body of the request."""
    found, server = exchanged(monkeypatch, "ANTHROPIC", payload, request or asked("hello"), name, **options)
    head, body = server.requests[0]
    return found, head, json.loads(body)


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
