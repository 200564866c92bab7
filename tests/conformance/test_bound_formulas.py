"""The suite `bounds`: what a program can cost at most, as formulas in the sizes of its inputs, and their values at some sizes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.bound_cases import COMPONENTS, components, read_bound_case
from tests.support.formulas import FormulaProblem, value_of
from tests.support.places import CONFORMANCE

ACCEPTED = sorted((CONFORMANCE / "bounds" / "accept").glob("*.lam"))
REJECTED = sorted((CONFORMANCE / "bounds" / "reject").glob("*.lam"))


@pytest.mark.parametrize("path", ACCEPTED, ids=lambda p: p.stem)
def test_the_bound_is_the_one_stated(path: Path) -> None:
    case = read_bound_case(path)
    assert set(case.formulas) == set(COMPONENTS)
    assert len(case.columns) >= 2, "a formula is held at two sizes at least"
    for column in case.columns:
        assert case.expected(column) == column.stated, dict(column.names())
        assert case.refused(column) == []
        assert components(case.prospect(column).bound) == column.stated, dict(column.names())


@pytest.mark.parametrize("path", REJECTED, ids=lambda p: p.stem)
def test_a_program_is_refused_at_these_sizes_as_marked(path: Path) -> None:
    case = read_bound_case(path)
    assert case.columns and case.case.errors
    for column in case.columns:
        refused = case.refused(column)
        source = case.case.source
        assert [(source.line_column(d.primary.start)[0], d.code) for d in refused] == case.case.errors
        assert [(d.code, source.text[d.primary.start : d.primary.end]) for d in refused] == case.spans


def test_every_component_varies_over_the_suite() -> None:
    """A component that no case moves would be tested by nothing."""
    for name in COMPONENTS:
        stated = {column.stated[name] for path in ACCEPTED for column in read_bound_case(path).columns}
        assert len(stated) > 3, name


@pytest.mark.parametrize(
    ("formula", "value"),
    [("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("ceil(n / 4)", 3), ("floor(n / 4)", 2), ("min(n, 3, 20) - max(1, 2)", 1)],
)
def test_a_formula_has_the_value_of_arithmetic(formula: str, value: int) -> None:
    assert value_of(formula, {"n": 10}) == value


@pytest.mark.parametrize("formula", ["", "n n", "other", "ceil n", "min()", "__import__(1)", "each(n)", "2 +"])
def test_a_bad_formula_is_refused(formula: str) -> None:
    with pytest.raises(FormulaProblem):
        value_of(formula, {"n": 10})
