"""Every explained failure of a model happens as explained, and the fixed program does not have it."""

from __future__ import annotations

import anyio
import pytest

import lambda_rlm
from lambda_rlm.codes.code import Code
from lambda_rlm.codes.model import TABLE
from lambda_rlm.cost.budget import Budget
from lambda_rlm.faults import Fault
from lambda_rlm.llm.failures import FATES
from lambda_rlm.llm.scripted import ScriptedModel

CONTEXT = "It was a bright cold day in April, and the clocks were striking thirteen.\n" * 40


def outcome(row: Code, program: str) -> str | None:
    """The code of the fault that a program of the row ends in."""
    rules = [{"match": match, "failure": code} for match, code in row.failures]
    model = ScriptedModel.from_rules([*rules, *row.replies])
    inputs = {"context": CONTEXT, **row.values}
    checked = lambda_rlm.check(program, inputs)
    assert checked.ok, [each.message for each in checked.diagnostics]
    try:
        anyio.run(lambda: lambda_rlm.run(checked.admit(Budget()), inputs, model, query="What?", strict=row.is_strict))
    except Fault as fault:
        return fault.code
    return None


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.code)
def test_the_bad_program_has_just_this_fault_and_the_fixed_one_none(row: Code) -> None:
    assert outcome(row, row.bad) == row.code
    assert outcome(row, row.fixed) is None


def test_every_way_to_fail_is_explained() -> None:
    assert sorted(FATES) == sorted({row.code for row in TABLE} - {"E0516"})
