"""Abstract values: what is known of a value's sizes before it is computed.

Owns one class for each shape of value, and the operations that every transfer function needs: joining two ways, opening a
list's element, going through the sizes of a value. All sizes are upper limits; `low` is a lower one and always a number.
Functions are abstract closures; what applying one costs is the analysis's affair.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Final, NamedTuple

from lambda_rlm.bounds.domain.size import (
    ONE,
    UNLIMITED,
    ZERO,
    Number,
    SizeBound,
    closer,
    depends,
    peak,
    size_of,
    smallest,
    times,
)
from lambda_rlm.bounds.domain.totals import Renewal, fresh, symbol, total
from lambda_rlm.data_class import dataclass
from lambda_rlm.limits import MOST_BLOCKS
from lambda_rlm.syntax.term import Def, Fix, Lam
from lambda_rlm.types.type import Type

WIDEST: Final = 4
"""Bytes of the widest character in UTF-8."""


class Makeup(NamedTuple):
    """What a text is made of, beside its characters.

    `counted` and `piece` are a `TokenSize` in the vocabulary that the analysis counts by (None: its bytes), where instruction
    and data meet only between texts put together. `most` gives the most tokens of any part of at most a number of characters,
    where that is known. As part of a prompt it has at most `blocks` stretches of data, once those are joined between which no
    letter is; without `is_worded`, no letter of it is instruction. `cut` are the tokens that cutting it at one place adds at
    most, where less is known than `piece`.
    """

    counted: SizeBound | None = None
    piece: int = 0
    most: Callable[[int], int] | None = None
    blocks: int = MOST_BLOCKS
    is_worded: bool = True
    cut: SizeBound | None = None

    def changed(self, change: Callable[[SizeBound], SizeBound]) -> Makeup:
        """The same with every size changed."""
        counted, cut = (None if size is None else change(size) for size in (self.counted, self.cut))
        return self._replace(counted=counted, cut=cut)


UNKNOWN: Final = Makeup()


def lower(a: SizeBound, b: SizeBound) -> SizeBound:
    """Of two limits of one thing the one that is lower for the inputs at hand, the first when they are equal."""
    return a if a.value <= b.value else b


@dataclass(frozen=True, slots=True)
class AbstractNumber:
    """Int or Float between `low` and `high` (which is 0 for what is negative); whether it is surely an Int."""

    low: Number = -math.inf
    high: SizeBound = UNLIMITED
    is_int: bool = False


@dataclass(frozen=True, slots=True)
class AbstractText:
    """Text, Quote or enumeration: characters, bytes in UTF-8, the widest character it can hold, the fewest characters, and the
    bytes beyond one for each character, which in most texts are few: a part of it may have them all, and no more."""

    chars: SizeBound
    bytes: SizeBound
    width: int = WIDEST
    low: Number = 0
    beyond: SizeBound = UNLIMITED
    made: Makeup = UNKNOWN

    @property
    def wide(self) -> SizeBound:
        """`beyond`, or what the widest characters would make it."""
        return lower(self.beyond, self.chars * (self.width - 1))

    @property
    def tokens(self) -> SizeBound:
        """Of all texts that this is put together with, what this adds at most."""
        counted = self.made.counted
        if counted is None:
            return self.bytes
        if counted.value > self.bytes.value and any(counted.owners):  # of many, the tokens may be fewer together
            return smallest(counted, self.bytes)
        return lower(counted, self.bytes)


@dataclass(frozen=True, slots=True)
class AbstractList:
    """A list: its length, and one element that stands for all; sizes in `element` are in the symbols that `owner` owns.

    `element` is None for a list that is surely empty.
    """

    length: SizeBound
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


class AbstractResult(NamedTuple):
    """A value, and the longest chain of model calls that it has to wait for."""

    value: Abstract
    chain: SizeBound = ZERO


Either = Callable[[list[Callable[[], AbstractResult]]], AbstractResult]
"""Goes one of several ways, and charges for the dearest."""


@dataclass(frozen=True, slots=True, eq=False)
class AbstractFunction:
    """A closure. `apply` gives the outcome for abstract arguments and charges the analysis's account."""

    apply: Callable[..., AbstractResult] = field(repr=False)
    source: Lam | Def | Fix | None = None
    env: Mapping[str, Abstract] = field(default_factory=dict, repr=False)
    changed: Callable[[Callable[[Abstract], Abstract]], AbstractFunction] | None = field(default=None, repr=False)
    """The same function with what it has taken in from outside changed."""
    either: Either | None = field(default=None, repr=False)
    """What charges for the dearest of several ways."""


@dataclass(frozen=True, slots=True, eq=False)
class StagedValue:
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
    | StagedValue
    | Opaque
)


def call(function: Abstract | None, *arguments: Abstract | None) -> AbstractResult:
    """A function value applied."""
    assert isinstance(function, AbstractFunction)
    return function.apply(*arguments)


OPAQUE: Final = Opaque()
EITHER: Final = AbstractBool()
NONE: Final = AbstractOption(None)
EMPTY_LIST: Final = AbstractList(ZERO, None, 0)


def text_of(
    chars: SizeBound,
    width: int = WIDEST,
    low: Number = 0,
    bytes_: SizeBound = UNLIMITED,
    beyond: SizeBound = UNLIMITED,
    *,
    made: Makeup = UNKNOWN,
) -> AbstractText:
    """A text of at most so many characters, at most `width` bytes each and `bytes_` in all."""
    return AbstractText(chars, smallest(bytes_, lower(chars + beyond, chars * width)), width, low, beyond, made)


def number(low: Number, high: Number, *, is_int: bool = False) -> AbstractNumber:
    return AbstractNumber(low, size_of(math.ceil(high) if high != math.inf else high), is_int)


def integer(high: SizeBound, low: Number = 0) -> AbstractNumber:
    """An Int that counts or numbers something."""
    return AbstractNumber(low, high, is_int=True)


def uniform(length: SizeBound, element: Abstract, low: Number = 0) -> AbstractList:
    """A list whose elements are all like `element`, which has no symbols of the list's own."""
    return AbstractList(length, element, fresh(), low)


def summed(
    length: SizeBound,
    element: AbstractText,
    low: Number = 0,
    *,
    chars: SizeBound,
    bytes_: SizeBound,
    beyond: SizeBound,
    tokens: SizeBound,
) -> AbstractList:
    """A list of texts, each like `element`, that together have at most `chars` characters, `bytes_` bytes, `beyond` of them
    beyond one for each character, and `tokens` tokens."""
    owner = fresh()
    sums = (element.chars, chars), (element.bytes, bytes_), (element.wide, beyond)
    of_chars, of_bytes, of_beyond = (symbol(highest, sum_, owner) for highest, sum_ in sums)
    made = element.made
    if made.counted is not None:
        made = made._replace(counted=symbol(element.tokens, lower(tokens, bytes_), owner))
    return AbstractList(length, AbstractText(of_chars, of_bytes, element.width, element.low, of_beyond, made), owner, low)


def seen(value: Abstract) -> Abstract:
    """A value as its sizes, with nothing known in it. Lists never hold what is known."""
    match value:
        case StagedValue():
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


def _single(size: SizeBound, owner: int) -> SizeBound:
    if not depends(size, owner):
        return size
    return closer(peak(size, owner), total(size, ONE, owner))


def adopt(list_: AbstractList, owner: int, repeats: SizeBound = ONE) -> Abstract | None:
    """The element of a list whose elements are, each at most `repeats` times, in the list that owns `owner`."""

    renewal = Renewal(owner)

    def change(size: SizeBound) -> SizeBound:
        if not depends(size, list_.owner):
            return size
        return renewal.size(size, list_.owner, list_.length, peak(size, list_.owner), lambda sum_: times(repeats, sum_))

    return None if list_.element is None else mapped(list_.element, change)


def nested(list_: AbstractList, length: SizeBound, most: SizeBound, outer: int | None = None) -> AbstractList:
    """`length` lists, none empty, of at most `most` elements each, that together hold the elements of a list once."""
    if list_.element is None:
        return list_
    outer, inner = fresh() if outer is None else outer, fresh()

    def change(size: SizeBound) -> SizeBound:
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
    renewal = Renewal(owner)

    def change(size: SizeBound) -> SizeBound:
        if not depends(size, inner) and not depends(size, outer):
            return size
        return renewal.size(size, inner, length, peak(peak(size, inner), outer), lambda sum_: total(sum_, lists.length, outer))

    return AbstractList(total(length, lists.length, outer), mapped(group.element, change), owner, 0)


def mapped(value: Abstract, change: Callable[[SizeBound], SizeBound]) -> Abstract:
    """A value with every size changed. A list inside keeps its own symbols, whose peaks and sums are changed too."""
    match seen(value):
        case AbstractNumber(low, high, is_int):
            return AbstractNumber(low, change(high), is_int)
        case AbstractText(chars, bytes_, width, low, beyond, made):
            return AbstractText(change(chars), change(bytes_), width, low, change(beyond), made.changed(change))
        case AbstractOption(inner):
            return value if inner is None else AbstractOption(mapped(inner, change))
        case AbstractRecord(fields):
            return AbstractRecord(tuple((n, mapped(v, change)) for n, v in fields))
        case AbstractList(length, element, owner, low):
            if element is None:
                return value
            renewal = Renewal(fresh())

            def inside(size: SizeBound) -> SizeBound:
                if not depends(size, owner):
                    return change(size)
                return renewal.size(size, owner, length, change(peak(size, owner)), change)

            return AbstractList(change(length), mapped(element, inside), renewal.owner, low)
        case AbstractFunction(changed=changed, either=either) if changed is not None:
            return _changed_later(changed, lambda inner: mapped(inner, change), either)
        case _:
            return value


def _changed_later(
    changed: Callable[[Callable[[Abstract], Abstract]], AbstractFunction],
    change: Callable[[Abstract], Abstract],
    either: Either | None,
) -> AbstractFunction:
    """A changed function, made when it is first applied."""
    changed_once: list[AbstractFunction] = []

    def function() -> AbstractFunction:
        if not changed_once:
            changed_once.append(changed(change))
        return changed_once[0]

    return AbstractFunction(
        lambda *arguments: function().apply(*arguments),
        changed=lambda again: _changed_later(function().changed or changed, again, either),
        either=either,
    )


def changed_names(
    env: Mapping[str, Abstract], names: Iterable[str], change: Callable[[Abstract], Abstract]
) -> Mapping[str, Abstract]:
    """An environment with the values of some names changed; what is known stays known."""
    return {**env, **{name: change(env[name]) for name in names if name in env and not isinstance(env[name], StagedValue)}}
