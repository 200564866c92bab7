"""CSV to plain data.

Promises an `InputProblem` that names the line for anything malformed. The first line names the columns; a column in which every
filled cell is a whole number, a number or true/false has that type, an empty cell there is missing; any other column is text.
Unnamed and duplicate columns are renamed, and short rows are filled up; both are reported. The text is gone through twice: the
first time what its rows will take is counted and nothing kept. Refuses rows with more cells than the header has columns, and
columns and lines without end.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain, islice, repeat, zip_longest
from threading import Lock
from typing import Final

from lambda_rlm.inputs.allowance import FileAllowance
from lambda_rlm.inputs.formats import arrow
from lambda_rlm.inputs.formats.columns.column import CellColumn, CellReader, likeness_of, notes_of, verdicts
from lambda_rlm.inputs.formats.columns.growing import GrowingColumn
from lambda_rlm.inputs.formats.columns.verdict import Verdict
from lambda_rlm.inputs.formats.decoded import decoded, without_inner_marks
from lambda_rlm.inputs.formats.extracted import Rows
from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.inputs.reading import Format, amount
from lambda_rlm.inputs.shape import sound
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.table import Table

MOST_COLUMNS: Final = 10_000
_MOST_OF_A_LINE: Final = 20_000_000
"""Characters of a line: the reader goes through one without a pause."""
_AT_ONCE: Final = 500
"""Rows that are typed together."""
_CELL: Final = 8
"""Bytes of a cell in its column, beside its text."""
_SEPARATED: Final = late_pattern(r"sep=([^\r\n\"])\r?\n")
"""A first line that spreadsheets write."""
_LINE: Final = late_pattern(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+\Z")
_DELIMITERS: Final = ",;\t|"
_YEAR: Final = late_pattern("1[89][0-9][0-9]|2[01][0-9][0-9]")
_LOOKED_AT: Final = 20
"""Lines that determine the delimiter."""


def parse_csv(text: str, allowance: FileAllowance, delimiter: str | None = None) -> Rows:
    """Rows by column names. When no delimiter is given, it is the one that its first lines agree on best."""
    text = sound(text)
    said = _SEPARATED.match(text)
    if said is not None:
        text, delimiter = text[said.end() :], said[1]
    text, notes = without_inner_marks(text, allowance.name)
    with _fields_of_any_length():
        lines = _Lines(text, allowance, delimiter or _delimiter(text))
        notes += lines.pass_over_spaces()
        first = next(iter(lines), None)
        if first is None:
            return Rows([])
        header, renamed = _header([cell.strip() for cell in first[1]], allowance.name)
        notes += renamed
        is_fast = len(text) >= arrow.WORTH and arrow.is_installed() and first[0] == 1 and not lines.passes_spaces
        cells = arrow.cells_of_csv(text, lines.delimiter, len(header), allowance) if is_fast else None
        if cells is not None:
            columns = [CellColumn(name) for name in header]
            cells.see(columns)
        else:
            columns = _columns(lines, header, allowance, notes)
    found = verdicts(columns, lines.delimiter)
    notes += notes_of(allowance.name, columns, found)
    notes += _of_first_line(first[1], columns, allowance.name)
    return Rows(cells.table(columns, found) if cells is not None else _table(lines, columns, found), tuple(notes))


def _of_first_line(header: Sequence[str], columns: Sequence[CellColumn], name: str) -> list[str]:
    """What a person should know where there is nothing below the first line, or it may be a row itself: each column of numbers,
    dates or true/false has such a cell there, and not only years, which name columns."""
    if not any(column.rows for column in columns):
        return [f"{name} has names of columns only, and no rows"]
    pairs = [(cell.strip(), column) for cell, column in zip(header, columns, strict=True) if column.likeness]
    if not all(likeness_of(cell) == column.likeness for cell, column in pairs) or all(
        _YEAR.fullmatch(cell) for cell, _ in pairs
    ):
        return []
    shown = ", ".join(repr(cell[:60]) for cell, _ in pairs[:3])
    return [f"{name}: the first line is read as the names of columns, but may be a row ({shown}); if so, write names above it"]


def _table(lines: _Lines, columns: Sequence[CellColumn], found: Sequence[Verdict]) -> Table:
    """The rows below the header."""
    growing = [GrowingColumn(column.name, one.kind) for column, one in zip(columns, found, strict=True)]
    readers = [None if one.read is None else CellReader(one).read for one in found]
    count = 0
    with _fields_of_any_length():
        for part in _parts(lines, len(columns)):
            count += len(part)
            cells_of = zip_longest(*(cells for _, cells in part), fillvalue="")
            for column, read, cells in zip(growing, readers, chain(cells_of, repeat(("",) * len(part))), strict=False):
                column.add(cells if read is None else list(map(read, cells)))
    return Table([column.column() for column in growing], count)


def _parts(lines: _Lines, width: int) -> Iterator[list[tuple[int, list[str]]]]:
    """The lines below the header, some at a time."""
    rows = islice(iter(lines), 1, None)
    while part := list(islice(rows, _AT_ONCE if width < _AT_ONCE else 10)):
        yield part


class _Lines:
    """The lines that have cells, each with the number of the line that it ends on; may be gone through more than once."""

    def __init__(self, text: str, allowance: FileAllowance, delimiter: str) -> None:
        self.text = text
        self.allowance = allowance
        self.delimiter = delimiter
        self.passes_spaces = False

    def pass_over_spaces(self) -> list[str]:
        """Pass over spaces before cells where quotes come after them, which would be part of the cells otherwise; notes."""
        before = re.escape(self.delimiter)
        if '"' not in self.text or ' "' not in self.text or re.search(rf'(?:^|{before}) +"', self.text, re.MULTILINE) is None:
            return []
        with suppress(InputProblem):
            if not any(_is_quoted(cell) for _, cells in self for cell in cells):
                return []
        self.passes_spaces = True
        try:
            for _ in self:
                pass
        except InputProblem:  # the quotes are words of the cells
            self.passes_spaces = False
            return []
        return [f"{self.allowance.name}: spaces before cells are passed over, for quotes come after them"]

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(
            self._physical(),
            delimiter=self.delimiter,
            strict=True,
            skipinitialspace=self.passes_spaces and self.delimiter != " ",
        )
        try:
            for cells in reader:
                if cells:
                    yield reader.line_num, cells
        except csv.Error as error:
            hint = "quote cells that contain quotes, and double those quotes; or read the file as plain text: --raw"
            raise InputProblem(f"{self.allowance.name} is not valid CSV: {error} (line {reader.line_num:,})", hint) from None

    def _physical(self) -> Iterator[str]:
        for number, found in enumerate(_LINE.finditer(self.text), start=1):
            if number % 1_000 == 1:
                self.allowance.reading.glance()
            if found.end() - found.start() > _MOST_OF_A_LINE:
                raise InputProblem(
                    f"line {number:,} of {self.allowance.name} has {amount(found.end() - found.start())}; "
                    f"the limit of a line is {amount(_MOST_OF_A_LINE)}",
                    "read the file as plain text: --raw",
                )
            yield found[0]


def _is_quoted(cell: str) -> bool:
    return cell.startswith(" ") and cell.lstrip(" ").startswith('"')


def _columns(lines: _Lines, header: Sequence[str], allowance: FileAllowance, notes: list[str]) -> list[CellColumn]:
    """The columns by what all their cells are; counts what the rows will take."""
    columns = [CellColumn(name) for name in header]
    first_short, short = 0, 0
    for part in _parts(lines, len(header)):
        for number, cells in part:
            if len(cells) > len(header):
                hint = "quote cells that contain the delimiter, or read the file as plain text: --raw"
                raise InputProblem(
                    f"line {number:,} of {allowance.name} has {len(cells)} cells, but the header has {len(header)}", hint
                )
            if len(cells) < len(header):
                first_short, short = first_short or number, short + 1
        allowance.add(len(part) * len(header) * _CELL)
        cells_of = zip_longest(*(cells for _, cells in part), fillvalue="")
        for column, seen in zip(columns, cells_of, strict=False):
            allowance.add(column.see(seen))
    if short:
        first = f"first: line {first_short:,}"
        are = "row is" if short == 1 else "rows are"
        notes.append(f"{allowance.name}: {short:,} {are} shorter than the header ({first}); missing cells are empty")
    return columns


def _delimiter(text: str) -> str:
    """Of those in use, the one by which most of the first lines have as many cells as the very first, and that more than
    one."""

    def agreement(delimiter: str) -> tuple[int, int]:
        lines = (found[0] for found in _LINE.finditer(text[:200_000]))
        rows = csv.reader(lines, delimiter=delimiter)
        counts = [len(cells) for cells, _ in zip(_until_error(rows), range(_LOOKED_AT), strict=False) if cells]
        if not counts or counts[0] < 2:
            return 0, 0
        return counts.count(counts[0]), counts[0]

    return max(_DELIMITERS, key=agreement)


def _until_error(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    with suppress(csv.Error):
        yield from rows


def _header(cells: list[str], name: str) -> tuple[list[str], list[str]]:
    """A name for each column, no two alike."""
    if len(cells) > MOST_COLUMNS:
        raise InputProblem(f"{name} has {len(cells):,} columns; the limit is {MOST_COLUMNS:,}", "read it as plain text (--raw)")
    header: list[str] = []
    taken, had = set(cells), set[str]()
    counts: dict[str, int] = {}
    changed: list[str] = []
    for number, cell in enumerate(cells, start=1):
        new = cell or f"column_{number}"
        if not cell or cell in had:
            stem = new
            while new in taken:
                counts[stem] = counts.get(stem, 1) + 1
                new = f"{stem}_{counts[stem]}"
            taken.add(new)
            changed.append(f"column {number} ({cell[:60]!r}) is {new[:60]}")
        had.add(cell)
        header.append(new)
    notes = [f"{name}: renamed unnamed or duplicate columns: {', '.join(changed[:10])}{', …' if len(changed) > 10 else ''}"]
    return header, notes if changed else []


_UNLIMITED: Final = Lock()
_readers = 0
_limit_before = 0


@contextmanager
def _fields_of_any_length() -> Iterator[None]:
    """The limit of a field is one for the process: it is lifted for the first of the files that are read at once, and set again
    after the last."""
    global _readers, _limit_before
    with _UNLIMITED:
        if not _readers:
            _limit_before = csv.field_size_limit(sys.maxsize)
        _readers += 1
    try:
        yield
    finally:
        with _UNLIMITED:
            _readers -= 1
            if not _readers:
                csv.field_size_limit(_limit_before)


def _tabs(text: str, allowance: FileAllowance) -> Rows:
    first = _LINE.match(text)
    return parse_csv(text, allowance, "\t" if first is not None and "\t" in first[0] else None)


CSV: Final = Format("CSV", decoded(parse_csv), extensions=(".csv",), has_rows=True)
TSV: Final = Format("CSV", decoded(_tabs), extensions=(".tsv",), has_rows=True)
