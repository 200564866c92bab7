"""Patterns that Python's own engine may be asked about, which answers for a short text in a fifth of the time RE2's binding
takes.

Owns the proof that it may: a pattern of a small part of the syntax, whose answer on ASCII text is that of RE2 and whose
backtracking is bounded. Repetitions are on single characters only; a counted one goes up to nine, and what may follow another
shares no character with it, so giving a character back never leads further: a start costs at most the length times the `ways`
through the alternatives, and `most` characters cost at most `MOST_WORK` tries. Anything else is None and stays with RE2.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import isqrt
from typing import Final

from lambda_rlm.data_class import dataclass

MOST_WORK: Final = 1 << 13
_MOST_LENGTH: Final = 2048
_MOST_NESTING: Final = 8

_ALL: Final = (1 << 128) - 1


def _mask(characters: str) -> int:
    return sum(1 << ord(c) for c in set(characters))


_DIGITS: Final = "0123456789"
_WORD: Final = _DIGITS + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
_SPACE: Final = "\t\n\v\f\r "
_CLASSES: Final = {
    "\\d": ("[0-9]", _mask(_DIGITS)),
    "\\w": ("[0-9A-Za-z_]", _mask(_WORD)),
    "\\s": ("[\\t\\n\\v\\f\\r ]", _mask(_SPACE)),
    "\\D": ("[^0-9]", _ALL & ~_mask(_DIGITS)),
    "\\W": ("[^0-9A-Za-z_]", _ALL & ~_mask(_WORD)),
    "\\S": ("[^\\t\\n\\v\\f\\r ]", _ALL & ~_mask(_SPACE)),
    ".": ("[^\\n\\r]", _ALL & ~_mask("\n\r")),
}
_TOKEN: Final = r"""(?x)
    (?P<open> \((?:\?:)? (?!\?) ) | (?P<close> \) ) | (?P<or> \| ) | (?P<edge> \^ | \$ | \\b )
  | (?P<atom> \\[dwsDWS] | \. | \[\^?(?:[A-Za-z0-9]-[A-Za-z0-9]|[\w .,:;/@%=<>'"!?*+()$])+\] | \\[.+*?()|\[\]{}^$/-] | [\w\ =:;,/@%<>'"!-] )
    (?P<times> (?: [*+?] | \{[1-9]\} ) (?![*+?{]) )? (?![*+?{])
"""

Node = tuple[int, bool, bool]
"""A character of a mask: whether it may be left out, whether it may be repeated. Mask 0, left out: an edge, no character at
all."""
Sequence = list["Node | Alternatives"]
Alternatives = list[Sequence]


class _Unproved(Exception):
    """A pattern outside the part of the syntax that is understood here."""


@dataclass(frozen=True, slots=True)
class Swift:
    """A search by Python's engine, the most characters it may be given, and letters that every text has in a row where the
    pattern occurs."""

    search: Callable[[str], object]
    most: int
    needed: str


def swift(pattern: str) -> Swift | None:
    """The swift way for a pattern; None when nothing is proved."""
    if not pattern.isascii():
        return None
    try:
        reading = _Reading(pattern)
    except _Unproved:
        return None
    most = MOST_WORK // reading.ways
    if reading.repeats:
        most = isqrt(most)
    return Swift(re.compile(reading.translated, re.ASCII).search, min(most, _MOST_LENGTH), reading.needed)


class _Reading:
    """Reads a pattern: its translation, the number of ways through it, whether it repeats."""

    def __init__(self, pattern: str) -> None:
        self._token = re.compile(_TOKEN, re.ASCII)
        self._pattern = pattern
        self._position = 0
        self._out: list[str] = []
        self.ways = 1
        self.repeats = False
        branches = self._alternatives(0)
        if self._position != len(pattern):
            raise _Unproved
        self._prove(branches, 0)
        self.needed = _needed(branches)
        self.translated = "".join(self._out)

    def _alternatives(self, nesting: int) -> Alternatives:
        """Up to a closing bracket, which is left to the caller, or the end."""
        branches: Alternatives = [[]]
        while self._position < len(self._pattern):
            token = self._token.match(self._pattern, self._position)
            if token is None or nesting > _MOST_NESTING:
                raise _Unproved
            if token["close"]:
                break
            self._position = token.end()
            if token["open"]:
                branches[-1].append(self._group(nesting))
            elif token["or"]:
                self._out.append("|")
                branches.append([])
            elif token["edge"]:
                self._out.append("\\Z" if token["edge"] == "$" else token["edge"])
                branches[-1].append((0, True, False))
            else:
                branches[-1] += self._atom(token["atom"], token["times"] or "")
        self.ways *= len(branches)
        return branches

    def _group(self, nesting: int) -> Alternatives:
        self._out.append("(?:")
        branches = self._alternatives(nesting + 1)
        rest = self._pattern[self._position : self._position + 2]
        # A group may not be repeated.
        if rest[:1] != ")" or rest[1:] in ("*", "+", "?", "{"):
            raise _Unproved
        self._position += 1
        self._out.append(")")
        return branches

    def _atom(self, atom: str, times: str) -> list[Node]:
        translated, mask = _set_of(atom)
        # Never giving back: what follows could not begin there.
        self._out.append(translated + (times + "+" if times in ("*", "+") else times))
        if times == "?":
            self.ways *= 2
        self.repeats = self.repeats or times in ("*", "+")
        if times.startswith("{"):
            return [(mask, False, False)] * int(times[1])
        return [(mask, times in ("*", "?"), times in ("*", "+"))]

    def _prove(self, branches: Alternatives, follow: int) -> int:
        """Which characters may come first in these and what follows; refuses a repetition that shares one with what follows."""
        first = 0
        for branch in branches:
            after = follow
            for node in reversed(branch):
                if isinstance(node, list):
                    after = self._prove(node, after)
                    continue
                mask, may_lack, repeats = node
                if repeats and mask & after:
                    raise _Unproved
                after = mask | after if may_lack else mask
            first |= after
        return first


def _needed(branches: Alternatives) -> str:
    """The longest run of single letters that are in every match; empty where there is a choice."""
    runs = [""]
    for node in branches[0] if len(branches) == 1 else []:
        is_letter = not isinstance(node, list) and node[0].bit_count() == 1 and not node[1] and not node[2]
        if is_letter and not isinstance(node, list):
            runs[-1] += chr(node[0].bit_length() - 1)
        else:
            runs.append("")
    return max(runs, key=len)


def _set_of(atom: str) -> tuple[str, int]:
    """An atom in Python's syntax, and the characters it stands for."""
    known = _CLASSES.get(atom)
    if known is not None:
        return known
    if atom[0] != "[" or len(atom) == 1:
        character = atom[-1]
        return re.escape(character), _mask(character)
    mask = 0
    for low, high, single in re.findall(r"([A-Za-z0-9])-([A-Za-z0-9])|(.)", atom.strip("[]").removeprefix("^"), re.ASCII):
        mask |= _mask(single) if single else _between(low, high)
    return atom, _ALL & ~mask if atom[1] == "^" else mask


def _between(low: str, high: str) -> int:
    if low > high:
        raise _Unproved
    return sum(1 << code for code in range(ord(low), ord(high) + 1))
