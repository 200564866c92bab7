"""What is charged covers what is held, for every library function on arguments chosen against it; time is a benchmark's."""

from __future__ import annotations

import gc
import tracemalloc

import pytest

from lambda_rlm.budget.meter import SLICE
from lambda_rlm.syntax.primitive import Primitive
from tests.support.adversarial import ROWS, Row, prepared

pytestmark = pytest.mark.slow

SIZE = 16_000
TIMES = 4
"""Bytes that a charged byte may be."""
SLACK = 1 << 19
"""Bytes that a run may hold for what it is made of."""
HELD_OTHERWISE = {"paragraphs blank", "lines", "lines returned", "split"}
"""Rows of the functions that cut texts, whose memory is counted by other means."""


def test_every_function_has_a_row() -> None:
    assert {row.primitive for row in ROWS} == set(Primitive)
    assert len({row.name for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", [row for row in ROWS if row.name not in HELD_OTHERWISE], ids=lambda row: row.name)
def test_what_is_held_is_charged(row: Row) -> None:
    run = prepared(row, SIZE)
    run()  # what is loaded and compiled once
    gc.collect()
    tracemalloc.start()
    came = run()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most <= TIMES * came.bytes + SLACK
    assert came.looks >= came.steps // (32 * SLICE)
