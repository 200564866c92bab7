"""The rules for `fix`.

Promises: an activation in the body of a `fix` has a shorter argument than the one around it, or the run ends in a fault; every
activation takes what it needs of Python's stack before it begins.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from lambda_rlm.diagnostics.faults import InternalError
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval import wording
from lambda_rlm.eval.compile.compiled import Compiled, Frame, Run, charge, charged, in_slot, lifted, made_of
from lambda_rlm.eval.compile.compiler import Compiler
from lambda_rlm.eval.compile.scope import ActiveRecursion, Local, Recursion, Scope
from lambda_rlm.eval.compile.stack import NESTING, in_one_room
from lambda_rlm.eval.tariff import FUNCTION_VALUE, SLOT
from lambda_rlm.eval.value import HEADER, Value
from lambda_rlm.syntax import term as t
from lambda_rlm.types.type import Arrow, Con, Effect, Type
from lambda_rlm.types.typed import Substitution

ACTIVATION_STEPS: Final = 20
"""Fuel for an activation of a `fix`, beside its body."""

_ACTIVATION_FRAMES: Final = 4
"""Interpreter frames of an activation of a `fix`, beside its body."""


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
    out.run = lifted(charged(body, c.meter)) if out.is_async else body.run
    out.steps, out.bytes = body.steps, body.bytes
    out.need = body.need + (1 if body.steps or body.bytes else 0) + _ACTIVATION_FRAMES
    return out


def _size_of(type_: Type) -> Callable[[Value], int]:
    return len if isinstance(type_, Con) and type_.name == "List" else (lambda text: text.n)


def activation(c: Compiler, recursion: Recursion, code: Compiled, span: Span, *, is_inside: bool) -> Compiled:
    """A call of a `fix`; in its own body the argument must be shorter than that of the activation."""

    def build(parts: Sequence[Compiled]) -> Compiled:
        x = parts[0].run
        call = made_of(
            _inside(c, recursion, x, span) if is_inside else _outside(c, recursion, x), parts, is_static=False, need=2
        )
        call.is_async = recursion.is_async
        return call

    if is_inside:
        c.reads.add(recursion.slot)
    return c.strict([code], build)


def _outside(c: Compiler, recursion: Recursion, x: Run) -> Run:
    activate = _activate(c, recursion)
    return lambda e: activate(e, x(e))


def _inside(c: Compiler, recursion: Recursion, x: Run, span: Span) -> Run:
    activate = _activate(c, recursion)
    slot, size = recursion.slot, recursion.size

    def run(e: Frame) -> Value:
        value = x(e)
        length, limit = size(value), size(e[slot])
        if length >= limit:
            raise wording.not_shorter(span, length, limit)
        return activate(e, value)

    return run


def recursion_value(c: Compiler, recursion: Recursion, *, is_inside: bool = False) -> Compiled:
    """A `fix` as a function value."""
    activate = _activate(c, recursion)
    check = _shorter(recursion, Span(0, 0))

    def make(e: Frame) -> Callable[[Value], Value | Awaitable[Value]]:
        charge(c.meter, 0, FUNCTION_VALUE + SLOT * c.slots.charged)
        captured = e.copy()

        def call(value: Value) -> Value:
            if is_inside:
                check(captured, value)
            return activate(captured, value)

        return call

    return Compiled(run=make, is_static=False)


def _activate(c: Compiler, recursion: Recursion) -> Callable[[Frame, Value], Value]:
    """Run the body in a new frame, one deeper."""
    return _activate_async(c, recursion) if recursion.is_async else _activate_pure(c, recursion)


def _activate_async(c: Compiler, recursion: Recursion) -> Callable[[Frame, Value], Value]:
    stack, slot, meter = c.stack, recursion.slot, c.meter

    def activate(e: Frame, value: Value) -> Awaitable[Value]:
        charge(meter, ACTIVATION_STEPS, HEADER + SLOT * c.slots.charged)
        frame = e.copy()
        frame[slot] = value
        assert recursion.run is not None
        return stack.enter_async(recursion.run, frame, recursion.need, 1)

    return activate


def _activate_pure(c: Compiler, recursion: Recursion) -> Callable[[Frame, Value], Value]:
    """As `Stack.enter`, and the body's static cost, written out: there may be a million activations."""
    stack, slot, meter = c.stack, recursion.slot, c.meter

    def activate(e: Frame, value: Value) -> Value:
        charge(meter, ACTIVATION_STEPS, HEADER + SLOT * c.slots.charged)
        frame = e.copy()
        frame[slot] = value
        need = recursion.need
        stack.left -= need
        stack.depth += 1
        try:
            if stack.left < 0:
                stack.overflow()
            if stack.depth == 1:
                stack.outer = NESTING.get()[1]
                meter.enter(1 + stack.outer)
                if not stack.has_room:
                    return in_one_room(_body, frame)
            elif (depth := stack.depth + stack.outer) > meter.deepest or depth > meter.budget.depth:
                meter.enter(depth)
            meter.fuel -= recursion.steps
            if meter.fuel < 0:
                meter.out_of_fuel()
            meter.memory -= recursion.bytes
            if meter.memory < 0:
                meter.out_of_memory()
            return recursion.run(frame)  # type: ignore[misc]
        finally:
            stack.left += need
            stack.depth -= 1

    def _body(frame: Frame) -> Value:
        charge(meter, recursion.steps, recursion.bytes)
        return recursion.run(frame)  # type: ignore[misc]

    return activate


def _shorter(recursion: Recursion, span: Span) -> Callable[[Frame, Value], None]:
    slot, size = recursion.slot, recursion.size

    def check(e: Frame, value: Value) -> None:
        length, limit = size(value), size(e[slot])
        if length >= limit:
            raise wording.not_shorter(span, length, limit)

    return check
