"""Replies kept across runs, so that a question which was answered once is not paid again.

Owns the file (SQLite, WAL, mode 0600) and the wrapper. Promises: only a reply that ended by itself and was read as a value of
its type is kept; samples are kept each by its number, and what is drawn at random without a number never; the file stays
within its size, what was used last survives; several processes and threads may use it at once. A file that is damaged, another
program's, a link, or open to other users is never changed, and no trouble with it fails a run: it is reported once, and models
are asked. Keys are hashes: neither prompts nor secrets are written, replies are.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from lambda_rlm.completion import NO_USAGE, Completion, CompletionRequest, Model, StopReason
from lambda_rlm.diagnostics.visible import visible_line
from lambda_rlm.llm.cache_folder import cache_folder
from lambda_rlm.llm.providers.servers import recipient_of
from lambda_rlm.llm.wrappers.wrapper import Wrapper
from lambda_rlm.private_file import foreign_schema, is_same, private_folder, readable, refuse_foreign

APPLICATION: Final = 0x6C6D6263
VERSION: Final = 1
MOST_BYTES: Final = 256_000_000
_IN_FILE: Final = "local:"
_BUSY_SECONDS: Final = 0.5
_MOST_WAITING: Final = 1_000
"""Replies held in memory while another process writes; the oldest are given up beyond it."""

_TABLE: Final = """
CREATE TABLE replies (key TEXT PRIMARY KEY, used INTEGER NOT NULL, text TEXT NOT NULL, model TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX replies_by_use ON replies (used)
"""


def default_cache() -> Path:
    """Where replies are kept when nobody says otherwise."""
    return cache_folder() / "replies.sqlite3"


def identity(name: str, base_url: str | None = None, temperature: float | None = None) -> str:
    """A model as keys know it: its name and its server's address, without user, password and query; of a model in a file, which
    file that is and when it was written; and the temperature that a user chose."""
    if temperature is not None:
        return f"{identity(name, base_url)} at {float(temperature)!r}"
    if base_url is None:
        host = recipient_of(name).host
        return _file_identity(name) if name.startswith(_IN_FILE) else name if host is None else f"{name} {host}"
    try:
        parts = urlsplit(base_url)
    except ValueError:  # nobody is asked there
        return name
    return f"{name} {parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"


def _file_identity(name: str) -> str:
    path = Path(name.removeprefix(_IN_FILE)).expanduser().resolve()
    try:
        found = path.stat()
    except OSError:
        return f"{_IN_FILE}{path}"
    return f"{_IN_FILE}{path} {found.st_size} {found.st_mtime_ns}"


class _Unusable(Exception):
    """The file is not ours to use."""


class ReplyStore:
    """The file. Opened at first use; `trouble` says why it is not used, when it is not, and `on_trouble` (None: a
    warning in the log) is reported once."""

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        most_bytes: int = MOST_BYTES,
        on_trouble: Callable[[str], None] | None = None,
    ) -> None:
        self.path = Path(os.path.expanduser(path)) if path is not None else default_cache()
        self.trouble: str | None = None
        self._most_bytes = most_bytes
        self._on_trouble = on_trouble or _logged
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None
        self._waiting: dict[str, tuple[str, str]] = {}
        self._touched: dict[str, int] = {}

    def get(self, key: str) -> tuple[str, str] | None:
        """The text of a reply and the model that gave it."""
        with self._lock, self._forgiving():
            if key in self._waiting:
                return self._waiting[key]
            if self._database is None and self.trouble is None:
                self._database = _opened(self.path)
            if self._database is None:
                return None
            row = self._database.execute("SELECT text, model FROM replies WHERE key = ?", (key,)).fetchone()
            if row is not None:
                text, model = row
                if not (isinstance(text, str) and isinstance(model, str)):
                    raise _Unusable("a reply in it is damaged")
                self._touched[key] = time.time_ns()
                return text, model
        return None

    def put(self, key: str, text: str, model: str) -> None:
        """Keep a reply; while another process writes, it waits for the next turn."""
        try:
            text.encode()
        except UnicodeEncodeError:  # half a surrogate pair, which no database holds
            return
        with self._lock, self._forgiving():
            if self.trouble is None:
                self._waiting[key] = (text, model)
                if len(self._waiting) > _MOST_WAITING:
                    del self._waiting[next(iter(self._waiting))]
                self._write()

    def close(self) -> None:
        """Write what waits and close the file; it is opened again where it is needed."""
        with self._lock:
            with self._forgiving():
                self._write()
            database, self._database = self._database, None
            if database is not None:
                with suppress(sqlite3.Error):
                    database.close()

    def _write(self) -> None:
        """One short transaction: uses, replies, and what has to go for them."""
        if not self._waiting and not self._touched:
            return
        if self._database is None:
            self._database = _opened(self.path)
        database, now = self._database, time.time_ns()
        try:
            database.execute("BEGIN IMMEDIATE")
            database.executemany("UPDATE replies SET used = ? WHERE key = ?", [(at, key) for key, at in self._touched.items()])
            rows = [(key, now, text, model) for key, (text, model) in self._waiting.items()]
            database.executemany("INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?)", rows)
            if _size(database) > self._most_bytes:
                _shrink(database, self._most_bytes * 9 // 10)
            database.execute("COMMIT")
        except sqlite3.Error:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise
        self._waiting.clear()
        self._touched.clear()

    @contextmanager
    def _forgiving(self) -> Iterator[None]:
        """A file that is busy is tried again later; one that is broken is left alone from then on."""
        try:
            yield
        except sqlite3.OperationalError as error:
            code = getattr(error, "sqlite_errorcode", 0)  # a cell that is no text has none
            if code & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                self._broken(str(error))
        except sqlite3.Error as error:
            self._broken(str(error))
        except OSError as error:
            self._broken(error.strerror or str(error))
        except _Unusable as error:
            self._broken(str(error))

    def _broken(self, why: str) -> None:
        self._waiting.clear()
        self._touched.clear()
        database, self._database = self._database, None
        if database is not None:
            with suppress(sqlite3.Error):
                database.close()
        if self.trouble is None:
            self.trouble = f"cache disabled: {self.path}: {why}; the file is unchanged, and every call goes to the model"
            self._on_trouble(self.trouble)


class Cached(Wrapper):
    """A `Model` whose good replies are kept, and given again without asking: at no cost and with no attempt.

    `name` tells models apart (see `identity`; None: the profile's name and details). A `store` is closed with the model when
    `owns_store`.
    """

    def __init__(self, model: Model, store: ReplyStore, name: str | None = None, *, owns_store: bool = False) -> None:
        super().__init__(model)
        self._store = store
        profile = model.profile
        self._name = json.dumps([VERSION, name or profile.name, sorted(profile.details.items())])
        self._owns_store = owns_store

    async def complete(self, request: CompletionRequest) -> Completion:
        if not _is_repeatable(request):
            return await self._model.complete(request)
        key = hashlib.sha256(f"{self._name}\n{request.digest}".encode()).hexdigest()
        kept = self._store.get(key)
        if kept is not None:
            return Completion(kept[0], NO_USAGE, model=kept[1])
        completion = await self._model.complete(request)
        if completion.stop_reason is StopReason.STOP and completion.text:
            return replace(completion, keep=partial(self._store.put, key, completion.text, completion.model))
        return completion

    async def aclose(self) -> None:
        try:
            await self._model.aclose()
        finally:
            if self._owns_store:
                self._store.close()


def _is_repeatable(request: CompletionRequest) -> bool:
    """The same question would have the same answer, as far as anybody can ask for that."""
    return bool(request.digest) and (request.sampling.temperature == 0.0 or request.sampling.seed is not None)


def _opened(path: Path) -> sqlite3.Connection:
    """A connection to the file, which is made where there is none. A link, a device, another user's file and one that others
    may read are refused."""
    private_folder(path.parent)
    found = refuse_foreign(path)
    if found is None:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        found = refuse_foreign(path)
    database = sqlite3.connect(path.absolute(), timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        _check(database)
        if not is_same(found, readable(path)):
            raise _Unusable("the file was replaced while it was opened")
    except BaseException:
        database.close()
        raise
    return database


def _check(database: sqlite3.Connection) -> None:
    """Make the table in an empty file; refuse another program's, and a newer version's."""
    if _is_empty(database):
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("BEGIN EXCLUSIVE")
        if _is_empty(database):  # nobody was faster
            for statement in _TABLE.split(";"):
                database.execute(statement)
            database.execute(f"PRAGMA application_id = {APPLICATION}")
            database.execute(f"PRAGMA user_version = {VERSION}")
        database.execute("COMMIT")
    if _pragma(database, "application_id") != APPLICATION:
        raise _Unusable("the database belongs to another program")
    if (version := _pragma(database, "user_version")) != VERSION:
        raise _Unusable(f"written by another version ({version}) of lambda-rlm")
    if (foreign := foreign_schema(database, {"replies": ("key", "used", "text", "model")})) is not None:
        raise _Unusable(f"the file is damaged: {foreign}")
    database.execute("PRAGMA synchronous = NORMAL")


def _logged(trouble: str) -> None:
    logging.getLogger(__name__).warning("%s", visible_line(trouble))


def _is_empty(database: sqlite3.Connection) -> bool:
    tables: int = database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    return tables == 0 and _pragma(database, "application_id") == 0


def _shrink(database: sqlite3.Connection, most: int) -> None:
    """Forget what was not used for longest."""
    sql = "DELETE FROM replies WHERE key IN (SELECT key FROM replies ORDER BY used LIMIT 64)"
    while _size(database) > most and database.execute(sql).rowcount:
        pass


def _size(database: sqlite3.Connection) -> int:
    """Bytes of pages in use."""
    return (_pragma(database, "page_count") - _pragma(database, "freelist_count")) * _pragma(database, "page_size")


def _pragma(database: sqlite3.Connection, name: str) -> int:
    value: int = database.execute(f"PRAGMA {name}").fetchone()[0]
    return value
