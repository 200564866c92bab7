"""Two tables joined by keys, by columns.

Owns `JoinedRows`, pairs of rows of two views by their numbers, and `joined`, which makes them. Nothing is copied: a field of a
pair is the field of its row.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from typing import Any

import pyarrow as pa
from pyarrow import compute

from lambda_rlm.eval.compile.columns.account import ColumnCharges, ColumnsDropped
from lambda_rlm.eval.compile.columns.field import Field, Sample
from lambda_rlm.eval.compile.columns.keys import KeyColumn
from lambda_rlm.eval.compile.columns.view import View, numbered, places_of
from lambda_rlm.eval.library.structure import is_scalar, is_text
from lambda_rlm.eval.tariff import ENTRY, PAIR, SLOT
from lambda_rlm.eval.value import Value
from lambda_rlm.types.type import Type


class JoinedField:
    """A field of one of the two rows. `rows`: for each pair the number of its row among all there are."""

    has_cells: bool
    texts: frozenset[Hashable]
    type: Type

    def __init__(self, field: Field | JoinedField, rows: Any, count: int) -> None:
        self._field = field
        self._rows = rows
        self._count = count
        self.has_cells = field.has_cells
        self.texts = field.texts
        self.type = field.type

    @cached_property
    def numbers(self) -> Any:
        """Int, Float and Bool values."""
        numbers = self._field.numbers
        return None if numbers is None else numbers.take(self._rows)

    @cached_property
    def codes(self) -> Any:
        """For each pair the number of its value in `values`."""
        return self._field.codes.take(self._rows)

    @property
    def values(self) -> Sequence[Any]:
        """The different values of the field."""
        return self._field.values

    def sample(self, code: int) -> Sample:
        """One of the values."""
        return self._field.sample(code)

    def touch(self, mask: Any, account: ColumnCharges) -> None:
        """The texts of a mask are read."""
        rows = self._rows if mask is None else self._rows.filter(mask)
        self._field.touch(compute.is_in(numbered(self._count), value_set=rows), account)


class JoinedRows:
    """Pairs { first, second } of rows of two views: the places of the rows in them."""

    names: tuple[str, ...] | None = ("first", "second")

    def __init__(self, views: tuple[View, View], places: tuple[Any, Any]) -> None:
        self.n = len(places[0])
        self.meter = views[0].origin.meter
        self._views = views
        self._places = places
        self._rows = tuple([at if view.index is None else view.index.take(at) for view, at in zip(views, places, strict=True)])
        self._fields: dict[str, JoinedField] = {}

    def field(self, name: str | None) -> JoinedField:
        """A field of one of the two rows, by both names with a point between."""
        side, _, inner = (name or "").partition(".")
        if not inner:
            raise ColumnsDropped("rows as a whole")
        at = 0 if side == "first" else 1
        origin = self._views[at].origin
        field = origin.field(inner)
        known = self._fields.get(name or "")
        if known is None:
            known = self._fields[name or ""] = JoinedField(field, self._rows[at], origin.n)
        return known

    def sampler(self, names: Sequence[str | None]) -> Callable[[Sequence[Value]], Value]:
        """Makes a pair that has some fields and nothing else."""
        halves = [(name or "").partition(".") for name in names]
        samplers, chosen = [], []
        for side, view in zip(("first", "second"), self._views, strict=True):
            chosen.append([at for at, half in enumerate(halves) if half[0] == side])
            samplers.append(view.origin.sampler([halves[at][2] for at in chosen[-1]]))
        first, second = samplers
        return lambda values: (first([values[at] for at in chosen[0]]), second([values[at] for at in chosen[1]]))

    def element(self, row: int) -> Value:
        """A pair."""
        return self.elements([row])[0]

    def elements(self, rows: list[int] | None) -> list[Value]:
        """Some or all pairs, of the records that the views have."""
        sides = []
        for view, places in zip(self._views, self._places, strict=True):
            chosen = (places if rows is None else places.take(places_of(rows))).to_pylist()
            sides.append(list(map(view.made().__getitem__, chosen)) if rows is None else view.elements(chosen))
        return list(zip(*sides, strict=True))

    def apart(self, rows: list[int]) -> list[Value]:
        """Some pairs, to be looked at and not kept."""
        sides = []
        for view, numbers in zip(self._views, self._rows, strict=True):
            sides.append(view.origin.apart(numbers.take(places_of(rows)).to_pylist()))
        return list(zip(*sides, strict=True))


def joined(views: tuple[View, View], keys: tuple[KeyColumn, KeyColumn], type_: Type, account: ColumnCharges) -> View:
    """The pairs of rows with equal keys: those of the first in order, and with each its partners in order."""
    if not is_text(type_) and not is_scalar(type_):
        raise ColumnsDropped("keys of this kind")
    left, right = keys[0].ordered(), keys[1].ordered()
    account.charge(keys[0].weight + keys[1].weight)
    account.allocate(ENTRY * (len(left) + len(right)))
    encoded = compute.dictionary_encode(right)
    different = len(encoded.dictionary)
    counts = [0] * different
    found = compute.value_counts(encoded.indices)
    for code, count in zip(found.field(0).to_pylist(), found.field(1).to_pylist(), strict=True):
        counts[code] = count
    offsets = [0]
    for count in counts:
        offsets.append(offsets[-1] + count)
    order = compute.sort_indices(encoded.indices).cast(pa.int64())
    partners = pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), order)
    theirs = compute.index_in(left, value_set=encoded.dictionary)
    pairs = compute.sum(pa.array(counts, pa.int64()).take(theirs)).as_py() or 0
    account.charge(2 * pairs)
    account.allocate((PAIR + SLOT) * pairs)
    of_each = partners.take(theirs)
    firsts, seconds = compute.list_parent_indices(of_each), of_each.flatten()
    return View(JoinedRows(views, (firsts.cast(pa.int64()), seconds)))
