"""Either of two abstract values, and one list after the other.

Owns `join` and `join_lists`. Promises that what comes out allows for all that either of the two does.
"""

from __future__ import annotations

from collections.abc import Callable

from lambda_rlm.bounds.domain.abstract import (
    EITHER,
    NONE,
    Abstract,
    AbstractBool,
    AbstractFunction,
    AbstractList,
    AbstractNumber,
    AbstractOption,
    AbstractRecord,
    AbstractResult,
    AbstractText,
    mapped,
    seen,
)
from lambda_rlm.bounds.domain.makeup import are_counted, of_either
from lambda_rlm.bounds.domain.makeup import either as made_of_either
from lambda_rlm.bounds.domain.size import Number, SizeBound, depends, largest, peak
from lambda_rlm.bounds.domain.totals import fresh, symbol, total


def join(a: Abstract, b: Abstract) -> Abstract:
    """Either of two values."""
    if a is b:
        return a
    a, b = seen(a), seen(b)
    match a, b:
        case AbstractNumber(), AbstractNumber():
            return AbstractNumber(min(a.low, b.low), largest((a.high, b.high)), a.is_int and b.is_int)
        case AbstractText(), AbstractText():
            chars, bytes_ = largest((a.chars, b.chars)), largest((a.bytes, b.bytes))
            wide, low = largest((a.wide, b.wide)), min(a.low, b.low)
            return AbstractText(chars, bytes_, max(a.width, b.width), low, wide, of_either(a, b))
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
    """One function or the other: both are applied, and the dearer is charged for."""
    either = a.either or b.either

    def apply(*arguments: Abstract) -> AbstractResult:
        if either is not None:
            return either([lambda: a.apply(*arguments), lambda: b.apply(*arguments)])
        one, other = a.apply(*arguments), b.apply(*arguments)
        return AbstractResult(join(one.value, other.value), largest((one.chain, other.chain)))

    def changed(change: Callable[[Abstract], Abstract]) -> AbstractFunction:
        return _either_function(a.changed(change) if a.changed else a, b.changed(change) if b.changed else b)

    return AbstractFunction(apply, changed=changed, either=either)


def join_lists(a: AbstractList, b: AbstractList, length: SizeBound, low: Number, *, is_both: bool) -> AbstractList:
    """One list or the other; with `is_both` one after the other."""
    if a.element is None or b.element is None:
        rest = b if a.element is None else a
        return AbstractList(length, rest.element, rest.owner, low)
    owner = fresh()
    element = _joined(a.element, b.element, a, b, owner, is_both)
    return AbstractList(length, element, owner, low)


def _joined(x: Abstract, y: Abstract, a: AbstractList, b: AbstractList, owner: int, is_both: bool) -> Abstract:
    def either(p: SizeBound, q: SizeBound) -> SizeBound:
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
            return AbstractNumber(min(x.low, y.low), either(x.high, y.high), x.is_int and y.is_int)
        case AbstractText(), AbstractText():
            chars, bytes_, beyond = either(x.chars, y.chars), either(x.bytes, y.bytes), either(x.wide, y.wide)
            made = made_of_either(x, y, either(x.tokens, y.tokens) if are_counted(x, y) else None)
            return AbstractText(chars, bytes_, max(x.width, y.width), min(x.low, y.low), beyond, made)
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
