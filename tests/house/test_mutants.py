"""The table of seeded bugs stays in step with the package."""

from __future__ import annotations

import pytest

from tests.mutants.seeded import MUTANTS, ROOT, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_text_of_a_seeded_bug_stands_exactly_once(mutant: Mutant) -> None:
    assert (ROOT / "lambda_rlm" / mutant.path).read_text(encoding="utf-8").count(mutant.before) == 1
    assert all((ROOT / test).exists() for test in mutant.tests)
