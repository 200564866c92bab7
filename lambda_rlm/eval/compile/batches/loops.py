"""Loops whose body is a batch: over lists, and over lists of pairs that are never made.

Owns when a batch is tried. Each stretch of a long list is tried by itself; one that is refused is gone through element by
element, as are short lists, for which a batch is not worth while.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.compile.batches.batch import Batch, Columns, Unbatchable
from lambda_rlm.eval.compile.compiled import Frame
from lambda_rlm.eval.value import Value

FEW: int = 24
"""Elements up to which a loop goes through them one by one."""

_FIRST: Final = 32
"""Elements that are looked at first where a loop may stop early; then four times as many each time."""

Try = Callable[[Frame, list[Value]], list[Value] | None]


def are_many(n: int) -> bool:
    """Whether this many elements may be enough for a batch to be faster than a loop."""
    return n > FEW


def fits(batch: Batch, columns: Columns) -> bool:
    """Whether no element can fault, by the least and the greatest numbers there are."""
    try:
        batch.check(columns)
    except Unbatchable:
        return False
    return True


def made(batch: Batch, columns: Columns, meter: Meter) -> list[Value] | None:
    """The values, with what they charge by themselves; None, and nothing is charged, where they are not for a batch."""
    try:
        values = list(batch.values(columns))
    except (Unbatchable, ZeroDivisionError, OverflowError):
        return None
    steps = columns.steps
    if steps:
        if meter.fuel < steps:
            return None
        meter.fuel -= steps
    return values


def of_elements(slot: int, batch: Batch, meter: Meter) -> tuple[Try, Try]:
    """For a loop over a list: whether a list may be tried (None: it may not), and the values for a stretch of it."""

    def may(e: Frame, xs: list[Value]) -> list[Value] | None:
        return xs if are_many(len(xs)) and fits(batch, Columns(e, {slot: xs}, len(xs))) else None

    def values(e: Frame, part: list[Value]) -> list[Value] | None:
        found = made(batch, Columns(e, {slot: part}, len(part)), meter)
        if found is not None:
            e[slot] = part[-1]
        return found

    return may, values


def growing(xs: list[Value], most: int) -> Iterator[list[Value]]:
    """A list in parts, the first ones small."""
    at, size = 0, _FIRST
    while at < len(xs):
        yield xs[at : at + size]
        at += size
        size = min(4 * size, most)
