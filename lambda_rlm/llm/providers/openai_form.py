"""The form of a chat completion that most servers speak: how a request is written, how a reply is read.

Owns the JSON of both sides, for every door that speaks it. Promises that a schema has an object at its root, as providers want
it, and that the reply is taken out again; that a usage is counts that can be, or said to be none, so that no reply gives a
budget more than it had; that a text is one, without the key that was sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from lambda_rlm.budget.paying import price
from lambda_rlm.completion import MOST_TOKENS, UNCOUNTED, Completion, CompletionRequest, ModelProfile, StopReason, Usage
from lambda_rlm.diagnostics.blot import blotted, cut, without_keys
from lambda_rlm.llm.failures import EMPTY_REPLY, MALFORMED_BODY, failure
from lambda_rlm.llm.providers.dialects import input_of_tool

STOP: Final = {"stop": StopReason.STOP, "length": StopReason.LENGTH, "content_filter": StopReason.REFUSAL}

_LONGEST_REASON: Final = 40

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


def completion_in(body: bytes, name: str, profile: ModelProfile, unwrap: Unwrap, key: str | None = None) -> Completion:
    """The completion that a server's reply holds, without the key that was sent; raises `ModelFailure` for what holds none."""
    try:
        reply = json.loads(body)
        choice = reply["choices"][0]
        message, finish = choice["message"], str(choice.get("finish_reason"))
        text, refusal = input_of_tool(message) or message.get("content"), message.get("refusal")
        usage = _usage_in(reply, profile, text)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise failure(MALFORMED_BODY, f"{name}: malformed response: not a chat completion") from None
    served = served_as(reply.get("model"), reply.get("system_fingerprint"))
    return replace(completion_of(name, text, refusal, finish, usage, unwrap, key), served=served)


def served_as(model: object, fingerprint: object) -> str:
    """A model as its server names it, and its fingerprint."""
    return " ".join(part[:_LONGEST_NAME] for part in (model, fingerprint) if isinstance(part, str) and part)


def _usage_in(reply: Mapping[str, Any], profile: ModelProfile, text: object) -> Usage:
    counts = reply.get("usage")
    if not isinstance(counts, dict):
        return UNCOUNTED
    details = counts.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else None
    return usage_of(profile, counts.get("prompt_tokens"), counts.get("completion_tokens"), cached, text)


def usage_of(profile: ModelProfile, sent: object, received: object, cached: object, text: object) -> Usage:
    """What a provider counted, at the profile's prices; `UNCOUNTED` where it counted nothing that can be: no prompt has no
    token, and no text that was replied."""
    input_tokens, output_tokens = _count(sent), _count(received)
    if not input_tokens or output_tokens is None or (text and not output_tokens):
        return UNCOUNTED
    cached_tokens = min(_count(cached) or 0, input_tokens)
    return Usage(input_tokens, output_tokens, cached_tokens, price(profile, input_tokens, output_tokens, cached_tokens))


def completion_of(
    name: str, text: object, refusal: object, finish: str, usage: Usage, unwrap: Unwrap, key: str | None
) -> Completion:
    """A reply as a completion, without keys: a refusal is one, an empty reply is a failure that carries its usage, and so is
    what is no text."""
    stop = StopReason.REFUSAL if refusal else STOP.get(finish, StopReason.STOP)
    said = refusal or text or ""
    if not isinstance(said, str):
        failed = failure(MALFORMED_BODY, f"{name}: malformed response: the content is not a string")
    elif not said and stop is not StopReason.REFUSAL:
        failed = failure(
            EMPTY_REPLY, f"{name}: the reply is empty (finish reason {cut(blotted(finish, key), _LONGEST_REASON)})"
        )
    else:
        said = without_keys(said, key)
        return Completion(unwrap(said) if stop is StopReason.STOP else said, usage, stop, name)
    failed.usage = usage
    raise failed


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
