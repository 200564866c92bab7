"""CSV and JSON Lines read by pyarrow, where it is installed: the same rows as the standard library reads, many times as fast.

Owns `cells_of_csv` and `table_of_lines`. Promises the values that the readers beside it promise: a file that pyarrow refuses,
or may read otherwise (a quote within a cell, a value over several lines, a carriage return alone), gives None, and the standard
library reads it. pyarrow is loaded for a large file only: loading it takes as long as reading a small one. It is given the text
some at a time, so that the bytes of the whole are not held beside it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from lambda_rlm.inputs.allowance import FileAllowance
from lambda_rlm.inputs.formats.arrow_columns import cell_column, counted, encoded, is_coded, joined, table_of
from lambda_rlm.inputs.formats.columns.column import SAMPLE, CellColumn
from lambda_rlm.inputs.formats.columns.verdict import Verdict
from lambda_rlm.inputs.formats.extracted import Rows
from lambda_rlm.table import Table

WORTH: Final = 1_000_000
"""Characters of a file from which on loading pyarrow pays."""
_OLDEST: Final = 17
_FIRST: Final = 10_000
_EXACT: Final = 2**53
_MOST_KEYS: Final = 100
_LINES: Final = 200
"""Lines that are looked at in one place for the types of their values."""
_PLACES: Final = 8
_PART: Final = 1 << 22
"""Characters that are read at once."""
_CELL: Final = 46
"""Bytes of a cell in its column, beside its characters: a number, or its part of a text that is held for two rows or more."""
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


@cache
def is_installed() -> bool:
    """pyarrow can be loaded, in a version of the extra `tables`: other libraries bring older ones along."""
    try:
        import pyarrow
    except ImportError:
        return False
    return int(pyarrow.__version__.partition(".")[0]) >= _OLDEST


def _parts(text: str, start: int, stop: int) -> Iterator[bytes]:
    """Whole lines of a stretch of a text, as many at a time as are held beside it without harm."""
    while start < stop:
        end = text.find("\n", start + _PART, stop) + 1 or stop
        if (part := text[start:end].encode()).strip(b"\r\n"):
            yield part
        start = end


class ArrowCsv:
    """The cells of a CSV text below its header, as pyarrow has read them: an array of texts for each column, coded where the
    first of them repeat."""

    def __init__(self, table: Any, allowance: FileAllowance) -> None:
        self._cells = list(map(joined, table.columns))
        self._count = table.num_rows
        self.allowance = allowance

    def see(self, columns: Sequence[CellColumn]) -> None:
        """Show all cells to the columns."""
        for column, cells in zip(columns, self._cells, strict=True):
            self.allowance.reading.glance()
            column.see(cells.slice(0, SAMPLE).to_pylist())
            rest = cells.slice(SAMPLE)
            if not len(rest) or not column.is_looked_at:
                continue
            form = None if is_coded(rest) else column.known_form
            if form is not None and (blank := _blank_beside(rest, form)) is not None:
                column.count_plain(len(rest) - blank, blank)
            else:
                column.count(*counted(rest))

    def table(self, columns: Sequence[CellColumn], found: Sequence[Verdict]) -> Table:
        """The rows, whose texts are let go column by column."""
        made = []
        for column, one in zip(columns, found, strict=True):
            self.allowance.reading.glance()
            made.append(cell_column(self._cells.pop(0), column, one))
        return Table(made, self._count)


def cells_of_csv(text: str, delimiter: str, width: int, allowance: FileAllowance) -> ArrowCsv | None:
    """The cells below the first line, which is the header; None where the standard library must read them."""
    start = text.find("\n") + 1
    if width < 2 or not start or start == len(text) or not _is_simple(text, start, delimiter):
        return None
    import pyarrow as pa

    names = [str(number) for number in range(width)]
    has_quotes = '"' in text
    parts: list[Any] = []
    try:
        for part in (text[start:].encode(),) if has_quotes else _parts(text, start, len(text)):
            allowance.reading.glance()
            parts.append(encoded(_read_csv(part, delimiter, names, has_quotes), like=parts[0] if parts else None))
        table = pa.concat_tables(parts)
    except pa.ArrowException:
        return None
    del parts
    made = table.nbytes + table.num_rows * width * _CELL + (0 if text.isascii() else sys.getsizeof(text))
    if allowance.made + made > allowance.most:  # the standard reader counts exactly
        return None
    allowance.add(made)
    return ArrowCsv(table, allowance)


def _read_csv(data: bytes, delimiter: str, names: Sequence[str], has_quotes: bool) -> Any:
    """The rows of lines without a header, as columns of texts."""
    import pyarrow as pa
    from pyarrow import csv

    return csv.read_csv(
        pa.BufferReader(data),
        read_options=csv.ReadOptions(column_names=names),
        parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=has_quotes),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=False
        ),
    )


def _is_simple(text: str, start: int, delimiter: str) -> bool:
    """Nothing is in the text that the two readers may take differently; every quoted cell is quoted as a whole."""
    if not delimiter.isascii() or "\0" in text or ("\r" in text and text.count("\r") != text.count("\r\n")):
        return False
    if '"' not in text:
        return True
    if '"' in text[:start]:
        return False
    by = re.escape(delimiter)
    return '"' not in re.sub(rf'(?<![^{by}\n])"(?:[^"]++|"")*+"(?![^{by}\r\n])', "", text)


def _blank_beside(cells: Any, form: str) -> int | None:
    """How many cells are blank where all others have a form; None where some have another."""
    import pyarrow.compute as pc

    form = f"^(?:{form})?$"
    if not all(pc.all(pc.match_substring_regex(some, form)).as_py() for some in (cells.slice(0, _FIRST), cells)):
        return None
    return int(pc.sum(pc.equal(cells, "")).as_py())


def table_of_lines(text: str, allowance: FileAllowance) -> Rows | None:
    """The rows of JSON Lines whose values are texts, numbers and true/false; None where the standard library must read
    them."""
    stop = len(text)
    while stop and text[stop - 1] in "\r\n":
        stop -= 1
    ends = text.count("\n", 0, stop)
    parted = text.count("}\n{", 0, stop) + text.count("}\r\n{", 0, stop)
    has_halves = not text.isascii() and _SURROGATE.search(text) is not None
    if not text.startswith("{") or parted != ends or has_halves or (kinds := _kinds(text, stop)) is None:
        return None
    import pyarrow as pa
    from pyarrow import json as arrow_json

    known = {"int": pa.int64(), "float": pa.float64(), "bool": pa.bool_(), "text": pa.string(), "": pa.string()}
    schema = pa.schema([(key, known[kind]) for key, kind in kinds.items()])
    options = arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error")
    try:
        parts: list[Any] = []
        for part in _parts(text, 0, stop):
            allowance.reading.glance()
            read = arrow_json.read_json(pa.BufferReader(part), parse_options=options)
            parts.append(encoded(read, like=parts[0] if parts else None))
        table = pa.concat_tables(parts)
    except pa.ArrowException:
        return None
    del parts
    if table.num_rows != ends + 1 or table.column_names != list(kinds) or not all(map(_is_exact, table.columns)):
        return None
    allowance.add(table.nbytes + table.num_rows * len(kinds) * _CELL + (0 if text.isascii() else sys.getsizeof(text)))
    return table_of(table, [kind or "text" for kind in kinds.values()], allowance)


def _kinds(text: str, stop: int) -> Mapping[str, Any] | None:
    """The kind of each key's values, by some lines here and there, "" where all are null; None where they are no simple
    values."""
    found: dict[str, str] = {}
    from_start = 0
    for place in range(_PLACES):
        at = stop * place // _PLACES
        at = text.find("\n", at, stop) + 1 if place else 0
        for _ in range(_LINES if at or not place else 0):
            end = text.find("\n", at, stop)
            if not _takes(text[at : stop if end < 0 else end], found):
                return None
            if end < 0:
                break
            at = end + 1
        from_start = from_start or len(found)
    is_plain = all(re.fullmatch("[A-Za-z][A-Za-z0-9_]*", key) for key in found)
    is_known = len(found) == from_start or is_plain  # names that are made for keys depend on the order of the keys
    return found if found and len(found) <= _MOST_KEYS and is_known else None


def _takes(line: str, found: dict[str, str]) -> bool:
    """Take notice of the values of a line; False where they are no simple ones, or of another kind than before."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return False
    for key, value in row.items():
        kind = {str: "text", int: "int", float: "float", bool: "bool", type(None): ""}.get(type(value))
        before = found.setdefault(key, kind or "")
        if kind is None or len(found) > _MOST_KEYS:
            return False
        if kind and kind != before:
            if before and {kind, before} != {"int", "float"}:
                return False
            found[key] = kind if not before else "float"
    return True


def _is_exact(column: Any) -> bool:
    """No number of a column is one that the standard library reads otherwise."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if column.type != pa.float64() or column.null_count == len(column):
        return True
    least, most = pc.min_max(column).as_py().values()
    return bool(pc.all(pc.is_finite(column)).as_py()) and least >= -_EXACT and most <= _EXACT
