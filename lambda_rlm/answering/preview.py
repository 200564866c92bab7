"""Which way a question would go, and what each way is likely to cost and costs at worst, told without asking a model.

Owns `decide`, and the `refusal` of a question for which no way is left. Promises the way that `ask` takes with the same
settings, except where it depends on the task and only a model could tell that; then the decision says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lambda_rlm.answering.detect import TOO_DEAR
from lambda_rlm.answering.detect import prospect as detection_prospect
from lambda_rlm.answering.question import AS_LIKELY, Question, Setup, case_of, detecting
from lambda_rlm.answering.sized_plan import foreseen, is_of_budget_alone, sized_plans, what_is_read
from lambda_rlm.answering.writing_bound import likely_writing, raised, writing_cost
from lambda_rlm.bounds.admit import OVER_BUDGET
from lambda_rlm.bounds.bound import Bound
from lambda_rlm.bounds.figures.likely import Likely
from lambda_rlm.budget.budget import Admission, Budget
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.diagnostic import Diagnostic, Rejected, Severity
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.events import Way
from lambda_rlm.execution.prospect import Prospect
from lambda_rlm.llm.tokens import likely_counted_by
from lambda_rlm.plan.input_kind import InputKind
from lambda_rlm.plan.intent import Asks
from lambda_rlm.plan.measured_models import StrengthClass
from lambda_rlm.plan.router import Case, Preference
from lambda_rlm.plan.routing_settings import WAYS
from lambda_rlm.plan.strength import Evidence
from lambda_rlm.plan.tasks import LOOKUP, TASKS


@dataclass(frozen=True, slots=True, kw_only=True)
class WayCost:
    """What a way is likely to cost and costs at worst. `why_not` says what keeps it from being proved, None for nothing, and
    `is_likely` that it may begin as likely all the same; of a program that is yet to be written both figures are those of the
    writing alone (`is_partial`): its own are checked when it is there. `note` says what the budget changed in what is read."""

    way: Way
    strategy: str
    bound: Bound | None
    likely: Likely | None = None
    why_not: str | None = None
    is_likely: bool = False
    is_partial: bool = False
    note: str | None = None

    @property
    def admitted(self) -> Admission | None:
        """As what it may begin."""
        return "proved" if self.why_not is None else "likely" if self.is_likely else None

    def as_json(self) -> dict[str, Any]:
        bound = None if self.bound is None else self.bound.numbers()
        return {
            "way": self.way,
            "strategy": self.strategy,
            "likely": None if self.likely is None else self.likely.numbers(),
            "bound": bound,
            "counted_by": None if self.bound is None else self.bound.counted_by,
            "admitted": self.admitted,
            "is_partial": self.is_partial,
            "why_not": self.why_not,
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Decision:
    """The way a question goes, why, and the cost of each. `task` is None where nobody said what the question is: `detection` is
    then what asking a model for it can cost, None where it is not asked. `tokens` are those of the inputs, counted or
    estimated; `likely_counted_by` says how those of likely figures were (`Prospect.likely_counted_by`)."""

    way: Way
    strategy: str
    reason: str
    task: str | None
    tokens: int
    is_exact: bool
    window: int
    split: str | None = None
    detection: Bound | None = None
    detection_likely: Likely | None = None
    ways: tuple[WayCost, ...] = ()
    notes: tuple[str, ...] = ()
    likely_counted_by: str = "estimated"
    asks: Asks = "open"
    inputs: InputKind = "prose"
    strength: StrengthClass = "weak"
    strength_from: Evidence = "guess"

    def __repr__(self) -> str:
        return f"<Decision: {self.way}, {self.reason}>"

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
            "detection_likely": None if self.detection_likely is None else self.detection_likely.numbers(),
            "admitted": next((one.admitted for one in self.ways if one.way == self.way), None),
            "likely_counted_by": self.likely_counted_by,
            "ways": [way.as_json() for way in self.ways],
            "notes": list(self.notes),
            "asks": self.asks,
            "inputs": self.inputs,
            "strength": self.strength,
            "strength_from": self.strength_from,
        }


def decide(question: Question, setup: Setup) -> Decision:
    """The decision for a question; raises `ValueError` for a way or a task that there is not."""
    case = case_of(question, setup)
    order = case.ways()
    direct = _cost(question, setup, case, "direct")
    is_direct = order[0].way == "direct" and direct.why_not is None
    is_written = order[0].way == "synth" and (len(order) == 1 or writing_cost(question, setup)[1] is None)
    is_unasked = is_direct or is_written
    asked, left, notes = (None, setup.budget, list[str]()) if is_unasked else _detection(question, setup, case)
    costs = {way: direct if way == "direct" else _cost(question, setup.within(left), case, way) for way in WAYS}
    within = _first(order, costs, setup.budget.admit)
    chosen = within or order[0]
    notes += [f"route `{one.way}` skipped: {costs[one.way].why_not}" for one in order if _is_before(one, chosen, order, costs)]
    if costs[chosen.way].admitted == "likely":
        notes.append(AS_LIKELY)
    notes += filter(None, [costs[chosen.way].note])
    if within is None:
        notes.append(f"no route fits the budget: {costs[chosen.way].why_not}")
    if not is_unasked and case.needs_task and _depends_on_task(case):
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
        detection=None if asked is None else asked.bound,
        detection_likely=None if asked is None else asked.likely,
        ways=tuple(costs.values()),
        notes=(*notes, *question.inputs.notes),
        likely_counted_by=likely_counted_by(case.leaf),
        asks=case.asks,
        inputs=case.kind,
        strength=case.ability.strength,
        strength_from=case.ability.evidence,
    )


def refusal(question: Question, setup: Setup, left: Setup, refused: Mapping[Way, Rejected | None]) -> Rejected:
    """Why no way may begin, of which `refused` has each: whether writing a program or answering lacks room, what it may need,
    and which option to raise to what. `left` is the setup with what is left of the budget."""
    of_budget = [one for one in refused.values() if one is not None and one.diagnostics[0].code == OVER_BUDGET]
    if not of_budget:
        return next(filter(None, refused.values()))
    lacks = [_lack(question, setup, left, way, rejected) for way, rejected in refused.items()]
    told, *more = of_budget[0].diagnostics
    return Rejected(of_budget[0].source, (replace(told, message=f"no route fits the budget: {'; '.join(lacks)}"), *more))


def _lack(question: Question, setup: Setup, left: Setup, way: Way, rejected: Rejected | None) -> str:
    """What a way lacks, in words."""
    unwritten = writing_cost(question, left)[1] if way == "synth" else None
    if rejected is None or unwritten is not None:
        return f"route `{way}`: {unwritten}"
    strategy = rejected.source.name.removesuffix(".lam")
    name = "route `direct`" if way == "direct" else f"route `{way}` (strategy `{strategy}`)"
    spent = {
        "--max-calls": setup.budget.calls - left.budget.calls,
        "--max-tokens": setup.budget.tokens - left.budget.tokens,
        "--max-cost": (setup.budget.usd or 0.0) - (left.budget.usd or 0.0),
    }
    lacks = []
    for one in rejected.diagnostics:
        steps = [raised(option, need + spent[option]) for option, need in one.needs]
        said = one.message.replace("the program may", "answering may")
        lacks.append(": ".join((said, *steps)))
    return f"{name}: {', and '.join(lacks)}"


def _first(order: Sequence[Preference], costs: Mapping[Way, WayCost], admit: Admission | None) -> Preference | None:
    """The first way that may begin; where nobody says what may, one that is proved goes before one that is likely."""
    passes: tuple[tuple[Admission, ...], ...] = (("proved",), ("likely",)) if admit is None else (("proved", "likely"),)
    return next((one for allowed in passes for one in order if costs[one.way].admitted in allowed), None)


def _is_before(one: Preference, chosen: Preference, order: Sequence[Preference], costs: Mapping[Way, WayCost]) -> bool:
    """A way that would have been taken before the chosen one, had it been proved."""
    return one is not chosen and costs[one.way].why_not is not None and order.index(one) < order.index(chosen)


def _detection(question: Question, setup: Setup, case: Case) -> tuple[Prospect | None, Budget, list[str]]:
    """What asking for the task costs, what it leaves, and why it is not asked for if it is not."""
    assumed = f"assuming task `{case.assumed}`"
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
    return prospect, left, [f"one call classifies the task; this estimate assumes `{case.assumed}` (set --task)"]


def _cost(question: Question, setup: Setup, case: Case, way: Way) -> WayCost:
    if way == "synth":
        bound, why_not = writing_cost(question, setup, is_counted=True)
        likely = likely_writing(question, setup, bound)
        return WayCost(way=way, strategy="synth", bound=bound, likely=likely, why_not=why_not, is_partial=True)
    usual, found = case.route(Preference(way, "")), list[WayCost]()
    for route, source in sized_plans(question, usual):
        one = _cost_of(question, setup, way, usual.strategy, source)
        found.append(replace(one, note=what_is_read(usual, route, one.bound, case.measure)))
        if one.admitted == "proved" or (one.admitted is not None and setup.budget.admit == "likely"):
            return found[-1]
    return next((one for one in found if one.admitted is not None), found[0])


def _cost_of(question: Question, setup: Setup, way: Way, strategy: str, source: SourceFile) -> WayCost:
    """The cost of a strategy with certain numbers."""
    try:
        prospect = foreseen(question, setup, source, is_counted=True)
    except Rejected as rejected:
        why_not = _first_error(rejected.diagnostics)
        return WayCost(way=way, strategy=strategy, bound=None, why_not=why_not)
    why_not = _first_error(replace(prospect, budget=replace(setup.budget, admit="proved")).diagnostics)
    may = why_not is not None and setup.budget.admit != "proved" and is_of_budget_alone(prospect)
    return WayCost(
        way=way,
        strategy=strategy,
        bound=prospect.bound,
        likely=prospect.likely,
        why_not=why_not,
        is_likely=may and prospect.likely is not None and prospect.likely.fits(setup.budget),
    )


def _first_error(diagnostics: tuple[Diagnostic, ...]) -> str | None:
    return next((d.message for d in diagnostics if d.severity is Severity.ERROR), None)


def _depends_on_task(case: Case) -> bool:
    """Another task would go another way."""
    return len({case.with_task(task).ways()[0].way for task in TASKS}) > 1
