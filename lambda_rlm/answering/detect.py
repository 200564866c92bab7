"""Which task a question is: one model call that can only answer with an entry of the menu.

Owns `detect`. Promises that the call is bounded and paid like any other and takes at most a quarter of what may be spent, that
the model sees names, types and sizes of the inputs and of their contents only what may be peeked at, all of it as data, and
that nothing but the choice leaves. A model that gives none leaves the question to its caller, with what was used for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from lambda_rlm.answering.question import Question, Setup
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import OUT_OF_ATTEMPTS, Meter
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.faults import InternalError, LimitExceeded, ModelFailure
from lambda_rlm.diagnostics.render import model as for_model
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.check import Checked, check
from lambda_rlm.execution.execute import execute
from lambda_rlm.execution.prospect import Prospect, foresee
from lambda_rlm.execution.run import Run
from lambda_rlm.plan.tasks import DETECTION_PROGRAM, which_task
from lambda_rlm.synth.task import described
from lambda_rlm.types.type import TEXT

TOO_DEAR: Final = "classifying the task could use more than a quarter of the budget"
_SHARE: Final = 4
"""The call may use one part in this number of the budget: the rest is for the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """The task, or why there is none; the run of the call, None where it was not made."""

    task: str | None = None
    why: str = ""
    run: Run | None = None

    @property
    def is_final(self) -> bool:
        """The call ended in a way that leaves nothing to go on with: out of time, no key, no such model. What it had of extra
        attempts was its own."""
        fault = None if self.run is None else self.run.fault
        if isinstance(fault, LimitExceeded):
            return fault.code != OUT_OF_ATTEMPTS
        return isinstance(fault, ModelFailure) and fault.is_fatal


async def detect(question: Question, setup: Setup, account: Meter | None = None) -> Detected:
    """The task of a question, asked of `setup.leaf` within a quarter of `setup.budget`, drawn from `account`."""
    try:
        admitted = _checked().admit(_share(setup), setup.leaf.profile)
    except Rejected as rejected:
        raise InternalError("classifying the task", for_model(rejected.diagnostics, rejected.source)) from rejected
    try:
        run = await execute(
            admitted,
            _inputs_of(question, setup),
            setup.leaf,
            options=setup.options,
            tracer=setup.tracer,
            meter=account,
            resumed=setup.resumed,
        )
    except Rejected:
        return Detected(why=TOO_DEAR)
    if run.fault is not None:
        return Detected(why=f"the model did not classify the task: {run.fault.code} {run.fault.message}", run=run)
    return Detected(task=str(run.value), run=run)


def prospect(question: Question, setup: Setup) -> Prospect:
    """What the call would cost; raises `Rejected` where nobody can say. Asks no model."""
    checked = _checked()
    assert checked.typed is not None
    return foresee(checked.typed, _inputs_of(question, setup), setup.leaf, _share(setup))


def _share(setup: Setup) -> Budget:
    """The budget of the call: where it may not complete, it is not made."""
    return replace(setup.budget.part(_SHARE), admit="proved")


def _checked() -> Checked:
    return check(SourceFile(DETECTION_PROGRAM, which_task()), {"about": TEXT})


def _inputs_of(question: Question, setup: Setup) -> Mapping[str, Any]:
    """The inputs of the program: the question after those that it follows, and one text about what it is asked of."""
    inputs = question.inputs.without_answers()
    pieces = described(
        inputs.values,
        inputs.types,
        setup.writing.peek,
        inputs.documents,
        called=inputs.called,
        shapes=question.known_shapes,
    )
    about = "".join(piece.text for piece in pieces)
    return {"query": question.in_own_words, "about": about}
