"""Bounds where the data calls fields by names that are no identifiers: `to_json` writes those, and the bound counts them."""

from __future__ import annotations

from typing import Any

import pytest

from lambda_rlm.budget.budget import Budget
from lambda_rlm.eval.asking.asker import AskSettings
from lambda_rlm.execution.check import check, for_inputs
from lambda_rlm.inputs import from_values
from tests.bounds.test_bounds import BUDGET, PROFILE, holds
from tests.support.adversary import Adversary
from tests.support.bounding import Trial

ROWS: dict[str, list[dict[str, Any]]] = {
    "wider than their identifiers": [{"имя сотрудника полностью": n, "𝒳" * 40: n + 1} for n in range(9)],
    "escapes": [{'"\n\x01' * 20: n} for n in range(9)],
    "narrower": [{"#": "x" * n, "é": n} for n in range(9)],
    "below others": [{"адрес": {"город": "a" * n}, "пути": [{"имя": n}] * 3} for n in range(9)],
    "very long": [{"я" * 5_000: n} for n in range(9)],
}
PROGRAMS = (
    'map(rows, fn(r) => llm_call(to_json(r))) |> join("")',
    "llm_call(to_json(rows))",
    'llm_call(map(rows, to_json) |> join("\\n"))',
    "llm_call(to_json(parse[List[{ x: Option[Int], field: Option[Int] }]](to_json(rows)) ?? []))",
)


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("rows", ROWS.values(), ids=list(ROWS))
def test_the_bound_counts_the_names_that_are_written(program: str, rows: list[dict[str, Any]]) -> None:
    inputs = from_values({"rows": rows})
    found = check(program, inputs.types)
    assert found.typed is not None
    settings = AskSettings(key=b"tests", out=40, item_out=8)
    holds(Trial(found.typed, {"query": "why?", **inputs.values}, Adversary(PROFILE, "longest"), settings, BUDGET))


def test_a_program_for_other_rows_takes_over_their_names() -> None:
    before, now = (from_values({"rows": [{key: 1}]}).types for key in ("город", "имя"))
    admitted = check("to_json(rows)", before).admit(Budget())
    assert admitted.typed.called == {"field": "город"}
    assert for_inputs(admitted, now).typed.called == {"field": "имя"}
    assert for_inputs(admitted, before) is admitted
