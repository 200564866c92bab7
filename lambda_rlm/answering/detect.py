"""Which task a question is: one model call that can only answer with an entry of the menu.

Owns `detect`. Promises that the call is bounded and paid like any other and takes at most a quarter of what may be spent, that the
model is told names, types and sizes of the inputs and of their contents only what may be peeked at, all of it as data, and that
nothing but the choice leaves. A model that gives none leaves the question to its caller, with what was used for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import Model
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.faults import InternalError, LimitExceeded, ModelFailure
from lambda_rlm.diagnostics.render import model as for_model
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.events import Tracer
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import Options, Run, execute
from lambda_rlm.execution.prospect import Prospect, foresee
from lambda_rlm.inputs import Inputs
from lambda_rlm.plan.tasks import DETECTION_PROGRAM, which_task
from lambda_rlm.synth.task import described
from lambda_rlm.types.type import TEXT

TOO_DEAR: Final = "asking for it may take more than a quarter of the budget"
_SHARE: Final = 4
"""The call may take one part in so many of the budget: the rest is for the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """The task, or why there is none; the run of the call, None where it was not made."""

    task: str | None = None
    why: str = ""
    run: Run | None = None

    @property
    def is_final(self) -> bool:
        """The call ended in a way that leaves nothing to go on with: out of time, no key, no such model."""
        fault = None if self.run is None else self.run.fault
        return isinstance(fault, LimitExceeded) or (isinstance(fault, ModelFailure) and fault.is_fatal)


async def detect(
    given: Inputs, model: Model, budget: Budget, *, peek: int = 0, options: Options | None = None, tracer: Tracer | None = None
) -> Detected:
    """The task of a question; `given` holds it as `query`."""
    checked = check(SourceFile(DETECTION_PROGRAM, which_task()), {"about": TEXT})
    try:
        admitted = checked.admit(_part(budget), model.profile)
    except Rejected as rejected:
        raise InternalError("asking for the task", for_model(rejected.diagnostics, rejected.source)) from rejected
    try:
        run = await execute(admitted, _told(given, peek), model, options=options, tracer=tracer)
    except Rejected:
        return Detected(why=TOO_DEAR)
    if run.fault is not None:
        return Detected(why=f"the model gave no task: {run.fault.code} {run.fault.message}", run=run)
    return Detected(task=str(run.value), run=run)


def prospect(given: Inputs, model: Model, budget: Budget, peek: int = 0) -> Prospect:
    """What the call would cost; raises `Rejected` where nobody can say. Asks no model."""
    checked = check(SourceFile(DETECTION_PROGRAM, which_task()), {"about": TEXT})
    assert checked.typed is not None
    return foresee(checked.typed, _told(given, peek), model, _part(budget))


def _told(given: Inputs, peek: int) -> Mapping[str, Any]:
    """The inputs of the program: the question, and one text about what it is asked of."""
    about = "".join(piece.text for piece in described(given.values, given.types, peek))
    return {"query": given.values["query"], "about": about}


def _part(budget: Budget) -> Budget:
    usd = None if budget.usd is None else budget.usd / _SHARE
    return replace(budget, calls=budget.calls // _SHARE, tokens=budget.tokens // _SHARE, usd=usd)
