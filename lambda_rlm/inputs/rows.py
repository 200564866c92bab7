"""JSON, JSON Lines and CSV to plain data.

Owns the reading of structured texts. Promises an `InputProblem` that names the line for anything malformed. In a CSV the first
line names the columns; a column in which every filled cell is a whole number, a number or true/false has that type, an empty
cell there is missing; any other column is text. Refuses rows with more cells than the header has columns.
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable
from typing import Any, Final, NoReturn

from lambda_rlm.inputs.problem import InputProblem

_INT: Final = re.compile(r"-?(0|[1-9][0-9]{0,17})\Z")
_FLOAT: Final = re.compile(r"-?(0|[1-9][0-9]*)?(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?\Z")
_DIGIT: Final = re.compile(r"[0-9]")


def parse_json(text: str, name: str) -> Any:
    """One JSON value; an empty text is a problem."""
    if not text.strip():
        raise InputProblem(f"{name} is empty, not JSON", "give it another ending than .json, or put `[]` into it")
    try:
        return json.loads(text, parse_constant=_not_finite)
    except json.JSONDecodeError as error:
        hint = "several values, one a line, are .jsonl" if error.msg == "Extra data" else None
        raise InputProblem(f"{name} is not JSON: {error.msg} (line {error.lineno:,}, column {error.colno:,})", hint) from None
    except (ValueError, RecursionError) as error:
        raise InputProblem(f"{name} is not JSON that can be read: {_reason(error)}") from None


def parse_jsonl(text: str, name: str) -> list[Any]:
    """One JSON value a line; blank lines are passed over."""
    rows: list[Any] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            rows.append(json.loads(line, parse_constant=_not_finite))
        except json.JSONDecodeError as error:
            raise InputProblem(f"line {number:,} of {name} is not JSON: {error.msg} (column {error.colno:,})") from None
        except (ValueError, RecursionError) as error:
            raise InputProblem(f"line {number:,} of {name} cannot be read: {_reason(error)}") from None
    return rows


def parse_csv(text: str, name: str, delimiter: str | None = None) -> list[dict[str, Any]]:
    """Rows by column names. The delimiter is the most frequent of `,` `;` and tab in the first line when none is given."""
    first = text.split("\n", 1)[0]
    delimiter = delimiter or max(",;\t", key=first.count)
    import csv

    limit = csv.field_size_limit(sys.maxsize)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        lines = [(reader.line_num, cells) for cells in reader if cells]
    except csv.Error as error:
        raise InputProblem(f"{name} is not CSV: {error}") from None
    finally:
        csv.field_size_limit(limit)
    if not lines:
        return []
    header = [cell.strip() for cell in lines[0][1]]
    if len(set(header)) < len(header):
        twice = next(cell for cell in header if header.count(cell) > 1)
        raise InputProblem(f"{name} has two columns named {twice!r}", "rename one")
    for number, cells in lines[1:]:
        if len(cells) > len(header):
            raise InputProblem(f"line {number:,} of {name} has {len(cells)} cells, the header has {len(header)}")
    return _typed_rows(header, [cells for _, cells in lines[1:]])


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


def _not_finite(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number that JSON has")


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    # The interpreter's own words for this would send the reader to its settings.
    return "a number in it has too many digits" if "integer string conversion" in str(error) else str(error)
