"""Applying library functions in the analysis: those that take functions, and the way to all others.

Owns `apply_primitive`. What a callback costs for one element, in the symbols of the list, is totalled over the list: this turns
`chunk |> map(llm_call)` from n² into n.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from lambda_rlm.bounds.domain.abstract import (
    EITHER,
    EMPTY_LIST,
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
    StagedValue,
    concat,
    fresh,
    mapped,
    nested,
    seen,
    symbol,
)
from lambda_rlm.bounds.domain.guards import with_length
from lambda_rlm.bounds.domain.joining import join_lists
from lambda_rlm.bounds.domain.offsets import distance
from lambda_rlm.bounds.domain.size import (
    ONE,
    UNLIMITED,
    ZERO,
    SizeBound,
    depends,
    largest,
    peak,
    size_of,
    smallest,
    times,
    total,
)
from lambda_rlm.bounds.rules import asking, loops
from lambda_rlm.bounds.transfer.lists import LIST, LIST_SLICES, kept, option_of_element, pair_list
from lambda_rlm.bounds.transfer.texts import NUMBER, TEXT, TEXT_SLICES
from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.syntax.term import Var
from lambda_rlm.types.type import Arrow

if TYPE_CHECKING:
    from lambda_rlm.bounds.analyse import Analysis

Arguments = Sequence[Abstract | None]


def call(function: Abstract | None, *arguments: Abstract | None) -> AbstractResult:
    """A function value applied."""
    assert isinstance(function, AbstractFunction)
    return function.apply(*arguments)


def apply_primitive(
    analysis: Analysis, primitive: P, var: Var, arguments: Arguments, terms: Sequence[object] = ()
) -> AbstractResult:
    """A library function applied to abstract arguments, by place; None for an optional one left out. `terms` are how they are
    written, where it is known."""
    if primitive in _BY_ELEMENT:
        one_by_one = analysis.staging.elements(*arguments)
        outcome = None if one_by_one is None else _by_element(analysis, primitive, one_by_one, arguments[1])
        if outcome is not None:
            return outcome
    analysis.prompt = arguments[0] if isinstance(arguments[0], StagedValue) else None
    arguments = [None if a is None else seen(a) for a in arguments]
    higher = _HIGHER.get(primitive)
    if higher is not None:
        return higher(analysis, *[analysis.own(a) if isinstance(a, AbstractList) else a for a in arguments])
    asker = asking.ASKING.get(primitive)
    if asker is not None:
        type_ = analysis.typed.type_of(var)
        assert isinstance(type_, Arrow)
        return asker(analysis, type_, var.span, *[analysis.own(a) if isinstance(a, AbstractList) else a for a in arguments])
    if primitive is P.PARSE:
        type_ = analysis.typed.type_of(var)
        assert isinstance(type_, Arrow)
        (text,) = arguments
        assert isinstance(text, AbstractText)
        return AbstractResult(asking.value_of(type_.result, smallest(text.chars, UNLIMITED)))
    first = arguments[0]
    if primitive is P.LENGTH:
        return AbstractResult(_length(first))
    if primitive is P.IS_EMPTY:
        return AbstractResult(_is_empty(_length(first)))
    if primitive in TEXT_SLICES:
        table = TEXT_SLICES if isinstance(first, AbstractText) else LIST_SLICES
        cut = table[primitive](*arguments)
        apart = distance(terms[1], terms[2], analysis.typed.primitive_of) if primitive is P.SLICE and terms else None
        return AbstractResult(cut if apart is None else with_length(cut, None, size_of(apart)))
    for transfers in (TEXT, LIST, NUMBER):
        if primitive in transfers:
            return AbstractResult(transfers[primitive](*arguments))
    raise KeyError(primitive)


def _length(value: Abstract | None) -> AbstractNumber:
    match value:
        case AbstractText(chars=size, low=low) | AbstractList(length=size, low=low):
            return AbstractNumber(low, size)
        case _:
            return AbstractNumber(0, UNLIMITED)


def _is_empty(length: AbstractNumber) -> AbstractBool:
    if length.low > 0:
        return AbstractBool(False)
    return AbstractBool(True) if length.high.value == 0 else EITHER


def _each(analysis: Analysis, list_: AbstractList, f: Abstract | None) -> tuple[Abstract | None, SizeBound]:
    """f of every element: its result in the symbols of the list, and the span of the longest."""
    if list_.element is None:
        return None, ZERO
    element = list_.element
    with analysis.opened(list_.owner):
        outcome, cost = analysis.measured(lambda: call(f, element))
    analysis.charge(cost.for_each(list_.length, list_.owner))
    return seen(outcome.value), peak(outcome.span, list_.owner)


_BY_ELEMENT: Final = frozenset((P.MAP, P.FLAT_MAP))


def _by_element(analysis: Analysis, primitive: P, elements: Sequence[Abstract], f: Abstract | None) -> AbstractResult | None:
    """Known elements one by one, so that every branch is the real one; None when that is about to take more than half of the fuel
    left, and the list is better looked at as a whole."""
    result, spans = EMPTY_LIST, [ZERO]
    cost, fuel = analysis.cost, analysis.fuel
    for done, element in enumerate(elements, start=1):
        value, span = call(f, element)
        if (fuel - analysis.fuel) * len(elements) > done * fuel // 2:
            analysis.cost = cost
            return None
        spans.append(span)
        one = seen(value)
        if primitive is P.MAP:
            one = AbstractList(ONE, one, fresh(), 1)
        assert isinstance(one, AbstractList)
        result = join_lists(result, one, result.length + one.length, result.low + one.low, is_both=True)
    return AbstractResult(result, largest(spans))


def _map(analysis: Analysis, list_: AbstractList, f: Abstract) -> AbstractResult:
    result, span = _each(analysis, list_, f)
    return AbstractResult(EMPTY_LIST if result is None else AbstractList(list_.length, result, list_.owner, list_.low), span)


def _flat_map(analysis: Analysis, list_: AbstractList, f: Abstract) -> AbstractResult:
    result, span = _each(analysis, list_, f)
    if result is None:
        return AbstractResult(EMPTY_LIST)
    return AbstractResult(concat(AbstractList(list_.length, result, list_.owner, list_.low)), span)


def _filter(analysis: Analysis, list_: AbstractList, f: Abstract) -> AbstractResult:
    result, span = _each(analysis, list_, f)
    known = result.value if isinstance(result, AbstractBool) else None
    return AbstractResult(EMPTY_LIST if known is False else kept(list_, low=list_.low if known else 0), span)


def _partition(analysis: Analysis, list_: AbstractList, f: Abstract) -> AbstractResult:
    _, span = _each(analysis, list_, f)
    return AbstractResult(AbstractRecord((("no", kept(list_)), ("yes", kept(list_)))), span)


def _test(analysis: Analysis, list_: AbstractList, f: Abstract) -> AbstractResult:
    return AbstractResult(EITHER, _each(analysis, list_, f)[1])


def _count(analysis: Analysis, list_: AbstractList, f: Abstract) -> AbstractResult:
    return AbstractResult(AbstractNumber(0, list_.length), _each(analysis, list_, f)[1])


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
    key, span = _each(analysis, list_, f)
    if key is None:
        return AbstractResult(EMPTY_LIST, span)
    groups = nested(list_, list_.length, list_.length)
    assert groups.element is not None

    def change(size: SizeBound) -> SizeBound:
        if not depends(size, list_.owner):
            return size
        return symbol(peak(size, list_.owner), total(size, list_.length, list_.owner), groups.owner)

    record = AbstractRecord((("items", groups.element), ("key", mapped(key, change))))
    return AbstractResult(AbstractList(list_.length, record, groups.owner, groups.low), span)


def _join_by(analysis: Analysis, a: AbstractList, b: AbstractList, key_a: Abstract, key_b: Abstract) -> AbstractResult:
    spans = (_each(analysis, a, key_a)[1], _each(analysis, b, key_b)[1])
    joined = pair_list(a, b, times(a.length, b.length), 0, (b.length, a.length))
    return AbstractResult(joined, largest(spans))


def _map_option(analysis: Analysis, option: AbstractOption, f: Abstract) -> AbstractResult:
    if option.inner is None:
        return AbstractResult(NONE)
    value, span = call(f, option.inner)
    return AbstractResult(AbstractOption(value), span)


def _and_then(analysis: Analysis, option: AbstractOption, f: Abstract) -> AbstractResult:
    return AbstractResult(NONE) if option.inner is None else call(f, option.inner)


_HIGHER: Final[dict[P, Callable[..., AbstractResult]]] = {
    P.MAP: _map,
    P.FILTER: _filter,
    P.FLAT_MAP: _flat_map,
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
    P.JOIN_BY: _join_by,
    P.MAP_OPTION: _map_option,
    P.AND_THEN: _and_then,
    P.FOLD: loops.fold,
    P.SCAN: loops.scan,
    P.REDUCE: loops.reduce,
    P.TREE_FOLD: loops.tree_fold,
    P.ITERATE: loops.iterate,
}
