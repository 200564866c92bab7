"""An admitted program, a model and inputs become a run.

The only place where evaluation, models and traces meet. Owns `execute` and the deadline.
Promises a `Run` for every program that was admitted: a declared fault is in it, with what was spent until then; a bug leaves as
`InternalError`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

import anyio

from lambda_rlm.bounds.admit import Admitted, admit, unasked
from lambda_rlm.bounds.declared import excess
from lambda_rlm.bounds.figures.likely import Likely
from lambda_rlm.bounds.planner.autos import places as places_of
from lambda_rlm.bounds.rates import Rates
from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import Model
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.faults import Fault, InternalError, OutOfTime
from lambda_rlm.eval.asking.asker import Asker, AskSettings
from lambda_rlm.eval.asking.asking_rates import counted_rates, rates_of
from lambda_rlm.eval.compile.closures.collector import resting
from lambda_rlm.eval.evaluate import admit_inputs, evaluate
from lambda_rlm.eval.library.structure import weight
from lambda_rlm.eval.place import begun
from lambda_rlm.eval.plain import to_plain, to_value
from lambda_rlm.eval.provenance.coverage import has_reply
from lambda_rlm.eval.provenance.lineage import citations, lineage
from lambda_rlm.eval.replies.answer_stream import answering_calls
from lambda_rlm.eval.rows import TableValue
from lambda_rlm.eval.value import HEADER, Document
from lambda_rlm.events import ProgramStarted, Routed, Tracer
from lambda_rlm.evidence.answer import basis
from lambda_rlm.evidence.support import Support
from lambda_rlm.execution.blocking import is_stopped
from lambda_rlm.execution.options import NOBODY as NOBODY
from lambda_rlm.execution.options import Declined as Declined
from lambda_rlm.execution.options import OnBound as OnBound
from lambda_rlm.execution.options import Options as Options
from lambda_rlm.execution.options import run_id
from lambda_rlm.execution.prepare import Groundwork, OnRefused, Prepared, asking_about, ground, left_by
from lambda_rlm.execution.prospect import Prospect, before_run
from lambda_rlm.execution.resumed import Resumed
from lambda_rlm.execution.run import Dropped, Run, RunUsage, Signs
from lambda_rlm.inputs import InputProblem
from lambda_rlm.llm.installation_key import installation_key
from lambda_rlm.policy.gates import within
from lambda_rlm.types.type import Effect

T = TypeVar("T")


async def execute(
    admitted: Admitted,
    inputs: Mapping[str, Any],
    model: Model,
    *,
    options: Options | None = None,
    tracer: Tracer | None = None,
    on_bound: OnBound | None = None,
    meter: Meter | None = None,
    resumed: Resumed | None = None,
    routed: Routed | None = None,
    prepared: Prepared | None = None,
    on_refused: OnRefused | None = None,
) -> Run:
    """Run an admitted program over plain data. With a meter, the run draws on that: it is held to its own budget and to what
    is left there. `resumed` is the past of a run that continues: its `spent` is used up before the first call.
    `routed` is the decision that led to this program, told with it. `prepared` is what was found of the program before: the run
    takes it over where it would find the same. `on_refused` is given what was found of a program that the budget does not
    admit, for a later run under the same terms.

    Raises only `Rejected` where the real inputs make it cost more than its budget, `InternalError`, and `TypeError` or
    `InputProblem` for inputs that do not fit its types or are larger than it was admitted for, and `PolicyViolation`.
    """
    within(admitted.budget)
    execution = Execution(admitted, model, options or Options(), tracer, on_bound, meter, resumed, routed)
    execution.on_refused = on_refused
    if prepared is not None:
        execution.take_over(prepared, inputs)
    return await execution.run(inputs)


class Execution:
    """One run: its meter, its asker and the documents of its inputs."""

    def __init__(
        self,
        admitted: Admitted,
        model: Model,
        options: Options,
        tracer: Tracer | None,
        on_bound: OnBound | None = None,
        meter: Meter | None = None,
        resumed: Resumed | None = None,
        routed: Routed | None = None,
    ) -> None:
        resumed = resumed or Resumed()
        self.admitted = admitted
        self.on_bound = on_bound
        self.inputs: Mapping[str, Any] = {}
        self.meter = Meter(admitted.budget, meter)
        self.meter.settle(0, 0.0, resumed.spent)
        self.id = options.run or run_id()
        self.tracer = tracer
        self.routed = routed
        self.program = admitted.typed.program.source.digest
        self.autos_before = resumed.autos.get(self.program, {})
        self.asker = Asker(model, self.meter, _settings_of(admitted, options, resumed.extra), tracer)
        self.asker.patience = options.patience or self.asker.patience
        self.documents: list[Document | TableValue] = []
        self.accuracy = options.accuracy
        self.prepared: Prepared | None = None
        self.on_refused: OnRefused | None = None
        self.is_estimated = options.is_estimated
        self.likely: Likely | None = None
        self.kept: Mapping[int, Any] | None = None
        self.clock, self.terms = options.clock, options.terms
        self.started = self.clock() if options.started is None else options.started
        self.task = asyncio.current_task()
        self.cancelled_before = self.task.cancelling() if self.task is not None else 0

    def take_over(self, prepared: Prepared, inputs: Mapping[str, Any]) -> None:
        """Go on from what was prepared, where this run would find the same by itself; else do nothing."""
        self._ask_about(inputs)
        is_known = bool(self.admitted.autos) and self._known_autos() is not None
        asker = self.asker
        if is_known or not prepared.serves(self.admitted, inputs, asker.model, asker.settings, self.accuracy):
            return
        if prepared.meter.succeed(self.meter):
            prepared.is_taken = True
            self.prepared = prepared
            self.meter = asker.meter = prepared.meter
            self.documents, asker.coverage.cuts = prepared.documents, prepared.cuts

    def _ask_about(self, inputs: Mapping[str, Any]) -> None:
        self.asker.settings = asking_about(self.asker.settings, self.admitted.typed, inputs)

    async def run(self, inputs: Mapping[str, Any]) -> Run:
        with self.meter, begun():
            return await self._run(inputs)

    async def _run(self, inputs: Mapping[str, Any]) -> Run:
        self.inputs, types = inputs, self.admitted.typed.inputs
        missing = sorted(types.keys() - inputs.keys())
        if missing:
            raise TypeError(f"the program was checked with the input {missing[0]!r}, which is missing")
        for name, size in self.admitted.sizes.items():
            if (too_much := excess(size, inputs[name])) is not None:
                raise InputProblem(f"the input {name!r} has {too_much}", "admit the program for larger inputs")
        self.meter.watch(self._look)
        self._ask_about(inputs)
        try:
            values = self._values(inputs)
            self._bound(values)
            self._reserve()
            value = await self._within_the_deadline(values)
        except Fault as fault:
            return self._faulted(fault)
        except RecursionError as error:
            raise InternalError("evaluating", "the interpreter's stack was exhausted") from error
        return self._answered(value)

    def _values(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        if self.prepared is not None:
            return self.prepared.values
        types = self.admitted.typed.inputs
        return {n: to_value(inputs[n], type_, n, self.meter, self.documents) for n, type_ in types.items()}

    def _bound(self, values: Mapping[str, Any]) -> None:
        """Choose what `auto` stands for, compute what needs no model, bound the rest at the real sizes, and admit it again;
        raises `Rejected`."""
        typed, budget, profile = self.admitted.typed, self.admitted.budget, self.admitted.profile
        rates = rates_of(self.asker.model, self.asker.settings)
        if typed.effect is not Effect.LLM:
            self._tell(before_run(unasked(typed, rates), values, self.inputs, budget, profile, terms=self.terms))
            return
        with resting():
            found = self._ground(values, rates)
        self.asker.is_counted = found.program.rates.vocabulary is not None
        self.chosen, self.kept = found.chosen, found.kept
        asked, terms = self.asker.model.profile, self.terms
        prospect = before_run(found.program, values, self.inputs, budget, asked, found.chosen, terms, found.kept, found.stage)
        may_ask = self.is_estimated or budget.admit == "likely"
        try:
            self.admitted = admit(found.program, budget, profile, lambda: prospect.likely if may_ask else None)
        except Rejected:
            if self.on_refused is not None:
                left_by(self.asker, found, self.inputs, values, self.documents, rates, self.accuracy, budget, self.on_refused)
            raise
        self.asker.patience.is_patient |= not self.admitted.is_proved
        self._tell(prospect)

    def _ground(self, values: Mapping[str, Any], rates: Rates) -> Groundwork:
        admitted = self.admitted
        if self.prepared is not None:
            admit_inputs(admitted.typed, values, self.meter)
            return self.prepared.groundwork
        return ground(
            admitted.typed,
            values,
            rates,
            admitted.budget,
            self.accuracy,
            self.meter,
            autos=admitted.autos,
            known=self._known_autos() if admitted.autos else None,
            cuts=self.asker.coverage.cuts,
            look=self._look,
            counted=counted_rates(self.asker.model, self.asker.settings),
            is_counted=self.on_bound is not None,
        )

    def _known_autos(self) -> dict[int, int] | None:
        """What the planner chose in an earlier session: the calls of that session would not be asked with other numbers."""
        places = places_of(self.admitted.typed)
        if any(place.span.start not in self.autos_before for place in places):
            return None
        return {id(place.auto): self.autos_before[place.span.start] for place in places}

    def _tell(self, prospect: Prospect) -> None:
        program = prospect.bounded
        self.admitted = replace(self.admitted, bound=program.bound)
        if self.is_estimated or not self.admitted.is_proved:  # where it began as likely, that is worked out already
            self.likely = prospect.likely
        if self.on_bound is not None:
            self.on_bound(prospect)
        if self.tracer is not None:
            source = program.typed.program.source
            autos = (
                {place.span.start: program.autos[id(place.auto)] for place in places_of(program.typed)} if program.autos else {}
            )
            likely = None if self.likely is None else self.likely.numbers()
            bound = program.bound.numbers()
            self.tracer(ProgramStarted(self.program, source.name, source.text, autos, bound, self.routed, likely))

    def _reserve(self) -> None:
        """Set the whole bound aside before the first call, so that no call can be refused because another one came first. What
        began as likely sets each request aside by itself."""
        bound = self.admitted.bound
        if bound is not None and not self.asker.patience.is_patient:
            self.meter.hold(bound.calls or 0, bound.tokens or 0, bound.usd, bound.pool or 0)
        elif bound is not None:
            self.meter.pool = bound.pool

    async def _within_the_deadline(self, values: Mapping[str, Any]) -> Any:
        seconds = self.admitted.budget.seconds
        left = None if seconds is None else max(0.0, self.started + seconds - self.clock())
        with anyio.move_on_after(left) as scope:
            async with self.asker.opened():
                return await evaluate(self.admitted, values, self.asker, self.kept)
        assert scope.cancelled_caught
        raise self._late()

    def _look(self) -> None:
        """Pure work never waits, so neither the deadline nor a Ctrl-C could reach it but here, between slices of fuel."""
        seconds = self.admitted.budget.seconds
        if seconds is not None and self.clock() > self.started + seconds:
            raise self._late()
        if is_stopped() or (self.task is not None and self.task.cancelling() > self.cancelled_before):
            raise asyncio.CancelledError

    def _late(self) -> OutOfTime:
        return OutOfTime.after(self.admitted.budget.seconds or 0.0)

    def _answered(self, value: Any) -> Run:
        try:
            self._charge_answer(value)
            plain = to_plain(value, self.admitted.typed.type, self.meter)
            found = lineage(value, self.meter, self.asker.coverage)
        except Fault as fault:
            return self._faulted(fault)
        counts = self.asker.counts
        signs = Signs(is_replied=has_reply(value), mapped=counts.mapped, alike=counts.alike)
        support = Support(basis(value, self.admitted.typed.type, found, self.asker.exchanges, self.inputs))
        return Run(value=plain, citations=citations(found), signs=signs, support=support, **self._account())

    def _charge_answer(self, value: Any) -> None:
        """Written out, an answer shares nothing any more: it costs its weight as a tree."""
        heaviness = weight(self.admitted.typed.type)(value)
        self.meter.spend(heaviness)
        self.meter.allocate(HEADER * heaviness)

    def _faulted(self, fault: Fault) -> Run:
        fault.usage = self.meter.usage
        fault.run = self.id
        return Run(fault=fault, **self._account())

    def _account(self) -> dict[str, Any]:
        counts = self.asker.counts
        usage = self._usage()
        return {
            "source": self.admitted.typed.program.source,
            "type": self.admitted.typed.type,
            "called": self.admitted.typed.called,
            "id": self.id,
            "usage": usage,
            "notes": usage.notes,
            "bound": self.admitted.bound,
            "likely": self.likely,
            "admitted": "proved" if self.admitted.is_proved else "likely",
            "degraded": counts.is_degraded,
            "dropped": Dropped(
                characters_before_prompts=self.asker.coverage.dropped(),
                quotes=counts.quotes,
                items=counts.items,
                or_else=counts.or_else,
                replies_cut=counts.cuts,
                prompts_cut=counts.prompts,
            ),
            "coverage": self.asker.coverage.shares(self.documents),
            "coercions": counts.coercions,
        }

    def _usage(self) -> RunUsage:
        counts, usage = self.asker.counts, self.meter.usage
        return RunUsage(
            calls=self.meter.calls,
            attempts=usage.attempts,
            extra_attempts=self.meter.extra,
            shared_calls=counts.shared,
            cached_calls=counts.cached,
            failed_calls=counts.failed,
            span=counts.span,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            usd=usage.cost,
            steps=self.meter.steps,
            bytes=self.meter.bytes,
            live=self.meter.live,
            seconds=self.clock() - self.started,
            max_in_flight=counts.max_in_flight,
            estimated_calls=counts.estimated,
            cut_prompts=counts.cut_notes(self.asker.model.profile.name),
        )


def _settings_of(admitted: Admitted, options: Options, paid_before: int) -> AskSettings:
    return AskSettings(
        key=options.key if options.key is not None else _key_of(admitted),
        program=admitted.typed.program.source.digest,
        out=options.out,
        seed=options.seed,
        pool=options.pool,
        paid_before=paid_before,
        is_strict=options.is_strict,
        streamed=answering_calls(admitted.typed.program) if options.is_streamed else frozenset(),
        solver=options.solver,
        limiter=options.limiter,
    )


def _key_of(admitted: Admitted) -> bytes:
    """The installation's key for a program that asks a model; one that asks none touches no file."""
    return installation_key() if admitted.typed.effect is Effect.LLM else b""
