"""The form of a chat completion that most servers speak: how a request is written, how a reply is read.

Owns the JSON of both sides, for every door that speaks it. Promises that a schema has an object at its root, as providers want
it, and that the reply is taken out again; that a usage is counts that can be, so that no reply gives a budget more than it had;
that a text is one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from lambda_rlm.completion import Completion, CompletionRequest, ModelProfile, StopReason, Usage
from lambda_rlm.llm.failures import EMPTY_REPLY, MALFORMED_BODY, failure
from lambda_rlm.llm.providers.dialects import input_of_tool

STOP: Final = {"stop": StopReason.STOP, "length": StopReason.LENGTH, "content_filter": StopReason.REFUSAL}

MOST_TOKENS: Final = 10**8
"""No context window has this many tokens: a server that counts more is wrong."""

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


def completion_in(body: bytes, name: str, profile: ModelProfile, unwrap: Unwrap) -> Completion:
    """The completion that a server's reply holds; raises `ModelFailure` for what holds none."""
    try:
        reply = json.loads(body)
        choice = reply["choices"][0]
        message, finish = choice["message"], str(choice.get("finish_reason"))
        text, refusal, counts = input_of_tool(message) or message.get("content"), message.get("refusal"), reply["usage"]
        cached = (counts.get("prompt_tokens_details") or {}).get("cached_tokens")
        usage = usage_of(name, profile, counts["prompt_tokens"], counts["completion_tokens"], cached)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise failure(MALFORMED_BODY, f"{name}: malformed response: not a chat completion") from None
    served = served_as(reply.get("model"), reply.get("system_fingerprint"))
    return replace(completion_of(name, text, refusal, finish, usage, unwrap), served=served)


def served_as(model: object, fingerprint: object) -> str:
    """A model as its server names it, and its fingerprint."""
    return " ".join(part[:_LONGEST_NAME] for part in (model, fingerprint) if isinstance(part, str) and part)


def usage_of(name: str, profile: ModelProfile, sent: object, received: object, cached: object) -> Usage:
    """What a provider counted, at the profile's prices; raises `ModelFailure` for counts that cannot be."""
    input_tokens, output_tokens = _count(sent), _count(received)
    if input_tokens is None or output_tokens is None:
        raise failure(MALFORMED_BODY, f"{name}: malformed response: impossible token counts")
    cost = None
    if profile.input_price is not None and profile.output_price is not None:
        cost = input_tokens * profile.input_price + output_tokens * profile.output_price
    return Usage(input_tokens, output_tokens, min(_count(cached) or 0, input_tokens), cost)


def completion_of(name: str, text: object, refusal: object, finish: str, usage: Usage, unwrap: Unwrap) -> Completion:
    """A reply as a completion: a refusal is one, an empty reply is a failure that carries its usage, and so is what is no
    text."""
    stop = StopReason.REFUSAL if refusal else STOP.get(finish, StopReason.STOP)
    said = refusal or text or ""
    if not isinstance(said, str):
        failed = failure(MALFORMED_BODY, f"{name}: malformed response: the content is not a string")
    elif not said and stop is not StopReason.REFUSAL:
        failed = failure(EMPTY_REPLY, f"{name}: the reply is empty (finish reason {finish[:40]})")
    else:
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
