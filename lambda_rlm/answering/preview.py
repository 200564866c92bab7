"""Which way a question would go, and what each way would cost at worst, told without asking a model.

Owns `decide`. Promises the way that `ask` takes with the same settings, except where it depends on the task and only a model
could tell that; then the decision says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lambda_rlm.answering.detect import TOO_DEAR
from lambda_rlm.answering.detect import prospect as detection_prospect
from lambda_rlm.answering.question import Question, Setup, case_of, detecting
from lambda_rlm.answering.writing_bound import writing_cost
from lambda_rlm.bounds.bound import Bound
from lambda_rlm.budget.budget import Budget
from lambda_rlm.diagnostics.diagnostic import Diagnostic, Rejected, Severity
from lambda_rlm.eval.asking.asker import AskSettings
from lambda_rlm.events import Way
from lambda_rlm.execution.check import check
from lambda_rlm.execution.prospect import foresee
from lambda_rlm.plan.router import Case, Preference
from lambda_rlm.plan.routing_settings import WAYS
from lambda_rlm.plan.tasks import FALLBACK, LOOKUP, TASKS


@dataclass(frozen=True, slots=True, kw_only=True)
class WayCost:
    """What a way can cost at worst. `why_not` says what keeps it from being taken, None for nothing; of a program that is yet
    to be written the bound is that of the writing alone (`is_partial`): its own is checked when it is there."""

    way: Way
    strategy: str
    bound: Bound | None
    why_not: str | None = None
    is_partial: bool = False

    def as_json(self) -> dict[str, Any]:
        bound = None if self.bound is None else self.bound.numbers()
        return {
            "way": self.way,
            "strategy": self.strategy,
            "bound": bound,
            "is_partial": self.is_partial,
            "why_not": self.why_not,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The way a question goes, why, and the cost of each. `task` is None where nobody said what the question is: `detection` is
    then what asking a model for it can cost, None where it is not asked. `tokens` are those of the inputs, counted or
    estimated."""

    way: Way
    strategy: str
    reason: str
    task: str | None
    tokens: int
    is_exact: bool
    window: int
    split: str | None = None
    detection: Bound | None = None
    ways: tuple[WayCost, ...] = ()
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The decision as JSON data; keys are added and never renamed."""
        return {
            "way": self.way,
            "route": self.strategy,
            "reason": self.reason,
            "task": self.task,
            "split": self.split,
            "tokens": self.tokens,
            "is_exact": self.is_exact,
            "window": self.window,
            "detection": None if self.detection is None else self.detection.numbers(),
            "ways": [way.as_json() for way in self.ways],
            "notes": list(self.notes),
        }


def decide(question: Question, setup: Setup) -> Decision:
    """The decision for a question; raises `ValueError` for a way or a task that there is not."""
    case = case_of(question, setup)
    order = case.ways()
    direct = _cost(question, setup, case, "direct")
    is_direct = order[0].way == "direct" and direct.why_not is None
    detection, left, notes = (None, setup.budget, list[str]()) if is_direct else _detection(question, setup, case)
    costs = {way: direct if way == "direct" else _cost(question, setup.within(left), case, way) for way in WAYS}
    within = [one for one in order if costs[one.way].why_not is None]
    chosen = within[0] if within else order[0]
    notes += [f"route `{one.way}` skipped: {costs[one.way].why_not}" for one in order[: order.index(chosen)]]
    if not within:
        notes.append(f"no route fits the budget: {costs[chosen.way].why_not}")
    if not is_direct and case.needs_task and _depends_on_task(case):
        notes.append("the route can depend on the task (set --task)")
    if chosen.way == "direct" and case.routing.escalates and case.choice == "auto":
        notes.append(f"if the direct call finds no answer, the strategy `{case.task or LOOKUP}` runs next, budget permitting")
    return Decision(
        way=chosen.way,
        strategy=costs[chosen.way].strategy,
        reason=chosen.reason,
        task=case.task,
        tokens=case.measure.tokens,
        is_exact=case.measure.is_exact,
        window=case.leaf.window,
        split=(case.split or "auto") if case.routing.split and case.choice == "auto" else None,
        detection=detection,
        ways=tuple(costs.values()),
        notes=(*notes, *question.inputs.notes),
    )


def _detection(question: Question, setup: Setup, case: Case) -> tuple[Bound | None, Budget, list[str]]:
    """What asking for the task costs, what it leaves, and why it is not asked for if it is not."""
    assumed = f"assuming task `{FALLBACK}`"
    budget = setup.budget
    if not case.needs_task:
        return None, budget, []
    if case.why_unasked is not None:
        return None, budget, [f"{assumed}: {case.why_unasked}"]
    prospect = detection_prospect(question, detecting(setup, case))
    if _first_error(prospect.diagnostics) is not None:
        return None, budget, [f"{assumed}: {TOO_DEAR}"]
    bound = prospect.bound
    left = budget.minus(bound.calls or 0, bound.tokens or 0, bound.usd or 0.0)
    return bound, left, [f"one call classifies the task; this estimate assumes `{FALLBACK}` (set --task)"]


def _cost(question: Question, setup: Setup, case: Case, way: Way) -> WayCost:
    if way == "synth":
        bound, why_not = writing_cost(question, setup)
        return WayCost(way=way, strategy="synth", bound=bound, why_not=why_not, is_partial=True)
    route = case.route(Preference(way, ""))
    inputs = question.bound_inputs
    checked = check(question.plan(route), inputs.types, primitives=inputs.functions)
    assert checked.typed is not None
    try:
        asking = AskSettings(key=b"", out=setup.options.out, pool=setup.options.pool)
        prospect = foresee(checked.typed, inputs.values, setup.leaf, setup.budget, setup.options.accuracy, asking)
    except Rejected as rejected:
        return WayCost(way=way, strategy=route.strategy, bound=None, why_not=_first_error(rejected.diagnostics))
    return WayCost(way=way, strategy=route.strategy, bound=prospect.bound, why_not=_first_error(prospect.diagnostics))


def _first_error(diagnostics: tuple[Diagnostic, ...]) -> str | None:
    return next((d.message for d in diagnostics if d.severity is Severity.ERROR), None)


def _depends_on_task(case: Case) -> bool:
    """Another task would go another way."""
    return len({case.with_task(task).ways()[0].way for task in TASKS}) > 1
