"""Whether a run ends by its pool depends on the sum of what its calls need, on no schedule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.pool import Pool
from lambda_rlm.completion import CompletionRequest
from lambda_rlm.execution.run import Run
from tests.support.examples import examples
from tests.support.spending import Greedy, spend

pytestmark = pytest.mark.slow

PROGRAMS: Final = (
    "ws |> map(fn(w) => llm_call[Int](w))",
    'ws |> map(fn(w) => llm_call[Int](w) + llm_call[Int](f"again: {w}"))',
    "batch(ws, 2) |> map(fn(part) => part |> map(fn(w) => llm_call[Int](w)) |> sum)",
    'llm_map[Int](ws, "How many?", per_call=1)',
    "ws |> map(fn(w) => llm_call[Int](w, or_else=0))",
    "ws |> filter(fn(w) => llm_call[Int](w) > 3) |> length",
)
"""Calls beside and after each other, equal ones among them, each with a need that its words say."""

NEEDS: Final = ("fine", "fine", "repaired", "hopeless")
SCHEDULES = st.lists(st.integers(0, 6), min_size=1, max_size=9).map(lambda turns: lambda n: turns[n % len(turns)])
WORDS = st.lists(st.sampled_from([f"{letter} {need}" for letter in "abcd" for need in NEEDS]), min_size=1, max_size=7)
USED: Final = ("calls", "attempts", "extra_attempts", "input_tokens", "output_tokens", "usd", "cached_calls")


def reply(request: CompletionRequest) -> str:
    text = request.messages[-1].content
    good = '{"1": 7}' if '"1"' in text else "7"
    is_first = "An earlier reply" not in text
    return "none" if "hopeless" in text or ("repaired" in text and is_first) else good


def ran(program: str, words: list[str], pool: int, failures: int, turns: Callable[[int], int], concurrency: int) -> Run:
    model = Greedy(reply, failures=failures, turns=turns)
    budget = Budget(concurrency=concurrency)
    done, _ = spend(program, model, {"ws": words}, budget=budget, retries=failures, pool=Pool(pool, 0))
    return done


def used(done: Run) -> list[Any]:
    return [getattr(done.usage, name) for name in USED]


@settings(deadline=None, max_examples=examples(150))
@given(
    st.sampled_from(PROGRAMS), WORDS, st.integers(0, 9), st.integers(0, 1), st.lists(SCHEDULES, min_size=1, max_size=3),
    st.sampled_from([1, 2, 16]),
)  # fmt: skip
def test_a_run_has_an_answer_on_every_schedule_or_on_none(
    program: str, words: list[str], pool: int, failures: int, schedules: list[Any], concurrency: int
) -> None:
    calm = ran(program, words, pool, failures, lambda _: 0, 1)
    ample = ran(program, words, 1_000, failures, lambda _: 0, 1)
    is_enough = ample.usage.extra_attempts <= pool
    assert calm.ok == (ample.ok and is_enough)
    for turns in schedules:
        wild = ran(program, words, pool, failures, turns, concurrency)
        assert wild.ok == calm.ok
        assert wild.usage.extra_attempts <= pool
        if calm.ok:
            assert (wild.value, used(wild)) == (calm.value, used(calm))
        elif ample.ok:  # nothing is wrong but the pool
            assert wild.fault is not None and (wild.fault.code, wild.fault.span) == ("E0408", None)
        else:  # two things may be wrong, and which of them is met first is the schedule's
            assert wild.fault is not None and ample.fault is not None
            assert wild.fault.code in ("E0408", ample.fault.code)


@settings(deadline=None, max_examples=examples(60))
@given(st.sampled_from(PROGRAMS), WORDS, st.integers(0, 1), SCHEDULES, st.sampled_from([2, 16]))
def test_with_pool_left_the_leftmost_fault_is_raised(
    program: str, words: list[str], failures: int, turns: Any, concurrency: int
) -> None:
    calm = ran(program, words, 1_000, failures, lambda _: 0, 1)
    wild = ran(program, words, 1_000, failures, turns, concurrency)
    if calm.fault is None:
        assert (wild.value, used(wild)) == (calm.value, used(calm))
    else:
        assert wild.fault is not None
        assert (wild.fault.code, wild.fault.span) == (calm.fault.code, calm.fault.span)
