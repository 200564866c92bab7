"""The journal: what was run, every call of it, and every reply that was paid for, written while the run goes on.

Owns `Journal`, one run's `Entry` (a `Tracer`), and reading. Promises: events are handed to a thread that writes them in groups,
each group durable before the next (WAL, synchronous=FULL), so that the run never waits for the disk; a reply that is in the
journal is never paid again; what cannot be written is told once by `trouble`, and takes no answer away. Contents of
inputs are not written, nor prompts (their identity, and which parts of which input stood in them), nor keys.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from lambda_rlm.completion import Completion, StopReason, Usage
from lambda_rlm.events import CallFinished, CallStarted, Event, Replied
from lambda_rlm.trace.data_folder import data_folder
from lambda_rlm.trace.jsonl import usage_json
from lambda_rlm.trace.retention import KEEP_DAYS, MOST_BYTES
from lambda_rlm.trace.run_id import run_id
from lambda_rlm.trace.store import JournalProblem, connect, problems

Row = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as the journal has it. `what` says what was run, in the keys of who began it; `outcome` what came of it."""

    id: str
    started: float
    ended: float | None
    state: str
    what: Mapping[str, Any]
    outcome: Mapping[str, Any] | None


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


def default_journal() -> Path:
    """Where runs are written when nobody says otherwise."""
    return data_folder() / "journal.sqlite3"


class Journal:
    """The journal in a file. Opening raises `JournalProblem`; so does reading. Use it as a context manager."""

    def __init__(self, path: str | Path | None = None, *, is_new: bool = True) -> None:
        self.path = Path(path).expanduser() if path is not None else default_journal()
        self._reading = connect(self.path, is_new=is_new)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self._reading.close()

    def begin(self, what: Mapping[str, Any]) -> Entry:
        """A new run; raises `JournalProblem` when it cannot be written, before anything is asked of a model."""
        entry = Entry(self.path, run_id(), 0)
        sql = "INSERT INTO runs VALUES (?, ?, NULL, 'running', ?, NULL)"
        entry.write_now([(sql, (entry.id, time.time(), json.dumps(what, ensure_ascii=False)))])
        return entry

    def resume(self, run: RunRow, what: Mapping[str, Any]) -> Entry:
        """One more session of a run."""
        (last,) = self._one("SELECT max(session) FROM calls WHERE run = ?", (run.id,)) or (None,)
        entry = Entry(self.path, run.id, 0 if last is None else last + 1)
        sql = "UPDATE runs SET state = 'running', ended = NULL, what = ? WHERE id = ?"
        entry.write_now([(sql, (json.dumps(what, ensure_ascii=False), run.id))])
        return entry

    def runs(self, most: int = 50) -> list[RunRow]:
        """The latest runs, the last first."""
        return [_run(row) for row in self._all("SELECT * FROM runs ORDER BY started DESC, id DESC LIMIT ?", (most,))]

    def run(self, name: str) -> RunRow:
        """The run of an id, of the beginning or end of one, or `last`; raises `JournalProblem` for none and for several."""
        if name == "last":
            found = self._all("SELECT * FROM runs ORDER BY started DESC, id DESC LIMIT 1", ())
        else:
            wanted = name.upper()
            sql = "SELECT * FROM runs WHERE substr(id, 1, ?) = ? OR substr(id, -?) = ? LIMIT 2"
            found = self._all(sql, (len(wanted), wanted, len(wanted), wanted)) if wanted else []
        if not found:
            raise JournalProblem(f"the journal has no run {name!r}", "lambda-rlm runs")
        if len(found) > 1:
            raise JournalProblem(f"the journal has several runs that begin or end with {name!r}", "lambda-rlm runs")
        return _run(found[0])

    def calls(self, run: str) -> list[CallRow]:
        """The calls of a run, in the order of sessions and of the data."""
        rows = [_call(row) for row in self._all("SELECT * FROM calls WHERE run = ?", (run,))]
        return sorted(rows, key=lambda row: (row.session, row.path, row.call))

    def replies(self, run: str) -> dict[str, Completion]:
        """What was paid for in a run, by the digest of the question."""
        rows = self._all("SELECT digest, text, stop, usage, model FROM replies WHERE run = ?", (run,))
        return {
            digest: Completion(text, _usage(json.loads(usage)), StopReason(stop), model)
            for digest, text, stop, usage, model in rows
        }

    def prune(self, days: float = KEEP_DAYS, most_bytes: int = MOST_BYTES) -> int:
        """Forget runs that ended longer ago, and the oldest while the file is larger; how many were forgotten."""
        with problems(self.path):
            before = time.time() - days * 86_400
            gone = self._reading.execute("DELETE FROM runs WHERE ended IS NOT NULL AND ended < ?", (before,)).rowcount
            while self._size() > most_bytes:
                sql = "DELETE FROM runs WHERE id IN (SELECT id FROM runs WHERE state <> 'running' ORDER BY started LIMIT 10)"
                count = self._reading.execute(sql).rowcount
                if not count:
                    break
                gone += count
            return gone

    def _size(self) -> int:
        (pages,), (free,), (size,) = (
            self._reading.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def _all(self, sql: str, values: tuple[Any, ...]) -> list[Any]:
        with problems(self.path):
            return self._reading.execute(sql, values).fetchall()

    def _one(self, sql: str, values: tuple[Any, ...]) -> Any:
        found = self._all(sql, values)
        return found[0] if found else None


@dataclass(eq=False)
class Entry:
    """One session of one run, written by a thread of its own. A `Tracer`; `trouble` is what went wrong with the writing."""

    path: Path
    id: str
    session: int
    trouble: JournalProblem | None = None
    _queue: SimpleQueue[Row | threading.Event | None] = field(default_factory=SimpleQueue, repr=False)
    _writer: threading.Thread | None = field(default=None, repr=False)

    def write_now(self, rows: Iterable[Row]) -> None:
        """Write without the thread; raises `JournalProblem`."""
        with problems(self.path), closing(connect(self.path)) as database:
            _commit(database, list(rows))

    def __call__(self, event: Event) -> None:
        if isinstance(event, CallStarted):
            request = event.request
            self._put(
                "INSERT OR REPLACE INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, 'running', NULL)",
                self.id, self.session, event.call, json.dumps(event.path), request.digest, event.model,
                json.dumps((event.span.start, event.span.end)), request.sampling.seed,
                sum(len(message.content) for message in request.messages), json.dumps(event.shown), time.time(),
            )  # fmt: skip
        elif isinstance(event, Replied):
            reply = event.completion
            self._put(
                "INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?, ?, ?, ?)",
                self.id, event.digest, reply.text, reply.stop_reason.value, json.dumps(usage_json(reply.usage)), reply.model,
                event.seconds,
            )  # fmt: skip
        elif isinstance(event, CallFinished):
            state = "shared" if event.is_shared else event.failure or "replied"
            if event.is_shared:
                self._put(
                    "INSERT OR REPLACE INTO calls VALUES (?, ?, ?, ?, '', '', ?, NULL, 0, '[]', ?, 0, 'shared', NULL)",
                    self.id, self.session, event.call, json.dumps(event.path), json.dumps((event.span.start, event.span.end)),
                    time.time(),
                )  # fmt: skip
            else:
                self._put(
                    "UPDATE calls SET seconds = ?, state = ?, usage = ? WHERE run = ? AND session = ? AND call = ? AND path = ?",
                    event.seconds, state, json.dumps(usage_json(event.usage)), self.id, self.session, event.call,
                    json.dumps(event.path),
                )  # fmt: skip

    def end(self, state: str, outcome: Mapping[str, Any] | None) -> None:
        """The session is over; returns when everything is on the disk, or cannot be: see `trouble`."""
        sql = "UPDATE runs SET ended = ?, state = ?, outcome = ? WHERE id = ?"
        self._put(sql, time.time(), state, None if outcome is None else json.dumps(outcome, ensure_ascii=False), self.id)
        self._queue.put(None)
        if self._writer is not None:
            self._writer.join()

    def flush(self) -> None:
        """Returns when everything told so far is on the disk."""
        if self._writer is not None:
            done = threading.Event()
            self._queue.put(done)
            done.wait()

    def _put(self, sql: str, *values: Any) -> None:
        if self._writer is None:
            self._writer = threading.Thread(target=self._write, name="journal", daemon=True)
            self._writer.start()
        self._queue.put((sql, values))

    def _write(self) -> None:
        """Write in groups what has come in the meantime, until the end."""
        try:
            with problems(self.path), closing(connect(self.path)) as database:
                while self._group(database):
                    pass
        except JournalProblem as problem:
            self.trouble = problem
            while (item := self._queue.get()) is not None:
                if isinstance(item, threading.Event):
                    item.set()

    def _group(self, database: sqlite3.Connection) -> bool:
        """Write one group; false at the end."""
        rows: list[Row] = []
        waiting: list[threading.Event] = []
        item = self._queue.get()
        while True:
            if item is None or isinstance(item, threading.Event):
                waiting += [item] if item is not None else []
                break
            rows.append(item)
            if self._queue.empty():
                break
            item = self._queue.get()
        try:
            _commit(database, rows)
        finally:
            for done in waiting:
                done.set()
            if item is None:
                self._queue.put(None)  # for whoever empties the queue after a failure
        return item is not None


def _commit(database: sqlite3.Connection, rows: list[Row]) -> None:
    if not rows:
        return
    database.execute("BEGIN IMMEDIATE")
    try:
        for sql, values in rows:
            database.execute(sql, values)
        database.execute("COMMIT")
    except sqlite3.DatabaseError:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def _run(row: Any) -> RunRow:
    id_, started, ended, state, what, outcome = row
    return RunRow(id_, started, ended, state, json.loads(what), None if outcome is None else json.loads(outcome))


def _call(row: Any) -> CallRow:
    _, session, call, path, digest, model, place, sample, prompt, shown, started, seconds, state, usage = row
    start, end = json.loads(place)
    return CallRow(
        session, call, tuple(json.loads(path)), digest, model, (start, end), sample, prompt,
        tuple((name, a, b) for name, a, b in json.loads(shown)), started, seconds, state, None if usage is None else json.loads(usage),
    )  # fmt: skip


def _usage(told: Mapping[str, Any]) -> Usage:
    return Usage(told["input_tokens"], told["output_tokens"], told["cached_tokens"], told["usd"], told["attempts"])
