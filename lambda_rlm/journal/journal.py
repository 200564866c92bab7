"""The journal: what was run, every call of it, and every reply that was paid for.

Owns `Journal`: beginning runs, reading them, forgetting them. Promises: a reply that is in the journal is never paid again,
except where the call came to nothing with it; a run that still goes on is neither resumed nor forgotten. Contents of inputs are
not written, nor prompts (their identity, and which parts of which input stood in them; of what a root model was asked, all but
what it was shown of contents), nor keys.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from math import inf
from operator import add
from pathlib import Path
from typing import Any, Final

from lambda_rlm.completion import NO_USAGE, Completion, Usage
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.options import run_id
from lambda_rlm.journal.chain import (
    BEGUN,
    DELETED,
    JournalRecord,
    Sealing,
    Verified,
    add_head,
    as_text,
    committed,
    has_chain,
    key_of,
    last,
    verify,
    verify_heads,
)
from lambda_rlm.journal.data_folder import data_folder
from lambda_rlm.journal.entry import APPROVED, JournalEntry
from lambda_rlm.journal.records import (
    UNREADABLE,
    CallRow,
    CallUse,
    Damaged,
    ReplyRow,
    RunRow,
    autos_in,
    call_row,
    call_use,
    damage,
    has_reply_to_keep,
    minus,
    paid_of,
    reply_row,
    run_row,
    text_in,
    who_of,
)
from lambda_rlm.journal.retention import KEEP_DAYS, MOST_BYTES
from lambda_rlm.journal.store import JournalProblem, connect, problems
from lambda_rlm.owner import owner, person
from lambda_rlm.release import VERSION

_RUN: Final = "SELECT id, started, ended, state, owner, session, what, outcome FROM runs"
_DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Past:
    """What a run has come to so far. `replies` are those it goes on with, by the digest of the question; `failures` the codes
    with which calls ended, by the digest of their last attempt; `autos` what the planner chose, by program and place; `spent`
    what was used for calls that are asked again; `extra` how many attempts the replies took from the pool of their session."""

    replies: Mapping[str, Completion]
    failures: Mapping[str, str]
    autos: Mapping[str, Mapping[int, int]]
    spent: Usage
    extra: int = 0


def granted(what: Mapping[str, Any]) -> Mapping[str, Any]:
    """The calls and dollars that the first session of a run had, in the keys of settings."""
    settings = what.get("settings") or {}
    return what.get("granted") or {name: settings.get(name) for name in ("max_calls", "max_cost")}


def default_journal() -> Path:
    """Where runs are written when nobody says otherwise."""
    return data_folder() / "journal.sqlite3"


class Journal:
    """The journal in a file. Opening raises `JournalProblem`; so does reading. Use it as a context manager."""

    def __init__(self, path: str | Path | None = None, *, is_new: bool = True) -> None:
        self.path = Path(os.path.expanduser(path)) if path is not None else default_journal()
        self._database = connect(self.path, is_new=is_new)
        self._database.text_factory = _decoded

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def begin(self, what: Mapping[str, Any], id: str | None = None) -> JournalEntry:
        """A new run; raises `JournalProblem` when it cannot be written, before anything is asked of a model."""
        name = id or run_id()
        sealing = Sealing(name)
        sql = "INSERT INTO runs VALUES (?, ?, NULL, 'running', ?, 0, ?, NULL)"
        begun = JournalRecord(sql, (name, time.time(), owner(), json.dumps(what)), BEGUN, told=_by(0))
        with problems(self.path):
            committed(self._database, lambda: sealing.write(self._database, [begun]))
        return JournalEntry(self.path, name, 0, sealing)

    def resume(self, run: RunRow, what: Mapping[str, Any]) -> JournalEntry:
        """One more session of a run, of which is kept what `what` does not say; raises `JournalProblem` for one that goes on,
        here or in another process."""
        merged = {**run.what.get("settings", {}), **what.get("settings", {})}
        told = json.dumps({**run.what, **what, "settings": merged, "granted": granted(run.what)})
        sql = "UPDATE runs SET state = 'running', ended = NULL, owner = ?, session = ?, what = ? WHERE id = ? AND session = ?"
        session = run.session + 1
        values = (owner(), session, told, run.id, run.session)

        def begun() -> Sealing | None:
            sealing = last(self._database, run.id)
            before = sealing.link
            sealing.write(self._database, [JournalRecord(sql, values, BEGUN, told=_by(session))])
            return sealing if sealing.link > before else None

        with problems(self.path):
            sealing = None if run.is_going_on else committed(self._database, begun)
        if sealing is None:
            raise JournalProblem(f"run {run.id} is still in progress", "wait until it ends, or stop it")
        return JournalEntry(self.path, run.id, session, sealing)

    def runs(self, most: int | None = 50, since: float = -inf) -> list[RunRow]:
        """The latest runs that began at `since` or later, the last first; None: all. One that nobody can read is in its place,
        with the state `unreadable`."""
        limit = -1 if most is None else most
        rows = self._all(f"{_RUN} WHERE started >= ? ORDER BY started DESC, id DESC LIMIT ?", since, limit)
        return [run_row(row, self._head(row[0])) for row in rows]

    def ids(self) -> list[str]:
        """The ids of all runs, the first first."""
        return [str(id_) for (id_,) in self._all("SELECT id FROM runs ORDER BY started, id")]

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
        run = run_row(found[0], self._head(found[0][0]))
        if run.state == UNREADABLE:
            raise Damaged(run.id, "its own row")
        return run

    def intact(self, run: str) -> None:
        """Raises `Damaged` for a run whose records are not those that were written."""
        if found := self.changed(run):
            raise Damaged(run, found[0])

    def changed(self, run: str) -> list[str]:
        """Which records of a run are not those that were written."""
        return self._verified([run])[0].findings

    def verify(self) -> tuple[str, list[str], list[Verified]]:
        """The head of the journal, what is wrong with the chain of heads, and what became of each run's records."""
        with problems(self.path):
            self._database.execute("BEGIN")
            try:
                runs = self._verified(self.ids())
                heads = {one.run: one.head for one in runs}
                head, findings = verify_heads(self._database, heads)
                findings += self._parted(heads)
            finally:
                self._database.execute("ROLLBACK")
        return head, findings, runs

    def _parted(self, heads: Mapping[str, str]) -> list[str]:
        """Which runs followed another one whose records are not those that they followed; a run that was deleted is none."""
        follows = {row.id: row.what.get("follows") for row in self.runs(None)}
        return [
            f"run {run} followed other records of run {was['run']} than are there"
            for run, was in follows.items()
            if was is not None and was["head"] and heads.get(was["run"], was["head"]) != was["head"]
        ]

    def sessions(self, run: str) -> list[dict[str, Any]]:
        """Who began each session of a run and with which version, what was approved, and the state in which it ended; none for
        runs of older versions."""
        marks = f"'{BEGUN}', '{APPROVED}'"
        rows = self._sealed(f"SELECT kind, told FROM seals WHERE run = ? AND kind IN ({marks}) ORDER BY link", run)
        with damage(run, "the record of a session"):
            return [{"what": kind, **dict(json.loads(told))} for kind, told in rows]

    def calls(self, run: str) -> list[CallRow]:
        """The calls of a run, in the order of sessions and of the data."""
        kinds = {"call": "value", "reply": "served"}
        known: dict[tuple[str, str], Mapping[str, Any]] = {}
        for kind, key, told in self._sealed("SELECT kind, key, told FROM seals WHERE run = ? AND told != ''", run):
            if kind in kinds:
                with damage(run, "the record of a call"):
                    known[kind, key] = dict(json.loads(told))
        rows = []
        for row in self._all("SELECT * FROM calls WHERE run = ?", run):
            own, last_digest = known.get(("call", key_of("call", row)), {}), row[16]
            rows.append(call_row(row, {**known.get(("reply", str(last_digest)), {}), **own}))
        return sorted(rows, key=lambda row: (row.session, row.path, row.call))

    def used(self, run: str) -> list[CallUse]:
        """What each call of a run used that was asked of a model."""
        rows = self._all("SELECT model, state, usage FROM calls WHERE run = ?", run)
        return [use for row in rows if (use := call_use(run, row)) is not None]

    def reply_rows(self, run: str) -> list[ReplyRow]:
        """Everything that was paid for in a run, with the calls that it was paid for; a question has one reply, the last."""
        return self._replies(run)

    def replies(self, run: str) -> dict[str, Completion]:
        """Everything that was paid for in a run, by the digest of the question."""
        return {row.digest: row.completion for row in self._replies(run)}

    def extra_before(self, run: str) -> int:
        """The attempts that replies took from the pools of the sessions of a run before its last."""
        rows = self._replies(run)
        newest = max((row.who[0] for row in rows), default=0)
        return sum(row.completion.usage.extra for row in rows if row.who[0] < newest)

    def past(self, run: str) -> Past:
        """What a run goes on with. A call that failed is asked again, so that what its replies cost is spent."""
        stopped = [c for c in self.calls(run) if c.state not in ("running", "replied", "shared")]
        failed = [c for c in stopped if not has_reply_to_keep(c)]
        useless, ended = _names(failed), _names(stopped)
        kept = [row for row in self._replies(run) if row.who not in useless]
        with damage(run, "the record of a call"):
            lost = [NO_USAGE if c.usage is None else paid_of(c.usage) for c in stopped]
        lost += [minus(row.completion.usage) for row in kept if row.who in ended]
        programs = self._all("SELECT program, autos FROM programs WHERE run = ?", run)
        return Past(
            {row.digest: row.completion for row in kept},
            {c.last: c.state for c in failed if c.last},
            {text_in(run, program, "the record of a program"): autos_in(run, autos) for program, autos in programs},
            reduce(add, lost, NO_USAGE),
            sum(row.completion.usage.extra for row in kept),
        )

    def programs(self, run: str) -> list[SourceFile]:
        """The programs that a run began."""
        rows = self._all("SELECT name, text FROM programs WHERE run = ? ORDER BY program", run)
        return [SourceFile(*(text_in(run, cell, "the record of a program") for cell in row)) for row in rows]

    def prune(
        self, days: float = KEEP_DAYS, most_bytes: int = MOST_BYTES, *, shrinks: bool = False, now: float | None = None
    ) -> int:
        """Forget runs that began more than `days` before `now` (None: the clock's), and the oldest while the file is larger;
        how many were forgotten. A run that still goes on is kept. `shrinks` gives the room back to the disk."""
        gone = 0
        for row in self._dispensable(days, most_bytes, time.time() if now is None else now):
            if not row.is_going_on:
                gone += self._deleted(row.id)
        if gone and shrinks:
            with problems(self.path):
                self._database.execute("VACUUM")
        return gone

    def _deleted(self, run: str) -> bool:
        """Forget a run; its head stays, as one of the journal's."""

        def deleted() -> bool:
            head = last(self._database, run).seal if has_chain(self._database) else ""
            is_gone = self._database.execute("DELETE FROM runs WHERE id = ?", (run,)).rowcount > 0
            if is_gone and has_chain(self._database):
                add_head(self._database, run, DELETED, head)
            return is_gone

        with problems(self.path):
            return committed(self._database, deleted)

    def credible_now(self) -> float:
        """The time by the clock, but at most a day after the newest run that began a day ago or more: what is forgotten without
        being asked for is not forgotten because the clock was wrong once."""
        now = time.time()
        ((newest,),) = self._all("SELECT max(started) FROM runs WHERE started < ?", now - _DAY)
        return now if newest is None else min(now, newest + _DAY)

    def _dispensable(self, days: float, most_bytes: int, now: float) -> Iterator[RunRow]:
        """Runs that are too old, then the oldest for as long as the file is too large; the others are not looked at."""
        old = self._all(f"{_RUN} WHERE started < ? ORDER BY started, id", now - days * _DAY)
        yield from (run_row(row) for row in old)
        if self._size() > most_bytes:
            for row in self._all(f"{_RUN} ORDER BY started, id"):
                if self._size() <= most_bytes:
                    return
                yield run_row(row)

    def _size(self) -> int:
        """Bytes of the file that are in use."""
        (pages,), (free,), (size,) = (self._all(f"PRAGMA {name}")[0] for name in ("page_count", "freelist_count", "page_size"))
        return int((pages - free) * size)

    def _replies(self, run: str) -> list[ReplyRow]:
        sql = "SELECT session, program, call, path, digest, text, stop, usage, model FROM replies WHERE run = ?"
        return [reply_row(run, row) for row in self._all(sql, run)]

    def _verified(self, runs: Iterable[str]) -> list[Verified]:
        with problems(self.path):
            return [verify(self._database, run) for run in runs]

    def _head(self, run: object) -> str:
        """The end of the chain of a run's records; empty where it has none."""
        rows = self._sealed("SELECT seal FROM seals WHERE run = ? ORDER BY link DESC LIMIT 1", run)
        return str(rows[0][0]) if rows else ""

    def _sealed(self, sql: str, *values: Any) -> list[Any]:
        """Rows of the chain; none in a journal of an older version that may only be read."""
        with problems(self.path):
            is_there = has_chain(self._database)
        return self._all(sql, *values) if is_there else []

    def _all(self, sql: str, *values: Any) -> list[Any]:
        with problems(self.path):
            return [tuple(map(as_text, row)) for row in self._database.execute(sql, values)]


def _decoded(data: bytes) -> str | bytes:
    """A text of the database; what is no text stays bytes, so that one cell does not keep the others from being read."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def _by(session: int) -> str:
    """Who began a session, with what."""
    return json.dumps({"session": session, "version": VERSION, **person()})


def _names(calls: Iterable[CallRow]) -> set[tuple[int, str, int, str]]:
    return set(map(who_of, calls))
