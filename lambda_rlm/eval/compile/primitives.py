"""Calls of library functions.

Owns the way from a library function's name to a closure: first-order functions through their builders, functions with callbacks
through `loops` and `waiting`, functions that ask through the asker. Reads lists of pairs in place where only a pure
function looks at them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from lambda_rlm.diagnostics.faults import InternalError, PrimitiveFault
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval.asking.model_calls import ASYNC_IMPLEMENTATIONS
from lambda_rlm.eval.compile import callbacks, calls
from lambda_rlm.eval.compile.code import Callback, Compiled, Frame, Run, charged, in_slot, made_of
from lambda_rlm.eval.compile.collector import MANY, resting
from lambda_rlm.eval.compile.finish import Finish, finish
from lambda_rlm.eval.compile.loops import loop, pair_loop, rates
from lambda_rlm.eval.compile.pairs import PAIRS, pairs_code
from lambda_rlm.eval.compile.scope import Function, Scope
from lambda_rlm.eval.compile.waiting import waiting_loop
from lambda_rlm.eval.library import IMPLEMENTATIONS
from lambda_rlm.eval.library.many import OVER_MANY
from lambda_rlm.eval.library.structure import is_text, key_of, weight
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.tariff import TARIFF
from lambda_rlm.eval.value import HEADER, Text, Value
from lambda_rlm.syntax import term as t
from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.types.type import FLOAT, INT, Arrow, Effect, Type
from lambda_rlm.types.typed import Piped, Substitution

if TYPE_CHECKING:
    from lambda_rlm.eval.compile.compiler import Compiler

LOOPS = frozenset({
    P.MAP, P.FILTER, P.FLAT_MAP, P.PARTITION, P.ANY, P.ALL, P.COUNT, P.FIND_FIRST, P.FOLD, P.REDUCE, P.TREE_FOLD, P.ITERATE,
    P.SCAN, P.JOIN_BY, P.MAX_BY, P.MIN_BY, P.SORT_BY, P.SORT_DESC, P.TOP, P.UNIQUE_BY, P.GROUP_BY, P.MAP_OPTION, P.AND_THEN,
})  # fmt: skip
"""The library functions with a callback that is applied here."""

_WITHOUT_FINISH = frozenset({P.FOLD, P.REDUCE, P.TREE_FOLD, P.ITERATE, P.SCAN, P.MAP_OPTION, P.AND_THEN})
_KEYED = frozenset({
    P.SORT_BY, P.SORT_DESC, P.TOP, P.MAX_BY, P.MIN_BY, P.UNIQUE_BY, P.GROUP_BY, P.JOIN_BY,
})  # fmt: skip
_OVER_PAIRS = frozenset({P.MAP, P.FILTER, P.COUNT, P.ANY, P.ALL, P.FLAT_MAP})

Argument = t.Term | Piped | None


def compile_primitive_call(
    c: Compiler,
    primitive: P,
    var: t.Var,
    arguments: Sequence[Argument],
    piped: Compiled | None,
    span: Span,
    scope: Scope,
    s: Substitution,
) -> Compiled:
    """A call of a library function, its arguments in the order of its parameters."""
    arrow = c.type_of(var, s)
    if not isinstance(arrow, Arrow):
        raise InternalError("compiling", f"{primitive} is no function")
    if primitive in LOOPS:
        return _loop_call(c, primitive, arrow, arguments, piped, scope, s)
    if primitive in ASYNC_IMPLEMENTATIONS:
        return _model_call(c, primitive, arrow, arguments, piped, span, scope, s)
    codes = [calls.argument(c, a, piped, scope, s) for a in arguments]
    return _plain(c, primitive, arrow, codes, span)


def primitive_function(c: Compiler, primitive: P, arrow: Arrow, span: Span) -> Function:
    """A library function as a function of its required parameters."""
    slots = tuple(c.slots.new() for _ in arrow.parameters)
    codes = [in_slot(i) for i in slots]
    if primitive in LOOPS:
        functions = [
            callbacks.of_value(c, code, p) for code, p in zip(codes, arrow.parameters, strict=True) if isinstance(p, Arrow)
        ]
        values = [code for code, p in zip(codes, arrow.parameters, strict=True) if not isinstance(p, Arrow)]
        body = _loop(c, primitive, arrow, values, functions)
    elif primitive in ASYNC_IMPLEMENTATIONS:
        body = _ask(c, primitive, arrow, codes, span)
    else:
        body = _plain(c, primitive, arrow, codes, span)
    return Function(slots, body, frozenset())


# ── first-order functions ─────────────────────────────────────────────────────


def _plain(c: Compiler, primitive: P, arrow: Arrow, codes: Sequence[Compiled], span: Span) -> Compiled:
    if primitive in PAIRS:
        return c.strict(codes, lambda parts: pairs_code(c.meter, primitive, parts))
    small = _small(primitive, arrow)
    if small is not None:
        return c.strict(codes, lambda parts: small(parts[0]))
    literals = tuple(_literal(code) for code in codes)
    site = Site(primitive, arrow.parameters, arrow.result, span, c.meter, literals, c.cuts)
    function = IMPLEMENTATIONS[primitive](site)

    def build(parts: Sequence[Compiled]) -> Compiled:
        code = made_of(_applied(function, parts, span), parts, steps=0, is_static=False, need=8)
        if primitive in OVER_MANY and is_text(arrow.parameters[0]) and [part.shape for part in parts] == ["S", "K"]:
            code.many = parts[0].slot, OVER_MANY[primitive](site, parts[1].run([]))
        return code

    return c.strict(codes, build)


def _literal(code: Compiled) -> object:
    """What is there when the program is compiled; a part of a long text is not read for that, which would copy it."""
    if code.constant is None:
        return None
    value = code.constant[0]
    if isinstance(value, Text):
        return value.s if type(value) is Text else None
    return value


def _small(primitive: P, arrow: Arrow) -> Callable[[Compiled], Compiled] | None:
    """Functions that are one operation of the interpreter."""
    is_texts = is_text(arrow.parameters[0])
    if primitive is P.LENGTH:
        return _text_length if is_texts else _list_length
    if primitive is P.SOME:
        return lambda part: made_of(_some(part.run), (part,), bytes=HEADER)
    if primitive is P.IS_SOME:
        return lambda part: made_of(_is_some(part.run), (part,))
    return None


def _text_length(part: Compiled) -> Compiled:
    i, x = part.slot, part.run
    return made_of((lambda e: e[i].n) if part.shape == "S" else (lambda e: x(e).n), (part,))


def _list_length(part: Compiled) -> Compiled:
    i, x = part.slot, part.run
    return made_of((lambda e: len(e[i])) if part.shape == "S" else (lambda e: len(x(e))), (part,))


def _some(x: Run) -> Run:
    return lambda e: (x(e),)


def _is_some(x: Run) -> Run:
    return lambda e: x(e) is not None


def _applied(f: Callable[..., Value], parts: Sequence[Compiled], span: Span) -> Run:
    """Apply a builder's function; its faults stand at the call."""
    runs = [part.run for part in parts]
    shapes = "".join(part.shape for part in parts)
    if len(runs) == 2 and shapes[1] == "K":
        return _applied_with_constant(f, parts[0], parts[1].run([]), span)
    if len(runs) == 1:
        (x,) = runs

        def run_one(e: Frame) -> Value:
            try:
                return f(x(e))
            except PrimitiveFault as fault:
                raise placed(fault, span) from None

        return run_one

    if len(runs) == 2:
        x, y = runs

        def run_two(e: Frame) -> Value:
            try:
                return f(x(e), y(e))
            except PrimitiveFault as fault:
                raise placed(fault, span) from None

        return run_two

    def run(e: Frame) -> Value:
        try:
            return f(*[part(e) for part in runs])
        except PrimitiveFault as fault:
            raise placed(fault, span) from None

    return run


def _applied_with_constant(f: Callable[..., Value], part: Compiled, k: Value, span: Span) -> Run:
    i, x = part.slot, part.run

    def run_slot(e: Frame) -> Value:
        try:
            return f(e[i], k)
        except PrimitiveFault as fault:
            raise placed(fault, span) from None

    def run(e: Frame) -> Value:
        try:
            return f(x(e), k)
        except PrimitiveFault as fault:
            raise placed(fault, span) from None

    return run_slot if part.shape == "S" else run


def placed(fault: PrimitiveFault, span: Span) -> PrimitiveFault:
    """The fault, with its place when it has none."""
    if fault.span is None:
        fault.span = span
    return fault


# ── loops ─────────────────────────────────────────────────────────────────────


def _loop_call(
    c: Compiler,
    primitive: P,
    arrow: Arrow,
    arguments: Sequence[Argument],
    piped: Compiled | None,
    scope: Scope,
    s: Substitution,
) -> Compiled:
    values: list[Compiled] = []
    functions: list[callbacks.PreparedCallback] = []
    for a, parameter in zip(arguments, arrow.parameters, strict=True):
        if not isinstance(parameter, Arrow):
            values.append(calls.argument(c, a, piped, scope, s))
        elif isinstance(a, t.Lam) and primitive in _OVER_PAIRS and values[0].pairs and parameter.effect is not Effect.LLM:
            return _loop_over_pairs(c, primitive, arrow, values[0], callbacks.over_pairs(c, a, parameter, scope, s))
        elif a is None or isinstance(a, Piped):
            functions.append(callbacks.of_value(c, calls.argument(c, a, piped, scope, s), parameter))
        else:
            functions.append(callbacks.of_term(c, a, parameter, scope, s))
    return _loop(c, primitive, arrow, values, functions)


def _loop_over_pairs(c: Compiler, primitive: P, arrow: Arrow, source: Compiled, callback: Callback) -> Compiled:
    run_loop = pair_loop(primitive, callback, rates(primitive, _gives_numbers(arrow)), c.meter)
    pairs = source.pairs
    assert run_loop is not None and pairs is not None
    price = TARIFF[primitive]

    def run(e: Frame) -> Value:
        n, made = pairs(e)
        return run_loop(e, n, made)

    code = made_of(run, (source,), steps=price.call, bytes=price.storage_call, is_static=False)
    code.need = 5 + max(source.need, callback.body.need)
    return code


def _gives_numbers(arrow: Arrow) -> bool:
    return isinstance(arrow.parameters[-1], Arrow) and arrow.parameters[-1].result in (INT, FLOAT)


def _loop(
    c: Compiler, primitive: P, arrow: Arrow, values: Sequence[Compiled], functions: Sequence[callbacks.PreparedCallback]
) -> Compiled:
    each = rates(primitive, _gives_numbers(arrow))
    bodies = tuple(f.callback for f in functions)
    second = _finish(c, primitive, arrow)
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
        code = made_of(run, parts, steps=price.call, bytes=price.storage_call, is_static=False)
        code.need = 5 + max([0, *(part.need for part in parts), *(f.body.need for f in bodies)])
        code.is_async = is_async
        return code

    return c.strict([*values, *(value for _, value in before)], build)


def _finish(c: Compiler, primitive: P, arrow: Arrow) -> Finish:
    if primitive in _WITHOUT_FINISH:
        return lambda xs, results: results
    result: Type = next(p.result for p in arrow.parameters if isinstance(p, Arrow))
    is_keyed = primitive in _KEYED
    return finish(primitive, key_of(result) if is_keyed else _same, weight(result) if is_keyed else _same, c.meter)


def _same(value: Value) -> Value:
    return value


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


# ── model calls ───────────────────────────────────────────────────────────────


def _model_call(
    c: Compiler,
    primitive: P,
    arrow: Arrow,
    arguments: Sequence[Argument],
    piped: Compiled | None,
    span: Span,
    scope: Scope,
    s: Substitution,
) -> Compiled:
    codes: list[Compiled] = []
    for at, a in enumerate(arguments):
        code = calls.argument(c, a, piped, scope, s)
        parameter = arrow.parameters[at]
        if primitive is P.LLM_CALL and at == 2 and a is not None:
            code = _thunk(charged(code, c.meter))
        elif isinstance(parameter, Arrow) and parameter.effect is Effect.LLM:
            code = _coroutine_function(code)
        codes.append(code)
    return _ask(c, primitive, arrow, codes, span)


def _thunk(code: Compiled) -> Compiled:
    if code.is_async:
        raise InternalError("compiling", "an `or_else` that asks a model")
    inner = code.run

    def run(e: Frame) -> Callable[[], Value]:
        return lambda: inner(e)

    return Compiled(run=run, is_static=False, need=code.need + 1)


def _coroutine_function(code: Compiled) -> Compiled:
    """A function that may ask, as a coroutine function whatever it is."""
    inner = code.run

    def run(e: Frame) -> Callable[..., Awaitable[Value]]:
        f = inner(e)

        async def call(*values: Value) -> Value:
            return await calls.settled(f(*values))

        return call

    return replace(code, run=run)


async def _never_asked(e: Frame) -> Value:
    """A model call in a program that asks no model: it stands in a def that nobody calls."""
    raise InternalError("evaluating", "a model call in a pure run")


def _ask(c: Compiler, primitive: P, arrow: Arrow, codes: Sequence[Compiled], span: Span) -> Compiled:
    if c.asker is None:
        return Compiled(run=_never_asked, is_async=True)
    literals = tuple(_literal(code) for code in codes)
    site = Site(primitive, arrow.parameters, arrow.result, span, c.meter, literals)
    ask = ASYNC_IMPLEMENTATIONS[primitive](site, c.asker)

    def build(parts: Sequence[Compiled]) -> Compiled:
        runs = [part.run for part in parts]

        async def run(e: Frame) -> Value:
            try:
                return await ask(*[part(e) for part in runs])
            except PrimitiveFault as fault:
                raise placed(fault, span) from None

        code = made_of(run, parts, steps=1, is_static=False, need=12)
        code.is_async = True
        return code

    return c.strict(codes, build)
