"""Every finish reason of a vendor means what the vendor says; one that nobody knows is a fault that names it."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest

from lambda_rlm.completion import Completion, StopReason
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.providers.forms.finish_reasons import Unfinished, ending
from lambda_rlm.testing import request as asked
from tests.support.doors import Door
from tests.support.raw_server import completion, raw_server, said

WHOLE = {
    "OpenAI": "stop",
    "Anthropic": "end_turn",
    "Anthropic, a sequence": "stop_sequence",
    "Gemini": "STOP",
    "TGI": "eos_token",
    "Together": "eos",
    "Cohere": "COMPLETE",
    "LM Studio": "eosFound",
    "llama.cpp": "word",
    "Ernie": "normal",
    "with another dash": "End-Turn",
}
CUT = {
    "OpenAI": "length",
    "Anthropic": "max_tokens",
    "Anthropic, the window": "model_context_window_exceeded",
    "Anthropic, paused": "pause_turn",
    "Gemini": "MAX_TOKENS",
    "Mistral": "model_length",
    "Cohere": "MAX_TOKENS",
    "watsonx": "token_limit",
    "llama.cpp": "limit",
    "LM Studio": "maxPredictedTokensReached",
    "LM Studio, the window": "contextLengthReached",
    "DeepSeek": "repetition_truncation",
    "OpenAI's Responses": "max_output_tokens",
}
DECLINED = {
    "OpenAI, Azure": "content_filter",
    "Anthropic": "refusal",
    "Gemini": "SAFETY",
    "Gemini, a quote": "RECITATION",
    "Gemini, forbidden": "PROHIBITED_CONTENT",
    "Gemini, a list": "BLOCKLIST",
    "Gemini, persons": "SPII",
    "Bedrock": "guardrail_intervened",
    "Bedrock, filtered": "content_filtered",
    "Zhipu": "sensitive",
    "Cohere": "ERROR_TOXIC",
}
BROKEN = {
    "OpenRouter": ("error", "E0501"),
    "vLLM, SGLang": ("abort", "E0501"),
    "DeepSeek": ("insufficient_system_resource", "E0501"),
    "Ollama": ("load", "E0501"),
    "Zhipu": ("network_error", "E0501"),
    "Gemini": ("OTHER", "E0501"),
    "Cohere": ("TIMEOUT", "E0503"),
    "Gemini, a call": ("MALFORMED_FUNCTION_CALL", "E0512"),
    "Bedrock": ("malformed_model_output", "E0512"),
}


@pytest.mark.parametrize("reason", WHOLE.values(), ids=WHOLE)
def test_a_whole_reply_is_whole(reason: str) -> None:
    assert ending(reason) is StopReason.STOP


@pytest.mark.parametrize("reason", CUT.values(), ids=CUT)
def test_a_cut_reply_is_cut(reason: str) -> None:
    assert ending(reason) is StopReason.LENGTH


@pytest.mark.parametrize("reason", DECLINED.values(), ids=DECLINED)
def test_a_blocked_reply_is_a_refusal(reason: str) -> None:
    assert ending(reason) is StopReason.REFUSAL


@pytest.mark.parametrize(("reason", "code"), BROKEN.values(), ids=BROKEN)
def test_a_broken_reply_is_a_failure(reason: str, code: str) -> None:
    broken = ending(reason)
    assert isinstance(broken, Unfinished)
    assert (broken.code, broken.is_final, reason in broken.why) == (code, False, True)


@pytest.mark.parametrize("reason", ["gezeitenwechsel", "完了", "новое", "safety!", 7, {"a": 1}], ids=str)
def test_an_unknown_reason_is_a_fault_that_names_it(reason: Any) -> None:
    broken = ending(reason)
    assert isinstance(broken, Unfinished)
    assert (broken.code, broken.is_final) == ("E0512", True)
    assert str(reason) in broken.why


@pytest.mark.parametrize(
    ("finish", "native", "stop"),
    [
        ("stop", "stop", StopReason.STOP),
        ("stop", "MAX_TOKENS", StopReason.LENGTH),
        ("stop", "SAFETY", StopReason.REFUSAL),
        ("length", "end_turn", StopReason.LENGTH),
        ("stop", "never-heard-of", StopReason.STOP),
        (None, "end_turn", StopReason.STOP),
    ],
)
def test_of_two_reasons_the_worse_one_counts(finish: Any, native: str, stop: StopReason) -> None:
    """OpenRouter tells its own and the vendor's."""
    assert ending(finish, native) is stop


@pytest.mark.parametrize("reason", [None, "", "null", "FINISH_REASON_UNSPECIFIED"], ids=str)
def test_without_a_reason_a_reply_is_whole_below_its_limit_only(reason: Any) -> None:
    assert ending(reason, is_short=True) is StopReason.STOP
    assert ending(reason) is StopReason.LENGTH


@pytest.mark.parametrize("reason", ["tool_calls", "tool_use", "function_call"])
def test_a_call_of_a_tool_that_was_not_offered_is_no_answer(reason: str) -> None:
    assert ending(reason) is StopReason.STOP
    broken = ending(reason, calls_tool=True)
    assert isinstance(broken, Unfinished) and broken.code == "E0511"


def replied(door: Door, finish: Any, **message: Any) -> Completion:
    body = {**json.loads(completion("Paris", **message)), "id": "x", "object": "chat.completion", "created": 1, "model": "m"}
    body["choices"][0]["finish_reason"] = finish

    async def ask() -> Completion:
        async with raw_server(said(json.dumps(body).encode(), "Content-Type: application/json")) as server:
            model = door("openai/m", base_url=server.url, api_key="k")
            try:
                return await model.complete(asked("hello"))
            finally:
                await model.aclose()

    return anyio.run(ask)


@pytest.mark.parametrize(
    ("finish", "stop"), [("end_turn", StopReason.STOP), ("MAX_TOKENS", StopReason.LENGTH), ("SAFETY", StopReason.REFUSAL)]
)
def test_both_doors_know_the_reasons(door: Door, finish: str, stop: StopReason) -> None:
    assert replied(door, finish).stop_reason is stop


@pytest.mark.parametrize(
    ("finish", "code"), [("model_length", ""), ("insufficient_system_resource", "E0501"), ("gezeitenwechsel", "E0512")]
)
def test_both_doors_take_nothing_else_for_whole(door: Door, finish: str, code: str) -> None:
    """litellm makes "stop" of what it does not know."""
    try:
        done = replied(door, finish)
    except ModelFailure as failed:
        assert (failed.code, finish in failed.message) == (code, True)
        assert failed.usage is not None and failed.usage.input_tokens == 3
    else:
        assert (code, done.stop_reason) == ("", StopReason.LENGTH)
