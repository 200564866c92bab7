"""One session of a run, from its record in the journal to its end: the one way in for the command line, the library and others.

Owns `RunSession`, which begins the record, connects the models, joins the listeners, and ends all of it; and `RunRecording`,
what is written meanwhile. Promises that a run whose journal cannot be begun asks no model, that the event loop never waits for
the disk, that an answer which is there is given whatever becomes of the journal, that a session which ends in an exception or
is cancelled is written as such before it leaves, and that no key is written: neither of a base URL nor in messages of faults.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio
import anyio.to_thread

from lambda_rlm.answering.question import Setup
from lambda_rlm.completion import Model, ModelProfile
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.blot import secrets_of, without
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.faults import Fault
from lambda_rlm.events import RunFinished, Tracer
from lambda_rlm.execution.blocking import is_interruption
from lambda_rlm.execution.connections import Connections
from lambda_rlm.execution.options import Declined, run_id
from lambda_rlm.journal.retention import KEEP_DAYS
from lambda_rlm.policy.gates import NO_LAYOUT, narrowed, require
from lambda_rlm.policy.ledger import Allowance, allowance
from lambda_rlm.trace.logged import RunLog
from lambda_rlm.trace.progress import Both, Progress

if TYPE_CHECKING:
    from lambda_rlm.execution.run import Run
    from lambda_rlm.journal.entry import JournalEntry
    from lambda_rlm.journal.records import RunRow
    from lambda_rlm.journal.request import RunRequest


@dataclass(slots=True)
class RunRecording:
    """One session of a run in the journal."""

    id: str
    entry: JournalEntry
    url: str | None = None
    secrets: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def asks(self, model: ModelProfile, root: ModelProfile) -> None:
        """Which models are asked, as they are now: so a replay can do without them."""
        from lambda_rlm.llm.wrappers.absent import plain_profile

        self.entry.models({"model": plain_profile(model), "root_model": plain_profile(root)})

    @property
    def can_go_on(self) -> bool:
        """The run is written, so that it may be resumed."""
        return self.entry.trouble is None

    @property
    def trouble(self) -> str | None:
        """What a person should know of the writing."""
        trouble = self.entry.trouble
        return None if trouble is None else f"{trouble.message}; you cannot resume this run"

    def finish(self, done: Run) -> None:
        """Returns when all of the run is written, or cannot be."""
        from lambda_rlm.execution.as_json import kept_json

        self.entry.end("answered" if done.ok else "faulted", without_secrets(kept_json(done), self.url, self.secrets))

    def abandon(self, error: BaseException) -> None:
        """The session ended without an answer; why is kept where it was rejected or a declared fault ended it."""
        outcome = _reasons(error)
        told = None if outcome is None else without_secrets(outcome, self.url, self.secrets)
        self.entry.end(_state(error), told)

    def approved(self, hash: str, how: str) -> None:
        """Somebody approved of what runs next, which has this hash; `how` says whether before or when asked."""
        from lambda_rlm.owner import person

        self.entry.approved({"hash": hash, "how": how, **person()})


@dataclass(frozen=True, slots=True)
class Keeping:
    """Which journal runs are written to (None: the user's own), and for how many days."""

    path: str | Path | None = None
    days: int = KEEP_DAYS


@dataclass(slots=True, kw_only=True)
class RunSession:
    """One session of a run. `setup` is what it is answered with, its models not connected yet; `keeping` is None where no
    journal is kept; `notes` are what is to be logged of its models; `is_approved` says that a person approves each program;
    `on_end` is called once when nothing is asked any more, before the end is written.

    Afterwards `trouble` says what went wrong with the journal.
    """

    request: RunRequest
    setup: Setup
    connections: Connections
    keeping: Keeping | None = None
    listeners: Sequence[Tracer] = ()
    on_end: Callable[[], object] = lambda: None
    is_approved: bool = False
    notes: tuple[str, ...] = ()
    run: str | None = field(default=None, init=False)
    """The run's id, as soon as it has one."""
    recording: RunRecording | None = field(default=None, init=False)
    """What is written; None where nothing is."""
    _ended: tuple[Run, Run] | None = field(default=None, init=False)
    _spent: Progress = field(default_factory=Progress, init=False)
    _allowance: Allowance | None = field(default=None, init=False)
    _log: RunLog | None = field(default=None, init=False)

    @asynccontextmanager
    async def opened(self, model: str | Model | None, root: str | Model | None = None) -> AsyncGenerator[Setup]:
        """The setup of this session, its models connected: the model that answers, and the root model (None: the same). Its run
        is given to `finish` in here. Raises `JournalProblem` and `PolicyViolation` before anything is asked."""
        self._allowance = allowed = await anyio.to_thread.run_sync(self._allowed)
        self.setup = replace(self.setup, budget=allowed.budget)
        try:
            self.recording = await self._begun()
            async with AsyncExitStack() as stack:
                yield self._connected(model, root, stack)
        except BaseException as error:
            await self._end(error)
            if self._log is not None:
                self._log.stopped(error)
            raise
        await self._end(None)
        if self._log is not None and self._ended is not None:
            self._log.finished(self._ended[0])
        if self.listeners and self._ended is not None:
            finished = RunFinished(self._ended[0])
            for listener in self.listeners:
                listener(finished)

    def finish(self, run: Run, kept: Run | None = None) -> None:
        """What came of the session; `kept` is the run as the journal keeps it, where that is another."""
        self._ended = run, kept or run

    @property
    def trouble(self) -> str | None:
        """What a person should know of the writing."""
        return None if self.recording is None else self.recording.trouble

    def _allowed(self) -> Allowance:
        """What the policy lets this session spend; its other rules for runs are held here too. A replay spends nothing."""
        if self.request.is_replay:
            return Allowance(self.setup.budget)
        require("journal", self.keeping is not None, "this run is not recorded")
        require("approval", self.is_approved, "see --approve")
        require("blind", self.setup.writing.peek == 0, "see --peek")
        require(NO_LAYOUT, self.setup.writing.layout == "none", "see --layout")
        return allowance(narrowed(self.setup.budget))

    @property
    def journal(self) -> str | None:
        """The file in which the run is, as far as is known; None where it is in none."""
        return None if self.recording is None or self.trouble is not None else str(self.recording.entry.path)

    async def _begun(self) -> RunRecording | None:
        request, keeping = self.request, self.keeping
        if keeping is None or request.is_replay:
            return None
        row = None if request.before is None else request.before.row
        url, layout = self.connections.base_url, self.setup.writing.layout

        def kept() -> dict[str, Any]:
            """The request, with what the policy left of its settings."""
            what = request.as_kept()
            return {**what, "settings": {**what["settings"], "layout": layout}}

        return await anyio.to_thread.run_sync(lambda: begin(keeping.path, kept(), row, days=keeping.days, url=url))

    def _connected(self, model: str | Model | None, root: str | Model | None, stack: AsyncExitStack) -> Setup:
        request, setup, recording = self.request, self.setup, self.recording
        before = request.before
        if recording is not None:
            self.run = recording.id
        else:
            self.run = run_id() if before is None else before.row.id
        self._log = log = RunLog(self.run)
        logged = [log] if log.is_heard() else []
        counting = [self._spent] if self._allowance is not None and self._allowance.id is not None else []
        tracers: tuple[Tracer, ...] = (*logged, *counting, *self.listeners, *([] if recording is None else [recording.entry]))
        tracer = None if not tracers else tracers[0] if len(tracers) == 1 else Both(tracers)
        connections = replace(self.connections, cache=False) if request.is_replay else self.connections
        opened = partial(connections.opened, tracer=tracer, stack=stack)

        def reached(name: str | Model | None, role: str) -> Model:
            return opened(name) if before is None else before.model(partial(opened, name), role, is_replay=request.is_replay)

        leaf = reached(model, "model")
        writer = None if root is None else reached(root, "root_model")
        log.begun(leaf.profile.name, (writer or leaf).profile.name, self.connections.base_url, self.notes)
        if recording is not None:
            recording.asks(leaf.profile, (writer or leaf).profile)
        return replace(
            setup,
            leaf=leaf,
            root=writer,
            tracer=tracer,
            options=replace(setup.options, run=self.run),
            resumed=setup.resumed if before is None else request.resumed(before, setup.budget),
        )

    async def _end(self, error: BaseException | None) -> None:
        """Write how the session ended, and what it used; returns when it is written, or cannot be. What was still asked when it
        ended is not known: all that was set aside is booked."""
        self.on_end()
        recording, spent, allowed = self.recording, self._spent, self._allowance
        is_counted = allowed is not None and allowed.id is not None
        if recording is None and not is_counted:
            return

        def written() -> None:
            if allowed is not None and not spent.in_flight:
                allowed.settle(spent.started, spent.usage.cost)
            if recording is None:
                return
            if self._ended is not None:
                recording.finish(self._ended[1])
            elif error is not None:
                recording.abandon(error)

        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(written)


def begin(
    path: str | Path | None,
    what: Mapping[str, Any],
    resumed: RunRow | None = None,
    *,
    days: int = KEEP_DAYS,
    url: str | None = None,
) -> RunRecording:
    """A new run in the journal, or one more session of one; raises `JournalProblem` when it cannot be written."""
    from lambda_rlm.journal.journal import Journal

    with Journal(path) as journal:
        if resumed is not None:
            entry = journal.resume(resumed, what)
        else:
            journal.prune(days, now=journal.credible_now())
            entry = journal.begin(what)
    return RunRecording(entry.id, entry, url)


def without_secrets(outcome: dict[str, Any], url: str | None, environ: Mapping[str, str]) -> dict[str, Any]:
    """What came of a run, its fault without keys of the environment and secrets of the URL that a server may have repeated."""
    fault = outcome.get("fault")
    if fault is None:
        return outcome
    secrets = tuple(filter(None, (*secrets_of(environ), *_secrets_in(url or ""))))
    told = {name: without(str(fault[name]), secrets) for name in ("message", "reply") if name in fault}
    return {**outcome, "fault": {**fault, **told}}


def _secrets_in(url: str) -> tuple[str | None, ...]:
    """The parts of a URL in which keys may stand; all of it where it has no parts."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return (url,)
    return parts.netloc.rpartition("@")[0], parts.password, parts.query


def _reasons(error: BaseException) -> dict[str, Any] | None:
    """Why there is no answer, as the journal keeps it."""
    from lambda_rlm.diagnostics.render import as_json, fault_json

    if isinstance(error, Rejected):
        source = error.source
        return {
            "ok": False,
            "program": source.text,
            "diagnostics": [as_json(d, source) for d in error.diagnostics],
            "fault": None,
        }
    if isinstance(error, Fault):
        return {"ok": False, "diagnostics": [], "fault": fault_json(error, None)}
    return None


def _state(error: BaseException) -> str:
    if is_interruption(error) or isinstance(error, (asyncio.CancelledError, GeneratorExit)):
        return "interrupted"
    if isinstance(error, Declined):
        return "declined"
    return "rejected" if isinstance(error, Rejected) else "failed"
