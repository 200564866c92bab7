"""A term over many elements at a time: its values as a whole, where no element can fault.

Owns `Batch`, the face that a compiled term has beside its `run`, and `Columns`, what slots hold in a loop. A batch is tried in
two steps: `check` looks at the least and the greatest numbers there are, and refuses where any element might fault
(`Unbatchable`); then `values` gives all of them through the interpreter's own loops, with no closure entered for an element.
Whoever tries falls back to `run`, element by element, so that a fault is raised where it belongs.

Promises the values of `run`, to the last bit and with the origins of numbers that were replied; texts are read if and only if
`run` would read them. What a term charges by itself is added up in `steps`, and charged by whoever tries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import compress
from operator import itemgetter
from typing import Any, Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.value import INT_HIGH, INT_LOW, Value

Bounds = tuple[int, int]


Bounding = Callable[["Columns"], Bounds]
"""What gives the least and the greatest value of a term."""


Place = tuple[int, int]
_NO_PLACE: Final[frozenset[Place]] = frozenset()


class Unbatchable(Exception):
    """The elements are not for a batch: they are to be gone through one after the other."""


class Columns:
    """What slots hold for `n` elements: a list for each slot that changes, the frame for all others."""

    __slots__ = ("extremes", "frame", "lists", "n", "read", "steps")

    def __init__(self, frame: list[Any], lists: dict[int, Sequence[Value]], n: int) -> None:
        self.frame = frame
        self.lists = lists
        self.n = n
        self.steps = 0
        self.read: dict[Place, tuple[Sequence[Value], list[str]]] = {}
        self.extremes: dict[tuple[int, int], Bounds | Bounding | None] = {}

    def where(self, chosen: Sequence[Value]) -> Columns:
        """The same for those elements alone that are chosen."""
        lists: dict[int, Sequence[Value]] = {slot: list(compress(items, chosen)) for slot, items in self.lists.items()}
        return Columns(self.frame, lists, sum(chosen))

    def define(self, slot: int, batch: Batch) -> None:
        """A slot of the body itself holds what a term gives."""
        batch.check(self)
        self.extremes[slot, -1] = batch.bounds

    def bounds(self, slot: int, field: int = -1) -> Bounds:
        """The least and the greatest Int that a slot holds, or a field of the records in it."""
        key = slot, field
        if key not in self.extremes:
            if field >= 0 and (slot, -1) in self.extremes:
                raise Unbatchable
            items = self.lists.get(slot)
            if items is None:
                items = (self.frame[slot],)
            numbers = items if field < 0 else list(map(itemgetter(field), items))
            self.extremes[key] = min(numbers), max(numbers)
        known = self.extremes[key]
        if known is None:
            raise Unbatchable
        if isinstance(known, tuple):
            return known
        found = self.extremes[key] = known(self)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A term over the elements of `Columns`. `bounds`, for an Int, gives the least and the greatest of its values before they
    are made, or raises `Unbatchable`; `check` does that without them. `values` may raise `Unbatchable` too where it `may_fail`,
    and charges where it `counts`. `reads` are the places, a slot and a field each, of the texts that it may read, `surely`
    those it reads in any case. `fixed`, for a simple term, gives its value where it is the same for all elements, in a
    1-tuple."""

    values: Callable[[Columns], Iterable[Value]]
    check: Callable[[Columns], object]
    bounds: Bounding | None = None
    may_fail: bool = False
    counts: bool = False
    reads: frozenset[Place] = _NO_PLACE
    surely: frozenset[Place] = _NO_PLACE
    fixed: Callable[[Columns], tuple[Value] | None] | None = None

    def is_calm(self, known: frozenset[Place] = _NO_PLACE) -> bool:
        """Nothing tells for which elements it was evaluated, once the texts at the known places are read."""
        return self.reads <= known and not self.counts


def nothing_to_check(known: Columns) -> None:
    """For what cannot fault."""


def within(low: int, high: int) -> Bounds:
    """Bounds that fit 64 bits, else `Unbatchable`."""
    if low < INT_LOW or high > INT_HIGH:
        raise Unbatchable
    return low, high


def batch_of_parts(
    parts: Sequence[Batch | None],
    values: Callable[[Columns], Iterable[Value]],
    bounds: Bounding | None = None,
    *,
    may_fail: bool = False,
    counts: bool = False,
    reads: frozenset[Place] = _NO_PLACE,
    surely: frozenset[Place] | None = None,
) -> Batch | None:
    """A batch that evaluates each of its parts, or none where a part has none, or where an attempt could not be taken back:
    what was read stays read. `surely` is told where parts are left out for some elements."""
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    may_fail = may_fail or any(part.may_fail for part in known)
    counts = counts or any(part.counts for part in known)
    reads = reads.union(*[part.reads for part in known])
    if reads and (may_fail or counts):
        return None
    checks = [part.check for part in known if part.check is not nothing_to_check]

    def check(columns: Columns) -> None:
        for one in checks:
            one(columns)

    return Batch(
        values=values,
        check=bounds or (check if checks else nothing_to_check),
        bounds=bounds,
        may_fail=may_fail,
        counts=counts,
        reads=reads,
        surely=frozenset().union(*[part.surely for part in known]) if surely is None else surely,
    )
