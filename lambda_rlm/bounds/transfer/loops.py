"""What loops give and cost: fold, scan, reduce, tree_fold, iterate.

Owns `LOOPS`, a table of `CallbackTransfer`s, and the solving of accumulators. One step is analysed with a symbol α for every
size of the accumulator; what comes out is read by its coefficients. A size that stays finite however large the others are is
constant (this is what a guard such as `length(acc) + length(x) > max` achieves); one that grows by α + r each step ends at its
start plus the total of r; sizes are solved in the order in which they depend on each other. What fits none of these has no
limit, and whatever is made of it has none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from lambda_rlm.bounds.analysis import Analysis
from lambda_rlm.bounds.cost import Cost
from lambda_rlm.bounds.domain.abstract import (
    EMPTY_LIST,
    NONE,
    Abstract,
    AbstractList,
    AbstractNumber,
    AbstractOption,
    AbstractResult,
    at_peak,
    call,
    nested,
    seen,
)
from lambda_rlm.bounds.domain.joining import join
from lambda_rlm.bounds.domain.leaves import covers, lows, sizes, with_sizes, without_growth, without_low
from lambda_rlm.bounds.domain.size import (
    UNLIMITED,
    ZERO,
    SizeBound,
    Symbol,
    ceil_div,
    largest,
    peak,
    size_of,
    substitute,
    times,
)
from lambda_rlm.bounds.domain.totals import fresh, total
from lambda_rlm.bounds.hardness import TooHard
from lambda_rlm.bounds.transfer.forms import CallbackTransfer
from lambda_rlm.data_class import dataclass
from lambda_rlm.syntax.primitive import Primitive as P

_MOST_WIDENINGS: Final = 24
"""How often the shape of an accumulator may turn out to be too narrow."""

_UNROLLED: Final = 64
"""An `iterate` of at most so many steps is walked step by step."""


@dataclass(frozen=True, slots=True)
class _Solved:
    """The accumulator after the last step, an upper limit of it before any step, and what all steps cost."""

    value: Abstract
    cost: Cost
    chain: SizeBound
    after: Abstract
    """What one step more would make of it."""


def _solve(
    analysis: Analysis, init: Abstract, count: SizeBound, owner: int, step: Callable[[Abstract], AbstractResult]
) -> _Solved:
    """An accumulator taken through at most `count` steps; sizes of step in the symbols of `owner` vary from step to step."""
    shape = _shape(analysis, init, step)
    for _ in range(_MOST_WIDENINGS):
        notes = analysis.notes()
        solved = _solved(analysis, init, shape, count, owner, step)
        if covers(shape, solved.after):
            return solved
        analysis.forget(notes)
        shape = without_low(join(shape, solved.after))
    raise TooHard


def _solved(
    analysis: Analysis,
    init: Abstract,
    shape: Abstract,
    count: SizeBound,
    owner: int,
    step: Callable[[Abstract], AbstractResult],
) -> _Solved:
    """The same for an accumulator of this shape; right when the shape covers what a further step gives."""
    starts = sizes(init, shape)
    symbols = [Symbol(f"acc{i}", fresh(), -1, peak=UNLIMITED) for i in range(len(starts))]
    solved: list[SizeBound | None] = [None] * len(starts)

    def grown(row: Sequence[SizeBound]) -> list[SizeBound]:
        return sizes(analysis.tried(lambda: step(with_sizes(shape, iter(row)))), shape)

    def row_of() -> list[SizeBound]:
        return [SizeBound(0, ((symbol, 1),)) if known is None else known for symbol, known in zip(symbols, solved, strict=True)]

    while True:
        row = row_of()
        after = grown(row)
        progress = False
        for i, size in enumerate(after):
            if solved[i] is None:
                solved[i] = _closed(size, i, starts[i], symbols, count, owner)
                progress = progress or solved[i] is not None
        if not progress:
            break
    final = with_sizes(shape, iter([UNLIMITED if s is None else s for s in solved]))
    outcome, cost = analysis.measured(lambda: step(final))
    chain = times(count, peak(outcome.chain, owner))
    return _Solved(join(init, final), cost.for_each(count, owner), chain, seen(outcome.value))


def _closed(
    size: SizeBound, i: int, start: SizeBound, symbols: Sequence[Symbol], count: SizeBound, owner: int
) -> SizeBound | None:
    """What a size ends at that becomes `size` in each step; None when it cannot be told yet."""
    everything = dict.fromkeys(symbols, UNLIMITED)
    unlimited = substitute(size, everything)
    if unlimited.value != float("inf"):
        return largest((start, peak(unlimited, owner)))
    own = dict(size.terms).get(symbols[i], 0)
    if own > 1:
        return None
    rest = substitute(SizeBound(size.constant, tuple(x for x in size.terms if x[0] != symbols[i])), everything)
    if own == 1 and rest.value != float("inf"):
        return start + total(rest, count, owner)
    return _of_branches(size, i, start, symbols, count, owner)


def _of_branches(
    size: SizeBound, i: int, start: SizeBound, symbols: Sequence[Symbol], count: SizeBound, owner: int
) -> SizeBound | None:
    """max(α + r, s): in each step one of them."""
    options = size.options()
    if options is None:
        return None
    ends = [_closed(option, i, start, symbols, count, owner) for option in options]
    if any(end is None for end in ends):
        return None
    growth = ZERO
    for end in ends:
        assert end is not None
        growth = growth + end
    return growth


def _shape(analysis: Analysis, init: Abstract, step: Callable[[Abstract], AbstractResult]) -> Abstract:
    """A value with every place that the accumulator can come to have, and limits from below that every step keeps."""
    shape = seen(init)
    for round_ in range(3):
        wider = join(shape, analysis.tried(lambda shape=shape: step(shape)))  # type: ignore[misc]
        shape = without_growth(shape, wider) if round_ else wider
    floor = lows(seen(init))
    if all(a >= b for a, b in zip(lows(shape), floor, strict=False)) and len(lows(shape)) == len(floor):
        return shape
    return without_low(shape)


def _fold(analysis: Analysis, list_: AbstractList, init: Abstract, f: Abstract) -> AbstractResult:
    if list_.element is None:
        return AbstractResult(init)
    element = list_.element
    with analysis.opened(list_.owner):
        solved = _solve(analysis, init, list_.length, list_.owner, lambda acc: call(f, acc, element))
    analysis.charge(solved.cost)
    return AbstractResult(solved.value, solved.chain)


def _scan(analysis: Analysis, list_: AbstractList, init: Abstract, f: Abstract) -> AbstractResult:
    if list_.element is None:
        return AbstractResult(EMPTY_LIST)
    value, chain = _fold(analysis, list_, init, f)
    return AbstractResult(AbstractList(list_.length, value, fresh(), list_.low), chain)


def _reduce(analysis: Analysis, list_: AbstractList, f: Abstract) -> AbstractResult:
    first = at_peak(list_)
    if first is None:
        return AbstractResult(NONE)
    value, chain = _fold(analysis, list_, first, f)
    return AbstractResult(AbstractOption(value), chain)


def _iterate(analysis: Analysis, init: Abstract, most: AbstractNumber, step: Abstract, until: Abstract) -> AbstractResult:
    """At most `most` steps, `until` tested before each; the literal count is walked where it is small."""
    count = int(most.high.value) if most.high.value != float("inf") else None
    if count is not None and count <= _UNROLLED:
        value, chain = init, ZERO
        for _ in range(count):
            chain = chain + call(until, value).chain
            stepped = call(step, value)
            chain = chain + stepped.chain
            value = join(value, stepped.value)
        return AbstractResult(value, chain)

    def turn(state: Abstract) -> AbstractResult:
        tested = call(until, state)
        stepped = call(step, state)
        return AbstractResult(stepped.value, tested.chain + stepped.chain)

    solved = _solve(analysis, init, most.high, -2, turn)
    analysis.charge(solved.cost)
    return AbstractResult(solved.value, solved.chain)


def _tree_fold(analysis: Analysis, list_: AbstractList, group: AbstractNumber, f: Abstract) -> AbstractResult:
    """Level by level: ⌈n/g⌉ groups, the last may be a lone element, until one is left. Walked level by level on lengths."""
    if list_.element is None:
        return AbstractResult(NONE)
    low = max(2, int(group.low)) if group.low not in (float("inf"), -float("inf")) else 2
    high = largest((group.high, size_of(2)))
    value: AbstractList = list_
    best: Abstract | None = at_peak(list_)
    chain = ZERO
    while value.length.value > 1:
        if value.length.value == float("inf"):
            return _endless(analysis, value, high, f)
        groups = nested(value, ceil_div(value.length, low), high)
        assert groups.element is not None
        inner = groups.element
        # ⌊n/2⌋ groups at most have two elements or more: a lone one rises without f.
        joining = size_of(min(int(groups.length.value), int(value.length.value) // 2))
        outcome, cost = analysis.measured(lambda inner=inner: call(f, inner))  # type: ignore[misc]
        analysis.charge(cost.for_each(joining, groups.owner))
        chain = chain + peak(outcome.chain, groups.owner)
        risen = at_peak(value)
        assert risen is not None
        merged = AbstractList(groups.length, outcome.value, groups.owner)
        joined = at_peak(merged)
        assert joined is not None
        best = join(best, joined) if best is not None else joined
        value = AbstractList(groups.length, join(joined, risen), fresh())
    return AbstractResult(NONE if best is None else AbstractOption(best), chain)


def _endless(analysis: Analysis, list_: AbstractList, high: SizeBound, f: Abstract) -> AbstractResult:
    """A list without limit: as many applications as elements."""
    groups = nested(list_, list_.length, high)
    assert groups.element is not None
    inner = groups.element
    outcome, cost = analysis.measured(lambda: call(f, inner))
    analysis.charge(cost.for_each(UNLIMITED, groups.owner))
    return AbstractResult(AbstractOption(outcome.value), UNLIMITED if outcome.chain.value else ZERO)


LOOPS: Final[dict[P, CallbackTransfer]] = {
    P.FOLD: _fold,
    P.SCAN: _scan,
    P.REDUCE: _reduce,
    P.TREE_FOLD: _tree_fold,
    P.ITERATE: _iterate,
}
