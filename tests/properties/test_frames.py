"""A table of another package, read by its columns, is what its rows are as dicts."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.inputs import InputProblem, Reading, from_values
from lambda_rlm.inputs.formats.frames import frame_table

pa = pytest.importorskip("pyarrow", reason="the extra `tables`")

KINDS: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (pa.string(), st.text(max_size=3) | st.sampled_from(["13/02/2023", "1,234.50", "x"])),
    (pa.large_string(), st.sampled_from(["a", "b"])),
    (pa.dictionary(pa.int8(), pa.string()), st.sampled_from(["a", "b", "1.234,5"])),
    (pa.int8(), st.integers(-5, 5)),
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.uint64(), st.integers(0, 2**64 - 1)),
    (pa.float32(), st.floats(width=32)),
    (pa.float64(), st.floats() | st.just(float("nan"))),
    (pa.bool_(), st.booleans()),
    (pa.date32(), st.dates()),
    (pa.timestamp("us"), st.datetimes(datetime.datetime(1900, 1, 1))),
    (pa.list_(pa.int64()), st.lists(st.integers(0, 3), max_size=2)),
    (pa.null(), st.none()),
]


@st.composite
def frames(draw: st.DrawFn) -> Any:
    count = draw(st.integers(0, 6))
    columns = {}
    for name in draw(st.lists(st.sampled_from(["a", "b", "c d", "Größe"]), min_size=1, unique=True)):
        kind, values = draw(st.sampled_from(KINDS))
        columns[name] = pa.array(draw(st.lists(st.none() | values, min_size=count, max_size=count)), kind)
    return pa.table(columns)


class ByRows:
    """A table of which nothing is known but how its rows are made."""

    columns = ()

    def __init__(self, table: Any) -> None:
        self._table, self.schema, self.shape = table, table.schema, table.shape

    def to_pylist(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._table.to_pylist()
        return rows


def came(value: Any) -> Any:
    try:
        inputs = from_values({"context": value})
    except InputProblem as problem:
        return problem.message
    return inputs.types, repr(list(inputs.values["context"])), inputs.notes


@given(frames())
def test_columns_are_read_as_rows_are(frame: Any) -> None:
    assert came(frame) == came(ByRows(frame))


def test_simple_columns_are_read_without_rows() -> None:
    days = pa.array([datetime.date(2024, 3, 1)] * 3)
    frame = pa.table({"id": [1, 2, 3], "x": [0.5, None, float("nan")], "who": ["a", "b", "a"], "on": days})
    found = frame_table(frame, "context", Reading())
    assert found is not None and found.notes == ("context: 1 missing value is null",)
    assert list(found.data)[2] == {"id": 3, "x": None, "who": "a", "on": "2024-03-01"}
    assert frame_table(frame, "context", Reading(most_bytes=100)) is None


def test_a_frame_of_polars_is_read_by_its_columns() -> None:
    polars = pytest.importorskip("polars", reason="used by benchmarks alone")
    frame = polars.DataFrame({"id": [1, 2], "who": ["a", None], "x": [1.5, float("nan")]})
    found = frame_table(frame, "context", Reading())
    assert found is not None and list(found.data) == [{"id": 1, "who": "a", "x": 1.5}, {"id": 2, "who": None, "x": None}]
