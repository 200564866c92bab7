"""Runs in the journal: what is written of one so that it can go on later, and what becomes of it.

Owns `RunRecording`, one session of a run, for the command line and the library alike. Promises that a run whose journal cannot be begun
asks no model, that an answer which is there is given whatever becomes of the journal, and that no key is written: of a base URL
neither user nor password nor query, in messages of faults nothing of these either.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import Model, ModelProfile
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.events import Event
from lambda_rlm.execution.as_json import kept_json
from lambda_rlm.execution.execute import Run
from lambda_rlm.inputs import InputProblem, Inputs
from lambda_rlm.journal.entry import JournalEntry
from lambda_rlm.journal.journal import CallRow, Journal, Past, RunRow, granted
from lambda_rlm.journal.retention import KEEP_DAYS
from lambda_rlm.journal.run_report import latest
from lambda_rlm.llm.absent import as_it_was, plain_profile
from lambda_rlm.llm.wrappers.remembered import Remembered
from lambda_rlm.plan.tasks import DETECTION_PROGRAM
from lambda_rlm.types.show import show

_SECRET: Final = ("KEY", "TOKEN", "SECRET", "PASSWORD")
"""How names of the environment end whose values are never written."""

_SHORTEST_SECRET: Final = 8


@dataclass(frozen=True, slots=True)
class Before:
    """What the journal has of a run that goes on or is replayed. `program` is the one that it ran, the one that asked for the task not
    counted; None where several were begun or a root model wrote them: then these turns are taken again, with the replies that are
    there."""

    row: RunRow
    past: Past
    program: SourceFile | None

    def model(self, opened: Callable[[], Model], role: str, *, is_replay: bool) -> Model:
        """The model of this run in a role, which gives again what was paid for. A replay asks nobody: there it need not be reached."""
        if not is_replay:
            return Remembered(opened(), self.past.replies)
        was = as_it_was(opened, (self.row.what.get("profiles") or {}).get(role))
        return Remembered(was, self.past.replies, self.past.failures)

    def raised(self, budget: Budget) -> tuple[int, float | None]:
        """The calls and dollars that a budget has more than that of the first session; None where that said nothing of dollars."""
        first = granted(self.row.what)
        calls, usd = first["max_calls"], first["max_cost"]
        dollars = None if usd is None or budget.usd is None else budget.usd - usd
        return (0 if calls is None else budget.calls - calls), dollars


def before(journal: Journal, name: str) -> Before:
    """A run by its name (see `Journal.run`); raises `JournalProblem`."""
    row = journal.run(name)
    programs = [program for program in journal.programs(row.id) if program.name != DETECTION_PROGRAM]
    is_planned = len(programs) == 1 and not any(call.program == "" for call in journal.calls(row.id))
    return Before(row, journal.past(row.id), programs[0] if is_planned else None)


def whole(journal: Journal, name: str) -> tuple[Before, list[CallRow]]:
    """A run with all its replies, those of calls that failed included, and its calls: a replay fails as it did."""
    found = before(journal, name)
    past = replace(found.past, replies=journal.replies(found.row.id))
    return replace(found, past=past), list(latest(journal.calls(found.row.id)))


@dataclass(slots=True)
class RunRecording:
    """One session of a run in the journal, or nothing where there is none. It is a `Tracer`."""

    id: str
    entry: JournalEntry | None = None
    url: str | None = None
    secrets: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def __call__(self, event: Event) -> None:
        if self.entry is not None:
            self.entry(event)

    def asks(self, model: ModelProfile, root: ModelProfile) -> None:
        """Which models are asked, as they are now: so a replay can do without them."""
        if self.entry is not None:
            self.entry.models({"model": plain_profile(model), "root_model": plain_profile(root)})

    @property
    def can_go_on(self) -> bool:
        """The run is written, so that it may be resumed."""
        return self.entry is not None and self.entry.trouble is None

    @property
    def trouble(self) -> str | None:
        """What a person should know of the writing."""
        trouble = None if self.entry is None else self.entry.trouble
        return None if trouble is None else f"{trouble.message}; this run cannot be resumed"

    def finish(self, done: Run) -> None:
        """Returns when all of the run is written, or cannot be."""
        if self.entry is not None:
            self.entry.end("answered" if done.ok else "faulted", without_secrets(kept_json(done), self.url, self.secrets))

    def abandon(self, error: BaseException) -> None:
        """The session ended without an answer."""
        if self.entry is not None:
            self.entry.end(_state(error), None)


def begin(
    path: str | Path | None,
    what: Mapping[str, Any],
    resumed: RunRow | None = None,
    *,
    days: int = KEEP_DAYS,
    url: str | None = None,
) -> RunRecording:
    """A new run in the journal, or one more session of one; raises `JournalProblem` when it cannot be written."""
    with Journal(path) as journal:
        if resumed is not None:
            entry = journal.resume(resumed, what)
        else:
            journal.prune(days)
            entry = journal.begin(what)
    return RunRecording(entry.id, entry, url)


def described(inputs: Inputs) -> list[dict[str, Any]]:
    """Inputs by name, type, size (of what is no text, that of its JSON) and SHA-256 of their JSON; never their contents."""
    rows = []
    for name, value in inputs.values.items():
        if name != "query":
            data = json.dumps(value, ensure_ascii=False, sort_keys=True)
            size = len(value if isinstance(value, str) else data)
            digest = hashlib.sha256(data.encode("utf-8", "surrogatepass")).hexdigest()
            rows.append({"name": name, "type": show(inputs.types[name]), "characters": size, "sha256": digest})
    return rows


def same_inputs(row: RunRow, inputs: Inputs) -> None:
    """Raises `InputProblem` when inputs are not those of a run."""
    before = {item["name"]: item for item in row.what["inputs"]}
    now = {item["name"]: item for item in described(inputs)}
    for name in before.keys() | now.keys():
        if name not in now:
            raise InputProblem(f"the run had an input {name!r}, which is not given", f"lambda-rlm resume {row.id} {name}=PATH")
        if name not in before:
            raise InputProblem(f"the run had no input {name!r}")
        if before[name]["sha256"] != now[name]["sha256"]:
            message = f"the input {name!r} is not the one of the run: it has changed"
            raise InputProblem(message, "start a new run for the new contents")


def plain_url(url: str | None) -> str | None:
    """A URL without user, password and query, where keys may stand."""
    if url is None:
        return None
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))


def secrets_of(environ: Mapping[str, str]) -> list[str]:
    """The values of variables whose names say that they are secret."""
    return [value for name, value in environ.items() if name.upper().endswith(_SECRET) and len(value) >= _SHORTEST_SECRET]


def without_secrets(told: dict[str, Any], url: str | None, environ: Mapping[str, str]) -> dict[str, Any]:
    """What came of a run, its fault without keys of the environment and secrets of the URL that a server may have repeated."""
    fault = told.get("fault")
    if fault is None:
        return told
    parts = urlsplit(url or "")
    message = str(fault["message"])
    for secret in filter(None, (*secrets_of(environ), parts.netloc.rpartition("@")[0], parts.password, parts.query)):
        message = message.replace(secret, "…")
    return {**told, "fault": {**fault, "message": message}}


def absolute_model(name: str | None) -> str | None:
    """A model's name that means the same from any folder."""
    kind, colon, path = (name or "").partition(":")
    return f"{kind}:{Path(path).absolute()}" if colon and kind in ("scripted", "recorded", "local") else name


def _state(error: BaseException) -> str:
    if isinstance(error, (KeyboardInterrupt, asyncio.CancelledError, GeneratorExit)):
        return "interrupted"
    return "rejected" if isinstance(error, Rejected) else "failed"
