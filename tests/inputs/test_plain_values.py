"""Values of Python programs as inputs: what each becomes, and what is refused instead of being changed silently.

The tables stand for those of pandas, polars and pyarrow, which these tests do not need: they have the methods that are used of
them, with the same results.
"""

from __future__ import annotations

import enum
import io
from collections import ChainMap, deque, namedtuple
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel

from lambda_rlm.inputs import InputProblem, Reading, from_values
from lambda_rlm.inputs.listing import input_names
from lambda_rlm.table import Table
from lambda_rlm.types.show import show

NAN = float("nan")


class Color(enum.StrEnum):
    RED = "red"


class Size(enum.IntEnum):
    LARGE = 3


@dataclass
class Delivery:
    due: date
    days: int


class Supplier(BaseModel):
    name: str
    since: datetime


Pair = namedtuple("Pair", "left right")


class RangeIndex(list[int]):
    name = None


class Index(list[str]):
    name = "city"


class NaTType(datetime):
    """What pandas has for a moment that is missing; it is a `datetime` too."""


class Frame:
    """A table of pandas."""

    def __init__(self, rows: list[dict[Any, Any]], index: Any = None) -> None:
        self._rows, self._index = rows, RangeIndex(range(len(rows))) if index is None else index

    @property
    def columns(self) -> list[Any]:
        return list(self._rows[0])

    @property
    def index(self) -> Any:
        return self._index

    @property
    def shape(self) -> tuple[int, int]:
        return len(self._rows), len(self._rows[0])

    def reset_index(self) -> Frame:
        if self._index.name in self.columns:
            raise ValueError(f"cannot insert {self._index.name}, already exists")
        return Frame([{self._index.name: label, **row} for label, row in zip(self._index, self._rows, strict=True)])

    def to_dict(self, orient: str) -> list[dict[Any, Any]]:
        assert orient == "records"
        return self._rows


class TwiceNamed(Frame):
    @property
    def columns(self) -> list[Any]:
        return ["a", "a"]


class Wide(Frame):
    shape = (10_000_000, 100)


class PolarsFrame:
    columns = ("who", "on")
    shape = (1, 2)

    def to_dicts(self) -> list[dict[str, Any]]:
        return [{"who": "Acme", "on": date(2024, 3, 1)}]


class LazyFrame:
    columns = ("who",)

    def collect(self) -> PolarsFrame:
        return PolarsFrame()


class Schema:
    names = ("who",)


class ArrowTable:
    schema, columns, shape = Schema(), [object()], (2, 1)

    def to_pylist(self) -> list[dict[str, Any]]:
        return [{"who": "Acme"}, {"who": None}]


class Array:
    dtype = "float64"

    def __init__(self, values: Any) -> None:
        self._values = values

    def tolist(self) -> Any:
        return self._values


def read(value: Any, most: int = 10**9) -> tuple[str, Any, tuple[str, ...]]:
    inputs = from_values({"data": value}, Reading(most_bytes=most))
    return show(inputs.types["data"]), inputs.values["data"], inputs.notes


@pytest.mark.parametrize(
    ("value", "type_", "data"),
    [
        (date(2024, 3, 1), "Text", "2024-03-01"),
        ([datetime(2024, 3, 1, 8, 30, tzinfo=UTC)], "List[Text]", ["2024-03-01T08:30:00+00:00"]),
        ([time(8, 30)], "List[Text]", ["08:30:00"]),
        ([timedelta(hours=1)], "List[Float]", [3600.0]),
        ([Decimal("12.50"), Decimal("7")], "List[Float]", [12.5, 7.0]),
        ([Decimal("1E+3")], "List[Int]", [1000]),
        ([Decimal("0.1234567890123456789")], "List[Text]", ["0.1234567890123456789"]),
        (UUID(int=5), "Text", "00000000-0000-0000-0000-000000000005"),
        ([Color.RED], "List[Text]", ["red"]),
        (Color.RED, "Text", "red"),
        ([Size.LARGE, 4], "List[Int]", [3, 4]),
        ([Delivery(date(2024, 3, 1), 2)], "List[{ days: Int, due: Text }]", [{"due": "2024-03-01", "days": 2}]),
        (Supplier(name="Acme", since=datetime(2020, 1, 1)), None, {"name": "Acme", "since": "2020-01-01T00:00:00"}),
        ([Pair(1, "x")], "List[{ left: Int, right: Text }]", [{"left": 1, "right": "x"}]),
        ({10, 9, 2}, "List[Int]", [2, 9, 10]),
        (frozenset({"b", "a"}), "List[Text]", ["a", "b"]),
        (deque(["a"]), "List[Text]", ["a"]),
        (ChainMap({"a": 1}), "{ a: Int }", {"a": 1}),
        ((n * n for n in range(3)), "List[Int]", [0, 1, 4]),
        ({"a": 1}.values(), "List[Int]", [1]),
        ([{"raw": "naïve".encode()}], "List[{ raw: Text }]", [{"raw": "naïve"}]),
        (Array([1.5, 2.5]), "List[Float]", [1.5, 2.5]),
        (Array(7), "Int", 7),
        ({1: "one"}, "{ _1: Text }", {"_1": "one"}),
        (PolarsFrame(), "List[{ on: Text, who: Text }]", [{"who": "Acme", "on": "2024-03-01"}]),
        (io.StringIO("Acme was late."), "Text", "Acme was late."),
        (io.BytesIO("Müller".encode()), "Text", "Müller"),
        (bytearray(b"Acme"), "Text", "Acme"),
        (b"\xff\xfeA\0c\0m\0e\0", "Text", "Acme"),
    ],
)
def test_values_of_python_become_plain_data(value: Any, type_: str | None, data: Any) -> None:
    found, made, _ = read(value)
    assert made == data and (type_ is None or found == type_)
    assert type(made) in (str, int, float, list, dict, Table)


def test_missing_values_of_a_table_are_null_and_noted() -> None:
    rows = [{"sum": 1.5, "on": datetime(2024, 3, 1)}, {"sum": NAN, "on": NaTType(2000, 1, 1)}]
    type_, data, notes = read(Frame(rows))
    assert type_ == "List[{ on: Option[Text], sum: Option[Float] }]"
    assert data[1] == {"sum": None, "on": None} and notes == ("data: 2 missing values are null",)
    assert read(ArrowTable())[1] == [{"who": "Acme"}, {"who": None}]
    assert read(Array([1.5, NAN]))[1] == [1.5, None]


def test_a_nan_of_plain_data_is_refused() -> None:
    """Only in a table or an array it says that nothing is there."""
    with pytest.raises(InputProblem, match="not finite"):
        read([{"sum": NAN, "on": date(2024, 3, 1)}])


def test_an_index_with_a_meaning_is_a_column() -> None:
    assert read(Frame([{"sum": 1}], Index(["Bonn"])))[1] == [{"city": "Bonn", "sum": 1}]
    assert read(Frame([{"sum": 1}]))[1] == [{"sum": 1}]
    assert read(Frame([{("sum", "net"): 1}]))[1] == [{"sum_net": 1}]
    with pytest.raises(InputProblem, match="its index cannot become a column"):
        read(Frame([{"city": 1}], Index(["Bonn"])))


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: object(), TypeError, r"of type object is not supported \(use str, numbers"),
        (lambda: [complex(1, 2)], TypeError, "data.*complex is not supported"),
        (lambda: {None: 1}, TypeError, "the key None is not a string"),
        (lambda: {1: "a", "1": "b"}, TypeError, "two keys are '1'"),
        (lambda: [b"\xff"], InputProblem, "not UTF-8 text"),
        (lambda: b"\x89PNG\r\n", InputProblem, "data is an image"),
        (lambda: [Path("a.txt"), "b"], TypeError, "mixes Paths and other values"),
        (lambda: LazyFrame(), TypeError, "LazyFrame holds no rows yet; collect them first"),
        (lambda: TwiceNamed([{"a": 1}]), InputProblem, "two columns named 'a'"),
        (lambda: Wide([{"a": 1}]), InputProblem, "10,000,000 rows of 100 columns"),
        (lambda: dict, TypeError, "of type type is not supported"),
    ],
)
def test_what_has_no_counterpart_is_refused(make: Callable[[], Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        read(make())


def endless() -> Iterator[date]:
    for day in count(1):
        yield date.fromordinal(day % 1000 + 1)


@pytest.mark.parametrize("value", [endless(), [date(2024, 3, 1)] * 1_000, io.StringIO("x" * 20_000), b"x" * 20_000])
def test_values_have_the_limit_of_what_may_be_read(value: Any) -> None:
    with pytest.raises(InputProblem, match=r"the limit is 10\.0 KB"):
        read(value, most=10_000)


def test_data_that_contains_itself_is_refused() -> None:
    loop: list[Any] = [date(2024, 3, 1)]
    loop.append(loop)
    with pytest.raises(InputProblem, match="nested too deeply, or contains itself"):
        read(loop)


def test_a_path_inside_data_is_not_read_and_this_is_noted(tmp_path: Path) -> None:
    assert read([{"file": tmp_path / "a.txt"}])[1:] == (
        [{"file": str(tmp_path / "a.txt")}],
        ("data: paths inside data are given as text, their files are not read",),
    )


def test_paths_in_a_list_are_documents(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt"):
        (tmp_path / name).write_text(name[0])
    in_order = [tmp_path / "b.txt", tmp_path / "a.txt"]
    for paths, texts in (
        (in_order, ["b", "a"]),
        (set(in_order), ["a", "b"]),
        (iter(in_order), ["b", "a"]),
        (in_order[:1], ["b"]),
        (tmp_path.glob("a*"), ["a"]),
    ):
        inputs = from_values({"data": paths})
        assert [one["text"] for one in inputs.values["data"]] == texts
        assert show(inputs.types["data"]) == "List[{ name: Text, text: Text }]" and inputs.documents == {"data"}


def test_any_text_can_name_an_input() -> None:
    keys = ["my data", "my_data", "let", "query", "query_2", "2024", "合同", "task"]
    names = input_names(keys)
    assert names == {
        "my data": "my_data_2",
        "my_data": "my_data",
        "let": "let_2",
        "query": "query_3",
        "query_2": "query_2",
        "2024": "_2024",
        "合同": "input",
        "task": "task",
    }
    assert set(from_values(dict.fromkeys(names.values(), "x")).types) == set(names.values())


def test_texts_of_a_table_are_read_as_those_of_a_file() -> None:
    rows = [{"due": "31/01/2023", "price": "1.234,50"}, {"due": "01/02/2023", "price": "2,5"}]
    inputs = from_values({"table": Frame(rows), "plain": rows})
    assert inputs.values["table"] == [{"due": "2023-01-31", "price": "1234.5"}, {"due": "2023-02-01", "price": "2.5"}]
    assert inputs.values["plain"] == rows
    assert any("field 'due' has 2 dates" in note for note in inputs.notes)
