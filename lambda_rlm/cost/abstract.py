"""Abstract values: what is known of a value's sizes before it is computed.

Owns one class for each shape of value, and the operations that every transfer function needs: joining two ways, opening a
list's element, going through the sizes of a value. All sizes are upper limits; `low` is a lower one and always a number.
Functions are abstract closures; what applying one costs is the analysis's affair.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Final, NamedTuple

from lambda_rlm.cost.size import (
    ONE,
    UNLIMITED,
    ZERO,
    Number,
    Size,
    Symbol,
    closer,
    depends,
    largest,
    peak,
    size_of,
    smallest,
    times,
    total,
)
from lambda_rlm.syntax.term import Def, Fix, Lam
from lambda_rlm.types.type import Type

WIDEST: Final = 4
"""Bytes of the widest character in UTF-8."""

_SERIALS = count(1)


def fresh() -> int:
    """A number for a symbol or an owner that no other has."""
    return next(_SERIALS)


@dataclass(frozen=True, slots=True)
class AbstractNumber:
    """Int or Float between `low` and `high` (which is 0 for what is negative)."""

    low: Number = -math.inf
    high: Size = UNLIMITED


@dataclass(frozen=True, slots=True)
class AbstractText:
    """Text, Quote or enumeration: characters, bytes in UTF-8, the widest character it can hold, the fewest characters."""

    chars: Size
    bytes: Size
    width: int = WIDEST
    low: Number = 0


@dataclass(frozen=True, slots=True)
class AbstractList:
    """A list: its length, and one element that stands for all; sizes in `element` are in the symbols that `owner` owns.

    `element` is None for a list that is surely empty.
    """

    length: Size
    element: Abstract | None
    owner: int
    low: Number = 0


@dataclass(frozen=True, slots=True)
class AbstractOption:
    """An Option; `inner` is None when it is surely none."""

    inner: Abstract | None


@dataclass(frozen=True, slots=True)
class AbstractRecord:
    """A record, fields in the order of their names."""

    fields: tuple[tuple[str, Abstract], ...]

    def field(self, name: str) -> Abstract:
        return next(value for n, value in self.fields if n == name)


@dataclass(frozen=True, slots=True)
class AbstractBool:
    """true, false, or either (None)."""

    value: bool | None = None


class Outcome(NamedTuple):
    """A value, and the longest chain of model calls that it has to wait for."""

    value: Abstract
    span: Size = ZERO


@dataclass(frozen=True, slots=True, eq=False)
class AbstractFunction:
    """A closure. `apply` gives the outcome for abstract arguments and charges the analysis's account."""

    apply: Callable[..., Outcome] = field(repr=False)
    source: Lam | Def | Fix | None = None
    env: Mapping[str, Abstract] = field(default_factory=dict, repr=False)
    changed: Callable[[Callable[[Abstract], Abstract]], AbstractFunction] | None = field(default=None, repr=False)
    """The same function with what it has taken in from outside changed."""


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A value that staging has computed, its ground type, and its sizes, measured when somebody asks. `depth` is how deep `fix`
    went to compute it."""

    value: object = field(repr=False)
    type: Type
    measure: Callable[[], Abstract] = field(repr=False)
    depth: int = 0
    sizes: list[Abstract] = field(default_factory=list, repr=False)


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value of a type that stays a variable: nothing looks inside."""


Abstract = (
    AbstractNumber
    | AbstractText
    | AbstractList
    | AbstractOption
    | AbstractRecord
    | AbstractBool
    | AbstractFunction
    | Known
    | Opaque
)

OPAQUE: Final = Opaque()
EITHER: Final = AbstractBool()
NONE: Final = AbstractOption(None)
EMPTY_LIST: Final = AbstractList(ZERO, None, 0)


def text_of(chars: Size, width: int = WIDEST, low: Number = 0, bytes_: Size = UNLIMITED) -> AbstractText:
    """A text of at most so many characters, at most `width` bytes each and `bytes_` in all."""
    return AbstractText(chars, smallest(bytes_, chars * width), width, low)


def literal_text(s: str) -> AbstractText:
    encoded = len(s.encode("utf-8", "surrogatepass"))
    width = max((len(c.encode("utf-8", "surrogatepass")) for c in set(s)), default=1)
    return AbstractText(Size(len(s)), Size(encoded), width, len(s))


def number(low: Number, high: Number | Size) -> AbstractNumber:
    return AbstractNumber(low, high if isinstance(high, Size) else size_of(math.ceil(high) if high != math.inf else high))


def uniform(length: Size, element: Abstract, low: Number = 0) -> AbstractList:
    """A list whose elements are all like `element`, which has no symbols of the list's own."""
    return AbstractList(length, element, fresh(), low)


def summed(length: Size, element: Abstract, low: Number = 0, *, chars: Size, bytes_: Size) -> AbstractList:
    """A list of texts that together have at most `chars` characters and `bytes_` bytes, each like `element`."""
    assert isinstance(element, AbstractText)
    owner = fresh()
    inner = AbstractText(symbol(element.chars, chars, owner), symbol(element.bytes, bytes_, owner), element.width, element.low)
    return AbstractList(length, inner, owner, low)


def symbol(peak_: Size, sum_: Size, owner: int) -> Size:
    """A size that varies over the elements of a list: at most `peak_` in each, `sum_` in all."""
    if peak_.value == 0 or sum_.value == 0:
        return ZERO
    return Size(0, ((Symbol("element", fresh(), owner, peak=sum_ if sum_.value < peak_.value else peak_, sum=sum_), 1),))


def seen(value: Abstract) -> Abstract:
    """A value as its sizes, with nothing known in it. Lists never hold what is known."""
    match value:
        case Known():
            if not value.sizes:
                value.sizes.append(value.measure())
            return value.sizes[0]
        case AbstractRecord(fields):
            return AbstractRecord(tuple((name, seen(field)) for name, field in fields))
        case AbstractOption(inner) if inner is not None:
            return AbstractOption(seen(inner))
        case _:
            return value


def at_peak(list_: AbstractList) -> Abstract | None:
    """One element taken out of its list: every size at its largest, no more than the sum over the list."""
    return None if list_.element is None else mapped(list_.element, lambda s: _single(s, list_.owner))


def _single(size: Size, owner: int) -> Size:
    if not depends(size, owner):
        return size
    return closer(peak(size, owner), total(size, ONE, owner))


def adopt(list_: AbstractList, owner: int, repeats: Size = ONE) -> Abstract | None:
    """The element of a list whose elements stand, each at most `repeats` times, in the list that owns `owner`."""

    def change(size: Size) -> Size:
        if not depends(size, list_.owner):
            return size
        return symbol(peak(size, list_.owner), times(repeats, total(size, list_.length, list_.owner)), owner)

    return None if list_.element is None else mapped(list_.element, change)


def nested(list_: AbstractList, length: Size, most: Size, outer: int | None = None) -> AbstractList:
    """`length` lists, none empty, of at most `most` elements each, that together hold the elements of a list once."""
    if list_.element is None:
        return list_
    outer, inner = fresh() if outer is None else outer, fresh()

    def change(size: Size) -> Size:
        if not depends(size, list_.owner):
            return size
        highest, sum_ = peak(size, list_.owner), total(size, list_.length, list_.owner)
        share = symbol(closer(times(most, highest), sum_), sum_, outer)
        return symbol(highest, share, inner)

    group = AbstractList(symbol(most, list_.length, outer), mapped(list_.element, change), inner, 1)
    return AbstractList(length, group, outer, min(1, list_.low))


def concat(lists: AbstractList) -> AbstractList:
    """The elements of all inner lists in one list."""
    group = lists.element
    if not isinstance(group, AbstractList) or group.element is None:
        return EMPTY_LIST
    length, inner, outer, owner = group.length, group.owner, lists.owner, fresh()

    def change(size: Size) -> Size:
        if not depends(size, inner) and not depends(size, outer):
            return size
        highest = peak(peak(size, inner), outer)
        return symbol(highest, total(total(size, length, inner), lists.length, outer), owner)

    return AbstractList(total(length, lists.length, outer), mapped(group.element, change), owner, 0)


def mapped(value: Abstract, change: Callable[[Size], Size]) -> Abstract:
    """A value with every size changed. A list inside keeps its own symbols, whose peaks and sums are changed too."""
    match seen(value):
        case AbstractNumber(low, high):
            return AbstractNumber(low, change(high))
        case AbstractText(chars, bytes_, width, low):
            return AbstractText(change(chars), change(bytes_), width, low)
        case AbstractOption(inner):
            return value if inner is None else AbstractOption(mapped(inner, change))
        case AbstractRecord(fields):
            return AbstractRecord(tuple((n, mapped(v, change)) for n, v in fields))
        case AbstractList(length, element, owner, low):
            if element is None:
                return value
            new_owner = fresh()

            def inside(size: Size) -> Size:
                if not depends(size, owner):
                    return change(size)
                return symbol(change(peak(size, owner)), change(total(size, length, owner)), new_owner)

            return AbstractList(change(length), mapped(element, inside), new_owner, low)
        case AbstractFunction(changed=changed) if changed is not None:
            return _changed_later(changed, lambda inner: mapped(inner, change))
        case _:
            return value


def _changed_later(
    changed: Callable[[Callable[[Abstract], Abstract]], AbstractFunction], change: Callable[[Abstract], Abstract]
) -> AbstractFunction:
    """A changed function, made when it is first applied."""
    made: list[AbstractFunction] = []

    def function() -> AbstractFunction:
        if not made:
            made.append(changed(change))
        return made[0]

    return AbstractFunction(
        lambda *arguments: function().apply(*arguments),
        changed=lambda again: _changed_later(function().changed or changed, again),
    )


def changed_names(
    env: Mapping[str, Abstract], names: Iterable[str], change: Callable[[Abstract], Abstract]
) -> Mapping[str, Abstract]:
    """An environment with the values of some names changed; what is known stays known."""
    return {**env, **{name: change(env[name]) for name in names if name in env and not isinstance(env[name], Known)}}


def join(a: Abstract, b: Abstract) -> Abstract:
    """Either of two values."""
    if a is b:
        return a
    a, b = seen(a), seen(b)
    match a, b:
        case AbstractNumber(), AbstractNumber():
            return AbstractNumber(min(a.low, b.low), largest((a.high, b.high)))
        case AbstractText(), AbstractText():
            return AbstractText(
                largest((a.chars, b.chars)), largest((a.bytes, b.bytes)), max(a.width, b.width), min(a.low, b.low)
            )
        case AbstractOption(), AbstractOption():
            if a.inner is None or b.inner is None:
                return a if b.inner is None else b
            return AbstractOption(join(a.inner, b.inner))
        case AbstractRecord(), AbstractRecord():
            return AbstractRecord(tuple((n, join(x, y)) for (n, x), (_, y) in zip(a.fields, b.fields, strict=True)))
        case AbstractList(), AbstractList():
            return join_lists(a, b, largest((a.length, b.length)), min(a.low, b.low), is_both=False)
        case AbstractBool(), AbstractBool():
            return a if a.value is b.value else EITHER
        case AbstractFunction(), AbstractFunction():
            return _either_function(a, b)
        case _:
            return a


def _either_function(a: AbstractFunction, b: AbstractFunction) -> AbstractFunction:
    """One function or the other: both are applied, which charges for both."""

    def apply(*arguments: Abstract) -> Outcome:
        one, other = a.apply(*arguments), b.apply(*arguments)
        return Outcome(join(one.value, other.value), largest((one.span, other.span)))

    def changed(change: Callable[[Abstract], Abstract]) -> AbstractFunction:
        return _either_function(a.changed(change) if a.changed else a, b.changed(change) if b.changed else b)

    return AbstractFunction(apply, changed=changed)


def join_lists(a: AbstractList, b: AbstractList, length: Size, low: Number, *, is_both: bool) -> AbstractList:
    """One list or the other; with `is_both` one after the other."""
    if a.element is None or b.element is None:
        rest = b if a.element is None else a
        return AbstractList(length, rest.element, rest.owner, low)
    owner = fresh()
    element = _joined(a.element, b.element, a, b, owner, is_both)
    return AbstractList(length, element, owner, low)


def _joined(x: Abstract, y: Abstract, a: AbstractList, b: AbstractList, owner: int, is_both: bool) -> Abstract:
    def either(p: Size, q: Size) -> Size:
        if not depends(p, a.owner) and not depends(q, b.owner) and (p == q or not is_both):
            return largest((p, q))
        sums = (total(p, a.length, a.owner), total(q, b.length, b.owner))
        return symbol(
            largest((peak(p, a.owner), peak(q, b.owner))),
            sums[0] + sums[1] if is_both else largest(sums),
            owner,
        )

    match x, y:
        case AbstractNumber(), AbstractNumber():
            return AbstractNumber(min(x.low, y.low), either(x.high, y.high))
        case AbstractText(), AbstractText():
            return AbstractText(either(x.chars, y.chars), either(x.bytes, y.bytes), max(x.width, y.width), min(x.low, y.low))
        case AbstractOption(), AbstractOption():
            if x.inner is None or y.inner is None:
                rest = y.inner if x.inner is None else x.inner
                return NONE if rest is None else AbstractOption(_joined(rest, rest, a, b, owner, is_both))
            return AbstractOption(_joined(x.inner, y.inner, a, b, owner, is_both))
        case AbstractRecord(), AbstractRecord():
            fields = zip(x.fields, y.fields, strict=True)
            return AbstractRecord(tuple((n, _joined(p, q, a, b, owner, is_both)) for (n, p), (_, q) in fields))
        case AbstractList(), AbstractList():
            # Lists in lists lose the sums over the outer list: sound, and rare.
            inner = join(mapped(x, lambda s: peak(s, a.owner)), mapped(y, lambda s: peak(s, b.owner)))
            assert isinstance(inner, AbstractList)
            return AbstractList(either(x.length, y.length), inner.element, inner.owner, min(x.low, y.low))
        case _:
            return join(x, y)
