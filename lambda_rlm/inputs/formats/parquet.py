"""Parquet to rows, by pyarrow.

Promises an `InputProblem` for a damaged file, and that the memory which a file says its rows take is counted before they are
made; texts that repeat are held once, however often a file repeats them. Numbers that are not finite are missing, days and
times are ISO text, and what is nested or has a type of its own is given as plain data of a host is. Texts are judged as those
of JSON are.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from lambda_rlm.inputs.allowance import FileAllowance
from lambda_rlm.inputs.formats.arrow_columns import table_of
from lambda_rlm.inputs.formats.columns.nested import judge_texts
from lambda_rlm.inputs.formats.extracted import Rows, unsound
from lambda_rlm.inputs.plain_values import plain_data
from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.inputs.reading import Format, Reading
from lambda_rlm.table import ColumnKind

_KIND: Final = "a Parquet file"
_VALUE: Final = 40
"""Bytes of a value and its place in a row, about."""
_TEXT: Final = 90
"""Bytes of a moment as text, at most."""
_MOST_SIMPLE: Final = 100
_INT_LIMIT: Final = 2**63
_IN_A_SECOND: Final = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}


def parquet_rows(data: bytes, name: str, reading: Reading) -> Rows:
    """The rows of a file; raises `InputProblem`."""
    import pyarrow as pa
    from pyarrow import parquet

    allowance = FileAllowance.of(name, len(data), reading)
    try:
        file = parquet.ParquetFile(pa.BufferReader(data))
        _count(file, allowance)
        coded = [
            field.name for field in file.schema_arrow if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
        ]
        file = parquet.ParquetFile(pa.BufferReader(data), read_dictionary=coded)
        batches = []
        for batch in file.iter_batches():
            allowance.add(batch.nbytes)
            batches.append(batch)
        table = pa.Table.from_batches(batches, file.schema_arrow)
        table.validate(full=True)  # the file's word for its texts and places is not taken
        twice = next((one for one in table.column_names if table.column_names.count(one) > 1), None)
        if twice is not None:
            raise InputProblem(f"{name} has two columns named {twice!r:.60}", "rename one of them")
        return replace(_rows(table, allowance), made=allowance.made)
    except (InputProblem, MemoryError):
        raise
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise unsound(_KIND, name, str(error).splitlines()[0][:200] if str(error) else type(error).__name__) from None


def _count(file: Any, allowance: FileAllowance) -> None:
    """Count what the rows take by what the file says of itself."""
    about = file.metadata
    width = max(1, len(file.schema_arrow))
    row = width * _VALUE
    unpacked = sum(about.row_group(number).total_byte_size for number in range(about.num_row_groups))
    allowance.add(max(0, about.num_rows) * row + max(0, unpacked))


def _rows(table: Any, allowance: FileAllowance) -> Rows:
    reading, name = allowance.reading, allowance.name
    found = [_simple(cells) for cells in table.columns]
    if not 0 < len(found) <= _MOST_SIMPLE or not table.num_rows or None in found:
        data, notes = plain_data(table, name, reading)
        return Rows(data, (*notes, *judge_texts(data, name, reading.glance)))
    cells, kinds, lost = zip(*(one for one in found if one is not None), strict=True)
    allowance.add(sum(_TEXT * len(made) for made, read in zip(cells, table.columns, strict=True) if made.type != read.type))
    made = table_of(_table(cells, table.column_names), kinds, allowance)
    if not sum(lost):
        return made
    return replace(made, notes=(f"{name}: {sum(lost):,} numbers that are not finite are read as null", *made.notes))


def _table(columns: Sequence[Any], names: Sequence[str]) -> Any:
    import pyarrow as pa

    return pa.table(list(columns), names=list(names))


def _simple(cells: Any) -> tuple[Any, ColumnKind, int] | None:
    """A column as texts, numbers or true/false, its kind, and how many numbers were not finite; None for one of another
    type."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = cells.type
    if pa.types.is_dictionary(kind) and (pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type)):
        return cells, "text", 0
    if cells.null_count == len(cells):
        return _no_texts(cells), "text", 0
    if pa.types.is_boolean(kind):
        return cells, "bool", 0
    if pa.types.is_integer(kind):
        return (pc.cast(cells, pa.int64()), "int", 0) if pc.max(cells).as_py() < _INT_LIMIT else None
    if pa.types.is_date(kind) or pa.types.is_time(kind) or pa.types.is_timestamp(kind):
        return _moments(cells), "text", 0
    if pa.types.is_duration(kind):
        seconds = pc.divide(pc.cast(pc.cast(cells, pa.int64()), pa.float64(), safe=False), _IN_A_SECOND[kind.unit])
        return seconds, "float", 0
    if pa.types.is_floating(kind):
        finite = pc.is_finite(cells)
        lost = pc.sum(pc.invert(finite)).as_py() or 0
        if lost + cells.null_count == len(cells):
            return _no_texts(cells), "text", lost
        return pc.cast(pc.if_else(finite, cells, pa.scalar(None, kind)), pa.float64()), "float", lost
    return None


def _no_texts(cells: Any) -> Any:
    """A column in which nothing is."""
    import pyarrow as pa

    return pa.chunked_array([pa.nulls(len(cells), pa.string())])


def _moments(cells: Any) -> Any:
    """Days and times as ISO text: with as many digits as a `datetime` of Python shows, and more only where they are needed."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_date(cells.type):
        return pc.cast(cells, pa.string())
    is_time, zone = pa.types.is_time(cells.type), getattr(cells.type, "tz", None)
    with suppress(pa.ArrowException):  # finer, or too far away for microseconds
        cells = pc.cast(cells, pa.time64("us") if is_time else pa.timestamp("us", zone))
    if is_time:
        written = pc.cast(cells, pa.string())
    else:
        form = "%Y-%m-%dT%H:%M:%S"
        try:
            written = pc.strftime(cells, form if zone is None else f"{form}%z")
        except pa.ArrowException:  # a zone that this machine does not know: the same moment in UTC
            written = pc.strftime(pc.cast(cells, pa.timestamp(cells.type.unit, "UTC")), f"{form}%z")
    written = pc.replace_substring_regex(written, r"([+-]\d\d)(\d\d)$", r"\1:\2") if zone else written
    return pc.replace_substring_regex(written, r"\.0+([+-]\d\d:\d\d)?$", r"\1")


FORMAT: Final = Format(
    _KIND,
    parquet_rows,
    extensions=(".parquet", ".pq"),
    extra="lambda-rlm[tables]",
    library="pyarrow",
    has_rows=True,
    is_packed=True,
)
