"""`rlm_call`: a sub-model writes and runs a program of its own over a text, within what its caller's bound set aside for it.

Owns `SubModelRunner`. Promises that a sub-run draws on its caller's account and exceeds neither the calls it was given nor the
tokens and dollars that the bound counts for them, that it has a pool of its own, that its calls are among the caller's calls in
flight, that it may use the functions of the host that its caller may, and that below the greatest depth no sub-model is asked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lambda_rlm.answering.question import Question, Setup
from lambda_rlm.answering.synthesize import synthesize
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import OUT_OF_MONEY, OUT_OF_TOKENS
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.faults import LimitExceeded, ModelFailure
from lambda_rlm.diagnostics.source import SourceFile, Span
from lambda_rlm.execution.options import Options
from lambda_rlm.execution.resumed import Resumed
from lambda_rlm.inputs import from_values
from lambda_rlm.llm.failures import UNSOLVED
from lambda_rlm.plan.measure import measure
from lambda_rlm.plan.router import route
from lambda_rlm.types.hosted import HostFunction

if TYPE_CHECKING:
    from lambda_rlm.eval.asking.asker import Asker
    from lambda_rlm.eval.value import Text
    from lambda_rlm.events import Event, Tracer
    from lambda_rlm.execution.run import Run

_INPUT: Final = "context"
"""What the text is called in the sub-model's program; a function of the host under that name is not to be had there."""

_SHARE: Final = 16
"""A sub-run may use one part in this number of its caller's steps and storage."""


@dataclass(frozen=True)
class SubModelRunner:
    """A `SubSolver`. `setup.writing.depth` counts how deep sub-models may go on; `functions` are what the host adds to the
    library."""

    setup: Setup
    functions: tuple[HostFunction, ...] = ()

    async def solve(self, query: Text, text: Text, calls: int, asker: Asker, span: Span) -> Text:
        """The sub-model's answer. Raises `ModelFailure` when it finds none within its calls."""
        from lambda_rlm.eval.value import Derived, Reply, Text, origin_of
        from lambda_rlm.plan.plan import plan

        usable = tuple(one for one in self.functions if one.name != _INPUT)
        question = Question(query=query.s, inputs=replace(from_values({_INPUT: text.s}), functions=usable))

        def planned() -> SourceFile:
            inputs, leaf = question.bound_inputs, self.setup.leaf
            chosen = route(measure(inputs.values, leaf), len(query.s), leaf.profile, "plan")
            return SourceFile("sub.lam", plan(chosen, inputs.types))

        try:
            inside, pool = self._inside(calls, asker, span), self._pool(max(0, calls), asker)
            run = await synthesize(question, inside, planned, asker.meter, pool)
        except Rejected as rejected:
            why = rejected.diagnostics[0].message
            raise ModelFailure(
                UNSOLVED, f"no program for the sub-question fits its budget of {calls:,} calls: {why}", span
            ) from None
        _count_calls(run, asker)
        is_of_the_whole = (
            asker.patience.is_patient and run.fault is not None and run.fault.code in (OUT_OF_TOKENS, OUT_OF_MONEY)
        )
        if isinstance(run.fault, LimitExceeded) and not is_of_the_whole:
            raise ModelFailure(UNSOLVED, f"the sub-run exceeded its own limit: {run.fault.message}", span)
        if run.fault is not None:
            run.fault.span = span
            raise run.fault
        _count(run, asker)
        dropped = run.dropped
        asker.coverage.cuts.inner += dropped.characters_before_prompts
        missing = {"quotes": dropped.quotes, "items": dropped.items, "or_else": dropped.or_else, "cuts": dropped.replies_cut}
        asker.degrade(**missing, prompts=dropped.prompts_cut)
        whence = origin_of(text)
        origins = (Reply(-1, None),) if whence is None else (Reply(-1, None), whence)
        return Text(run.answer, Derived(origins))

    def _inside(self, calls: int, asker: Asker, span: Span) -> Setup:
        """The setup of a sub-run: its caller's, within its share."""
        setup = self.setup
        writing = replace(setup.writing, depth=setup.writing.depth - 1, rounds=1, candidates=1)
        deeper = replace(self, setup=replace(setup, writing=writing)) if writing.depth > 0 else None
        return Setup(
            leaf=setup.leaf,
            root=setup.root,
            budget=self._share(calls, asker),
            writing=writing,
            options=replace(
                setup.options,
                solver=deeper,
                limiter=asker.limiter,
                patience=asker.patience if asker.patience.is_patient else None,
                is_strict=asker.settings.is_strict,
                is_streamed=False,  # its answer is not that of the run
            ),
            resumed=Resumed(autos=setup.resumed.autos),
            tracer=None if setup.tracer is None else _Inside(setup.tracer, span),
        )

    def _pool(self, calls: int, asker: Asker) -> int:
        """What the caller's bound counts for a number of calls beyond one attempt for each."""
        from lambda_rlm.eval.asking.asking_rates import rates_at

        rates = rates_at(self.setup.leaf.profile, asker.settings)
        return min(calls * (rates.sends - 1), rates.pool.of(calls))

    def _share(self, calls: int, asker: Asker) -> Budget:
        """What the caller's bound counts for a number of calls, and fixed parts of its steps and storage."""
        from lambda_rlm.eval.asking.asking_rates import rates_at

        rates = rates_at(self.setup.leaf.profile, asker.settings)
        calls = max(0, calls)
        attempts = (calls + self._pool(calls, asker)) * (1 + rates.retries)
        sent, received = attempts * rates.window, attempts * (rates.max_output + rates.thought(rates.max_output))
        priced = rates.input_price is not None and rates.output_price is not None
        usd = sent * (rates.input_price or 0.0) + received * (rates.output_price or 0.0) if priced else None
        whole = asker.meter.budget
        share = replace(whole.part_of_work(_SHARE), fuel_per_character=0, memory_per_character=0)
        if asker.patience.is_patient:  # nothing was set aside for the sub-run
            left = asker.meter.left()
            sent, received = min(sent, left.tokens), min(received, max(0, left.tokens - sent))
            usd = left.usd if usd is None or left.usd is None else min(usd, left.usd)
        return replace(share, calls=calls, tokens=sent + received, usd=usd if whole.usd is not None else None)


def _count_calls(run: Run, asker: Asker) -> None:
    """What came of the calls of a sub-run is counted with its caller's, as the calls themselves are."""
    counts, usage = asker.counts, run.usage
    counts.shared += usage.shared_calls
    counts.cached += usage.cached_calls
    counts.failed += usage.failed_calls
    counts.estimated += usage.estimated_calls


def _count(run: Run, asker: Asker) -> None:
    """The calls of a sub-run are among its caller's in flight; what follows waits for its longest chain, behind those that
    wrote it."""
    from lambda_rlm.eval.place import here

    place, counts = here(), asker.counts
    written = 0 if run.synthesis is None else run.synthesis.calls
    place.depth = max(place.depth, run.usage.span) + written
    counts.span = max(counts.span, place.depth)
    counts.max_in_flight = max(counts.max_in_flight, run.usage.max_in_flight, 1)


@dataclass(frozen=True, slots=True)
class _Inside:
    """Tells a tracer of a sub-run's calls as made at its place in the caller's program; what they are shown is not of its
    inputs."""

    tracer: Tracer
    span: Span

    def __call__(self, event: Event) -> None:
        from lambda_rlm.events import CallFinished, CallStarted

        if isinstance(event, CallStarted):
            event = replace(event, span=self.span, shown=())
        elif isinstance(event, CallFinished):
            event = replace(event, span=self.span)
        self.tracer(event)


def with_solver(setup: Setup, functions: tuple[HostFunction, ...] = ()) -> Options:
    """The options of a setup with what answers `rlm_call`, where sub-models are allowed at all."""
    return replace(setup.options, solver=SubModelRunner(setup, functions)) if setup.writing.depth else setup.options
