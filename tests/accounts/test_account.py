"""An account lends what a request may cost at worst, and never more than it has."""

from __future__ import annotations

import asyncio
import os
import pickle
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm import Account, AccountUsedUp, LimitExceeded
from lambda_rlm.accounts.account import Loan
from lambda_rlm.accounts.book import Per, first_hour, next_window
from tests.support.accounted import lent_in
from tests.support.places import ROOT


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


class Clock:
    def __init__(self, now: str) -> None:
        self.now = at(now)

    def __call__(self) -> float:
        return self.now


def borrow(account: Account, calls: int = 1, tokens: int = 10, usd: float | None = 0.5) -> Loan:
    return asyncio.run(account.borrow(calls, tokens, usd))


@pytest.mark.parametrize(
    ("limit", "code", "said"),
    [
        ({"usd": 1.0}, "E0406", "the next call may need $0.5000; $0.3000 of the $1.00 of this day remain"),
        ({"calls": 2}, "E0404", "the next call may need 1 request; 0 of the 2 of this day remain"),
        ({"tokens": 25}, "E0405", "the next call may need 10 tokens; 5 of the 25 of this day remain"),
    ],
)
def test_what_is_left_is_lent_and_no_more(tmp_path: Path, limit: dict[str, Any], code: str, said: str) -> None:
    account = Account(path=tmp_path / "a", **limit)
    borrow(account).settle(1, 10, 0.4)
    borrow(account).settle(1, 10, 0.3)
    with pytest.raises(LimitExceeded) as refused:
        borrow(account)
    assert refused.value.code == code
    assert said in refused.value.message
    assert str(tmp_path / "a") in refused.value.message
    assert account.spent == (2, 20, 0.7)


def test_what_is_not_used_comes_back(tmp_path: Path) -> None:
    account = Account(path=tmp_path / "a", usd=1.0, tokens=1_000)
    loan = borrow(account)
    assert account.left == (None, 990, 0.5)
    assert account.spent == (0, 0, 0.0)
    loan.settle(1, 4, 0.1)
    assert account.left == (None, 996, 0.9)
    borrow(account).settle(1, 10, None)
    assert account.spent == (2, 14, 0.6)
    borrow(account, usd=0.2).lose()
    assert account.spent == (3, 24, 0.8)


def test_an_unknown_price_is_refused_where_dollars_are_limited(tmp_path: Path) -> None:
    with pytest.raises(AccountUsedUp, match="the price of the model is unknown"):
        borrow(Account(path=tmp_path / "a", usd=1.0), usd=None)
    borrow(Account(path=tmp_path / "a", calls=1), usd=None).settle(1, 10, None)


def test_money_is_exact(tmp_path: Path) -> None:
    """Three tenths are no float: ten of them are three dollars, and not a hair more."""
    account = Account(path=tmp_path / "a", usd=3.0)
    for _ in range(10):
        borrow(account, usd=0.3).settle(1, 1, 0.3)
    assert account.left.usd == 0.0
    with pytest.raises(AccountUsedUp):
        borrow(account, usd=1e-12)
    borrow(account, usd=0.0).settle(1, 1, 0.0)


def test_a_model_that_uses_more_than_was_lent_is_booked(tmp_path: Path) -> None:
    account = Account(path=tmp_path / "a", usd=1.0)
    borrow(account).settle(1, 10, 7.0)
    assert (account.spent.usd, account.left.usd) == (7.0, 0.0)


def test_who_does_not_fit_waits_for_what_others_may_give_back(tmp_path: Path) -> None:
    account = Account(path=tmp_path / "a", usd=1.0)

    async def job() -> None:
        first, second = [await account.borrow(1, 1, 0.5) for _ in range(2)]
        third = asyncio.ensure_future(account.borrow(1, 1, 0.5))
        for _ in range(3):
            await asyncio.to_thread(lambda: account.left)
        assert not third.done()
        first.settle(1, 1, 0.5)
        second.settle(1, 1, 0.0)
        (await third).settle(1, 1, 0.5)

    asyncio.run(job())
    assert account.spent.usd == 1.0


def test_nobody_is_refused_while_paid_requests_are_under_way(tmp_path: Path) -> None:
    """A refusal ends its run, and with it what is under way there: that ends first."""
    account = Account(path=tmp_path / "a", usd=1.0)

    async def job() -> None:
        under_way = await account.borrow(1, 1, 0.8)
        borrow_more = asyncio.ensure_future(account.borrow(1, 1, 2.0))
        for _ in range(3):
            await asyncio.to_thread(lambda: account.spent)
        assert not borrow_more.done()
        under_way.settle(1, 1, 0.8)
        with pytest.raises(AccountUsedUp):
            await borrow_more

    asyncio.run(job())


def test_those_who_wait_are_served_in_one_transaction_in_order(tmp_path: Path) -> None:
    """Each by itself would wait for the disk once; and a large request is not passed by small ones for ever."""
    account = Account(path=tmp_path / "a", usd=1.0)
    go_on, written, transactions = threading.Event(), account._written, []

    def slow(job: Any) -> Any:
        assert go_on.wait(10)
        transactions.append(job)
        return written(job)

    async def job() -> None:
        asking = [asyncio.ensure_future(account.borrow(1, 1, usd)) for usd in (0.1, 0.1, 0.9, *[0.1] * 61)]
        await asyncio.sleep(0)
        go_on.set()
        first, second = [await loan for loan in asking[:2]]
        assert not any(loan.done() for loan in asking[2:])
        first.settle(1, 1, 0.0)
        second.settle(1, 1, 0.0)
        for loan in asking[2:]:
            (await loan).settle(1, 1, 0.0)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(account, "_written", slow)
        asyncio.run(job())
    assert len(transactions) < 64
    assert account.spent.calls == 64


@pytest.mark.parametrize("is_lent", [True, False])
def test_who_is_cancelled_meanwhile_has_borrowed_nothing(tmp_path: Path, is_lent: bool) -> None:
    account = Account(path=tmp_path / "a", usd=1.0)
    assert account.spent.usd == 0.0
    go_on, begun, written = threading.Event(), threading.Event(), account._written

    def slow(job: Any) -> Any:
        begun.set()
        assert go_on.wait(10)
        return written(job)

    async def job() -> None:
        asking = asyncio.ensure_future(account.borrow(1, 1, 1.0 if is_lent else 2.0))
        assert await asyncio.to_thread(begun.wait, 10)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        go_on.set()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(account, "_written", slow)
        asyncio.run(job())
    assert account.left.usd == 1.0
    assert lent_in(tmp_path / "a") == []


def test_what_cannot_be_booked_now_is_booked_later(tmp_path: Path) -> None:
    path = tmp_path / "a"
    account = Account(path=path, usd=1.0)
    loan = borrow(account)
    path.chmod(0o644)
    loan.settle(1, 1, 0.25)
    with pytest.raises(AccountUsedUp, match="other users may open it"):
        _ = account.spent
    path.chmod(0o600)
    assert account.spent.usd == 0.25


@pytest.mark.parametrize(
    ("per", "last", "first"),
    [
        ("hour", "2026-03-31T21:59:59", "2026-03-31T22:00"),
        ("day", "2026-03-31T23:59:59", "2026-04-01T00:00"),
        ("month", "2026-12-31T23:59:59", "2027-01-01T00:00"),
    ],
)
def test_a_new_window_in_utc_has_all_of_it_again(tmp_path: Path, per: Per, last: str, first: str) -> None:
    clock = Clock(last)
    account = Account(path=tmp_path / "a", usd=1.0, per=per, clock=clock)
    late = borrow(account)
    borrow(account).settle(1, 1, 0.5)
    clock.now = at(first)
    assert account.left.usd == 1.0
    late.settle(1, 1, 0.5)
    assert account.left.usd == 1.0, "a request counts in the window in which it was sent"
    borrow(account, usd=1.0).settle(1, 1, 1.0)
    with pytest.raises(AccountUsedUp, match=f"remain until 20.. UTC|of this {per} remain until"):
        borrow(account)
    clock.now = at(last)
    assert account.spent.usd == 2.0, "a clock that goes back brings nothing back"


def test_a_window_for_ever_never_ends(tmp_path: Path) -> None:
    clock = Clock("2020-01-01")
    account = Account(path=tmp_path / "a", usd=1.0, per=None, clock=clock)
    borrow(account).settle(1, 1, 1.0)
    clock.now = at("2040-01-01")
    with pytest.raises(AccountUsedUp, match=r"\$0 of the \$1.00 remain$"):
        borrow(account)


def test_accounts_with_other_windows_see_the_same_spending(tmp_path: Path) -> None:
    clock = Clock("2026-05-05T10:30")
    day, ever = (Account(path=tmp_path / "a", usd=1.0, per=per, clock=clock) for per in ("day", None))
    borrow(day).settle(1, 1, 0.5)
    clock.now = at("2026-05-06")
    borrow(day).settle(1, 1, 0.5)
    asyncio.run(day.booked())
    assert (day.spent.usd, ever.spent.usd) == (0.5, 1.0)


@given(st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)), st.sampled_from(["hour", "day", "month"]))
def test_a_window_begins_before_and_ends_after(moment: datetime, per: Per) -> None:
    now = moment.replace(tzinfo=UTC).timestamp()
    end = next_window(now, per)
    assert end is not None
    assert first_hour(now, per) * 3_600 <= now < end.timestamp()
    assert first_hour(end.timestamp(), per) * 3_600 == end.timestamp()
    assert first_hour(end.timestamp() - 1, per) == first_hour(now, per)


DIES = """
import asyncio, os, sys
from lambda_rlm import Account
account = Account(path=sys.argv[1], usd=1.0)
asyncio.run(account.borrow(1, 10, 0.75))
os._exit(9)
"""


@pytest.mark.slow
def test_what_a_process_had_borrowed_when_it_died_counts(tmp_path: Path) -> None:
    path = tmp_path / "a"
    died = subprocess.run([sys.executable, "-c", DIES, str(path)], cwd=ROOT, check=False)
    assert died.returncode == 9
    account = Account(path=path, usd=1.0)
    assert account.spent == (1, 10, 0.75)
    with pytest.raises(AccountUsedUp, match=r"\$0.2500 of the \$1.00"):
        borrow(account)
    borrow(account, usd=0.25).settle(1, 1, 0.25)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked on POSIX only")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_fork_borrows_for_itself(tmp_path: Path) -> None:
    account = Account(path=tmp_path / "a", usd=1.0)
    borrow(account).settle(1, 1, 0.25)
    asyncio.run(account.booked())
    child = os.fork()
    if not child:
        code = 1
        try:
            borrow(account).settle(1, 1, 0.5)
            code = 0 if account.spent.usd == 0.75 else 2
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert account.spent.usd == 0.75


def test_a_copy_for_another_process_has_the_same_file_and_limits(tmp_path: Path) -> None:
    account = Account(path=tmp_path / "a", usd=1.0, calls=7, per="month")
    borrow(account).settle(1, 1, 0.25)
    copy = pickle.loads(pickle.dumps(account))
    asyncio.run(account.booked())
    assert (copy.spent, copy.left, copy.per) == (account.spent, account.left, "month")


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"usd": -1.0},
        {"usd": float("nan")},
        {"usd": float("inf")},
        {"usd": True},
        {"usd": "5"},
        {"usd": 10**20},
        {"calls": 1.5},
        {"calls": -1},
        {"tokens": True},
        {"calls": 1, "per": "week"},
        {"calls": 1, "path": ""},
        {"calls": 1, "path": 7},
    ],
    ids=repr,
)
def test_limits_that_are_none_are_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError), match="account"):
        Account(**{"path": tmp_path / "a", **wrong})
    assert not (tmp_path / "a").exists()
