"""Parquet is read with the extra, as rows are; without it a hint says how to get it."""

from __future__ import annotations

import datetime
import decimal
from pathlib import Path
from typing import Any

import pytest

from lambda_rlm.inputs import InputProblem, Reading, from_arguments
from lambda_rlm.inputs import reading as reading_module
from lambda_rlm.inputs.formats.extracted import Rows
from lambda_rlm.inputs.worker.process import MOST_OF_ROWS, WORKER
from lambda_rlm.inputs.worker.rows import packed, unpacked
from lambda_rlm.table import ArrowCells, Table, TableColumn
from lambda_rlm.types.type import BOOL, FLOAT, INT, TEXT, list_of, option_of, record_of
from tests.support.input_files import problem, written

pa = pytest.importorskip("pyarrow", reason="the extra `tables`")


def saved(folder: Path, columns: dict[str, Any], **options: Any) -> str:
    """The path of a file with these columns."""
    from pyarrow import parquet

    path = folder / "a.parquet"
    parquet.write_table(pa.table(columns), path, **options)
    return str(path)


def test_simple_columns_have_their_types(tmp_path: Path) -> None:
    columns = {"id": [1, 2], "x": [1.5, None], "ok": [True, False], "who": ["Ann", None], "d": ["13/02/2023", "1/2/2023"]}
    inputs = from_arguments([saved(tmp_path, columns)])
    expected = record_of(id=INT, x=option_of(FLOAT), ok=BOOL, who=option_of(TEXT), d=TEXT)
    assert inputs.types == {"context": list_of(expected)}
    assert inputs.values["context"] == [
        {"id": 1, "x": 1.5, "ok": True, "who": "Ann", "d": "2023-02-13"},
        {"id": 2, "x": None, "ok": False, "who": None, "d": "2023-02-01"},
    ]


def test_what_no_type_holds_is_null(tmp_path: Path) -> None:
    inputs = from_arguments([saved(tmp_path, {"x": [1.0, float("nan"), float("inf")]})])
    assert inputs.values["context"] == [{"x": 1.0}, {"x": None}, {"x": None}]
    assert any("2 numbers that are not finite are read as null" in note for note in inputs.notes)
    columns = {
        "day": [datetime.date(2023, 2, 13)],
        "price": [decimal.Decimal("1.50")],
        "big": pa.array([2**64 - 1], pa.uint64()),
        "tags": [["a", "b"]],
    }
    inputs = from_arguments([saved(tmp_path, columns)])
    assert inputs.values["context"] == [{"day": "2023-02-13", "price": 1.5, "big": str(2**64 - 1), "tags": ["a", "b"]}]
    assert from_arguments([saved(tmp_path, {"a": pa.nulls(2)})]).values["context"] == [{"a": None}, {"a": None}]
    assert from_arguments([saved(tmp_path, {"a": pa.array([], pa.int64())})]).values["context"] == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # pandas writes nanoseconds, for which Python has no value
        (pa.array([1672628645123456789, 0], pa.timestamp("ns")), ["2023-01-02T03:04:05.123456789", "1970-01-01T00:00:00"]),
        (pa.array([1672628645500, None], pa.timestamp("ms", "+02:00")), ["2023-01-02T05:04:05.500000+02:00", None]),
        (pa.array([1672628645], pa.timestamp("s", "Nowhere/Town")), ["2023-01-02T03:04:05+00:00"]),
        (pa.array([-(10**6), 0], pa.date32()), ["-0768-02-04", "1970-01-01"]),
        (pa.array([1, 10**9], pa.time64("ns")), ["00:00:00.000000001", "00:00:01"]),
        (pa.array([1, 86_400 * 10**9], pa.duration("ns")), [1e-9, 86_400.0]),
    ],
)
def test_moments_that_python_has_no_value_for_are_kept(tmp_path: Path, values: Any, expected: list[Any]) -> None:
    inputs = from_arguments([saved(tmp_path, {"a": values})])
    assert [row["a"] for row in inputs.values["context"]] == expected


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
def test_moments_are_written_as_python_writes_them(tmp_path: Path, unit: str) -> None:
    moments = [
        datetime.datetime(2023, 1, 2, 3, 4, 5),
        datetime.datetime(1, 1, 1, 10),
        datetime.datetime(9999, 12, 31, 23, 59, 59),
    ]
    moments += [datetime.datetime(2023, 7, 2, 3, 4, 5, 120_000)] if unit != "s" else []
    inputs = from_arguments([saved(tmp_path, {"a": pa.array(moments, pa.timestamp(unit))})])
    assert [row["a"] for row in inputs.values["context"]] == [one.isoformat() for one in moments]


@pytest.mark.parametrize("is_coded", [True, False])
def test_texts_that_are_no_utf8_are_a_problem(tmp_path: Path, is_coded: bool) -> None:
    offsets, data = pa.array([0, 2, 4], pa.int32()).buffers()[1], pa.py_buffer(b"ab\xff\xfe")
    path = saved(tmp_path, {"a": pa.Array.from_buffers(pa.string(), 2, [None, offsets, data])}, use_dictionary=is_coded)
    assert "cannot read" in problem(path).message


def test_a_nested_moment_that_python_cannot_hold_is_a_problem(tmp_path: Path) -> None:
    kind = pa.list_(pa.timestamp("ns"))
    assert "cannot read" in problem(saved(tmp_path, {"a": pa.array([[1672628645123456789]], kind)})).message


@pytest.mark.parametrize("cut", [0, 4, 50, -5])
def test_a_damaged_file_is_a_problem(tmp_path: Path, cut: int) -> None:
    whole = Path(saved(tmp_path, {"a": [1, 2, 3]})).read_bytes()
    assert "cannot read" in problem(written(tmp_path, "b.parquet", whole[:cut] or b"PAR1")).message


def test_a_small_file_of_many_rows_is_refused(tmp_path: Path) -> None:
    """A column that repeats one value takes a few bytes on the disk, whatever its length."""
    path = saved(tmp_path, {"a": pa.array([None] * 3_000_000, pa.int64())})
    assert Path(path).stat().st_size < 10_000
    assert "needs" in problem(path).message or "would need" in problem(path).message


def test_a_long_text_that_repeats_is_held_once(tmp_path: Path) -> None:
    path = saved(tmp_path, {"a": ["x" * 1_000_000] * 2_000})
    rows = from_arguments([path]).values["context"]
    assert len(rows) == 2_000 and rows[0]["a"] is rows[-1]["a"]


def test_parts_with_codes_of_their_own_are_one_column(tmp_path: Path) -> None:
    days = [f"{1 + number % 28}/{1 + number % 12}/2023" for number in range(3_000)]
    inputs = from_arguments([saved(tmp_path, {"d": days, "t": [None, "a", "b"] * 1_000}, row_group_size=700)])
    rows = inputs.values["context"]
    assert [row["t"] for row in rows] == [None, "a", "b"] * 1_000
    assert rows[0]["d"] == "2023-01-01" and rows[13]["d"] == "2023-02-14" and rows[2_999]["d"] == "2023-12-04"


def test_without_the_library_a_hint_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path, {"a": [1]})
    monkeypatch.setattr(reading_module, "_is_installed", lambda module: False)
    with pytest.raises(InputProblem, match="requires an optional dependency") as caught:
        from_arguments([path], Reading())
    assert caught.value.hint == "pip install 'lambda-rlm[tables]'"


def test_among_texts_it_is_told_to_be_an_input_of_its_own(tmp_path: Path) -> None:
    path, note = saved(tmp_path, {"a": [1]}), tmp_path / "b.txt"
    note.write_text("words")
    for arguments, reading in (([path, str(note)], Reading()), ([path], Reading(raw=True))):
        with pytest.raises(InputProblem, match="is a Parquet file: it has rows but no text") as caught:
            from_arguments(arguments, reading)
        assert "an input of its own" in (caught.value.hint or "")
    assert any("skipped 1 (a Parquet file)" in one for one in from_arguments([str(tmp_path)]).notes)


def test_it_is_parsed_in_the_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that takes its parser over, or has it take memory without end, has no more than the worker has."""
    path, asked = saved(tmp_path, {"a": [1, None], "t": ["x", "x"], "big": ["1", None]}), []
    read = WORKER.read

    def listened(*arguments: Any) -> Any:
        asked.append((arguments[0], arguments[-1]))
        return read(*arguments)

    monkeypatch.setattr(WORKER, "read", listened)
    assert from_arguments([path]).values["context"] == [{"a": 1, "t": "x", "big": "1"}, {"a": None, "t": "x", "big": None}]
    assert asked == [("a Parquet file", MOST_OF_ROWS)]
    monkeypatch.setattr("lambda_rlm.inputs.formats.registry.MOST_OF_ROWS", 1_000_000)
    many = saved(tmp_path, {"a": pa.repeat(7, 3_000_000)})  # a small file, and more than a worker has left
    message = problem(many).message
    assert any(said in message for said in ("of memory to be read as a Parquet file", "its parser ended"))


@pytest.mark.parametrize("damage", ["cut", "kind", "type", "text", "none"])
def test_what_the_worker_says_is_checked(damage: str) -> None:
    offsets, data = pa.array([0, 1], pa.int32()).buffers()[1], pa.py_buffer(b"\xff")
    broken = pa.Array.from_buffers(pa.string(), 1, [None, offsets, data])
    cells = ArrowCells(broken if damage == "text" else pa.array(["x"]))
    about, body = packed(Rows(Table([TableColumn("a", "text", False, cells)], 1)))
    assert damage != "none" or unpacked(about, body).data == [{"a": "x"}]
    about |= {"kinds": ["file"]} if damage == "kind" else {"kinds": ["int"]} if damage == "type" else {}
    if damage != "none":
        with pytest.raises((ValueError, KeyError, OSError)):
            unpacked(about, body[:-60] if damage == "cut" else body)
