"""Lists of records with two fields that need not be made.

Owns `zip cross pairs enumerate`. Promises the same steps whether the list is made or its pairs are only looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, product
from typing import Any

from lambda_rlm.budget.meter import Meter
from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.compile.compiled import Compiled, Frame, made_of
from lambda_rlm.eval.holding import kept
from lambda_rlm.eval.tariff import TARIFF
from lambda_rlm.eval.value import Value
from lambda_rlm.syntax.primitive import Primitive as P

Stretch = Iterator[tuple[Any, Sequence[Value]]]
"""Segments of pairs: of a list with rows the first field of all of them, else the first fields; and the second fields."""


@dataclass(slots=True)
class PairList:
    """The pairs of a list that is not made: how many, an iterator of them, and the lists that the fields come from."""

    primitive: P
    lists: Sequence[list[Value]]
    n: int
    records: Iterator[tuple[Value, Value]]

    @property
    def has_rows(self) -> bool:
        """Whether many pairs in a row have the same first field."""
        return self.primitive in (P.CROSS, P.PAIRS)

    @property
    def first(self) -> Sequence[Value]:
        """All that the first field may be."""
        return range(len(self.lists[0])) if self.primitive is P.ENUMERATE else self.lists[0]

    @property
    def second(self) -> list[Value]:
        """All that the second field may be."""
        return self.lists[-1]

    def stretches(self, size: int) -> Iterator[Stretch]:
        """The pairs in stretches of so many, each in segments."""
        if self.has_rows:
            rows = self._rows()
            for _ in range(0, self.n, size):
                yield self._taken(rows, size)
        else:
            first, second = self.first, self.second
            for at in range(0, self.n, size):
                end = min(at + size, self.n)
                yield iter([(first[at:end], second[at:end])])

    def _rows(self) -> list[tuple[Value, Sequence[Value]]]:
        """The rows that are left, the next one at the end."""
        ys = self.second
        xs = self.lists[0]
        is_cross = self.primitive is P.CROSS
        return [(xs[at], ys if is_cross else ys[at + 1 :]) for at in reversed(range(len(xs)))]

    @staticmethod
    def _taken(rows: list[tuple[Value, Sequence[Value]]], size: int) -> Stretch:
        while size and rows:
            x, ys = rows.pop()
            if len(ys) > size:
                rows.append((x, ys[size:]))
                ys = ys[:size]
            if ys:
                size -= len(ys)
                yield x, ys


PAIRS = frozenset({P.ZIP, P.CROSS, P.PAIRS, P.ENUMERATE})


def pairs_code(meter: Meter, primitive: P, parts: Sequence[Compiled]) -> Compiled:
    """`zip cross pairs enumerate`, made only when somebody needs the list."""
    price = TARIFF[primitive]
    runs = [part.run for part in parts]

    def pairs(e: Frame) -> PairList:
        lists = [run(e) for run in runs]
        n, records = _counted(primitive, lists)
        meter.spend(n * price.made)
        return PairList(primitive, lists, n, records)

    def run(e: Frame) -> list[tuple[Value, Value]]:
        n, records = _counted(primitive, [run(e) for run in runs])
        meter.spend(n * price.made)
        meter.allocate(n * price.storage_made)
        return list(records)

    return replace(
        made_of(kept(run, meter), parts, steps=price.call, bytes=price.storage_call, is_static=False, need=2), pairs=pairs
    )


def _counted(primitive: P, lists: Sequence[list[Value]]) -> tuple[int, Iterator[tuple[Value, Value]]]:
    """How many pairs there are, and they themselves, none made yet."""
    first = lists[0]
    match primitive:
        case P.CROSS:
            return len(first) * len(lists[1]), product(first, lists[1])
        case P.ZIP:
            return min(len(first), len(lists[1])), zip(first, lists[1], strict=False)
        case P.PAIRS:
            return len(first) * (len(first) - 1) // 2, combinations(first, 2)
        case _:
            return len(first), enumerate(first)
