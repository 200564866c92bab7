"""Tables read by pyarrow, where it is installed: the same rows as the standard library reads, many times as fast.

Owns `cells_of_csv`, `table_of_lines` and the making of rows from columns. Promises the values that the readers beside it
promise: a file that pyarrow refuses, or may read otherwise (a quote within a cell, a value over several lines, a carriage
return alone), gives None, and the standard library reads it. pyarrow is loaded for a large file only: loading it takes as long
as reading a small one. Rows are made in parts, so that they are held once beside the columns.
"""

from __future__ import annotations

import gc
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import repeat
from typing import Any, Final

from lambda_rlm.inputs.allowance import FileAllowance
from lambda_rlm.inputs.formats.columns.column import SAMPLE, CellColumn, CellReader
from lambda_rlm.inputs.formats.columns.nested import TextPlace, judged
from lambda_rlm.inputs.formats.columns.numbers import PLAIN_NUMBER
from lambda_rlm.inputs.formats.columns.verdict import Verdict
from lambda_rlm.inputs.formats.extracted import Rows, RowTable, TableColumn

WORTH: Final = 1_000_000
"""Characters of a file from which on loading pyarrow pays."""
_OLDEST: Final = 17
_AT_ONCE: Final = 10_000
"""Rows that are made together: few enough for the processor's caches."""
_EXACT: Final = 2**53
_WHOLE: Final = "0|-?[1-9][0-9]{0,14}"
_MOST_KEYS: Final = 100
_LINES: Final = 200
"""Lines that are looked at in one place for the types of their values."""
_PLACES: Final = 8
_MANY: Final = 0.5
"""The share of different texts in a column up to which each is held once."""
_HEADER: Final = 76
"""Bytes of a text beside its characters, at most."""


@cache
def is_installed() -> bool:
    """pyarrow can be loaded, in a version of the extra `tables`: other libraries bring older ones along."""
    try:
        import pyarrow
    except ImportError:
        return False
    return int(pyarrow.__version__.partition(".")[0]) >= _OLDEST


Part = Callable[[int, int], Sequence[Any]]
"""The values of a column from a row on, so many."""


class ArrowCells:
    """The cells of a CSV text below its header, as pyarrow has read them."""

    def __init__(self, table: Any, allowance: FileAllowance) -> None:
        self.table = table
        self.allowance = allowance

    def see(self, columns: Sequence[CellColumn]) -> None:
        """Show all cells to the columns."""
        import pyarrow.compute as pc

        for column, cells in zip(columns, self.table.columns, strict=True):
            self.allowance.reading.glance()
            column.see(cells.slice(0, SAMPLE).to_pylist())
            rest = cells.slice(SAMPLE)
            if not len(rest) or not column.is_looked_at:
                continue
            if column.may_be_numbers and (blank := _blank_beside_numbers(rest, column.has_settled_numbers)) is not None:
                column.count_plain(len(rest) - blank, blank)
            else:
                counted = pc.value_counts(rest)
                column.count(counted.field("values").to_pylist(), counted.field("counts").to_pylist())

    def rows(self, names: Sequence[str], columns: Sequence[CellColumn], found: Sequence[Verdict]) -> list[dict[str, Any]]:
        """The rows with these names."""
        parts = [_typed(cells, column, one) for cells, column, one in zip(self.table.columns, columns, found, strict=True)]
        return made_rows(names, parts, self.table.num_rows, self.allowance.reading.glance)


def cells_of_csv(text: str, delimiter: str, width: int, allowance: FileAllowance) -> ArrowCells | None:
    """The cells below the first line, which is the header; None where the standard library must read them."""
    data = text.encode()
    start = data.find(b"\n") + 1
    if width < 2 or not start or start == len(data) or not _is_simple(data, start, delimiter):
        return None
    import pyarrow as pa
    from pyarrow import csv

    names = [str(number) for number in range(width)]
    try:
        table = csv.read_csv(
            pa.BufferReader(pa.py_buffer(memoryview(data)[start:])),
            read_options=csv.ReadOptions(column_names=names),
            parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=b'"' in data),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=False
            ),
        )
    except pa.ArrowException:
        return None
    made = table.num_rows * (sys.getsizeof(dict.fromkeys(names)) + 8 + width * _HEADER)
    made += len(text) * (1 if text.isascii() else sys.getsizeof(text) // len(text) + 1)
    if allowance.made + made > allowance.most:  # the standard reader counts exactly
        return None
    allowance.add(made)
    return ArrowCells(table, allowance)


def _is_simple(data: bytes, start: int, delimiter: str) -> bool:
    """Nothing is in the text that the two readers may take differently; every quoted cell is quoted as a whole."""
    if b"\0" in data or (b"\r" in data and data.count(b"\r") != data.count(b"\r\n")):
        return False
    if b'"' not in data:
        return True
    if b'"' in data[:start]:
        return False
    by = re.escape(delimiter.encode())
    bare = re.sub(rb"(?<![^" + by + rb'\n])"(?:[^"]++|"")*+"(?![^' + by + rb"\r\n])", b"", data)
    return b'"' not in bare


def _blank_beside_numbers(cells: Any, are_any: bool) -> int | None:
    """How many cells are blank where the others are whole numbers of at most 15 digits, or any numbers as programs write them;
    None where others are among them."""
    import pyarrow.compute as pc

    form = rf"^(?:{PLAIN_NUMBER if are_any else _WHOLE})?$"
    if not all(pc.all(pc.match_substring_regex(some, form)).as_py() for some in (cells.slice(0, _AT_ONCE), cells)):
        return None
    return int(pc.sum(pc.equal(cells, "")).as_py())


def _blank_as_null(cells: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.if_else(pc.equal(cells, ""), pa.scalar(None, pa.string()), cells)


def _typed(cells: Any, column: CellColumn, found: Verdict) -> Part:
    """The values of a column."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if found.read is None:
        return texts(cells)
    if found.read in (int, float) and not column.has_words:
        try:
            typed = pc.cast(_blank_as_null(cells), pa.int64() if found.read is int else pa.float64())
        except pa.ArrowException:
            typed = None
        if typed is not None:
            return lambda start, count: typed.slice(start, count).to_pylist()
    return _by_value(cells, CellReader(found).read)


def texts(cells: Any) -> Part:
    """The texts of a column as they are; where they repeat, each is held once."""
    import pyarrow.compute as pc

    first = cells.slice(0, SAMPLE)
    if len(pc.unique(first)) <= _MANY * len(first):
        return _by_value(cells, lambda cell: cell)
    return lambda start, count: cells.slice(start, count).to_pylist()


def _by_value(cells: Any, read: Callable[[str], Any]) -> Part:
    """Each different text is read once."""
    one = cells.combine_chunks() if hasattr(cells, "combine_chunks") else cells
    coded = one if hasattr(one, "indices") else one.dictionary_encode()
    values = [None if one is None else read(one) for one in coded.dictionary.to_pylist()]
    codes = coded.indices
    if codes.null_count:
        return lambda start, count: [None if at is None else values[at] for at in codes.slice(start, count).to_pylist()]
    return lambda start, count: list(map(values.__getitem__, codes.slice(start, count).to_pylist()))


def made_rows(names: Sequence[str], parts: Sequence[Part], count: int, watch: Callable[[], object]) -> list[dict[str, Any]]:
    """Rows from the values of columns."""
    rows: list[dict[str, Any]] = []
    empty: dict[str, Any] = dict.fromkeys(names)
    with _without_collector():
        for start in range(0, count, _AT_ONCE):
            watch()
            # To copy a row and fill it column by column takes half of the time of making one from pairs.
            made = list(map(dict.copy, repeat(empty, min(_AT_ONCE, count - start))))
            for name, part in zip(names, parts, strict=True):
                for row, value in zip(made, part(start, _AT_ONCE), strict=True):
                    row[name] = value
            rows += made
    return rows


@contextmanager
def _without_collector() -> Iterator[None]:
    """Rows hold no cycles: looking for some while millions are made would take as long as making them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def table_of_lines(text: str, allowance: FileAllowance) -> Rows | None:
    """The rows of JSON Lines whose values are texts, numbers and true/false; None where the standard library must read
    them."""
    try:
        data = text.encode()
    except UnicodeEncodeError:  # lone surrogates
        return None
    stop = len(data.rstrip(b"\r\n"))
    ends = data.count(b"\n", 0, stop)
    parted = data.count(b"}\n{", 0, stop) + data.count(b"}\r\n{", 0, stop)
    if not data.startswith(b"{") or parted != ends or (kinds := _kinds(data, stop)) is None:
        return None
    import pyarrow as pa
    from pyarrow import json as arrow_json

    known = {"int": pa.int64(), "float": pa.float64(), "bool": pa.bool_(), "text": pa.string(), "": pa.null()}
    schema = pa.schema([(key, known[kind]) for key, kind in kinds.items()])
    options = arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error")
    try:
        table = arrow_json.read_json(pa.BufferReader(pa.py_buffer(memoryview(data)[:stop])), parse_options=options)
    except pa.ArrowException:
        return None
    if table.num_rows != ends + 1 or table.column_names != list(kinds) or not all(map(_is_exact, table.columns)):
        return None
    return rows_of_table(table, list(kinds.values()), allowance)


def _kinds(data: bytes, stop: int) -> Mapping[str, str] | None:
    """The kind of each key's values, by some lines here and there; None where they are no simple values."""
    found: dict[str, str] = {}
    from_start = 0
    for place in range(_PLACES):
        at = stop * place // _PLACES
        at = data.find(b"\n", at, stop) + 1 if place else 0
        for _ in range(_LINES if at or not place else 0):
            end = data.find(b"\n", at, stop)
            if not _takes(data[at : stop if end < 0 else end], found):
                return None
            if end < 0:
                break
            at = end + 1
        from_start = from_start or len(found)
    is_plain = all(re.fullmatch("[A-Za-z][A-Za-z0-9_]*", key) for key in found)
    is_known = len(found) == from_start or is_plain  # names that are made for keys depend on the order of the keys
    return found if found and len(found) <= _MOST_KEYS and is_known else None


def _takes(line: bytes, found: dict[str, str]) -> bool:
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


def rows_of_table(table: Any, kinds: Sequence[str], allowance: FileAllowance) -> Rows:
    """The rows of a table whose columns are of these kinds; texts, coded or not, are judged as those of JSON."""
    columns = list(zip(table.column_names, kinds, map(_joined, table.columns), strict=True))
    places = [
        TextPlace((None, name), _first(cells.slice(0, SAMPLE).drop_null()), _counted(cells))
        for name, kind, cells in columns
        if kind == "text"
    ]
    readers, notes = judged(places, allowance.name)
    parts = []
    for name, _, cells in columns:
        read = readers.get((None, name))
        parts.append(_plain(cells) if read is None else _by_value(cells, read))
    made = tuple(TableColumn(name, kind, cells.null_count > 0) for name, kind, cells in columns)
    watch = allowance.reading.glance
    return Rows(RowTable(made, lambda names: made_rows(names, parts, table.num_rows, watch)), notes)


def _plain(cells: Any) -> Part:
    import pyarrow as pa

    if pa.types.is_dictionary(cells.type):
        return _by_value(cells, lambda cell: cell)
    return texts(cells) if cells.type == pa.string() else lambda start, count: cells.slice(start, count).to_pylist()


def _joined(cells: Any) -> Any:
    """A column whose coded parts have one code."""
    import pyarrow as pa

    return cells.unify_dictionaries().combine_chunks() if pa.types.is_dictionary(cells.type) else cells


def _first(cells: Any) -> Sequence[str]:
    """The first texts; of coded ones each is made once, however often it repeats."""
    return _plain(cells)(0, SAMPLE)


def _counted(cells: Any) -> Callable[[], Iterator[tuple[Sequence[str], Sequence[int]]]]:
    """All texts of a column, the first one by one, the others each with how often it is there."""

    def parts() -> Iterator[tuple[Sequence[str], Sequence[int]]]:
        import pyarrow.compute as pc

        filled = cells.drop_null()
        first = _first(filled)
        yield first, [1] * len(first)
        counted = pc.value_counts(filled.slice(SAMPLE))
        yield counted.field("values").to_pylist(), counted.field("counts").to_pylist()

    return parts
