"""The chain over a journal: what was written, in which order, so that a change is found.

Owns the seals of each run's records and the heads of the whole journal, their writing and their verifying. Promises that every
record is sealed in the transaction that writes it: a seal is the SHA-256 of the seal before it, the record's name and the
digest of its contents, so that a record that was changed, removed, inserted or moved is found and named; that the beginning,
the end and the deletion of a run are heads in a chain of their own, so that a whole run cannot go or come unseen. What it
cannot show: whoever may write the file may make a new chain for all of it. A head that was noted elsewhere proves what is
before it."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import field
from typing import Any, Final, TypeVar

from lambda_rlm.data_class import dataclass

T = TypeVar("T")

TABLES: Final = (
    """CREATE TABLE IF NOT EXISTS seals (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, link INTEGER NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
    digest TEXT NOT NULL, told TEXT NOT NULL, seal TEXT NOT NULL, PRIMARY KEY (run, link)
) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS heads (
    number INTEGER PRIMARY KEY, at REAL NOT NULL, run TEXT NOT NULL, what TEXT NOT NULL, head TEXT NOT NULL, seal TEXT NOT NULL
)""",
)

COLUMNS: Final = {
    "seals": ("run", "link", "kind", "key", "digest", "told", "seal"),
    "heads": ("number", "at", "run", "what", "head", "seal"),
}
"""The columns of the tables."""

BEGUN, ENDED, DELETED, OLDER = "begun", "ended", "deleted", "older"
"""What a head is of; an older run was written before records were sealed."""

RUN: Final = "run"
_RUN_ROW: Final = "SELECT id, started, ended, state, owner, session, what, outcome FROM runs WHERE id = ?"
_RECORDS: Final = {
    "program": ("SELECT run, program, name, text, autos, bound FROM programs WHERE run = ?", (1,)),
    "call": (
        "SELECT run, session, program, call, path, digest, model, place, sample, prompt, shown, started, seconds, state, usage, "
        "coercions, last FROM calls WHERE run = ?",
        (1, 2, 3, 4),
    ),
    "reply": (
        "SELECT run, digest, session, program, call, path, text, stop, usage, model, seconds FROM replies WHERE run = ?",
        (1,),
    ),
}
"""The records of a run beside itself: how they are read, and which columns name one."""

_SESSION, _STATE = 1, 13
"""Columns of a call."""


@dataclass(frozen=True, slots=True)
class JournalRecord:
    """A row to be written and sealed: its statement and values, its kind, and `contents`, its columns as they will be read;
    `told` is what else is sealed of it. Without a kind nothing is sealed; without a statement nothing else is written."""

    sql: str
    values: tuple[Any, ...]
    kind: str = ""
    contents: tuple[Any, ...] = ()
    told: str = ""


@dataclass(slots=True)
class Sealing:
    """The end of one run's chain, as its session goes on."""

    run: str
    link: int = 0
    seal: str = ""
    _new: list[tuple[Any, ...]] = field(default_factory=list, repr=False)
    """Seals that are made and not written yet."""

    def write(self, database: sqlite3.Connection, records: Iterable[JournalRecord]) -> None:
        """Write records, and seal those of which a row came. In a transaction."""
        for record in records:
            written = not record.sql or _executed(database, record.sql, record.values)
            if record.kind and written:
                self._seal(database, record)
        new, self._new = self._new, []
        database.executemany("INSERT INTO seals VALUES (?,?,?,?,?,?,?)", new)

    def _seal(self, database: sqlite3.Connection, record: JournalRecord) -> None:
        """Seal a record; of the run's own row, as it is now, the beginning and the end are heads of the journal too."""
        kind = record.kind
        if kind in _RECORDS:
            contents = record.contents or _call_as_it_is(database, record.values)
            self._append(kind, key_of(kind, contents), digest(contents), record.told)
            return
        self._append(kind, RUN, digest(database.execute(_RUN_ROW, (self.run,)).fetchone()), record.told)
        if kind in (BEGUN, ENDED):
            add_head(database, self.run, kind, self.seal)

    def _append(self, kind: str, key: str, contents: str, told: str) -> None:
        self.seal = _sealed(self.seal, kind, key, contents, told)
        self._new.append((self.run, self.link, kind, key, contents, told, self.seal))
        self.link += 1


def _call_as_it_is(database: sqlite3.Connection, finished: Sequence[Any]) -> Sequence[Any]:
    """The row of a call of which the beginning is not known any more: what finishes it ends with its name."""
    sql = f"{_RECORDS['call'][0]} AND session = ? AND program = ? AND call = ? AND path = ?"
    row: Sequence[Any] = database.execute(sql, finished[-5:]).fetchone()
    return row


def last(database: sqlite3.Connection, run: str) -> Sealing:
    """The end of a run's chain."""
    row = database.execute("SELECT link, seal FROM seals WHERE run = ? ORDER BY link DESC LIMIT 1", (run,)).fetchone()
    return Sealing(run) if row is None else Sealing(run, row[0] + 1, row[1])


def add_head(database: sqlite3.Connection, run: str, what: str, head: str) -> None:
    """One more head of the journal. In a transaction."""
    row = database.execute("SELECT number, seal FROM heads ORDER BY number DESC LIMIT 1").fetchone()
    number, before = (0, "") if row is None else (row[0] + 1, str(row[1]))
    at = time.time()
    seal = _sealed(before, str(number), repr(at), run, what, head)
    database.execute("INSERT INTO heads VALUES (?,?,?,?,?,?)", (number, at, run, what, head, seal))


def upgrade(database: sqlite3.Connection) -> None:
    """Give a journal of the form without seals its chain; the runs in it are named as older. In a transaction."""
    for statement in TABLES:
        database.execute(statement)
    for (run,) in database.execute("SELECT id FROM runs ORDER BY started, id").fetchall():
        add_head(database, str(run), OLDER, "")


def has_chain(database: sqlite3.Connection) -> bool:
    """The journal has seals: one that may only be read may be of the form without."""
    return database.execute("SELECT 1 FROM sqlite_schema WHERE name = 'heads'").fetchone() is not None


def digest(contents: Iterable[Any]) -> str:
    """The SHA-256 of a row's columns: texts that are stored as bytes are those texts."""
    told = tuple(contents)
    return _hashed(tuple(map(as_text, told)) if bytes in map(type, told) else told)


def key_of(kind: str, contents: Sequence[Any]) -> str:
    """The name of a record within its run."""
    return " ".join(str(contents[column]) for column in _RECORDS[kind][1])


@dataclass(slots=True)
class Verified:
    """What came of verifying one run: `records` are sealed and as they were written; `unsealed` were written by an older
    version, or not finished; `findings` tells what is not as it was."""

    run: str
    head: str = ""
    records: int = 0
    unsealed: int = 0
    findings: list[str] = field(default_factory=list)


def verify(database: sqlite3.Connection, run: str) -> Verified:
    """Compare the records of a run with their seals."""
    found = Verified(run)
    if not has_chain(database):
        return found
    sealed = _links(database, found)
    is_older = database.execute("SELECT 1 FROM heads WHERE run = ? AND what = ?", (run, OLDER)).fetchone() is not None
    first = min((int(key[1]) for key in sealed if key[0] == "session"), default=None)
    for kind, (sql, _) in _RECORDS.items():
        for row in database.execute(sql, (run,)):
            try:
                _compare(found, kind, row, sealed, is_older, first)
            except (UnicodeDecodeError, TypeError):
                found.findings.append(f"a {kind} is not readable")
    _compare_run(database, found, sealed, is_older)
    for kind, key in sorted(sealed.keys()):
        if kind != "session":
            found.findings.append(f"the {kind} {key} is missing")
    return found


Sealed = dict[tuple[str, str], str]
"""The last digest of each record, by kind and name; and of each session, whether it ended."""


def _links(database: sqlite3.Connection, found: Verified) -> Sealed:
    """Follow the chain of a run from its first link."""
    sealed: Sealed = {}
    sql = "SELECT link, kind, key, digest, told, seal FROM seals WHERE run = ? ORDER BY link"
    for number, (link, kind, key, contents, told, seal) in enumerate(database.execute(sql, (found.run,))):
        if link != number:
            found.findings.append(f"seals are missing before number {link}")
            break
        if seal != _sealed(found.head, str(kind), str(key), str(contents), str(told)):
            found.findings.append(f"seal {link} ({kind} {key}) is not the next of the chain")
            break
        found.head = seal
        if key == RUN:
            if kind in (BEGUN, ENDED):
                session = _session(told)
                if session is None:
                    found.findings.append(f"seal {link} ({kind} {key}) names no session")
                    break
                sealed["session", session] = kind
            kind = RUN
        sealed[kind, key] = contents
    return sealed


def _session(told: object) -> str | None:
    """The session that the seal of a run names; None where what it tells is not as this program writes it."""
    try:
        session = json.loads(str(told))["session"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return str(session) if type(session) is int else None


def _compare(found: Verified, kind: str, row: Sequence[Any], sealed: Sealed, is_older: bool, first: int | None) -> None:
    key = key_of(kind, row)
    contents = sealed.pop((kind, key), None)
    if contents == digest(row):
        found.records += 1
    elif contents is not None:
        found.findings.append(f"the {kind} {key} was changed")
    elif (kind == "call" and row[_STATE] == "running" and sealed.get(("session", str(row[_SESSION]))) != ENDED) or (
        is_older and (first is None or kind == "program" or row[1 if kind == "call" else 2] < first)
    ):
        found.unsealed += 1
    else:
        found.findings.append(f"the {kind} {key} was inserted")


def _compare_run(database: sqlite3.Connection, found: Verified, sealed: Sealed, is_older: bool) -> None:
    contents = sealed.pop((RUN, RUN), None)
    row = database.execute(_RUN_ROW, (found.run,)).fetchone()
    if contents is None:
        found.unsealed += is_older
        if not is_older:
            found.findings.append("the run was inserted: no seal is of it")
    elif row is None or contents != digest(row):
        found.findings.append("the record of the run itself was changed")
    else:
        found.records += 1


def verify_heads(database: sqlite3.Connection, heads_of_runs: dict[str, str]) -> tuple[str, list[str]]:
    """The last head of the journal, and what of the chain of heads is not as it was; the runs that are there, each with the
    head of its own chain, are compared with it."""
    if not has_chain(database):
        return "", []
    before, findings = "", []
    latest: dict[str, tuple[str, str]] = {}
    for number, row in enumerate(database.execute("SELECT number, at, run, what, head, seal FROM heads ORDER BY number")):
        if row[0] != number or row[5] != _sealed(before, str(row[0]), repr(row[1]), str(row[2]), str(row[3]), str(row[4])):
            findings.append(f"head {row[0]} ({row[3]} {row[2]}) is not the next of the chain")
            break
        before = row[5]
        latest[row[2]] = (row[3], row[4])
    else:
        findings += _against_heads(database, latest, heads_of_runs)
    return before, findings


def _against_heads(database: sqlite3.Connection, latest: dict[str, tuple[str, str]], runs: dict[str, str]) -> list[str]:
    findings = [f"run {run} was inserted: no head is of it" for run in runs.keys() - latest.keys()]
    for run, (what, head) in latest.items():
        if what == DELETED:
            findings += [f"run {run} was deleted, and is there again"] * (run in runs)
        elif run not in runs:
            findings.append(f"run {run} is missing, and was not deleted by lambda-rlm")
        elif head and database.execute("SELECT 1 FROM seals WHERE run = ? AND seal = ?", (run, head)).fetchone() is None:
            findings.append(f"run {run} does not have the head that it had when it {what.replace(BEGUN, 'began')}")
        elif what == ENDED and runs[run] != head:
            findings.append(f"run {run} goes on behind its end")
    return sorted(findings)


def _sealed(before: str, *parts: str) -> str:
    return _hashed((before, *parts))


def _hashed(told: tuple[Any, ...]) -> str:
    """The SHA-256 of cells, in the notation of Python, in which no two rows are written alike."""
    return hashlib.sha256(repr(told).encode("utf-8", "surrogatepass")).hexdigest()


def _executed(database: sqlite3.Connection, sql: str, values: Sequence[Any]) -> int:
    """How many rows came of it."""
    try:
        return database.execute(sql, values).rowcount
    except UnicodeEncodeError:
        return database.execute(sql, tuple(map(storable, values))).rowcount


def as_text(value: Any) -> Any:
    """A value as it was told: bytes stand for a text that is none for the database, or for nothing."""
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return value


def storable(value: Any) -> Any:
    """A text with half a surrogate pair, of which a database makes no text, as its bytes; `Journal` reads them as that text."""
    is_text = not isinstance(value, str) or all(not "\ud800" <= character <= "\udfff" for character in value)
    return value if is_text else value.encode("utf-8", "surrogatepass")


def committed(database: sqlite3.Connection, job: Callable[[], T]) -> T:
    """All that a job writes, or nothing; what it gives."""
    database.execute("BEGIN IMMEDIATE")
    try:
        done = job()
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise
    return done
