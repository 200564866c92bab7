"""The table of seeded bugs stays in step with the package, and transfers that are too small are noticed."""

from __future__ import annotations

import pytest

from lambda_rlm.syntax.primitive import Primitive
from tests.mutants import transfers
from tests.mutants.seeded import MUTANTS, ROOT, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_text_of_a_seeded_bug_stands_exactly_once(mutant: Mutant) -> None:
    assert (ROOT / "lambda_rlm" / mutant.path).read_text(encoding="utf-8").count(mutant.before) == 1
    assert all((ROOT / test).exists() for test in mutant.tests)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["take", "upper", "join", "sum", "map", "reduce"])
def test_a_transfer_that_is_a_tenth_too_small_is_noticed(name: str) -> None:
    """A sample; `python -m tests.mutants.transfers` looks at every library function."""
    lived, count = transfers.survivors(Primitive(name))
    assert count > 0
    assert set(lived) <= transfers.unseen(Primitive(name))
