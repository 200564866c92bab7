"""A request that is cancelled while it waits for its place was not sent: nothing of it is booked, and nothing stays set aside."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import anyio
import pytest

from lambda_rlm import Account, Budget, Completion, CompletionRequest
from lambda_rlm.budget.meter import Meter
from lambda_rlm.budget.paying import pay
from lambda_rlm.completion import Message, Model, ModelProfile, Usage
from lambda_rlm.llm.failures import RATE_LIMITED, TIMED_OUT, failure
from lambda_rlm.llm.wrappers.hedge import Hedged
from lambda_rlm.llm.wrappers.lent import Lent
from lambda_rlm.llm.wrappers.limiter import Limited, Limiter
from lambda_rlm.llm.wrappers.retry import RetryingModel, RetryPolicy
from tests.support.sleeping import at_once

SENT, REPLY = 10, 40
WORST = SENT + REPLY
REQUEST = CompletionRequest((Message("user", "x" * SENT),), REPLY)


class Stuck:
    """Fails with these codes, and then never answers."""

    profile = ModelProfile("stuck", window=8_192, max_output=100, input_price=1e-6, output_price=2e-6)

    def __init__(self, *codes: str) -> None:
        self.codes = list(codes)
        self.asked = 0

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return SENT

    async def complete(self, request: CompletionRequest) -> Completion:
        self.asked += 1
        if self.codes:
            raise failure(self.codes.pop(0), "it failed")
        await anyio.sleep_forever()
        raise AssertionError("nobody waits for it")

    async def aclose(self) -> None: ...


async def for_ever(seconds: float) -> None:
    await anyio.sleep_forever()


def cut_short(model: Model, before: Callable[[], Coroutine[Any, Any, object]] | None = None) -> tuple[Usage, Meter]:
    """The usage of a request that is cancelled when nothing goes on any more, and the meter that paid."""
    meter, used = Meter(Budget()), list[Usage]()
    meter.pool = 5

    async def main() -> None:
        async with anyio.create_task_group() as group:
            if before is not None:
                group.start_soon(before)
                await anyio.wait_all_tasks_blocked()
            async with anyio.create_task_group() as inner:
                inner.start_soon(lambda: pay(model, REQUEST, meter, prompt_tokens=SENT, on_usage=used.append))
                await anyio.wait_all_tasks_blocked()
                inner.cancel_scope.cancel()
            group.cancel_scope.cancel()

    anyio.run(main)
    [usage] = used
    return usage, meter


def test_one_that_was_sent_is_booked_with_its_prompt() -> None:
    usage, meter = cut_short(Limited(Stuck(), Limiter(1)))
    assert (usage.input_tokens, usage.attempts) == (SENT, 1)
    assert usage.cost == pytest.approx(SENT * 1e-6)
    assert (meter.used.tokens, meter.reserved.tokens) == (SENT, WORST - SENT)


def test_one_that_waits_for_a_place_is_not_booked() -> None:
    limiter, stuck = Limiter(1), Stuck()
    usage, meter = cut_short(Limited(stuck, limiter), lambda: Limited(stuck, limiter).complete(REQUEST))
    assert stuck.asked == 1
    assert (usage.input_tokens, usage.attempts, usage.cost) == (0, 0, 0.0)
    assert meter.used.tokens == meter.reserved.tokens == meter.used.money == meter.reserved.money == 0


def test_one_that_waits_for_its_time_is_not_booked() -> None:
    limiter, stuck = Limiter(2, rpm=1, sleep=for_ever), Stuck()
    usage, meter = cut_short(Limited(stuck, limiter), lambda: Limited(stuck, limiter).complete(REQUEST))
    assert (stuck.asked, usage.attempts, meter.reserved.tokens) == (1, 0, 0)


def test_one_that_waits_for_a_loan_is_not_booked(tmp_path: Path) -> None:
    account, stuck = Account(path=tmp_path / "a", calls=1), Stuck()
    usage, meter = cut_short(Lent(stuck, account), lambda: account.borrow(1, 1, 0.0))
    assert (stuck.asked, usage.attempts, meter.used.tokens, meter.reserved.tokens) == (0, 0, 0, 0)


def test_one_that_was_turned_down_and_waits_is_not_booked() -> None:
    """Nobody bills what was refused for its rate."""
    stuck = Stuck(RATE_LIMITED)
    usage, meter = cut_short(RetryingModel(stuck, RetryPolicy(retries=2), sleep=for_ever))
    assert (stuck.asked, usage.input_tokens, meter.used.tokens, meter.reserved.tokens) == (1, 0, 0, 0)


def test_an_attempt_before_the_one_that_waits_is_booked() -> None:
    """What may have been billed stays set aside; what is to be sent after it was not sent."""
    usage, meter = cut_short(RetryingModel(Stuck(TIMED_OUT), RetryPolicy(retries=2), sleep=for_ever))
    assert (usage.input_tokens, usage.attempts, usage.extra) == (SENT, 1, 1)
    assert (meter.used.tokens, meter.reserved.tokens) == (SENT, WORST - SENT)


def test_one_that_is_sent_again_is_booked_twice() -> None:
    usage, _ = cut_short(RetryingModel(Limited(Stuck(TIMED_OUT), Limiter(1)), RetryPolicy(retries=2), sleep=at_once))
    assert (usage.input_tokens, usage.attempts) == (2 * SENT, 2)


def test_a_second_request_that_waits_says_nothing_of_the_first() -> None:
    limiter = Limiter(1)
    usage, meter = cut_short(Hedged(Stuck(), 1.0, through=lambda inner: Limited(inner, limiter), sleep=at_once))
    assert (usage.input_tokens, usage.attempts) == (SENT, 1)
    assert (meter.used.tokens, meter.reserved.tokens) == (SENT, WORST - SENT)


def test_the_first_of_a_hedge_that_waits_is_not_booked() -> None:
    limiter, stuck = Limiter(1), Stuck()
    model = Hedged(stuck, 1.0, through=lambda inner: Limited(inner, limiter), sleep=at_once)
    usage, meter = cut_short(model, lambda: Limited(stuck, limiter).complete(REQUEST))
    assert (stuck.asked, usage.attempts, meter.used.tokens, meter.reserved.tokens) == (1, 0, 0, 0)
