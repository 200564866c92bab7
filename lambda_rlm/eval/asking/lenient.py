"""JSON as models write it.

Owns the reading of one JSON value, and of the values that are in prose. Strict JSON is read as such, but for commands of
LaTeX whose backslash was not written twice (see `_escape`); beyond that only what has one meaning: single quotes, trailing
commas, names and numbers without quotes as keys, a word without quotes after a key, Python's `True False None`, tuples and
`\\xNN`, raw line ends in texts, comments after `//`.
Promises: bounded work on any text, no recursion deeper than `MOST_DEPTH`. Refuses NaN, infinities, and anything that would need
a guess; a key given twice with different values becomes `CONFLICT`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Final, NoReturn

from lambda_rlm.late_pattern import late_pattern

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

_SPACE = late_pattern(r"(?:\s+|//[^\n]*+)*+")
_NUMBER = late_pattern(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])", re.ASCII)
_OPENING = late_pattern(r"[\[{]")
_NAME = late_pattern(r"[A-Za-z_][A-Za-z0-9_]*")
_BARE = late_pattern(r"[^\W\d_][\w-]*(?=\s*[,}])")
_NO_VALUES: Final = frozenset({"nan", "inf", "infinity", "undefined", "nil", "true", "false", "null", "none"})
"""Words without quotes that are no text: numbers that JSON does not have, and other spellings of null."""
_DIGITS = late_pattern(r"\d{1,9}(?![\w.])")
_STRING = late_pattern(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_SINGLE_END = late_pattern(r"\\.|'(?=\s*(?:[,\]}):]|\Z))", re.DOTALL)
_WORDS: Final = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}
_ESCAPE = late_pattern(r"\\(u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[A-Za-z]+|.)", re.DOTALL)
_ESCAPED: Final = '"\\/fnrt'
_BYTE = late_pattern(r"x[0-9A-Fa-f]{2}")
_UNICODE = late_pattern(r"u[0-9A-Fa-f]{4}")
_PAIR = late_pattern(r"\\\\")
_COMMAND = late_pattern(r"\\(?:[bf][A-Za-z]|u(?![0-9A-Fa-f]{4})[a-z]|[ac-eg-mo-qsv-wyzA-Z][A-Za-z]+)")
_COMMANDS: Final = frozenset(
    [
        "nabla",
        "neg",
        "neq",
        "nexists",
        "nmid",
        "notin",
        "nparallel",
        "nsim",
        "nsubseteq",
        "nu",
        "rangle",
        "rbrace",
        "rceil",
        "rfloor",
        "rho",
        "right",
        "rightarrow",
        "rm",
        "tan",
        "tanh",
        "tau",
        "text",
        "textbf",
        "textit",
        "textrm",
        "textsf",
        "texttt",
        "tfrac",
        "theta",
        "therefore",
        "tilde",
        "times",
        "to",
        "top",
        "triangle",
    ]
)
"""Commands of LaTeX that begin like escapes of white space."""
_FENCE = late_pattern(r"```[\w-]*[ \t]*\n(.*?)```", re.DOTALL)


def loads(text: str) -> tuple[Raw, str]:
    """The one value that the whole text is, and a note of what had to be read leniently, "" for nothing; raises
    `ValueError`."""
    try:
        value = _strictly(text)
    except (ValueError, RecursionError):
        parser = _Parser(text)
        value = parser.value(0)
        parser.space()
        if parser.at != len(text):
            parser.fail("unexpected content after the value")
        return value, "read malformed JSON"
    if _is_too_deep(value):
        raise ValueError("nested too deeply")
    kept = _STRING.sub(lambda string: _with_commands(string.group()), text) if "\\" in text else text
    return (value, "") if kept == text else (_strictly(kept), "read commands of LaTeX in JSON")


def _strictly(text: str) -> Raw:
    return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant, strict=False)


def _with_commands(string: str) -> str:
    """A text of JSON, its quotes included, in which each backslash that begins a command is written twice."""
    has_others = _COMMAND.search(_PAIR.sub("", string)) is not None
    return _ESCAPE.sub(lambda escape: _escape(escape.group(1), has_others), string)


def _escape(escaped: str, has_others: bool) -> str:
    """An escape as JSON. `\\b` and `\\f` before a letter begin a command, since their control characters are hardly ever
    meant; `\\n \\r \\t` only one that is known, in a text that has others; what JSON does not know is no escape."""
    if escaped == "'":
        return "'"
    if _BYTE.fullmatch(escaped) is not None:
        return f"\\u00{escaped[1:]}"
    if len(escaped) == 1:
        is_kept = escaped in _ESCAPED or (escaped == "b" and not has_others)
    else:
        is_known = escaped[0] in "nrt" and not (has_others and escaped in _COMMANDS)
        is_kept = is_known or _UNICODE.fullmatch(escaped) is not None
    return f"\\{escaped}" if is_kept else f"\\\\{escaped}"


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
        """Skip white space and comments; the character after it, "" at the end."""
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
        if character in {"[", "("}:
            return self.list(depth, "]" if character == "[" else ")")
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
            pairs.append((key, self.member(depth + 1)))
            self.comma("}")
        self.at += 1
        return _object(pairs)

    def member(self, depth: int) -> Raw:
        """A value after its key, which may be one word without quotes."""
        self.space()
        word = _BARE.match(self.text, self.at)
        if word is None or word.group() in _WORDS or word.group().casefold() in _NO_VALUES:
            return self.value(depth)
        self.at = word.end()
        return word.group()

    def list(self, depth: int, close: str) -> list[Raw]:
        """A list, or a tuple of Python: parentheses around one value without a comma make none."""
        self.at += 1
        items: list[Raw] = []
        has_comma = close == "]"
        while self.space() != close:
            items.append(self.value(depth + 1))
            has_comma |= self.comma(close)
        if items and not has_comma:
            self.fail("a value in parentheses")
        self.at += 1
        return items

    def comma(self, close: str) -> bool:
        character = self.space()
        if character == ",":
            self.at += 1
        elif character != close:
            self.fail(f"expected a comma or {close}")
        return character == ","

    def key(self) -> str:
        character = self.space()
        if character and character in "\"'":
            return self.string(character)
        name = _NAME.match(self.text, self.at) or _DIGITS.match(self.text, self.at)
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
        return str(json.loads(_with_commands(written) if "\\" in written else written, strict=False))

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
