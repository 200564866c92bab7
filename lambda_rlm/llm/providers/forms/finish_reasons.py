"""Why a reply ended, as vendors say it, and what that makes of the reply.

Owns the table of finish reasons. Promises that a reply which was cut, blocked or broken is never taken for a whole one, and
that a reason nobody knows is an error which names it. Refuses to guess where no reason is given: the reply is whole only if the
server counted fewer tokens than it was allowed."""

from __future__ import annotations

from typing import Final

from lambda_rlm.completion import StopReason
from lambda_rlm.data_class import dataclass
from lambda_rlm.llm import failures


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A reply that is no answer: the code of its failure, why, and whether asking again would fail again."""

    code: str
    why: str
    is_final: bool = False


_WHOLE: Final = (
    *("stop", "eos", "eos_token", "eos_found", "eosfound", "end", "end_turn", "end_of_text", "endoftext", "finish", "finished"),
    *("stop_sequence", "stop_string", "stopstringfound", "stop_token", "stop_str", "word", "complete", "completed", "done"),
    *("normal", "success"),
)
"""OpenAI and most others: stop. Anthropic and Bedrock: end_turn, stop_sequence. TGI and watsonx: eos_token. Together: eos. LM
Studio: eosFound, stopStringFound. llama.cpp: eos, word. Cohere: COMPLETE. Ernie: normal."""

_TOOLS: Final = ("tool_calls", "tool_call", "tool_use", "function_call", "toolcalls")
"""The model called a tool. None was offered, except the one that holds a reply in a grammar."""

_CUT: Final = (
    *("length", "max_tokens", "max_output_tokens", "maximum_tokens", "max_length", "maxlength", "limit", "token_limit"),
    *("model_length", "context", "context_length", "context_length_exceeded", "contextlengthreached", "error_limit"),
    *("model_context_window_exceeded", "maxpredictedtokensreached", "time_limit", "not_finished", "incomplete", "truncated"),
    *("pause_turn", "repetition", "repetition_truncation"),
)
"""OpenAI and most others: length. Anthropic and Bedrock: max_tokens, model_context_window_exceeded, pause_turn. Gemini:
MAX_TOKENS. Mistral: model_length. llama.cpp: limit. LM Studio: contextLengthReached, maxPredictedTokensReached. watsonx:
token_limit, time_limit. Cohere: ERROR_LIMIT. DeepSeek and vLLM: repetition. Reka: context."""

_DECLINED: Final = (
    *("content_filter", "content_filtered", "refusal", "safety", "recitation", "language", "blocklist", "prohibited_content"),
    *("spii", "image_safety", "image_recitation", "image_prohibited_content", "model_armor", "guardrail_intervened"),
    *("sensitive", "error_toxic", "moderation", "blocked", "jailbreak"),
)
"""OpenAI and Azure: content_filter. Anthropic: refusal. Gemini: SAFETY and those after it. Bedrock: guardrail_intervened,
content_filtered. Zhipu: sensitive. Cohere: ERROR_TOXIC."""

_FAILED: Final = (
    *("error", "failed", "abort", "aborted", "cancelled", "canceled", "user_cancel", "userstopped", "other", "network_error"),
    *("insufficient_system_resource", "modelunloaded", "load", "unload", "server_error", "internal_error", "overloaded"),
)
"""OpenRouter, Mistral, vLLM, watsonx: error. vLLM and SGLang: abort. DeepSeek: insufficient_system_resource. Ollama: load and
unload, where it wrote nothing. LM Studio: userStopped, modelUnloaded, failed. Zhipu: network_error. Gemini: OTHER."""

_GARBLED: Final = (
    *("malformed_function_call", "malformed_response", "malformed_model_output", "malformed_tool_use", "no_image"),
    *("unexpected_tool_call", "too_many_tool_calls", "missing_thought_signature", "image_other"),
)
"""Gemini and Bedrock: what the model wrote could not be read."""

_UNSAID: Final = ("", "null", "none", "finish_reason_unspecified", "unspecified", "unknown")
"""No reason. DashScope writes "null" until a reply is whole."""

_Meant = StopReason | str
_MEANT: Final[dict[str, _Meant]] = {
    **dict.fromkeys(_WHOLE, StopReason.STOP),
    **dict.fromkeys(_TOOLS, "tool"),
    **dict.fromkeys(_CUT, StopReason.LENGTH),
    **dict.fromkeys(_DECLINED, StopReason.REFUSAL),
    **dict.fromkeys(_GARBLED, failures.MALFORMED_BODY),
    **dict.fromkeys(_FAILED, failures.SERVER_FAILED),
    **dict.fromkeys(("timeout", "deadline_exceeded"), failures.TIMED_OUT),
}
_WORST: Final = tuple(dict.fromkeys(_MEANT.values()))
"""What a reason means, from the best to the worst."""


def ending(
    finish: object, native: object = None, *, calls_tool: bool = False, is_short: bool = False
) -> StopReason | Unfinished:
    """What a finish reason makes of a reply; `native` is the reason of the model's own vendor, where a gateway tells both: the
    worse one counts. `calls_tool` says that the model called a tool, `is_short` that the server counted fewer tokens than were
    allowed."""
    name = _plain(finish)
    meant = _MEANT.get(name)
    if meant is None and name not in _UNSAID:
        return Unfinished(failures.MALFORMED_BODY, f"unknown finish reason {_shown(finish)}", is_final=True)
    known = [one for one in (meant, _MEANT.get(_plain(native))) if one is not None]
    if not known:
        return StopReason.STOP if is_short else StopReason.LENGTH
    worst = max(known, key=_WORST.index)
    if worst == "tool":
        called = Unfinished(failures.EMPTY_REPLY, "the model called a tool that it was not offered")
        return called if calls_tool else StopReason.STOP
    if isinstance(worst, StopReason):
        return worst
    return Unfinished(worst, f"the reply was not finished (finish reason {_shown(finish if meant == worst else native)})")


def _plain(reason: object) -> str:
    if reason is None:
        return ""
    return str(getattr(reason, "value", reason)).strip().lower().replace("-", "_").replace(" ", "_")


def _shown(reason: object) -> str:
    return repr(str(getattr(reason, "value", reason)))
