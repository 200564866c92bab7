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
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread

from lambda_rlm.answering.ask import ask
from lambda_rlm.answering.decide import Decision, decide
from lambda_rlm.answering.question import Question, Setup
from lambda_rlm.answering.run_program import run_program
from lambda_rlm.api.returns import returns_of
from lambda_rlm.api.rlms_compat import question_in
from lambda_rlm.api.sessions import (
    Kept,
    Replayed,
    Wanted,
    arguments_of,
    asked_again,
    budget_of,
    keeping,
    limits,
    made,
    place,
)
from lambda_rlm.api.streaming import Listener, heard, streamed
from lambda_rlm.bounds.admit import Admitted
from lambda_rlm.bounds.declared import Size
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import Model
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.faults import Fault
from lambda_rlm.events import Event, Tracer
from lambda_rlm.execution.blocking import blocking_anywhere
from lambda_rlm.execution.check import Checked, check
from lambda_rlm.execution.connections import Connections
from lambda_rlm.execution.execute import NOBODY, Options, Run
from lambda_rlm.execution.host_functions import primitive
from lambda_rlm.inputs import Inputs, from_values
from lambda_rlm.journal.journal import CallRow, Journal, RunRow
from lambda_rlm.journal.replay import Comparison
from lambda_rlm.journal.request import Before, RunRequest, before, whole
from lambda_rlm.journal.session import RunSession
from lambda_rlm.llm.connect import default_model
from lambda_rlm.llm.wrappers.limiter import Limiters
from lambda_rlm.plan.routing import Routing
from lambda_rlm.plan.strategy import Choice
from lambda_rlm.synth.writing import Writing
from lambda_rlm.types.hosted import HostCost, HostFunction
from lambda_rlm.types.type import Effect

__all__ = ["RLM", "Budget", "Checked", "Fault", "HostCost", "Rejected", "Run", "Size", "check", "primitive", "run"]


class RLM:
    """Answers questions about inputs of any length, each run within one budget.

    `model` is a name as on the command line (None: the default) or a `Model`, which is left open; `root_model`, in the same
    forms, writes programs (None: the one that answers) where `strategy` is "synth", as `writing` says. `cache` keeps good
    replies of models that are given by name across runs: True for the user's own file, or a path. `strategy` is the way that
    questions go, `task` what they are (None: a model is asked where it matters), both of which a question may say for itself;
    `routing` says how "auto" decides. `hedge` is the seconds after which a provider that has not answered is asked a second
    time, the first answer counts; bound and budget count both. `rpm` and `tpm` are the requests and tokens a minute that each
    provider is asked for at most. `journal` writes runs so that they can be looked at, resumed and replayed, here and on the
    command line: True for the user's own file, or a path. `primitives` are typed functions of the host that a root model may
    use in its programs (see `primitive`).
    """

    def __init__(
        self,
        model: str | Model | None = None,
        *,
        root_model: str | Model | None = None,
        budget: Budget | None = None,
        base_url: str | None = None,
        strategy: Choice = "auto",
        task: str | None = None,
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
        self.primitives = tuple(primitives)
        self.writing = writing or Writing()
        self.constrain = constrain

    def ask(
        self,
        query: str,
        *,
        task: str | None = None,
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
        task: str | None = None,
        strategy: Choice | None = None,
        returns: Any = None,
        on_event: Listener | None = None,
        **inputs: Any,
    ) -> Run:
        """`ask` for programs that are asynchronous themselves."""
        return _answered(await self._session(self._wanted(query, inputs, returns, task), strategy, heard(on_event)))

    def stream(
        self,
        query: str,
        *,
        task: str | None = None,
        strategy: Choice | None = None,
        returns: Any = None,
        **inputs: Any,
    ) -> AsyncGenerator[Event]:
        """What happens, as it happens; the last event is a `RunFinished` with the run, whose `answer` raises its fault.

        Leaving the loop cancels the run; `contextlib.aclosing` does so before the next statement.
        """

        async def job(tracer: Tracer) -> Run:
            return await self._session(self._wanted(query, inputs, returns, task), strategy, tracer)

        return streamed(job)

    def route(self, query: str, *, task: str | None = None, strategy: Choice | None = None, **inputs: Any) -> Decision:
        """Which way `ask` would go with the question, why, and what each way would cost at worst. Asks no model."""
        return blocking_anywhere(lambda: self._routed(self._wanted(query, inputs, None, task).request.question, strategy))

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
        arguments = arguments_of(inputs)
        wanted = asked_again(found, self._read(inputs), arguments, returns, self.model, is_replay=False)
        return _answered(await self._as_before(found)._session(wanted, None, heard(on_event)))

    def replay(self, run: str, **inputs: Any) -> Replayed:
        """Make a run of the journal again without a model, and compare call for call."""
        return blocking_anywhere(lambda: self.areplay(run, **inputs))

    async def areplay(self, run: str, **inputs: Any) -> Replayed:
        """`replay` for programs that are asynchronous themselves."""
        found, calls = await anyio.to_thread.run_sync(self._whole, run)
        comparison = Comparison()
        wanted = asked_again(found, self._read(inputs), arguments_of(inputs), None, self.model, is_replay=True)
        again = await self._as_before(found)._session(wanted, None, comparison)
        return Replayed(again, tuple(comparison.differences(calls)))

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
        again.strategy = was.get("strategy") or "auto"
        again.options = replace(
            self.options,
            is_strict=was.get("strict", self.options.is_strict),
            seed=was.get("seed", self.options.seed),
            out=was.get("out", self.options.out),
        )
        again.writing = replace(self.writing, **{name: was[name] for name in ("rounds", "candidates", "peek") if name in was})
        return again

    def _before(self, run: str) -> Before:
        with Journal(place(self.journal), is_new=False) as journal:
            return before(journal, run)

    def _whole(self, run: str) -> tuple[Before, Sequence[CallRow]]:
        with Journal(place(self.journal), is_new=False) as journal:
            return whole(journal, run)

    def _wanted(self, query: str, inputs: Mapping[str, Any], returns: Any, task: str | None) -> Wanted:
        """A question that was never asked before; raises `TypeError` for what cannot be an answer."""
        type_ = None if returns is None else returns_of(returns)
        question = Question(
            query=query,
            inputs=self._read(inputs),
            returns=None if type_ is None else type_.type,
            task=task or self.task,
        )
        return Wanted(RunRequest(question=question, arguments=arguments_of(inputs)), type_)

    def _read(self, inputs: Mapping[str, Any]) -> Inputs:
        return replace(from_values(inputs), functions=self.primitives)

    def _setup(self, strategy: Choice | None) -> Setup:
        """What questions are answered with, before models are connected."""
        return Setup(
            leaf=NOBODY,
            budget=self.budget,
            choice=strategy or self.strategy,
            routing=self.routing,
            writing=self.writing,
            options=self.options,
        )

    def _connections(self) -> Connections:
        return Connections(
            limiters=Limiters(self.budget.concurrency, rpm=self.rpm, tpm=self.tpm),
            base_url=self.base_url,
            cache=self.cache,
            hedge=self.hedge,
            constrain=self.constrain,
        )

    async def _routed(self, question: Question, strategy: Choice | None) -> Decision:
        async with AsyncExitStack() as stack:
            opened = partial(self._connections().opened, tracer=None, stack=stack)
            leaf, root = opened(self.model), None if self.root_model is None else opened(self.root_model)
            return decide(question, replace(self._setup(strategy), leaf=leaf, root=root))

    async def _session(self, wanted: Wanted, strategy: Choice | None, tracer: Tracer | None) -> Run:
        """One session, new or of a run that goes on; the answer is of the type that the caller wants."""
        setup, request = self._setup(strategy), wanted.request
        if self.journal is not False:
            request = replace(request, settings=self._settings(setup, request.question.task))

        async def answered(setup: Setup) -> Run:
            if request.program is None:
                return await ask(request.question, setup)
            inputs = request.question.bound_inputs
            checked = check(request.program, inputs.types, primitives=inputs.functions)
            return await run_program(checked.admit(setup.budget, setup.leaf.profile), request.question, setup)

        session = RunSession(
            request=request,
            setup=setup,
            connections=self._connections(),
            keeping=keeping(self.journal),
            listeners=() if tracer is None else (tracer,),
        )
        return await made(session, self.model, self.root_model, answered, wanted.returns)

    def _settings(self, setup: Setup, task: str | None) -> dict[str, Any]:
        """These settings in the keys of the command line."""
        options, writing = setup.options, setup.writing
        return {
            **limits(setup.budget),
            "model": default_model() if self.model is None else self.model,
            "root_model": self.root_model,
            "base_url": self.base_url,
            "strategy": setup.choice,
            "task": task,
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
    on_event: Listener | None = None,
) -> Run:
    """Run an admitted program over inputs like those it was checked with; raises `Fault`. `cache` to `journal` as in `RLM`."""
    if model is None and program.typed.effect is Effect.PURE:
        model = NOBODY
    question = Question(query=query, inputs=replace(from_values(inputs), functions=tuple(program.typed.functions.values())))
    settings = {**limits(program.budget), "base_url": base_url, "strict": strict, "seed": seed}
    settings |= {"hedge": hedge, "rpm": rpm, "tpm": tpm}
    if journal is not False:
        settings["model"] = None if model is NOBODY else default_model() if model is None else model
    tracer = heard(on_event)
    limiters = Limiters(program.budget.concurrency, rpm=rpm, tpm=tpm)
    source = program.typed.program.source
    session = RunSession(
        request=RunRequest(question=question, program=source, arguments=arguments_of(inputs), settings=settings),
        setup=Setup(leaf=NOBODY, budget=program.budget, options=Options(is_strict=strict, seed=seed)),
        connections=Connections(limiters=limiters, base_url=base_url, cache=cache, hedge=hedge),
        keeping=keeping(journal),
        listeners=() if tracer is None else (tracer,),
    )
    return _answered(await made(session, model, None, lambda setup: run_program(program, question, setup)))


def _answered(run: Run) -> Run:
    if run.fault is not None:
        raise run.fault
    return run
