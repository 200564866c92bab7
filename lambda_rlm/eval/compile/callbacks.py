"""Function arguments of library functions, made ready for a loop.

Owns the choice of how a callback runs: a function written in place or known by name runs in the frame of the loop; any other
is a value, computed once before the loop. Over lists of pairs, the fields of the record are read in two slots.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval.compile import calls
from lambda_rlm.eval.compile.code import Callback, Compiled, Frame, in_slot, made_of
from lambda_rlm.eval.compile.scope import ActiveRecursion, KnownFunction, KnownRecursion, Recursion, Scope, Spread
from lambda_rlm.eval.value import HEADER, Value
from lambda_rlm.syntax import term as t
from lambda_rlm.types.type import Arrow, Effect, Record
from lambda_rlm.types.typed import Substitution

if TYPE_CHECKING:
    from lambda_rlm.eval.compile.compiler import Compiler


@dataclass(frozen=True, slots=True)
class PreparedCallback:
    """A callback, and for a function value its code and the slot that holds it while the loop runs."""

    callback: Callback
    slot: int = -1
    value: Compiled | None = None


def of_term(c: Compiler, term: t.Term, arrow: Arrow, scope: Scope, s: Substitution) -> PreparedCallback:
    """The callback that an argument denotes."""
    if isinstance(term, t.Lam):
        function = calls.compile_function(c, term, scope, s)
        return PreparedCallback(Callback(slots=function.slots, body=function.body))
    if isinstance(term, t.Var):
        primitive = c.typed.primitive_of(term)
        if primitive is not None:
            own = c.type_of(term, s)
            function = c.primitive_function(primitive, own if isinstance(own, Arrow) else arrow, term.span)
            return PreparedCallback(Callback(slots=function.slots, body=function.body))
        match scope.get(term.name):
            case KnownFunction() as known:
                function = c.function_of(known, term, s)
                return PreparedCallback(Callback(slots=function.slots, body=function.body))
            case ActiveRecursion(recursion):
                return _of_recursion(c, recursion, term.span, is_inside=True)
            case KnownRecursion() as named:
                return _of_recursion(c, c.recursion_of(named, term, s), term.span, is_inside=False)
    return of_value(c, c.compile(term, scope, s), arrow)


def of_value(c: Compiler, code: Compiled, arrow: Arrow) -> PreparedCallback:
    """The callback for a function value."""
    slot = c.slots.new()
    slots = tuple(c.slots.new() for _ in arrow.parameters)
    body = calls.value_call(c, in_slot(slot), [in_slot(i) for i in slots], arrow.effect is Effect.LLM)
    return PreparedCallback(Callback(slots=slots, body=body), slot, code)


def _of_recursion(c: Compiler, recursion: Recursion, span: Span, *, is_inside: bool) -> PreparedCallback:
    slot = c.slots.new()
    body = calls.activation(c, recursion, in_slot(slot), span, is_inside=is_inside)
    return PreparedCallback(Callback(slots=(slot,), body=body))


def over_pairs(c: Compiler, lam: t.Lam, arrow: Arrow, scope: Scope, s: Substitution) -> Callback:
    """A function of one record with two fields, as a loop body that finds the fields in two slots."""
    i, j = c.slots.new(), c.slots.new()
    record = arrow.parameters[0]
    assert isinstance(record, Record)
    names = [name for name, _ in record.fields]

    def whole(e: Frame) -> Value:
        return (e[i], e[j])

    spread = Spread(dict(zip(names, (i, j), strict=True)), made_of(whole, (), bytes=2 * HEADER))
    body = c.compile(lam.body, {**scope, lam.params[0].name: spread}, s)
    return Callback(slots=(i, j), body=body)
