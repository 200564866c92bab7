"""The rules for library functions with a callback: `map`, `filter`, `fold` and their kin.

Owns `LOOPS` and how a loop is made of the codes of its arguments and of its callbacks, which are ready. Reads lists of pairs in
place where only a pure function looks at them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval.compile.closures.collector import MANY, resting
from lambda_rlm.eval.compile.closures.finish import Finish, finish
from lambda_rlm.eval.compile.closures.loops import loop, rates
from lambda_rlm.eval.compile.closures.pair_loops import pair_loop
from lambda_rlm.eval.compile.closures.waiting import waiting_loop
from lambda_rlm.eval.compile.compiled import Callback, Compiled, Frame, Run, in_slot, made_of
from lambda_rlm.eval.compile.compiler import Compiler
from lambda_rlm.eval.compile.rules.functions import value_call
from lambda_rlm.eval.holding import kept, kept_awaiting, kept_fields
from lambda_rlm.eval.library.structure import is_list
from lambda_rlm.eval.tariff import TARIFF
from lambda_rlm.eval.value import Value
from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.types.type import FLOAT, INT, Arrow, Effect

LOOPS = frozenset({
    P.MAP, P.FILTER, P.FLAT_MAP, P.PARTITION, P.ANY, P.ALL, P.COUNT, P.FIND_FIRST, P.FOLD, P.REDUCE, P.TREE_FOLD, P.ITERATE,
    P.SCAN, P.JOIN_BY, P.MAX_BY, P.MIN_BY, P.SORT_BY, P.SORT_DESC, P.TOP, P.UNIQUE_BY, P.GROUP_BY, P.SUM_BY, P.MEAN_BY,
    P.MAP_OPTION, P.AND_THEN,
})  # fmt: skip
"""The library functions with a callback that is applied here."""

_WITHOUT_FINISH = frozenset({P.FOLD, P.REDUCE, P.TREE_FOLD, P.ITERATE, P.SCAN, P.MAP_OPTION, P.AND_THEN})

_NEED: Final = 5
"""Interpreter frames of a loop, beside those of its parts and callbacks."""


@dataclass(frozen=True, slots=True)
class PreparedCallback:
    """A callback, and for a function value its code and the slot that holds it while the loop runs."""

    callback: Callback
    slot: int = -1
    value: Compiled | None = None


def value_callback(c: Compiler, code: Compiled, arrow: Arrow) -> PreparedCallback:
    """The callback for a function value."""
    slot = c.slots.new()
    slots = tuple(c.slots.new() for _ in arrow.parameters)
    body = value_call(c, in_slot(slot), [in_slot(i) for i in slots], arrow.effect is Effect.LLM)
    return PreparedCallback(Callback(slots=slots, body=body), slot, code)


def loop_of(
    c: Compiler,
    primitive: P,
    arrow: Arrow,
    values: Sequence[Compiled],
    functions: Sequence[PreparedCallback],
    span: Span,
) -> Compiled:
    """A library function with callbacks: `values` are the arguments that are no functions, in order."""
    each = rates(primitive, gives_numbers(arrow))
    bodies = tuple(f.callback for f in functions)
    second = _finish(c, primitive, arrow, span)
    is_async = any(f.body.is_async for f in bodies)
    if is_async:
        awaiting = waiting_loop(primitive, bodies, second, each, c.meter)
    else:
        immediate = loop(primitive, bodies, second, each, c.meter)
    before = [(f.slot, f.value) for f in functions if f.value is not None]
    price = TARIFF[primitive]

    def build(parts: Sequence[Compiled]) -> Compiled:
        runs = [part.run for part in parts[: len(values)]]
        stores = [(slot, part.run) for (slot, _), part in zip(before, parts[len(values) :], strict=True)]
        run = _awaiting_loop(awaiting, runs, stores) if is_async else _immediate_loop(immediate, runs, stores)
        if is_list(arrow.result):
            run = kept_awaiting(run, c.meter) if is_async else kept(run, c.meter)
        elif primitive is P.PARTITION and not is_async:
            run = kept_fields(run, c.meter)
        code = made_of(run, parts, steps=price.call, bytes=price.storage_call, is_static=False)
        code.need = _NEED + max([0, *(part.need for part in parts), *(f.body.need for f in bodies)])
        code.is_async = is_async
        return code

    return c.strict([*values, *(value for _, value in before)], build)


def loop_over_pairs(c: Compiler, primitive: P, arrow: Arrow, source: Compiled, callback: Callback) -> Compiled:
    """A library function over a list of records with two fields, which is not made."""
    run_loop = pair_loop(primitive, callback, rates(primitive, gives_numbers(arrow)), c.meter)
    pairs = source.pairs
    assert pairs is not None
    price = TARIFF[primitive]

    def run(e: Frame) -> Value:
        return run_loop(e, pairs(e))

    keeping = kept(run, c.meter) if is_list(arrow.result) else run
    code = made_of(keeping, (source,), steps=price.call, bytes=price.storage_call, is_static=False)
    code.need = _NEED + max(source.need, callback.body.need)
    return code


def gives_numbers(arrow: Arrow) -> bool:
    """Whether the last callback gives numbers."""
    return isinstance(arrow.parameters[-1], Arrow) and arrow.parameters[-1].result in (INT, FLOAT)


def _finish(c: Compiler, primitive: P, arrow: Arrow, span: Span) -> Finish:
    if primitive in _WITHOUT_FINISH:
        return lambda xs, results: results
    return finish(primitive, [p.result for p in arrow.parameters if isinstance(p, Arrow)], c.meter, span)


def _immediate_loop(run_loop: Callable[..., Value], runs: Sequence[Run], stores: Sequence[tuple[int, Run]]) -> Run:
    if len(runs) == 1 and not stores:
        (x,) = runs

        def run_one(e: Frame) -> Value:
            xs = x(e)
            if xs is None or len(xs) < MANY:
                return run_loop(e, xs)
            with resting():
                return run_loop(e, xs)

        return run_one

    def run(e: Frame) -> Value:
        values = [value(e) for value in runs]
        for slot, function in stores:
            e[slot] = function(e)
        return run_loop(e, *values)

    return run


def _awaiting_loop(run_loop: Callable[..., Awaitable[Value]], runs: Sequence[Run], stores: Sequence[tuple[int, Run]]) -> Run:
    async def run(e: Frame) -> Value:
        values = [value(e) for value in runs]
        for slot, function in stores:
            e[slot] = function(e)
        return await run_loop(e, *values)

    return run
