"""The journal's file: SQLite, one file, private to its user.

Owns opening it, the tables, and what is refused. Promises: a file that is no journal, is damaged or of a newer version is refused
with a message that says so, and never changed; a new one is made with mode 0600 in a folder with mode 0700; several processes may
use it at once. Everything that SQLite can say leaves as `JournalProblem`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

APPLICATION: Final = 0x6C6D626A
VERSION: Final = 1
_BUSY_SECONDS: Final = 10.0

_TABLES: Final = """
CREATE TABLE runs (
    id TEXT PRIMARY KEY, started REAL NOT NULL, ended REAL, state TEXT NOT NULL, what TEXT NOT NULL, outcome TEXT
) WITHOUT ROWID;
CREATE INDEX runs_by_start ON runs (started);
CREATE TABLE calls (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, session INTEGER NOT NULL, call INTEGER NOT NULL, path TEXT NOT NULL,
    digest TEXT NOT NULL, model TEXT NOT NULL, place TEXT NOT NULL, sample INTEGER, prompt INTEGER NOT NULL, shown TEXT NOT NULL,
    started REAL NOT NULL, seconds REAL, state TEXT NOT NULL, usage TEXT,
    PRIMARY KEY (run, session, call, path)
) WITHOUT ROWID;
CREATE TABLE replies (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, digest TEXT NOT NULL, text TEXT NOT NULL, stop TEXT NOT NULL,
    usage TEXT NOT NULL, model TEXT NOT NULL, seconds REAL NOT NULL, PRIMARY KEY (run, digest)
) WITHOUT ROWID;
"""


class JournalProblem(Exception):
    """The journal cannot be used: what is wrong, and what to do."""

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
            raise JournalProblem(f"{path} is no journal, or is damaged: {said}", "name another file with --journal") from None
        raise JournalProblem(f"the journal {path} cannot be used: {said}", "name another file, or --no-journal") from None
    except OSError as error:
        why = error.strerror or str(error)
        raise JournalProblem(f"the journal {path} cannot be used: {why}", "name another file, or --no-journal") from None


def connect(path: Path, *, is_new: bool = True) -> sqlite3.Connection:
    """A connection to the journal; makes the file where `is_new` allows it. Raises `JournalProblem`."""
    with problems(path):
        if not path.exists():
            if not is_new:
                raise JournalProblem(f"there is no journal {path}", "runs are written there as they are made")
            _make(path)
        database = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            _check(database, path)
        except BaseException:
            database.close()
            raise
        return database


def _make(path: Path) -> None:
    """An empty file that only its user can read."""
    with suppress(FileExistsError):
        path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _check(database: sqlite3.Connection, path: Path) -> None:
    """Make the tables in an empty file; refuse a file of somebody else's."""
    if _is_empty(database):
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("BEGIN EXCLUSIVE")
        if _is_empty(database):  # nobody was faster
            for statement in _TABLES.split(";"):
                database.execute(statement)
            database.execute(f"PRAGMA application_id = {APPLICATION}")
            database.execute(f"PRAGMA user_version = {VERSION}")
        database.execute("COMMIT")
    if _pragma(database, "application_id") != APPLICATION:
        raise JournalProblem(f"{path} is a database of another program", "name another file with --journal")
    if (version := _pragma(database, "user_version")) > VERSION:
        raise JournalProblem(f"{path} was written by a newer version ({version}) of lambda-rlm", "use that version")
    database.execute("PRAGMA foreign_keys = ON")
    database.execute("PRAGMA synchronous = FULL")


def _is_empty(database: sqlite3.Connection) -> bool:
    tables: int = database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    return tables == 0 and _pragma(database, "application_id") == 0


def _pragma(database: sqlite3.Connection, name: str) -> int:
    value: int = database.execute(f"PRAGMA {name}").fetchone()[0]
    return value
