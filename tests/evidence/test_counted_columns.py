"""A number of an answer and the columns that come to it: found by size as by going through all cells."""

from __future__ import annotations

from math import fsum, isclose
from typing import Any

import pytest

from lambda_rlm.evidence.answer import Basis
from lambda_rlm.evidence.counted import counted
from lambda_rlm.table import PlainCells, Table, TableColumn

CELLS = [3, None, 2.5, 3, -7, 10**15, 3.0000000001, 0, 0.5, True, -7.0, 1e-12, 2**62]
NUMBERS = [(at, cell) for at, cell in enumerate(CELLS) if cell is not None and not isinstance(cell, bool)]
TOTAL = fsum(cell for _, cell in NUMBERS)


def basis(rows: Any) -> Basis:
    return Basis((), {}, {}, (), {}, (), {"t": rows}, {}, "")


@pytest.mark.parametrize("number", [3, 2.5, -7, 0, 10**15, 2**62, 4, TOTAL, TOTAL / len(NUMBERS), 1e300, 10**400, -(10**400)])
def test_the_same_cells_are_found_as_by_going_through_all(number: float) -> None:
    of_table = basis(Table([TableColumn("n", "float", True, PlainCells(CELLS))], len(CELLS)))
    of_rows = basis([{"n": cell} for cell in CELLS])
    near = [at for at, cell in NUMBERS if abs(number) < 1e301 and isclose(number, cell, rel_tol=1e-9, abs_tol=1e-9)]
    made = near if near else [at for at, _ in NUMBERS] if number in (TOTAL, TOTAL / len(NUMBERS)) else []
    for given in (of_table, of_table, of_rows):
        found = counted(number, "n", given)
        assert ([] if found is None else [one.name for one in found.passages]) == [f"t[{at}].n" for at in made]
