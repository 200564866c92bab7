"""Content in parts, thoughts beside it, errors inside a reply of status 200: read for what they are, by both doors."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest

from lambda_rlm.completion import Completion, StopReason, Usage
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.providers.vendor_errors import turned_down
from lambda_rlm.llm.providers.via_http import HttpModel
from lambda_rlm.testing import request as asked
from tests.support.doors import Door
from tests.support.raw_server import completion, raw_server, said

CHAT = {"id": "x", "object": "chat.completion", "created": 1, "model": "m"}


def answered(door: Door, body: Any, *headers: str, status: str = "200 OK") -> Completion:
    data = json.dumps(body, ensure_ascii=False).encode()

    async def ask() -> Completion:
        async with raw_server(said(data, "Content-Type: application/json", *headers, status=status)) as server:
            model = door("openai/m", base_url=server.url, api_key="sk-secret-1234567890")
            try:
                return await model.complete(asked("hello"))
            finally:
                await model.aclose()

    return anyio.run(ask)


def failed(door: Door, body: Any, *headers: str, status: str = "200 OK") -> ModelFailure:
    with pytest.raises(ModelFailure) as raised:
        answered(door, body, *headers, status=status)
    assert "sk-secret" not in raised.value.message
    return raised.value


def chat(content: Any, finish: str = "stop", **message: Any) -> dict[str, Any]:
    body: dict[str, Any] = {**CHAT, **json.loads(completion(content, **message))}
    body["choices"][0]["finish_reason"] = finish
    return body


def text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


THINKS = {"type": "thinking", "thinking": [text("hm")]}


@pytest.mark.parametrize(
    ("parts", "answer"),
    [
        ([text("Paris")], "Paris"),
        ([THINKS, text("Paris")], "Paris"),
        ([THINKS, text("Köln, "), {"type": "reference", "reference_ids": [1]}, text("größer")], "Köln, größer"),
        ([{"type": "thinking", "thinking": "嗯"}, text("上海"), text("是的")], "上海是的"),
        ([{"type": "output_text", "text": "دمشق", "annotations": []}], "دمشق"),
        ([{"type": "redacted_thinking", "data": "x"}, text("Минск")], "Минск"),
        ([{"type": "reasoning", "text": "hm"}, text("Paris")], "Paris"),
    ],
    ids=str,
)
def test_content_in_parts_is_its_texts(door: Door, parts: Any, answer: str) -> None:
    done = answered(door, chat(parts))
    assert (done.text, done.stop_reason) == (answer, StopReason.STOP)


@pytest.mark.parametrize("parts", [[text("a"), {"type": "image_url", "image_url": {}}], [{"type": "future", "x": 1}], ["a"]])
def test_a_part_that_is_no_text_is_a_fault(door: Door, parts: Any) -> None:
    assert failed(door, chat(parts)).code == "E0512"


@pytest.mark.parametrize("where", ["reasoning_content", "reasoning"])
def test_thoughts_beside_the_content_are_no_answer(door: Door, where: str) -> None:
    assert answered(door, chat("Paris", **{where: "Maybe Rome?"})).text == "Paris"
    cut = failed(door, chat("", "length", **{where: "Maybe Rome?"}))
    assert (cut.code, cut.is_retryable, "--thinking" in cut.message) == ("E0511", False, True)
    ended = failed(door, chat(None, **{where: "Maybe Rome?"}))
    assert (ended.code, ended.is_retryable) == ("E0511", True)


def test_a_reply_of_white_space_is_empty(door: Door) -> None:
    assert failed(door, chat("\n\n ")).code == "E0511"


ERRORS: list[tuple[Any, str, bool]] = [
    ({"error": {"code": 402, "message": "Insufficient credits"}, "user_id": "u"}, "E0506", False),
    ({"error": {"code": 429, "message": "Rate limit exceeded: free-models-per-min"}}, "E0502", True),
    ({"error": {"code": "429", "message": "Zu viele Anfragen"}}, "E0502", True),
    ({"error": {"code": 502, "message": "Provider returned error"}}, "E0501", True),
    ({"error": {"code": 503, "message": "No instances available"}}, "E0501", True),
    ({"error": {"code": 401, "message": "No auth credentials found"}}, "E0506", False),
    ({"error": {"message": "You exceeded your current quota", "type": "insufficient_quota", "code": "insufficient_quota"}}, "E0506", False),
    ({"error": {"type": "overloaded_error", "message": "Overloaded"}}, "E0501", True),
    ({"error": {"status": "RESOURCE_EXHAUSTED", "message": "Quota exceeded for requests per minute"}}, "E0502", True),
    ({"error": "model 'qwen3' is still loading"}, "E0501", True),
    ({"error": {"code": 400, "message": "This model's maximum context length is 4096 tokens"}}, "E0509", False),
    ({"object": "error", "message": "模型不存在", "type": "NotFoundError", "code": 404}, "E0507", False),
    ({"code": "Arrearage", "message": "Access denied, please make sure your account is in good standing."}, "E0506", False),
    ({"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}, "choices": None}, "E0506", False),
    ({"error": {"code": "1113", "message": "余额不足或无可用资源包,请充值。"}}, "E0506", False),
    ({"detail": "Internal Server Error"}, "E0501", True),
    ({**CHAT, "choices": [{"index": 0, "error": {"code": 502, "message": "Upstream died"}, "finish_reason": "error",
                           "message": {"role": "assistant", "content": "Par"}}]}, "E0501", True),
]  # fmt: skip


@pytest.mark.parametrize(("body", "code", "again"), ERRORS, ids=lambda value: str(value)[:40])
def test_an_error_of_status_200_is_what_it_says(door: Door, body: Any, code: str, again: bool) -> None:
    failure = failed(door, body)
    assert (failure.code, failure.is_retryable) == (code, again)


@pytest.mark.parametrize("empty", [None, {}, "", {"message": "", "code": None}], ids=str)
def test_an_error_that_says_nothing_is_none(empty: Any) -> None:
    """Some gateways send one with every reply."""
    assert answered(HttpModel, {**chat("Paris"), "error": empty}).text == "Paris"


def test_when_to_ask_again_is_heeded_wherever_it_is_said(door: Door) -> None:
    body = {"error": {"code": 429, "message": "Rate limit reached. Please try again in 1m2.5s."}}
    assert failed(door, body).retry_after in (62.5, None)


@pytest.mark.parametrize("wait", ["9" * 5_000, "1" * 400 + ".5", "-1"])
def test_a_time_that_is_none_is_not_heeded(wait: str) -> None:
    body = {"error": {"code": 429, "message": f"Rate limit reached. Please try again in {wait}m{wait}s."}}
    for status in ("200 OK", "429 Too Many Requests"):
        failure = failed(HttpModel, body, status=status)
        assert (failure.code, failure.retry_after) == ("E0502", None)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("429 Too Many Requests", {"error": {"message": "You exceeded your current quota", "type": "insufficient_quota"}}),
        ("402 Payment Required", {"error": {"message": "Insufficient Balance"}}),
        ("400 Bad Request", {"error": {"message": "Your credit balance is too low to access the API"}}),
        ("403 Forbidden", {"error": {"message": "账户余额不足"}}),
    ],
)
def test_an_account_without_credit_is_not_asked_again(door: Door, status: str, body: Any) -> None:
    failure = failed(door, body, status=status)
    assert (failure.code, failure.is_retryable, failure.is_fatal) == ("E0506", False, True)
    assert "no credit or quota left" in failure.message


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}, 5),
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 215}, 205),
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 9}, 5),
        ({"prompt_tokens": 10, "completion_tokens": 5}, 5),
    ],
    ids=str,
)
def test_thoughts_that_only_the_total_counts_are_booked(usage: dict[str, int], counted: int) -> None:
    """xAI and Gemini count them so."""
    done = answered(HttpModel, {**chat("Paris"), "usage": usage})
    assert done.usage == Usage(10, counted, cost=done.usage.cost)


@pytest.mark.parametrize(
    "told",
    [
        "The input (250000 tokens) is longer than the model's context length (200000 tokens).",
        "This model's maximum prompt length is 131072 but the request contains 537812 tokens",
        "Please reduce the length of the messages or completion.",
        "Input length 131393 exceeds the maximum allowed input length of 131040 tokens.",
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
        "invalid params, context window exceeds limit (2013)",
    ],
)
def test_a_prompt_that_is_too_long_is_told_in_many_words(told: str) -> None:
    """Of SGLang and Together, xAI, Groq, Poolside, OpenAI and MiniMax."""
    failed = turned_down(400, json.dumps({"error": {"message": told}}).encode(), {}, "m")
    assert (failed.code, failed.is_retryable) == ("E0509", False)


@pytest.mark.parametrize(
    ("to", "told"),
    [
        ("https://llm.example/v1/chat/completions", "redirect to https://llm.example/v1/chat/completions, status 308"),
        ("https://me:hunter2@llm.example/v1?key=hunter2", "redirect to https://…@llm.example/v1?…, status 308"),
        ("/v1/\x1b[31m", "redirect to "),
        ("", "redirect to another URL, status 308"),
    ],
)
def test_a_redirect_says_where_it_leads(to: str, told: str) -> None:
    failed = turned_down(308, b"", {"location": to} if to else {}, "m")
    assert told in failed.message and "set the base URL" in failed.message
    assert "hunter2" not in failed.message and "\x1b" not in failed.message
