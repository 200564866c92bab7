"""The form of a chat completion that most servers speak: how a request is written, how a reply is read.

Owns the JSON of both sides, for every door that speaks it. Promises that a schema has an object at its root, as providers want it,
and that the reply is taken out again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from lambda_rlm.completion import Completion, CompletionRequest, StopReason, Usage
from lambda_rlm.llm.failures import EMPTY_REPLY, failure

STOP: Final = {"stop": StopReason.STOP, "length": StopReason.LENGTH, "content_filter": StopReason.REFUSAL}

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


def completion_of(name: str, text: str | None, refusal: str | None, finish: str, usage: Usage, unwrap: Unwrap) -> Completion:
    """A reply as a completion: a refusal is one, an empty reply is a failure that carries its usage."""
    stop = StopReason.REFUSAL if refusal else STOP.get(finish, StopReason.STOP)
    if not text and stop is not StopReason.REFUSAL:
        failed = failure(EMPTY_REPLY, f"{name}: the reply is empty (finish reason {finish})")
        failed.usage = usage
        raise failed
    said = str(refusal or text or "")
    return Completion(unwrap(said) if stop is StopReason.STOP else said, usage, stop, name)


def _object(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {name: schema}, "required": [name], "additionalProperties": False}


def _member(text: str, name: str) -> str:
    """A member of a JSON object as text; what is no such object is left as it is for the asker to judge."""
    try:
        value = json.loads(text)[name]
    except (ValueError, KeyError, TypeError):
        return text
    return value if isinstance(value, str) and name == "reply" else json.dumps(value, ensure_ascii=False)
