"""Small databases that several processes of this program share: SQLite, one private file.

Owns how such a file is made, and one transaction in it. Promises that a new file is private, appears whole or not at all where
it is made by `make`, and that nobody else writes while a transaction is under way.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from lambda_rlm.private_file import private_folder, put_new

_PRIVATE: Final = 0o600
PATIENCE: Final = 30.0
"""Seconds to wait for those who write meanwhile."""


def make(path: Path, statements: Sequence[str]) -> None:
    """A new database, made aside and put in place at once, so that nobody meets half of one; one that another process has made
    in the meantime stays. Raises `OSError` and `sqlite3.Error`."""
    private_folder(path.parent)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE))
        with closing(sqlite3.connect(draft.absolute(), isolation_level=None)) as database:
            for statement in statements:
                database.execute(statement)
        with suppress(FileExistsError):
            put_new(draft, path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def transaction(path: Path, patience: float = PATIENCE) -> Iterator[sqlite3.Connection]:
    """The database, which nobody else writes meanwhile; nothing of what is done counts where an exception leaves. Raises
    `OSError` and `sqlite3.Error`."""
    with closing(sqlite3.connect(path, timeout=patience, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        yield database
        database.execute("COMMIT")
