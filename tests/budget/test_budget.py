"""A budget holds: refused before the first call where it can be known, by the meter where it cannot."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_rlm.budget.amount import NOTHING
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import NO_USAGE, Usage
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.faults import LimitExceeded
from tests.support.running import run
from tests.support.spending import EVERY, PROFILE, Greedy, spend

EACH = "ws |> map(fn(w) => llm_call[Int](w, out=20, or_else=0))"
WORDS = [f"word {n}" for n in range(24)]
AMPLE = Budget(calls=100_000, tokens=10**9)
KINDS = {
    "Text": "llm_call(w)",
    "Int": "llm_call[Int](w, out=20, or_else=0)",
    "Bool": "llm_call[Bool](w, or_else=false)",
    "a choice": 'llm_call["yes or é" | "no"](w, or_else="no")',
    "a record": 'llm_call[{name: Text, ages: List[Int]}](w, or_else={name: "", ages: []})',
    "samples": "llm_samples(w, 3, out=9) |> length",
    "options": 'llm_choose("Which?", [w, "say \\"b\\"", "c"])',
    "items": 'llm_map[Int]([w, w, query], "How many?")',
    "quotes": 'llm_map[{q: Quote}](split_on(w, " "), "What?", per_call=2, votes=2)',
}


def test_what_is_not_analysed_is_unlimited_and_never_zero() -> None:
    done = run("llm_call(query)", rules=[(".*", "yes")])
    assert done.bound is not None
    assert done.bound.steps is None and done.bound.bytes is None
    assert done.bound.formula["steps"] == done.bound.formula["bytes"] == "unlimited"
    assert done.usage.steps > 0 and done.usage.bytes > 0


# ── The gate before the run. ──


@pytest.mark.parametrize(
    ("code", "program", "limits"),
    [
        ("E0304", EACH, {"calls": 23}),
        ("E0304", EACH, {"tokens": 12_000}),
        ("E0304", EACH, {"usd": 1.0}),
        (
            "E0303",
            '(fix go(p) => if length(p) < 2 then llm_call(p) else split(p, 2) |> map(go) |> join(""))(context)',
            {"depth": 3},
        ),
    ],
)
def test_a_run_over_budget_is_refused_before_the_first_call(code: str, program: str, limits: dict[str, Any]) -> None:
    model = Greedy()
    inputs = {"ws": WORDS, "context": "x" * 16}
    with pytest.raises(Rejected) as refused:
        spend(program, model, inputs, budget=Budget(**limits))
    assert {d.code for d in refused.value.diagnostics} == {code}
    assert model.asked == 0
    assert spend(program, model, inputs)[0].ok


def test_a_prompt_over_the_window_is_refused_before_any_call() -> None:
    model = Greedy()
    with pytest.raises(Rejected, match="E0301"):
        spend("llm_call(query) ++ llm_call(context)", model, {"context": "x" * 9_000})
    assert model.asked == 0
    done, _ = spend("llm_call(query) ++ llm_call(context)", model, {"context": "x" * 9_000}, is_gated=False)
    assert done.fault is not None and done.fault.code == "E0509"
    assert model.asked == 1


@pytest.mark.parametrize(
    ("code", "limits"), [("E0401", {"fuel": 3_000}), ("E0402", {"memory": 20_000}), ("E0407", {"seconds": 0.05})]
)
def test_the_meter_limits_processor_time_storage_and_seconds(code: str, limits: dict[str, Any]) -> None:
    program = "let n = length(llm_call(query)); range(1, 2000) |> map(fn(i) => to_text(i * n)) |> length"
    model = Greedy(turns=lambda _: 10**9 if "seconds" in limits else 0)
    done, meter = spend(program, model, budget=Budget(**limits))
    assert done.fault is not None and done.fault.code == code
    assert model.asked <= 1
    assert meter.held == NOTHING


@pytest.mark.parametrize("is_gated", [True, False])
def test_a_dollar_limit_without_a_price_is_refused_first(is_gated: bool) -> None:
    model = Greedy(profile=replace(PROFILE, input_price=None, output_price=None))
    budget = Budget(usd=5.0)
    if is_gated:
        with pytest.raises(Rejected, match="E0304"):
            spend(EACH, model, {"ws": WORDS}, budget=budget)
    else:
        done, _ = spend(EACH, model, {"ws": WORDS}, budget=budget, is_gated=False)
        assert done.fault is not None and done.fault.code == "E0406"
    assert model.asked == 0


# ── The meter alone. ──

SCHEDULES = st.lists(st.integers(0, 6), min_size=1, max_size=9).map(lambda turns: lambda n: turns[n % len(turns)])


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 30),
    st.integers(0, 40_000),
    st.none() | st.floats(0, 25),
    st.sampled_from([1, 16, 128]),
    st.integers(0, 2),
    st.sampled_from(["7", "not a number"]),
    SCHEDULES,
    st.booleans(),
)
def test_the_meter_alone_keeps_an_ungated_run_within_budget(
    calls: int, tokens: int, usd: float | None, concurrency: int, retries: int, reply: str, turns: Any, is_child: bool
) -> None:
    """At every moment, calls in flight, retries and repairs included; models use all that they may."""
    budget = Budget(calls=calls, tokens=tokens, usd=usd, concurrency=concurrency)
    parent = Meter(replace(budget, calls=calls // 2)) if is_child else None
    model = Greedy(reply, failures=retries, turns=turns)
    done, meter = spend(EACH, model, {"ws": WORDS}, budget=budget, is_gated=False, retries=retries, parent=parent)
    assert done.usage.calls <= (calls if parent is None else calls // 2)
    assert done.usage.input_tokens + done.usage.output_tokens <= tokens
    assert usd is None or (done.usage.usd is not None and done.usage.usd <= usd)
    assert done.ok or (done.fault is not None and done.fault.code in {"E0404", "E0405", "E0406"})
    assert meter.held == NOTHING and (meter.reserved == NOTHING or not done.ok)
    assert parent is None or (parent.used, parent.reserved) == (meter.used, meter.reserved)


def test_the_worst_case_of_a_cancelled_request_stays_reserved() -> None:
    """Nobody says what its reply cost, so nobody else may spend it; the usage tells what is known, its prompt."""
    session = Meter(Budget())
    model = Greedy(turns=lambda _: 10**9)
    done, meter = spend("llm_call(query, out=20)", model, budget=Budget(seconds=0.1), parent=session)
    assert done.fault is not None and done.fault.code == "E0407"
    assert session.used == meter.used
    assert session.reserved.tokens == meter.reserved.tokens == 20 + PROFILE.reasoning_tokens


# ── The whole bound, set aside. ──


@pytest.mark.parametrize("reply", ["7", "no answer of any type"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_a_model_can_use_is_set_aside_and_within_the_bound(kind: str, reply: str) -> None:
    """With every attempt failing but the last, every reply bad, the longest replies and thoughts, and the schema paid for."""
    words = ["a", "b ü “quoted” \N{GRINNING FACE}", "x" * 300, "\n\n"]
    model = Greedy(lambda r: r.choices[0] if r.choices and reply == "7" else reply, failures=2)
    program = f"ws |> map(fn(w) => {KINDS[kind]}) |> length"
    done, _ = spend(program, model, {"ws": words}, budget=AMPLE, retries=2, pool=EVERY)
    bound, usage = done.bound, done.usage
    assert bound is not None and bound.calls is not None and bound.attempts is not None and bound.usd is not None
    assert 0 < usage.calls <= bound.calls
    assert usage.calls * 3 <= usage.attempts == model.asked <= bound.attempts
    assert bound.input_tokens is not None and usage.input_tokens <= bound.input_tokens
    assert bound.output_tokens is not None and usage.output_tokens <= bound.output_tokens
    assert usage.usd is not None and usage.usd <= bound.usd


@pytest.mark.slow
@settings(deadline=None, max_examples=15)
@given(st.sampled_from(["7", "none"]), st.integers(0, 2), SCHEDULES, st.sampled_from([1, 16, 128]))
def test_a_run_at_its_bound_ends_the_same_on_any_schedule(reply: str, retries: int, turns: Any, concurrency: int) -> None:
    calm, _ = spend(EACH, Greedy(reply, failures=retries), {"ws": WORDS}, retries=retries, pool=EVERY)
    bound = calm.bound
    assert bound is not None and bound.calls is not None and bound.tokens is not None
    budget = Budget(calls=bound.calls, tokens=bound.tokens, usd=bound.usd, concurrency=concurrency)
    model = Greedy(reply, failures=retries, turns=turns)
    wild, _ = spend(EACH, model, {"ws": WORDS}, budget=budget, retries=retries, pool=EVERY)
    assert calm.ok and wild.value == calm.value
    for name in ("calls", "attempts", "input_tokens", "output_tokens", "usd"):
        assert getattr(wild.usage, name) == getattr(calm.usage, name)


def test_a_run_left_too_little_by_another_is_refused_first() -> None:
    session = Meter(Budget(calls=36))
    first, _ = spend(EACH, Greedy(), {"ws": WORDS}, parent=session)
    assert first.ok and session.calls == 24
    model = Greedy()
    second, meter = spend(EACH, model, {"ws": WORDS}, parent=session)
    assert second.fault is not None and second.fault.code == "E0404"
    assert (model.asked, session.calls, meter.calls) == (0, 24, 0)
    third, _ = spend(EACH, model, {"ws": WORDS[:12]}, parent=session)
    assert third.ok and session.calls == 36


def test_unused_reservations_of_a_run_are_free_for_others() -> None:
    session = Meter(Budget(calls=3))
    done, _ = spend('if llm_call(query) == "7" then 0 else length(llm_call("a") ++ llm_call("b"))', Greedy(), parent=session)
    assert done.bound is not None and (done.bound.calls, session.calls) == (3, 1)
    assert spend('length(llm_call("a") ++ llm_call("b"))', Greedy(), parent=session)[0].ok


# ── The tree of meters. ──


def test_fuel_and_storage_of_a_child_come_from_its_parent() -> None:
    parent = Meter(Budget(fuel=1_000, memory=500))
    with parent.child(Budget(fuel=400, memory=10_000)) as child:
        assert (child.fuel, parent.fuel) == (400, 600)
        child.spend(150)
        child.allocate(20)
        child.admit_inputs(200_000)
        assert (child.fuel, parent.fuel) == (850, 0)
    child.close()
    child.close()
    assert (child.steps, child.bytes) == (150, 20)
    assert (parent.steps, parent.fuel, parent.bytes) == (150, 850, 20)


def test_what_a_child_holds_its_parent_holds_until_it_is_freed() -> None:
    parent = Meter(Budget(memory=500))
    child = parent.child(Budget(memory=10_000))
    child.storage.hold(400)
    assert (child.live, parent.live) == (400, 400)
    with pytest.raises(LimitExceeded, match=r"E0402.*500 bytes"):
        child.storage.hold(200)
    child.storage.give_back(600)
    parent.storage.hold(450)
    assert (child.storage.live, parent.storage.live, child.live, parent.live) == (0, 450, 600, 600)


def test_what_would_not_fit_is_refused_before_it_is_made() -> None:
    meter = Meter(Budget(memory=1 << 20))
    meter.allocate(1 << 30, 1 << 19)
    for size in (2 << 20, 1 << 64, 1 << 200):
        with pytest.raises(LimitExceeded, match="E0402"):
            Meter(Budget(memory=1 << 20)).allocate(size)
    assert (meter.bytes, meter.live) == (1 << 30, 0)


def test_inputs_have_room_beside_the_limit_and_raise_it() -> None:
    meter = Meter(Budget(memory=1_000, memory_per_character=16))
    meter.admit_inputs(100_000 + 50, held=10**9)
    assert (meter.live, meter.left().memory) == (10**9, 1_800)
    meter = Meter(Budget(memory=1_000, memory_per_character=16))
    meter.admit_inputs(10**12, held=10**9)
    assert meter.left().memory == 5_000


def test_an_unpriced_child_cannot_spend_under_a_dollar_limit() -> None:
    child = Meter(Budget(usd=1.0)).child(Budget()).child(Budget())
    with pytest.raises(LimitExceeded, match="E0406"):
        child.hold(1, 10, None)
    with pytest.raises(LimitExceeded, match="E0406"):
        child.reserve(10, None)


def test_money_is_exact() -> None:
    """A hundred times a tenth of a cent is ten cents, to the last digit and beyond no limit."""
    meter = Meter(Budget(usd=0.1))
    for _ in range(100):
        meter.reserve(1, 0.001)
        meter.settle(1, 0.001, Usage(1, 0, cost=0.001))
    assert meter.usage.cost == 0.1
    with pytest.raises(LimitExceeded, match="E0406"):
        meter.reserve(1, 1e-9)


BUDGETS = st.builds(
    Budget, calls=st.integers(0, 8), tokens=st.integers(0, 80), usd=st.none() | st.sampled_from([0.0, 0.1, 0.35])
)
STEPS = st.tuples(
    st.sampled_from(["child", "hold", "release", "call", "reserve", "settle", "close"]), st.integers(0, 99), st.integers(0, 12)
)


@settings(deadline=None)
@given(BUDGETS, st.lists(st.tuples(STEPS, BUDGETS), max_size=40))
def test_no_meter_of_a_tree_is_ever_beyond_its_budget(budget: Budget, steps: list[tuple[tuple[str, int, int], Budget]]) -> None:
    meters = [Meter(budget)]
    pending: list[tuple[Meter, int]] = []
    for (step, which, n), limits in steps:
        meter = meters[which % len(meters)]
        before = [(m.used, m.reserved, m.held) for m in meters]
        try:
            if step == "child":
                meters.append(meter.child(limits))
            elif step == "settle" and pending:
                account, tokens = pending.pop(which % len(pending))
                used = min(n, tokens)
                account.settle(tokens, tokens / 100, Usage(used, 0, cost=used / 100))
            elif step == "reserve":
                meter.reserve(n, n / 100)
                pending.append((meter, n))
            elif step == "hold":
                meter.hold(n // 4, n, n / 100)
            elif step == "call":
                meter.reserve_call()
            elif step == "release":
                meter.release()
            elif step == "close":
                meter.close()
        except LimitExceeded:
            assert before == [(m.used, m.reserved, m.held) for m in meters]
        for meter in meters:
            _is_within_budget(meter)
    for account, tokens in pending:
        account.settle(tokens, tokens / 100, NO_USAGE)
    for meter in reversed(meters):
        meter.close()
    assert all(meter.reserved == meter.held == NOTHING for meter in meters)


def _is_within_budget(meter: Meter) -> None:
    whole = meter.held.largest(meter.used.plus(meter.reserved))
    assert min(meter.reserved) >= 0
    assert whole.calls <= meter.budget.calls
    assert whole.tokens <= meter.budget.tokens
    assert meter.budget.usd is None or whole.money / 10**12 <= meter.budget.usd


AMOUNTS = st.integers(0, 10**6)


@given(st.builds(Budget, calls=AMOUNTS, tokens=AMOUNTS, usd=st.none() | AMOUNTS), AMOUNTS, AMOUNTS, AMOUNTS)
def test_what_is_left_of_a_budget_is_what_its_meter_says(budget: Budget, calls: int, tokens: int, usd: int) -> None:
    """By hand or by the meter, for anything that the meter would allow."""
    left = budget.minus(calls, tokens, usd)
    assert min(left.calls, left.tokens, left.usd or 0) >= 0
    if calls <= budget.calls and tokens <= budget.tokens and (budget.usd is None or usd <= budget.usd):
        meter = Meter(budget)
        for _ in range(min(calls, 20)):
            meter.reserve_call()
        meter.settle(0, 0.0, Usage(tokens, 0, cost=float(usd)))
        assert meter.left() == budget.minus(min(calls, 20), tokens, usd)


@given(st.integers(1, 16))
def test_the_parts_of_a_budget_are_no_more_than_the_whole(n: int) -> None:
    budget = Budget(calls=7, tokens=1_001, usd=0.3, fuel=99, memory=1_000)
    part, work = budget.part(n), budget.part_of_work(n)
    assert n * part.calls <= 7 and n * part.tokens <= 1_001 and part.usd == 0.3 / n
    assert n * work.fuel <= 99 and n * work.memory <= 1_000
    changed = {one.name for one in fields(Budget) if getattr(part, one.name) != getattr(budget, one.name)}
    changed_work = {one.name for one in fields(Budget) if getattr(work, one.name) != getattr(budget, one.name)}
    assert changed <= {"calls", "tokens", "usd"} and changed_work <= {"fuel", "memory"}


def test_a_closed_meter_replaces_another_with_its_usage() -> None:
    judging, account = Meter(Budget(fuel=1_000, memory=1_000)), Meter(Budget(fuel=500, memory=400))
    worked = judging.child(Budget())
    worked.spend(70)
    worked.allocate(30)
    worked.storage.hold(90)
    worked.close()
    assert worked.succeed(account.child(Budget(fuel=300, memory=200)))
    assert (worked.steps, worked.bytes, worked.fuel_limit, worked.storage.limit) == (70, 30, 300, 200)
    assert (worked.storage.live, account.storage.live, judging.storage.live) == (90, 90, 0)
    worked.spend(5)
    worked.close()
    assert (account.steps, account.bytes) == (75, 30)
    assert (judging.steps, judging.bytes) == (70, 30)


@pytest.mark.parametrize("budget", [Budget(fuel=69), Budget(memory=29)])
def test_it_does_not_where_that_has_less_left_than_was_used(budget: Budget) -> None:
    worked = Meter(Budget())
    worked.spend(70)
    worked.allocate(30)
    worked.storage.hold(30)
    worked.storage.give_back(30)
    assert not worked.is_used_up
    worked.close()
    other = Meter(budget)
    assert not worked.succeed(other)
    assert (other.steps, other.bytes, worked.steps, worked.bytes) == (0, 0, 70, 30)


@pytest.mark.parametrize("amount", ["spend", "allocate"])
def test_after_a_refusal_a_meter_is_used_up(amount: str) -> None:
    meter = Meter(Budget(fuel=10, memory=10))
    with pytest.raises(LimitExceeded):
        getattr(meter, amount)(1_000_000)
    assert meter.is_used_up
