"""How first-order library functions about lists and options change sizes.

Owns `LIST`, a table of `SizeTransfer`s, and what rows with callbacks share with it.
"""

from __future__ import annotations

import math
from typing import Final

from lambda_rlm.bounds.domain.abstract import (
    EITHER,
    Abstract,
    AbstractBool,
    AbstractList,
    AbstractNumber,
    AbstractOption,
    AbstractRecord,
    AbstractText,
    adopt,
    at_peak,
    concat,
    integer,
    nested,
    number,
    text_of,
    uniform,
)
from lambda_rlm.bounds.domain.joining import join, join_lists
from lambda_rlm.bounds.domain.makeup import changed
from lambda_rlm.bounds.domain.size import ONE, UNLIMITED, ZERO, Number, SizeBound, ceil_div, size_of, smallest, times
from lambda_rlm.bounds.domain.totals import fresh, total
from lambda_rlm.bounds.transfer.forms import SizeTransfer
from lambda_rlm.bounds.transfer.texts import DATE, at_least, sliced
from lambda_rlm.syntax.primitive import Primitive as P


def kept(list_: AbstractList, length: SizeBound = UNLIMITED, low: Number = 0) -> AbstractList:
    """Some elements of a list, at most so many."""
    return AbstractList(smallest(list_.length, length), list_.element, list_.owner, min(low, list_.low))


def take_elements(list_: AbstractList, n: AbstractNumber) -> Abstract:
    return kept(list_, n.high, max(0, n.low))


def drop_elements(list_: AbstractList, n: AbstractNumber) -> Abstract:
    length = list_.length
    if length.is_constant and n.low > 0:
        length = size_of(max(0, length.value - n.low)) if n.low != math.inf else ZERO
    return kept(list_, length)


def slice_elements(list_: AbstractList, start: AbstractNumber, end: AbstractNumber) -> Abstract:
    return kept(list_, sliced(start, end))


def option_of_element(list_: AbstractList) -> Abstract:
    """One element, or none."""
    return AbstractOption(at_peak(list_))


def pair_list(
    a: AbstractList, b: AbstractList, length: SizeBound, low: Number, repeats: tuple[SizeBound, SizeBound]
) -> Abstract:
    """Records of an element of each; an element of a is in at most `repeats[0]` of them, one of b in `repeats[1]`."""
    if a.element is None or b.element is None:
        return AbstractList(ZERO, None, 0)
    owner = fresh()
    first, second = adopt(a, owner, repeats[0]), adopt(b, owner, repeats[1])
    assert first is not None and second is not None
    return AbstractList(length, AbstractRecord((("first", first), ("second", second))), owner, low)


def _zip(a: AbstractList, b: AbstractList) -> Abstract:
    return pair_list(a, b, smallest(a.length, b.length), min(a.low, b.low), (ONE, ONE))


def _cross(a: AbstractList, b: AbstractList) -> Abstract:
    return pair_list(a, b, times(a.length, b.length), a.low * b.low if a.low and b.low else 0, (b.length, a.length))


def _pairs(list_: AbstractList) -> Abstract:
    """n·(n−1)/2 of them, each element in n−1; `n²/2` where n is not a number."""
    n = list_.length
    if n.is_number:
        length = size_of(int(n.value) * (int(n.value) - 1) // 2)
    else:
        length = ceil_div(times(n, n), 2)
    return pair_list(list_, list_, length, 0, (n, n))


def _enumerate(list_: AbstractList) -> Abstract:
    if list_.element is None:
        return list_
    record = AbstractRecord((("index", integer(list_.length)), ("value", list_.element)))
    return AbstractList(list_.length, record, list_.owner, list_.low)


def _range(start: AbstractNumber, end: AbstractNumber) -> Abstract:
    below = 0 if start.low >= 0 else -start.low
    length = end.high if below == 0 else end.high + size_of(below)
    if length.is_number and start.low > 0:
        length = size_of(max(0, length.value - start.low))
    return uniform(length, integer(end.high, start.low))


def _tally(list_: AbstractList) -> Abstract:
    if list_.element is None:
        return list_
    record = AbstractRecord((("count", integer(list_.length, 1)), ("key", list_.element)))
    return AbstractList(list_.length, record, list_.owner, min(1, list_.low))


def _batch(list_: AbstractList, n: AbstractNumber) -> Abstract:
    """⌈length/n⌉ lists of at most n, which together hold what the list held."""
    low, high = at_least(n, 1)
    return nested(list_, ceil_div(list_.length, low), smallest(list_.length, high))


def _values(list_: AbstractList) -> Abstract:
    element = list_.element
    if not isinstance(element, AbstractOption) or element.inner is None:
        return AbstractList(ZERO, None, 0)
    return AbstractList(list_.length, element.inner, list_.owner)


def _read_numbers(list_: AbstractList) -> Abstract:
    """The digits of a cell and what is around them, both no longer than the cell."""
    if not isinstance(list_.element, AbstractText):
        return list_
    read = text_of(list_.element.chars, list_.element.width, 0, list_.element.bytes, list_.element.beyond, made=changed())
    record = AbstractRecord((("number", read), ("unit", read)))
    return AbstractList(list_.length, AbstractOption(record), list_.owner, list_.low)


def _label_in(_text: AbstractText, labels: AbstractList) -> Abstract:
    return AbstractOption(labels.element)


def _read_dates(list_: AbstractList) -> Abstract:
    if list_.element is None:
        return list_
    return AbstractList(list_.length, AbstractOption(text_of(size_of(DATE), 1, DATE)), list_.owner, list_.low)


def _sum(list_: AbstractList) -> Abstract:
    element = list_.element
    if not isinstance(element, AbstractNumber):
        return number(0, 0)
    low = 0 if element.low >= 0 else -math.inf
    return AbstractNumber(low, total(element.high, list_.length, list_.owner), element.is_int)


def _mean(list_: AbstractList) -> Abstract:
    element = at_peak(list_)
    if not isinstance(element, AbstractNumber):
        return AbstractOption(None)
    return AbstractOption(AbstractNumber(element.low, element.high + ONE))


def _unwrap_or(option: AbstractOption, default: Abstract) -> Abstract:
    return default if option.inner is None else join(option.inner, default)


def _is_some(option: AbstractOption) -> Abstract:
    return AbstractBool(False) if option.inner is None else EITHER


def _union(a: AbstractList, b: AbstractList) -> Abstract:
    return join_lists(a, b, a.length + b.length, max(min(1, a.low), min(1, b.low)), is_both=True)


LIST: Final[dict[P, SizeTransfer]] = {
    P.ZIP: _zip,
    P.CROSS: _cross,
    P.PAIRS: _pairs,
    P.ENUMERATE: _enumerate,
    P.RANGE: _range,
    P.GET: lambda list_, _i: option_of_element(list_),
    P.FIRST: option_of_element,
    P.LAST: option_of_element,
    P.UNIQUE: lambda list_: kept(list_, low=1),
    P.TALLY: _tally,
    P.SAMPLE: lambda list_, n: kept(list_, n.high),
    P.BATCH: _batch,
    P.CONCAT: concat,
    P.MEMBER: lambda *_: EITHER,
    P.UNION: _union,
    P.INTERSECT: lambda a, _b: kept(a),
    P.DIFFERENCE: lambda a, _b: kept(a),
    P.SUM: _sum,
    P.MEAN: _mean,
    P.MEDIAN: _mean,
    P.PERCENTILE: lambda list_, _p: _mean(list_),
    P.SOME: lambda value: AbstractOption(value),
    P.UNWRAP_OR: _unwrap_or,
    P.IS_SOME: _is_some,
    P.VALUES: _values,
    P.READ_NUMBERS: _read_numbers,
    P.READ_DATES: _read_dates,
    P.LABEL_IN: _label_in,
    P.VOTE: option_of_element,
}
