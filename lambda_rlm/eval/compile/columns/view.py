"""Rows as columns: those of an input, those made of others, and some of either.

Owns `View`, rows of an origin by their numbers, and `Groups`. A view copies nothing: a filtered or sorted table is row numbers.
`made` is the list that the reference evaluator has, made once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import pyarrow as pa
from pyarrow import compute

from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.compile.columns.account import ColumnsDropped, unpaid
from lambda_rlm.eval.compile.columns.field import CellField, Field, NumberField
from lambda_rlm.eval.compile.compiled import Frame, Run
from lambda_rlm.eval.holding import MANY, keep
from lambda_rlm.eval.rows import TableValue
from lambda_rlm.eval.value import Value

_FEW: Final = 8
"""One in so many rows of an input is made by itself; more make all."""


class RowOrigin(Protocol):
    """Where rows are. `n`: how many; `width`: the fields of their records, None where an element is no record."""

    n: int
    names: tuple[str, ...] | None
    meter: Meter

    def field(self, name: str | None) -> Any:
        """A field of all rows; None: the element itself. Raises `ColumnsDropped`."""
        ...

    def sampler(self, names: Sequence[str | None]) -> Callable[[Sequence[Value]], Value]:
        """Makes an element that has some fields and nothing else."""
        ...

    def element(self, row: int) -> Value:
        """An element as the reference evaluator has it."""
        ...

    def elements(self, rows: list[int] | None) -> list[Value]:
        """Some or all of them."""
        ...

    def apart(self, rows: list[int]) -> list[Value]:
        """Some of them, to be looked at and not kept."""
        ...


class InputRows:
    """The rows of an input, for who charges a meter."""

    def __init__(self, rows: TableValue, meter: Meter) -> None:
        self.rows = rows
        self.n = len(rows)
        self.meter = meter
        self.names: tuple[str, ...] | None = tuple(column.name for column, _ in rows.fields)
        self._fields: dict[str, CellField] = {}

    def field(self, name: str | None) -> Field:
        """A field of all rows."""
        if name is None:
            raise ColumnsDropped("rows as a whole")
        field = self._fields.get(name)
        if field is None:
            assert self.names is not None
            field = self._fields[name] = CellField(self.rows, self.names.index(name), self.meter)
        return field

    def sampler(self, names: Sequence[str | None]) -> Callable[[Sequence[Value]], Value]:
        """Makes a record that has some fields and nothing else."""
        return _sampler(self.names, names)

    def element(self, row: int) -> Value:
        """The record of a row."""
        return self.rows.record(row)

    def apart(self, rows: list[int]) -> list[Value]:
        """Records, the same ones as `elements` gives."""
        return self.elements(rows)

    def elements(self, rows: list[int] | None) -> list[Value]:
        """Records."""
        if rows is None:
            return self.rows.made()
        if len(rows) * _FEW < self.n:
            return list(map(self.rows.record, rows))
        return list(map(self.rows.made().__getitem__, rows))


class MadeRows:
    """What a row expression makes of the rows of a view. `frame` is a copy of the one that it ran in, `slot` where it has a
    row."""

    def __init__(
        self, source: View, fields: dict[str | None, Field], frame: Frame, slot: int, runs: dict[str | None, Run], meter: Meter
    ) -> None:
        self.source = source
        self.n = source.n
        self.meter = meter
        self.names: tuple[str, ...] | None = None if None in fields else tuple(sorted(filter(None, fields)))
        self._fields = fields
        self._frame = frame
        self._slot = slot
        self._runs = runs
        self._made: dict[int, Value] = {}

    def field(self, name: str | None) -> Field:
        """A field of all rows; None: the element itself."""
        field = self._fields.get(name)
        if field is None:
            raise ColumnsDropped("rows as a whole")
        if self._made and field.has_cells:
            raise ColumnsDropped("rows that were made")  # what was read since is known to the texts alone
        return field

    def sampler(self, names: Sequence[str | None]) -> Callable[[Sequence[Value]], Value]:
        """Makes an element that has some fields and nothing else."""
        return _sampler(self.names, names)

    def element(self, row: int) -> Value:
        """One of them, made once."""
        return self.elements([row])[0]

    def elements(self, rows: list[int] | None) -> list[Value]:
        """Some or all of them, each made once."""
        only = self._fields.get(None)
        if isinstance(only, NumberField):
            numbers: list[Value] = (only.numbers if rows is None else only.numbers.take(places_of(rows))).to_pylist()
            return numbers
        made = self._made
        lacking = [row for row in (range(self.n) if rows is None else rows) if row not in made]
        made.update(zip(lacking, self.apart(lacking), strict=True))
        return [made[row] for row in (range(self.n) if rows is None else rows)]

    def apart(self, rows: list[int]) -> list[Value]:
        """Some of them, not kept: texts made by the expressions themselves, those that were read read, and numbers as they are
        known."""
        sources = self.source.elements(rows)
        with unpaid(self.meter):
            columns = [self._part(name, rows, sources) for name in self.names or (None,)]
        return columns[0] if self.names is None else list(zip(*columns, strict=True))

    def _part(self, name: str | None, rows: list[int], sources: list[Value]) -> list[Value]:
        """A field of some of them."""
        field, frame, slot, run = self._fields[name], self._frame, self._slot, self._runs[name]
        if isinstance(field, NumberField):
            numbers: list[Value] = field.numbers.take(places_of(rows)).to_pylist()
            return numbers
        out: list[Value] = []
        for part in self.meter.stretches(sources):
            for frame[slot] in part:
                out.append(run(frame))
        seen = getattr(field, "seen", None)
        for is_seen, made in zip(seen.take(places_of(rows)).to_pylist() if seen is not None else (), out, strict=False):
            if is_seen:
                _ = made.s
        return out


def _sampler(own: tuple[str, ...] | None, names: Sequence[str | None]) -> Callable[[Sequence[Value]], Value]:
    if own is None:
        return lambda values: values[0] if values else None
    places, width = [own.index(name or "") for name in names], len(own)

    def sampled(values: Sequence[Value]) -> Value:
        row: list[Value] = [None] * width
        for at, value in zip(places, values, strict=True):
            row[at] = value
        return tuple(row)

    return sampled


def numbered(n: int) -> Any:
    """0, 1, … as an array."""
    return compute.indices_nonzero(pa.repeat(pa.scalar(True), n)).cast(pa.int64())


def places_of(rows: list[int]) -> Any:
    """Row numbers as an array."""
    return pa.array(rows, pa.int64())


class View:
    """Rows of an origin: all in their order, or those of `index`, an array of row numbers. `mask` has the same rows where they
    are in their order; `group` says which group of which groups they are."""

    __slots__ = ("__weakref__", "_made", "group", "index", "mask", "n", "origin")

    def __init__(self, origin: RowOrigin, index: Any = None, mask: Any = None) -> None:
        self.origin = origin
        self.group: tuple[Groups, int] | None = None
        self.index = index
        self.mask = mask
        self.n = origin.n if index is None else len(index)
        self._made: list[Value] | None = None

    def take(self, array: Any) -> Any:
        """Of an array over all rows of the origin, the places of the rows here."""
        return array if self.index is None else array.take(self.index)

    def rows_in(self, mask: Any) -> Any:
        """A mask over the rows here (None: all), as one over all rows of the origin."""
        if self.index is None:
            return mask
        if self.mask is not None:
            return self.mask if mask is None else compute.replace_with_mask(self.mask, self.mask, mask)
        index = self.index if mask is None else self.index.filter(mask)
        return compute.is_in(numbered(self.origin.n), value_set=index)

    def filtered(self, mask: Any) -> View:
        """The rows here where a mask is true."""
        if self.index is None:
            return View(self.origin, compute.indices_nonzero(mask).cast(pa.int64()), mask)
        return View(self.origin, self.index.filter(mask), None if self.mask is None else self.rows_in(mask))

    def taken(self, places: Any) -> View:
        """The rows at some places here."""
        return View(self.origin, places.cast(pa.int64()) if self.index is None else self.index.take(places))

    def part(self, start: int, count: int) -> View:
        """Some rows in a row."""
        if self.index is None:
            return View(self.origin, numbered(self.n).slice(start, count))
        return View(self.origin, self.index.slice(start, count))

    def element(self, place: int) -> Value:
        """The element at a place here."""
        if self._made is not None:
            return self._made[place]
        return self.origin.element(place if self.index is None else self.index[place].as_py())

    def elements(self, places: list[int]) -> list[Value]:
        """The elements at some places here."""
        if self._made is not None:
            return list(map(self._made.__getitem__, places))
        return self.origin.elements(self.numbers_of(places))

    def numbers_of(self, places: list[int]) -> list[int]:
        """The row numbers at some places here."""
        if self.index is None:
            return places
        numbers: list[int] = self.index.take(places_of(places)).to_pylist()
        return numbers

    def made(self) -> list[Value]:
        """The list of them, made once; a long one books its memory."""
        if self._made is None:
            made = self.origin.elements(None if self.index is None else self.index.to_pylist())
            is_own = self.index is not None or not isinstance(self.origin, InputRows)
            self._made = keep(made, self.origin.meter.storage) if is_own and len(made) >= MANY else made
        return self._made


class Groups:
    """The rows of a view in groups, in the order in which each was first met. `order` has their places, group by group; `found`
    keeps what was computed for the rows of all groups at once, by who asked for it."""

    __slots__ = ("_key", "_made", "counts", "found", "n", "starts", "view")

    def __init__(self, view: View, order: Any, counts: list[int], key: Callable[[int], Value]) -> None:
        self.view = view.taken(order)
        self.counts = counts
        self.n = len(counts)
        self.starts = [0] * self.n
        for at in range(1, self.n):
            self.starts[at] = self.starts[at - 1] + counts[at - 1]
        self.found: dict[int, list[Value] | None] = {}
        self._key = key
        self._made: list[Value] | None = None

    def items(self, group: int) -> View:
        """The rows of a group."""
        items = self.view.part(self.starts[group], self.counts[group])
        items.group = self, group
        return items

    def key(self, group: int) -> Value:
        """The key of a group: that of its first row."""
        return self._key(self.starts[group])

    def made(self) -> list[Value]:
        """Records { items, key }."""
        if self._made is None:
            rows, meter = self.view.made(), self.view.origin.meter
            groups = list(zip(range(self.n), self.starts, self.counts, strict=True))
            parts = meter.stretches(groups)
            made = [(rows[start : start + count], self.key(at)) for part in parts for at, start, count in part]
            self._made = keep(made, meter.storage) if len(made) >= MANY else made
        return self._made
