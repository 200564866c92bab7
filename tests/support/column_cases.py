"""One program over one table, run with columns and without, and everything that can be told about the two runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import pytest

from lambda_rlm.bounds.admit import defer
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import ModelProfile
from lambda_rlm.diagnostics.faults import Fault
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.eval.compile.columns.report import COLUMNS, WORTH, Tried, Worth, watched
from lambda_rlm.eval.evaluate import evaluate_pure
from lambda_rlm.eval.plain import to_plain, to_value
from lambda_rlm.eval.rows import TableValue, is_read
from lambda_rlm.eval.value import Derived, Document, Origin, Reply, Rope, Stretch, Text, Value
from lambda_rlm.syntax.parse import parse
from lambda_rlm.table import ArrowCells, CodedCells, PlainCells, Table, TableColumn
from lambda_rlm.types.infer import infer
from lambda_rlm.types.parse_type import parse_type
from lambda_rlm.types.typed import Typed
from tests.support.column_programs import TYPE

pa = pytest.importorskip("pyarrow", reason="the extra `tables`")
pytest.importorskip("pyarrow.compute", reason="the extra `tables`")  # the kernels are used where they are loaded

_PROFILE: Final = ModelProfile(name="none", window=32_768, max_output=4_096)
_TYPES: Final = {"context": parse_type(TYPE), "query": parse_type("Text")}
_CITIES: Final = ["Oslo", " oslo", "Oslo ", "Bergen", "Ærø ✈", "", "łódź", "OSLO", "𝔘lm"]
_KINDS: Final[dict[str, Any]] = {"quantity": "int", "price": "float", "discount": "float", "open": "bool"}


def table(seed: int, form: str) -> Table:
    """A table from a seed, held as `form` says: plain, arrow, chunks or codes."""
    chance = Random(seed)
    n = chance.choice([64, 70, 100, 130, 260])
    cities = chance.sample(_CITIES, chance.choice([1, 3, 9]))
    if chance.random() < 0.15:
        cities.append(chance.choice(["x" * 300, "ż" * 256, "y" * 255]))
    quantities: list[int] = chance.choice(
        [[1, 2, 3], list(range(-9, 90)), [0, 2**62, -(2**63), 2**63 - 1, 5], [2**53, 2**53 + 1]]
    )
    prices: list[float] = chance.choice(
        [[0.5, 1.25], [chance.uniform(-99, 99) for _ in range(200)], [0.0, -0.0, 1e308, -1e308, 5e-324]]
    )
    days = [f"2024-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}" for _ in range(5)] + [
        "5 Jan 2024",
        "junk",
        " 2024-02-30",
    ]
    missing = chance.choice([0.0, 0.3, 1.0])

    def maybe(value: Any) -> Any:
        return None if chance.random() < missing else value

    cells: dict[str, list[Any]] = {
        "id": [f"r{chance.choice([row, row, 7])}" for row in range(n)],
        "city": [chance.choice(cities) for _ in range(n)],
        "day": [chance.choice(days) for _ in range(n)],
        "note": [maybe(chance.choice(cities)) for _ in range(n)],
        "kind": [chance.choice("ab") for _ in range(n)],
        "quantity": [chance.choice(quantities) for _ in range(n)],
        "price": [chance.choice(prices) for _ in range(n)],
        "discount": [maybe(chance.choice(prices)) for _ in range(n)],
        "open": [chance.random() < 0.5 for _ in range(n)],
    }
    return Table([_column(name, values, form) for name, values in cells.items()], n)


def _column(name: str, values: list[Any], form: str) -> TableColumn:
    kind = _KINDS.get(name, "text")
    cells: Any = PlainCells(values)
    if form in ("arrow", "chunks"):
        array = pa.array(values, {"int": pa.int64(), "float": pa.float64(), "bool": pa.bool_(), "text": pa.string()}[kind])
        half = len(values) // 2
        cells = ArrowCells(pa.chunked_array([array.slice(0, half), array.slice(half)]) if form == "chunks" else array)
    elif form == "codes" and kind == "text":
        different = list(dict.fromkeys(value for value in values if value is not None))
        numbers = {value: number for number, value in enumerate(different)}
        codes = [None if value is None else numbers[value] for value in values]
        cells = CodedCells(different, codes if name == "city" else pa.array(codes, pa.int32()))
    return TableColumn(name, kind, None in values, cells)


EVERYTHING: Final = Worth(1, 0)
"""Columns are tried however few rows there are, and however different."""


@dataclass(frozen=True, slots=True)
class Told:
    """What can be told about a run: its plain value or its fault, what it was charged, where the texts of its value come from and
    which are read, and which cells of the input are."""

    value: Any
    fault: tuple[Any, ...] | None
    steps: int
    bytes: int
    origins: Any
    cells: Any


def checked(program: str) -> Typed:
    """A program over the table."""
    return infer(parse(SourceFile("program", program)), _TYPES)


def told(
    typed: Typed,
    data: Table,
    fuel: int,
    *,
    by_columns: bool,
    worth: Worth = EVERYTHING,
    memory: int = 10**11,
    reader: Meter | None = None,
) -> tuple[Told, Sequence[Tried]]:
    """A run, and the terms that were tried by columns; with a meter that has read the rows, where that is not the run's."""
    budget = Budget(fuel=fuel, fuel_per_character=0, memory=memory)
    meter = Meter(budget)
    inputs = {"context": to_value(data, _TYPES["context"], "context", reader or meter, [])}
    inputs["query"] = to_value("fewer words", _TYPES["query"], "query", meter, [])
    token, other = COLUMNS.set(by_columns), WORTH.set(worth)
    value, fault = None, None
    with watched() as tried:
        try:
            value = evaluate_pure(defer(typed, budget, _PROFILE), inputs, meter)
        except Fault as stopped:
            fault = stopped.code, str(stopped), getattr(stopped, "span", None)
        finally:
            COLUMNS.reset(token)
            WORTH.reset(other)
    steps, size = meter.steps, meter.bytes
    rows = inputs["context"]
    assert isinstance(rows, TableValue)
    meter.fuel = 10**12
    origins = None if fault else _origins(value)
    cells = None if fault else [_read(row) for row in rows.made()]
    plain = None if fault else to_plain(value, typed.type)
    return Told(repr(plain), fault, steps, size, origins, cells), tried


def _read(row: Value) -> list[bool]:
    texts = [cell[0] if isinstance(cell, tuple) else cell for cell in row]
    return [is_read(text) for text in texts if isinstance(text, Text)]


def _origins(value: Value) -> Any:
    """Where each text of a value comes from, and whether it has been read."""
    if isinstance(value, list | tuple):
        return [_origins(part) for part in value]
    if isinstance(value, Text):
        place = (value.start, value.n, type(value).__name__, is_read(value))
        return place, _origin(value.origin if not isinstance(value, Rope) else value)
    return type(value).__name__


def _origin(origin: Origin | None) -> Any:
    match origin:
        case Document():
            return origin.name
        case Stretch():
            return origin.document.name, origin.start, origin.end
        case Derived(parents=parents):
            return [_origin(parent) for parent in parents]
        case Rope(pieces=pieces):
            return [_origins(piece) for piece in pieces]
        case Reply():
            return "reply"
    return None
