"""How much memory lists hold, measured when they are made.

Owns `measure` and `kept`. A list is measured by a sample of its elements, at places that follow from its length alone; an
element that others hold too counts in equal parts, so that a filtered or sorted list does not count again what its source
holds. Promises constant work for each list whatever its length, the same figure each time, and a figure within a factor of two
of what the interpreter takes, for elements that are alike. What books its memory itself (a long text, a large list) is not
counted again.

Small lists and short texts book nothing: they count in the list that holds them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from sys import getrefcount
from typing import Any, Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.budget.storage import Holding, Storage
from lambda_rlm.eval.rows import TableValue
from lambda_rlm.eval.value import Text
from lambda_rlm.types.type import Con, Enum, Record, Type

MANY: Final = 256
"""Elements from which on a list is measured."""

MUCH: Final = 1 << 14
"""Bytes that were charged for a list from which on it is measured, however short it is."""

PORTION: Final = 1 << 16
"""Elements of a long list that are made before they book their memory."""

_LEAST: Final = 4_096
"""Bytes below which a list books nothing."""

_SAMPLE: Final = 24
_NESTED_SAMPLE: Final = 192
"""Elements that are looked at; more where they may be of very different sizes."""

_SLOT: Final = 8
_LIST: Final = 72
_TUPLE: Final = 56
_NUMBER: Final = 32
_TOLD_NUMBER: Final = 256
_FUNCTION: Final = 512
_FIELD: Final = 48
_CELL: Final = 400
_SMALL: Final = 256
"""Bytes: of a place in a list, of an empty list and record, of a number, of one that knows where it came from, of a function
value, of a field of a row of an input, of a text of an input; the greatest Int that has no object of its own."""

_FEW: Final = 6
"""Holders from which on their number counts roughly: constants have some that do not belong to the run."""

_OWN: Final = 2
"""References to an element that is looked at, beside those of its holders."""


def measure(items: list[Any]) -> int:
    """About the bytes that a list and its elements hold."""
    n = len(items)
    if n <= _SAMPLE:
        return _LIST + _SLOT * n + _of(items)
    total = _of([items[at] for at in _places(n, _SAMPLE)], 1)
    count = _SAMPLE
    if n > _NESTED_SAMPLE and any(map(_is_nested, [items[at] for at in _places(n, _SAMPLE)])):
        count = _NESTED_SAMPLE
        total = _of([items[at] for at in _places(n, count)], 1)
    return _LIST + _SLOT * n + total * n // count


def _places(n: int, count: int) -> Iterable[int]:
    """Places spread over a list, not in step with any pattern in it."""
    return [(n * k + (k * 2_654_435_761 >> 7) % n) // count for k in range(count)]


def _of(values: Iterable[Any], more: int = 0) -> int:
    """The bytes of values that are in a list or record, each divided among its holders; `more` references are ours.

    Numbers of inputs belong to the host too, who may hold them any number of times: beyond two, holders do not count.
    """
    own, total = _OWN + more, 0
    for value in values:
        size = _size(value)
        if size:
            holders = getrefcount(value) - own
            if size == _NUMBER:
                holders = min(holders, 2)
            total += size if holders < 2 else size // holders if holders < _FEW else size >> holders.bit_length()
    return total


def _size(value: Any) -> int:
    """The bytes of one value, of what books its memory itself none."""
    kind = type(value)
    if kind is int:
        return _NUMBER if not -5 <= value <= _SMALL else 0
    if kind is tuple:
        return _TUPLE + _SLOT * len(value) + _of(value)
    if kind is list:
        return measure(value)
    if kind is float:
        return _NUMBER
    if kind is bool or value is None or kind is Holding:
        return 0
    if isinstance(value, int | float):
        return _TOLD_NUMBER
    footprint = getattr(value, "footprint", None)
    return _FUNCTION if footprint is None else int(footprint())


def _is_nested(value: Any) -> bool:
    return type(value) is list or (type(value) is tuple and any(map(_is_nested, value)))


def keep(items: list[Any], storage: Storage) -> list[Any]:
    """A list that books its memory, if it has much."""
    if type(items) is Holding:
        return items
    size = measure(items)
    return Holding(items, storage, size) if size >= _LEAST else items


def gathered(portions: Iterable[list[Any]], meter: Meter) -> list[Any]:
    """The portions of a long list in a row, each booked when it is made: a list that is too large is refused on the way."""
    first: list[Any] = []
    whole: Holding | None = None
    for portion in portions:
        if whole is None and not first:
            first = portion
            continue
        if whole is None:
            whole = Holding(first, meter.storage, measure(first))
        whole.grow(portion, measure(portion))
    return first if whole is None else whole


def strung(parts: Iterable[list[Any]], meter: Meter) -> list[Any]:
    """Lists in a row, charged before they are copied and booked a portion at a time."""
    whole: Holding | None = None
    out: list[Any] = []
    for part in parts:
        meter.spend(len(part))
        meter.memory -= _SLOT * len(part)
        out += part
        if len(out) > PORTION:
            whole = Holding((), meter.storage, 0) if whole is None else whole
            whole.grow(out, measure(out))
            out = []
    if whole is None:
        return out
    whole.grow(out, measure(out))
    return whole


def kept(run: Callable[..., list[Any]], meter: Meter) -> Callable[..., list[Any]]:
    """What gives lists, so that large ones book their memory."""
    storage = meter.storage

    def keeping(frame: Any) -> list[Any]:
        before = meter.memory
        items = run(frame)
        if len(items) < MANY and before - meter.memory < MUCH:
            return items
        return keep(items, storage)

    return keeping


def kept_awaiting(run: Callable[..., Awaitable[list[Any]]], meter: Meter) -> Callable[..., Awaitable[list[Any]]]:
    """The same for what awaits a model."""
    storage = meter.storage

    async def keeping(*arguments: Any) -> list[Any]:
        before = meter.memory
        items = await run(*arguments)
        if len(items) < MANY and before - meter.memory < MUCH:
            return items
        return keep(items, storage)

    return keeping


def kept_fields(run: Callable[..., tuple[Any, ...]], meter: Meter) -> Callable[..., tuple[Any, ...]]:
    """The same for what gives a record of lists."""
    storage = meter.storage

    def keeping(*arguments: Any) -> tuple[Any, ...]:
        return tuple([keep(items, storage) for items in run(*arguments)])

    return keeping


def held(value: Any, type_: Type) -> int:
    """About the bytes that an input of a type takes, with the plain data it was made from: each part as often as it occurs."""
    if type(value) is TableValue:
        return _held_by_rows(value)
    fixed, rest = _held_by(type_)
    return fixed if rest is None else fixed + rest(value)


def _held_by_rows(rows: TableValue) -> int:
    """The same by columns."""
    count = len(rows)
    total = _LIST + count * (_SLOT + _LIST + _FIELD * len(rows.fields))
    for at, (_, type_) in enumerate(rows.fields):
        sums, is_option = rows.sums(at), isinstance(type_, Con) and type_.name == "Option"
        each, _ = _held_by(type_.arguments[0] if isinstance(type_, Con) and is_option else type_)
        total += sums.present * (each + (_LIST + _FIELD if is_option else 0)) + sums.characters + sums.wide
    return total


def _held_by(type_: Type) -> tuple[int, Callable[[Any], int] | None]:
    """The bytes that every value of a type takes, and what tells how many one takes beside; None where none does."""
    match type_:
        case Con("Int" | "Float"):
            return _NUMBER, None
        case Con("List", (inner,)):
            each, rest = _held_by(inner)
            place = _SLOT + each
            if rest is None:
                return _LIST, lambda items: place * len(items)
            return _LIST, lambda items: place * len(items) + sum(map(rest, items))
        case Con("Option", (inner,)):
            each, rest = _held_by(inner)
            some = _LIST + _FIELD + each
            if rest is None:
                return 0, lambda option: 0 if option is None else some
            return 0, lambda option: 0 if option is None else some + rest(option[0])
        case Record(fields):
            parts = [_held_by(field) for _, field in fields]
            rests = [(at, rest) for at, (_, rest) in enumerate(parts) if rest is not None]
            fixed = _LIST + _FIELD * len(parts) + sum([each for each, _ in parts])
            return fixed, (lambda row: sum([rest(row[at]) for at, rest in rests])) if rests else None
        case Con("Text") | Enum():
            return _CELL, Text.memory
        case _:
            return 0, None
