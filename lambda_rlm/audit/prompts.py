"""The prompts in a row of a log.

Owns the forms that are known: OpenAI's requests (`messages`, `input` with `instructions`, `prompt`), lines of batch files and
request logs that hold one (`body`, `request`, `params`), and rows with a text under a usual name. Promises that of a row in
another form the keys are reported. What is no text (pictures, audio) is counted, not measured.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any, Final

from lambda_rlm.data_class import dataclass

_ENVELOPES: Final = ("body", "request", "params", "kwargs")
_TEXTS: Final = ("text", "content", "context", "document", "query", "question")
_DEEPEST: Final = 4
_MESSAGE: Final = 4
"""Tokens around a message."""


class Unusable(ValueError):
    """A row has no prompt that can be found."""


@dataclass(slots=True)
class LoggedPrompt:
    """A prompt as its texts; `tokens` are those that are known without counting: around messages, or of a prompt given as
    tokens."""

    texts: list[str] = field(default_factory=list)
    tokens: int = 0
    not_text: int = 0


def prompts(row: Any, name: str | None = None) -> list[LoggedPrompt]:
    """The prompts of a row, all of one request together but for a request that is a list of prompts; `name` says where the text
    is (`a.b` for one inside another). Raises `Unusable`."""
    if name is not None:
        named = _at(row, name)
        return [_content(named, LoggedPrompt())]
    if isinstance(row, str):
        return [LoggedPrompt([row])]
    if isinstance(row, list) and row and all(isinstance(item, dict) and "role" in item for item in row):
        return [_messages(row, LoggedPrompt())]
    if isinstance(row, list) and row and all(isinstance(item, dict) for item in row):
        return [prompt for item in row for prompt in _object(item, 0)]
    if not isinstance(row, dict):
        raise Unusable(f"the value is {_kind(row)}, not an object or a string")
    return _object(row, 0)


def reply_tokens(row: Any) -> int | None:
    """The tokens of the reply, where the log has the provider's count."""
    for holder in _holders(row, 0):
        usage = holder.get("usage")
        if isinstance(usage, dict):
            for key in ("completion_tokens", "output_tokens"):
                count = usage.get(key)
                if isinstance(count, int) and not isinstance(count, bool) and count >= 0:
                    return count
    return None


def _holders(row: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    if isinstance(row, dict):
        yield row
        if depth < 2:
            for key in ("response", "body"):
                yield from _holders(row.get(key), depth + 1)


def _object(row: Mapping[str, Any], depth: int) -> list[LoggedPrompt]:
    if isinstance(row.get("messages"), list):
        return [_tools(row, _messages(row["messages"], _system(row)))]
    if "input" in row:
        return _several(row["input"], row)
    if "prompt" in row:
        return _several(row["prompt"], row)
    for key in _ENVELOPES:
        inner = row.get(key)
        if isinstance(inner, dict) and depth < _DEEPEST:
            return _object(inner, depth + 1)
        if isinstance(inner, str) and inner.startswith("{") and depth < _DEEPEST:
            return _object(_parsed(inner, key), depth + 1)
    texts = [row[key] for key in _TEXTS if isinstance(row.get(key), str)]
    if not texts:
        keys = ", ".join(map(repr, list(row)[:8])) + (", …" if len(row) > 8 else "")
        raise Unusable(
            f"no prompt found among the keys {keys}; name the field that holds it with --field, e.g. --field data.prompt"
            if row
            else "the object is empty"
        )
    return [LoggedPrompt(texts)]


def _parsed(text: str, key: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise Unusable(f"the value of {key!r} is not JSON") from None
    if not isinstance(value, dict):
        raise Unusable(f"the value of {key!r} is not an object")
    return value


def _several(prompt: Any, row: Mapping[str, Any]) -> list[LoggedPrompt]:
    """A text, items of a conversation, several prompts, or a prompt as tokens."""
    if isinstance(prompt, list) and prompt:
        if all(isinstance(item, str) for item in prompt):
            return [LoggedPrompt([item]) for item in prompt]
        if all(isinstance(item, int) for item in prompt):
            return [LoggedPrompt(tokens=len(prompt))]
        if all(isinstance(item, list) and all(isinstance(token, int) for token in item) for item in prompt):
            return [LoggedPrompt(tokens=len(item)) for item in prompt]
        return [_tools(row, _messages(prompt, _system(row)))]
    if isinstance(prompt, dict):
        return [LoggedPrompt([json.dumps(prompt, ensure_ascii=False)])]
    return [_tools(row, _content(prompt, _system(row)))]


def _system(row: Mapping[str, Any]) -> LoggedPrompt:
    prompt = LoggedPrompt()
    for key in ("system", "instructions"):
        if row.get(key):
            _content(row[key], prompt)
    return prompt


def _tools(row: Mapping[str, Any], prompt: LoggedPrompt) -> LoggedPrompt:
    """The definitions of tools are part of what a model reads."""
    for key in ("tools", "functions"):
        if row.get(key):
            prompt.texts.append(json.dumps(row[key], ensure_ascii=False, separators=(",", ":")))
    return prompt


def _messages(messages: list[Any], prompt: LoggedPrompt) -> LoggedPrompt:
    for message in messages:
        if not isinstance(message, dict):
            raise Unusable(f"a message is {_kind(message)}, not an object")
        prompt.tokens += _MESSAGE
        content = message.get("content", message.get("output", message.get("arguments")))
        if content is not None:
            _content(content, prompt)
        calls = message.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            prompt.texts.append(json.dumps(call, ensure_ascii=False, separators=(",", ":")))
    return prompt


def _content(content: Any, prompt: LoggedPrompt) -> LoggedPrompt:
    """A text, or parts of which some are texts."""
    if isinstance(content, str):
        prompt.texts.append(content)
    elif isinstance(content, list):
        for part in content:
            text = part if isinstance(part, str) else part.get("text") if isinstance(part, dict) else None
            if isinstance(text, str):
                prompt.texts.append(text)
            else:
                prompt.not_text += 1
    else:
        raise Unusable(f"the content is {_kind(content)}, not a string")
    return prompt


def _at(row: Any, name: str) -> Any:
    for key in name.split("."):
        if not isinstance(row, dict) or key not in row:
            raise Unusable(f"the key {name!r} is missing")
        row = row[key]
    return row


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    names = {bool: "true or false", int: "a number", float: "a number", str: "a string", list: "a list", dict: "an object"}
    return names.get(type(value), "something else")
