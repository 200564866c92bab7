"""From an admitted program and its inputs to its value.

Owns `evaluate` and, for programs that ask no model, `evaluate_pure`. Promises: the value does not depend on timing; the run
ends in a value or in a declared `Fault`, and which of the two does not depend on timing, nor do the fault's code and place
where it is the only one: of a fault of the program and a pool that runs out beside it, the one that is met first is raised. No
limit of the budget is exceeded. Takes only what was admitted."""

from __future__ import annotations

from collections.abc import Mapping

from lambda_rlm.bounds.admit import Admitted
from lambda_rlm.budget.meter import Meter
from lambda_rlm.diagnostics.faults import InternalError
from lambda_rlm.eval.asking.asker import Asker
from lambda_rlm.eval.compile.assembly import compile_program
from lambda_rlm.eval.compile.closures.collector import resting
from lambda_rlm.eval.compile.stack import ASYNC_FRAMES, NESTING, in_one_room
from lambda_rlm.eval.holding import held
from lambda_rlm.eval.library.structure import SHIFT, weight
from lambda_rlm.eval.value import Value
from lambda_rlm.types.type import Effect
from lambda_rlm.types.typed import Typed


async def evaluate(
    admitted: Admitted, inputs: Mapping[str, Value], asker: Asker, kept: Mapping[int, Value] | None = None
) -> Value:
    """The value of a program; raises `Fault`. The asker is open; it brings the model and the meter.

    `kept` has the values of terms that were computed before the run, by the term's identity.
    """
    if admitted.typed.effect is not Effect.LLM:
        return evaluate_pure(admitted, inputs, asker.meter)
    _admit(admitted.typed, inputs, asker.meter, kept)
    code, frame, stack = compile_program(admitted, inputs, asker.meter, asker, kept)
    if code.need > ASYNC_FRAMES:
        stack.overflow()
    token = NESTING.set((code.need, 0))
    try:
        return await code.run(frame) if code.is_async else code.run(frame)
    finally:
        NESTING.reset(token)


def evaluate_pure(admitted: Admitted, inputs: Mapping[str, Value], meter: Meter) -> Value:
    """The value of a program that asks no model; raises `Fault`."""
    _admit(admitted.typed, inputs, meter, None)
    code, frame, stack = compile_program(admitted, inputs, meter, None)
    if code.is_async:
        raise InternalError("running", "a pure program that asks a model")
    stack.left -= code.need
    if stack.left < 0:
        stack.overflow()
    with resting():
        return in_one_room(code.run, frame)


def admit_inputs(typed: Typed, inputs: Mapping[str, Value], meter: Meter) -> None:
    """Let the meter know how large the inputs are, of those that are there; once a run."""
    here = [(inputs[name], type_) for name, type_ in typed.inputs.items() if name in inputs]
    characters = sum(weight(type_)(value) << SHIFT for value, type_ in here)
    meter.admit_inputs(characters, sum(held(value, type_) for value, type_ in here))


def _admit(typed: Typed, inputs: Mapping[str, Value], meter: Meter, kept: Mapping[int, Value] | None) -> None:
    for name in typed.inputs:
        if name not in inputs:
            raise ValueError(f"no value for the input {name!r}")
    if kept is None:
        admit_inputs(typed, inputs, meter)
