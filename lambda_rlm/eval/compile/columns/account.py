"""What an attempt to run a term by columns would be charged, until it is known that it succeeds.

Owns `ColumnCharges`, and `unpaid`, in which closures run whose charges are counted elsewhere. Promises that an attempt which is
dropped leaves no trace: nothing is charged and no cell counts as read before `settle`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol

from lambda_rlm.budget.meter import LARGE, Meter
from lambda_rlm.budget.storage import Storage

PLENTY: Final = 1 << 61
"""Fuel and bytes while closures run unpaid: more than they can use up."""


class ColumnsDropped(Exception):
    """A term does not run by columns here; says why."""


class ReadCells(Protocol):
    """Texts that are charged for when they are first read, to their `payer`: a field in all rows that there are."""

    payer: Meter

    def unread(self, mask: Any) -> tuple[Any, int]:
        """Those of the rows of a mask (None: all) that nobody has read, and the bytes that reading them costs."""
        ...

    def mark(self, mask: Any) -> None:
        """They have been read."""
        ...


class ColumnCharges:
    """Charges that wait."""

    __slots__ = ("_touched", "bytes", "meter", "steps")

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.steps = 0
        self.bytes = 0
        self._touched: dict[int, tuple[ReadCells, Any]] = {}

    def charge(self, steps: int, size: int = 0) -> None:
        """Steps and bytes."""
        self.steps += steps
        self.bytes += size

    def allocate(self, size: int) -> None:
        """Bytes that the reference evaluator has to have at once, before they are made. Raises `ColumnsDropped` where it may
        not have them, or has no fuel left by then."""
        self.bytes += size
        if self.steps > self.meter.fuel_limit - self.meter.steps:
            raise ColumnsDropped("the fuel runs out")
        if size > LARGE and not self.meter.storage.has_room(size):
            raise ColumnsDropped("the memory runs out")

    def touch(self, cells: ReadCells, mask: Any) -> None:
        """Cells are read: in the rows of a mask, or in all where it is None."""
        known = self._touched.get(id(cells))
        if known is not None and (known[1] is None or mask is None):
            mask = None
        elif known is not None:
            from pyarrow import compute

            mask = compute.or_(known[1], mask)
        self._touched[id(cells)] = cells, mask

    def settle(self) -> bool:
        """Charge everything; False, and nothing is charged, where there is not enough fuel left."""
        found = [(cells, *cells.unread(mask)) for cells, mask in self._touched.values()]
        meter = self.meter
        if self.steps > meter.fuel_limit - meter.steps:
            return False
        meter.spend(self.steps)
        meter.memory -= self.bytes
        for cells, mask, size in found:
            cells.payer.memory -= size
            cells.mark(mask)
        return True


@contextmanager
def unpaid(meter: Meter) -> Iterator[None]:
    """Closures run without being charged; what is refused meanwhile has not happened."""
    fuel, memory = meter.fuel, meter.memory
    accounts: list[tuple[Storage, bool]] = []
    above: Storage | None = meter.storage
    while above is not None:
        accounts.append((above, above.is_full))
        above = above.parent
    meter.fuel = meter.memory = PLENTY
    try:
        yield
    finally:
        meter.fuel, meter.memory = fuel, memory
        for account, is_full in accounts:
            account.is_full = is_full
