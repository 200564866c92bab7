"""An account: what all the questions, threads and processes that share it may spend together.

Owns `Account` and `Loan`. A run borrows the worst case of one request just before it is sent, and settles when it has ended.
Promises: what was spent and what is lent are together within the limits at every moment; what a process that died had borrowed
counts as spent, since it may have been billed; a request that does not fit waits while others may give back what they do not
use, or while requests of this process are under way, which are paid for; then it is refused. The event loop never waits for the
file: a thread of the account writes.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import field
from functools import partial
from pathlib import Path
from time import time
from typing import Any, Final, NamedTuple, TypeVar, get_args
from weakref import WeakSet

from lambda_rlm.accounts.book import Book, Per, first_hour, hour_of, next_window, opened
from lambda_rlm.budget.amount import NOTHING, Amount, dollars, money_of, money_within
from lambda_rlm.budget.meter import NO_PRICE, OUT_OF_CALLS, OUT_OF_MONEY, OUT_OF_TOKENS
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.faults import AccountUsedUp

T = TypeVar("T")

_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 1.0
"""Seconds between two looks at what other processes gave back; what this one gives back is heard of at once."""

_MOST_DOLLARS: Final = 1_000_000
_MOST_COUNTED: Final = 1 << 53
_WINDOWS: Final = get_args(get_args(Per)[0])
_ACCOUNTS: Final[WeakSet[Account]] = WeakSet()


class Spending(NamedTuple):
    """Requests, tokens and US dollars; None where an account has no limit."""

    calls: int | None
    tokens: int | None
    usd: float | None


class Loan:
    """What one request may use of an account. To be settled once."""

    def __init__(self, account: Account, number: int, amount: Amount) -> None:
        self._account = account
        self._number = number
        self._amount = amount

    def settle(self, calls: int, tokens: int, usd: float | None) -> None:
        """Give back what was not used. Where the cost is unknown, all that was lent for it counts. Returns at once."""
        money = self._amount.money if usd is None else money_of(usd)
        self._account._settle(self._number, Amount(calls, tokens, money))

    def lose(self) -> None:
        """Nobody knows what was used: all of it counts."""
        self._account._settle(self._number, self._amount)


@dataclass(slots=True, eq=False)
class _Wish:
    """What is to be borrowed, and the number of the loan when it is lent. `awaited` are the requests of this process that end
    before it is refused."""

    amount: Amount
    lent: Future[int] = field(default_factory=Future)
    awaited: set[int] | None = None


class Account:
    """What many runs may spend together, in one file that any number of processes share. Each request borrows its worst case
    just before it is sent.

    - `path`: the SQLite file, made where there is none. It is private to its user.
    - `usd`, `calls`, `tokens`: the limits, at least one of them: US dollars; requests that are sent, those that are sent again
      among them; input and output tokens.
    - `per`: the window in which they hold, "hour", "day" (default) or "month" in UTC, or None: for ever. A request counts in
      the window in which it is sent.

    The file keeps what was spent, the limits belong to this object: several accounts in one file see the same spending. `clock`
    gives seconds since 1970, and is replaced in tests. Raises `ValueError` and `TypeError` for limits that are none.
    """

    def __init__(
        self,
        *,
        path: str | Path,
        usd: float | None = None,
        calls: int | None = None,
        tokens: int | None = None,
        per: Per = "day",
        clock: Callable[[], float] = time,
    ) -> None:
        if path == "":
            raise ValueError("the path of an account is empty")
        if not isinstance(path, str | Path):
            raise TypeError(f"the path of an account must be a str or a Path, not {path!r:.80}")
        if usd is None and calls is None and tokens is None:
            raise ValueError("an account needs a limit: usd, calls or tokens")
        if usd is not None and not (_is_number(usd) and 0 <= usd <= _MOST_DOLLARS):
            raise ValueError(f"account usd must be from 0 to {_MOST_DOLLARS:,}, not {usd!r:.80}")
        for name, value in (("calls", calls), ("tokens", tokens)):
            if value is not None and not (type(value) is int and 0 <= value <= _MOST_COUNTED):
                raise ValueError(f"account {name} must be an integer of at least 0, not {value!r:.80}")
        if per is not None and per not in _WINDOWS:
            raise ValueError(f"account per must be {', '.join(map(repr, _WINDOWS))} or None, not {per!r:.80}")
        self.path = Path(path).absolute()
        self.usd, self.calls, self.tokens, self.per = usd, calls, tokens, per
        self._clock = clock
        self._file: os.stat_result | None = None
        self._begin()
        _ACCOUNTS.add(self)

    def __repr__(self) -> str:
        """The file, and the limits that are set."""
        limits = {"usd": self.usd, "calls": self.calls, "tokens": self.tokens}
        said = ", ".join(f"{name}={value}" for name, value in limits.items() if value is not None)
        return f"Account(path={str(self.path)!r}, {said}, per={self.per!r})"

    @property
    def spent(self) -> Spending:
        """What was spent in this window. Raises `AccountUsedUp` where the file cannot be used."""
        certain, _ = self._now()
        return Spending(certain.calls, certain.tokens, dollars(certain.money))

    @property
    def left(self) -> Spending:
        """What may still be borrowed in this window. Raises `AccountUsedUp` where the file cannot be used."""
        certain, lent = self._now()
        return self._left(certain.plus(lent))

    async def borrow(self, calls: int, tokens: int, usd: float | None) -> Loan:
        """The worst case of one request, before it is sent. Raises `AccountUsedUp` where it cannot be had any more."""
        if usd is None and self.usd is not None:
            raise AccountUsedUp(OUT_OF_MONEY, f"the account {self.path}: {NO_PRICE}")
        wish = _Wish(Amount(calls, tokens, money_of(usd or 0.0)))
        self._wishes.append(wish)
        self._writer.submit(self._serve)
        lent = asyncio.wrap_future(wish.lent)
        pause = _FIRST_PAUSE
        try:
            while not lent.done():
                await asyncio.wait((lent,), timeout=pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                if not lent.done() and self._is_first(wish):  # others, whom nobody here hears, may have given something back
                    self._writer.submit(self._serve)
            return Loan(self, lent.result(), wish.amount)
        except asyncio.CancelledError:
            lent.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # a refusal that nobody hears
            self._withdraw(wish)
            raise

    async def booked(self) -> None:
        """Until what was settled is in the file, or cannot be now."""
        await asyncio.wrap_future(self._writer.submit(self._serve))

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(Account, path=self.path, usd=self.usd, calls=self.calls, tokens=self.tokens, per=self.per), ()

    def _begin(self) -> None:
        """What belongs to one process: a fork has neither the thread nor what its parent borrowed."""
        from lambda_rlm.owner import owner

        self._writer = ThreadPoolExecutor(1, "account")
        self._wishes: deque[_Wish] = deque()
        self._owed: deque[tuple[int, Amount]] = deque()
        self._owner = owner()

    def _is_first(self, wish: _Wish) -> bool:
        with suppress(IndexError):  # served meanwhile
            return self._wishes[0] is wish
        return False

    def _withdraw(self, wish: _Wish) -> None:
        """Nobody waits for it any more: what was lent for it comes back."""
        with suppress(ValueError):
            self._wishes.remove(wish)
        if not wish.lent.cancel() and wish.lent.exception() is None:
            self._settle(wish.lent.result(), NOTHING)

    def _settle(self, number: int, used: Amount) -> None:
        self._owed.append((number, used))
        with suppress(RuntimeError):  # the interpreter ends: what this process has borrowed counts as spent then
            self._writer.submit(self._serve)

    def _serve(self) -> None:
        """Book what is owed and lend to those who wait, in the order in which they came, in one transaction. What cannot be
        booked now stays owed, and lent."""
        wishes = tuple(self._wishes)
        if not wishes and not self._owed:
            return
        try:
            said = self._written(partial(self._lend_all, wishes))
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing is lent, and nobody waits for ever
            said = [self._unusable(error) for _ in wishes]
        for wish, answer in zip(wishes, said, strict=False):
            with suppress(ValueError):  # it was withdrawn meanwhile
                self._wishes.remove(wish)
            if not wish.lent.set_running_or_notify_cancel():
                if isinstance(answer, int):
                    self._settle(answer, NOTHING)
            elif isinstance(answer, int):
                wish.lent.set_result(answer)
            else:
                wish.lent.set_exception(answer)

    def _lend_all(self, wishes: Sequence[_Wish], book: Book) -> list[int | AccountUsedUp]:
        """What the first ones are told; the others wait."""
        said: list[int | AccountUsedUp] = []
        for wish in wishes:
            answer = self._lend(wish, book)
            if answer is None:
                break
            said.append(answer)
        return said

    def _written(self, job: Callable[[Book], T]) -> T:
        """What a job says in one transaction, before which all that is owed is booked. In the thread that writes."""
        owed = tuple(self._owed)
        with opened(self.path, self._file) as book:
            for number, used in owed:
                book.settle(number, used)
            said = job(book)
        self._file = book.file
        for _ in owed:
            self._owed.popleft()
        return said

    def _lend(self, wish: _Wish, book: Book) -> int | AccountUsedUp | None:
        now, amount = self._clock(), wish.amount
        certain, lent = self._standing(book, now)
        if self._code(certain.plus(lent).plus(amount), amount) is None:
            return book.lend(hour_of(now), self._owner, amount)
        code = self._code(certain.plus(amount), amount)
        if code is None:
            return None
        under_way = {row.number for row in book.lent(first_hour(now, self.per)) if row.owner == self._owner}
        wish.awaited = under_way if wish.awaited is None else wish.awaited & under_way
        return None if wish.awaited else self._refusal(code, certain, amount, now)

    def _standing(self, book: Book, now: float) -> tuple[Amount, Amount]:
        """What was spent in this window, with what processes had borrowed that have ended; and what is lent to others."""
        from lambda_rlm.owner import is_alive

        since = first_hour(now, self.per)
        certain, lent = book.spent(since), NOTHING
        alive: dict[str, bool] = {self._owner: True}
        for row in book.lent(since):
            if row.owner not in alive:
                alive[row.owner] = is_alive(row.owner)
            if alive[row.owner]:
                lent = lent.plus(row.amount)
            else:
                certain = certain.plus(row.amount)
        return certain, lent

    def _now(self) -> tuple[Amount, Amount]:
        try:
            return self._writer.submit(self._written, lambda book: self._standing(book, self._clock())).result()
        except (OSError, ValueError, sqlite3.Error) as error:  # a name with a NUL is a ValueError
            raise self._unusable(error) from None

    def _code(self, target: Amount, amount: Amount) -> str | None:
        """The code of the limit that a sum is beyond, where an amount adds to it; None where it is within all."""
        limits = ((self.calls, OUT_OF_CALLS), (self.tokens, OUT_OF_TOKENS), (self._money, OUT_OF_MONEY))
        return next(
            (
                code
                for (limit, code), total, added in zip(limits, target, amount, strict=True)
                if limit is not None and added and total > limit
            ),
            None,
        )

    @property
    def _money(self) -> int | None:
        return None if self.usd is None else money_within(self.usd)

    def _left(self, used: Amount) -> Spending:
        return Spending(
            None if self.calls is None else max(0, self.calls - used.calls),
            None if self.tokens is None else max(0, self.tokens - used.tokens),
            None if self._money is None else dollars(max(0, self._money - used.money)),
        )

    def _refusal(self, code: str, certain: Amount, amount: Amount, now: float) -> AccountUsedUp:
        from lambda_rlm.budget import price

        left = self._left(certain)
        wanted, rest, whole = {
            OUT_OF_CALLS: (f"{amount.calls:,} {'request' if amount.calls == 1 else 'requests'}", left.calls, self.calls),
            OUT_OF_TOKENS: (f"{amount.tokens:,} tokens", left.tokens, self.tokens),
            OUT_OF_MONEY: (price.amount(dollars(amount.money)), left.usd, self.usd),
        }[code]
        shown = price.amount if code == OUT_OF_MONEY else "{:,}".format
        start = next_window(now, self.per)
        until = "" if start is None else f" until {start:%Y-%m-%d %H:%M} UTC"
        window = "" if self.per is None else f" of this {self.per}"
        have = f"{shown(rest or 0)} of the {shown(whole or 0)}{window} remain{until}"
        return AccountUsedUp(code, f"the account {self.path} has too little left: the next call may need {wanted}; {have}")

    def _unusable(self, error: Exception) -> AccountUsedUp:
        code = OUT_OF_MONEY if self.usd is not None else OUT_OF_CALLS if self.calls is not None else OUT_OF_TOKENS
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        return AccountUsedUp(code, f"the account {self.path} cannot be used: {why}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _after_fork() -> None:
    for account in tuple(_ACCOUNTS):
        account._begin()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
