"""The rules for calls: `f(a, …)` and pipes.

Owns how a function is applied, by what is known of it: a library function, a name bound to a function, the name of a `fix` in
its own body, or any value.
"""

from __future__ import annotations

from lambda_rlm.diagnostics.faults import InternalError
from lambda_rlm.eval.asking.model_calls import ASYNC_IMPLEMENTATIONS
from lambda_rlm.eval.compile.closures.binding import bound
from lambda_rlm.eval.compile.compiled import Compiled, constant, in_slot
from lambda_rlm.eval.compile.compiler import LONG_CHAIN, Compiler
from lambda_rlm.eval.compile.rules.arguments import LibraryCall, argument
from lambda_rlm.eval.compile.rules.asking import compile_model_call
from lambda_rlm.eval.compile.rules.callbacks import compile_loop
from lambda_rlm.eval.compile.rules.functions import compile_function, known_call, value_call
from lambda_rlm.eval.compile.rules.library import first_order
from lambda_rlm.eval.compile.rules.loops import LOOPS
from lambda_rlm.eval.compile.rules.names import function_of, recursion_of
from lambda_rlm.eval.compile.rules.recursion import activation
from lambda_rlm.eval.compile.scope import ActiveRecursion, KnownFunction, KnownRecursion, Scope
from lambda_rlm.syntax import term as t
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.types.type import Arrow, Effect
from lambda_rlm.types.typed import Substitution


def compile_app(c: Compiler, term: t.App, scope: Scope, s: Substitution) -> Compiled:
    """`f(a, …)`."""
    return _call(c, term, None, scope, s)


def compile_pipe(c: Compiler, term: t.Pipe, scope: Scope, s: Substitution) -> Compiled:
    """`a |> f(…) |> g(…)`: each value is an argument of the next stage; stages whose value is known already are left out."""
    done = max((at for at, stage in enumerate(term.stages, 1) if id(stage) in c.kept), default=0)
    code = constant(c.kept[id(term.stages[done - 1])]) if done else c.compile(term.head, scope, s)
    before: list[tuple[int, Compiled]] = []
    for at, stage in enumerate(term.stages[done:]):
        if at and at % LONG_CHAIN == 0:
            slot = c.slots.new()
            before.append((slot, code))
            code = in_slot(slot)
        code = _call(c, stage, code, scope, s)
    return bound(before, code) if before else code


def _call(c: Compiler, app: t.App, piped: Compiled | None, scope: Scope, s: Substitution) -> Compiled:
    arguments = c.typed.arguments_of(app)
    function = app.function
    if isinstance(function, t.Var):
        primitive = c.typed.primitive_of(function)
        if primitive is not None:
            call = LibraryCall(primitive, _arrow(c, primitive, function, s), arguments, piped, app.span, scope, s)
            return _library_call(c, call)
    codes = [argument(c, a, piped, scope, s) for a in arguments]
    if isinstance(function, t.Var):
        match scope.get(function.name):
            case KnownFunction() as known:
                return known_call(c, function_of(c, known, function, s), codes)
            case KnownRecursion() as named:
                return activation(c, recursion_of(c, named, function, s), codes[0], app.span, is_inside=False)
            case ActiveRecursion(inside):
                return activation(c, inside, codes[0], app.span, is_inside=True)
    if isinstance(function, t.Lam):
        return known_call(c, compile_function(c, function, scope, s), codes)
    arrow = c.type_of(function, s)
    is_async = isinstance(arrow, Arrow) and arrow.effect is Effect.LLM
    return value_call(c, c.compile(function, scope, s), codes, is_async)


def _arrow(c: Compiler, primitive: Primitive, var: t.Var, s: Substitution) -> Arrow:
    arrow = c.type_of(var, s)
    if not isinstance(arrow, Arrow):
        raise InternalError("compiling", f"{primitive} is no function")
    return arrow


def _library_call(c: Compiler, call: LibraryCall) -> Compiled:
    """A call of a library function, its arguments in the order of its parameters."""
    if call.primitive in LOOPS:
        return compile_loop(c, call)
    if call.primitive in ASYNC_IMPLEMENTATIONS:
        return compile_model_call(c, call)
    codes = [call.argument(c, a) for a in call.arguments]
    return first_order(c, call.primitive, call.arrow, codes, call.span)
