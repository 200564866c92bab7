"""Programs over tables mean the same by columns: value to the last bit, fault, charges, provenance, and which cells are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.diagnostics.error import LambdaRLMError
from tests.support.column_cases import checked, table, told
from tests.support.column_programs import Programs

PLENTY = 10**9


@pytest.mark.slow
@given(st.data(), st.integers(0, 2**20), st.sampled_from(["plain", "arrow", "chunks", "codes"]), st.floats(0, 1))
def test_columns_change_nothing(data: st.DataObject, seed: int, form: str, share: float) -> None:
    def choose(options: Sequence[Any]) -> Any:
        return data.draw(st.sampled_from(list(options)))

    program = Programs(choose).program()
    try:
        typed = checked(program)
    except LambdaRLMError:
        return
    rows = table(seed, form)
    reference, _ = told(typed, rows, PLENTY, by_columns=False)
    columns, _ = told(typed, rows, PLENTY, by_columns=True)
    assert columns == reference, program
    fuel = int(share * reference.steps)
    assert told(typed, rows, fuel, by_columns=True)[0] == told(typed, rows, fuel, by_columns=False)[0], (program, fuel)
