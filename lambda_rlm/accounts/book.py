"""The book of an account: what was spent in each hour, and what is lent to requests that are under way.

Owns the tables, and windows of time, whose limits are in UTC. Promises that a row which is none is an error, never a number;
that a sum which would not fit stays at the largest number that does. Refuses files that are no book: empty, of another program,
of another form, open to others, or with tables of another kind.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from lambda_rlm.budget.amount import NOTHING, Amount
from lambda_rlm.private_database import PATIENCE, make, transaction
from lambda_rlm.private_file import foreign_schema, is_same, refuse_foreign, refused

Per = Literal["hour", "day", "month"] | None
"""The window in which a limit holds, in UTC; None: for ever."""

APPLICATION: Final = 0x6C6D6163
VERSION: Final = 1
_TABLES: Final = (
    "CREATE TABLE spent (hour INTEGER PRIMARY KEY, calls INTEGER NOT NULL, tokens INTEGER NOT NULL, money INTEGER NOT NULL)",
    """CREATE TABLE lent (
    id INTEGER PRIMARY KEY AUTOINCREMENT, hour INTEGER NOT NULL, owner TEXT NOT NULL, calls INTEGER NOT NULL,
    tokens INTEGER NOT NULL, money INTEGER NOT NULL
)""",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)
_COLUMNS: Final = {
    "spent": ("hour", "calls", "tokens", "money"),
    "lent": ("id", "hour", "owner", "calls", "tokens", "money"),
}
_HOUR: Final = 3_600
_PATIENCE: Final = PATIENCE
MOST: Final = 1 << 62
"""The largest number of a row."""


class LentRow(NamedTuple):
    """What is lent to one request, and to whom."""

    number: int
    owner: str
    amount: Amount


class Book:
    """The book, open for one transaction; `file` is the status of its file."""

    def __init__(self, database: sqlite3.Connection, file: os.stat_result) -> None:
        self._database = database
        self.file = file

    def spent(self, since: int) -> Amount:
        """What was spent from an hour on."""
        rows = self._database.execute("SELECT calls, tokens, money FROM spent WHERE hour >= ?", (since,))
        return _sum(map(_amount, rows))

    def lent(self, since: int) -> list[LentRow]:
        """What is lent to requests that were sent from an hour on."""
        rows = self._database.execute("SELECT id, owner, calls, tokens, money FROM lent WHERE hour >= ?", (since,))
        return [LentRow(_whole(number), str(owner), _amount(numbers)) for number, owner, *numbers in rows]

    def lend(self, hour: int, owner: str, amount: Amount) -> int:
        """Lend an amount; the number under which it is settled."""
        row = (hour, owner, *(min(number, MOST) for number in amount))
        sql = "INSERT INTO lent (hour, owner, calls, tokens, money) VALUES (?, ?, ?, ?, ?)"
        number = self._database.execute(sql, row).lastrowid
        assert number is not None
        return number

    def settle(self, number: int, used: Amount) -> None:
        """Take back what was lent, and book what was used of it in the hour in which it was lent. Once for each number."""
        row = self._database.execute("SELECT hour FROM lent WHERE id = ?", (number,)).fetchone()
        if row is None:
            return
        self._database.execute("DELETE FROM lent WHERE id = ?", (number,))
        hour = _whole(row[0])
        before = self._database.execute("SELECT calls, tokens, money FROM spent WHERE hour = ?", (hour,)).fetchone()
        total = used if before is None else _amount(before).plus(used)
        sql = "INSERT OR REPLACE INTO spent (hour, calls, tokens, money) VALUES (?, ?, ?, ?)"
        self._database.execute(sql, (hour, *(min(number, MOST) for number in total)))


@contextmanager
def opened(path: Path, before: os.stat_result | None) -> Iterator[Book]:
    """The book in a file, for one transaction; made where there is no file, unless there was one `before`. Raises `OSError` and
    `sqlite3.Error`."""
    status = refuse_foreign(path)
    if before is not None and not is_same(status, before):
        raise refused("it was removed or replaced while it was in use")
    if status is None:
        make(path, _TABLES)
        status = refuse_foreign(path)
    if status is None or not status.st_size:
        raise refused("it is an empty file, not an account")
    with transaction(path, _PATIENCE) as database:
        marks = tuple(database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
        if marks != (APPLICATION, VERSION):
            what = "of a newer version" if marks[0] == APPLICATION else "the database of another program"
            raise refused(f"it is {what}")
        if (foreign := foreign_schema(database, _COLUMNS)) is not None:
            raise sqlite3.DataError(foreign)
        yield Book(database, status)


def hour_of(now: float) -> int:
    """The hour of a time in seconds since 1970."""
    return int(now // _HOUR)


def first_hour(now: float, per: Per) -> int:
    """The hour in which the window around this time begins."""
    if per is None:
        return 0
    at = datetime.fromtimestamp(now, UTC).replace(minute=0, second=0, microsecond=0)
    if per != "hour":
        at = at.replace(hour=0)
    if per == "month":
        at = at.replace(day=1)
    return hour_of(at.timestamp())


def next_window(now: float, per: Per) -> datetime | None:
    """When the next window begins; None where there is none."""
    if per is None:
        return None
    start = datetime.fromtimestamp(first_hour(now, per) * _HOUR, UTC)
    if per == "month":
        return (start + timedelta(days=32)).replace(day=1)
    return start + (timedelta(hours=1) if per == "hour" else timedelta(days=1))


def _amount(numbers: Sequence[Any]) -> Amount:
    return Amount(*map(_whole, numbers))


def _whole(number: object) -> int:
    if type(number) is not int or not 0 <= number <= MOST:
        raise sqlite3.DataError("a row of it is damaged")
    return number


def _sum(amounts: Iterator[Amount]) -> Amount:
    total = NOTHING
    for amount in amounts:
        total = total.plus(amount)
    return total
