"""Lists of records with two fields that need not be made.

Owns `zip cross pairs enumerate`. Promises the same steps whether the list is made or its pairs are only looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, product

from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.compile.compiled import Compiled, Frame, made_of
from lambda_rlm.eval.holding import kept
from lambda_rlm.eval.tariff import TARIFF
from lambda_rlm.eval.value import Value
from lambda_rlm.syntax.primitive import Primitive as P

PAIRS = frozenset({P.ZIP, P.CROSS, P.PAIRS, P.ENUMERATE})


def pairs_code(meter: Meter, primitive: P, parts: Sequence[Compiled]) -> Compiled:
    """`zip cross pairs enumerate`, made only when somebody needs the list."""
    price = TARIFF[primitive]
    runs = [part.run for part in parts]

    def pairs(e: Frame) -> tuple[int, Iterator[tuple[Value, Value]]]:
        n, records = _counted(primitive, [run(e) for run in runs])
        meter.spend(n * price.made)
        return n, records

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
