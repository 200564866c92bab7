"""Each request that is really sent is paid from the account, at its worst until it has ended."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from lambda_rlm import (
    Account,
    AccountUsedUp,
    Budget,
    Completion,
    CompletionRequest,
    LimitExceeded,
    ModelFailure,
    ModelProfile,
    Usage,
)
from lambda_rlm.budget.meter import Meter
from lambda_rlm.budget.paying import pay
from lambda_rlm.completion import Message
from lambda_rlm.execution.connections import Connections
from lambda_rlm.llm.failures import RATE_LIMITED, TIMED_OUT, failure
from lambda_rlm.llm.wrappers.hedge import Hedged
from lambda_rlm.llm.wrappers.lent import Lent
from lambda_rlm.llm.wrappers.limiter import Limited, Limiter, Limiters
from lambda_rlm.llm.wrappers.remembered import Remembered
from lambda_rlm.llm.wrappers.retry import RetryingModel, RetryPolicy
from tests.support.accounted import Priced, lent_in
from tests.support.sleeping import at_once

REQUEST = CompletionRequest((Message("user", "x" * 100),), 100)
WORST = 100 * 1e-6 + 100 * 2e-6


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(path=tmp_path / "a", usd=10 * WORST)


class Failing(Priced):
    """Fails with these codes, then answers."""

    def __init__(self, *codes: str) -> None:
        super().__init__()
        self.codes = list(codes)

    async def complete(self, request: CompletionRequest) -> Completion:
        if self.codes:
            self.asked += 1
            raise failure(self.codes.pop(0), "it failed")
        return await super().complete(request)


def test_the_worst_is_lent_while_a_request_is_under_way(account: Account) -> None:
    class Looking(Priced):
        async def complete(self, request: CompletionRequest) -> Completion:
            lent.extend(await asyncio.to_thread(lent_in, account.path))
            return await super().complete(request)

    lent: list[object] = []
    asyncio.run(Lent(Looking(), account).complete(REQUEST))
    assert lent == [(1, 200, 300_000_000)]
    assert account.spent == (1, 60, 70e-6)


def test_what_was_counted_by_who_pays_is_lent(account: Account) -> None:
    """A schema is sent too, and nobody but who pays has counted it."""
    with pytest.raises(AccountUsedUp, match=r"may need \$0.0052"):
        asyncio.run(Lent(Priced(), account).complete(replace(REQUEST, sent=5_000)))
    meter = Meter(Budget())
    with pytest.raises(AccountUsedUp):
        asyncio.run(pay(Lent(Priced(), account), REQUEST, meter, prompt_tokens=100, schema_tokens=4_900))
    assert (meter.usage.attempts, meter.usage.cost, meter.reserved) == (0, 0.0, (0, 0, 0))


@pytest.mark.parametrize(("code", "cost"), [(RATE_LIMITED, 0.0), (TIMED_OUT, WORST)])
def test_a_failure_that_may_be_billed_is_booked_at_its_worst(account: Account, code: str, cost: float) -> None:
    with pytest.raises(ModelFailure, match="it failed"):
        asyncio.run(Lent(Failing(code), account).complete(REQUEST))
    assert account.spent.usd == pytest.approx(cost)


def test_a_request_cut_short_is_booked_at_its_worst(account: Account) -> None:
    class Stuck(Priced):
        async def complete(self, request: CompletionRequest) -> Completion:
            asking[0].cancel()
            await asyncio.sleep(0)
            raise AssertionError("nobody waits for it")

    class Broken(Priced):
        async def complete(self, request: CompletionRequest) -> Completion:
            raise OSError("broken")

    async def cancelled() -> None:
        asking.append(asyncio.ensure_future(Lent(Stuck(), account).complete(REQUEST)))
        with pytest.raises(asyncio.CancelledError):
            await asking[0]

    asking: list[asyncio.Future[Completion]] = []
    asyncio.run(cancelled())
    assert account.spent.usd == pytest.approx(WORST)
    with pytest.raises(OSError, match="broken"):
        asyncio.run(Lent(Broken(), account).complete(REQUEST))
    assert account.spent.usd == pytest.approx(2 * WORST)


def test_every_attempt_is_lent_by_itself(tmp_path: Path) -> None:
    """An account with enough for one attempt refuses the second, and what the first one cost is known."""
    account = Account(path=tmp_path / "a", usd=1.5 * WORST)
    model = RetryingModel(Lent(Failing(TIMED_OUT), account), RetryPolicy(retries=2), sleep=at_once)
    meter = Meter(Budget())
    with pytest.raises(AccountUsedUp):
        asyncio.run(pay(model, REQUEST, meter, prompt_tokens=100))
    assert account.spent.usd == pytest.approx(WORST)
    assert meter.usage.attempts == 1
    assert meter.usage.cost is not None and meter.usage.cost >= WORST
    free = RetryingModel(Lent(Failing(RATE_LIMITED, RATE_LIMITED), account), RetryPolicy(retries=2), sleep=at_once)
    with pytest.raises(AccountUsedUp):
        asyncio.run(free.complete(replace(REQUEST, max_tokens=90)))
    model = RetryingModel(
        Lent(Failing(RATE_LIMITED, RATE_LIMITED), Account(path=tmp_path / "b", usd=WORST)),
        RetryPolicy(retries=2),
        sleep=at_once,
    )
    assert asyncio.run(model.complete(REQUEST)).text == "42"


def test_attempts_that_a_model_hides_are_all_lent(account: Account) -> None:
    class Hiding(Priced):
        profile = replace(Priced.profile, retries=2)

    model = Lent(Hiding(), Account(path=account.path, usd=2.9 * WORST))
    with pytest.raises(AccountUsedUp):
        asyncio.run(model.complete(REQUEST))
    asyncio.run(Lent(Hiding(), Account(path=account.path, usd=3 * WORST, calls=3, tokens=600)).complete(REQUEST))


def test_a_failure_is_booked_with_what_it_hid(account: Account) -> None:
    class Hiding(Priced):
        profile = replace(Priced.profile, retries=2)

        async def complete(self, request: CompletionRequest) -> Completion:
            raise ModelFailure(TIMED_OUT, "no answer")

    with pytest.raises(ModelFailure):
        asyncio.run(Lent(Hiding(), account).complete(REQUEST))
    assert account.spent.usd == pytest.approx(3 * WORST)


def test_a_second_request_of_a_hedge_is_lent_too(account: Account) -> None:
    """Whoever loses is booked at its worst."""

    class Slow(Priced):
        async def complete(self, request: CompletionRequest) -> Completion:
            if not self.asked:
                self.asked += 1
                await asyncio.Event().wait()
            return await super().complete(request)

    model = Hedged(Slow(), 1.0, through=lambda inner: Limited(Lent(inner, account), Limiter(2)), sleep=at_once)
    assert asyncio.run(model.complete(REQUEST)).text == "42"
    assert account.spent.calls == 2
    assert account.spent.usd == pytest.approx(WORST + 70e-6)


def test_a_second_request_without_leave_is_not_paid(account: Account) -> None:
    """What was lent for it comes back: it was never sent."""

    class Slow(Priced):
        async def complete(self, request: CompletionRequest) -> Completion:
            for _ in range(200):
                await asyncio.sleep(0)
            await account.booked()
            return await super().complete(request)

    def refuse() -> None:
        raise LimitExceeded("E0408", "the pool is used up")

    model = Hedged(Slow(), 1.0, through=lambda inner: Limited(Lent(inner, account), Limiter(2)), sleep=at_once)
    asyncio.run(model.complete(replace(REQUEST, again=refuse)))
    assert account.spent.calls == 1
    assert account.spent.usd == pytest.approx(70e-6)


def test_remembered_replies_cost_the_account_nothing(tmp_path: Path) -> None:
    account = Account(path=tmp_path / "a", usd=0.0)
    reply = Completion("42", Usage(50, 10), is_remembered=True)
    model = Remembered(Lent(Priced(), account), {"known": reply})
    assert asyncio.run(model.complete(replace(REQUEST, digest="known"))) is reply
    with pytest.raises(AccountUsedUp):
        asyncio.run(model.complete(replace(REQUEST, digest="new")))


@pytest.mark.parametrize("name", ["scripted:replies.jsonl", "sim:?a0=1", "object"])
def test_models_of_all_kinds_are_asked_with_what_is_lent(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("replies.jsonl").write_text('{"match": "", "reply": "42"}\n', encoding="utf-8")
    connections = Connections(limiters=Limiters(), account=Account(path=tmp_path / "a", calls=0))

    async def job() -> None:
        async with AsyncExitStack() as stack:
            model = connections.opened(Priced() if name == "object" else name, None, stack)
            await model.complete(REQUEST)

    with pytest.raises(AccountUsedUp):
        asyncio.run(job())


def test_the_profile_is_the_models(account: Account) -> None:
    assert isinstance(Lent(Priced(), account).profile, ModelProfile)
    assert Lent(Priced(), account).count_tokens(REQUEST.messages) == 100
