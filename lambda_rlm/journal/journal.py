"""The journal: what was run, every call of it, and every reply that was paid for.

Owns `Journal`: beginning runs, reading them, forgetting them. Promises: a reply that is in the journal is never paid again,
except where the call came to nothing with it; a run that still goes on is neither resumed nor forgotten. Contents of inputs are
not written, nor prompts (their identity, and which parts of which input stood in them; of what a root model was asked, all but
what it was shown of contents), nor keys.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any, Final

from lambda_rlm.completion import NO_USAGE, Completion, StopReason, Usage
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.run_id import run_id
from lambda_rlm.journal.data_folder import data_folder
from lambda_rlm.journal.entry import JournalEntry, commit
from lambda_rlm.journal.owner import is_alive, owner
from lambda_rlm.journal.retention import KEEP_DAYS, MOST_BYTES
from lambda_rlm.journal.store import JournalProblem, connect, problems

_RUN: Final = "SELECT id, started, ended, state, owner, session, what, outcome FROM runs"
UNREADABLE: Final = "unreadable"
"""The state of a run whose row is not as this program writes it."""

_MODEL_FAILED: Final = "E05"
"""How states begin of calls whose replies, if any, came to nothing."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as the journal has it. `what` says what was run, in the keys of who began it; `outcome` what came of it; `owner`
    names the process it belongs to, `session` counts how often it has gone on."""

    id: str
    started: float
    ended: float | None
    state: str
    owner: str
    session: int
    what: Mapping[str, Any]
    outcome: Mapping[str, Any] | None

    @property
    def is_going_on(self) -> bool:
        return self.state == "running" and is_alive(self.owner)


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call of a run: `session` counts from 0, one more for each resumption; `place` are offsets in the program; `prompt` the
    characters of its messages; `shown` parts of inputs; `state` is running, replied, shared, or the code of a failure."""

    session: int
    call: int
    path: tuple[int, ...]
    digest: str
    model: str
    place: tuple[int, int]
    sample: int | None
    prompt: int
    shown: tuple[tuple[str, int, int], ...]
    started: float
    seconds: float | None
    state: str
    usage: Mapping[str, Any] | None
    program: str = ""
    coercions: tuple[str, ...] = ()
    last: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """What a run has come to so far. `replies` are those it goes on with, by the digest of the question; `failures` the codes
    with which calls ended, by the digest of their last attempt; `autos` what the planner chose, by program and place; `spent`
    what was used for calls that are asked again."""

    replies: Mapping[str, Completion]
    failures: Mapping[str, str]
    autos: Mapping[str, Mapping[int, int]]
    spent: Usage


def granted(what: Mapping[str, Any]) -> Mapping[str, Any]:
    """The calls and dollars that the first session of a run had, in the keys of settings."""
    settings = what.get("settings") or {}
    return what.get("granted") or {name: settings.get(name) for name in ("max_calls", "max_cost")}


@dataclass(frozen=True, slots=True)
class _ReplyRow:
    who: tuple[int, str, int, str]
    digest: str
    completion: Completion


def not_ours(run: str) -> JournalProblem:
    """A run whose row nobody can read."""
    return JournalProblem(f"unrecognized journal record for run {run}", "list all runs: lambda-rlm runs")


def default_journal() -> Path:
    """Where runs are written when nobody says otherwise."""
    return data_folder() / "journal.sqlite3"


class Journal:
    """The journal in a file. Opening raises `JournalProblem`; so does reading. Use it as a context manager."""

    def __init__(self, path: str | Path | None = None, *, is_new: bool = True) -> None:
        self.path = Path(path).expanduser() if path is not None else default_journal()
        self._database = connect(self.path, is_new=is_new)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def begin(self, what: Mapping[str, Any], id: str | None = None) -> JournalEntry:
        """A new run; raises `JournalProblem` when it cannot be written, before anything is asked of a model."""
        entry = JournalEntry(self.path, id or run_id(), 0)
        told = json.dumps(what)
        self._do("INSERT INTO runs VALUES (?, ?, NULL, 'running', ?, 0, ?, NULL)", entry.id, time.time(), owner(), told)
        return entry

    def resume(self, run: RunRow, what: Mapping[str, Any]) -> JournalEntry:
        """One more session of a run, of which is kept what `what` does not say; raises `JournalProblem` for one that goes on,
        here or in another process."""
        merged = {**run.what.get("settings", {}), **what.get("settings", {})}
        told = json.dumps({**run.what, **what, "settings": merged, "granted": granted(run.what)})
        sql = "UPDATE runs SET state = 'running', ended = NULL, owner = ?, session = ?, what = ? WHERE id = ? AND session = ?"
        session = run.session + 1
        if run.is_going_on or not self._do(sql, owner(), session, told, run.id, run.session):
            raise JournalProblem(f"run {run.id} is still in progress", "wait until it ends, or stop it")
        return JournalEntry(self.path, run.id, session)

    def runs(self, most: int | None = 50) -> list[RunRow]:
        """The latest runs, the last first; None: all."""
        return [_run(row) for row in self._all(f"{_RUN} ORDER BY started DESC, id DESC LIMIT ?", -1 if most is None else most)]

    def ids(self) -> list[str]:
        """The ids of all runs, the first first."""
        return [id_ for (id_,) in self._all("SELECT id FROM runs ORDER BY started, id")]

    def run(self, name: str) -> RunRow:
        """The run of an id, of the beginning or end of one, or `last`; raises `JournalProblem` for none, for several, and for
        one that nobody can read."""
        if name == "last":
            found = self._all(f"{_RUN} ORDER BY started DESC, id DESC LIMIT 1")
        else:
            n, wanted = len(name), name.upper()
            sql = f"{_RUN} WHERE substr(id, 1, ?) = ? OR substr(id, -?) = ? LIMIT 2"
            found = self._all(sql, n, wanted, n, wanted) if wanted else []
        if not found:
            raise JournalProblem(f"no run {name!r} in the journal", "list all runs: lambda-rlm runs")
        if len(found) > 1:
            raise JournalProblem(f"{name!r} matches several runs", "list all runs: lambda-rlm runs")
        run = _run(found[0])
        if run.state == UNREADABLE:
            raise not_ours(run.id)
        return run

    def calls(self, run: str) -> list[CallRow]:
        """The calls of a run, in the order of sessions and of the data."""
        rows = [_call(row) for row in self._all("SELECT * FROM calls WHERE run = ?", run)]
        return sorted(rows, key=lambda row: (row.session, row.path, row.call))

    def replies(self, run: str) -> dict[str, Completion]:
        """Everything that was paid for in a run, by the digest of the question."""
        return {row.digest: row.completion for row in self._replies(run)}

    def past(self, run: str) -> Past:
        """What a run goes on with. A call that failed is asked again, so that what its replies cost is spent."""
        stopped = [c for c in self.calls(run) if c.state not in ("running", "replied", "shared")]
        failed = [c for c in stopped if c.state.startswith(_MODEL_FAILED)]
        useless, ended = _names(failed), _names(stopped)
        kept = [row for row in self._replies(run) if row.who not in useless]
        lost = [_paid(c) for c in stopped]
        lost += [_minus(row.completion.usage) for row in kept if row.who in ended]
        programs = self._all("SELECT program, autos FROM programs WHERE run = ?", run)
        return Past(
            {row.digest: row.completion for row in kept},
            {c.last: c.state for c in failed if c.last},
            {program: {int(place): n for place, n in json.loads(autos).items()} for program, autos in programs},
            reduce(add, lost, NO_USAGE),
        )

    def programs(self, run: str) -> list[SourceFile]:
        """The programs that a run began."""
        return [SourceFile(*row) for row in self._all("SELECT name, text FROM programs WHERE run = ? ORDER BY program", run)]

    def prune(self, days: float = KEEP_DAYS, most_bytes: int = MOST_BYTES, *, shrinks: bool = False) -> int:
        """Forget runs that began longer ago, and the oldest while the file is larger; how many were forgotten. A run that still
        goes on is kept. `shrinks` gives the room back to the disk."""
        gone = 0
        for row in self._dispensable(days, most_bytes):
            if not row.is_going_on:
                gone += self._do("DELETE FROM runs WHERE id = ?", row.id) > 0
        if gone and shrinks:
            with problems(self.path):
                self._database.execute("VACUUM")
        return gone

    def _dispensable(self, days: float, most_bytes: int) -> Iterator[RunRow]:
        """Runs that are too old, then the oldest for as long as the file is too large; the others are not looked at."""
        yield from map(_run, self._all(f"{_RUN} WHERE started < ? ORDER BY started, id", time.time() - days * 86_400))
        if self._size() > most_bytes:
            for row in self._all(f"{_RUN} ORDER BY started, id"):
                if self._size() <= most_bytes:
                    return
                yield _run(row)

    def _size(self) -> int:
        """Bytes of the file that are in use."""
        (pages,), (free,), (size,) = (self._all(f"PRAGMA {name}")[0] for name in ("page_count", "freelist_count", "page_size"))
        return int((pages - free) * size)

    def _replies(self, run: str) -> list[_ReplyRow]:
        sql = "SELECT session, program, call, path, digest, text, stop, usage, model FROM replies WHERE run = ?"
        return [
            _ReplyRow(
                (session, program, call, path),
                digest,
                Completion(text, _usage(json.loads(usage)), StopReason(stop), model, is_remembered=True),
            )
            for session, program, call, path, digest, text, stop, usage, model in self._all(sql, run)
        ]

    def _all(self, sql: str, *values: Any) -> list[Any]:
        with problems(self.path):
            return [tuple(map(_told, row)) for row in self._database.execute(sql, values)]

    def _do(self, sql: str, *values: Any) -> int:
        """How many rows it changed, those that went with them included."""
        with problems(self.path):
            before = self._database.total_changes
            commit(self._database, [(sql, values)])
            return self._database.total_changes - before


def _told(value: Any) -> Any:
    """A value as it was told: bytes stand for a text that is none for the database."""
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else value


def _names(calls: Iterable[CallRow]) -> set[tuple[int, str, int, str]]:
    return {(c.session, c.program, c.call, json.dumps(c.path)) for c in calls}


def _paid(call: CallRow) -> Usage:
    """What a call used in its own session."""
    if call.usage is None:
        return NO_USAGE
    remembered = call.usage.get("remembered")
    used = _usage(call.usage)
    return used if remembered is None else used + _minus(_usage(remembered))


def _minus(usage: Usage) -> Usage:
    cost = None if usage.cost is None else -usage.cost
    return Usage(-usage.input_tokens, -usage.output_tokens, -usage.cached_tokens, cost, -usage.attempts)


def _run(row: Any) -> RunRow:
    id_, started, ended, state, owner_, session, what, outcome = row
    try:
        told, came = json.loads(what), json.loads(outcome or "{}")
    except ValueError:
        told = came = None
    if not isinstance(told, dict) or not isinstance(came, dict):
        return RunRow(id_, started, ended, UNREADABLE, owner_, session, {}, None)
    return RunRow(id_, started, ended, state, owner_, session, told, None if outcome is None else came)


def _call(row: Any) -> CallRow:
    (
        _, session, program, call, path, digest, model, place, sample, prompt, shown, started, seconds, state, usage, coercions, last,
    ) = row  # fmt: skip
    start, end = json.loads(place)
    return CallRow(
        session, call, tuple(json.loads(path)), digest, model, (start, end), sample, prompt,
        tuple((name, a, b) for name, a, b in json.loads(shown)), started, seconds, state,
        None if usage is None else json.loads(usage), program, tuple(json.loads(coercions or "[]")), last or "",
    )  # fmt: skip


def _usage(told: Mapping[str, Any]) -> Usage:
    return Usage(told["input_tokens"], told["output_tokens"], told["cached_tokens"], told["usd"], told["attempts"])
