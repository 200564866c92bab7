"""The library for Python programs.

Owns `RLM`, `run` and the names that the package exports. Promises that a fault leaves as an exception that carries what was
spent, never as an answer (in a stream, as part of the last event). An `RLM` holds settings only: it may be used by many threads
and event loops at once, each use connects for itself. Settings are given as arguments; nothing is read from files or the
environment here, except keys that the providers' own clients look for.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import anyio.to_thread

from lambda_rlm.answering.preview import Decision
from lambda_rlm.api.rlms_compat import question_in
from lambda_rlm.api.sessions import (
    Asked,
    HostSettings,
    Kept,
    Replayed,
    answered,
    answered_again,
    place,
    ran,
    routed,
    unless_faulted,
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
from lambda_rlm.execution.execute import Options
from lambda_rlm.execution.host_functions import primitive
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs.reading import Format
from lambda_rlm.journal.journal import Journal, RunRow
from lambda_rlm.journal.replay import Comparison
from lambda_rlm.journal.request import before, whole
from lambda_rlm.plan.router import Choice
from lambda_rlm.plan.routing_settings import Routing
from lambda_rlm.synth.writing import Writing
from lambda_rlm.types.hosted import HostCost, HostFunction

__all__ = ["RLM", "Budget", "Checked", "Fault", "HostCost", "Rejected", "Run", "Size", "check", "primitive", "run"]

T = TypeVar("T")


class RLM:
    """Answers questions about inputs of any length, each run within one budget.

    `model` is a name as on the command line (None: the default) or a `Model`, which is left open; `root_model`, in the same
    forms, writes programs (None: the one that answers) where `strategy` is "synth", as `writing` says. `cache` keeps good
    replies of models that are given by name across runs: True for the user's own file, or a path. `strategy` is the way that
    questions go, `task` what they are, or the path of a strategy of one's own (None: a model is asked where it matters), both
    of which a question may say for itself; `routing` says how "auto" decides. `hedge` is the seconds after which a provider
    that has not answered is asked a second time, the first answer counts; bound and budget count both. `rpm` and `tpm` are the
    requests and tokens a minute that each provider is asked for at most. `journal` writes runs so that they can be looked at,
    resumed and replayed, here and on the command line: True for the user's own file, or a path. `primitives` are typed
    functions of the host that a root model may use in its programs (see `primitive`). `formats` are input formats of the host,
    tried before those of the package.
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
        self.settings = HostSettings(
            model=model,
            root_model=root_model,
            budget=budget,
            base_url=base_url,
            strategy=strategy,
            task=task,
            routing=routing or Routing(),
            options=Options(is_strict=strict, seed=seed),
            cache=cache,
            writing=writing or Writing(),
            hedge=hedge,
            rpm=rpm,
            tpm=tpm,
            journal=journal,
            primitives=tuple(primitives),
            formats=tuple(formats),
            constrain=constrain,
        )

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
        tracer = None if on_event is None else heard(on_event)
        return unless_faulted(await answered(self.settings, Asked(query, inputs, returns, task, strategy), tracer))

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
            return await answered(self.settings, Asked(query, inputs, returns, task, strategy), tracer)

        return streamed(job)

    def route(self, query: str, *, task: str | Path | None = None, strategy: Choice | None = None, **inputs: Any) -> Decision:
        """Which way `ask` would go with the question, why, and what each way would cost at worst. Asks no model."""
        return blocking_anywhere(lambda: routed(self.settings, Asked(query, inputs, None, task, strategy)))

    def completion(self, prompt: Any, root_prompt: str | None = None) -> Run:
        """`ask` for programs written for `rlms`: `prompt` is the context (text, messages or data), `root_prompt` the question,
        without which it is the last message of a user; `.response` is the answer."""
        question, context = question_in(prompt, root_prompt)
        return self.ask(question, **({} if context is None else {"context": context}))

    def resume(self, run: str, *, returns: Any = None, on_event: Listener | None = None, **inputs: Any) -> Run:
        """Go on with a run of the journal that has no answer: its id, the beginning or end of one, or "last". The inputs are
        given again; no reply that is there is paid a second time. Models, limits and server are those of the run unless this
        says others. Raises `Fault`, `InputProblem` for other inputs, `JournalProblem`."""
        return blocking_anywhere(lambda: self.aresume(run, returns=returns, on_event=on_event, **inputs))

    async def aresume(self, run: str, *, returns: Any = None, on_event: Listener | None = None, **inputs: Any) -> Run:
        """`resume` for programs that are asynchronous themselves."""
        tracer = None if on_event is None else heard(on_event)
        past = await anyio.to_thread.run_sync(self._past, before, run)
        return unless_faulted(await answered_again(self.settings, past, inputs, returns, tracer))

    def replay(self, run: str, **inputs: Any) -> Replayed:
        """Make a run of the journal again without a model, and compare call for call."""
        return blocking_anywhere(lambda: self.areplay(run, **inputs))

    async def areplay(self, run: str, **inputs: Any) -> Replayed:
        """`replay` for programs that are asynchronous themselves."""
        past, calls = await anyio.to_thread.run_sync(self._past, whole, run)
        comparison = Comparison()
        again = await answered_again(self.settings, past, inputs, None, comparison, is_replay=True)
        return Replayed(again, tuple(comparison.differences(calls)))

    def runs(self, most: int = 20) -> list[RunRow]:
        """The latest runs of the journal, the last first."""
        with Journal(place(self.settings.journal)) as journal:
            return journal.runs(most)

    def _past(self, read: Callable[[Journal, str], T], run: str) -> T:
        with Journal(place(self.settings.journal), is_new=False) as journal:
            return read(journal, run)


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
    settings = HostSettings(
        model=model,
        budget=program.budget,
        base_url=base_url,
        options=Options(is_strict=strict, seed=seed),
        cache=cache,
        hedge=hedge,
        rpm=rpm,
        tpm=tpm,
        journal=journal,
        primitives=tuple(program.typed.functions.values()),
        formats=tuple(formats),
    )
    tracer = None if on_event is None else heard(on_event)
    return unless_faulted(await ran(settings, program, query, inputs, tracer))
