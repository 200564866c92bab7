"""The journal's file: SQLite, one file, private to its user.

Owns making and opening it, the tables, and what is refused. Promises: what is no journal (an empty file, a link or a device
too), is damaged or of a newer version is refused with a message that says so, and never changed; nor is one written that other
users may open; a new one appears whole, with mode 0600, in a folder with mode 0700; several processes may use it at once.
Everything that SQLite can say leaves as `JournalProblem`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from lambda_rlm.diagnostics.error import LambdaRLMError
from lambda_rlm.journal.chain import COLUMNS as CHAIN_COLUMNS
from lambda_rlm.journal.chain import TABLES as CHAIN_TABLES
from lambda_rlm.journal.chain import committed, upgrade
from lambda_rlm.private_database import make
from lambda_rlm.private_file import foreign_schema, is_same, readable, refuse_foreign

APPLICATION: Final = 0x6C6D626A
VERSION: Final = 2
_WITHOUT_CHAIN: Final = 1
_BUSY_SECONDS: Final = 10.0
_HEADER: Final = 100
"""Bytes of a database's header (https://sqlite.org/fileformat.html, §1.3)."""

_TABLES: Final = (
    """CREATE TABLE runs (
    id TEXT PRIMARY KEY, started REAL NOT NULL, ended REAL, state TEXT NOT NULL, owner TEXT NOT NULL, session INTEGER NOT NULL,
    what TEXT NOT NULL, outcome TEXT
) WITHOUT ROWID""",
    "CREATE INDEX runs_by_start ON runs (started)",
    """CREATE TABLE programs (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, program TEXT NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL,
    autos TEXT NOT NULL, bound TEXT NOT NULL, PRIMARY KEY (run, program)
) WITHOUT ROWID""",
    """CREATE TABLE calls (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, session INTEGER NOT NULL, program TEXT NOT NULL,
    call INTEGER NOT NULL, path TEXT NOT NULL, digest TEXT NOT NULL, model TEXT NOT NULL, place TEXT NOT NULL, sample INTEGER,
    prompt INTEGER NOT NULL, shown TEXT NOT NULL, started REAL NOT NULL, seconds REAL, state TEXT NOT NULL, usage TEXT,
    coercions TEXT, last TEXT, PRIMARY KEY (run, session, program, call, path)
) WITHOUT ROWID""",
    """CREATE TABLE replies (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, digest TEXT NOT NULL, session INTEGER NOT NULL,
    program TEXT NOT NULL, call INTEGER NOT NULL, path TEXT NOT NULL, text TEXT NOT NULL, stop TEXT NOT NULL,
    usage TEXT NOT NULL, model TEXT NOT NULL, seconds REAL NOT NULL, PRIMARY KEY (run, digest)
) WITHOUT ROWID""",
)

_COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "runs": ("id", "started", "ended", "state", "owner", "session", "what", "outcome"),
    "programs": ("run", "program", "name", "text", "autos", "bound"),
    "calls": (
        "run", "session", "program", "call", "path", "digest", "model", "place", "sample", "prompt", "shown", "started", "seconds",
        "state", "usage", "coercions", "last",
    ),
    "replies": ("run", "digest", "session", "program", "call", "path", "text", "stop", "usage", "model", "seconds"),
}  # fmt: skip


class JournalProblem(LambdaRLMError):
    """The journal cannot be used: the reason, and what to do."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@contextmanager
def problems(path: Path) -> Iterator[None]:
    """What the database or the disk says, as a `JournalProblem`."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        said = str(error)
        if "not a database" in said or "malformed" in said:
            raise _stranger(path, said) from None
        raise JournalProblem(f"cannot use the journal {path}: {said}", "use another file, or --no-journal") from None
    except OSError as error:
        why = error.strerror or str(error)
        raise JournalProblem(f"cannot use the journal {path}: {why}", "use another file, or --no-journal") from None


def connect(path: Path, *, is_new: bool = True) -> sqlite3.Connection:
    """A connection to the journal; makes the file where `is_new` allows it. Raises `JournalProblem`."""
    with problems(path):
        found = readable(path)
        if found is None:
            if not is_new:
                raise JournalProblem(f"journal not found: {path}", "it is created by the first run that is journaled")
            _make(path)
            found = readable(path)
        elif not found.st_size:
            raise JournalProblem(f"{path} is an empty file, not a journal", "remove it, or use another file: --journal PATH")
        _refuse_strangers(path)
        if is_new:
            refuse_foreign(path)
        database = sqlite3.connect(path.absolute(), timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            database.execute("PRAGMA foreign_keys = ON")
            database.execute("PRAGMA synchronous = FULL")
            _refuse_foreign_schema(path, database, _COLUMNS)
            _upgrade(database)
            if _version(database) > _WITHOUT_CHAIN:
                _refuse_foreign_schema(path, database, {**_COLUMNS, **CHAIN_COLUMNS})
            refuse_other(path, found)
        except BaseException:
            database.close()
            raise
        return database


def _refuse_foreign_schema(path: Path, database: sqlite3.Connection, tables: Mapping[str, Sequence[str]]) -> None:
    if (foreign := foreign_schema(database, tables)) is not None:
        raise _stranger(path, foreign)


def refuse_other(path: Path, opened: os.stat_result | None) -> None:
    """Raises `JournalProblem` where the path no longer leads to the file that was opened: what is written to it is lost."""
    if not is_same(opened, readable(path)):
        raise JournalProblem(f"the journal {path} was removed or replaced while it was in use")


def _upgrade(database: sqlite3.Connection) -> None:
    """A journal of the form without seals gets its chain; one that may only be read stays as it is."""

    def once() -> None:
        if _version(database) <= _WITHOUT_CHAIN:
            upgrade(database)
            database.execute(f"PRAGMA user_version = {VERSION}")

    if _version(database) <= _WITHOUT_CHAIN:
        try:
            committed(database, once)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_READONLY:
                raise


def _version(database: sqlite3.Connection) -> int:
    version: int = database.execute("PRAGMA user_version").fetchone()[0]
    return version


def _refuse_strangers(path: Path) -> None:
    """Look at the file's header without taking a lock or writing a byte. Not by opening the file: closing it would drop the
    locks that other connections of this process have on it (https://sqlite.org/howtocorrupt.html, §2.2)."""
    if path.stat().st_size < _HEADER:
        raise _stranger(path, "not a database")
    try:
        version, application = _marks(path, "mode=ro&immutable=1")
    except sqlite3.DatabaseError:  # a checkpoint that a full disk cut short: what the file lacks is in the log beside it
        if not path.with_name(f"{path.name}-wal").exists():
            raise
        version, application = _marks(path, "mode=ro")
    if application != APPLICATION:
        raise JournalProblem(f"{path} is the database of another program", "use another file: --journal PATH")
    if version > VERSION:
        raise JournalProblem(f"{path} was written by a newer version ({version}) of lambda-rlm", "upgrade lambda-rlm")


def _marks(path: Path, mode: str) -> tuple[int, int]:
    """The version and the kind that the header of a database names."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True)) as database:
        version, application = (database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("user_version", "application_id"))
    return version, application


def _stranger(path: Path, said: str) -> JournalProblem:
    return JournalProblem(f"{path} is not a journal, or is damaged: {said}", "use another file: --journal PATH")


def _make(path: Path) -> None:
    """A journal without runs."""
    marks = (f"PRAGMA application_id = {APPLICATION}", f"PRAGMA user_version = {VERSION}", "PRAGMA journal_mode = WAL")
    make(path, (*_TABLES, *CHAIN_TABLES, *marks))
