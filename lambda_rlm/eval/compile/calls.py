"""Calls, and functions as values.

Owns how a function is applied, by what is known of it: a library function, a name bound to a function, the name of a `fix`
in its own body, or any value. Promises: a function known by name runs in the frame of its caller without a function value; a
fault of a library function carries the place of its call; every call of a function value and every activation of a `fix`
takes what it needs of Python's stack before it begins.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from types import CoroutineType
from typing import TYPE_CHECKING, Any

from lambda_rlm.diagnostics.faults import InternalError, PrimitiveFault
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval.compile.code import (
    ACTIVATION_STEPS,
    CALL_STEPS,
    Compiled,
    Frame,
    Run,
    charge,
    charged,
    constant,
    in_slot,
    lifted,
    made_of,
)
from lambda_rlm.eval.compile.scope import ActiveRecursion, Function, KnownFunction, KnownRecursion, Local, Recursion, Scope
from lambda_rlm.eval.value import HEADER, Value
from lambda_rlm.syntax import term as t
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.types.type import Arrow, Con, Effect, Type
from lambda_rlm.types.typed import Piped, Substitution

if TYPE_CHECKING:
    from lambda_rlm.eval.compile.compiler import Compiler


def compile_call(c: Compiler, app: t.App, piped: Compiled | None, scope: Scope, s: Substitution) -> Compiled:
    """`f(a, …)`, or a stage of a pipe."""
    arguments = c.typed.arguments_of(app)
    function = app.function
    if isinstance(function, t.Var):
        primitive = c.typed.primitive_of(function)
        if primitive is not None:
            return c.primitive_call(primitive, function, arguments, piped, app.span, scope, s)
    codes = [argument(c, a, piped, scope, s) for a in arguments]
    if isinstance(function, t.Var):
        match scope.get(function.name):
            case KnownFunction() as known:
                return known_call(c, c.function_of(known, function, s), codes)
            case KnownRecursion() as named:
                return activation(c, c.recursion_of(named, function, s), codes[0], app.span, is_inside=False)
            case ActiveRecursion(inside):
                return activation(c, inside, codes[0], app.span, is_inside=True)
    if isinstance(function, t.Lam):
        return known_call(c, compile_function(c, function, scope, s), codes)
    arrow = c.type_of(function, s)
    is_async = isinstance(arrow, Arrow) and arrow.effect is Effect.LLM
    return value_call(c, c.compile(function, scope, s), codes, is_async)


def argument(c: Compiler, a: t.Term | Piped | None, piped: Compiled | None, scope: Scope, s: Substitution) -> Compiled:
    """The code of one argument: an optional one left out is None."""
    if a is None:
        return constant(None)
    if isinstance(a, Piped):
        if piped is None:
            raise InternalError("compiling", "a piped argument outside a pipe")
        return piped
    return c.compile(a, scope, s)


def compile_function(c: Compiler, lam: t.Lam, scope: Scope, s: Substitution) -> Function:
    """A function written where it is used."""
    slots = tuple(c.slots.new() for _ in lam.params)
    inner = {**scope, **{p.name: Local(in_slot(i)) for p, i in zip(lam.params, slots, strict=True)}}
    return Function(slots, c.compile(lam.body, inner, s), frozenset())


def known_call(c: Compiler, function: Function, codes: Sequence[Compiled]) -> Compiled:
    """Arguments into the function's slots, then its body: in the caller's frame, or a copy of it where others may run at once."""
    slots, body = function.slots, function.body

    def build(parts: Sequence[Compiled]) -> Compiled:
        run = _call_copied(slots, parts, body.run) if body.is_async else _call_here(slots, parts, body.run)
        code = made_of(run, [*parts, body])
        code.is_async = body.is_async
        return code

    return c.strict(codes, build)


def _call_here(slots: tuple[int, ...], parts: Sequence[Compiled], body: Run) -> Run:
    if len(slots) == 1:
        (i,), x = slots, parts[0].run

        def call_one(e: Frame) -> Value:
            e[i] = x(e)
            return body(e)

        return call_one
    if len(slots) == 2:
        i, j = slots
        x, y = parts[0].run, parts[1].run

        def call_two(e: Frame) -> Value:
            # both before either is stored: an argument may call the same function
            e[i], e[j] = x(e), y(e)
            return body(e)

        return call_two
    runs = [part.run for part in parts]

    def call(e: Frame) -> Value:
        for slot, value in zip(slots, [run(e) for run in runs], strict=True):
            e[slot] = value
        return body(e)

    return call


def _call_copied(slots: tuple[int, ...], parts: Sequence[Compiled], body: Run) -> Run:
    runs = [part.run for part in parts]

    async def call(e: Frame) -> Value:
        values = [run(e) for run in runs]
        frame = e.copy()
        for slot, value in zip(slots, values, strict=True):
            frame[slot] = value
        return await body(frame)

    return call


def value_call(c: Compiler, function: Compiled, codes: Sequence[Compiled], is_async: bool) -> Compiled:
    """A call of a function value. A pure function may stand where one that asks is allowed, so its result may be there at once."""

    def build(parts: Sequence[Compiled]) -> Compiled:
        f, runs = parts[0].run, [part.run for part in parts[1:]]
        code = made_of(_apply_awaiting(f, runs) if is_async else _apply(f, runs), parts, is_static=False, need=2)
        code.is_async = is_async
        return code

    return c.strict([function, *codes], build)


def _apply(f: Run, runs: Sequence[Run]) -> Run:
    if len(runs) == 1:
        x = runs[0]
        return lambda e: f(e)(x(e))
    if len(runs) == 2:
        x, y = runs
        return lambda e: f(e)(x(e), y(e))
    return lambda e: f(e)(*[run(e) for run in runs])


def _apply_awaiting(f: Run, runs: Sequence[Run]) -> Run:
    async def call(e: Frame) -> Value:
        return await settled(f(e)(*[run(e) for run in runs]))

    return call


async def settled(result: Any) -> Value:
    """The value, whether the function was a coroutine function or not."""
    return await result if isinstance(result, CoroutineType) else result


def compile_lambda(c: Compiler, lam: t.Lam, scope: Scope, s: Substitution) -> Compiled:
    """`fn(x) => body` as a value."""
    return closure(c, compile_function(c, lam, scope, s))


def closure(c: Compiler, function: Function) -> Compiled:
    """A function value: it keeps a copy of the frame it is made in."""
    slots, meter, stack = function.slots, c.meter, c.stack
    body = charged(function.body, meter, CALL_STEPS)
    run, need = body.run, body.need + 3

    def make(e: Frame) -> Callable[..., Value]:
        charge(meter, 0, 6 * HEADER + 8 * len(e))
        captured = e.copy()

        def call(*values: Value) -> Value:
            frame = captured.copy()
            for slot, value in zip(slots, values, strict=True):
                frame[slot] = value
            return stack.enter(run, frame, need, 0)

        async def call_async(*values: Value) -> Value:
            frame = captured.copy()
            for slot, value in zip(slots, values, strict=True):
                frame[slot] = value
            return await stack.enter_async(run, frame, need, 0)

        return call_async if body.is_async else call

    return Compiled(run=make, is_static=False)


def primitive_value(c: Compiler, primitive: Primitive, var: t.Var, s: Substitution) -> Compiled:
    """A library function as a value: of its required parameters."""
    arrow = c.type_of(var, s)
    if not isinstance(arrow, Arrow):
        raise InternalError("compiling", f"{primitive} is no function")
    return closure(c, c.primitive_function(primitive, arrow, var.span))


def compile_fix(c: Compiler, fix: t.Fix, scope: Scope, s: Substitution) -> Compiled:
    """`fix solve(p) => body` as a value."""
    return recursion_value(c, recursion(c, fix, scope, s))


def recursion(c: Compiler, fix: t.Fix, scope: Scope, s: Substitution) -> Recursion:
    """A `fix`, compiled."""
    arrow = c.type_of(fix, s)
    if not isinstance(arrow, Arrow):
        raise InternalError("compiling", "a fix that is no function")
    out = Recursion(c.slots.new(), _size_of(arrow.parameters[0]), arrow.effect is Effect.LLM)
    inner = {**scope, fix.name: ActiveRecursion(out), fix.param.name: Local(in_slot(out.slot))}
    body, out.reads = c.collected(lambda: c.compile(fix.body, inner, s))
    if body.is_async and not out.is_async:
        raise InternalError("compiling", "a pure fix that asks a model")
    body = charged(body, c.meter)
    out.run = lifted(body) if out.is_async else body.run
    out.need = body.need + 4
    return out


def _size_of(type_: Type) -> Callable[[Value], int]:
    return len if isinstance(type_, Con) and type_.name == "List" else (lambda text: text.n)


def _activate(c: Compiler, recursion: Recursion) -> Callable[[Frame, Value], Value]:
    """Run the body in a new frame, one deeper."""
    stack, slot, meter = c.stack, recursion.slot, c.meter

    def activate(e: Frame, value: Value) -> Value:
        charge(meter, ACTIVATION_STEPS, HEADER + 8 * len(e))
        frame = e.copy()
        frame[slot] = value
        assert recursion.run is not None
        if recursion.is_async:
            return stack.enter_async(recursion.run, frame, recursion.need, 1)
        return stack.enter(recursion.run, frame, recursion.need, 1)

    return activate


def activation(c: Compiler, recursion: Recursion, code: Compiled, span: Span, *, is_inside: bool) -> Compiled:
    """A call of a `fix`; in its own body the argument must be shorter than that of the activation."""
    activate = _activate(c, recursion)
    check = _shorter(recursion, span)

    def build(parts: Sequence[Compiled]) -> Compiled:
        x = parts[0].run

        def run(e: Frame) -> Value:
            value = x(e)
            if is_inside:
                check(e, value)
            return activate(e, value)

        made = made_of(run, parts, is_static=False, need=2)
        made.is_async = recursion.is_async
        return made

    if is_inside:
        c.reads.add(recursion.slot)
    return c.strict([code], build)


def _shorter(recursion: Recursion, span: Span) -> Callable[[Frame, Value], None]:
    slot, size = recursion.slot, recursion.size

    def check(e: Frame, value: Value) -> None:
        given, limit = size(value), size(e[slot])
        if given >= limit:
            message = f"`fix` is applied to something of length {given:,}, which is not shorter than {limit:,}"
            raise PrimitiveFault("E0414", message, span)

    return check


def recursion_value(c: Compiler, recursion: Recursion, *, is_inside: bool = False) -> Compiled:
    """A `fix` as a function value."""
    activate = _activate(c, recursion)
    check = _shorter(recursion, Span(0, 0))

    def make(e: Frame) -> Callable[[Value], Value | Awaitable[Value]]:
        charge(c.meter, 0, 6 * HEADER + 8 * len(e))
        captured = e.copy()

        def call(value: Value) -> Value:
            if is_inside:
                check(captured, value)
            return activate(captured, value)

        return call

    return Compiled(run=make, is_static=False)
