"""CSV to plain data.

Promises an `InputProblem` that names the line for anything malformed. The first line names the columns; a column in which every
filled cell is a whole number, a number or true/false has that type, an empty cell there is missing; any other column is text.
Unnamed and duplicate columns are renamed, and short rows are filled up; both are reported. Refuses
rows with more cells than the header has columns.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

from lambda_rlm.inputs.formats.decoded import decoded
from lambda_rlm.inputs.formats.extracted import Rows
from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.inputs.reading import Format

_INT: Final = re.compile(r"-?(0|[1-9][0-9]{0,17})\Z")
_FLOAT: Final = re.compile(r"-?(0|[1-9][0-9]*)?(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?\Z")
_DIGIT: Final = re.compile(r"[0-9]")
_SEPARATED: Final = re.compile(r"sep=(.)\r?\n")
"""A first line that spreadsheets write."""
_DELIMITERS: Final = ",;\t|"
_LOOKED_AT: Final = 20
"""Lines that determine the delimiter."""


def parse_csv(text: str, name: str, delimiter: str | None = None) -> Rows:
    """Rows by column names. When no delimiter is given, it is the one that its first lines agree on best."""
    said = _SEPARATED.match(text)
    if said is not None:
        text, delimiter = text[said.end() :], said[1]
    lines = _cells(text, name, delimiter or _delimiter(text))
    if not lines:
        return Rows([])
    header, notes = _header([cell.strip() for cell in lines[0][1]], name)
    short = [number for number, cells in lines[1:] if len(cells) < len(header)]
    for number, cells in lines[1:]:
        if len(cells) > len(header):
            hint = "quote cells that contain the delimiter, or read the file as plain text: --raw"
            raise InputProblem(f"line {number:,} of {name} has {len(cells)} cells, but the header has {len(header)}", hint)
    if short:
        notes.append(
            f"{name}: {len(short):,} rows are shorter than the header (first: line {short[0]:,}); missing cells are empty"
        )
    return Rows(_typed_rows(header, [cells for _, cells in lines[1:]]), tuple(notes))


def _cells(text: str, name: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """The cells of each line that has some, with the number of the line that it ends on."""
    limit = csv.field_size_limit(sys.maxsize)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return [(reader.line_num, cells) for cells in reader if cells]
    except csv.Error as error:
        hint = "quote cells that contain quotes, and double those quotes; or read the file as plain text: --raw"
        raise InputProblem(f"{name} is not valid CSV: {error} (line {reader.line_num:,})", hint) from None
    finally:
        csv.field_size_limit(limit)


def _delimiter(text: str) -> str:
    """Of those in use, the one by which most of the first lines have as many cells as the very first, and that more than
    one."""

    def agreement(delimiter: str) -> tuple[int, int]:
        rows = csv.reader(io.StringIO(text[:200_000], newline=""), delimiter=delimiter)
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
    header: list[str] = []
    taken = set(cells)
    changed: list[str] = []
    for number, cell in enumerate(cells, start=1):
        new = cell or f"column_{number}"
        if not cell or cell in header:
            stem, count = new, 2
            while new in taken:
                new, count = f"{stem}_{count}", count + 1
            taken.add(new)
            changed.append(f"column {number} ({cell!r}) is {new}")
        header.append(new)
    notes = [f"{name}: renamed unnamed or duplicate columns: {', '.join(changed[:10])}{', …' if len(changed) > 10 else ''}"]
    return header, notes if changed else []


def _typed_rows(header: list[str], rows: list[list[str]]) -> list[dict[str, Any]]:
    columns: list[list[Any]] = []
    for index in range(len(header)):
        cells = [row[index] if index < len(row) else "" for row in rows]
        read = _reader([cell for cell in (c.strip() for c in cells) if cell])
        columns.append(cells if read is None else [read(c.strip()) if c.strip() else None for c in cells])
    return [dict(zip(header, values, strict=True)) for values in zip(*columns, strict=True)]


def _reader(filled: list[str]) -> Callable[[str], Any] | None:
    """How to read the cells of a column; None when it is text."""
    if not filled:
        return None
    if all(_INT.match(cell) for cell in filled):
        return int
    if all(_FLOAT.match(cell) and _DIGIT.search(cell) for cell in filled):
        return float
    if all(cell.lower() in ("true", "false") for cell in filled):
        return lambda cell: cell.lower() == "true"
    return None


CSV: Final = Format("CSV", decoded(parse_csv), extensions=(".csv",), has_rows=True)
TSV: Final = Format("CSV", decoded(lambda text, name: parse_csv(text, name, "\t")), extensions=(".tsv",), has_rows=True)
