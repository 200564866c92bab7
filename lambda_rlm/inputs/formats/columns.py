"""What the cells of a column are: whole numbers, numbers, true/false, else text.

Owns `CsvColumn`, which is shown all cells before one is read. Promises that no digit is lost: whole numbers beyond 64 bits and
numbers beyond what a Float holds leave their column a text.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any, Final

_WHOLE: Final = re.compile(r"-?(0|[1-9][0-9]*)\Z")
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)?(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?\Z")
_DIGIT: Final = re.compile(r"[0-9]")
_WORDS: Final = ("true", "false")
_LONGEST: Final = 400
"""Characters of a number: a Float has at most 309 digits before the point."""
_DIGITS: Final = 19
_INT_LIMIT: Final = 2**63


class CsvColumn:
    """What all cells that were seen can be read as."""

    __slots__ = ("_are_numbers", "_are_small", "_are_whole", "_are_words", "_is_filled")

    def __init__(self) -> None:
        self._is_filled = False
        self._are_whole = self._are_small = self._are_numbers = self._are_words = True

    def see(self, cells: Sequence[str]) -> int:
        """Take notice of some cells; the bytes of memory that they may take."""
        filled = [cell for cell in map(str.strip, cells) if cell]
        if filled:
            self._is_filled = True
            if self._are_numbers:
                self._see_numbers(filled)
            if self._are_words:
                self._are_words = all(cell.lower() in _WORDS for cell in filled)
        return sum(map(sys.getsizeof, cells))

    def _see_numbers(self, filled: Sequence[str]) -> None:
        if self._are_whole:
            self._are_whole = all(_WHOLE.match(cell) for cell in filled)
        if self._are_whole:
            self._are_small = self._are_small and all(map(_is_small, filled))
        self._are_numbers = all(map(_is_number, filled))

    def reader(self) -> Callable[[str], Any] | None:
        """How to read a cell that is not blank; None where the column is text."""
        if not self._is_filled:
            return None
        if self._are_words:
            return _is_true
        if not self._are_numbers or (self._are_whole and not self._are_small):
            return None
        return int if self._are_whole else float


def _is_true(cell: str) -> bool:
    return cell.strip().lower() == "true"


def _is_small(cell: str) -> bool:
    return len(cell) <= _DIGITS + 1 and -_INT_LIMIT <= int(cell) < _INT_LIMIT


def _is_number(cell: str) -> bool:
    if len(cell) > _LONGEST or not _NUMBER.match(cell) or not _DIGIT.search(cell):
        return False
    return len(cell) < _DIGITS or isfinite(float(cell))
