"""The rules for callbacks: function arguments of library functions, made ready for a loop.

Owns the choice of how a callback runs: a function written in place or known by name runs in the frame of the loop; any other
is a value, computed once before the loop. Over lists of pairs, the fields of the record are read in two slots.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval.compile.closures.loops import rates
from lambda_rlm.eval.compile.closures.pair_loops import PAIR_LOOPS
from lambda_rlm.eval.compile.columns.face import WITH_CALLBACKS, bound_to, has_columns, is_table
from lambda_rlm.eval.compile.columns.report import noted
from lambda_rlm.eval.compile.compiled import Callback, Compiled, Frame, in_slot, made_of
from lambda_rlm.eval.compile.compiler import Compiler
from lambda_rlm.eval.compile.rules.arguments import LibraryCall
from lambda_rlm.eval.compile.rules.functions import compile_function
from lambda_rlm.eval.compile.rules.library import primitive_function
from lambda_rlm.eval.compile.rules.loops import PreparedCallback, gives_numbers, loop_of, loop_over_pairs, value_callback
from lambda_rlm.eval.compile.rules.names import function_of, recursion_of
from lambda_rlm.eval.compile.rules.recursion import activation
from lambda_rlm.eval.compile.scope import ActiveRecursion, Function, KnownFunction, KnownRecursion, Recursion, Scope, Spread
from lambda_rlm.eval.tariff import PAIR
from lambda_rlm.eval.value import Value
from lambda_rlm.syntax import term as t
from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.types.type import Arrow, Effect, Record
from lambda_rlm.types.typed import Piped, Substitution


def compile_loop(c: Compiler, call: LibraryCall) -> Compiled:
    """A call of a library function with callbacks."""
    scope, s = call.scope, call.substitution
    values: list[Compiled] = []
    functions: list[PreparedCallback] = []
    recorded: dict[int, Compiled] | None = None
    for a, parameter in zip(call.arguments, call.arrow.parameters, strict=True):
        if not isinstance(parameter, Arrow):
            values.append(call.argument(c, a))
        elif isinstance(a, t.Lam) and call.primitive in PAIR_LOOPS and values[0].pairs and parameter.effect is not Effect.LLM:
            return loop_over_pairs(c, call.primitive, call.arrow, values[0], _over_pairs(c, a, parameter, scope, s))
        elif a is None or isinstance(a, Piped):
            functions.append(value_callback(c, call.argument(c, a), parameter))
        else:
            if call.primitive in WITH_CALLBACKS and has_columns(values[0]) and recorded is None:
                recorded = {}
            functions.append(c.recording(recorded, lambda: _callback(c, a, parameter, scope, s)))  # noqa: B023
    if recorded is not None and not _waits(values, functions):
        return _by_columns(c, call, values, functions, recorded)
    if values and has_columns(values[0]) and is_table(call.arrow.parameters[0]):
        noted(call.primitive, call.span, "no columns for it")
    return loop_of(c, call.primitive, call.arrow, values, functions, call.span)


def _waits(values: Sequence[Compiled], functions: Sequence[PreparedCallback]) -> bool:
    """Whether anything asks a model, or a callback is a function value."""
    return any(value.is_async for value in values) or any(f.value is not None or f.callback.body.is_async for f in functions)


def _by_columns(
    c: Compiler,
    call: LibraryCall,
    values: Sequence[Compiled],
    functions: Sequence[PreparedCallback],
    recorded: Mapping[int, Compiled],
) -> Compiled:
    """A call over a list that has columns: the reference code reads its arguments from slots."""
    from lambda_rlm.eval.compile.columns.uses import LoopUse, WrittenCallback, loop_by_columns

    with c.slots.beside():
        slots = [c.slots.new() for _ in values]
    plain = loop_of(c, call.primitive, call.arrow, [in_slot(slot) for slot in slots], functions, call.span)
    parameters = [(a, p) for a, p in zip(call.arguments, call.arrow.parameters, strict=True) if isinstance(p, Arrow)]
    written = [WrittenCallback(a, p, f.callback) for (a, p), f in zip(parameters, functions, strict=True)]
    over_groups = None
    if call.primitive in (P.MAP, P.FLAT_MAP) and values[0].is_grouped and isinstance(written[0].term, t.Lam):
        with c.slots.beside():
            over_groups = _over_groups(c, written[0].term, call.scope, call.substitution)
    use = LoopUse(
        primitive=call.primitive, arrow=call.arrow, span=call.span, scope=call.scope, substitution=call.substitution,
        values=values, slots=slots, plain=plain, callbacks=written, recorded=recorded,
        each=rates(call.primitive, gives_numbers(call.arrow)), over_groups=over_groups,
    )  # fmt: skip
    return loop_by_columns(c, use)


def _over_groups(c: Compiler, lam: t.Lam, scope: Scope, s: Substitution) -> tuple[tuple[int, int], Compiled]:
    """A function of a group with its rows in one slot, as columns, and its key in another."""
    i, j = c.slots.new(), c.slots.new()
    items = bound_to(i, in_slot(i))
    spread = Spread({"items": i, "key": j}, Compiled(run=lambda e: (items.run(e), e[j]), steps=0), {"items": items})
    return (i, j), c.compile(lam.body, {**scope, lam.params[0].name: spread}, s)


def _callback(c: Compiler, term: t.Term, arrow: Arrow, scope: Scope, s: Substitution) -> PreparedCallback:
    """The callback that an argument denotes."""
    if isinstance(term, t.Lam):
        return _in_place(compile_function(c, term, scope, s))
    if isinstance(term, t.Var):
        primitive = c.typed.primitive_of(term)
        if primitive is not None:
            own = c.type_of(term, s)
            return _in_place(primitive_function(c, primitive, own if isinstance(own, Arrow) else arrow, term.span))
        match scope.get(term.name):
            case KnownFunction() as known:
                return _in_place(function_of(c, known, term, s))
            case ActiveRecursion(recursion):
                return _of_recursion(c, recursion, term.span, is_inside=True)
            case KnownRecursion() as named:
                return _of_recursion(c, recursion_of(c, named, term, s), term.span, is_inside=False)
    return value_callback(c, c.compile(term, scope, s), arrow)


def _in_place(function: Function) -> PreparedCallback:
    return PreparedCallback(Callback(slots=function.slots, body=function.body))


def _of_recursion(c: Compiler, recursion: Recursion, span: Span, *, is_inside: bool) -> PreparedCallback:
    slot = c.slots.new()
    body = activation(c, recursion, in_slot(slot), span, is_inside=is_inside)
    return PreparedCallback(Callback(slots=(slot,), body=body))


def _over_pairs(c: Compiler, lam: t.Lam, arrow: Arrow, scope: Scope, s: Substitution) -> Callback:
    """A function of one record with two fields, as a loop body that finds the fields in two slots."""
    i, j = c.slots.new(), c.slots.new()
    record = arrow.parameters[0]
    assert isinstance(record, Record)
    names = [name for name, _ in record.fields]

    def whole(e: Frame) -> Value:
        return (e[i], e[j])

    spread = Spread(dict(zip(names, (i, j), strict=True)), made_of(whole, (), bytes=PAIR))
    body = c.compile(lam.body, {**scope, lam.params[0].name: spread}, s)
    return Callback(slots=(i, j), body=body)
