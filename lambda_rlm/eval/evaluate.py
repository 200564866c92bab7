"""From an admitted program and its inputs to its value.

Owns `evaluate` and, for programs that ask no model, `evaluate_pure`. Promises: the value does not depend on timing; the run ends
in a value or in a declared `Fault` whose code and place do not depend on timing either; no limit of the budget is exceeded.
Takes only what was admitted.
"""

from __future__ import annotations

from collections.abc import Mapping

from lambda_rlm.bounds.admit import Admitted
from lambda_rlm.budget.meter import Meter
from lambda_rlm.diagnostics.faults import InternalError
from lambda_rlm.eval.asking.asker import Asker
from lambda_rlm.eval.compile.bindings import compile_block
from lambda_rlm.eval.compile.code import ASYNC_FRAMES, FRAMES, NESTING, Compiled, Frame, Stack, charged, constant
from lambda_rlm.eval.compile.collector import resting
from lambda_rlm.eval.compile.compiler import Compiler
from lambda_rlm.eval.compile.scope import Binding, Hosted, Local
from lambda_rlm.eval.library.structure import SHIFT, weight
from lambda_rlm.eval.value import Value
from lambda_rlm.types.type import Effect
from lambda_rlm.types.typed import EMPTY, Typed


async def evaluate(
    admitted: Admitted, inputs: Mapping[str, Value], asker: Asker, kept: Mapping[int, Value] | None = None
) -> Value:
    """The value of a program; raises `Fault`. The asker is open; it brings the model and the meter.

    `kept` has the values of terms that were computed before the run, by the term's identity.
    """
    if admitted.typed.effect is not Effect.LLM:
        return evaluate_pure(admitted, inputs, asker.meter)
    code, frame, stack = _compiled(admitted, inputs, asker.meter, asker, kept)
    if code.need > ASYNC_FRAMES:
        stack.overflow()
    token = NESTING.set((code.need, 0))
    try:
        return await code.run(frame) if code.is_async else code.run(frame)
    finally:
        NESTING.reset(token)


def evaluate_pure(admitted: Admitted, inputs: Mapping[str, Value], meter: Meter) -> Value:
    """The value of a program that asks no model; raises `Fault`."""
    code, frame, stack = _compiled(admitted, inputs, meter, None)
    if code.is_async:
        raise InternalError("running", "a pure program that asks a model")
    stack.left -= code.need
    if stack.left < 0:
        stack.overflow()
    with resting():
        return code.run(frame)


def admit_inputs(typed: Typed, inputs: Mapping[str, Value], meter: Meter) -> None:
    """Let the meter know how large the inputs are; once a run."""
    meter.admit_inputs(sum(weight(type_)(inputs[name]) << SHIFT for name, type_ in typed.inputs.items()))


def _compiled(
    admitted: Admitted,
    inputs: Mapping[str, Value],
    meter: Meter,
    asker: Asker | None,
    kept: Mapping[int, Value] | None = None,
) -> tuple[Compiled, Frame, Stack]:
    typed = admitted.typed
    for name in typed.inputs:
        if name not in inputs:
            raise ValueError(f"no value for the input {name!r}")
    if kept is None:
        admit_inputs(typed, inputs, meter)
    stack = Stack(meter, FRAMES if asker is None else FRAMES - ASYNC_FRAMES)
    compiler = Compiler(typed, admitted.autos, meter, stack, asker, kept, None if asker is None else asker.coverage.cuts)
    scope: dict[str, Binding] = {name: Hosted(function) for name, function in typed.functions.items()}
    scope |= {name: Local(constant(inputs[name])) for name in typed.inputs}
    code = compile_block(compiler, typed.program.items, typed.program.result, scope, EMPTY)
    return charged(code, meter), compiler.slots.frame(), stack
