"""From a question to its answer: measure the inputs, choose a way, check the program, run it.

Owns `ask`. Promises that a strategy of the standard library goes through the same checks as any program, that a way whose bound is
over the budget is left before anything is paid for it, and that all there is to a question, the call that asks which task it is and
a plan tried after a direct call found nothing, is paid from its one budget.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

from lambda_rlm.answering.candidates import together
from lambda_rlm.answering.detect import detect
from lambda_rlm.answering.own_strategy import own_program, own_strategy
from lambda_rlm.answering.sub_model import with_solver
from lambda_rlm.answering.synthesize import Question, synthesize
from lambda_rlm.answering.writing_bound import writing_cost
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import NO_USAGE, Message, Model
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.faults import InternalError, OutOfTime
from lambda_rlm.diagnostics.render import model as for_model
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.events import Detection, Event, ProgramStarted, Routed, Tracer, Way
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import OnBound, Options, Run, execute
from lambda_rlm.execution.run_id import run_id
from lambda_rlm.inputs import Inputs
from lambda_rlm.plan.measure import measure
from lambda_rlm.plan.plan import plan
from lambda_rlm.plan.routing import Routing
from lambda_rlm.plan.split import arm
from lambda_rlm.plan.strategy import Case, Choice, Preference, Route
from lambda_rlm.plan.tasks import FALLBACK, LOOKUP, TASKS
from lambda_rlm.plan.unfound import answer_or_none
from lambda_rlm.synth.writing import Writing
from lambda_rlm.types.type import TEXT, Type

NOT_FOUND = "not found"
"""The answer of a direct call that says that the text does not."""


@dataclass(frozen=True, slots=True)
class PastRoute:
    """A decision that was made before, in an earlier session of the run. `program` is the one that ran, where that is known: it runs
    again as it was. `asks_again` repeats the call that asked for the task, so that it is counted: its reply is remembered."""

    decision: Routed
    program: SourceFile | None = None
    asks_again: bool = False


def taken(told: Mapping[str, Any] | None, program: SourceFile | None, *, is_replay: bool = False) -> PastRoute | None:
    """The decision that a journal has of a run, or else what its one program says of the way; None where it has neither."""
    if told is not None:
        before = Routed(**told)
        return PastRoute(before, program, before.detection == "answered" or (is_replay and before.detection == "failed"))
    if program is None:
        return None
    name = program.name.removesuffix(".lam")
    return PastRoute(
        Routed("direct" if name == "direct" else "plan", name if name in TASKS else None, None, "as before"), program
    )


@dataclass(frozen=True, kw_only=True)
class Inquiry:
    """A question with everything that stands around it; `given` holds it as `query`."""

    given: Inputs
    model: Model
    root: Model
    budget: Budget
    choice: Choice = "auto"
    task: str | None = None
    routing: Routing = field(default_factory=Routing)
    options: Options = field(default_factory=Options)
    tracer: Tracer | None = None
    on_bound: OnBound | None = None
    writing: Writing = field(default_factory=Writing)
    returns: Type | None = None
    taken: PastRoute | None = None

    def case(self) -> Case:
        """The question as the router sees it; raises `ValueError` for a way or a task that there is not, and as `own_strategy`."""
        values, split = self.given.values, self.routing.split
        is_recorded = self.taken is not None and self.taken.program is not None
        return Case(
            own=None if is_recorded else own_strategy(self.task, self.given.functions),
            measure=measure(values, self.model),
            query_tokens=self.model.count_tokens((Message("user", values["query"]),)),
            leaf=self.model.profile,
            root=self.root.profile,
            choice=self.choice,
            task=self.task,
            split=arm(split, values) if split and self.choice == "auto" else None,
            routing=self.routing,
        )

    def detector(self, case: Case) -> Model:
        """The model that is asked which task the question is."""
        return self.model if case.leaf_tells_tasks_apart else self.root

    def program(self, route: Route) -> SourceFile:
        """The program of a strategy; raises `Rejected` for one of somebody's own that does not fit the inputs."""
        if route.own is not None:
            return own_program(route, route.own, self.given, self.returns)
        return SourceFile(f"{route.strategy}.lam", plan(route, self.given.types, self.returns))


async def ask(
    query: str,
    inputs: Inputs,
    model: Model,
    budget: Budget,
    *,
    choice: Choice = "auto",
    task: str | None = None,
    routing: Routing | None = None,
    options: Options | None = None,
    tracer: Tracer | None = None,
    on_bound: OnBound | None = None,
    root: Model | None = None,
    writing: Writing | None = None,
    returns: Type | None = None,
    taken: PastRoute | None = None,
) -> Run:
    """The run that answers a question about inputs. `choice` is the way (auto: the router's), `task` what the question is, None when
    nobody says; `root` is the model that writes programs (None: the one that answers), `returns` the type that the answer must have.
    Raises `Rejected` where no way is within the budget."""
    options = options or Options()
    asked = Inquiry(
        given=inputs.with_query(query),
        model=model,
        root=root or model,
        budget=budget,
        choice=choice,
        task=task,
        routing=routing or Routing(),
        options=replace(options, run=options.run or run_id()),
        tracer=tracer,
        on_bound=on_bound,
        writing=writing or Writing(),
        returns=returns,
        taken=taken,
    )
    return await _Asking(asked).run()


class _Asking:
    """One question on its way: the runs made for it so far, and what a person should know of how it went."""

    def __init__(self, asked: Inquiry) -> None:
        self.asked = asked
        self.case = asked.case()
        self.started = monotonic()
        self.runs: list[Run] = []
        self.notes: list[str] = []
        self.detection: Detection = "none"

    async def run(self) -> Run:
        if self.asked.taken is not None:
            return await self._again(self.asked.taken)
        refused: dict[Way, Rejected | None] = {}
        while left := [one for one in self.case.ways() if one.way not in refused]:
            if left[0].way != "direct" and self.case.needs_task:
                ended = await self._detected()
                if ended is not None:
                    return self._reported(ended, "plan", "the task was asked for", None)
                continue
            way = left[0].way
            if way == "synth" and len(self.case.ways()) > 1:
                why_not = self._cannot_be_written()
                if why_not is None:
                    return await self._gone(left[0])
                refused[way] = None
                self.notes.append(f"{way} was not taken: {why_not}")
                continue
            try:
                return await self._gone(left[0])
            except Rejected as rejected:
                refused[way] = rejected
                self.notes.append(f"{way} was not taken: {rejected.diagnostics[0].message}")
        raise next(filter(None, refused.values()))

    def _cannot_be_written(self) -> str | None:
        """What keeps a program from being written within the budget."""
        asked = self.asked
        return writing_cost(
            asked.given, asked.model, asked.root, asked.writing, self._left(), asked.options.out, asked.returns
        )[1]

    async def _again(self, taken: PastRoute) -> Run:
        """Go the way that the run went before, whatever would be chosen now."""
        before = taken.decision
        if taken.asks_again:
            await self._detected()
        if before.task is not None:
            self.case = self.case.with_task(before.task)
        self.detection = before.detection
        self.notes = ["the way is that of the session before"]
        return await self._gone(Preference(before.way, before.reason), taken.program)

    async def _detected(self) -> Run | None:
        """Know which task the question is, by asking if need be; the run of that, where nothing is left to go on with."""
        asked = self.asked
        if (unasked := self.case.why_unasked) is not None:
            self._assume(unasked)
            return None
        found = await detect(
            asked.given,
            asked.detector(self.case),
            self._left(),
            peek=asked.writing.peek,
            options=self._options(),
            tracer=asked.tracer,
        )
        if found.run is not None:
            self.detection = "failed" if found.task is None else "answered"
            self.runs.append(found.run)
        if found.is_final:
            return found.run
        if found.task is None:
            self._assume(found.why)
        else:
            self.case = self.case.with_task(found.task)
        return None

    def _assume(self, why: str) -> None:
        """Go on without knowing the task."""
        self.notes.append(f"{FALLBACK} is taken for the task: {why} (--task names one)")
        self.case = self.case.with_task(FALLBACK)

    async def _gone(self, preference: Preference, recorded: SourceFile | None = None) -> Run:
        """The run of one way, by the program that it had before if need be; raises `Rejected` before its first call where it may cost
        too much."""
        asked, case = self.asked, self.case
        tracer = self._telling(preference)
        if preference.way == "synth":
            return await self._written(preference, tracer)
        if asked.writing.wishes:
            wishes = " and ".join(f"`{name}`" for name in asked.writing.wishes)
            self.notes.append(f"no program is written here, and {wishes} changed nothing (--strategy synth has one written)")
        route = case.route(preference)
        program = answer_or_none(asked.given.types, asked.returns) if self._may_escalate(preference) else None
        source = recorded or (asked.program(route) if program is None else SourceFile("direct.lam", program))
        run = await self._executed(source, tracer)
        if program is not None and run.ok:
            if run.value is None:
                return await self._escalated(run, preference)
            run = replace(run, type=asked.returns or TEXT)
        return self._reported(run, route.strategy, preference.reason, None if route.strategy == "direct" else route.strategy)

    async def _written(self, preference: Preference, tracer: Tracer | None) -> Run:
        asked, options, route = self.asked, self._options(), self.case.route(preference)
        if tracer is not None and asked.choice == "auto":
            tracer(self._decision(preference))
        question = Question(
            inputs=asked.given,
            leaf=asked.model,
            root=asked.root,
            budget=self._left(),
            writing=asked.writing,
            options=with_solver(options, asked.model, asked.root, asked.writing, asked.tracer, asked.given.functions),
            tracer=asked.tracer,
            on_bound=asked.on_bound,
            returns=asked.returns,
            takes_over=asked.routing.takes_over,
        )
        run = await synthesize(question, lambda: asked.program(route))
        fallback = None if run.synthesis is None else run.synthesis.fallback
        if fallback is not None:
            self.notes.append(f"{route.strategy}: {fallback}")
        return self._reported(run, "synth", preference.reason, self.case.task)

    def _may_escalate(self, preference: Preference) -> bool:
        return preference.way == "direct" and self.asked.routing.escalates and self.asked.choice == "auto"

    async def _escalated(self, direct: Run, preference: Preference) -> Run:
        """A plan, tried where a direct call found nothing, if what is left of the budget allows it."""
        asked, strategy = self.asked, self.case.task or LOOKUP
        self.runs.append(direct)
        case = self.case.with_task(strategy)
        try:
            run = await self._executed(asked.program(case.route(Preference("plan", ""))), asked.tracer)
        except Rejected as rejected:
            self.notes.append(f"the direct call found nothing, and a plan was not tried: {rejected.diagnostics[0].message}")
            self.runs.remove(direct)
            if asked.returns is None or asked.returns == TEXT:
                direct = replace(direct, value=NOT_FOUND, type=TEXT)
            return self._reported(direct, "direct", preference.reason, None)
        reason = "the direct call found nothing in the text"
        return self._reported(run, strategy, reason, strategy)

    async def _executed(self, source: SourceFile, tracer: Tracer | None) -> Run:
        asked = self.asked
        checked = check(source, asked.given.types, primitives=asked.given.functions)
        try:
            admitted = checked.admit(self._left(), asked.model.profile)
        except Rejected as rejected:
            if self.case.own is not None and source.name == self.case.own.source.name:
                raise
            raise InternalError("planning", for_model(rejected.diagnostics, rejected.source)) from rejected
        return await execute(
            admitted, asked.given.values, asked.model, options=self._options(), tracer=tracer, on_bound=asked.on_bound
        )

    def _options(self) -> Options:
        """What earlier sessions used for calls that are asked again is on the account of the first run alone."""
        return replace(self.asked.options, spent=NO_USAGE) if self.runs else self.asked.options

    def _left(self) -> Budget:
        """The budget without what the runs so far used."""
        left = self.asked.budget
        for run in self.runs:
            used = run.usage
            left = replace(
                left,
                calls=max(0, left.calls - used.calls),
                tokens=max(0, left.tokens - used.input_tokens - used.output_tokens),
                usd=None if left.usd is None else max(0.0, left.usd - _most_usd(run, left.usd)),
            )
        seconds = None if left.seconds is None else max(0.0, self.started + left.seconds - monotonic())
        return replace(left, seconds=seconds)

    def _telling(self, preference: Preference) -> Tracer | None:
        """The tracer, told of the decision with the program of the way, which begins when it is really taken."""
        tracer = self.asked.tracer
        if tracer is None or self.asked.choice != "auto":
            return tracer
        is_told = False

        def tell(event: Event) -> None:
            nonlocal is_told
            if isinstance(event, ProgramStarted) and not is_told:
                is_told = True
                event = replace(event, routed=self._decision(preference))
            tracer(event)

        return tell

    def _decision(self, preference: Preference) -> Routed:
        task = None if preference.way == "direct" else self.case.task
        return Routed(preference.way, task, self._split, preference.reason, self.detection)

    @property
    def _split(self) -> str | None:
        """The arm of the comparison, None where none is made."""
        if self.asked.taken is not None:
            return self.asked.taken.decision.split
        if not self.asked.routing.split or self.asked.choice != "auto":
            return None
        return self.case.split or "auto"

    def _reported(self, run: Run, route: str, reason: str, task: str | None) -> Run:
        """The run with what all runs for the question used, and how it was routed."""
        total = together([run, *(earlier for earlier in self.runs if earlier is not run)])
        usage = replace(total.usage, seconds=monotonic() - self.started)
        how = () if route == "synth" else (f"{route}: {reason}",)
        notes = (*how, *self.notes, *self.asked.given.notes)
        fault = total.fault
        if isinstance(fault, OutOfTime):
            fault = fault.of(self.asked.budget.seconds or 0.0)
        return replace(total, fault=fault, usage=usage, route=route, task=task, reason=reason, split=self._split, notes=notes)


def _most_usd(run: Run, left: float) -> float:
    """The dollars that a run used; where it did not learn them, the most that it may have used."""
    if run.usage.usd is not None:
        return run.usage.usd
    return left if run.bound is None or run.bound.usd is None else run.bound.usd
