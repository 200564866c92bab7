"""What library functions with callbacks give and cost, those apart that carry an accumulator along (`loops`).

Owns `CALLBACKS` and `BY_ELEMENT`, tables of `CallbackTransfer`s, and `by_element`. What a callback costs for one element, in
the symbols of the list, is totalled over the list: this turns `chunk |> map(llm_call)` from n² into n.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from lambda_rlm.bounds.analysis import FUEL, Analysis, Application, Transfer
from lambda_rlm.bounds.domain.abstract import (
    EITHER,
    EMPTY_LIST,
    NONE,
    Abstract,
    AbstractBool,
    AbstractList,
    AbstractNumber,
    AbstractOption,
    AbstractRecord,
    AbstractResult,
    call,
    concat,
    integer,
    mapped,
    nested,
    seen,
)
from lambda_rlm.bounds.domain.joining import join_lists
from lambda_rlm.bounds.domain.size import (
    ONE,
    ZERO,
    SizeBound,
    depends,
    largest,
    peak,
    times,
)
from lambda_rlm.bounds.domain.totals import fresh, symbol, total
from lambda_rlm.bounds.transfer.forms import CallbackTransfer
from lambda_rlm.bounds.transfer.lists import kept, option_of_element, pair_list
from lambda_rlm.syntax.primitive import Primitive as P


def _each(analysis: Analysis, list_: AbstractList, f: Abstract | None) -> tuple[Abstract | None, SizeBound]:
    """f of every element: its result in the symbols of the list, and the chain of the longest."""
    if list_.element is None:
        return None, ZERO
    element = list_.element
    with analysis.opened(list_.owner):
        outcome, cost = analysis.measured(lambda: call(f, element))
    analysis.charge(cost.for_each(list_.length, list_.owner))
    return seen(outcome.value), peak(outcome.chain, list_.owner)


def by_element(of_whole: Transfer) -> Transfer:
    """A transfer that goes through a list element by element where staging knows it, so that every branch is the real one, and
    every prompt that is known is counted as it is, where prompts are counted."""

    def transfer(analysis: Analysis, application: Application) -> AbstractResult:
        elements = analysis.staging.elements(*application.arguments)
        outcome = None if elements is None else _one_by_one(analysis, application, elements, _HALF)
        if outcome is not None:
            return outcome
        if elements is None and analysis.rates.vocabulary is not None and analysis.rates.count is not None:
            elements = analysis.staging.elements_asked_about(*application.arguments)
            if elements is not None:
                return _counted(analysis, application, elements, of_whole)
        return of_whole(analysis, application)

    return transfer


_HALF: Final = 2
_SMALL: Final = 8
"""Parts of the fuel left of which going through a list may take one, ..."""
_KEPT: Final = FUEL * 2 // 3
"""... or as much as leaves this."""


def _counted(analysis: Analysis, application: Application, elements: Sequence[Abstract], of_whole: Transfer) -> AbstractResult:
    """The whole, at the cost of its elements where these cost less: then what was noted of larger ones does not hold."""
    notes = analysis.notes()
    outcome, cost = analysis.measured(lambda: of_whole(analysis, application))
    noted = analysis.notes()
    analysis.forget(notes)
    nothing = AbstractResult(EMPTY_LIST)
    one_by_one, each = analysis.measured(lambda: _one_by_one(analysis, application, elements, _SMALL) or nothing)
    if one_by_one is nothing or each.input_tokens.value > cost.input_tokens.value:
        analysis.forget(noted)
        analysis.charge(cost)
        return outcome
    analysis.charge(cost.at_most(each))
    return outcome


def _one_by_one(
    analysis: Analysis, application: Application, elements: Sequence[Abstract], share: int
) -> AbstractResult | None:
    """`map` or `flat_map` on known elements; None when that is about to take more than its share of the fuel left, and the list
    is better looked at as a whole."""
    result, chains = EMPTY_LIST, [ZERO]
    cost, fuel = analysis.cost, analysis.fuel
    for done, element in enumerate(elements, start=1):
        value, chain = call(application.arguments[1], element)
        about = (fuel - analysis.fuel) * len(elements) // done
        if about * share > fuel and fuel - about < _KEPT:
            analysis.cost = cost
            return None
        chains.append(chain)
        part = seen(value)
        if application.primitive is P.MAP:
            part = AbstractList(ONE, part, fresh(), 1)
        assert isinstance(part, AbstractList)
        result = join_lists(result, part, result.length + part.length, result.low + part.low, is_both=True)
    return AbstractResult(result, largest(chains))


def _map(analysis: Analysis, list_: AbstractList, f: Abstract) -> AbstractResult:
    result, chain = _each(analysis, list_, f)
    return AbstractResult(EMPTY_LIST if result is None else AbstractList(list_.length, result, list_.owner, list_.low), chain)


def _flat_map(analysis: Analysis, list_: AbstractList, f: Abstract) -> AbstractResult:
    result, chain = _each(analysis, list_, f)
    if result is None:
        return AbstractResult(EMPTY_LIST)
    return AbstractResult(concat(AbstractList(list_.length, result, list_.owner, list_.low)), chain)


def _filter(analysis: Analysis, list_: AbstractList, f: Abstract) -> AbstractResult:
    result, chain = _each(analysis, list_, f)
    known = result.value if isinstance(result, AbstractBool) else None
    return AbstractResult(EMPTY_LIST if known is False else kept(list_, low=list_.low if known else 0), chain)


def _partition(analysis: Analysis, list_: AbstractList, f: Abstract) -> AbstractResult:
    _, chain = _each(analysis, list_, f)
    return AbstractResult(AbstractRecord((("no", kept(list_)), ("yes", kept(list_)))), chain)


def _test(analysis: Analysis, list_: AbstractList, f: Abstract) -> AbstractResult:
    return AbstractResult(EITHER, _each(analysis, list_, f)[1])


def _count(analysis: Analysis, list_: AbstractList, f: Abstract) -> AbstractResult:
    return AbstractResult(integer(list_.length), _each(analysis, list_, f)[1])


def _one(analysis: Analysis, list_: AbstractList, f: Abstract) -> AbstractResult:
    return AbstractResult(option_of_element(list_), _each(analysis, list_, f)[1])


def _ordered(analysis: Analysis, list_: AbstractList, f: Abstract) -> AbstractResult:
    return AbstractResult(list_, _each(analysis, list_, f)[1])


def _top(analysis: Analysis, list_: AbstractList, n: AbstractNumber, f: Abstract) -> AbstractResult:
    return AbstractResult(kept(list_, n.high), _each(analysis, list_, f)[1])


def _unique_by(analysis: Analysis, list_: AbstractList, f: Abstract) -> AbstractResult:
    return AbstractResult(kept(list_, low=1), _each(analysis, list_, f)[1])


def _group_by(analysis: Analysis, list_: AbstractList, f: Abstract) -> AbstractResult:
    """At most as many groups as elements; together the groups hold each element once."""
    key, chain = _each(analysis, list_, f)
    if key is None:
        return AbstractResult(EMPTY_LIST, chain)
    groups = nested(list_, list_.length, list_.length)
    assert groups.element is not None

    def change(size: SizeBound) -> SizeBound:
        if not depends(size, list_.owner):
            return size
        return symbol(peak(size, list_.owner), total(size, list_.length, list_.owner), groups.owner)

    record = AbstractRecord((("items", groups.element), ("key", mapped(key, change))))
    return AbstractResult(AbstractList(list_.length, record, groups.owner, groups.low), chain)


def _sum_by(analysis: Analysis, list_: AbstractList, f: Abstract, g: Abstract) -> AbstractResult:
    return _by_group(analysis, list_, f, g, "sum")


def _mean_by(analysis: Analysis, list_: AbstractList, f: Abstract, g: Abstract) -> AbstractResult:
    return _by_group(analysis, list_, f, g, "mean")


def _by_group(analysis: Analysis, list_: AbstractList, f: Abstract, g: Abstract, field: str) -> AbstractResult:
    """At most as many groups as elements, each with the key of one of its own, and a number made of its values."""
    (key, chain), (value, more) = _each(analysis, list_, f), _each(analysis, list_, g)
    if key is None or not isinstance(value, AbstractNumber):
        return AbstractResult(EMPTY_LIST, largest((chain, more)))
    if field == "sum":
        made = AbstractNumber(0 if value.low >= 0 else -math.inf, total(value.high, list_.length, list_.owner))
    else:
        made = AbstractNumber(value.low, peak(value.high, list_.owner) + ONE)
    record = AbstractRecord((("key", key), (field, made)))
    return AbstractResult(AbstractList(list_.length, record, list_.owner, min(1, list_.low)), largest((chain, more)))


def _join_by(analysis: Analysis, a: AbstractList, b: AbstractList, key_a: Abstract, key_b: Abstract) -> AbstractResult:
    chains = (_each(analysis, a, key_a)[1], _each(analysis, b, key_b)[1])
    joined = pair_list(a, b, times(a.length, b.length), 0, (b.length, a.length))
    return AbstractResult(joined, largest(chains))


def _map_option(analysis: Analysis, option: AbstractOption, f: Abstract) -> AbstractResult:
    if option.inner is None:
        return AbstractResult(NONE)
    value, chain = call(f, option.inner)
    return AbstractResult(AbstractOption(value), chain)


def _and_then(analysis: Analysis, option: AbstractOption, f: Abstract) -> AbstractResult:
    return AbstractResult(NONE) if option.inner is None else call(f, option.inner)


BY_ELEMENT: Final[dict[P, CallbackTransfer]] = {P.MAP: _map, P.FLAT_MAP: _flat_map}

CALLBACKS: Final[dict[P, CallbackTransfer]] = {
    P.FILTER: _filter,
    P.PARTITION: _partition,
    P.ANY: _test,
    P.ALL: _test,
    P.COUNT: _count,
    P.FIND_FIRST: _one,
    P.MAX_BY: _one,
    P.MIN_BY: _one,
    P.SORT_BY: _ordered,
    P.SORT_DESC: _ordered,
    P.TOP: _top,
    P.UNIQUE_BY: _unique_by,
    P.GROUP_BY: _group_by,
    P.SUM_BY: _sum_by,
    P.MEAN_BY: _mean_by,
    P.JOIN_BY: _join_by,
    P.MAP_OPTION: _map_option,
    P.AND_THEN: _and_then,
}
