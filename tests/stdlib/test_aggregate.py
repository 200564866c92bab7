"""What `aggregate` computes from a plan: every question, test and condition it knows, on seven items."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from lambda_rlm.budget.budget import Budget
from lambda_rlm.inputs import from_values
from tests.stdlib.test_strategies import WIDE
from tests.support.answering import ask
from tests.support.faithful import Faithful, plans

ITEMS = "\n".join(
    [
        "Date: Jan 5, 2023 | User: u1 | Size: 9 | Note: [k=bees]",
        "Date: Jan 20, 2023 | User: u2 | Size: 10 | Note: [k=goats]",
        "Date: Feb 3, 2023 | User: u1 | Size: 11 | Note: [k=goats]",
        "Date: Feb 10, 2023 | User: u3 | Size: 2 | Note: [k=bees]",
        "Date: Feb 11, 2023 | User: u1 | Size: 100 | Note: [k=bees]",
        "Date: Mar 1, 2023 | User: u2 | Size: 30 | Note: [k=bees]",
        "Date: Mar 1, 2023 | User: u9 | Size: 9 | Note: nothing",
    ]
)


def that(field: str, test: str, *values: str) -> dict[str, Any]:
    return {"field": field, "test": test, "values": list(values)}


BEES, GOATS = that("label", "is", "bees"), that("label", "is", "Goats")
MONTH, SHARES = {"by": "month of Date", "first": [BEES], "second": [GOATS]}, "compare shares"
CASES: list[tuple[str, dict[str, Any]]] = [
    ("4", {"first": [BEES]}),
    ("7", {"first": []}),
    ("2", {"where": [that("month name of Date", "is", "february")], "first": [BEES]}),
    ("1", {"where": [that("month of Date", "is", "2023-01")], "first": [BEES]}),
    ("2", {"where": [that("Date", "from", "2023-02-03"), that("date", "to", "Feb 10, 2023")], "first": []}),
    ("2", {"where": [that("Date", "after", "10 February 2023")], "first": [BEES]}),
    ("4", {"where": [that("User", "is not", "u1")], "first": []}),
    ("5", {"where": [that("User", "is", "U1", "u2")], "first": []}),
    ("4", {"where": [that("Size", "after", "9"), that("Size", "before", "101")], "first": []}),
    ("1", {"where": [that("label", "is not", "bees", "goats")], "first": []}),
    ("6", {"where": [that("Note", "contains", "K=")], "first": []}),
    ("bees are more common", {"ask": "compare", "first": [BEES], "second": [GOATS], "form": "bees are [X]", "words": ["more common", "rarer", "alike"]}),
    ("fewer", {"ask": "compare", "first": [GOATS], "second": [BEES]}),
    ("the same", {"ask": "compare", "first": [GOATS], "second": [GOATS]}),
    ("fewer", {"ask": "compare", "first": [BEES, that("Date", "before", "2023-01-10")], "second": [BEES, that("Date", "after", "2023-01-10")]}),
    ("more", {"ask": SHARES, "first": [BEES, that("Date", "before", "2023-01-10")], "second": [BEES, that("Date", "after", "2023-01-10")]}),
    ("u1", {"ask": "most", "by": "User", "number": 1, "first": [BEES]}),
    ("u2, u3", {"ask": "most", "by": "User", "number": 2, "first": [BEES]}),
    ("u9", {"ask": "least", "by": "User", "number": 0, "first": [BEES]}),
    ("none", {"ask": "most", "by": "User", "number": 9, "first": []}),
    ("none", {"ask": "least", "by": "label", "first": []}),
    ("03/01/2023", {"ask": "most", "by": "Date", "first": [], "dates": "MM/DD/YYYY"}),
    ("Mar 1, 2023", {"ask": "most", "by": "Date", "first": []}),
    ("2", {**MONTH, "ask": "groups", "test": "more than second"}),
    ("1", {**MONTH, "ask": "groups", "test": "most of all labels"}),
    ("1", {"ask": "groups", "by": "Date", "test": "exactly", "number": 2, "first": []}),
    ("3", {"ask": "groups", "by": "User", "test": "at least", "number": 1, "first": [BEES]}),
    ("3", {"ask": "groups", "by": "User", "test": "at most", "number": 1, "first": [BEES]}),
    ("February 2023", {**MONTH, "ask": "earliest", "test": "more than second", "dates": "Month YYYY"}),
    ("2023-03", {**MONTH, "ask": "latest", "test": "more than second"}),
    ("none", {**MONTH, "ask": "earliest", "test": "exactly", "number": 8}),
    ("bees: 4\ngoats: 2\nnone: 1", {"ask": "table", "by": "label", "first": []}),
    ("The text has no field `Dote`.", {"where": [that("Dote", "is", "x")]}),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("expected", "changes"), CASES, ids=range(len(CASES)))
def test_what_is_counted_is_what_the_plan_says(expected: str, changes: dict[str, Any]) -> None:
    counting = "Say what has to be counted"
    plan = {**plans(["bees", "goats", "none"])[counting], **changes}
    model = Faithful(WIDE, {counting: plan})
    given = from_values({"context": ITEMS})
    run = anyio.run(lambda: ask("How many?", given, model, Budget(), choice="plan", task="aggregate"))
    assert run.value == expected


ROLES: list[tuple[str, dict[str, Any]]] = [
    ("(u1, u2)\n(u1, u3)\n(u2, u3)", {}),
    ("(u1, u2)", {"one": {"needs": [{"labels": ["goats"], "test": "exactly", "number": 1}], "rules": []}, "other": None}),
    ("(u1, u9)\n(u2, u9)\n(u3, u9)", {"other": {"needs": [{"labels": ["bees"], "test": "at most", "number": 0}], "rules": []}}),
    ("(u1, u9)\n(u2, u9)\n(u3, u9)", {"one": {"needs": [{"labels": ["bees"], "test": "at most", "number": 0}], "rules": []}}),
    ("(u1, u3)", {"rules": [{"labels": ["bees"], "must": that("Date", "before", "2023-02-20")}]}),
    ("none", {"one": {"needs": [{"labels": ["bees"], "test": "at least", "number": 3}], "rules": []}}),
    ("The text has no field `who`.", {"by": "who"}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("expected", "changes"), ROLES, ids=range(len(ROLES)))
def test_pairs_are_those_of_the_two_roles_each_once_and_in_order(expected: str, changes: dict[str, Any]) -> None:
    pairing = "Say what makes a pair"
    role = {"needs": [{"labels": ["bees"], "test": "at least", "number": 1}], "rules": changes.get("rules", [])}
    plan = {**plans(["bees", "goats", "none"])[pairing], "by": "User", "one": role, "other": role, **changes}
    plan["other"] = plan["other"] or plan["one"]
    model = Faithful(WIDE, {pairing: plan})
    run = anyio.run(
        lambda: ask("Which pairs?", from_values({"context": ITEMS}), model, Budget(), choice="plan", task="pairwise")
    )
    assert run.value == expected


@pytest.mark.slow
@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (("13/2/2023", "1/3/2023", "2/3/2023"), "(u1, u2)"),
        (("2/13/2023", "3/1/2023", "3/2/2023"), "(u1, u2)"),
        (("1/2/2023", "2/2/2023", "1/3/2023"), "2 of 3 items have no clear date in `Day`, such as 1/2/2023.\nnone"),
    ],
)
def test_pairs_read_dates_in_the_order_of_their_column(days: tuple[str, ...], expected: str) -> None:
    """`u3` wrote after the first of March, which only the column tells; a date that could be two fulfils nothing, and is told."""
    text = "\n".join(f"User: u{n} | Day: {day} | Note: [k=bees]" for n, day in enumerate(days, 1))
    pairing = "Say what makes a pair"
    role = {
        "needs": [{"labels": ["bees"], "test": "at least", "number": 1}],
        "rules": [{"labels": ["bees"], "must": that("Day", "to", "2023-03-01")}],
    }
    model = Faithful(WIDE, {pairing: {**plans(["bees"])[pairing], "by": "User", "one": role, "other": role}})
    inputs = from_values({"context": text})
    run = anyio.run(lambda: ask("Which pairs?", inputs, model, Budget(), choice="plan", task="pairwise"))
    assert run.value == expected
