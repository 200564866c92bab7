"""Batches of terms: constants, slots and fields, arithmetic, comparisons, functions of numbers, records, bindings.

Owns what a term's batch is, by its form. Ints are kept within 64 bits by the bounds of their operands, so that no sum is
looked at by itself; Floats are looked at together once they are made. A part of a text is never read by comparing it with a
longer one.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import repeat
from operator import attrgetter, itemgetter
from typing import Any, Final, NoReturn

from lambda_rlm.eval.compile.batches.batch import (
    Batch,
    Bounding,
    Bounds,
    Columns,
    Unbatchable,
    batch_of_parts,
    nothing_to_check,
    within,
)
from lambda_rlm.eval.compile.compiled import Compiled
from lambda_rlm.eval.library.structure import SHIFT
from lambda_rlm.eval.value import LONG, Text, Value
from lambda_rlm.syntax.primitive import Primitive as P

FLOAT_HIGH: Final = sys.float_info.max

_ARITHMETIC: Final[dict[str, Callable[[Any, Any], Any]]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}
_COMPARE: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_COMPARE_WITH: Final[dict[str, Callable[[Iterable[Any], Any], list[Value]]]] = {
    "==": lambda values, k: [value == k for value in values],
    "!=": lambda values, k: [value != k for value in values],
    "<": lambda values, k: [value < k for value in values],
    "<=": lambda values, k: [value <= k for value in values],
    ">": lambda values, k: [value > k for value in values],
    ">=": lambda values, k: [value >= k for value in values],
}
_TURNED: Final = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_SOMEWHERE: Final = (-1, -1)
_LENGTH: Final = attrgetter("n")


def batch_of(code: Compiled) -> Batch | None:
    """The batch of a term, if it has one."""
    if code.batch is not None or code.is_async:
        return code.batch
    if code.constant is not None:
        return _constant(code.constant[0])
    if code.slot >= 0:
        return _slot(code.slot) if code.field < 0 else _field(code.slot, code.field)
    return None


def _constant(value: Value) -> Batch | None:
    if not isinstance(value, int | float | Text):
        return None
    bounds: Callable[[Columns], Bounds] | None = (lambda known: (value, value)) if isinstance(value, int) else None
    return Batch(values=lambda c: repeat(value, c.n), check=nothing_to_check, bounds=bounds, fixed=lambda c: (value,))


def _slot(slot: int) -> Batch:
    def values(c: Columns) -> Iterable[Value]:
        items = c.lists.get(slot)
        return repeat(c.frame[slot], c.n) if items is None else items

    def fixed(c: Columns) -> tuple[Value] | None:
        return None if slot in c.lists else (c.frame[slot],)

    return Batch(values=values, check=nothing_to_check, bounds=lambda known: known.bounds(slot), fixed=fixed)


def _field(slot: int, field: int) -> Batch:
    get = itemgetter(field)

    def values(c: Columns) -> Iterable[Value]:
        items = c.lists.get(slot)
        return repeat(c.frame[slot][field], c.n) if items is None else map(get, items)

    def fixed(c: Columns) -> tuple[Value] | None:
        return None if slot in c.lists else (c.frame[slot][field],)

    return Batch(values=values, check=nothing_to_check, bounds=lambda known: known.bounds(slot, field), fixed=fixed)


def arithmetic(op: str, a: Compiled, b: Compiled, is_float: bool) -> Batch | None:
    """`a op b` on two Ints or two Floats; `/` gives a Float from either."""
    first, second = batch_of(a), batch_of(b)
    if first is None or second is None:
        return None
    x, y = first.values, second.values
    k = b.constant[0] if b.constant is not None else 0
    if op == "/":
        return batch_of_parts((first, second), lambda c: _finite(map(operator.truediv, x(c), y(c))), may_fail=True)
    if op == "%" and is_float:
        return batch_of_parts((first, second), lambda c: list(map(operator.mod, x(c), y(c))), may_fail=not k)
    if is_float:
        of_two = _ARITHMETIC[op]
        return batch_of_parts((first, second), lambda c: _finite(map(of_two, x(c), y(c))), may_fail=True)
    if first.bounds is None or second.bounds is None:
        return None
    bounds = _BOUNDS[op](first.bounds, second.bounds)
    of_ints = operator.mod if op == "%" else _ARITHMETIC[op]
    return batch_of_parts((first, second), lambda c: map(of_ints, x(c), y(c)), bounds)


def _finite(numbers: Iterable[float]) -> list[float]:
    """The Floats, or `Unbatchable`: operands are finite, so that nothing here is less than a number and not a number. Where
    their sum is finite, all are."""
    made = list(numbers)
    if not -FLOAT_HIGH <= sum(made) <= FLOAT_HIGH and not (min(made) >= -FLOAT_HIGH and max(made) <= FLOAT_HIGH):
        raise Unbatchable
    return made


def _sum(a: Bounding, b: Bounding) -> Bounding:
    def bounds(known: Columns) -> Bounds:
        (p, q), (r, s) = a(known), b(known)
        return within(p + r, q + s)

    return bounds


def _difference(a: Bounding, b: Bounding) -> Bounding:
    def bounds(known: Columns) -> Bounds:
        (p, q), (r, s) = a(known), b(known)
        return within(p - s, q - r)

    return bounds


def _product(a: Bounding, b: Bounding) -> Bounding:
    def bounds(known: Columns) -> Bounds:
        (p, q), (r, s) = a(known), b(known)
        corners = p * r, p * s, q * r, q * s
        return within(min(corners), max(corners))

    return bounds


def _remainder(a: Bounding, b: Bounding) -> Bounding:
    def bounds(known: Columns) -> Bounds:
        a(known)
        low, high = b(known)
        if low <= 0 <= high:
            raise Unbatchable
        return (0, high - 1) if low > 0 else (low + 1, 0)

    return bounds


_BOUNDS: Final = {"+": _sum, "-": _difference, "*": _product, "%": _remainder}


def negation(a: Compiled, is_float: bool) -> Batch | None:
    """`-a`."""
    part = batch_of(a)
    if part is None or (part.bounds is None and not is_float):
        return None
    x, inner = part.values, part.bounds

    def bounds(known: Columns) -> Bounds:
        low, high = inner(known)  # type: ignore[misc]
        return within(-high, -low)

    return batch_of_parts((part,), lambda c: map(operator.neg, x(c)), None if is_float else bounds)


def comparison(op: str, a: Compiled, b: Compiled) -> Batch | None:
    """`a op b` on two Ints, Floats or Bools."""
    first, second = batch_of(a), batch_of(b)
    if first is None or second is None:
        return None
    compare, x, y = _COMPARE[op], first.values, second.values
    with_one, of_one = _COMPARE_WITH[op], _COMPARE_WITH[_TURNED[op]]
    left, right = first.fixed, second.fixed

    def values(c: Columns) -> Iterable[Value]:
        if right is not None and (k := right(c)) is not None:
            return with_one(x(c), k[0])
        if left is not None and (k := left(c)) is not None:
            return of_one(y(c), k[0])
        return map(compare, x(c), y(c))

    return batch_of_parts((first, second), values)


def text_comparison(op: str, a: Compiled, text: Text) -> Batch | None:
    """`a op "…"`, the text so short that comparing it charges nothing."""
    part = batch_of(a)
    if part is None or text.n >= (LONG if op in ("==", "!=") else 1 << SHIFT):
        return None
    x, n, s, with_one = part.values, text.n, text.s, _COMPARE_WITH[op]
    place = frozenset({(a.slot, a.field)})
    if op == "==":
        return batch_of_parts((part,), lambda c: [t.n == n and t.s == s for t in x(c)], reads=place)
    if op == "!=":
        return batch_of_parts((part,), lambda c: [t.n != n or t.s != s for t in x(c)], reads=place)
    surely = place if a.slot >= 0 else None
    strings = _characters_once(a.slot, a.field, x)
    return batch_of_parts((part,), lambda c: with_one(strings(c), s), reads=place, surely=surely)


def _characters_once(slot: int, field: int, x: Callable[[Columns], Iterable[Value]]) -> Callable[[Columns], list[str]]:
    """What the texts of a term read; those at a place of the elements are asked once, however often they are compared."""

    def strings(c: Columns) -> list[str]:
        items = c.lists.get(slot)
        if items is None:
            return characters(x(c))
        known = c.read.get((slot, field))
        if known is None or known[0] is not items:
            known = c.read[slot, field] = items, characters(x(c))
        return known[1]

    return strings


def characters(texts: Iterable[Text]) -> list[str]:
    """What the texts read, or `Unbatchable` where one of them books its memory when it is read."""
    return [text.s if text.n < LONG else _refuse() for text in texts]


def _refuse() -> NoReturn:
    raise Unbatchable


def opposite(a: Compiled) -> Batch | None:
    """`not a`."""
    part = batch_of(a)
    if part is None:
        return None
    x = part.values
    return batch_of_parts((part,), lambda c: map(operator.not_, x(c)))


def record(parts: Sequence[Compiled], order: Sequence[int]) -> Batch | None:
    """`{ x: …, y: … }`, the fields in the order of their names at the places `order`."""
    known = [batch_of(part) for part in parts]
    columns = [part.values for part in known if part is not None]
    if len(columns) < len(known):
        return None

    def values(c: Columns) -> Iterable[Value]:
        made = [column(c) for column in columns]
        return zip(*[made[at] for at in order], strict=True)

    return batch_of_parts(known, values)


def bound(targets: Sequence[tuple[int, Compiled]], result: Compiled, *, at_once: bool = False) -> Batch | None:
    """`{ let x = …; result }`: first the bindings, each into its slot. Arguments of a known function are computed `at_once`,
    before the first is stored."""
    known = [batch_of(part) for part in (*(code for _, code in targets), result)]
    parts = [part for part in known if part is not None]
    if len(parts) < len(known):
        return None
    last, rows = parts[-1], [(slot, part) for (slot, _), part in zip(targets, parts, strict=False)]

    def define(c: Columns) -> None:
        for _, part in rows if at_once else ():
            part.check(c)
        for slot, part in rows:
            c.define(slot, part)

    def check(c: Columns) -> None:
        define(c)
        last.check(c)

    def bounds(c: Columns) -> Bounds:
        define(c)
        return last.bounds(c)  # type: ignore[misc]

    def values(c: Columns) -> Iterable[Value]:
        if at_once:
            for slot, made in [(slot, list(part.values(c))) for slot, part in rows]:
                c.lists[slot] = made
        else:
            for slot, part in rows:
                c.lists[slot] = list(part.values(c))
        return last.values(c)

    whole = batch_of_parts(parts, values)
    if whole is None:
        return None
    own = {slot for slot, _ in targets}
    reads = frozenset([_SOMEWHERE if slot in own else (slot, field) for slot, field in whole.reads])
    surely = frozenset([(slot, field) for slot, field in whole.surely if slot not in own])
    return replace(whole, check=check, bounds=None if last.bounds is None else bounds, reads=reads, surely=surely)


def length(part: Compiled, is_text: bool) -> Batch | None:
    """`length(x)`."""
    inner = batch_of(part)
    if inner is None:
        return None
    x = inner.values
    count: Callable[[Any], int] = _LENGTH if is_text else len
    return batch_of_parts((inner,), lambda c: map(count, x(c)), lambda known: (0, _LONGEST))


def number_function(primitive: P, parts: Sequence[Compiled], steps: int) -> Batch | None:
    """A function of numbers that cannot fail, each application of which charges `steps`."""
    known = [batch_of(part) for part in parts]
    columns = [part.values for part in known if part is not None]
    function = _NUMBER_FUNCTIONS.get(primitive)
    if function is None or len(columns) < len(known):
        return None

    def values(c: Columns) -> Iterable[Value]:
        c.steps += steps * c.n
        return map(function, *[column(c) for column in columns])

    return batch_of_parts(known, values, _bounds_between(primitive, [p.bounds for p in known if p is not None]), counts=True)


def _bounds_between(primitive: P, of_parts: Sequence[Bounding | None]) -> Bounding | None:
    choose = _NUMBER_FUNCTIONS[primitive]
    if primitive not in (P.MIN, P.MAX) or None in of_parts:
        return None
    first, second = of_parts

    def bounds(known: Columns) -> Bounds:
        (p, q), (r, s) = first(known), second(known)  # type: ignore[misc]
        return choose(p, r), choose(q, s)

    return bounds


_LONGEST: Final = 1 << 40
"""More characters or elements than any text or list has."""

_NUMBER_FUNCTIONS: Final[dict[P, Callable[..., Any]]] = {P.TO_FLOAT: float, P.MIN: min, P.MAX: max}
