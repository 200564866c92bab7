"""The rules for library functions that ask a model."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from lambda_rlm.diagnostics.faults import InternalError, PrimitiveFault
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval.asking.model_calls import ASYNC_IMPLEMENTATIONS
from lambda_rlm.eval.compile.closures.calling import settled
from lambda_rlm.eval.compile.closures.first_order import placed
from lambda_rlm.eval.compile.compiled import Compiled, Frame, charged, literal_of, made_of
from lambda_rlm.eval.compile.compiler import Compiler
from lambda_rlm.eval.compile.rules.arguments import LibraryCall
from lambda_rlm.eval.holding import kept_awaiting
from lambda_rlm.eval.library.structure import is_list
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.value import Value
from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.types.type import Arrow, Effect

_OR_ELSE = 2
"""The position of `or_else` among the parameters of `llm_call`: computed only when the model gives nothing usable."""

_NEED = 12
"""Interpreter frames from a model call down to where it awaits the model."""


def compile_model_call(c: Compiler, call: LibraryCall) -> Compiled:
    """A call of a library function that asks a model."""
    codes: list[Compiled] = []
    for at, a in enumerate(call.arguments):
        code = call.argument(c, a)
        parameter = call.arrow.parameters[at]
        if call.primitive is P.LLM_CALL and at == _OR_ELSE and a is not None:
            code = _thunk(charged(code, c.meter))
        elif isinstance(parameter, Arrow) and parameter.effect is Effect.LLM:
            code = _coroutine_function(code)
        codes.append(code)
    return ask(c, call.primitive, call.arrow, codes, call.span)


def ask(c: Compiler, primitive: P, arrow: Arrow, codes: Sequence[Compiled], span: Span) -> Compiled:
    """A model call whose arguments are compiled."""
    if c.asker is None:
        return Compiled(run=_never_asked, is_async=True)
    literals = tuple(literal_of(code) for code in codes)
    site = Site(primitive, arrow.parameters, arrow.result, span, c.meter, literals)
    asks = ASYNC_IMPLEMENTATIONS[primitive](site, c.asker)

    def build(parts: Sequence[Compiled]) -> Compiled:
        runs = [part.run for part in parts]

        async def run(e: Frame) -> Value:
            try:
                return await asks(*[part(e) for part in runs])
            except PrimitiveFault as fault:
                raise placed(fault, span) from None

        asking = kept_awaiting(run, c.meter) if is_list(arrow.result) else run
        code = made_of(asking, parts, steps=1, is_static=False, need=_NEED)
        code.is_async = True
        return code

    return c.strict(codes, build)


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
            return await settled(f(*values))

        return call

    return replace(code, run=run)


async def _never_asked(e: Frame) -> Value:
    """A model call in a program that asks no model: it is in a def that nobody calls."""
    raise InternalError("evaluating", "a model call in a pure run")
