"""A table is the list of its rows wherever plain data is looked at."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.answering.rounds.patterns import texts_in
from lambda_rlm.bounds.declared import Size, excess
from lambda_rlm.completion import ModelProfile
from lambda_rlm.evidence.answer import Basis
from lambda_rlm.evidence.counted import counted, number_cells
from lambda_rlm.execution.prepare import _texts
from lambda_rlm.execution.prospect import _sample
from lambda_rlm.execution.what_runs import _input
from lambda_rlm.inputs import from_values
from lambda_rlm.inputs.gather import _is_blank, written
from lambda_rlm.inputs.shape import shaped
from lambda_rlm.journal.report.claims import text_at
from lambda_rlm.plan.input_kind import kind_of
from lambda_rlm.plan.measure import measure
from lambda_rlm.plan.split import arm
from lambda_rlm.synth.input_shape import shape
from lambda_rlm.synth.layout.layout import layout_of
from lambda_rlm.synth.task import _beginning
from lambda_rlm.table import (
    ArrowCells,
    CodedCells,
    ColumnKind,
    PlainCells,
    Table,
    TableColumn,
    are_documents,
    as_lists,
    is_list,
)
from lambda_rlm.types.type import Type

KINDS: dict[ColumnKind, st.SearchStrategy[Any]] = {
    "text": st.text(max_size=4) | st.sampled_from(["", "a", "ä", '"\\', "\n", "\x01", "\u2028", "\U0001f600", "12"]),
    "int": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "bool": st.booleans(),
}
NAMES = st.sampled_from(["name", "text", "a", "b_2", "Zz"])


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Rows of simple fields, held in any way."""
    names = draw(st.sampled_from([["name", "text"], ["text", "name"], ["a"]]) | st.lists(NAMES, min_size=1, unique=True))
    count = draw(st.integers(0, 8))
    columns = []
    for name in names:
        kind = draw(st.sampled_from(list(KINDS)))
        values = draw(st.lists(KINDS[kind], min_size=count, max_size=count))
        has_missing = draw(st.booleans())
        values = [None if has_missing and draw(st.integers(0, 3)) == 0 else value for value in values]
        columns.append(TableColumn(name, kind, has_missing, draw(st.sampled_from([PlainCells, coded, arrow]))(values)))
    return Table(columns, count)


def coded(values: list[Any]) -> CodedCells:
    different = list(dict.fromkeys(value for value in map(repr, values) if value != "None"))
    of = {repr(value): value for value in values}
    return CodedCells([of[one] for one in different], [None if v is None else different.index(repr(v)) for v in values])


def arrow(values: list[Any]) -> Any:
    pa = pytest.importorskip("pyarrow", reason="the extra `tables`")
    return ArrowCells(pa.array(values))


def type_of(rows: Table) -> Type:
    return shaped(rows, "context").type


USES: dict[str, Callable[[Any, Type], Any]] = {
    "lists": lambda data, _: (is_list(data), bool(data), len(data), list(data), data[1:3], data[::2], data[-1:]),
    "documents": lambda data, _: (are_documents(data), _is_blank(data)),
    "JSON": lambda data, _: "".join(written(data)),
    "ASCII": lambda data, _: "".join(written(data, json.JSONEncoder(sort_keys=True))),
    "what runs": lambda data, type_: _input("context", type_, data),
    "sizes": lambda data, _: (
        [excess(Size(4, 4, count), data) for count in (None, 0, 5)] + [excess(Size(9**9, None, 9, 1), data)]
    ),
    "shape": lambda data, type_: shape("context", type_, data),
    "layout": lambda data, type_: layout_of(type_, data),
    "documents as shapes": lambda data, type_: (
        (layout_of(type_, data, is_documents=True), shape("context", type_, data, is_documents=True))
        if are_texts(data)
        else None
    ),
    "beginning": lambda data, _: [_beginning(data, peek) for peek in (1, 30, 1_000)],
    "texts": lambda data, _: (list(texts_in(data)), list(_texts([data]))),
    "kind": lambda data, _: (kind_of({"context": data}), kind_of({"context": data, "other": "a b c"})),
    "sample": lambda data, _: _sample({"context": data}),
    "split": lambda data, _: arm({"direct": 0.3, "plan": 0.3, "synth": 0.4}, {"context": data}),
    "measure": lambda data, _: measured(data),
    "places": lambda data, _: [
        text_at({"context": data}, f"context[{at}].{name}") for at in (0, 7, 8) for name in ("a", "text")
    ],
    "cells": lambda data, _: (number_cells({"t": data}, None), number_cells({"t": data}, {"t": set(range(len(data)))})),
    "sums": lambda data, _: [counted(number, "the a of it", basis(data)) for number in (0, 1, 1.5, -3)],
}


def are_texts(data: Any) -> bool:
    return are_documents(data) and all(isinstance(row["name"], str) and isinstance(row["text"], str) for row in data)


def measured(data: Any) -> Any:
    counts: list[str] = []

    def count(messages: Any) -> int:
        counts.append(messages[0].content)
        return len(messages[0].content)

    model: Any = SimpleNamespace(profile=ModelProfile(name="m", window=1_000, max_output=10), count_tokens=count)
    return measure({"context": data}, model), counts


def basis(data: Any) -> Basis:
    return Basis((), {}, {}, (), {}, (), {"t": data} if data else {}, {}, "")


@given(tables())
def test_a_table_is_the_list_of_its_rows(table: Table) -> None:
    rows, type_ = as_lists(table), type_of(table)
    assert type(rows) is list and rows == table and table == rows
    for name, use in USES.items():
        assert repr(use(table, type_)) == repr(use(rows, type_)), name


@given(tables())
def test_rows_that_a_host_gives_are_held_as_columns(table: Table) -> None:
    rows = [dict(row) for row in table]
    inputs = from_values({"context": rows})
    assert inputs.values["context"] == rows == list(table)  # and the host's own are as they were
    assert isinstance(inputs.values["context"], Table) == bool(rows)
    assert inputs.digest("context").characters == len(json.dumps(rows, ensure_ascii=False))
