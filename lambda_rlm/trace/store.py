"""The journal's file: SQLite, one file, private to its user.

Owns making and opening it, the tables, and what is refused. Promises: a file that is no journal, is damaged or of a newer version is
refused with a message that says so, before SQLite has touched it, and never changed; a new one appears whole, with mode 0600, in a
folder with mode 0700; several processes may use it at once. Everything that SQLite can say leaves as `JournalProblem`.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

APPLICATION: Final = 0x6C6D626A
VERSION: Final = 1
_BUSY_SECONDS: Final = 10.0
_MAGIC: Final = b"SQLite format 3\x00"
_HEADER: Final = 100

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
            raise _stranger(path, said) from None
        raise JournalProblem(f"the journal {path} cannot be used: {said}", "name another file, or --no-journal") from None
    except OSError as error:
        why = error.strerror or str(error)
        raise JournalProblem(f"the journal {path} cannot be used: {why}", "name another file, or --no-journal") from None


def connect(path: Path, *, is_new: bool = True) -> sqlite3.Connection:
    """A connection to the journal; makes the file where `is_new` allows it. Raises `JournalProblem`."""
    with problems(path):
        if not path.exists() or not path.stat().st_size:
            if not is_new:
                raise JournalProblem(f"there is no journal {path}", "runs are written there as they are made")
            _make(path)
        _refuse_strangers(path)
        database = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            database.execute("PRAGMA foreign_keys = ON")
            database.execute("PRAGMA synchronous = FULL")
            database.execute("SELECT 1 FROM runs LIMIT 1").fetchall()
        except BaseException:
            database.close()
            raise
        return database


def _refuse_strangers(path: Path) -> None:
    """Look at the file's first bytes (https://sqlite.org/fileformat.html, §1.3) before SQLite does."""
    with path.open("rb") as file:
        header = file.read(_HEADER)
    if len(header) < _HEADER or not header.startswith(_MAGIC):
        raise _stranger(path, "it is no database")
    version, application = (int.from_bytes(header[at : at + 4]) for at in (60, 68))
    if application != APPLICATION:
        raise JournalProblem(f"{path} is a database of another program", "name another file with --journal")
    if version > VERSION:
        raise JournalProblem(f"{path} was written by a newer version ({version}) of lambda-rlm", "use that version")


def _stranger(path: Path, said: str) -> JournalProblem:
    return JournalProblem(f"{path} is no journal, or is damaged: {said}", "name another file with --journal")


def _make(path: Path) -> None:
    """A journal without runs, made aside and put in place at once, so that nobody meets half of one; who is slower leaves it."""
    if path.exists():
        _fill(path)
        return
    path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(draft, isolation_level=None)) as database:
            _tables(database)
            database.execute("PRAGMA journal_mode = WAL")
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _fill(path: Path) -> None:
    """Make a journal of an empty file, in one transaction: of several that do so at once, one does."""
    path.chmod(0o600)
    with closing(sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)) as database:
        database.execute("BEGIN EXCLUSIVE")
        if database.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,):
            _tables(database)
        database.execute("COMMIT")
        database.execute("PRAGMA journal_mode = WAL")


def _tables(database: sqlite3.Connection) -> None:
    for statement in _TABLES:
        database.execute(statement)
    database.execute(f"PRAGMA application_id = {APPLICATION}")
    database.execute(f"PRAGMA user_version = {VERSION}")
