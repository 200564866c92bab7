"""A pattern as its parts: operators, edges, and sets of characters.

Owns the one reading of RE2's syntax that tells what a character of the pattern stands for, whatever flags are on there, and
what the engine is asked where it knows the same characters as the library: `.` takes no `\\r`, a class `[^…]` that names `\\n`
leaves `\\r` out too, and white space has `\\v`. The pattern has been accepted by the engine before.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from lambda_rlm.data_class import dataclass
from lambda_rlm.late_pattern import late_pattern


class Unread(Exception):
    """A pattern that is not understood."""


Edge = Literal["^", "$", "\\A", "\\z", "\\b", "\\B"]
"""A place between characters: the ends of lines, of the text, of words, and a place that is no end of a word."""


@dataclass(frozen=True, slots=True)
class Letters:
    """One character of a set: what is between the brackets of a class, parted into what the engine knows (`written`) and
    the sets whose names stand for more (`named`). `has_line_feed`: it names `\\n`, so `\\r\\n` may stand for it as a whole."""

    written: str
    named: tuple[str, ...] = ()
    is_negated: bool = False
    folds: bool = False
    has_line_feed: bool = False


@dataclass(frozen=True, slots=True)
class Operator:
    """A bracket, an alternative or a repetition, as the engine reads it."""

    text: str


@dataclass(frozen=True, slots=True)
class Between:
    """An edge."""

    edge: Edge


Part = Letters | Operator | Between

_CHARACTER: Final = r"\\x\{[0-9A-Fa-f]+\}|\\x[0-9A-Fa-f]{2}|\\0[0-7]{0,2}|\\[1-7][0-7]{1,2}|\\[afnrtv]|\\[^0-9A-Za-z]|[^\\]"
_PROPERTY: Final = r"\\[pP](?:\{[^}]*\}|.)"
_TOKEN: Final = late_pattern(
    rf"""\\Q(?P<quoted>.*?)(?:\\E|\Z)|(?P<group>\(\?P?<[^>]+>|\(\?[A-Za-z-]*[:)]|\()|(?P<close>\))|(?P<or>\|)
    |(?P<repeat>(?:[*+?]|\{{[0-9]+(?:,[0-9]*)?\}})\??)|(?P<edge>\^|\$|\\[AzbB])|(?P<named>\\[dDwWsS])|(?P<property>{_PROPERTY})
    |(?P<dot>\.)|(?P<class>\[\^?)|(?P<character>{_CHARACTER})""",
    re.DOTALL | re.VERBOSE,
)
_MEMBER: Final = late_pattern(
    rf"(?P<posix>\[:\^?\w+:\])|(?P<named>\\[dDwWsS])|(?P<property>{_PROPERTY})|(?P<low>{_CHARACTER})(?:-(?P<high>(?!\])(?:{_CHARACTER})))?",
    re.DOTALL,
)
_CONTROLS: Final = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_PLAIN: Final = {"\\s": r"\s\v", "\\S": r"\x00-\x08\x0e-\x1f!-\x{10FFFF}"}


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a pattern, and what the engine is asked in its stead where a text has no need of more."""

    parts: tuple[Part, ...]
    plain: str


def parts_of(pattern: str, *, is_multi_line: bool) -> Parts:
    """The parts of a pattern that the engine accepts. `is_multi_line`: as with the flag `m`."""
    reader = _Reader(pattern, is_multi_line)
    return Parts(tuple(reader.parts), "".join(reader.plain))


class _Reader:
    def __init__(self, pattern: str, is_multi_line: bool) -> None:
        self.parts: list[Part] = []
        self.plain: list[str] = []
        self._pattern = pattern
        self._at = 0
        self._flags = [frozenset("m" if is_multi_line else "")]
        while self._at < len(pattern):
            token = _TOKEN.match(pattern, self._at)
            if token is None:
                raise Unread
            self._at = token.end()
            getattr(self, f"_{token.lastgroup}")(token[0], token)

    def _put(self, part: Part, plain: str) -> None:
        self.parts.append(part)
        self.plain.append(plain)

    @property
    def _folds(self) -> bool:
        return "i" in self._flags[-1]

    def _quoted(self, text: str, token: re.Match[str]) -> None:
        self.parts += [self._letter(c) for c in token["quoted"]]
        self.plain.append(text)

    def _group(self, text: str, _: re.Match[str]) -> None:
        flags = self._flags[-1]
        if text == "(" or text.endswith(">"):
            self._flags.append(flags)
            return self._put(Operator("("), text)
        on, off = (text[2:-1] + "-").split("-")[:2]
        flags = (flags | set(on)) - set(off)
        is_greedy = "" if "U" not in on + off else "U" if "U" in on else "-U"
        if text.endswith(")"):
            self._flags[-1] = flags
            return self._put(Operator(f"(?{is_greedy})" if is_greedy else ""), text)
        self._flags.append(flags)
        return self._put(Operator(f"(?{is_greedy}:"), text)

    def _close(self, text: str, _: re.Match[str]) -> None:
        if len(self._flags) == 1:
            raise Unread
        self._flags.pop()
        self._put(Operator(text), text)

    def _or(self, text: str, _: re.Match[str]) -> None:
        self._put(Operator(text), text)

    _repeat = _or

    def _edge(self, text: str, _: re.Match[str]) -> None:
        edge: Edge = text  # type: ignore[assignment]
        if text in ("^", "$") and "m" not in self._flags[-1]:
            edge = "\\A" if text == "^" else "\\z"
        self._put(Between(edge), text)

    def _named(self, text: str, _: re.Match[str]) -> None:
        plain = {"\\s": r"[\s\v]", "\\S": r"[^\s\v]"}.get(text, text)
        self._put(Letters("", (text[1],)), plain)

    def _property(self, text: str, _: re.Match[str]) -> None:
        self._put(Letters(text, folds=self._folds), text)

    def _dot(self, text: str, _: re.Match[str]) -> None:
        if "s" in self._flags[-1]:
            self._put(Letters(r"\x00-\x{10FFFF}"), text)
        else:
            self._put(Letters("", (".",)), r"[^\n\r]")

    def _character(self, text: str, _: re.Match[str]) -> None:
        self._put(self._letter(_meant(text)), text)

    def _letter(self, c: str) -> Letters:
        return Letters(f"\\x{{{ord(c):X}}}", folds=self._folds, has_line_feed=c == "\n")

    def _class(self, text: str, _: re.Match[str]) -> None:
        is_negated, written, named, plain, is_first = text == "[^", "", [], text, True
        has_line_feed = False
        while is_first or self._pattern[self._at : self._at + 1] != "]":
            member = _MEMBER.match(self._pattern, self._at)
            if member is None:
                raise Unread
            self._at, is_first = member.end(), False
            plain += _PLAIN.get(member[0], member[0])
            if member["posix"] or member["named"]:
                named.append(member["posix"] or member["named"][1])
            elif member["property"]:
                written += member[0]
            else:
                low, high = _meant(member["low"]), _meant(member["high"] or member["low"])
                written += f"\\x{{{ord(low):X}}}-\\x{{{ord(high):X}}}"
                has_line_feed = has_line_feed or low == high == "\n"
        self._at += 1
        if has_line_feed and is_negated:
            written, plain = written + "\\r", plain + "\\r"
        self._put(Letters(written, tuple(named), is_negated, self._folds, has_line_feed and not is_negated), plain + "]")


def _meant(text: str) -> str:
    """The character that an escape or a letter of a pattern stands for."""
    if text[0] != "\\":
        return text
    if text[1] == "x":
        return chr(int(text[2:].strip("{}"), 16))
    return chr(int(text[1:], 8)) if text[1].isdigit() else _CONTROLS.get(text[1], text[1])
