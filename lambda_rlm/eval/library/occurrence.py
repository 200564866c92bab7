"""Where a text occurs in another, in time linear in both.

Owns the one way in which the library looks for a literal text. CPython's own search is linear (the two-way algorithm) only
where the text searched is long beside the text sought; elsewhere it compares at each place anew. Such a text is searched in a
copy that is lengthened by a character with which the text sought does not end: nothing occurs in what was added.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_SHORT: Final = 16
"""A text of at most this many characters costs little more at each place than one of one character."""

FEW: Final = 1 << 14
"""Comparisons that cost less than a copy."""

_LONG: Final = 30_000
"""Characters from which on CPython takes the two-way algorithm for any text that is not nearly as long itself."""

_TIMES: Final = 4
"""How much longer than the text sought the text searched must be for that."""


def first(s: str, part: str, begin: int, end: int) -> int:
    """Where the first occurrence between two positions begins; -1 for none. As `s.find(part, begin, end)`."""
    if len(part) <= _SHORT or _is_quick(end - begin, len(part)):
        return s.find(part, begin, end)
    position = _lengthened(s, part, begin, end).find(part)
    return position if position < 0 else position + begin


def count(s: str, part: str, begin: int, end: int) -> int:
    """How many occurrences that do not overlap there are. As `s.count(part, begin, end)`."""
    if len(part) <= _SHORT or _is_quick(end - begin, len(part)):
        return s.count(part, begin, end)
    return _lengthened(s, part, begin, end).count(part)


def occurrences(s: str, part: str, begin: int, end: int) -> Iterator[int]:
    """Where the occurrences begin, from left to right, not overlapping; `part` is not empty."""
    size, offset = len(part), 0
    if size > _SHORT and (end - begin) * size > FEW:
        # What is left to search gets shorter and shorter: the copy keeps it long.
        s, offset = _lengthened(s, part, begin, end, is_kept_long=True), begin
        begin, end = 0, len(s)
    position = s.find(part, begin, end)
    while position >= 0:
        yield position + offset
        position = s.find(part, position + size, end)


def split(s: str, part: str) -> list[str]:
    """What is before, between and behind the occurrences. As `s.split(part)`."""
    if len(part) <= _SHORT or len(s) * len(part) <= FEW:
        return s.split(part)
    row, begin = [], 0
    for position in occurrences(s, part, 0, len(s)):
        row.append(s[begin:position])
        begin = position + len(part)
    return [*row, s[begin:]]


def replaced(s: str, old: str, new: str) -> str:
    """As `s.replace(old, new)`; `old` is not empty."""
    return s.replace(old, new) if len(old) <= _SHORT else new.join(split(s, old))


def _is_quick(n: int, m: int) -> bool:
    return n * m <= FEW or m > n or (n >= _LONG and n > _TIMES * m)


def _lengthened(s: str, part: str, begin: int, end: int, *, is_kept_long: bool = False) -> str:
    filler = "\0" if part[-1] != "\0" else "\1"
    return s[begin:end] + filler * max(_LONG, _TIMES * len(part) + 64 - (0 if is_kept_long else end - begin))
