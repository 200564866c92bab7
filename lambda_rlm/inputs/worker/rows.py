"""Rows on their way from the worker: columns as a stream of Arrow, other data as JSON.

Owns `packed` and `unpacked`. Promises that of what is received nothing is taken on the worker's word: texts and places in an
array are checked before one is looked at, and what is no such message is a `ValueError`.
"""

from __future__ import annotations

import json
from typing import Any, Final

from lambda_rlm.inputs.formats.extracted import Rows
from lambda_rlm.table import ArrowCells, Cells, CodedCells, ColumnKind, Table, TableColumn

_KINDS: Final[dict[str, ColumnKind]] = {"text": "text", "int": "int", "float": "float", "bool": "bool"}


def packed(rows: Rows) -> tuple[dict[str, Any], bytes]:
    """What is said of rows, and they themselves."""
    about = {"notes": rows.notes, "made": rows.made}
    if not isinstance(rows.data, Table):
        return {**about, "rows": "json"}, json.dumps(rows.data).encode("ascii")
    import pyarrow as pa

    table = pa.table([_array(one.cells) for one in rows.data.columns], names=[one.name for one in rows.data.columns])
    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    kinds = [one.kind for one in rows.data.columns]
    return {**about, "rows": "arrow", "kinds": kinds}, stream.getvalue().to_pybytes()


def unpacked(about: dict[str, Any], body: bytes | bytearray) -> Rows:
    """The rows of a message; raises `ValueError` for what is none."""
    notes, made = tuple(map(str, about["notes"])), int(about["made"])
    if about["rows"] == "json":
        return Rows(json.loads(body), notes, made)
    import pyarrow as pa

    table = pa.ipc.open_stream(pa.py_buffer(body)).read_all()
    table.validate(full=True)
    kinds = [_KINDS[kind] for kind in about["kinds"]]
    columns = [_column(*one) for one in zip(table.column_names, kinds, table.columns, strict=True)]
    return Rows(Table(columns, table.num_rows), notes, made)


def _array(cells: Cells) -> Any:
    import pyarrow as pa

    if isinstance(cells, CodedCells):
        return pa.DictionaryArray.from_arrays(cells.codes, pa.array(cells.values, pa.string()))
    assert isinstance(cells, ArrowCells)
    return cells.array


def _column(name: str, kind: ColumnKind, cells: Any) -> TableColumn:
    import pyarrow as pa

    types = {"text": pa.string(), "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}
    coded = pa.dictionary(pa.int32(), pa.string())
    if cells.type == coded and kind == "text":
        one = cells.combine_chunks()
        return TableColumn(name, kind, cells.null_count > 0, CodedCells(one.dictionary.to_pylist(), one.indices))
    if cells.type != types[kind]:
        raise ValueError(f"a column of {cells.type} for {kind}")
    return TableColumn(name, kind, cells.null_count > 0, ArrowCells(cells))
