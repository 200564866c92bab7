"""JSON as models write it.

Owns the reading of one JSON value, and of the values that are in prose. Strict JSON is read as such; beyond that only what
has one meaning: single quotes, trailing commas, names without quotes as keys, Python's `True False None`, raw line ends in
texts. Promises: bounded work on any text, no recursion deeper than `MOST_DEPTH`. Refuses NaN, infinities, and anything that
would need a guess; a key given twice with different values becomes `CONFLICT`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Final, NoReturn

MOST_DEPTH: Final = 64
_MOST_FAILURES: Final = 32
"""Places in prose that look like the start of a value and are not, before the search ends."""
_MOST_REREAD: Final = 4
"""How often the length of the text may be read in vain from such places."""

Raw = Any
"""A decoded JSON value: None, bool, int, float, str, list or dict, with `CONFLICT` possible inside a dict."""


class _Conflict:
    def __repr__(self) -> str:
        return "CONFLICT"


CONFLICT: Final = _Conflict()

_SPACE = re.compile(r"\s*")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])", re.ASCII)
_OPENING = re.compile(r"[\[{]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_SINGLE_END = re.compile(r"\\.|'(?=\s*(?:[,\]}:]|\Z))", re.DOTALL)
_WORDS: Final = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}
_FENCE = re.compile(r"```[\w-]*[ \t]*\n(.*?)```", re.DOTALL)


def loads(text: str) -> tuple[Raw, bool]:
    """The one value that the whole text is, and whether it had to be read leniently; raises `ValueError`."""
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant, strict=False)
    except (ValueError, RecursionError):
        parser = _Parser(text)
        value = parser.value(0)
        parser.space()
        if parser.at != len(text):
            parser.fail("unexpected content after the value")
        return value, True
    if _is_too_deep(value):
        raise ValueError("nested too deeply")
    return value, False


def written(raw: Raw) -> int:
    """The fewest characters in which a value can be written down."""
    if isinstance(raw, str):
        return len(raw)
    if isinstance(raw, list):
        return 1 + sum([written(part) + 1 for part in raw])
    if isinstance(raw, dict):
        return 1 + sum([len(key) + written(part) + 2 for key, part in raw.items()])
    return 1


def values_in(text: str) -> list[Raw]:
    """The objects and lists that are in prose, from left to right, not inside each other."""
    values: list[Raw] = []
    parser = _Parser(text)
    failures = reread = 0
    while failures < _MOST_FAILURES and reread <= _MOST_REREAD * len(text):
        opening = _OPENING.search(text, parser.at)
        if opening is None:
            break
        parser.at = start = opening.start()
        try:
            values.append(parser.value(0))
        except ValueError:
            failures += 1
            reread += parser.at - start
            parser.at = start + 1
    return values


def fenced(text: str) -> list[str]:
    """The contents of the code fences of a text."""
    return [contents.strip() for contents in _FENCE.findall(text)]


def _is_too_deep(value: Raw) -> bool:
    level = [value]
    for _ in range(MOST_DEPTH + 1):
        level = [part for whole in level if isinstance(whole, list | dict) for part in _parts(whole)]
        if not level:
            return False
    return True


def _parts(whole: Raw) -> Iterable[Raw]:
    return whole.values() if isinstance(whole, dict) else whole


def _object(pairs: Iterable[tuple[str, Raw]]) -> dict[str, Raw]:
    members: dict[str, Raw] = {}
    for key, value in pairs:
        members[key] = value if key not in members or _same(members[key], value) else CONFLICT
    return members


def _same(a: Raw, b: Raw) -> bool:
    return type(a) is type(b) and bool(a == b)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not valid JSON")


class _Parser:
    """A recursive-descent parser over `text` from `at`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def fail(self, why: str) -> NoReturn:
        raise ValueError(f"{why} at character {self.at}")

    def space(self) -> str:
        """Skip white space; the character after it, "" at the end."""
        blank = _SPACE.match(self.text, self.at)
        assert blank is not None
        self.at = blank.end()
        return self.text[self.at : self.at + 1]

    def value(self, depth: int) -> Raw:
        if depth > MOST_DEPTH:
            self.fail("nested too deeply")
        character = self.space()
        if character == "{":
            return self.object(depth)
        if character == "[":
            return self.list(depth)
        if character in {'"', "'"}:
            return self.string(character)
        return self.scalar()

    def object(self, depth: int) -> dict[str, Raw]:
        self.at += 1
        pairs: list[tuple[str, Raw]] = []
        while self.space() != "}":
            key = self.key()
            if self.space() != ":":
                self.fail("expected a colon")
            self.at += 1
            pairs.append((key, self.value(depth + 1)))
            self.comma("}")
        self.at += 1
        return _object(pairs)

    def list(self, depth: int) -> list[Raw]:
        self.at += 1
        items: list[Raw] = []
        while self.space() != "]":
            items.append(self.value(depth + 1))
            self.comma("]")
        self.at += 1
        return items

    def comma(self, close: str) -> None:
        character = self.space()
        if character == ",":
            self.at += 1
        elif character != close:
            self.fail(f"expected a comma or {close}")

    def key(self) -> str:
        character = self.space()
        if character and character in "\"'":
            return self.string(character)
        name = _NAME.match(self.text, self.at)
        if name is None:
            self.fail("expected a key")
        self.at = name.end()
        return name.group()

    def string(self, quote: str) -> str:
        if quote == '"':
            literal = _STRING.match(self.text, self.at)
            if literal is None:
                self.fail("an unclosed string")
            self.at = literal.end()
            written = literal.group()
        else:
            written = self.single_quoted()
        return str(json.loads(written, strict=False))

    def single_quoted(self) -> str:
        """A single-quoted text as a double-quoted one; it ends at a quote that a comma, colon or bracket follows."""
        start = self.at + 1
        at = start
        while (stop := _SINGLE_END.search(self.text, at)) is not None:
            at = stop.end()
            if stop.group() == "'":
                self.at = at
                inner = self.text[start : at - 1].replace("\\'", "'")
                return (
                    '"' + re.sub(r'\\.|"', lambda m: m.group() if len(m.group()) == 2 else '\\"', inner, flags=re.DOTALL) + '"'
                )
        self.fail("an unclosed string")

    def scalar(self) -> Raw:
        number = _NUMBER.match(self.text, self.at)
        if number is not None:
            self.at = number.end()
            return json.loads(number.group())
        word = _NAME.match(self.text, self.at)
        if word is None or word.group() not in _WORDS:
            self.fail("expected a value")
        self.at = word.end()
        return _WORDS[word.group()]
