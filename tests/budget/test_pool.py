"""The pool: what may be billed beyond one attempt for each call is asked for, set aside, and booked at its worst."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.bounds.domain.size import size_of
from lambda_rlm.bounds.rates import Rates
from lambda_rlm.budget.amount import NOTHING
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.budget.pool import ALL, TENTH, Pool, pool_of
from lambda_rlm.completion import CompletionRequest, Usage
from lambda_rlm.diagnostics.faults import LimitExceeded, ModelFailure
from lambda_rlm.eval.asking.asker import AskSettings
from lambda_rlm.llm.wrappers.retry import RetryingModel, RetryPolicy
from tests.support.spending import PROFILE, Greedy, spend
from tests.support.told_requests import PRICED, Told, paid, pooled, raising

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
