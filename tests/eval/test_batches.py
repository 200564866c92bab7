"""Loops over many elements at a time give what the same loops give one by one."""

from __future__ import annotations

from typing import Any

import pytest

from lambda_rlm.budget.budget import Budget
from tests.properties.test_batches import NEVER, evaluated

KINDS = ["x", "yy", "zzz"]
ROWS: list[dict[str, Any]] = [
    {
        "a": at % 4,
        "b": at,
        "f": at / 2,
        "g": -0.0,
        "t": f"t{at % 5}",
        "u": "u",
        "o": None if at % 3 else "o",
        "k": KINDS[at % 3],
    }
    for at in range(40)
]


@pytest.mark.parametrize("value", ["r.t", "r.o", "r.f", "r"])
@pytest.mark.parametrize("body", ["if r.a > 1 then {0} else {0}", 'match r.k {{ "x" => {0}, _ => {0} }}'])
def test_what_has_no_order_may_be_chosen(value: str, body: str) -> None:
    program = f"map(rows, fn(r) => {body.format(value)})"
    data, budget = {"rows": ROWS, "xs": [1, 2], "ys": [1], "query": "q"}, Budget()
    many, single = (evaluated(program, data, few, budget) for few in (0, NEVER))
    assert many == single
    assert many[0] != "fault"


@pytest.mark.parametrize(
    "body", ["r.a - 9223372036854775807 - 3", "r.a + 9223372036854775806", "(r.a - 2) * 9223372036854775807"]
)
def test_an_int_that_leaves_64_bits_is_at_fault(body: str) -> None:
    data, budget = {"rows": ROWS, "xs": [1, 2], "ys": [1], "query": "q"}, Budget()
    many, single = (evaluated(f"map(rows, fn(r) => {body})", data, few, budget) for few in (0, NEVER))
    assert many == single
    assert many[:2] == ("fault", "E0411")
