"""The rules for functions: `fn`, functions as values, and their calls.

Promises: a function known by name runs in the frame of its caller without a function value; every call of a function value
takes what it needs of Python's stack before it begins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from lambda_rlm.eval.compile.batches import terms
from lambda_rlm.eval.compile.closures.calling import applied, applied_awaiting, called_here, called_in_copy
from lambda_rlm.eval.compile.compiled import Compiled, Frame, charge, charged, in_slot, made_of
from lambda_rlm.eval.compile.compiler import Compiler
from lambda_rlm.eval.compile.scope import Function, Local, Scope
from lambda_rlm.eval.tariff import FUNCTION_VALUE, SLOT
from lambda_rlm.eval.value import Value
from lambda_rlm.syntax import term as t
from lambda_rlm.types.typed import Substitution

CALL_STEPS: Final = 5
"""Fuel for a call of a function value, beside its body."""

_CALL_FRAMES: Final = 3
"""Interpreter frames of a call of a function value, beside its body."""


def compile_lam(c: Compiler, lam: t.Lam, scope: Scope, s: Substitution) -> Compiled:
    """`fn(x) => body` as a value."""
    return closure(c, compile_function(c, lam, scope, s))


def compile_function(c: Compiler, lam: t.Lam, scope: Scope, s: Substitution) -> Function:
    """A function written where it is used."""
    slots = tuple(c.slots.new() for _ in lam.params)
    inner = {**scope, **{p.name: Local(in_slot(i)) for p, i in zip(lam.params, slots, strict=True)}}
    return Function(slots, c.compile(lam.body, inner, s), frozenset())


def known_call(c: Compiler, function: Function, codes: Sequence[Compiled]) -> Compiled:
    """Arguments into the function's slots, then its body: in the caller's frame, or a copy of it where others may run at
    once."""
    slots, body = function.slots, function.body

    def build(parts: Sequence[Compiled]) -> Compiled:
        runs = [part.run for part in parts]
        run = called_in_copy(slots, runs, body.run) if body.is_async else called_here(slots, runs, body.run)
        code = made_of(run, [*parts, body])
        code.is_async = body.is_async
        code.batch = terms.bound(list(zip(slots, parts, strict=True)), body, at_once=True)
        return code

    return c.strict(codes, build)


def value_call(c: Compiler, function: Compiled, codes: Sequence[Compiled], is_async: bool) -> Compiled:
    """A call of a function value. A pure function may be where one that asks is allowed, so its result may be there at
    once."""

    def build(parts: Sequence[Compiled]) -> Compiled:
        f, runs = parts[0].run, [part.run for part in parts[1:]]
        code = made_of(applied_awaiting(f, runs) if is_async else applied(f, runs), parts, is_static=False, need=2)
        code.is_async = is_async
        return code

    return c.strict([function, *codes], build)


def closure(c: Compiler, function: Function) -> Compiled:
    """A function value: it keeps a copy of the frame it is made in."""
    slots, meter, stack, numbered = function.slots, c.meter, c.stack, c.slots
    body = charged(function.body, meter, CALL_STEPS)
    run, need = body.run, body.need + _CALL_FRAMES

    def make(e: Frame) -> Callable[..., Value]:
        charge(meter, 0, FUNCTION_VALUE + SLOT * numbered.charged)
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
