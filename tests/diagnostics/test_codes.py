"""The code table explains by example: every bad program yields exactly its code, every fixed one none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

import anyio
import pytest

from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.pool import Pool
from lambda_rlm.diagnostics.codes import CODES, Code
from lambda_rlm.diagnostics.diagnostic import Rejected, Severity
from lambda_rlm.execution.execute import Options, execute
from lambda_rlm.execution.host_functions import primitive
from lambda_rlm.execution.run import Run
from lambda_rlm.llm.scripted import DEFAULT_PROFILE, ScriptedModel
from lambda_rlm.types.parse_type import parse_type
from tests.support.cases import Case
from tests.support.ungated import execute_ungated

ROWS = sorted(CODES.values(), key=lambda row: row.code)
STATIC = [row for row in ROWS if row.code[1:3] in ("01", "02")]
GATED = [row for row in ROWS if row.code[1:3] == "03"]
DYNAMIC = [row for row in ROWS if row.code[1:3] in ("04", "05")]


def case_of(row: Code, program: str) -> Case:
    extra = {name: parse_type(type_) for name, type_ in row.inputs.items()}
    inputs = {"context": parse_type("Text"), "query": parse_type("Text"), **extra}
    functions = [primitive(name, type_)(_table(found)) for name, (type_, found) in row.functions.items()]
    return Case(row.code, program, inputs=inputs, primitives=tuple(functions))


def _table(found: dict[str, object]) -> Callable[[str], object]:
    return lambda argument: found[argument]


def codes_of(case: Case) -> set[str]:
    return {d.code for d in case.check().diagnostics}


def run_of(row: Code, program: str, run: Callable[..., Awaitable[Run]] = execute) -> Run:
    values: dict[str, Any] = {"context": "a line\nanother", "query": "the question", **row.values}
    rules = [{"match": match, "failure": code} for match, code in row.failures]
    rules += [{"match": match, "reply": reply} for match, reply in row.replies]
    priced = replace(DEFAULT_PROFILE, input_price=0.001, output_price=0.001)
    model = ScriptedModel.from_rules(rules, priced if "usd" in row.budget else DEFAULT_PROFILE)
    limits: dict[str, Any] = {name: limit for name, limit in row.budget.items() if name != "pool"}
    pool = Pool(int(row.budget["pool"]), 0) if "pool" in row.budget else None
    admitted = case_of(row, program).check().admit(Budget(**limits), model.profile)
    given = {name: values[name] for name in admitted.typed.inputs}
    return anyio.run(partial(run, admitted, given, model, options=Options(is_strict=row.is_strict, pool=pool)))


@pytest.mark.parametrize("row", STATIC, ids=lambda row: row.code)
def test_the_bad_program_yields_exactly_its_code(row: Code) -> None:
    checked = case_of(row, row.bad).check()
    assert {d.code for d in checked.diagnostics} == {row.code}
    is_error = any(d.severity is Severity.ERROR for d in checked.diagnostics)
    assert checked.ok != is_error


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.code)
def test_the_fixed_program_is_accepted_without_a_word(row: Code) -> None:
    assert codes_of(case_of(row, row.fixed)) == set()


@pytest.mark.slow
@pytest.mark.parametrize("row", DYNAMIC, ids=lambda row: row.code)
def test_a_bad_program_stops_with_its_code_and_its_fix_runs(row: Code) -> None:
    assert codes_of(case_of(row, row.bad)) == set()
    bad = run_of(row, row.bad, execute if "pool" in row.budget else execute_ungated)  # the bound of a run says its pool
    assert bad.fault is not None
    assert bad.fault.code == row.code
    assert run_of(row, row.fixed, execute_ungated).fault is None


@pytest.mark.parametrize("row", GATED, ids=lambda row: row.code)
def test_the_gate_refuses_exactly_the_bad_program_of_a_code(row: Code) -> None:
    with pytest.raises(Rejected) as refused:
        run_of(row, row.bad)
    assert {d.code for d in refused.value.diagnostics} == {row.code}
    assert run_of(row, row.fixed).fault is None


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.code)
def test_a_row_explains_itself(row: Code) -> None:
    assert row.title
    assert not row.title.endswith(".")
    assert len(row.text) > 40
    assert row.text.rstrip().endswith((".", "`", "…"))
