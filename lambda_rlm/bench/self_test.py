"""A self-test of a model: ten questions with known answers, asked of it as questions of people are.

Owns `foreseen`, what the test can cost at most, and `examine`, the test. Promises that the bound is known before the first
call and holds, that all of it is paid from one account, and that a model which cannot be reached is not taken for one that
fails: its fault leaves, and nothing is known. The programs are run beside a model that is never asked, so that a right answer
was computed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import reduce
from operator import add
from typing import Any, Final

from lambda_rlm.answering.detect import detect
from lambda_rlm.answering.detect import prospect as detection_prospect
from lambda_rlm.answering.question import Question, Setup
from lambda_rlm.answering.synthesize import synthesize
from lambda_rlm.answering.writing_bound import writing_cost
from lambda_rlm.bench.self_test_questions import PROGRAMS, TASKS, TYPED, ProgramQuestion, TaskQuestion, TypedQuestion
from lambda_rlm.bounds.bound import Bound
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import OUT_OF_ATTEMPTS, Meter
from lambda_rlm.completion import Model, ModelProfile
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.faults import Fault, LimitExceeded, ModelFailure
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.check import Checked, check
from lambda_rlm.execution.execute import Options, execute
from lambda_rlm.execution.prospect import foresee
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs import from_values
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.plan.routing_settings import Routing
from lambda_rlm.plan.self_tests import SelfTest
from lambda_rlm.synth.reference import version
from lambda_rlm.synth.writing import Writing
from lambda_rlm.types.parse_type import parse_type

_WRITING: Final = Writing(rounds=1, candidates=1, repairs=1)
_CALLS: Final = 2 * (1 + _WRITING.repairs)
_NEVER_ASKED: Final = ScriptedModel((), ModelProfile("leaf", window=8_192, max_output=1_024, input_price=0.0, output_price=0.0))
_NO_PROGRAM: Final = SourceFile("none.lam", '"none"')
_NO_INPUTS: Final = {"query": ""}
_LONG: Final = {"context": "x" * 300_000}
"""What tasks are asked about: nothing of it is shown but its size."""


@dataclass(frozen=True, slots=True)
class AnsweredTest:
    """One question of a self-test and whether the model got it right."""

    kind: str
    question: str
    is_right: bool


Told = Callable[[AnsweredTest], object]


@dataclass(frozen=True, slots=True)
class Unreached:
    """The model could not be asked: nothing is known of what it can do. `why` is the fault."""

    why: str


class _NotReached(Exception):
    """A fault that says nothing of what the model can do."""


def foreseen(model: Model, options: Options) -> Bound:
    """What a self-test can cost at most. Raises `Rejected` where nobody can say."""
    setup = Setup(leaf=model, options=options)
    bounds = [_typed_bound(one, model, options) for one in TYPED]
    bounds += [detection_prospect(_task_question(one), setup).bound for one in TASKS]
    bounds += [writing_cost(_program_question(one), _writing(model, options))[0] for one in PROGRAMS]
    return reduce(add, bounds)


async def examine(model: Model, budget: Budget, options: Options, told: Told = lambda asked: None) -> SelfTest | Unreached:
    """What the model did, asked within a budget."""
    right = {"type": 0, "task": 0, "program": 0}

    def count(kind: str, question: str, is_right: bool) -> None:
        right[kind] += is_right
        told(AnsweredTest(kind, question, is_right))

    try:
        with Meter(budget) as account:
            for typed in TYPED:
                count("type", typed.about, await _keeps_to_type(typed, model, options, account))
            for task in TASKS:
                count("task", task.query, await _knows_task(task, model, options, account))
            for program in PROGRAMS:
                count("program", program.query, await _writes(program, model, options, account))
    except _NotReached as fault:
        return Unreached(str(fault))
    return SelfTest(
        model=model.profile.name,
        page=version(),
        date=datetime.now(UTC).date().isoformat(),
        programs=right["program"],
        programs_of=len(PROGRAMS),
        tasks=right["task"],
        tasks_of=len(TASKS),
        types=right["type"],
        types_of=len(TYPED),
    )


def _typed(one: TypedQuestion) -> Checked:
    return check(SourceFile("type.lam", one.program), {})


def _typed_bound(one: TypedQuestion, model: Model, options: Options) -> Bound:
    checked = _typed(one)
    assert checked.typed is not None
    return foresee(checked.typed, _NO_INPUTS, model, Budget(), options.accuracy).bound


def _task_question(one: TaskQuestion) -> Question:
    return Question(query=one.query, inputs=from_values(_LONG))


def _program_question(one: ProgramQuestion) -> Question:
    return Question(query=one.query, inputs=from_values(one.inputs), returns=parse_type(one.returns))


def _writing(model: Model, options: Options) -> Setup:
    """How a program is asked for: the first one and a repair, of which the budget is the double."""
    return Setup(
        leaf=_NEVER_ASKED,
        root=model,
        budget=Budget(calls=_CALLS),
        choice="synth",
        routing=Routing(takes_over=False),
        writing=_WRITING,
        options=options,
    )


async def _keeps_to_type(one: TypedQuestion, model: Model, options: Options, account: Meter) -> bool:
    try:
        admitted = _typed(one).admit(Budget(calls=1), model.profile)
        run = await execute(admitted, _NO_INPUTS, model, options=options, meter=account)
    except Rejected:  # not even this fits its window
        return False
    _reached(run.fault)
    return run.ok and run.value == one.answer


async def _knows_task(one: TaskQuestion, model: Model, options: Options, account: Meter) -> bool:
    found = await detect(_task_question(one), Setup(leaf=model, options=options), account)
    _reached(None if found.run is None else found.run.fault)
    return found.task == one.task


async def _writes(one: ProgramQuestion, model: Model, options: Options, account: Meter) -> bool:
    """The program that the model writes is admitted, and computes the answer."""
    question, setup = _program_question(one), _writing(model, options)
    if writing_cost(question, setup)[1] is not None:
        return False
    try:
        run: Run = await synthesize(question, setup, lambda: _NO_PROGRAM, account)
    except (Rejected, Fault) as refused:
        _reached(refused if isinstance(refused, Fault) else None)
        return False
    written = run.synthesis
    if written is not None and written.fallback is not None and written.calls and not written.attempts:
        raise _NotReached(written.fallback)
    return run.ok and (written is None or written.fallback is None) and run.value == one.answer


def _reached(fault: Any) -> None:
    """Raises `_NotReached` for a fault that says nothing of what the model can do."""
    if isinstance(fault, ModelFailure) and (fault.is_fatal or fault.is_retryable):
        raise _NotReached(f"{fault.code} {fault.message}")
    if isinstance(fault, LimitExceeded) and fault.code != OUT_OF_ATTEMPTS:
        raise _NotReached(f"{fault.code} {fault.message}")
