"""Streamed replies put together: the reply as it would have come at once.

Owns what the pieces of a stream add up to. Promises that a whole stream gives the reply that the same server sends without one,
so that both are read in one way; that thoughts are no piece of the text. Knows whether the reply was ended by its server:
`is_whole` is false where no finish reason came.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

_OVER: Final = "[DONE]"


class Gathered(Protocol):
    """A reply that is put together from the events of a stream."""

    @property
    def is_whole(self) -> bool:
        """The server said why it ended."""
        ...

    def take(self, data: Any) -> str:
        """The next event; gives the text that it adds. Raises `TypeError` and the like for what is no event of this form."""
        ...

    def reply(self) -> dict[str, Any]:
        """The reply, as it is without streaming."""
        ...


class GatheredChat:
    """A chat completion from its chunks. The first choice counts, and the last usage."""

    def __init__(self) -> None:
        self._reply: dict[str, Any] = {}
        self._message: dict[str, Any] = {}
        self._texts: dict[str, list[str]] = {}  # joined once: a reply may come in very many pieces
        self._parts: list[Any] = []
        self._calls: dict[Any, dict[str, Any]] = {}
        self._finish: Any = None

    @property
    def is_whole(self) -> bool:
        return self._finish is not None

    def take(self, data: Any) -> str:
        if data == _OVER:
            return ""
        if isinstance(usage := data.get("usage"), Mapping):
            self._reply["usage"] = usage
        for name in ("id", "model", "system_fingerprint"):
            if data.get(name):
                self._reply[name] = data[name]
        text = ""
        for choice in data.get("choices") or ():
            if (choice.get("index") or 0) != 0:
                continue
            text += self._delta(choice.get("delta") or choice.get("message") or {})
            self._finish = choice.get("finish_reason") or self._finish
        return text

    def _delta(self, delta: Mapping[str, Any]) -> str:
        text = ""
        for name, value in delta.items():
            if name == "tool_calls":
                self._call(value)
            elif name == "content" and isinstance(value, list):
                text += "".join([self._part(part) for part in value])
            elif name == "content" and isinstance(value, str) and self._parts:
                text += self._part({"type": "text", "text": value})
            elif name != "role" and isinstance(value, str):
                self._texts.setdefault(name, []).append(value)
                text += value if name == "content" else ""
            elif name != "role" and value is not None:
                self._message.setdefault(name, value)
        return text

    def _part(self, part: Any) -> str:
        """A part of content that comes in parts; gives its text, if it is one."""
        if not self._parts and (before := "".join(self._texts.pop("content", ()))):
            self._parts.append({"type": "text", "text": before})
        self._parts.append(part)
        is_text = isinstance(part, Mapping) and part.get("type") == "text" and isinstance(part.get("text"), str)
        return str(part["text"]) if is_text else ""

    def _call(self, calls: Any) -> None:
        """Calls of tools, whose texts come in pieces."""
        for call in calls or ():
            whole = self._calls.setdefault(call.get("index") or 0, {})
            for name, value in call.items():
                if isinstance(value, Mapping):
                    inner = whole.setdefault(name, {})
                    for key, piece in value.items():
                        is_piece = key in ("arguments", "input") and isinstance(piece, str)
                        inner[key] = inner.get(key, "") + piece if is_piece else piece
                elif value is not None:
                    whole[name] = value

    def reply(self) -> dict[str, Any]:
        calls = {"tool_calls": list(self._calls.values())} if self._calls else {}
        texts = {name: "".join(pieces) for name, pieces in self._texts.items()}
        parts = {"content": self._parts} if self._parts else {}
        message = {"role": "assistant", **self._message, **texts, **parts, **calls}
        return {**self._reply, "choices": [{"index": 0, "message": message, "finish_reason": self._finish}]}


class GatheredMessage:
    """A message of Anthropic's from its events. The counts of its last event hold for all of it."""

    def __init__(self) -> None:
        self._message: dict[str, Any] = {}
        self._blocks: dict[Any, dict[str, Any]] = {}
        self._texts: dict[Any, list[str]] = {}
        self._usage: dict[str, Any] = {}

    @property
    def is_whole(self) -> bool:
        return self._message.get("stop_reason") is not None

    def take(self, data: Any) -> str:
        kind = data.get("type")
        if kind == "message_start":
            self._message.update({name: value for name, value in data["message"].items() if name not in ("content", "usage")})
            self._count(data["message"].get("usage"))
        elif kind == "message_delta":
            self._message.update({name: value for name, value in data["delta"].items() if value is not None})
            self._count(data.get("usage"))
        elif kind == "content_block_start":
            block = self._blocks[data["index"]] = dict(data["content_block"])
            return self._piece(data["index"], block.get("text") or "") if block.get("type") == "text" else ""
        elif kind == "content_block_delta" and data["delta"].get("type") == "text_delta":
            return self._piece(data["index"], data["delta"]["text"])
        return ""

    def _count(self, usage: Any) -> None:
        if isinstance(usage, Mapping):
            self._usage.update({name: count for name, count in usage.items() if count is not None})

    def _piece(self, index: Any, text: str) -> str:
        if self._blocks[index].get("type") != "text" or not isinstance(text, str):
            raise TypeError("a text of a block that has none")
        self._texts.setdefault(index, []).append(text)
        return text

    def reply(self) -> dict[str, Any]:
        content = [
            {**block, "text": "".join(self._texts[index])} if index in self._texts else block
            for index, block in self._blocks.items()
        ]
        usage = {"usage": self._usage} if self._usage else {}
        return {**self._message, "content": content, **usage}
