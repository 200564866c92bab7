"""The library for Python programs.

Owns `RLM`, `run` and the names that the package exports. Promises that a fault leaves as an exception that carries what was
spent, never as an answer (in a stream, as part of the last event). An `RLM` may be used by many threads and event loops at
once; its settings hold for each use, and its rates, concurrency and connections for all of them together. Settings are given as
arguments; where one is not, the variable counts that the command line reads too (`LAMBDA_RLM_MODEL`, `LAMBDA_RLM_MAX_COST` …).
No settings file is read here.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never, TypeVar

import anyio.to_thread

from lambda_rlm.accounts.account import Account
from lambda_rlm.api.asked import Asked, Given, given, moment_of
from lambda_rlm.api.own_terms import speaking
from lambda_rlm.api.sessions import HostSettings, Kept, Replayed, answered, answered_again, unless_faulted
from lambda_rlm.api.valid_settings import refuse_unknown_arguments
from lambda_rlm.budget.budget import Admission, Budget
from lambda_rlm.completion import Model
from lambda_rlm.execution.blocking import blocking_anywhere
from lambda_rlm.inputs.reading import Format
from lambda_rlm.plan.router import Choice
from lambda_rlm.plan.routing_settings import Routing
from lambda_rlm.settings.keys import Tables
from lambda_rlm.synth.writing import LayoutShown, Writing
from lambda_rlm.types.hosted import HostFunction

if TYPE_CHECKING:
    from lambda_rlm.answering.preview import Decision
    from lambda_rlm.api.programs import Program
    from lambda_rlm.api.streaming import Listener
    from lambda_rlm.events import Event, Tracer
    from lambda_rlm.execution.run import Run
    from lambda_rlm.journal.journal import Journal
    from lambda_rlm.journal.records import RunRow

T = TypeVar("T")


class RLM:
    """Answers questions about inputs of any length; each run stays within one budget.

    What is None comes from the variable `LAMBDA_RLM_…` of the same name (of `budget`, `routing` and `writing`: from the
    variables of their parts), else it has its default.

    - `model`: a model name as on the command line (None: the default model), or a `Model`, which the caller closes.
    - `root_model`: the model that writes programs, in the same forms (None: `model`); `writing` has its settings, of which
      `layout` may be given here too: "masked" (default) shows it how lines and columns of the inputs look, "none" does not.
    - `budget`: the limits of each run (None: `Budget()`); `admit`: "proved" or "likely", what may begin (None: as in `budget`).
    - `base_url`: the URL of an OpenAI-compatible server.
    - `strategy`: the route, "auto" (default), "direct", "plan" or "synth"; `routing` sets how "auto" decides.
    - `task`: a task name or the path of a strategy file (None: inferred). Each question can override `strategy` and `task`.
    - `strict`: a degraded answer raises its fault; `seed`: the number of the first independent sample.
    - `cache`: reuse model replies in later runs at no cost. True for the default file, or a path; only for models by name.
    - `hedge`: after this many seconds without a reply, send a second request and use whichever answers first. Bounds and
      budgets count both.
    - `pool`: billed attempts of a run beyond one for each call (repairs, repeated requests), as a number or as a share of the
      calls, e.g. "10%".
    - `rpm`, `tpm`: maximum requests and tokens in any minute for each provider. These and `budget.concurrency` hold for all
      questions of this `RLM` together, in whatever threads and event loops.
    - `account`: what many runs, threads and processes may spend together (see `Account`); each run keeps to its budget too.
    - `journal`: record runs, to inspect, resume and replay them here or on the command line. True for the default file, or
      a path.
    - `primitives`: typed Python functions that generated programs can call (see `primitive`).
    - `formats`: custom input formats, tried before the built-in ones.
    - `constrain`: the API dialect for grammar-constrained output (default "auto": inferred from the model name).
    - `model_options`: what is not known of a model, or known better, by the name of `model` or `root_model`:
      `{"openai/my-model": {"window": 131_072, "price_in": 0.10, "price_out": 0.40}}`. The options are `window`, `max_output`
      (tokens), `price_in`, `price_out` (US dollars per million tokens), `timeout` (seconds of one request), `thinking`
      (tokens before each reply), `temperature` (of requests that ask for no other), `headers` (a mapping), `api_key_env` (the
      environment variable that holds the key) and `ca_bundle` (a PEM file of trusted authorities).
    - `env_file`: set the API keys in this file of `NAME=VALUE` lines that are not set, when the `RLM` is made.
    """

    def __init__(
        self,
        model: str | Model | None = None,
        *,
        root_model: str | Model | None = None,
        budget: Budget | None = None,
        admit: Admission | None = None,
        base_url: str | None = None,
        strategy: Choice | None = None,
        task: str | Path | None = None,
        routing: Routing | None = None,
        strict: bool | None = None,
        seed: int | None = None,
        cache: bool | str | Path | None = None,
        writing: Writing | None = None,
        layout: LayoutShown | None = None,
        hedge: float | None = None,
        pool: int | str | None = None,
        rpm: int | None = None,
        tpm: int | None = None,
        account: Account | None = None,
        journal: Kept = False,
        primitives: Iterable[HostFunction] = (),
        formats: Iterable[Format] = (),
        constrain: str | None = None,
        model_options: Tables | None = None,
        env_file: str | Path | None = None,
        **unknown: Never,
    ) -> None:
        refuse_unknown_arguments(unknown)
        with speaking():
            self.settings = HostSettings.of(
                model=model,
                root_model=root_model,
                budget=budget,
                admit=admit,
                base_url=base_url,
                strategy=strategy,
                task=task,
                routing=routing,
                strict=strict,
                seed=seed,
                cache=cache,
                writing=writing,
                layout=layout,
                hedge=hedge,
                pool=pool,
                rpm=rpm,
                tpm=tpm,
                account=account,
                journal=journal,
                primitives=primitives,
                formats=formats,
                constrain=constrain,
                model_options=model_options,
                env_file=env_file,
            )

    def __repr__(self) -> str:
        return f"<RLM: {self.settings!r}>"

    def ask(
        self,
        query: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        task: str | Path | None = None,
        strategy: Choice | None = None,
        returns: Any = None,
        on_event: Listener | None = None,
        **more: Any,
    ) -> Run:
        """Answer a question about the inputs: texts, data, `Path`s to files and folders. Raises `Fault`.

        Inputs are keywords; `inputs` is a mapping for names that no keyword can have, and is joined with them. A value may be
        a text, bytes or an open file, a `Path` or several, numbers, lists and dicts, dates, dataclasses and pydantic models,
        and a table or array of pandas, polars, pyarrow or numpy.

        `returns` is the type of the answer: a type of the language as a string (`"List[Text]"`), a pydantic model, or another
        type that pydantic supports; other types raise `TypeError`. `on_event` receives every event of the run. In a running
        event loop, such as a notebook, this call blocks the loop; use `aask` to avoid that.
        """
        asked = Asked(query, given(inputs, more), returns, task, strategy)
        return blocking_anywhere(lambda: self._answered(asked, on_event))

    async def aask(
        self,
        query: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        task: str | Path | None = None,
        strategy: Choice | None = None,
        returns: Any = None,
        on_event: Listener | None = None,
        **more: Any,
    ) -> Run:
        """Asynchronous version of `ask`."""
        return await self._answered(Asked(query, given(inputs, more), returns, task, strategy), on_event)

    async def _answered(self, asked: Asked, on_event: Listener | None, follows: Run | str | None = None) -> Run:
        tracer = None
        if on_event is not None:
            from lambda_rlm.api.streaming import heard

            tracer = heard(on_event)
        with speaking():
            return unless_faulted(await _run_of(self.settings, asked, tracer, follows))

    def follow_up(
        self,
        run: Run | str,
        query: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        task: str | Path | None = None,
        strategy: Choice | None = None,
        returns: Any = None,
        on_event: Listener | None = None,
        **more: Any,
    ) -> Run:
        """Ask a further question: the root model knows the question, the program and the form of the answer of an earlier run,
        and the answer itself is one more input. `run` is a `Run`, or the name of one in the journal as for `resume`. Its inputs
        are used unless others are given. Raises `Fault`, `ValueError` for a run that has no answer, `JournalProblem`, and
        `InputProblem` for files that have changed since."""
        asked = Asked(query, given(inputs, more), returns, task, strategy)
        return blocking_anywhere(lambda: self._answered(asked, on_event, run))

    async def afollow_up(
        self,
        run: Run | str,
        query: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        task: str | Path | None = None,
        strategy: Choice | None = None,
        returns: Any = None,
        on_event: Listener | None = None,
        **more: Any,
    ) -> Run:
        """Asynchronous version of `follow_up`."""
        return await self._answered(Asked(query, given(inputs, more), returns, task, strategy), on_event, run)

    def stream(
        self,
        query: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        task: str | Path | None = None,
        strategy: Choice | None = None,
        returns: Any = None,
        follows: Run | str | None = None,
        **more: Any,
    ) -> AsyncGenerator[Event]:
        """Answer a question and yield its events as they happen. The last event is a `RunFinished` with the run; the `answer`
        of a failed run raises its fault. With `follows`, a `Run` or the name of one, the question follows that run, as in
        `follow_up`. An answer that is the reply of one call comes in pieces, each a `Streaming`, while the model writes it.

        Leaving the loop cancels the run; use `contextlib.aclosing` to cancel it before the next statement.
        """
        from lambda_rlm.api.streaming import streamed

        asked = Asked(query, given(inputs, more), returns, task, strategy)

        async def job(tracer: Tracer) -> Run:
            with speaking():
                return await _run_of(settings, asked, tracer, follows)

        settings = replace(self.settings, options=replace(self.settings.options, is_streamed=True))
        return streamed(job)

    def route(
        self,
        query: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        task: str | Path | None = None,
        strategy: Choice | None = None,
        follows: Run | str | None = None,
        **more: Any,
    ) -> Decision:
        """The route that `ask` would choose, the reason, and the worst-case cost of each route. Asks no model. With `follows`,
        a `Run` or the name of one, it is the route of `follow_up`."""
        from lambda_rlm.api.follow_up import routed
        from lambda_rlm.api.results import decision_in_own_terms

        asked = Asked(query, given(inputs, more), None, task, strategy)
        with speaking():
            return decision_in_own_terms(blocking_anywhere(lambda: routed(self.settings, asked, follows)))

    def run(
        self,
        program: Program,
        inputs: Mapping[str, Any] | None = None,
        *,
        query: str = "",
        on_event: Listener | None = None,
        **more: Any,
    ) -> Run:
        """Run a program of your own: its text, a `Path`, or what `check` or `admit` returned. It is checked on the inputs and
        admitted within the budget of this `RLM`; one that is admitted already keeps its own budget. Inputs are as in `ask`.
        A program that calls no model needs none. Raises `Rejected` for a program with mistakes or above the budget, and
        `Fault`."""
        from lambda_rlm.api.programs import ran

        values = given(inputs, more)
        return blocking_anywhere(lambda: ran(self.settings, program, query, values, on_event))

    async def arun(
        self,
        program: Program,
        inputs: Mapping[str, Any] | None = None,
        *,
        query: str = "",
        on_event: Listener | None = None,
        **more: Any,
    ) -> Run:
        """Asynchronous version of `run`."""
        from lambda_rlm.api.programs import ran

        return await ran(self.settings, program, query, given(inputs, more), on_event)

    def completion(self, prompt: Any, root_prompt: str | None = None) -> Run:
        """`ask` with the interface of the package `rlms`: `prompt` is the context (text, messages or data) and `root_prompt`
        the question (None: the one in the prompt, see `lambda_rlm.rlms`). The answer is `.response`."""
        from lambda_rlm.api.rlms_compat import question_in

        posed = question_in(prompt, root_prompt)
        return self.ask(
            posed.question, strategy=posed.strategy, **({} if posed.context is None else {"context": posed.context})
        )

    def resume(
        self,
        run: Run | str,
        inputs: Mapping[str, Any] | None = None,
        *,
        returns: Any = None,
        on_event: Listener | None = None,
        **more: Any,
    ) -> Run:
        """Continue a run of the journal that has no answer. `run` is its id, a prefix or suffix of the id, "last", or a `Run`.
        Pass the same inputs again; finished calls are not paid again. Models, limits and server are those of the run unless
        this `RLM` sets others. Raises `Fault`, `InputProblem` if the inputs differ, `JournalProblem`, and `ValueError` if the
        run already has an answer or this `RLM` names another model."""
        values = given(inputs, more)
        return blocking_anywhere(lambda: self._resumed(run, values, returns, on_event))

    async def aresume(
        self,
        run: Run | str,
        inputs: Mapping[str, Any] | None = None,
        *,
        returns: Any = None,
        on_event: Listener | None = None,
        **more: Any,
    ) -> Run:
        """Asynchronous version of `resume`."""
        return await self._resumed(run, given(inputs, more), returns, on_event)

    async def _resumed(self, run: Run | str, inputs: Given, returns: Any, on_event: Listener | None) -> Run:
        from lambda_rlm.api.results import run_in_own_terms
        from lambda_rlm.api.streaming import heard
        from lambda_rlm.journal.request import before

        tracer = None if on_event is None else heard(on_event)
        with speaking():
            past = await anyio.to_thread.run_sync(self._past, before, run)
            return unless_faulted(run_in_own_terms(await answered_again(self.settings, past, inputs, returns, tracer)))

    def replay(self, run: Run | str, inputs: Mapping[str, Any] | None = None, **more: Any) -> Replayed:
        """Repeat a run of the journal without model calls, and compare the two call by call."""
        values = given(inputs, more)
        return blocking_anywhere(lambda: self._replayed(run, values))

    async def areplay(self, run: Run | str, inputs: Mapping[str, Any] | None = None, **more: Any) -> Replayed:
        """Asynchronous version of `replay`."""
        return await self._replayed(run, given(inputs, more))

    async def _replayed(self, run: Run | str, inputs: Given) -> Replayed:
        from lambda_rlm.api.results import run_in_own_terms
        from lambda_rlm.journal.replay import Comparison
        from lambda_rlm.journal.request import whole

        comparison = Comparison()
        with speaking():
            past, calls = await anyio.to_thread.run_sync(self._past, whole, run)
            again = await answered_again(self.settings, past, inputs, None, comparison, is_replay=True)
        return Replayed(run_in_own_terms(again), tuple(comparison.differences(calls, past.past.replies, past.row.outcome)))

    def runs(self, most: int | None = 20, *, since: datetime | timedelta | None = None) -> list[RunRow]:
        """The most recent runs of the journal, newest first; at most `most` of them (None: all). `since` is when the first of
        them began at the earliest: a moment (local time, where it has no zone) or how long ago."""
        from lambda_rlm.journal.journal import Journal

        began = moment_of(since)
        with Journal(self.settings.place()) as journal:
            return journal.runs(most, began)

    def _past(self, read: Callable[[Journal, str], T], run: Run | str) -> T:
        from lambda_rlm.execution.run import Run
        from lambda_rlm.journal.journal import Journal

        name = run.id if isinstance(run, Run) else run
        if not isinstance(name, str):
            raise TypeError(f"run must be a Run, the id of one, or 'last', not {run!r:.80}")
        with Journal(self.settings.place(), is_new=False) as journal:
            return read(journal, name)


async def _run_of(settings: HostSettings, asked: Asked, tracer: Tracer | None, follows: Run | str | None) -> Run:
    if follows is None:
        done = await answered(settings, asked, tracer)
    else:
        from lambda_rlm.api.follow_up import followed_up

        done = await followed_up(settings, follows, asked, tracer)
    from lambda_rlm.api.results import run_in_own_terms

    return run_in_own_terms(done)
