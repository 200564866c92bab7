"""From a question to its answer: measure the inputs, choose a way, check the program, run it.

Owns `ask`. Promises that a strategy of the standard library goes through the same checks as any program, that a way whose bound
is over the budget is left before anything is paid for it, and that all there is to a question, the call that asks which task it
is and a plan tried after a direct call found nothing, is paid from its one budget.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from lambda_rlm.answering.question import AS_LIKELY, Question, Setup, case_of, detecting
from lambda_rlm.answering.sub_model import with_solver
from lambda_rlm.answering.synthesize import synthesize
from lambda_rlm.answering.writing_bound import writing_cost
from lambda_rlm.budget.budget import Admission
from lambda_rlm.budget.meter import Meter
from lambda_rlm.deadline import Deadline
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.faults import InternalError, OutOfTime
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.check import check
from lambda_rlm.execution.options import run_id
from lambda_rlm.execution.resumed import PastRoute
from lambda_rlm.llm.failures import OF_THE_SERVER
from lambda_rlm.plan.router import Case, Preference, Route
from lambda_rlm.types.type import TEXT

if TYPE_CHECKING:
    from lambda_rlm.events import Detection, Routed, Way
    from lambda_rlm.execution.prepare import Prepared
    from lambda_rlm.execution.run import Run

_ENOUGH: Final = 1 << 62
"""Steps and bytes are limits of each program; the account of all programs for a question counts calls, tokens and dollars."""

NOT_FOUND: Final = "not found"
"""The answer of a direct call that says that the text does not."""


FROM_MEMORY: Final = "nothing was read: the answer is from the model's memory"
"""Of a question without inputs, or about empty ones."""


async def ask(question: Question, setup: Setup) -> Run:
    """The run that answers a question. Raises `Rejected` where no route is within the budget."""
    options = setup.options
    if options.run is None:
        setup = replace(setup, options=replace(options, run=run_id()))
    deadline = Deadline.since(options.started, setup.budget.seconds)
    setup = replace(setup, options=replace(setup.options, started=None))
    with Meter(replace(setup.budget, fuel=_ENOUGH, memory=_ENOUGH)) as account:
        run = await _Asking(question, setup, case_of(question, setup), account, deadline).run()
    return run if question.returns is None else replace(run, called={})  # the fields are the caller's


class _Asking:
    """One question on its way: the account that all runs for it draw on, these runs, and what a person should know of how it
    went."""

    def __init__(self, question: Question, setup: Setup, case: Case, account: Meter, deadline: Deadline) -> None:
        self.question = question
        self.setup = setup
        self.account = account
        self.case = case
        self.deadline = deadline
        self.runs: list[Run] = []
        self.notes: list[str] = []
        self.stand_in: str | None = None
        self.detection: Detection = "none"
        self.admit: Admission = setup.budget.admit or "proved"
        self.prepared: dict[SourceFile, Prepared] = {}
        """What was found of programs that were not proved: they may begin as likely."""

    async def run(self) -> Run:
        if self.setup.resumed.route is not None:
            return await self._again(self.setup.resumed.route)
        tried = await self._tried()
        if not isinstance(tried, dict):
            return tried
        if self.setup.budget.admit is None:
            self.admit = "likely"
            tried = await self._tried()
            if not isinstance(tried, dict):
                return tried
        from lambda_rlm.answering.preview import refusal

        raise refusal(self.question, self.setup, self._now(), tried)

    async def _tried(self) -> Run | dict[Way, Rejected | None]:
        """The run of the first way that may begin, or what keeps each of them from it."""
        refused: dict[Way, Rejected | None] = {}
        while left := [one for one in self.case.ways() if one.way not in refused]:
            if left[0].way == "plan" and self.case.needs_task:
                ended = await self._detected()
                if ended is not None:
                    return self._reported(ended, "plan", "the task was set", None)
                continue
            way = left[0].way
            if way == "synth" and len(self.case.ways()) > 1:
                why_not = writing_cost(self.question, self._now())[1]
                if why_not is None:
                    return await self._gone(left[0])
                refused[way] = None
                self._note(f"route `{way}` skipped: {why_not}")
                continue
            try:
                return await self._gone(left[0])
            except Rejected as rejected:
                refused[way] = rejected.with_traceback(None)  # whose frames hold all that was computed
                self._note(f"route `{way}` skipped: {rejected.diagnostics[0].message}")
        return refused

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)

    async def _again(self, past: PastRoute) -> Run:
        """Go the way that the run went before, whatever would be chosen now."""
        before = past.decision
        if past.asks_again:
            await self._detected()
        if before.task is not None:
            self.case = self.case.with_task(before.task)
        self.detection = before.detection
        self.notes = ["same route as in the previous session"]
        self.admit = self.setup.budget.admit or "likely"
        return await self._gone(Preference(before.way, before.reason), past.program)

    async def _detected(self) -> Run | None:
        """Know which task the question is, by asking if need be; the run of that, where nothing is left to go on with."""
        from lambda_rlm.answering.detect import detect

        if (unasked := self.case.why_unasked) is not None:
            self._assume(unasked)
            return None
        detected = await detect(self.question, detecting(self._now(), self.case), self.account)
        if detected.run is not None:
            self.detection = "failed" if detected.task is None else "answered"
            self.runs.append(detected.run)
        if detected.is_final:
            return detected.run
        if detected.task is None:
            self._assume(detected.why)
        else:
            self.case = self.case.with_task(detected.task)
        return None

    def _assume(self, why: str) -> None:
        """Go on without knowing the task."""
        task = self.case.assumed
        self.notes.append(f"assuming task `{task}`: {why} (set --task)")
        self.case = self.case.with_task(task)

    async def _gone(self, preference: Preference, recorded: SourceFile | None = None) -> Run:
        """The run of one way, by the program that it had before if need be; raises `Rejected` before its first call where it
        may cost too much."""
        from lambda_rlm.plan.plan import answer_or_none

        question, case, wishes = self.question, self.case, self.setup.writing.wishes
        if preference.way == "synth":
            return await self._written(preference)
        if wishes:
            names = " and ".join(f"`{name}`" for name in wishes)
            self.notes.append(f"{names} had no effect: no program was written (use --strategy synth)")
        if preference.way == "direct" and case.own is not None:
            self.notes.append(f"`{case.own.source.name}` had no effect: --strategy direct asks the model without a program")
        route = case.route(preference)
        may_escalate = self._may_escalate(preference)
        inputs, program = question.bound_inputs.without_answers(), None
        if may_escalate:
            program = answer_or_none(inputs.types, question.returns, question.before, question.guide, inputs.called)
        source = recorded if recorded or program is None else SourceFile("direct.lam", program)
        run = await self._executed(source or route, self._decision(preference) if self.setup.choice == "auto" else None)
        if program is not None and run.ok:
            if run.value is None:
                return await self._escalated(run, preference)
            run = replace(run, type=question.returns or TEXT)
        return self._reported(run, route.strategy, preference.reason, None if route.strategy == "direct" else route.strategy)

    async def _written(self, preference: Preference) -> Run:
        question, setup = self.question, self._now()
        if setup.tracer is not None and setup.choice == "auto":
            setup.tracer(self._decision(preference))
        setup = replace(setup, options=with_solver(setup, question.inputs.functions))
        run = await synthesize(
            question, setup, lambda: self._fitting(self.case.route(preference)), self.account, prepared=self._taken
        )
        fallback = None if run.synthesis is None else run.synthesis.fallback
        if fallback is not None:
            self.notes += [f"{self.case.route(preference).strategy}: {fallback}", *filter(None, [self.stand_in])]
        return self._reported(run, "synth", preference.reason, self.case.task)

    def _fitting(self, usual: Route) -> SourceFile:
        """The plan that stands in for a program: with the first numbers that are proved to fit what is left now, else the first
        that are likely to, else the usual ones."""
        from lambda_rlm.answering.sized_plan import prepared_plan, sized_plans, what_is_read
        from lambda_rlm.execution.prospect import Prospect

        setup, found = self._now(), list[tuple[Route, SourceFile, Prospect]]()
        self.prepared.clear()
        for route, source in sized_plans(self.question, usual):
            prepared = prepared_plan(self.question, setup, source, self.account, self.deadline.look)
            if prepared is not None:
                found.append((route, source, prepared[0]))
                if prepared[1] is not None:
                    self.prepared[source] = prepared[1]
                if prepared[0].is_proved:
                    break
        fitting = [one for one in found if one[2].is_proved] or [one for one in found if one[2].fits_as_likely]
        if not fitting:
            self.stand_in = None
            return self.question.plan(usual)
        route, source, prospect = fitting[0]
        self.stand_in = what_is_read(usual, route, prospect.bound, self.case.measure)
        self.prepared = {one: prepared for one, prepared in self.prepared.items() if one == source}
        return source

    def _may_escalate(self, preference: Preference) -> bool:
        return preference.way == "direct" and self.setup.routing.escalates and self.setup.choice == "auto"

    async def _escalated(self, direct: Run, preference: Preference) -> Run:
        """A plan, tried where a direct call found nothing, if what is left of the budget allows it."""
        from lambda_rlm.plan.tasks import LOOKUP

        question, strategy = self.question, self.case.task or LOOKUP
        self.admit = self.setup.budget.admit or "proved"  # there is an answer already, which a run that stops would lose
        self.runs.append(direct)
        case = self.case.with_task(strategy)
        try:
            run = await self._executed(case.route(Preference("plan", "")))
        except Rejected as rejected:
            self.notes.append(f"the direct call found no answer; the strategy was not tried: {rejected.diagnostics[0].message}")
            self.runs.remove(direct)
            if question.returns is None or question.returns == TEXT:
                direct = replace(direct, value=NOT_FOUND, type=TEXT)
            return self._reported(direct, "direct", preference.reason, None)
        reason = "the direct call found no answer in the text"
        return self._reported(run, strategy, reason, strategy)

    async def _executed(self, program: SourceFile | Route, routed: Routed | None = None) -> Run:
        """The run of a program, or of the strategy of a route with the first numbers that may begin; `routed` is reported with
        the program."""
        from lambda_rlm.answering.sized_plan import sized_plans, what_is_read

        if isinstance(program, SourceFile):
            return await self._run_of(program, routed)
        refused: Rejected | None = None
        for route, source in sized_plans(self.question, program):
            try:
                run = await self._run_of(source, routed)
            except Rejected as rejected:
                rejected = rejected.with_traceback(None)
                refused = rejected if refused is None else min(refused, rejected, key=self._lack)
                continue
            if (note := what_is_read(program, route, run.bound, self.case.measure)) is not None:
                self._note(note)
            return run
        assert refused is not None
        raise refused

    def _lack(self, rejected: Rejected) -> float:
        """How many times the budget a rejected program may need."""
        left = self._now().budget
        limits = {"--max-calls": left.calls, "--max-tokens": left.tokens, "--max-cost": left.usd}
        if not all(one.needs for one in rejected.diagnostics):
            return math.inf  # no budget would do
        needs = [need for one in rejected.diagnostics for need in one.needs]
        return max(need / max(1e-12, limits[option] or 0) for option, need in needs)

    async def _run_of(self, source: SourceFile, routed: Routed | None) -> Run:
        from lambda_rlm.diagnostics.render import model as for_model
        from lambda_rlm.execution.execute import execute

        setup, inputs = self._now(), self.question.bound_inputs
        checked = check(source, inputs.types, primitives=inputs.functions)
        try:
            admitted = checked.admit(replace(setup.budget, admit=self.admit), setup.leaf.profile)
        except Rejected as rejected:
            if self.case.own is not None and source.name == self.case.own.source.name:
                raise
            raise InternalError("planning", for_model(rejected.diagnostics, rejected.source)) from rejected
        return await execute(
            admitted,
            inputs.values,
            setup.leaf,
            options=setup.options,
            tracer=setup.tracer,
            on_bound=setup.on_bound,
            meter=self.account,
            resumed=setup.resumed,
            routed=routed,
            prepared=self._taken(source),
            on_refused=partial(self._left, source) if self._is_first_look else None,
        )

    def _taken(self, source: SourceFile) -> Prepared | None:
        return self.prepared.pop(source, None)

    def _left(self, source: SourceFile, prepared: Prepared) -> None:
        """Keep what was found of a program: of the first in any case, of others while all is no more than a run may hold."""
        held = sum(one.meter.live for one in self.prepared.values())
        if not self.prepared or held + prepared.meter.live <= self.setup.budget.memory:
            self.prepared[source] = prepared

    @property
    def _is_first_look(self) -> bool:
        """What is refused now may begin as likely."""
        return self.setup.budget.admit is None and self.admit == "proved" and self.setup.resumed.route is None

    def _now(self) -> Setup:
        """The setup of the next run: what is left of the budget, and, after the first run, nothing of an earlier session to
        pay."""
        whole, resumed = self.setup.budget, self.setup.resumed
        left = replace(self.account.left(), fuel=whole.fuel, memory=whole.memory, seconds=self.deadline.left())
        return replace(self.setup, budget=left, resumed=resumed.booked() if self.runs else resumed)

    def _decision(self, preference: Preference) -> Routed:
        from lambda_rlm.events import Routed

        task = None if preference.way == "direct" else self.case.task
        return Routed(preference.way, task, self._split, preference.reason, self.detection)

    @property
    def _split(self) -> str | None:
        """The arm of the comparison, None where none is made."""
        if self.setup.resumed.route is not None:
            return self.setup.resumed.route.decision.split
        if not self.setup.routing.split or self.setup.choice != "auto":
            return None
        return self.case.split or "auto"

    def _facts(self, run: Run) -> tuple[str, ...]:
        """What speaks against the answer of a run that has one."""
        from lambda_rlm.answering.rounds.findings import findings

        if run.synthesis is not None and run.synthesis.facts is not None:
            return run.synthesis.facts
        return findings(self.question.query, self.question.inputs.without_answers(), run) if run.ok else ()

    def _reported(self, run: Run, route: str, reason: str, task: str | None) -> Run:
        """The run with what all runs for the question used, and how it was routed."""
        from lambda_rlm.answering.candidates import together
        from lambda_rlm.execution.run import located

        total = together([run, *(earlier for earlier in self.runs if earlier is not run)])
        usage = replace(total.usage, seconds=self.deadline.spent())
        how: tuple[str, ...] = () if route == "synth" and self.setup.choice == "synth" else (f"{route}: {reason}",)
        if total.admitted == "likely":
            how = (*how, AS_LIKELY)
        if self.question.inputs.are_blank:
            how = (*how, FROM_MEMORY)
        notes = (*how, *self.notes, *(() if route == "direct" else self._facts(run)), *usage.notes, *self.question.inputs.notes)
        fault = total.fault
        if isinstance(fault, OutOfTime):
            fault = fault.of(self.setup.budget.seconds or 0.0)
        if fault is not None and fault.code in OF_THE_SERVER and self.case.own is None:
            fault.span = None  # nobody who asked has written that program
        done = replace(total, fault=fault, usage=usage, route=route, task=task, reason=reason, split=self._split, notes=notes)
        return located(done, self.question.inputs)
