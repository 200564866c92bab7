"""The code table explains by example: every bad program yields exactly its code, every fixed one none."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from lambda_rlm.codes import CODES, Code
from lambda_rlm.diagnostics import Severity
from lambda_rlm.types.parse_type import parse_type
from tests.cases import Case

ROWS = sorted(CODES.values(), key=lambda row: row.code)
STATIC = [row for row in ROWS if row.code[1:3] in ("01", "02", "03")]
DYNAMIC = [row for row in ROWS if row.code[1:3] in ("04", "05")]


def case_of(row: Code, program: str) -> Case:
    extra = {name: parse_type(type_) for name, type_ in row.inputs.items()}
    inputs = {"context": parse_type("Text"), "query": parse_type("Text"), **extra}
    values: Mapping[str, object] = {"context": "", "query": "", **row.values}
    return Case(row.code, program, inputs=inputs, values=dict(values), rules=list(row.replies))


def codes_of(case: Case) -> set[str]:
    return {d.code for d in case.check().diagnostics}


@pytest.mark.parametrize("row", STATIC, ids=lambda row: row.code)
def test_the_bad_program_yields_exactly_its_code(row: Code) -> None:
    checked = case_of(row, row.bad).check()
    assert {d.code for d in checked.diagnostics} == {row.code}
    is_error = any(d.severity is Severity.ERROR for d in checked.diagnostics)
    assert checked.ok != is_error


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.code)
def test_the_fixed_program_is_accepted_without_a_word(row: Code) -> None:
    assert codes_of(case_of(row, row.fixed)) == set()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.code)
def test_a_row_explains_itself(row: Code) -> None:
    assert row.title
    assert not row.title.endswith(".")
    assert len(row.text) > 40
    assert row.text.rstrip().endswith((".", "`", "…"))
