"""How far the engine may read past the end of a match before it is sure of it.

A match takes time linear in what is read, but a pattern such as `(?s)c.*z|c` makes each of many short matches read to the end
of the text. Owns `Horizon`, an upper bound of what was read past a match, from the pattern and the characters alone, so that
whoever searches can charge it. A way through a branch reads at most `fixed` bytes outside of its unbounded repetitions and
else only what these take: it ends at the latest where that many other bytes have been seen. A pattern without branches that is
a row of single characters and of repetitions that leave no choice, or prefer to end, reads nothing further: no way through it
overtakes another.
Whatever is not understood counts as reading everything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import reduce
from itertools import pairwise
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.library.shapes import ALL, OTHERS, Item, Row, Unclear, branches_of

_NEAR: Final = 64
"""Bytes past a match that reading a match costs anyway."""

_MOST_FIXED: Final = 4_096

_Branch = tuple[Callable[..., object], Callable[[bytes, int], int]]
"""Finds a byte that a match of the branch may begin with; tells how far a way that begins at a place may read."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """Of one pattern. `is_near`: nothing needs to be charged."""

    branches: tuple[_Branch, ...]
    steady: int
    widest: int = 1
    """Bytes that a byte of the pattern may stand for, at most."""

    @property
    def is_near(self) -> bool:
        return not self.branches and self.steady <= _NEAR

    def beyond(self, data: bytes, position: int, start: int, end: int) -> int:
        """The most bytes past `end` that were read to find the match from `start` to `end`, searching from `position`."""
        furthest = end + self.steady if self.steady > _NEAR else end
        for begins, reach in self.branches:
            if begins(data, position, start + self.widest) is not None:
                furthest = max(furthest, reach(data, start))
        return min(furthest, len(data)) - end


def horizon(pattern: str, neutral: bytes = b"", widest: int = 1) -> Horizon:
    """What is known of a pattern that the engine accepts. Where its bytes stand for longer ones: `neutral` are those that only
    go with others, `widest` is how many one may stand for."""
    try:
        rows = branches_of(pattern)
    except Unclear:
        return Horizon(((re.compile(b"").search, _everything),), 0)
    is_alone = len(rows) == 1
    near = [_is_bounded(row) or (is_alone and _is_steady(row)) for row in rows]
    around = sum(1 << code for code in neutral)
    branches = [
        (_set(_first(row)).search, _reach(row, around, widest)) for row, is_near in zip(rows, near, strict=True) if not is_near
    ]
    steady = max((_fixed(row) for row, is_near in zip(rows, near, strict=True) if is_near), default=0)
    return Horizon(tuple(branches), steady * widest, widest)


def barrier(pattern: str) -> re.Pattern[bytes]:
    """Finds an ASCII character that no match of the pattern can hold, not even in part: no match reaches over it."""
    try:
        taken = reduce(lambda mask, item: mask | item.takes, (item for row in branches_of(pattern) for item in row), 0)
    except Unclear:
        taken = ALL
    return re.compile(_set_text(ALL & ~taken & ~OTHERS))


def _fixed(row: Row) -> int:
    return sum(item.fixed for item in row)


def _first(row: Row) -> int:
    first = 0
    for item in row:
        first |= item.first
        if not item.may_lack:
            break
    return first


def _is_bounded(row: Row) -> bool:
    return not any(item.loops for item in row)


def _is_steady(row: Row) -> bool:
    """No way through the row that is preferred to a match of it can still be under way after `fixed` bytes."""
    if any(item.kind == "other" for item in row):
        return False
    greedy = [index for index, item in enumerate(row) if item.kind == "greedy"]
    return all(index == len(row) - 1 or _leaves_no_choice(row[index], row[index + 1 :]) for index in greedy)


def _leaves_no_choice(loop: Item, rest: Row) -> bool:
    """What follows a repetition cannot begin with what it repeats, and cannot be left out."""
    return not loop.loops & _first(rest) and not all(item.may_lack for item in rest)


def _everything(data: bytes, start: int) -> int:
    return len(data)


def _reach(row: Row, neutral: int, widest: int) -> Callable[[bytes, int], int]:
    taken = reduce(lambda mask, item: mask | item.loops, row, neutral)
    fixed = _fixed(row) if widest == 1 else 2 * _fixed(row)
    if taken == ALL or fixed > _MOST_FIXED:
        return _everything
    inside, outside = _set_text(taken), _set_text(ALL & ~taken)
    way = re.compile(b"(?:%b*+%b){0,%d}+%b*+" % (inside, outside, fixed, inside)).match

    def reach(data: bytes, start: int) -> int:
        read = way(data, start)
        assert read is not None
        return read.end() + widest

    return reach


def _set(mask: int) -> re.Pattern[bytes]:
    return re.compile(_set_text(mask))


def _set_text(mask: int) -> bytes:
    """A set of bytes in the syntax of Python's engine, which reads it here without ever going back."""
    codes = [code for code in range(256) if mask >> min(code, 128) & 1]
    if not codes:
        return b"(?!)"
    starts = [codes[0]] + [b for a, b in pairwise(codes) if b != a + 1]
    ends = [a for a, b in pairwise(codes) if b != a + 1] + [codes[-1]]
    return b"[%b]" % b"".join(b"\\x%02x-\\x%02x" % pair for pair in zip(starts, ends, strict=True))
