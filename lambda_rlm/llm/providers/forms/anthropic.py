"""The form of Anthropic's Messages API: `/v1/messages`, as Claude speaks it and the servers that follow it.

Owns the translation: fields that are named as in chat completions are written as Anthropic has them, and a message is read
as the chat completion that says the same, so that one reading judges both. A schema is asked for by `output_config.format`,
which all models since 4.5 have; a tool that is forced is refused by those that always think. Promises that a model thinks
only when it is asked to, or as little as it can where it always does (docs: build-with-claude/thinking); that nothing is
sent that a model is known to refuse (a temperature since 4.7, a budget of thought since 4.7); that all counted tokens are
booked: Anthropic counts cached ones beside the others, and writing a cache, which nothing here asks for, costs more than to
send.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from lambda_rlm.completion import Completion, Message, ModelProfile, Usage
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.providers.exchange import Answer
from lambda_rlm.llm.providers.forms.claude import claude_thinks, claude_version
from lambda_rlm.llm.providers.forms.gathered import Gathered, GatheredMessage
from lambda_rlm.llm.providers.forms.openai_form import Unwrap, completion_in

_VERSION: Final = "2023-06-01"
_FINISH: Final = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "pause_turn": "length",
    "refusal": "content_filter",
}
"""Why a message ended, in words of chat completions. One that paused is not whole; any other reason stays as it is."""

_LEAST_BUDGET: Final = 1_024
"""The smallest budget of thought that the API takes."""

_LITTLE: Final = 2_048
_MUCH: Final = 8_192
"""Tokens of thought up to which a low effort is asked for, and up to which a medium one."""

_UNSUPPORTED: Final = frozenset(
    [
        "minItems",
        "maxItems",
        "uniqueItems",
        "contains",
        "minContains",
        "maxContains",
        "prefixItems",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "minProperties",
        "maxProperties",
        "patternProperties",
        "propertyNames",
        "dependentRequired",
        "dependentSchemas",
        "unevaluatedProperties",
        "if",
        "then",
        "else",
        "not",
    ]
)
"""What a schema says that Anthropic refuses; replies are read by the whole schema all the same."""


class Anthropic:
    """A `Wire`."""

    path = "/v1/messages"

    def headers(self, key: str) -> dict[str, str]:
        return {"x-api-key": key, "anthropic-version": _VERSION}

    def messages(self, messages: Sequence[Message]) -> tuple[Sequence[Message], dict[str, Any]]:
        """System messages are a field; a conversation of these alone is what the user says."""
        turns = [message for message in messages if message.role != "system"]
        system = "\n\n".join(message.content for message in messages if message.role == "system")
        if not turns:
            return [Message("user", system)], {}
        return turns, {"system": system} if system.strip() else {}

    def thought(self, model: str, tokens: int, *, is_asked: bool) -> dict[str, Any] | None:
        habit, version = claude_thinks(model), claude_version(model)
        if not (is_asked and tokens) and habit != "always":
            return {"thinking": {"type": habit}} if habit in ("disabled", "between_tools") else {}
        if version is not None and version < (4, 7):
            return {"thinking": {"type": "enabled", "budget_tokens": max(tokens, _LEAST_BUDGET)}}
        effort = "low" if tokens <= _LITTLE else "medium" if tokens <= _MUCH else "high"
        adaptive = {} if habit == "always" else {"thinking": {"type": "adaptive"}}
        return {**adaptive, "output_config": {"effort": effort}}

    def fields(self, model: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        written = {name: value for name, value in fields.items() if name not in ("seed", "response_format", "top_p")}
        version = claude_version(model)
        thinks = written.get("thinking", {}).get("type") == "enabled"
        if thinks or version is None or version >= (4, 7):  # a model that thinks draws as it likes
            written.pop("temperature", None)
        form = fields.get("response_format")
        if form is not None:
            schema = {"type": "json_schema", "schema": _plain(form["json_schema"]["schema"])}
            written["output_config"] = {**written.get("output_config", {}), "format": schema}
        return written

    def stream_fields(self) -> dict[str, Any]:
        return {"stream": True}

    def gathered(self) -> Gathered:
        return GatheredMessage()

    def completion(self, reply: Answer, limit: int, name: str, profile: ModelProfile, unwrap: Unwrap, key: str) -> Completion:
        chat, written = _as_chat(reply.body)
        try:
            completion = completion_in(chat, name, profile, unwrap, key, limit=limit, headers=reply.headers)
        except ModelFailure as failed:
            failed.usage = None if failed.usage is None else _surcharged(failed.usage, profile, written)
            raise
        return replace(completion, usage=_surcharged(completion.usage, profile, written))


def _surcharged(usage: Usage, profile: ModelProfile, written: int) -> Usage:
    """With the tokens that a server wrote to its cache at the most that they cost: twice the price."""
    if not written or usage.cost is None or usage.is_estimated or profile.input_price is None:
        return usage
    return replace(usage, cost=usage.cost + written * profile.input_price)


def _as_chat(body: bytes) -> tuple[bytes, int]:
    """A message as a chat completion, and the tokens that were written to a cache. What is no message stays as it is, for the
    reader to judge."""
    try:
        message = json.loads(body)
        if message.get("type") == "error" or not isinstance(message["content"], list):
            return body, 0
        said = "".join(block["text"] for block in message["content"] if block.get("type") == "text")
        thought = "".join(str(block.get("thinking") or "") for block in message["content"] if block.get("type") == "thinking")
        usage, written = _counts(message.get("usage"))
        reason = message.get("stop_reason")
        told = {"role": "assistant", "content": said, **({"reasoning_content": thought} if thought else {})}
        choice = {"index": 0, "message": told, "finish_reason": _FINISH.get(reason, reason)}
        chat = {"model": message.get("model"), "choices": [choice], "usage": usage}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return body, 0
    return json.dumps(chat).encode(), written


def _counts(usage: Any) -> tuple[dict[str, Any] | None, int]:
    """What was counted, by the names of chat completions: the prompt is all that was sent, cached or not."""
    if not isinstance(usage, Mapping):
        return None, 0
    names = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    sent, cached, written = (usage.get(name) or 0 for name in names)
    if any(isinstance(count, bool) or not isinstance(count, int) or count < 0 for count in (sent, cached, written)):
        return None, 0
    counts = {"prompt_tokens": sent + cached + written, "completion_tokens": usage.get("output_tokens")}
    return {**counts, "prompt_tokens_details": {"cached_tokens": cached}}, written


def _plain(schema: Any) -> Any:
    """A schema without what Anthropic refuses, each object closed."""
    if isinstance(schema, list):
        return [_plain(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    plain: dict[str, Any] = {}
    for name, value in schema.items():
        if name in ("properties", "$defs"):
            plain[name] = {one: _plain(inner) for one, inner in value.items()}
        elif name in ("items", "anyOf", "allOf", "oneOf"):
            plain["anyOf" if name == "oneOf" else name] = _plain(value)
        elif name not in _UNSUPPORTED:
            plain[name] = value
    if plain.get("type") == "object":
        plain["additionalProperties"] = False
    return plain


ANTHROPIC: Final = Anthropic()
