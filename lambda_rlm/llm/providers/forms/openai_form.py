"""The form of a chat completion that most servers speak: how a request is written, how a reply is read.

Owns the JSON of both sides, for every door that speaks it. Promises that a schema has an object at its root, as providers want
it, and that the reply is taken out again; that a usage is counts that can be, or said to be none, so that no reply gives a
budget more than it had; that a text is one, without the key that was sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from lambda_rlm.budget.paying import price
from lambda_rlm.completion import MOST_TOKENS, UNCOUNTED, Completion, CompletionRequest, ModelProfile, StopReason, Usage
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.blot import blotted, cut, without_keys
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.failures import EMPTY_REPLY, MALFORMED_BODY, failure
from lambda_rlm.llm.providers.dialects import input_of_tool
from lambda_rlm.llm.providers.forms.finish_reasons import Unfinished, ending
from lambda_rlm.llm.providers.vendor_errors import failure_in

_LONGEST_REASON: Final = 40
_LONGEST_WHY: Final = 120
_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})

_THOUGHTS: Final = ("reasoning_content", "reasoning", "reasoning_details", "thinking", "thinking_blocks", "thought")
"""Where servers put a model's thoughts beside its answer: DeepSeek, SGLang, llama.cpp and vLLM before 0.11; vLLM since, Ollama,
Groq and OpenRouter, which has details too; LiteLLM."""
_TEXT_PARTS: Final = ("text", "output_text")
_THOUGHT_PARTS: Final = ("thinking", "reasoning", "redacted_thinking", "thought")
_SILENT_PARTS: Final = ("reference", "tool_reference", "tool_use")
"""Parts of Mistral and Anthropic that hold no words."""

_LONGEST_NAME: Final = 200

Unwrap = Callable[[str], str]


def as_it_stands(text: str) -> str:
    """No wrapping was asked for."""
    return text


def schema_of(request: CompletionRequest) -> tuple[Mapping[str, Any] | None, Unwrap]:
    """The JSON Schema to send, and how to take the reply out again."""
    if request.choices is not None:
        return _object("reply", {"type": "string", "enum": list(request.choices)}), lambda text: _member(text, "reply")
    if request.schema is None or request.schema.get("type") == "object":
        return request.schema, as_it_stands
    return _object("value", dict(request.schema)), lambda text: _member(text, "value")


def response_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    """What asks for a reply of a schema."""
    return {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema, "strict": True}}


def completion_in(
    body: bytes,
    name: str,
    profile: ModelProfile,
    unwrap: Unwrap,
    key: str | None = None,
    *,
    limit: int | None = None,
    headers: Mapping[str, str] = _NO_HEADERS,
) -> Completion:
    """The completion that a server's reply holds, without the key that was sent; raises `ModelFailure` for what holds none.
    `limit` is the most tokens that it was allowed, thought included; `headers` came with it."""
    try:
        reply = json.loads(body)
        failed = failure_in(reply, headers, name, key)
        if failed is not None:
            raise failed
        choice = reply["choices"][0]
        said = said_in(choice.get("message"), choice.get("finish_reason"), choice.get("native_finish_reason"))
        usage = _usage_in(reply, profile, said.text or said.thinks)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise failure(MALFORMED_BODY, f"{name}: malformed response: not a chat completion") from None
    served = served_as(reply.get("model"), reply.get("system_fingerprint"))
    is_short = limit is not None and not usage.is_estimated and usage.output_tokens < limit
    said = replace(said, is_short=is_short)
    return replace(judged(name, said, usage, unwrap, key), served=served)


@dataclass(frozen=True, slots=True)
class Said:
    """What a server said in one choice, before it is judged. `text` and `refusal` are as they came, a list of parts joined;
    `thinks` says that thoughts came beside them, `calls_tool` that a tool was called, `unread` which part of the content is no
    text. `is_short` says that fewer tokens were counted than were allowed."""

    text: object = None
    refusal: object = None
    finish: object = None
    native: object = None
    thinks: bool = False
    calls_tool: bool = False
    unread: str = ""
    is_short: bool = False


def said_in(message: object, finish: object, native: object = None) -> Said:
    """What the message of a choice says; raises `TypeError` for what is no message."""
    if not isinstance(message, Mapping):
        raise TypeError("no message")
    thinks = any(_is_thought(message.get(name)) for name in _THOUGHTS)
    calls = bool(message.get("tool_calls") or message.get("function_call"))
    said = Said(message.get("content"), message.get("refusal"), finish, native, thinks, calls)
    written = input_of_tool(message)
    if written:
        return replace(said, text=written, calls_tool=False)
    return _joined(said, said.text) if isinstance(said.text, list) else said


def _joined(said: Said, parts: list[Any]) -> Said:
    """The content of a list of parts: its texts, one after the other."""
    texts: list[str] = []
    refusal = said.refusal
    thinks, unread = said.thinks, ""
    for part in parts:
        kind = part.get("type") if isinstance(part, Mapping) else None
        text = part.get("text") if isinstance(part, Mapping) else None
        if kind in _TEXT_PARTS and isinstance(text, str):
            texts.append(text)
        elif kind in _THOUGHT_PARTS:
            thinks = True
        elif kind == "refusal":
            refusal = refusal or part.get("refusal")
        elif kind not in _SILENT_PARTS:
            unread = unread or f"a part of the content is no text ({str(kind)!r})"
    return replace(said, text="".join(texts), refusal=refusal, thinks=thinks, unread=unread)


def _is_thought(told: object) -> bool:
    return bool(told.strip() if isinstance(told, str) else told)


def served_as(model: object, fingerprint: object) -> str:
    """A model as its server names it, and its fingerprint."""
    return " ".join(part[:_LONGEST_NAME] for part in (model, fingerprint) if isinstance(part, str) and part)


def _usage_in(reply: Mapping[str, Any], profile: ModelProfile, text: object) -> Usage:
    counts = reply.get("usage") or _usage_beside(reply)
    if not isinstance(counts, dict):
        return UNCOUNTED
    details = counts.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else None
    sent, received = counts.get("prompt_tokens"), counts.get("completion_tokens")
    return usage_of(profile, sent, with_thought(sent, received, counts.get("total_tokens")), cached, text)


def _usage_beside(reply: Mapping[str, Any]) -> object:
    """The counts where Groq has them too."""
    beside = reply.get("x_groq")
    return beside.get("usage") if isinstance(beside, dict) else None


def with_thought(sent: object, received: object, total: object) -> object:
    """The tokens of a reply with its thoughts, which xAI and Gemini count in the total alone."""
    prompt, both = _count(sent), _count(total)
    return received if prompt is None or both is None else max(_count(received) or 0, both - prompt)


def usage_of(profile: ModelProfile, sent: object, received: object, cached: object, text: object) -> Usage:
    """What a provider counted, at the profile's prices; `UNCOUNTED` where it counted nothing that can be: no prompt has no
    token, and no text that was replied."""
    input_tokens, output_tokens = _count(sent), _count(received)
    if not input_tokens or output_tokens is None or (text and not output_tokens):
        return UNCOUNTED
    cached_tokens = min(_count(cached) or 0, input_tokens)
    return Usage(input_tokens, output_tokens, cached_tokens, price(profile, input_tokens, output_tokens, cached_tokens))


def judged(name: str, said: Said, usage: Usage, unwrap: Unwrap, key: str | None) -> Completion:
    """A reply as a completion, without keys: a refusal is one; an empty reply, one that is no text and one that was not
    finished are failures that carry their usage."""
    stop = ending(said.finish, said.native, calls_tool=said.calls_tool, is_short=said.is_short)
    if said.refusal and not isinstance(stop, Unfinished):
        stop = StopReason.REFUSAL
    text = said.refusal or said.text or ""
    if isinstance(stop, Unfinished):
        failed = failure(stop.code, f"{name}: {cut(blotted(stop.why, key), _LONGEST_WHY)}", is_final=stop.is_final)
    elif not isinstance(text, str) or said.unread:
        why = said.unread or "the content is not a string"
        failed = failure(MALFORMED_BODY, f"{name}: malformed response: {cut(blotted(why, key), _LONGEST_WHY)}")
    elif not text.strip() and stop is not StopReason.REFUSAL:
        failed = _empty(name, said, stop, key)
    else:
        text = without_keys(text, key)
        return Completion(unwrap(text) if stop is StopReason.STOP else text, usage, stop, name)
    failed.usage = usage
    raise failed


def _empty(name: str, said: Said, stop: StopReason, key: str | None) -> ModelFailure:
    """The failure of a reply without a text. One whose thoughts met the limit would meet it again."""
    reason = cut(blotted(str(said.finish), key), _LONGEST_REASON)
    is_cut = stop is StopReason.LENGTH
    if said.thinks and is_cut:
        why = "the token limit was reached in the reasoning, before any answer; set --thinking to allow more"
    elif said.thinks:
        why = "the reply holds reasoning and no answer"
    else:
        why = "the reply is empty" + ("; if the model reasons first, set --thinking to allow for it" if is_cut else "")
    return failure(EMPTY_REPLY, f"{name}: {why} (finish reason {reason})", is_final=is_cut)


def _count(number: object) -> int | None:
    """A number of tokens, None for what is none. Numbers that are not (NaN) are in no range."""
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= MOST_TOKENS:
        return None
    return int(number)


def _object(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {name: schema}, "required": [name], "additionalProperties": False}


def _member(text: str, name: str) -> str:
    """A member of a JSON object as text; what is no such object is left as it is for the asker to judge."""
    try:
        value = json.loads(text)[name]
    except (ValueError, KeyError, TypeError, RecursionError):
        return text
    return value if isinstance(value, str) and name == "reply" else json.dumps(value, ensure_ascii=False)
