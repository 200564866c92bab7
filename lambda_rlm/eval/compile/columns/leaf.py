"""A part of an expression that no kernel computes: by its closure, once for each different combination of the values it reads.

Owns `LeafNode`. Promises the values and the charges of the closure on every row: what it charges in one row, and which cells it
reads there, it does in every row that has the same values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import pyarrow as pa
from pyarrow import compute

from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.compile.columns.account import PLENTY, ColumnsDropped, unpaid
from lambda_rlm.eval.compile.columns.field import Field
from lambda_rlm.eval.compile.columns.node import RowNode, RowRun, arrow_type
from lambda_rlm.eval.compile.columns.report import WORTH
from lambda_rlm.eval.compile.columns.view import View
from lambda_rlm.eval.compile.compiled import Compiled
from lambda_rlm.eval.rows import is_read
from lambda_rlm.eval.tariff import CHARACTER, HEADER
from lambda_rlm.eval.value import LONG, Text, Value
from lambda_rlm.types.type import Type

_GLANCE: Final = 1_024
"""Combinations between two looks at the clock."""

_MOST_COMBINED: Final = 1 << 62

Then = Callable[[Value], Any]


@dataclass(slots=True)
class Combinations:
    """For each row of a view which combination of values it has; those that occur, and how often; the codes of each in the
    fields."""

    codes: Any
    present: list[int]
    counts: list[int]
    size: int
    parts: Callable[[int], Sequence[int]]


def combinations(view: View, fields: Sequence[Field]) -> Combinations:
    """The different combinations of values of some fields. Raises `ColumnsDropped` where they are many."""
    if not fields:
        codes = pa.repeat(pa.scalar(0, pa.int32()), view.n)
        return Combinations(codes, [0] if view.n else [], [view.n] if view.n else [], 1, lambda code: ())
    codes = view.take(fields[0].codes)
    sizes = [len(field.values) for field in fields]
    if len(fields) == 1:
        found = compute.value_counts(codes)
        present, counts, size = found.field(0).to_pylist(), found.field(1).to_pylist(), sizes[0]
        refuse_many(len(present), view.n)
        return Combinations(codes, present, counts, size, lambda code: (code,))
    total = sizes[0]
    codes = codes.cast(pa.int64())
    for field, size in zip(fields[1:], sizes[1:], strict=True):
        total *= size
        if total > _MOST_COMBINED:
            raise ColumnsDropped("many different values")
        codes = compute.add(compute.multiply(codes, size), view.take(field.codes).cast(pa.int64()))
    encoded = compute.dictionary_encode(codes)
    refuse_many(len(encoded.dictionary), view.n)
    rows = encoded.dictionary.to_pylist()
    found = compute.value_counts(encoded.indices)

    def parts(code: int) -> Sequence[int]:
        out, rest = [], rows[code]
        for size in reversed(sizes):
            rest, part = divmod(rest, size)
            out.append(part)
        return out[::-1]

    return Combinations(encoded.indices, found.field(0).to_pylist(), found.field(1).to_pylist(), len(rows), parts)


def refuse_many(different: int, rows: int, why: str = "many different values") -> None:
    """Raises `ColumnsDropped` where too few rows share each of so many."""
    if different * WORTH.get().sharing > rows:
        raise ColumnsDropped(why)


@dataclass(slots=True)
class LeafValues:
    """What a leaf gave: codes for each row, what `then` made of the value for each code (None where it does not occur), and
    for texts the field whose cell they are."""

    codes: Any
    made: list[Any]
    present: list[int]
    counts: list[int]
    sources: list[Field | None]


@dataclass(slots=True)
class LeafNode(RowNode):
    """Anything pure, by its closure. `names`: the fields that it reads; `width` and `places`: the record that it gets."""

    code: Compiled
    type: Type
    names: Sequence[str | None]
    outside: Sequence[int]

    def numbers(self, view: View, run: RowRun) -> Any:
        """Its values, spread by codes."""
        kind = arrow_type(self.type)
        found = self.found(view, run, lambda value: value)
        classes = {type(found.made[code]) for code in found.present}
        if not classes <= {int, float, bool} or len(classes) > 1:
            raise ColumnsDropped("a number of a reply")
        return pa.array(found.made, kind).take(found.codes)

    def found(self, view: View, run: RowRun, then: Then) -> LeafValues:
        """What it gives, for each different combination once."""
        if any(not _is_plain(run.frame[slot]) for slot in self.outside):
            raise ColumnsDropped("a variable that may know of a reply")
        fields = [view.origin.field(name) for name in self.names]
        if sum([len(field.texts) for field in fields]) > len(frozenset().union(*[field.texts for field in fields])):
            raise ColumnsDropped("texts that may be the same")
        them = combinations(view, fields)
        out = LeafValues(them.codes, [None] * them.size, them.present, them.counts, [None] * them.size)
        read: list[set[int]] = [set() for _ in fields]
        sampled = view.origin.sampler(self.names)
        account, meter, body = run.account, run.account.meter, self.code.run
        with unpaid(meter):
            for number, (code, count) in enumerate(zip(them.present, them.counts, strict=True)):
                if not number % _GLANCE:
                    meter.glance()
                samples = [field.sample(part) for field, part in zip(fields, them.parts(code), strict=True)]
                run.frame[run.slot] = sampled([value for value, _ in samples])
                meter.fuel = meter.memory = PLENTY
                result = body(run.frame)
                out.made[code] = then(result)
                size = PLENTY - meter.memory
                for at, (_, text) in enumerate(samples):
                    if text is not None and is_read(text):
                        read[at].add(code)
                        size -= HEADER + CHARACTER * text.n
                    if text is not None and text is result:
                        out.sources[code] = fields[at]
                account.charge((PLENTY - meter.fuel) * count, size * count)
        for field, codes in zip(fields, read, strict=True):
            if codes:
                field.touch(view.rows_in(_rows_with(codes, them)), account)
        return out


def _rows_with(codes: set[int], them: Combinations) -> Any:
    """A mask of the rows that have one of these combinations; None where all have."""
    if len(codes) == len(them.present):
        return None
    return pa.array([code in codes for code in range(them.size)], pa.bool_()).take(them.codes)


def _is_plain(value: Value) -> bool:
    """Whether nothing about a value changes when it is looked at, and it knows of no reply."""
    return type(value) in (int, float, bool) or (type(value) is Text and value.n < LONG)
