"""The library for Python programs.

Owns `RLM`, `run` and the names that the package exports. Promises that a fault leaves as an exception that carries what was
spent, never as an answer (in a stream, as part of the last event). An `RLM` holds settings only: it may be used by many threads and
event loops at once, each use connects for itself. Settings are given as arguments; nothing is read from files or the environment
here, except keys that the providers' own clients look for.
"""

from __future__ import annotations

import copy
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio.to_thread

from lambda_rlm.answering.ask import Inquiry, ask
from lambda_rlm.answering.decide import Decision, decide
from lambda_rlm.answering.sub_model import with_solver
from lambda_rlm.api.connections import Connections
from lambda_rlm.api.returns import Returns, returns_of
from lambda_rlm.api.rlms_compat import question_in
from lambda_rlm.api.sessions import Kept, Replayed, SessionRequest, asked_again, budget_of, limits, place, recorded, told
from lambda_rlm.api.streaming import Listener, heard, streamed
from lambda_rlm.bounds.admit import Admitted
from lambda_rlm.bounds.declared import Size
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import Model
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.faults import Fault, ModelFailure
from lambda_rlm.events import Event, RunFinished, Tracer
from lambda_rlm.execution.blocking import blocking_anywhere
from lambda_rlm.execution.check import Checked, check
from lambda_rlm.execution.execute import NOBODY, Options, Run, execute
from lambda_rlm.execution.host_functions import primitive
from lambda_rlm.inputs import Inputs, Reading, from_values
from lambda_rlm.inputs.reading import Format
from lambda_rlm.journal.journal import CallRow, Journal, RunRow
from lambda_rlm.journal.replay import Comparison
from lambda_rlm.journal.session import Before, before, whole
from lambda_rlm.llm.connect import default_model
from lambda_rlm.llm.failures import BAD_REPLY
from lambda_rlm.llm.wrappers.limiter import Limiters
from lambda_rlm.plan.routing import Routing
from lambda_rlm.plan.strategy import Choice
from lambda_rlm.plan.strategy_file import task_name
from lambda_rlm.synth.writing import Writing
from lambda_rlm.trace.progress import Both
from lambda_rlm.types.hosted import HostCost, HostFunction
from lambda_rlm.types.type import Effect

__all__ = ["RLM", "Budget", "Checked", "Fault", "HostCost", "Rejected", "Run", "Size", "check", "primitive", "run"]


class RLM:
    """Answers questions about inputs of any length, each run within one budget.

    `model` is a name as on the command line (None: the default) or a `Model`, which is left open; `root_model`, in the same
    forms, writes programs (None: the one that answers) where `strategy` is "synth", as `writing` says. `cache` keeps good
    replies of models that are given by name across runs: True for the user's own file, or a path. `strategy` is the way that
    questions go, `task` what they are, or the path of a strategy of one's own (None: a model is asked where it matters), both of
    which a question may say for itself; `routing` says how "auto" decides. `hedge` is the seconds after which a provider that has not answered is asked a second
    time, the first answer counts; bound and budget count both. `rpm` and `tpm` are the requests and tokens a minute that each
    provider is asked for at most. `journal` writes runs so that they can be looked at, resumed and replayed, here and on the
    command line: True for the user's own file, or a path. `primitives` are typed functions of the host that a root model may
    use in its programs (see `primitive`). `formats` are input formats of the host, tried before those of the package.
    """

    def __init__(
        self,
        model: str | Model | None = None,
        *,
        root_model: str | Model | None = None,
        budget: Budget | None = None,
        base_url: str | None = None,
        strategy: Choice = "auto",
        task: str | Path | None = None,
        routing: Routing | None = None,
        strict: bool = False,
        seed: int = 0,
        cache: bool | str | Path = False,
        writing: Writing | None = None,
        hedge: float | None = None,
        rpm: int | None = None,
        tpm: int | None = None,
        journal: Kept = False,
        primitives: Iterable[HostFunction] = (),
        formats: Iterable[Format] = (),
        constrain: str = "auto",
    ) -> None:
        self.model = model
        self.root_model = root_model
        self.budget = budget or Budget()
        self._says_budget = budget is not None
        self.base_url = base_url
        self.strategy: Choice = strategy
        self.task = task
        self.routing = routing or Routing()
        self.options = Options(is_strict=strict, seed=seed)
        self.cache = cache
        self.hedge = hedge
        self.rpm, self.tpm = rpm, tpm
        self.journal = journal
        self.primitives, self.formats = tuple(primitives), tuple(formats)
        self.writing = writing or Writing()
        self.constrain = constrain

    def ask(
        self,
        query: str,
        *,
        task: str | Path | None = None,
        strategy: Choice | None = None,
        returns: Any = None,
        on_event: Listener | None = None,
        **inputs: Any,
    ) -> Run:
        """The answer to a question about the inputs: texts, plain data, or `Path`s to files and folders. Raises `Fault`.

        `returns` is the type of the answer: one of the language as text, a pydantic model, or another type that pydantic knows;
        `on_event` is told what happens. Inside a running event loop, as in a notebook, the loop waits; `aask` lets it go on.
        """
        return blocking_anywhere(
            lambda: self.aask(query, task=task, strategy=strategy, returns=returns, on_event=on_event, **inputs)
        )

    async def aask(
        self,
        query: str,
        *,
        task: str | Path | None = None,
        strategy: Choice | None = None,
        returns: Any = None,
        on_event: Listener | None = None,
        **inputs: Any,
    ) -> Run:
        """`ask` for programs that are asynchronous themselves."""
        return _answered(await self._made(self._new(query, inputs, returns, task, strategy), inputs, heard(on_event)))

    def stream(
        self,
        query: str,
        *,
        task: str | Path | None = None,
        strategy: Choice | None = None,
        returns: Any = None,
        **inputs: Any,
    ) -> AsyncGenerator[Event]:
        """What happens, as it happens; the last event is a `RunFinished` with the run, whose `answer` raises its fault.

        Leaving the loop cancels the run; `contextlib.aclosing` does so before the next statement.
        """

        async def job(tracer: Tracer) -> Run:
            return await self._made(self._new(query, inputs, returns, task, strategy), inputs, tracer)

        return streamed(job)

    def route(self, query: str, *, task: str | Path | None = None, strategy: Choice | None = None, **inputs: Any) -> Decision:
        """Which way `ask` would go with the question, why, and what each way would cost at worst. Asks no model."""
        return blocking_anywhere(lambda: self._routed(self._new(query, inputs, None, task, strategy)))

    def completion(self, prompt: Any, root_prompt: str | None = None) -> Run:
        """`ask` for programs written for `rlms`: `prompt` is the context (text, messages or data), `root_prompt` the question,
        without which it is the last message of a user; `.response` is the answer."""
        question, context = question_in(prompt, root_prompt)
        return self.ask(question, **({} if context is None else {"context": context}))

    def resume(self, run: str, *, returns: Any = None, on_event: Listener | None = None, **inputs: Any) -> Run:
        """Go on with a run of the journal that has no answer: its id, the beginning or end of one, or "last". The inputs are given
        again; no reply that is there is paid a second time. Models, limits and server are those of the run unless this says others.
        Raises `Fault`, `InputProblem` for other inputs, `JournalProblem`."""
        return blocking_anywhere(lambda: self.aresume(run, returns=returns, on_event=on_event, **inputs))

    async def aresume(self, run: str, *, returns: Any = None, on_event: Listener | None = None, **inputs: Any) -> Run:
        """`resume` for programs that are asynchronous themselves."""
        found = await anyio.to_thread.run_sync(self._before, run)
        asked = asked_again(found, self._given(inputs), returns, self.model, is_replay=False)
        return _answered(await self._as_before(found)._made(asked, inputs, heard(on_event)))

    def replay(self, run: str, **inputs: Any) -> Replayed:
        """Make a run of the journal again without a model, and compare call for call."""
        return blocking_anywhere(lambda: self.areplay(run, **inputs))

    async def areplay(self, run: str, **inputs: Any) -> Replayed:
        """`replay` for programs that are asynchronous themselves."""
        found, calls = await anyio.to_thread.run_sync(self._whole, run)
        comparison = Comparison()
        asked = asked_again(found, self._given(inputs), None, self.model, is_replay=True)
        done = await self._as_before(found)._made(asked, inputs, comparison)
        return Replayed(done, tuple(comparison.differences(calls)))

    def runs(self, most: int = 20) -> list[RunRow]:
        """The latest runs of the journal, the last first."""
        with Journal(place(self.journal)) as journal:
            return journal.runs(most)

    def _as_before(self, found: Before) -> RLM:
        """This with the settings that a run had, where it says no others; those that its questions depend on in any case."""
        was = found.row.what["settings"]
        again = copy.copy(self)
        again.model = was.get("model") if self.model is None else self.model
        again.root_model = was.get("root_model") if self.root_model is None else self.root_model
        again.base_url = self.base_url or was.get("base_url")
        again.hedge = self.hedge or was.get("hedge")
        again.rpm, again.tpm = self.rpm or was.get("rpm"), self.tpm or was.get("tpm")
        again.constrain = was.get("constrain", self.constrain)
        again.budget = self.budget if self._says_budget else budget_of(was)
        return again

    def _before(self, run: str) -> Before:
        with Journal(place(self.journal), is_new=False) as journal:
            return before(journal, run)

    def _whole(self, run: str) -> tuple[Before, Sequence[CallRow]]:
        with Journal(place(self.journal), is_new=False) as journal:
            return whole(journal, run)

    def _new(
        self, query: str, inputs: Mapping[str, Any], returns: Any, task: str | Path | None, strategy: Choice | None
    ) -> SessionRequest:
        """A question that was never asked before; raises `TypeError` for what cannot be an answer."""
        return SessionRequest(
            query=query,
            inputs=self._given(inputs),
            wanted=None if returns is None else returns_of(returns),
            task=task_name(task or self.task),
            strategy=strategy or self.strategy,
        )

    async def _routed(self, asked: SessionRequest) -> Decision:
        async with AsyncExitStack() as stack:
            doors = self._doors(None, stack)
            model = doors.opened(self.model)
            return decide(
                Inquiry(
                    given=asked.inputs.with_query(asked.query),
                    model=model,
                    root=model if self.root_model is None else doors.opened(self.root_model),
                    budget=self.budget,
                    choice=asked.strategy,
                    task=asked.task,
                    routing=self.routing,
                    options=self.options,
                    writing=self.writing,
                )
            )

    def _doors(self, tracer: Tracer | None, stack: AsyncExitStack) -> Connections:
        limiters = Limiters(self.budget.concurrency, rpm=self.rpm, tpm=self.tpm)
        return Connections(self.base_url, self.cache, self.hedge, self.constrain, limiters, tracer, stack)

    def _given(self, inputs: Mapping[str, Any]) -> Inputs:
        return replace(from_values(inputs, Reading(formats=self.formats)), functions=self.primitives)

    async def _made(self, asked: SessionRequest, given: Mapping[str, Any], tracer: Tracer | None) -> Run:
        """One session: connected, recorded, run; whatever its answer must be."""

        def what() -> Mapping[str, Any]:
            models = {"model": default_model() if self.model is None else self.model, "root_model": self.root_model}
            return told(asked, given, self._settings(asked), models)

        kept = self.journal if not asked.is_replay else False
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(recorded(kept, what, asked.before, self.base_url))
            if session.record is not None:
                tracer = session.record if tracer is None else Both((tracer, session.record))
            doors = self._doors(tracer, stack)
            model = asked.remembering(lambda: doors.opened(self.model), "model")
            root = None
            if self.root_model is not None:
                root = asked.remembering(lambda: doors.opened(self.root_model), "root_model")
            if session.record is not None:
                session.record.asks(model.profile, (root or model).profile)
            options = asked.options(self.options, None if session.record is None else session.record.id, self.budget)
            done = await self._run(asked, model, root, options, tracer)
            made = done if asked.wanted is None else _made(done, asked.wanted)
            await session.finish(replace(made, value=done.value) if made.ok else made)
        return _told(made, tracer)

    async def _run(
        self, asked: SessionRequest, model: Model, root: Model | None, options: Options, tracer: Tracer | None
    ) -> Run:
        if asked.program is not None:
            given = asked.inputs.with_query(asked.query)
            admitted = check(asked.program, given.types, primitives=given.functions).admit(self.budget, model.profile)
            if root is not None:
                options = with_solver(options, model, root, asked.writing(self.writing), tracer, given.functions)
            return await execute(admitted, given.values, model, options=options, tracer=tracer)
        return await ask(
            asked.query,
            asked.inputs,
            model,
            self.budget,
            choice=asked.strategy,
            task=asked.task,
            routing=self.routing,
            options=options,
            tracer=tracer,
            root=root,
            writing=asked.writing(self.writing),
            returns=None if asked.wanted is None else asked.wanted.type,
            taken=asked.taken(),
        )

    def _settings(self, asked: SessionRequest) -> dict[str, Any]:
        """These settings in the keys of the command line."""
        options, writing = asked.options(self.options, None, self.budget), asked.writing(self.writing)
        return {
            **limits(self.budget),
            "base_url": self.base_url,
            "strategy": asked.strategy,
            "task": asked.task,
            "strict": options.is_strict,
            "seed": options.seed,
            "hedge": self.hedge,
            "rpm": self.rpm,
            "tpm": self.tpm,
            "constrain": self.constrain,
            "rounds": writing.rounds,
            "candidates": writing.candidates,
            "peek": writing.peek,
        }


async def run(
    program: Admitted,
    inputs: Mapping[str, Any],
    model: str | Model | None = None,
    *,
    query: str = "",
    base_url: str | None = None,
    strict: bool = False,
    seed: int = 0,
    cache: bool | str | Path = False,
    hedge: float | None = None,
    rpm: int | None = None,
    tpm: int | None = None,
    journal: Kept = False,
    formats: Iterable[Format] = (),
    on_event: Listener | None = None,
) -> Run:
    """Run an admitted program over inputs like those it was checked with; raises `Fault`. `cache` to `formats` as in `RLM`."""
    given = replace(from_values(inputs, Reading(formats=tuple(formats))), functions=tuple(program.typed.functions.values()))
    asked = SessionRequest(query=query, inputs=given, program=program.typed.program.source)
    if model is None and program.typed.effect is Effect.PURE:
        model = NOBODY

    def what() -> Mapping[str, Any]:
        settings = {**limits(program.budget), "base_url": base_url, "strict": strict, "seed": seed, "hedge": hedge}
        settings |= {"rpm": rpm, "tpm": tpm}
        return told(
            asked, inputs, settings, {"model": None if model is NOBODY else default_model() if model is None else model}
        )

    tracer = heard(on_event)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(recorded(journal, what, None, base_url))
        if session.record is not None:
            tracer = session.record if tracer is None else Both((tracer, session.record))
        limiters = Limiters(program.budget.concurrency, rpm=rpm, tpm=tpm)
        connected = Connections(base_url, cache, hedge, "auto", limiters, tracer, stack).opened(model)
        options = Options(is_strict=strict, seed=seed, run=None if session.record is None else session.record.id)
        if session.record is not None:
            session.record.asks(connected.profile, connected.profile)
        values = asked.inputs.with_query(query).values
        done = await execute(program, values, connected, options=options, tracer=tracer)
        await session.finish(done)
    return _answered(_told(done, tracer))


def _made(done: Run, wanted: Returns) -> Run:
    """The run with its value as the caller's type has it; one that its validators refuse is a fault."""
    if done.fault is not None:
        return done
    try:
        return replace(done, value=wanted.made(done.value))
    except ValueError as error:
        fault = ModelFailure(BAD_REPLY, f"the answer is not what was asked for: {error}")
        fault.usage = done.usage.tokens
        return replace(done, value=None, fault=fault)


def _told(done: Run, tracer: Tracer | None) -> Run:
    if tracer is not None:
        tracer(RunFinished(done))
    return done


def _answered(done: Run) -> Run:
    if done.fault is not None:
        raise done.fault
    return done
