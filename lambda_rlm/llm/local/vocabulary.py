"""The control tokens of a model file, read from its own vocabulary.

Owns the reading of a GGUF file's head (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): tokens, their kinds, and the
chat template. Promises to read nothing behind the head, and to end on a damaged one with `ValueError`. Counted as control
tokens: those of the kinds control and unknown; those that a user defined, if the chat template has them or they are of the form
`<|…|>`, since the engine finds such in any text; and the brackets of turns that a template writes as plain text."""

from __future__ import annotations

import mmap
import re
import struct
from array import array
from pathlib import Path
from typing import Any, Final

from lambda_rlm.llm.control_tokens import ControlTokens
from lambda_rlm.private_file import open_regular

_UNKNOWN, _CONTROL, _USER_DEFINED = 2, 3, 4
_MARKED: Final = (_UNKNOWN, _CONTROL, _USER_DEFINED)
_STRING, _ARRAY = 8, 9
_WIDTHS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
"""Kinds of numbers in the head, in the letters of `struct`."""

_TOKENS, _KINDS, _TEMPLATE = "tokenizer.ggml.tokens", "tokenizer.ggml.token_type", "tokenizer.chat_template"
_FORM = re.compile(
    r"<[|｜][^<>\s]*[|｜]>|<[a-z_]*(?:turn|tool_call|tool_response|image|think|eot|bos|eos)[a-z_]*>", re.IGNORECASE
)
_BRACKETS: Final = ("[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]")


def control_tokens(path: Path) -> ControlTokens:
    """The control tokens of a model file. Raises `OSError`, and `ValueError` for a file whose head cannot be read."""
    with open_regular(path) as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            head = _Head(data).read()
        except (struct.error, IndexError, KeyError, UnicodeDecodeError, OverflowError) as error:
            raise ValueError(f"the head of {path} is damaged: {error}") from None
    tokens, kinds, template = head.get(_TOKENS, []), head.get(_KINDS, ()), str(head.get(_TEMPLATE, ""))
    marked = [(kind, tokens[at].decode("utf-8", "replace")) for at, kind in enumerate(kinds[: len(tokens)]) if kind in _MARKED]
    named = [token for kind, token in marked if kind != _USER_DEFINED or _is_control(token, template)]
    return ControlTokens([*named, *(bracket for bracket in _BRACKETS if bracket in template)])


def _is_control(token: str, template: str) -> bool:
    """A token that a user defined, such as a run of spaces or a tag, is more than text."""
    return bool(token.strip()) and (_FORM.fullmatch(token) is not None or (len(token) > 2 and token in template))


class _Head:
    """The keys and values at the beginning of the file, from the first on."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._at = 0

    def read(self) -> dict[str, Any]:
        """What of the keys is asked for here; the others are passed over."""
        magic, version = self._taken("4s"), self._taken("I")
        if magic != b"GGUF" or not 2 <= version <= 3:
            raise ValueError(f"not a GGUF file of version 2 or 3 ({magic!r}, {version})")
        self._taken("Q")
        return {key: value for key, value in (self._pair() for _ in range(self._taken("Q"))) if value is not None}

    def _pair(self) -> tuple[str, Any]:
        key = self._text()
        return key, self._value(self._taken("I"), key in (_TOKENS, _KINDS, _TEMPLATE))

    def _value(self, kind: int, is_wanted: bool) -> Any:
        if kind == _STRING:
            return self._text() if is_wanted else self._pass(self._taken("Q"))
        if kind != _ARRAY:
            return self._taken(_WIDTHS[kind])
        inner, count = self._taken("I"), self._taken("Q")
        if inner == _STRING:
            return self._texts(count, is_wanted)
        if inner == _ARRAY:
            raise ValueError("lists within lists")
        letter = _WIDTHS[inner]
        start, size = self._at, struct.calcsize(f"<{letter}")
        self._pass(size * count)
        return array(letter, self._data[start : self._at]) if is_wanted and letter in "iI" else None

    def _taken(self, letter: str) -> Any:
        (value,) = struct.unpack_from(f"<{letter}", self._data, self._at)
        self._at += struct.calcsize(f"<{letter}")
        return value

    def _text(self) -> str:
        size = self._taken("Q")
        start = self._at
        self._pass(size)
        return self._data[start : self._at].decode("utf-8", "replace")

    def _texts(self, count: int, is_wanted: bool) -> list[bytes] | None:
        """A list of texts as bytes: a vocabulary has hundreds of thousands."""
        data, at, size_of = self._data, self._at, struct.Struct("<Q").unpack_from
        texts = []
        for _ in range(count):
            (size,) = size_of(data, at)
            at += 8
            if is_wanted:
                texts.append(data[at : at + size])
            at += size
        self._at = at
        return texts if is_wanted else None

    def _pass(self, size: int) -> None:
        self._at += size
        if self._at > len(self._data):
            raise IndexError("it ends too early")
