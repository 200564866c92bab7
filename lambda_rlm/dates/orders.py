"""Days of numbers alone, and the order of day, month and year that all of a column are written in.

Owns `NumericDate` and `Orders`. Promises that one order holds for all dates of a column with the same sign between their parts,
and that nothing is guessed: where the dates settle no order, or contradict each other, one that can be two days is none.
Between points the day comes first, unless the column says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple


class NumericDate(NamedTuple):
    """Three numbers that are a date."""

    sign: str
    """What is between them: `/`, `-` or `.`."""

    days: Mapping[str, date]
    """The days that they may be, by the order of the numbers: `dmy`, `mdy`, `ymd`."""

    @property
    def alone(self) -> frozenset[date]:
        """The days that they may be where no other date tells the order."""
        return frozenset((self.days["dmy"],) if self.sign == "." and "dmy" in self.days else self.days.values())


class Orders:
    """What the dates of a column tell of the order in which they are written."""

    def __init__(self) -> None:
        self._allowed: dict[str, set[str]] = {}

    def see(self, found: NumericDate) -> None:
        """Take notice of a date."""
        allowed = self._allowed.setdefault(found.sign, set(found.days))
        if not allowed <= found.days.keys():
            allowed.intersection_update(found.days)

    @property
    def is_contradicted(self) -> bool:
        """No one order fits all dates with some sign."""
        return not all(self._allowed.values())

    def day(self, found: NumericDate) -> date | None:
        """The day that one of the dates is; None where nothing settles that."""
        allowed = self._allowed[found.sign]
        order = next(iter(allowed)) if len(allowed) == 1 else "dmy" if found.sign == "." and "dmy" in allowed else None
        days = set(found.days.values()) if order is None else {found.days[order]}
        return next(iter(days)) if len(days) == 1 else None
