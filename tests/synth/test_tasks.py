"""The programs that a strong model wrote, served as its replies: from the question to the right answer."""

from __future__ import annotations

from functools import cache

import anyio
import pytest

from lambda_rlm.cost.budget import Budget
from lambda_rlm.inputs import from_values
from lambda_rlm.runtime import Options, Run
from lambda_rlm.source import SourceFile
from lambda_rlm.synthesis import Question, synthesize
from tests.synth.test_synthesis import Root
from tests.worlds.all_tasks import REPAIRED, TASKS, recorded, repaired
from tests.worlds.world import Truthful, World

SEEDS = (1, 2, 3)
BUDGET = Budget(calls=600)


@cache
def solved(task: str, seed: int) -> tuple[World, Run]:
    world = TASKS[task](seed)
    replies = [recorded(task), *([repaired(task)] if task in REPAIRED else [])]
    question = Question(
        inputs=from_values(dict(world.inputs)).with_query(world.query),
        leaf=Truthful(world),
        root=Root(*[f"I will search first.\n\n```\n{reply}```\n" for reply in replies]),
        budget=BUDGET,
        options=Options(key=b"key", out=world.out),
    )
    return world, anyio.run(lambda: synthesize(question, lambda: SourceFile("plan.lam", '"the plan answered"')))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("task", TASKS)
def test_a_recorded_program_is_accepted_and_gives_the_right_answer(task: str, seed: int) -> None:
    """The whole way: reply, check, bound on the real inputs, run; the answer is known from how the inputs were made. Thirteen
    of the fourteen are accepted at first try and as they stand, the other one after one repair."""
    world, run = solved(task, seed)
    assert run.synthesis is not None and run.synthesis.fallback is None
    refused = [("E0301",)] if task in REPAIRED else []
    assert [attempt.codes for attempt in run.synthesis.attempts] == [*refused, ()]
    assert not any(attempt.fixes for attempt in run.synthesis.attempts)
    assert run.fault is None, run.fault
    assert world.read(run.answer) == world.expected
    assert not run.degraded


@pytest.mark.parametrize("task", TASKS)
def test_a_recorded_program_stays_within_what_was_promised(task: str) -> None:
    for seed in SEEDS:
        _, run = solved(task, seed)
        assert run.bound is not None and run.bound.calls is not None
        assert 0 < run.usage.calls <= run.bound.calls <= BUDGET.calls
        for name in ("attempts", "span", "input_tokens", "output_tokens", "usd"):
            assert getattr(run.usage, name) <= getattr(run.bound, name), name
