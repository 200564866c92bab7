"""DataFrames of polars and tables of pyarrow as tables, column by column, where pyarrow is installed.

Owns `frame_table`. Promises the values, notes and problems that the same rows lead to as dicts (see `plain_values`): a frame
with a column of another type, or one that would be refused, gives None, and its rows are gone through one by one.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from lambda_rlm.inputs.allowance import FileAllowance
from lambda_rlm.inputs.formats.arrow import is_installed
from lambda_rlm.inputs.formats.arrow_columns import table_of
from lambda_rlm.inputs.formats.extracted import Rows
from lambda_rlm.inputs.plain_values import CELL, missing_note
from lambda_rlm.inputs.reading import Reading
from lambda_rlm.inputs.shape import MAX_FIELDS
from lambda_rlm.table import ColumnKind

_INT_LIMIT: Final = 2**63


def frame_table(value: Any, name: str, reading: Reading) -> Rows | None:
    """The rows of a frame with fields of texts, numbers, true/false and days; None for anything else."""
    if type(value).__module__.partition(".")[0] not in ("polars", "pyarrow") or not is_installed():
        return None
    import pyarrow as pa

    table = value.to_arrow() if type(value).__name__ == "DataFrame" else value
    if not isinstance(table, pa.Table) or not table.num_rows or not 0 < table.num_columns <= MAX_FIELDS:
        return None
    names = table.column_names
    size = max(table.nbytes, table.num_rows * table.num_columns * CELL)
    if len(set(names)) < len(names) or size > reading.most_bytes:
        return None
    try:
        table.validate(full=True)
        found = [one for one in map(_column, table.columns) if one is not None]
    except pa.ArrowException:
        return None
    if len(found) < len(names):
        return None
    columns, kinds, missing = zip(*found, strict=True)
    rows = table_of(pa.table(list(columns), names=names), kinds, FileAllowance(name, reading.most_bytes, reading))
    return Rows(rows.data, (*missing_note(name, sum(missing)), *rows.notes))


def _column(cells: Any) -> tuple[Any, ColumnKind, int] | None:
    """A column, its kind, and how many of its numbers are NaN, which are missing; None for one of another type."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = cells.type
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    if any(is_text(inner) for is_text in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)):
        return pc.cast(cells, pa.string()), "text", 0
    if cells.null_count == len(cells):
        return None
    if pa.types.is_boolean(kind):
        return cells, "bool", 0
    if pa.types.is_integer(kind):
        return (pc.cast(cells, pa.int64()), "int", 0) if pc.max(cells).as_py() < _INT_LIMIT else None
    if pa.types.is_date32(kind):
        least, most = (pc.cast(end, pa.int32()).as_py() for end in pc.min_max(cells).values())
        first, last = (day.toordinal() - date(1970, 1, 1).toordinal() for day in (date.min, date.max))
        return (pc.cast(cells, pa.string()), "text", 0) if first <= least and most <= last else None
    if pa.types.is_float32(kind) or pa.types.is_float64(kind):
        return _numbers(pc.cast(cells, pa.float64()))
    return None


def _numbers(cells: Any) -> tuple[Any, ColumnKind, int] | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    are_missing = pc.is_nan(cells)
    missing = pc.sum(are_missing).as_py() or 0
    filled = pc.if_else(are_missing, pa.scalar(None, pa.float64()), cells) if missing else cells
    is_any = filled.null_count < len(filled) and pc.all(pc.is_finite(filled)).as_py()
    return (filled, "float", missing) if is_any else None
