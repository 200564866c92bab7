"""JSON text to values, a piece at a time, so that a deadline and Ctrl-C are heard in between.

Owns the outermost levels of a large value: what is larger than a piece is taken apart here, all else by the interpreter's own
parser, many elements at once. Promises the values and mistakes that the parser alone would give, and an upper estimate of the
memory that a text's values take, before one of them is made.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from json import JSONDecodeError
from typing import Any, Final

from lambda_rlm.inputs.allowance import FileAllowance
from lambda_rlm.late_pattern import late_pattern

PIECE: Final = 1 << 18
"""Characters that are parsed at once."""

_MOST_LEVELS: Final = 100
"""Levels of values that are larger than a piece."""
_SPACE: Final = late_pattern(r"[ \t\n\r]*")
_SURROGATE: Final = late_pattern(r"\\u[dD][89abAB]")
_MOST_PASSED: Final = 64
_HALVED: Final = 6
_ENDS: Final = {"{": "},", "[": "],", '"': '",'}

Hook = Callable[[list[tuple[str, Any]]], dict[str, Any]]
Scan = Callable[[str, int], tuple[Any, int]]


def count_values(text: str, allowance: FileAllowance) -> None:
    """Count what the values of a text may take; raises `InputProblem` where it is too much."""
    for start in range(0, len(text), PIECE):
        allowance.add(_at_most(text[start : start + PIECE]))


def _at_most(text: str) -> int:
    """Bytes of the values in a stretch of JSON, counted by the signs that make them. A sign within a string counts as well."""
    objects, pairs, lists, commas = (text.count(sign) for sign in "{:[,")
    strings = text.count('"') // 2
    numbers = max(0, commas + pairs - strings)
    wide = 1 if "\\u" not in text else 4 if _SURROGATE.search(text) else 2
    header = 64 if text.isascii() and wide == 1 else 88
    held = 64 * objects + 168 * min(objects, pairs) + 32 * pairs + 96 * lists + 9 * commas
    return held + header * max(0, strings - pairs) + 32 * numbers + wide * (sys.getsizeof(text) - 48)


def parsed(text: str, hook: Hook, constant: Callable[[str], Any], watch: Callable[[], object]) -> Any:
    """The value of a JSON text; raises `JSONDecodeError`, and `RecursionError` for one that is nested too deeply."""
    try:
        return _Parser(text, hook, constant, watch).whole()
    except _Mistake as mistake:
        raise JSONDecodeError(mistake.message, text, mistake.at) from None


class _Mistake(Exception):
    """What the parser says, and where. (To make a `JSONDecodeError` counts all lines before.)"""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


class _Parser:
    def __init__(self, text: str, hook: Hook, constant: Callable[[str], Any], watch: Callable[[], object]) -> None:
        self.text = text
        self.hook = hook
        self.watch = watch
        decoder = json.JSONDecoder(object_pairs_hook=hook, parse_constant=constant)
        self.scan: Scan = decoder.scan_once  # type: ignore[attr-defined]
        self.piece = ""
        self.start = 0
        self.passed_over = 0  # pieces in which no batch is tried, and how many more after the next failure
        self.penalty = 1

    def whole(self) -> Any:
        value, at = self._value(self._space(0), 0)
        at = self._space(at)
        if at != len(self.text):
            raise _Mistake("Extra data", at)
        return value

    def _space(self, at: int) -> int:
        found = _SPACE.match(self.text, at)
        return at if found is None else found.end()

    def _cut(self, at: int, levels: int) -> None:
        """The piece that begins here: shorter in deeper values, for each level above has tried its own in vain."""
        self.watch()
        self.start, self.piece = at, self.text[at : at + max(1, PIECE >> min(levels, _HALVED))]

    def _value(self, at: int, levels: int) -> tuple[Any, int]:
        sign = self.text[at : at + 1]
        if sign not in ("[", "{"):
            return self._scanned(self.text, at, 0)
        if not self.start <= at < self.start + len(self.piece):
            self._cut(at, levels)
        while True:
            try:
                return self._scanned(self.piece, at - self.start, self.start)
            except _Mistake:
                if self.start + len(self.piece) >= len(self.text):
                    raise
                if self.start == at:
                    break
            self._cut(at, levels)
        if levels >= _MOST_LEVELS:
            raise RecursionError
        return self._list(at + 1, levels + 1) if sign == "[" else self._object(at + 1, levels + 1)

    def _scanned(self, text: str, at: int, offset: int) -> tuple[Any, int]:
        try:
            value, end = self.scan(text, at)
        except StopIteration as error:
            raise _Mistake("Expecting value", error.value + offset) from None
        except JSONDecodeError as error:
            raise _Mistake(error.msg, error.pos + offset) from None
        return value, end + offset

    def _list(self, at: int, levels: int) -> tuple[list[Any], int]:
        items: list[Any] = []
        at = self._space(at)
        if self.text[at : at + 1] == "]":
            return items, at + 1
        while True:
            at = self._batch(at, items, levels)
            value, at = self._value(at, levels)
            items.append(value)
            at = self._space(at)
            sign = self.text[at : at + 1]
            if sign == "]":
                return items, at + 1
            if sign != ",":
                raise _Mistake("Expecting ',' delimiter", at)
            at = self._space(at + 1)

    def _batch(self, at: int, items: list[Any], levels: int) -> int:
        """Many elements at once, as a list of their own; where the next one begins. The list is cut behind a comma: one that is
        within an element leaves brackets or quotes open, and is no list."""
        while not self.start <= at < self.start + len(self.piece) // 2:
            self._cut(at, levels)
            if self.passed_over:
                self.passed_over -= 1
                return at
            end = _ENDS.get(self.text[at : at + 1], ",")
            cut = self.piece.rfind(end) + len(end) - 1
            if cut < len(end):
                return at
            listed = f"[{self.piece[:cut]}]"
            try:
                batch, length = self.scan(listed, 0)
            except (JSONDecodeError, StopIteration):
                length = 0
            if length != len(listed):
                self.passed_over = self.penalty
                self.penalty = min(2 * self.penalty, _MOST_PASSED)
                return at
            items += batch
            self.penalty = 1
            at = self._space(at + cut + 1)
        return at

    def _object(self, at: int, levels: int) -> tuple[dict[str, Any], int]:
        pairs: list[tuple[str, Any]] = []
        at = self._space(at)
        if self.text[at : at + 1] == "}":
            return self.hook(pairs), at + 1
        while True:
            if self.text[at : at + 1] != '"':
                raise _Mistake("Expecting property name enclosed in double quotes", at)
            key, at = self._scanned(self.text, at, 0)
            at = self._space(at)
            if self.text[at : at + 1] != ":":
                raise _Mistake("Expecting ':' delimiter", at)
            value, at = self._value(self._space(at + 1), levels)
            pairs.append((key, value))
            if len(pairs) % 1_000 == 0:
                self.watch()
            at = self._space(at)
            sign = self.text[at : at + 1]
            if sign == "}":
                return self.hook(pairs), at + 1
            if sign != ",":
                raise _Mistake("Expecting ',' delimiter", at)
            at = self._space(at + 1)
