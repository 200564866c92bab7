"""The rows of `extract` are in the order that is asked: of the text, or of a column by its values; repeats where these are wanted."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest

from lambda_rlm.budget.budget import Budget
from lambda_rlm.inputs import from_values
from lambda_rlm.llm.scripted import ScriptedModel
from tests.stdlib.test_strategies import NARROW, WIDE, asked
from tests.support.answering import ask
from tests.support.faithful import Faithful, plans

pytestmark = pytest.mark.slow


def listed(cells: list[str], order: str | None, **plan: Any) -> tuple[list[str], list[str]]:
    """The cells of the only column in the order of the answer, and what is told below; the model lists them last first."""
    text = "\n".join(f"Row {n} has ⟨{cell}⟩." for n, cell in enumerate(cells))
    rows = [{"quote": f"Row {n} has ⟨{cell}⟩.", "values": [cell]} for n, cell in enumerate(cells)]
    columns = {"columns": ["what"], "order": order and {"column": "what", "first": order}, "most": None, "repeats": None} | plan
    model = ScriptedModel.from_rules(
        [("Which columns", json.dumps(columns)), ("List what is asked", json.dumps({"reply": rows[::-1]}))], WIDE
    )
    run = anyio.run(lambda: ask("What?", from_values({"context": text}), model, Budget(), choice="plan", task="extract"))
    assert run.fault is None, run.fault
    lines = str(run.value).split("\n")[1:]
    return [line.split(" | ")[0] for line in lines if " | " in line], [line for line in lines if " | " not in line]


@pytest.mark.parametrize(
    ("order", "cells", "expected"),
    [
        (None, ["b", "a", "c"], ["b", "a", "c"]),
        ("lowest", ["Bob", "ann", "Cy"], ["ann", "Bob", "Cy"]),
        ("lowest", ["$1,200.50", "$30", "$4"], ["$4", "$30", "$1,200.50"]),
        ("highest", ["1.200,50 €", "30 €", "1.100 €"], ["1.200,50 €", "1.100 €", "30 €"]),
        ("highest", [str(2**53), str(2**53 + 1), "-3"], [str(2**53 + 1), str(2**53), "-3"]),
        ("lowest", ["13/2/2023", "1/3/2023", "2/1/2023"], ["2/1/2023", "13/2/2023", "1/3/2023"]),
        ("lowest", ["2023-05", "2023-04-30", "Jan 5, 2023"], ["Jan 5, 2023", "2023-04-30", "2023-05"]),
        # Of equal values the first of the text is first, whichever end is asked for.
        ("highest", ["7", "7.00", "9", "7.0"], ["9", "7", "7.00", "7.0"]),
        # Several units have no order of numbers.
        ("lowest", ["5 kg", "300 g", "40 m"], ["300 g", "40 m", "5 kg"]),
    ],
)
def test_rows_are_in_the_order_of_their_values(order: str | None, cells: list[str], expected: list[str]) -> None:
    assert listed(cells, order) == (expected, [])


def test_what_has_no_place_in_the_order_is_last_and_told() -> None:
    rows, told = listed(["10", "about", "9"], "lowest")
    assert rows == ["9", "10", "about"]
    assert told == ["(1 of 3 rows are last: this has no place in the order of `what`: about)"]
    assert listed(["b", "a"], "lowest", columns=["which"]) == (
        ["b", "a"],
        ["(in the order of the text: there is no column `what`)"],
    )


@pytest.mark.parametrize(("repeats", "expected"), [(None, ["a", "b"]), (False, ["a", "b"]), (True, ["a", "b", "a"])])
def test_the_same_case_is_listed_again_where_repeats_are_wanted(repeats: bool | None, expected: list[str]) -> None:
    assert listed(["a", "b", "a"], None, repeats=repeats)[0] == expected


def test_parts_that_overlap_repeat_nothing() -> None:
    """Each mention once, though the parts of the text share their ends."""
    text = "".join(f"Line {n} of the book says [k{n % 7}=v{n}].\n" for n in range(400))
    columns = {**plans([])["Which columns"], "repeats": True}
    model = Faithful(NARROW, {"Which columns": columns})
    run = anyio.run(lambda: ask("What?", from_values({"context": text}), model, Budget(), choice="plan", task="extract"))
    assert [line.split(" | ")[1] for line in str(run.value).split("\n")[1:]] == [f"v{n}" for n in range(400)]
    assert run.usage.calls > 3
    assert run.value == asked("extract", {"context": text}, NARROW, "What?").value
