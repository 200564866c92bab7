"""A pattern as rows of what each of its branches reads, for what is to be known about it without running it.

Owns `branches_of`. Sets of characters are masks: a bit for each ASCII character and one for all others; where in doubt a set is
larger than what the engine takes, never smaller. Refuses what it does not know as `Unclear`; the engine has accepted the
pattern before.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import reduce
from typing import Final, Literal

from lambda_rlm.data_class import dataclass
from lambda_rlm.late_pattern import late_pattern

OTHERS: Final = 1 << 128
ALL: Final = (1 << 129) - 1
_WIDEST: Final = 4
_DEEPEST: Final = 60


class Unclear(Exception):
    """A pattern that is not understood."""


@dataclass(frozen=True, slots=True)
class Item:
    """A stretch of a branch.

    `first`: what it may begin with; `takes`: all that is in it; `loops`: what its unbounded repetitions take; `fixed`: the
    most bytes it takes outside of them; `length`: its characters, when there is only one number (0 for an edge such as `$`).
    Kind: `fixed` has a length, `lazy` and `greedy` repeat one character without bound.
    """

    first: int = 0
    takes: int = 0
    loops: int = 0
    fixed: int = 0
    length: int | None = 0
    may_lack: bool = True

    is_lazy: bool = False
    is_row: bool = False
    """It repeats single characters only."""

    @property
    def kind(self) -> Literal["fixed", "lazy", "greedy", "other"]:
        if self.length is not None:
            return "fixed"
        if not self.is_row:
            return "other"
        return "lazy" if self.is_lazy else "greedy"


Row = list[Item]

_DIGIT: Final = sum(1 << ord(c) for c in "0123456789")
_LETTER: Final = sum(1 << c for c in [*range(65, 91), *range(97, 123)])
_SPACE: Final = sum(1 << ord(c) for c in "\t\n\f\r ")
_WORD: Final = _DIGIT | _LETTER | 1 << ord("_")
_UPPER: Final = (1 << 97) - 1
_ODD: Final = OTHERS | sum(1 << ord(c) for c in "kKsS")
"""The long s and the sign of Kelvin fold to ASCII letters, and these to them."""
_NAMED: Final = {"d": _DIGIT, "w": _WORD, "s": _SPACE}
_CONTROLS: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
_REPEAT: Final = late_pattern(r"(?:([*+?])|\{(\d+)(,?)(\d*)\})(\??)", re.ASCII)
_HEX: Final = late_pattern(r"x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))")
_CATEGORY: Final = late_pattern(r"[pP](?:\{[^}]*\}|.)", re.DOTALL)
_GROUP: Final = late_pattern(r"\((?:\?(?:P?<\w+>|([a-zA-Z-]*)(:|\))))?")


def branches_of(pattern: str) -> list[Row]:
    """The branches of a pattern; brackets around the whole are looked through."""
    reader = _Reader(pattern)
    branches = reader.alternatives(0)
    if reader.at != len(pattern):
        raise Unclear
    return branches


def of_characters(mask: int) -> Item:
    """One character of a set."""
    return Item(mask, mask, 0, _WIDEST if mask & OTHERS else 1, 1, may_lack=False)


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self._dot = ALL & ~(1 << 10)
        self._folds = False

    def alternatives(self, depth: int) -> list[Row]:
        """Up to a closing bracket, which is left to the caller, or the end."""
        if depth > _DEEPEST:
            raise Unclear
        branches: list[Row] = [[]]
        while self.at < len(self.pattern) and self.pattern[self.at] != ")":
            if self.pattern[self.at] == "|":
                self.at += 1
                branches.append([])
                continue
            rows = self._atom(depth)
            repeat = _REPEAT.match(self.pattern, self.at)
            if repeat is None:
                if len(rows) == 1:
                    branches[-1] += rows[0]
                elif self._is_whole(depth, branches):
                    return rows
                else:
                    branches[-1].append(_either(rows))
                continue
            self.at = repeat.end()
            branches[-1].append(_repeated(_either(rows), repeat))
        return branches

    def _is_whole(self, depth: int, branches: list[Row]) -> bool:
        """What was just read is all there is."""
        return depth == 0 and branches == [[]] and self.at == len(self.pattern)

    def _atom(self, depth: int) -> list[Row]:
        """The branches of a group; anything else is one."""
        character = self.pattern[self.at]
        if character == "(":
            return self._group(depth)
        self.at += 1
        match character:
            case "^" | "$":
                return [[Item()]]
            case ".":
                return [[of_characters(self._dot)]]
            case "[":
                return [[of_characters(self._class())]]
            case "\\":
                return self._escaped()
            case _:
                return [[of_characters(self._folded(_bit(character)))]]

    def _group(self, depth: int) -> list[Row]:
        opening = _GROUP.match(self.pattern, self.at)
        if opening is None or "U" in (opening[1] or ""):
            raise Unclear
        self.at = opening.end()
        flags = opening[1] or ""
        if "s" in flags:
            self._dot = ALL
        self._folds = self._folds or "i" in flags
        if opening[2] == ")":
            return [[]]
        branches = self.alternatives(depth + 1)
        if self.pattern[self.at : self.at + 1] != ")":
            raise Unclear
        self.at += 1
        return branches

    def _escaped(self) -> list[Row]:
        if self.pattern[self.at : self.at + 1] in ("b", "B", "A", "z"):
            self.at += 1
            return [[Item()]]
        mask, _ = self._escape()
        return [[of_characters(self._folded(mask))]]

    def _escape(self) -> tuple[int, str]:
        """What stands after a backslash: the set, and the character when it is one."""
        special = _HEX.match(self.pattern, self.at)
        if special is not None:
            code = int(special[1] or special[2], 16)
            if code > 0x10FFFF:
                raise Unclear
            self.at = special.end()
            return _bit(chr(code)), chr(code)
        category = _CATEGORY.match(self.pattern, self.at)
        if category is not None:
            self.at = category.end()
            return ALL, ""
        letter = self.pattern[self.at : self.at + 1]
        self.at += 1
        if letter.lower() in _NAMED:
            mask = _NAMED[letter.lower()]
            return (mask, "") if letter.islower() else (ALL & ~mask, "")
        letter = _CONTROLS.get(letter, letter if letter and not letter.isalnum() else "")
        if not letter:
            raise Unclear
        return _bit(letter), letter

    def _class(self) -> int:
        """A class in brackets, the first of which has been read."""
        is_negated = self.pattern[self.at : self.at + 1] == "^"
        self.at += is_negated
        mask, is_vague, is_first = 0, False, True
        while is_first or self.pattern[self.at : self.at + 1] != "]":
            is_first = False
            low, character = self._member()
            if character and self.pattern[self.at : self.at + 1] == "-" and self.pattern[self.at + 1 : self.at + 2] != "]":
                self.at += 1
                _, last = self._member()
                if not last or last < character:
                    raise Unclear
                low = _between(character, last)
            mask |= low
            is_vague = is_vague or low == ALL
        self.at += 1
        if is_vague:
            return ALL
        return (ALL & ~mask) | OTHERS if is_negated else self._folded(mask)

    def _member(self) -> tuple[int, str]:
        if self.at >= len(self.pattern) or self.pattern.startswith("[:", self.at):
            raise Unclear
        character = self.pattern[self.at]
        self.at += 1
        return self._escape() if character == "\\" else (_bit(character), character)

    def _folded(self, mask: int) -> int:
        if not self._folds:
            return mask
        letters: int = mask & _LETTER
        both: int = mask | (letters & ~_UPPER) >> 32 | (letters & _UPPER) << 32
        return both | _ODD if both & _ODD else both


def _bit(character: str) -> int:
    return 1 << min(ord(character), 128)


def _between(low: str, high: str) -> int:
    return sum(1 << code for code in range(min(ord(low), 128), min(ord(high), 128) + 1))


def _joined(a: Item, b: Item) -> Item:
    length = a.length + b.length if a.length is not None and b.length is not None else None
    first = a.first | b.first if a.may_lack else a.first
    return Item(first, a.takes | b.takes, a.loops | b.loops, a.fixed + b.fixed, length, a.may_lack and b.may_lack)


def _either(branches: list[Row]) -> Item:
    """A group as one item."""
    whole = [reduce(_joined, row, Item()) for row in branches]
    merged = whole[0]
    for item in whole[1:]:
        merged = Item(
            merged.first | item.first,
            merged.takes | item.takes,
            merged.loops | item.loops,
            max(merged.fixed, item.fixed),
            merged.length if merged.length == item.length else None,
            merged.may_lack or item.may_lack,
        )
    return merged


def _repeated(item: Item, repeat: re.Match[str]) -> Item:
    sign, low, comma, high, lazy = repeat.groups()
    least = int(low) if low else int(sign == "+")
    most = None if sign in ("*", "+") or (comma and not high) else 1 if sign else int(high or low)
    may_lack = item.may_lack or not least
    if most is None:
        is_row = item.length == 1
        return Item(item.first, item.takes, item.takes, 0, None, may_lack, bool(lazy), is_row)
    length = item.length * most if item.length is not None and least == most else None
    return replace(item, fixed=item.fixed * most, length=length, may_lack=may_lack, is_lazy=False, is_row=False)
