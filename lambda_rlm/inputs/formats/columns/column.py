"""A column of a table, judged by all its cells: whole numbers, numbers, true/false, dates, else text.

Owns `CellColumn`, which is shown all cells before one is read, words for missing values, and `verdicts` for the columns of one
table, which tell each other what a comma or a point means. Promises that a column is one type: nothing is judged cell by cell.
A column in which most of the first rows are nothing of a kind is not looked at for that kind any more.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Final

from lambda_rlm.inputs.formats.columns.dates import Dates
from lambda_rlm.inputs.formats.columns.numbers import Numbers
from lambda_rlm.inputs.formats.columns.verdict import TEXT, Verdict, many

MISSING: Final = frozenset({"NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NaT", "null", "NULL", "None"})
"""Words for a missing value, where all other cells of the column are numbers, dates or true/false."""
SAMPLE: Final = 500
"""The first rows, by which a column is found to be nothing of a kind."""
MOST_NOTED: Final = 10
"""Columns of a table of which a person is told; of more, the number."""
_WORDS: Final = ("true", "false")
_VERSION: Final = (
    "version",
    "versión",
    "versione",
    "versao",
    "versão",
    "wersja",
    "verze",
    "версия",
    "版本",
    "バージョン",
    "버전",
)


class CellColumn:
    """What all cells that were seen can be read as."""

    __slots__ = ("_dates", "_filled", "_is_looked_at", "_is_sampled", "_missing", "_numbers", "_rows", "_words", "name")

    def __init__(self, name: str = "") -> None:
        self.name = name
        self._rows = self._filled = self._missing = 0
        self._words: int | None = 0
        """Cells that are true or false; None where another is among them."""
        self._numbers: Numbers | None = Numbers()
        self._dates: Dates | None = Dates()
        self._is_looked_at = True
        self._is_sampled = False

    def see(self, cells: Sequence[str]) -> int:
        """Take notice of some cells; the bytes of memory that they may take. The first rows must come in parts that end at
        `SAMPLE`."""
        if self._is_looked_at:
            self.count(cells, [1] * len(cells))
        return sum(map(sys.getsizeof, cells))

    def count(self, cells: Sequence[str], counts: Sequence[int]) -> None:
        """Take notice of cells, each as often as it counts."""
        self._rows += sum(counts)
        filled = list(map(str.strip, cells))
        if not all(filled) or not MISSING.isdisjoint(filled):
            self._missing += sum(count for cell, count in zip(filled, counts, strict=True) if cell in MISSING)
            kept = [(cell, count) for cell, count in zip(filled, counts, strict=True) if cell and cell not in MISSING]
            filled, counts = [cell for cell, _ in kept], [count for _, count in kept]
        if filled:
            self._filled += sum(counts)
            self._see(filled, counts)
        if self._rows >= SAMPLE and not self._is_sampled:
            self._give_up()

    def count_plain(self, filled: int, blank: int) -> None:
        """Take notice of so many numbers of the `known_form`, and so many blank cells."""
        self._rows += filled + blank
        self._filled += filled
        if self._words is not None and filled:
            self._words = None
        if self._numbers is not None:
            self._numbers.see_plain(filled)
        if self._dates is not None:
            self._dates.others += filled

    def _see(self, filled: Sequence[str], counts: Sequence[int]) -> None:
        if self._words is not None:
            is_all = all(cell.lower() in _WORDS for cell in filled)
            self._words = self._words + sum(counts) if is_all else None
        if self._numbers is not None:
            self._numbers.see(filled, counts)
        if self._dates is not None:
            self._dates.see(filled, counts)

    def _give_up(self) -> None:
        """Pass over what most of the first cells are not."""
        self._is_sampled = True
        numbers, dates = self._numbers, self._dates
        if numbers is not None and numbers.others > numbers.fits:
            self._numbers = None
        if dates is not None and dates.others > dates.fits:
            self._dates = None
        self._is_looked_at = self._words is not None or self._numbers is not None or self._dates is not None

    @property
    def is_looked_at(self) -> bool:
        """Further cells can change what the column is; always before the first `SAMPLE` rows were seen."""
        return self._is_looked_at

    @property
    def may_be_numbers(self) -> bool:
        """No cell speaks against numbers."""
        return self._numbers is not None and not self._numbers.others

    @property
    def known_form(self) -> str | None:
        """The pattern of numbers that can no longer change how the column is read; None where some cell is no number."""
        return self._numbers.known_form if self._numbers is not None and self.may_be_numbers else None

    @property
    def rows(self) -> int:
        """Cells that were seen; of a column that is nothing of a kind perhaps only the first."""
        return self._rows

    @property
    def likeness(self) -> str:
        """What all filled cells are like: "number", "date" or "word" (true/false); "" where they are nothing of a kind."""
        if not self._filled:
            return ""
        if self._words:
            return "word"
        seen = {"number": self._numbers, "date": self._dates}
        return next((kind for kind, one in seen.items() if one is not None and one.fits and not one.others), "")

    @property
    def has_words(self) -> bool:
        """Some cell is a word for a missing value."""
        return self._missing > 0

    @property
    def has_signs(self) -> bool:
        """Some number is written as no program writes one."""
        return self._numbers is not None and self._numbers.changed > 0

    @property
    def may_be_text_to_read(self) -> bool:
        """Most cells are dates that are no ISO text, or numbers of which some are written as no program writes one."""
        dates, numbers = self._dates, self._numbers
        has_dates = dates is not None and dates.fits >= max(1, dates.others) and not dates.is_iso
        return has_dates or (numbers is not None and numbers.fits >= max(1, numbers.others) and numbers.changed > 0)

    @property
    def is_mixed(self) -> bool:
        """Some cells are numbers, others are not, and the most are no dates."""
        dates, numbers = self._dates, self._numbers
        has_dates = dates is not None and dates.fits >= max(1, dates.others)
        return not has_dates and (numbers is None or numbers.others > 0)

    @property
    def has_missing(self) -> bool:
        """Some cell is blank, or a word for a missing value."""
        return self._filled < self._rows

    @property
    def settled(self) -> str | None:
        """The decimal sign that this column settles by itself; None where it settles none."""
        return None if self._numbers is None else self._numbers.settled

    def verdict(self, evidence: frozenset[str], delimiter: str | None) -> Verdict:
        """How cells are read; `evidence` has the decimal signs that other columns settle."""
        if not self._filled:
            return TEXT
        if self._words:
            found = Verdict("bool", _is_true)
        else:
            found = self._number(evidence, delimiter)
            if found.kind == "text" and self._dates is not None and (dates := self._dates.verdict()) is not TEXT:
                found = dates
        if self._missing and found.read is not None:
            words = f"{many(self._missing, 'cell')} like NA, read as missing"
            return Verdict(found.kind, found.read, f"has {words}" if found.note is None else f"{found.note}; {words}")
        return found

    def _number(self, evidence: frozenset[str], delimiter: str | None) -> Verdict:
        if self._numbers is None:
            return TEXT
        found = self._numbers.verdict(evidence, delimiter)
        is_version = found.kind == "float" and any(word in self.name.lower() for word in _VERSION)
        return TEXT if is_version else found


class CellReader:
    """Reads the cells of a column as its verdict says: a blank one is None, or "" in a text."""

    __slots__ = ("_missing", "_read", "verdict")

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self._missing = "" if verdict.kind == "text" else None
        self._read = verdict.read

    def read(self, cell: str) -> Any:
        """The value of a cell."""
        if self._read is None:
            return cell
        plain = cell.strip()
        if not plain:
            return cell if self._missing == "" else None
        return self._missing if plain in MISSING else self._read(plain)


def likeness_of(cell: str) -> str:
    """What a cell alone is like."""
    column = CellColumn()
    column.count([cell], [1])
    return column.likeness


def verdicts(columns: Sequence[CellColumn], delimiter: str | None) -> list[Verdict]:
    """How each column of a table is read."""
    # An ambiguous column settles nothing by itself, so what all settle is what the others settle.
    settled = frozenset(sign for column in columns if (sign := column.settled) is not None)
    return [column.verdict(settled, delimiter) for column in columns]


def notes_of(name: str, columns: Sequence[CellColumn], found: Sequence[Verdict]) -> list[str]:
    """What a person should know of how the columns of a file are read."""
    noted = [f"{name}: column {column.name!r:.60} {one.note}" for column, one in zip(columns, found, strict=True) if one.note]
    more = [f"{name}: {len(noted) - MOST_NOTED:,} more columns are read in such ways, or stay text"]
    return noted if len(noted) <= MOST_NOTED else noted[:MOST_NOTED] + more


def _is_true(cell: str) -> bool:
    return cell.lower() == "true"
