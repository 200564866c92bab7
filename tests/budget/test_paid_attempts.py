"""What each attempt of a request is set aside for, and booked with, however it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import anyio
import pytest

from lambda_rlm.budget.amount import NOTHING
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.budget.paying import failed_usage, pay
from lambda_rlm.completion import Completion, CompletionRequest, Usage
from lambda_rlm.diagnostics.faults import LimitExceeded, ModelFailure
from lambda_rlm.llm.wrappers.hedge import Hedged
from lambda_rlm.llm.wrappers.model_options import ModelOptions, as_described
from lambda_rlm.llm.wrappers.retry import RetryingModel
from lambda_rlm.testing import request as asked
from tests.support.sleeping import at_once
from tests.support.told_requests import PRICED, WORST, Told, paid, pooled, raising


def test_each_attempt_is_set_aside_before_it_is_sent() -> None:
    meter, seen = pooled(2), list[int]()

    def told(request: CompletionRequest) -> Completion:
        for _ in range(3):
            seen.append(meter.reserved.tokens)
            if len(seen) < 3 and request.again is not None:
                request.again()
        return Completion("there", Usage(30, 15, cost=0.0, attempts=3), model="m")

    usage, error = paid(Told(told), meter)
    assert error is None and seen == [WORST, 2 * WORST, 3 * WORST]
    assert (usage.extra, meter.extra, meter.reserved) == (2, 2, NOTHING)
    assert meter.used.tokens == 45


def test_without_leave_a_request_ends_with_what_it_used() -> None:
    meter = pooled(0)

    def told(request: CompletionRequest) -> Completion:
        assert request.again is not None
        request.again()
        raise AssertionError("sent again without leave")

    usage, error = paid(Told(told), meter)
    assert isinstance(error, LimitExceeded) and error.code == "E0408"
    assert replace(usage, cost=None) == Usage(10, 45, is_estimated=True)
    assert usage.cost == pytest.approx(0.1)
    assert (meter.used.tokens, meter.reserved) == (WORST, NOTHING)


def test_a_refusal_that_was_not_given_is_a_broken_model() -> None:
    """A host may raise `LimitExceeded` itself: that is no limit of the run, and no fault of it may pass for one."""
    usage, error = paid(Told(raising(LimitExceeded("E0408", "so it says"))), pooled(1))
    assert isinstance(error, ModelFailure) and error.code == "E0525"
    assert (usage.input_tokens, usage.output_tokens) == (10, 45)


def test_no_leave_is_given_once_a_request_is_over() -> None:
    kept: list[Callable[[], None]] = []

    def told(request: CompletionRequest) -> Completion:
        assert request.again is not None
        kept.append(request.again)
        return Completion("there", Usage(1, 1, cost=0.0), model="m")

    meter = pooled(1)
    paid(Told(told), meter)
    with pytest.raises(RuntimeError, match="over"):
        kept[0]()
    assert (meter.extra, meter.reserved) == (0, NOTHING)


@pytest.mark.parametrize(
    ("failed", "tokens"),
    [
        (ModelFailure("E0503", "late"), WORST),
        (ModelFailure("E0501", "broken"), WORST),
        (ModelFailure("E0501", "overloaded", is_billable=False), 0),
        (ModelFailure("E0502", "busy"), 0),
        (ModelFailure("E0502", "busy, and yet", is_billable=True), WORST),
        (ModelFailure("X0001", "a code of the host's own"), WORST),
        (ZeroDivisionError(), WORST),
    ],
)
def test_a_failure_that_may_be_billed_is_booked_at_its_worst(failed: Exception, tokens: int) -> None:
    meter = pooled(0)
    usage, _ = paid(Told(raising(failed)), meter)
    assert meter.used.tokens == usage.input_tokens + usage.output_tokens == tokens
    assert usage.is_estimated == bool(tokens)
    assert (usage.cost or 0.0) == pytest.approx(0.1 if tokens else 0.0)


def test_what_was_counted_is_booked_beside_what_was_not() -> None:
    """A time-out, and then a reply with its tokens: the first at its worst, the second as it says."""
    replies: Iterator[ModelFailure | Completion]
    replies = iter([ModelFailure("E0503", "late", is_retryable=True), Completion("there", Usage(9, 3, cost=0.001), model="m")])

    def told(request: CompletionRequest) -> Completion:
        reply = next(replies)
        if isinstance(reply, ModelFailure):
            raise reply
        return reply

    meter = pooled(1)
    usage, error = paid(RetryingModel(Told(told), sleep=at_once), meter)
    assert error is None
    assert (usage.input_tokens, usage.output_tokens, usage.attempts, usage.extra) == (9 + 10, 3 + 45, 2, 1)
    assert usage.is_estimated and usage.uncounted == 0
    assert meter.used.tokens == 12 + WORST


def test_a_silent_model_pays_for_each_attempt_with_leave() -> None:
    def told(request: CompletionRequest) -> Completion:
        assert request.again is not None
        request.again()
        raise ModelFailure("E0502", "busy at last")

    meter = pooled(3)
    usage, _ = paid(Told(told), meter)
    assert (meter.used.tokens, usage.extra) == (WORST, 1)  # the first may be billed, the last is known not to be


@pytest.mark.parametrize("error", [RuntimeError("broke"), ModelFailure("E0503", "no answer")])
def test_what_a_silent_model_hid_is_booked_whole(error: Exception) -> None:
    meter = pooled(1)
    paid(Told(raising(error), replace(PRICED, retries=2)), meter)
    assert meter.used.tokens == 3 * WORST


def test_an_attempt_that_is_not_affordable_stays_in_the_pool() -> None:
    """A hedged request that the budget refuses is not sent, and the first one answers."""

    def told(request: CompletionRequest) -> Completion:
        assert request.again is not None
        with pytest.raises(LimitExceeded, match="tokens"):
            request.again()
        return Completion("there", Usage(9, 3, cost=0.0), model="m")

    meter = Meter(Budget(tokens=WORST))
    meter.pool = 1
    usage, error = paid(Told(told), meter)
    assert error is None
    assert (meter.extra, usage.extra) == (0, 0)


def test_any_refusal_of_a_request_may_end_it() -> None:
    """Both requests of a hedged one are refused: the first of the two refusals is no bug of the model."""

    def told(request: CompletionRequest) -> Completion:
        assert request.again is not None
        refusals = []
        for _ in range(2):
            with pytest.raises(LimitExceeded) as refused:
                request.again()
            refusals.append(refused.value)
        refusals[0].usage = Usage(9, 3, cost=0.0)
        raise refusals[0]

    usage, error = paid(Told(told), pooled(0))
    assert isinstance(error, LimitExceeded) and error.code == "E0408"
    assert (usage.input_tokens, usage.output_tokens) == (9, 3)


def test_what_failed_before_a_refusal_below_is_booked_too() -> None:
    """The first request may be billed; the second too, and what is behind it wants a third."""
    asked_before = []

    def told(request: CompletionRequest) -> Completion:
        assert request.again is not None
        failed = ModelFailure("E0503", "no answer", is_retryable=True)
        asked_before.append(failed)
        if len(asked_before) == 1:
            raise failed
        try:
            request.again()
        except LimitExceeded as refused:
            refused.usage = failed_usage(failed)
            raise
        raise AssertionError

    meter = pooled(1)
    usage, error = paid(RetryingModel(Told(told), sleep=at_once), meter)
    assert isinstance(error, LimitExceeded)
    assert (meter.used.tokens, usage.attempts) == (2 * WORST, 2)


def test_uncounted_attempts_are_never_more_than_were_set_aside() -> None:
    def told(request: CompletionRequest) -> Completion:
        return Completion("there", Usage(attempts=50, is_estimated=True, uncounted=50), model="m")

    meter = pooled(9)
    paid(Told(told), meter)
    assert meter.used.tokens == WORST


def test_a_cancelled_request_keeps_what_its_attempts_may_cost() -> None:
    class Never(Told):
        async def complete(self, request: CompletionRequest) -> Completion:
            assert request.again is not None
            request.again()
            await anyio.sleep_forever()
            raise AssertionError

    meter, used = pooled(1), list[Usage]()

    async def main() -> None:
        async with anyio.create_task_group() as group:
            request = asked("x", max_tokens=40)
            group.start_soon(
                lambda: pay(Never(lambda _: Completion("", Usage())), request, meter, prompt_tokens=10, on_usage=used.append)
            )
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()

    anyio.run(main)
    assert (used[0].input_tokens, used[0].attempts, used[0].extra) == (20, 2, 1)
    assert (meter.used.tokens, meter.reserved.tokens) == (20, 2 * WORST - 20)


def test_a_reply_of_an_earlier_session_takes_what_it_took_then() -> None:
    def told(request: CompletionRequest) -> Completion:
        return Completion("there", Usage(30, 9, cost=0.5, attempts=3, extra=2), model="m", is_remembered=True)

    meter = pooled(2)
    usage, error = paid(Told(told), meter)
    assert (usage.extra, meter.extra, error) == (2, 2, None)
    usage, error = paid(Told(told), pooled(1))
    assert isinstance(error, LimitExceeded) and error.code == "E0408"


def test_prices_that_are_said_do_not_make_a_silent_model_free() -> None:
    """It counted nothing, so nobody knows what it used."""
    silent = Told(lambda request: Completion("there", Usage(), model="m"), replace(PRICED, input_price=0.0, output_price=0.0))
    described = as_described(silent, ModelOptions(price_in=1000.0, price_out=2000.0), allows_thought=True)
    meter = pooled(1)
    usage, _ = paid(described, meter)
    assert meter.used.tokens == WORST
    assert usage.cost == pytest.approx(10e-3 + 45 * 2e-3)


@pytest.mark.parametrize("silent", [Usage(), Usage(is_estimated=True), Usage(9, 3, is_estimated=True), Usage(-1, 3)])
def test_a_silent_reply_after_a_failure_is_booked_at_its_worst(silent: Usage) -> None:
    """What the failure may have used hides nothing of it."""
    ways: list[ModelFailure | Completion] = [
        ModelFailure("E0501", "broken", is_retryable=True),
        Completion("there", silent, model="m"),
    ]

    def told(request: CompletionRequest) -> Completion:
        way = ways.pop(0)
        if isinstance(way, ModelFailure):
            raise way
        return way

    meter = pooled(1)
    paid(RetryingModel(Told(told), sleep=at_once), meter)
    assert meter.used.tokens == 2 * WORST


def test_a_silent_reply_to_a_hedge_is_booked_at_its_worst() -> None:
    class Slow(Told):
        asked = 0

        async def complete(self, request: CompletionRequest) -> Completion:
            self.asked += 1
            if self.asked == 1:
                await anyio.sleep_forever()
            return Completion("there", Usage(), model="m")

    meter = pooled(1)
    paid(Hedged(Slow(raising(AssertionError())), 1.0, sleep=at_once), meter)
    assert meter.used.tokens == 2 * WORST
