"""The pool: what may be billed beyond one attempt for each call is asked for, set aside, and booked at its worst."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.bounds.domain.size import size_of
from lambda_rlm.bounds.rates import Rates
from lambda_rlm.budget.amount import NOTHING
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.budget.paying import failed_usage, pay
from lambda_rlm.budget.pool import ALL, TENTH, Pool, pool_of
from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, Usage
from lambda_rlm.diagnostics.faults import LimitExceeded, ModelFailure
from lambda_rlm.eval.asking.asker import AskSettings
from lambda_rlm.llm.wrappers.retry import RetryingModel, RetryPolicy
from lambda_rlm.testing import request as asked
from tests.support.sleeping import at_once
from tests.support.spending import PROFILE, Greedy, spend

PRICED = ModelProfile("m", 1_000, 100, input_price=1e-3, output_price=2e-3, reasoning_tokens=5)
WORST = 10 + 40 + 5
"""The tokens of one attempt: prompt, longest reply, thought."""


class Told:
    """A model whose one request goes as a function of the request says."""

    def __init__(self, told: Callable[[CompletionRequest], Completion], profile: ModelProfile = PRICED) -> None:
        self.told = told
        self.profile = profile

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return 10

    async def complete(self, request: CompletionRequest) -> Completion:
        return self.told(request)

    async def aclose(self) -> None:
        """Nothing to close."""


def paid(model: Any, meter: Meter, taken: int = 0) -> tuple[Usage, Exception | None]:
    """The usage that is booked for one request of at most 40 tokens, and what it raised."""
    used: list[Usage] = []

    async def ask() -> None:
        await pay(model, asked("x", max_tokens=40), meter, prompt_tokens=10, taken=taken, on_usage=used.append)

    try:
        anyio.run(ask)
    except Exception as error:  # noqa: BLE001 - looked at by the tests
        return used[0], error
    return used[0], None


def raising(error: Exception) -> Callable[[CompletionRequest], Completion]:
    def told(request: CompletionRequest) -> Completion:
        raise error

    return told


def pooled(pool: int) -> Meter:
    meter = Meter(Budget())
    meter.hold(1, 10_000, 100.0, pool)
    return meter


# ── How large it is. ──


@pytest.mark.parametrize(
    ("text", "calls", "attempts"),
    [("3", 100, 3), ("0", 100, 0), ("10%", 100, 10), ("10%", 101, 11), ("10 %", 1, 1), ("0%", 50, 0), ("250%", 4, 10)],
)
def test_a_pool_is_a_number_or_a_share_of_the_calls(text: str, calls: int, attempts: int) -> None:
    pool = Pool.written(text)
    assert pool.of(calls) == attempts
    assert pool.of(0) == 0


@pytest.mark.parametrize("text", ["", "-1", "1.5", "ten", "10%%", "1_0", "٣", "9" * 10])
def test_what_is_no_pool_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a pool is a whole number or a share of the calls"):
        Pool.written(text)


@given(st.integers(0, 3_000), st.integers(0, 5), st.integers(0, 300), st.integers(0, 4))
def test_analysis_and_meter_count_one_pool(calls: int, least: int, percent: int, before: int) -> None:
    pool = Pool(least, percent)
    rates = Rates(window=1_000, max_output=100, pool=pool, paid_before=before)
    assert not calls or rates.pool_of(size_of(calls)).value == pool.of(calls) + before


def test_a_tenth_where_an_attempt_costs_money_and_all_where_not() -> None:
    assert pool_of(PRICED) is TENTH
    assert pool_of(replace(PRICED, input_price=0.0, output_price=0.0)) is ALL
    assert pool_of(replace(PRICED, input_price=None, output_price=None)) is ALL
    assert pool_of(PRICED, Pool(7, 0)) == Pool(7, 0)


# ── Taking from it. ──


def test_the_pool_of_a_run_is_not_exceeded() -> None:
    meter = pooled(2)
    meter.take_attempt()
    meter.take_attempt()
    with pytest.raises(LimitExceeded) as refused:
        meter.take_attempt()
    assert (refused.value.code, refused.value.span, meter.extra) == ("E0408", None, 2)
    assert "its pool of 2 extra attempts" in refused.value.message


def test_an_account_above_counts_what_is_taken_below() -> None:
    above = pooled(1)
    shared, apart = Meter(Budget(), above), Meter(Budget(), above)
    apart.pool, apart.apart = 5, True
    for _ in range(5):
        Meter(Budget(), apart).take_attempt()
    assert (above.extra, apart.extra) == (0, 5)
    shared.take_attempt()
    assert above.extra == 1
    with pytest.raises(LimitExceeded):
        shared.take_attempt()
    assert (above.extra, shared.extra) == (1, 1)


def test_a_second_bound_that_is_held_gets_its_own_pool() -> None:
    meter = pooled(1)
    meter.take_attempt()
    meter.hold(1, 100, 1.0, 1)
    meter.take_attempt()
    with pytest.raises(LimitExceeded):
        meter.take_attempt()


# ── Paying. ──


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


# ── Runs. ──


@pytest.mark.parametrize(("pool", "code"), [(Pool(2, 0), None), (Pool(1, 0), "E0408"), (Pool(0, 0), "E0408")])
def test_repairs_are_taken_from_the_pool(pool: Pool, code: str | None) -> None:
    bad = {"w1", "w2"}

    def reply(request: CompletionRequest) -> str:
        text = request.messages[-1].content
        return "none" if any(word in text for word in bad) and "An earlier reply" not in text else "7"

    words = [f"w{n}" for n in range(4)]
    done, meter = spend("ws |> map(fn(w) => llm_call[Int](w, or_else=0))", Greedy(reply), {"ws": words}, pool=pool)
    assert done.bound is not None and done.bound.pool == pool.least
    assert done.usage.extra_attempts == meter.extra == min(2, pool.least)
    if code is None:
        assert done.value == [7, 7, 7, 7]
    else:
        assert done.fault is not None and (done.fault.code, done.fault.span) == (code, None)


@pytest.mark.parametrize("pool", range(4))
def test_items_left_out_are_asked_for_again_out_of_the_pool(pool: int) -> None:
    """One for each prompt that is sent; equal prompts of two votes' worth of the same item are sent once."""
    program = 'llm_map[Int](ws, "How many?", per_call=2)'
    model = Greedy(lambda request: "none" if "An earlier reply" not in request.messages[-1].content else '{"1": 7, "2": 7}')
    done, meter = spend(program, model, {"ws": ["a", "b", "c", "d", "a", "b"]}, pool=Pool(pool, 0))
    assert done.bound is not None and done.bound.calls == 3 + min(3, pool)
    if pool >= 2:
        assert done.value == [7] * 6
        assert (done.usage.calls, done.usage.extra_attempts, meter.extra) == (4, 2, 2)
    else:
        assert done.fault is not None and done.fault.code == "E0408"
        assert done.usage.calls <= done.bound.calls


def test_a_run_within_its_pool_stays_within_what_is_held() -> None:
    """Every attempt at its worst, and the pool spent to its end: looked at whenever the model is asked."""
    words = [f"word {n}" for n in range(24)]
    calls = iter(range(10**6))
    model = Greedy(lambda request: "none" if next(calls) in (3, 9, 11) else "7")
    done, meter = spend("ws |> map(fn(w) => llm_call[Int](w, out=20))", model, {"ws": words})
    assert done.ok and done.bound is not None and done.bound.tokens is not None
    assert (done.bound.pool, done.usage.extra_attempts) == (3, 3)
    assert meter.used.tokens <= done.bound.tokens
    assert meter.held == NOTHING


def test_or_else_does_not_cover_a_pool_that_is_used_up() -> None:
    failing = Greedy("none")
    done, _ = spend("llm_call[Int](query, or_else=0)", failing, pool=Pool(0, 0))
    assert done.fault is not None and done.fault.code == "E0408"
    done, _ = spend("llm_call[Int](query, or_else=0)", Greedy("none"), pool=Pool(1, 0))
    assert done.value == 0


def test_what_is_sent_again_shares_the_pool_with_repairs() -> None:
    """Three requests that fail once each, and one repair that fails once too: five attempts more."""
    for pool, is_enough in ((5, True), (4, False)):
        model = Greedy(
            lambda r: "none" if "word 0" in r.messages[-1].content and "An earlier" not in r.messages[-1].content else "7",
            failures=1,
        )
        words = ["word 0", "word 1", "word 2"]
        done, _ = spend("ws |> map(fn(w) => llm_call[Int](w))", model, {"ws": words}, retries=1, pool=Pool(pool, 0))
        assert done.ok == is_enough
        assert done.usage.extra_attempts == pool


def test_a_free_model_is_asked_again_without_the_pool() -> None:
    profile = replace(PROFILE, input_price=0.0, output_price=0.0)
    done, _ = spend("llm_call(query)", Greedy("there", profile, failures=2), retries=2, pool=Pool(0, 0))
    once, _ = spend("llm_call(query)", Greedy("there", profile), pool=Pool(0, 0))
    assert done.ok and (done.usage.attempts, done.usage.extra_attempts) == (3, 0)
    assert (done.usage.input_tokens, done.usage.output_tokens) == (once.usage.input_tokens, once.usage.output_tokens)


def test_settings_ask_with_the_pool_that_they_name() -> None:
    assert AskSettings(key=b"").pool is None
    retrying = RetryingModel(Told(raising(ValueError())), RetryPolicy(retries=3)).profile
    assert (retrying.resends, retrying.retries) == (3, 0)


def test_a_failure_of_a_free_model_costs_nothing() -> None:
    profile = replace(PRICED, input_price=0.0, output_price=0.0)
    meter = pooled(0)
    usage, _ = paid(Told(raising(ModelFailure("E0503", "late")), profile), meter)
    assert (usage, meter.used.tokens) == (Usage(cost=0.0), 0)
