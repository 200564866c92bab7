"""One session of one run, as it is written to the journal while it goes on.

Owns `JournalEntry`, a `Tracer`. Promises: events are handed to a thread, which makes rows of them and writes these in groups,
each group durable before the next, so that the run never waits for the disk; `end` returns when everything is written, or
cannot be, which is then in `trouble` and takes no answer away.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import field
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final

from lambda_rlm.completion import NO_USAGE, Usage
from lambda_rlm.data_class import dataclass
from lambda_rlm.events import CallFinished, CallStarted, Event, ProgramStarted, Replied, Routed
from lambda_rlm.journal.chain import ENDED, JournalRecord, Sealing, committed
from lambda_rlm.journal.store import JournalProblem, connect, problems, refuse_other
from lambda_rlm.private_file import readable
from lambda_rlm.trace.jsonl import routed_json, usage_json

Told = tuple[float, Event | JournalRecord] | None
"""An event or a record, and when it was reported; None is the end."""

APPROVED: Final = "approved"

_MOST_ROWS: Final = 500
"""Rows of one group."""

_PROGRAM: Final = "INSERT OR REPLACE INTO programs VALUES (?, ?, ?, ?, ?, ?)"
_ROUTED: Final = "UPDATE runs SET what = json_set(what, '$.routed', json(?)) WHERE id = ?"
_MODELS: Final = "UPDATE runs SET what = json_set(what, '$.profiles', json(?)) WHERE id = ?"
_STARTED: Final = "INSERT OR REPLACE INTO calls VALUES (?,?,?,?,?,?,?,?,?,?,?,?, NULL, 'running', NULL, NULL, NULL)"
_SHARED: Final = "INSERT OR IGNORE INTO calls VALUES (?,?,?,?,?,?,?,?,?,?,?,?, 0, 'shared', NULL, NULL, NULL)"
_REPLIED: Final = "INSERT OR REPLACE INTO replies VALUES (?,?,?,?,?,?,?,?,?,?,?)"
_FINISHED: Final = (
    "UPDATE calls SET seconds = ?, state = ?, usage = ?, coercions = ?, last = ? "
    "WHERE run = ? AND session = ? AND program = ? AND call = ? AND path = ?"
)


@dataclass(eq=False)
class JournalEntry:
    """One session of one run, `session` counted from 0. `trouble` is what went wrong with the writing."""

    path: Path
    id: str
    session: int
    sealing: Sealing
    trouble: JournalProblem | None = None
    _queue: SimpleQueue[Told] = field(default_factory=SimpleQueue, repr=False)
    _writer: threading.Thread | None = field(default=None, repr=False)
    _file: os.stat_result | None = field(default=None, init=False, repr=False)
    """Which file is at the path as the session begins."""
    _remembered: dict[tuple[str, int], Usage] = field(default_factory=dict, repr=False)
    _begun: dict[tuple[Any, ...], tuple[Any, ...]] = field(default_factory=dict, repr=False)
    """Calls that have begun and not ended, by their names: a call is sealed as a whole."""

    def __post_init__(self) -> None:
        with suppress(OSError):
            self._file = readable(self.path)

    def __call__(self, event: Event) -> None:
        self._put((time.time(), event))

    def models(self, profiles: Mapping[str, Mapping[str, Any]]) -> None:
        """What is known of the models, by their roles."""
        self._put((time.time(), JournalRecord(_MODELS, (json.dumps(profiles), self.id), "models")))

    def approved(self, how: Mapping[str, Any]) -> None:
        """Somebody approved of what runs next."""
        now = time.time()
        self._put((now, JournalRecord("", (), APPROVED, told=json.dumps({"session": self.session, "at": now, **how}))))

    def end(self, state: str, outcome: Mapping[str, Any] | None) -> None:
        """The session is over."""
        sql = "UPDATE runs SET ended = ?, state = ?, outcome = ? WHERE id = ?"
        told = None if outcome is None else json.dumps(outcome)
        now = time.time()
        self._put((now, JournalRecord(sql, (now, state, told, self.id), ENDED, told=json.dumps({"session": self.session}))))
        self._queue.put(None)
        if self._writer is not None:
            self._writer.join()

    def _put(self, told: Told) -> None:
        if self._writer is None:
            self._writer = threading.Thread(target=self._write, name="journal", daemon=True)
            self._writer.start()
        self._queue.put(told)

    def _write(self) -> None:
        try:
            with problems(self.path), closing(connect(self.path, is_new=False)) as database:
                while self._group(database):
                    refuse_other(self.path, self._file)
                refuse_other(self.path, self._file)
        except JournalProblem as problem:
            self.trouble = problem
        except Exception as error:  # noqa: BLE001 - a thread that ends without a word would leave a run that never ends
            self.trouble = JournalProblem(f"cannot write the journal {self.path}: {type(error).__name__}: {error}")

    def _group(self, database: sqlite3.Connection) -> bool:
        """Write what has come in the meantime; false at the end."""
        rows: list[JournalRecord] = []
        item = self._queue.get()
        while item is not None:
            rows += self._rows(*item)
            if len(rows) >= _MOST_ROWS or self._queue.empty():
                break
            item = self._queue.get()
        if rows:
            committed(database, lambda: self.sealing.write(database, rows))
        return item is not None

    def _rows(self, at: float, event: Event | JournalRecord) -> list[JournalRecord]:
        if isinstance(event, JournalRecord):
            return [event]
        if isinstance(event, CallStarted):
            return [JournalRecord(_STARTED, self._started(at, event))]
        if isinstance(event, Replied):
            return self._replied(event)
        if isinstance(event, CallFinished):
            return [self._finished(at, event)]
        if isinstance(event, Routed):
            return [self._routed(event)]
        if isinstance(event, ProgramStarted):
            values = (
                self.id,
                event.program,
                event.name,
                event.text,
                json.dumps(dict(event.autos)),
                json.dumps(dict(event.bound)),
            )
            program = JournalRecord(_PROGRAM, values, "program", values)
            return [program, *([] if event.routed is None else [self._routed(event.routed)])]
        return []

    def _routed(self, decision: Routed) -> JournalRecord:
        return JournalRecord(_ROUTED, (json.dumps(routed_json(decision)), self.id), "routed")

    def _started(self, at: float, event: CallStarted) -> tuple[Any, ...]:
        request, place = event.request, (event.span.start, event.span.end)
        characters = sum(len(message.content) for message in request.messages)
        who = (self.id, self.session, event.program, event.call, _listed(event.path), request.digest, event.model)
        values = (*who, _listed(place), request.sampling.seed, characters, json.dumps(event.shown), at)
        self._begun[values[:5]] = values
        return values

    def _replied(self, event: Replied) -> list[JournalRecord]:
        reply = event.completion
        if reply.is_remembered:
            key = (event.program, event.call)
            self._remembered[key] = self._remembered.get(key, NO_USAGE) + reply.usage
            return []
        who = (self.id, event.digest, self.session, event.program, event.call, _listed(event.path))
        usage = json.dumps(usage_json(reply.usage))
        values = (*who, reply.text, reply.stop_reason.value, usage, reply.model, float(event.seconds))
        served = json.dumps({"served": reply.served}) if reply.served else ""
        return [JournalRecord(_REPLIED, values, "reply", values, served)]

    def _finished(self, at: float, event: CallFinished) -> JournalRecord:
        who = (self.id, self.session, event.program, event.call, _listed(event.path))
        if event.is_shared:
            shared = (*who, "", "", _listed((event.span.start, event.span.end)), None, 0, json.dumps(event.shown), at)
            return JournalRecord(_SHARED, shared, "call", (*shared, 0.0, "shared", None, None, None))
        usage = usage_json(event.usage)
        remembered = self._remembered.pop((event.program, event.call), None)
        if remembered is not None:
            usage["remembered"] = usage_json(remembered)
        state = event.failure or "replied"
        told = (
            float(event.seconds),
            state,
            json.dumps(usage),
            json.dumps(event.coercions) if event.coercions else "[]",
            event.digest,
        )
        begun = self._begun.pop(who, None)
        contents = () if begun is None else (*begun, *told)
        return JournalRecord(_FINISHED, (*told, *who), "call", contents, _beside(event))


def _beside(event: CallFinished) -> str:
    """What is on record of a call beside its row: the digest of its value, and what was wrong with replies by their digest."""
    if event.faulty:
        return json.dumps({**({"value": event.value} if event.value else {}), "faulty": dict(event.faulty)})
    return f'{{"value": "{event.value}"}}' if event.value else ""


def _listed(numbers: Iterable[int]) -> str:
    """Whole numbers as a list in JSON: what each call has several of, written faster than by `json`."""
    return f"[{', '.join(map(str, numbers))}]"
