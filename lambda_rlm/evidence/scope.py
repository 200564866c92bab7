"""The passages in which support for a part of an answer is looked for.

Owns `Scope`: passages joined into one text, with its folded form, numbers and dates, each made when it is first
needed. Promises that what is found lies in one passage, and that what is searched has a limit: passages beyond `MOST_SEARCHED`
characters are cut or left out, and `is_cut` says so.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from functools import cached_property
from math import log
from typing import Final

from lambda_rlm.evidence.folded import Folded, fold
from lambda_rlm.evidence.numbers import dates, numerals
from lambda_rlm.evidence.parts import SourcePart

MOST_SEARCHED: Final = 4_000_000
_BETWEEN: Final = "\n\n\n"
_MOST_NUMERALS: Final = 200_000
_USUAL: Final = 100
"""About the characters of a sentence."""


class Scope:
    """Passages, joined. `row` gives what else is in the row of a passage that is a cell."""

    def __init__(self, passages: Iterable[SourcePart], row: Callable[[SourcePart], str] = lambda _: "") -> None:
        self._row = row
        self._rows: dict[int, str] = {}
        pieces: list[str] = []
        self.passages: list[SourcePart] = []
        self.starts: list[int] = []
        at = 0
        self.is_cut = False
        for passage in passages:
            size = min(passage.end - passage.start, MOST_SEARCHED - at)
            if size < passage.end - passage.start:
                self.is_cut = True
                passage = passage._replace(end=passage.start + size)
            if size <= 0:
                continue
            self.passages.append(passage)
            self.starts.append(at)
            pieces.append(passage.text[passage.start : passage.end])
            at += size + len(_BETWEEN)
        self.text = _BETWEEN.join(pieces)
        self._weights: dict[str, float] = {}

    @cached_property
    def folded(self) -> Folded:
        return Folded(self.text)

    @cached_property
    def numbers(self) -> dict[str, list[tuple[int, int]]]:
        """Where each number is."""
        found: dict[str, list[tuple[int, int]]] = {}
        for count, (start, end, values) in enumerate(numerals(self.text)):
            if count > _MOST_NUMERALS:
                self.is_cut = True
                break
            for value in values:
                found.setdefault(value, []).append((start, end))
        return found

    @cached_property
    def days(self) -> dict[str, list[tuple[int, int]]]:
        """Where each date is."""
        found: dict[str, list[tuple[int, int]]] = {}
        for start, end, values in dates(self.text):
            for value in values:
                found.setdefault(value, []).append((start, end))
        return found

    def weight(self, word: str) -> float:
        """How much a folded word says: from 1 for one that occurs once down to nearly 0 for one that is everywhere."""
        known = self._weights.get(word)
        if known is None:
            usual = 2 + len(self.text) / _USUAL
            known = self._weights[word] = max(0.05, log(1 + usual / (1 + self.folded.count(word))) / log(1 + usual / 2))
        return min(1.0, known)

    def bounds(self, at: int) -> tuple[int, int]:
        """Where the passage at a place begins and ends."""
        number = bisect_right(self.starts, at) - 1
        passage, start = self.passages[number], self.starts[number]
        return start, start + passage.end - passage.start

    def row(self, at: int) -> str:
        """The folded row of the cell at a place; empty where it is none."""
        number = bisect_right(self.starts, at) - 1
        known = self._rows.get(number)
        if known is None:
            known = self._rows[number] = fold(self._row(self.passages[number]))
        return known

    def origin(self, start: int, end: int) -> tuple[SourcePart, int, int]:
        """The passage of a place, and the place in the text that it is a part of."""
        number = bisect_right(self.starts, start) - 1
        passage = self.passages[number]
        offset = passage.start - self.starts[number]
        return passage, start + offset, min(end + offset, passage.end)
