"""Library functions without a callback, applied to their arguments: their faults are reported at the call."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lambda_rlm.diagnostics.faults import PrimitiveFault
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval.compile.batches import terms
from lambda_rlm.eval.compile.compiled import Compiled, Frame, Run, made_of
from lambda_rlm.eval.library.structure import is_text
from lambda_rlm.eval.value import HEADER, Value
from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.types.type import Arrow


def operation(primitive: P, arrow: Arrow) -> Callable[[Compiled], Compiled] | None:
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
    code = made_of((lambda e: e[i].n) if part.shape == "S" else (lambda e: x(e).n), (part,))
    code.batch = terms.length(part, is_text=True)
    return code


def _list_length(part: Compiled) -> Compiled:
    i, x = part.slot, part.run
    code = made_of((lambda e: len(e[i])) if part.shape == "S" else (lambda e: len(x(e))), (part,))
    code.batch = terms.length(part, is_text=False)
    return code


def _some(x: Run) -> Run:
    return lambda e: (x(e),)


def _is_some(x: Run) -> Run:
    return lambda e: x(e) is not None


def applied(f: Callable[..., Value], parts: Sequence[Compiled], span: Span) -> Run:
    """Apply a builder's function; its faults are at the call."""
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
