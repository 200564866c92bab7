"""Retries are bounded, patient and paid for."""

from __future__ import annotations

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm import events
from lambda_rlm.completion import CompletionRequest, Usage
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.failures import FATES
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.llm.wrappers.limiter import Limited, Limiter
from lambda_rlm.llm.wrappers.retry import RetryingModel, RetryPolicy
from lambda_rlm.testing import request as asked


class Clock:
    """Stands for sleeping: keeps what was waited."""

    def __init__(self) -> None:
        self.waited: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)


def failing(code: str, times: int, **more: object) -> ScriptedModel:
    return ScriptedModel.from_rules([{"match": "", "failure": code, "times": times, **more}, ("", "there")])


def test_a_retried_call_counts_and_reports_every_attempt() -> None:
    clock, seen = Clock(), list[events.Event]()
    model = RetryingModel(failing("E0501", 2), RetryPolicy(retries=2), sleep=clock.sleep, draw=lambda: 0.5, tracer=seen.append)
    completion = anyio.run(model.complete, asked("x"))
    assert completion.usage.attempts == 3
    assert clock.waited == [0.5, 1.0]
    assert [(event.code, event.attempt, event.seconds) for event in seen if isinstance(event, events.Retrying)] == [
        ("E0501", 1, 0.5),
        ("E0501", 2, 1.0),
    ]


def test_after_the_last_attempt_the_failure_has_its_usage() -> None:
    clock = Clock()
    with pytest.raises(ModelFailure) as raised:
        anyio.run(RetryingModel(failing("E0502", 9), RetryPolicy(retries=3), sleep=clock.sleep).complete, asked("x"))
    assert raised.value.code == "E0502"
    assert raised.value.usage == Usage(cost=0.0, attempts=4)
    assert len(clock.waited) == 3


@pytest.mark.parametrize("code", [code for code, fate in FATES.items() if not fate.is_retryable])
def test_what_cannot_get_better_is_not_tried_again(code: str) -> None:
    """A bad key that is tried again only delays the message, and a refused request is paid twice."""
    inner = failing(code, 9)
    with pytest.raises(ModelFailure):
        anyio.run(RetryingModel(inner, sleep=Clock().sleep).complete, asked("x"))
    assert len(inner.prompts) == 1


def test_the_provider_says_how_long_to_wait_within_reason() -> None:
    clock = Clock()
    model = RetryingModel(failing("E0502", 1, retry_after=7), sleep=clock.sleep, draw=lambda: 0.1)
    anyio.run(model.complete, asked("x"))
    model = RetryingModel(failing("E0502", 1, retry_after=99_999), sleep=clock.sleep, draw=lambda: 0.1)
    anyio.run(model.complete, asked("x"))
    assert clock.waited == [7.0, 60.0]


@given(st.integers(1, 10_000), st.none() | st.floats(0, 1e9), st.floats(0, 1, exclude_max=True))
def test_no_wait_is_negative_or_above_the_caps(attempt: int, retry_after: float | None, draw: float) -> None:
    policy = RetryPolicy()
    seconds = policy.seconds(attempt, retry_after, draw)
    assert 0 <= seconds <= max(policy.longest, policy.longest_retry_after)


@pytest.mark.parametrize("limit", [1, 3, 50])
def test_no_more_calls_are_in_flight_than_the_limit(limit: int) -> None:
    model = Limited(ScriptedModel.from_rules([{"match": "", "reply": "x", "delay": 0.005}]), Limiter(limit))

    async def ask(request: CompletionRequest) -> None:
        await model.complete(request)

    async def ask_all() -> None:
        async with anyio.create_task_group() as group:
            for index in range(20):
                group.start_soon(ask, asked(str(index)))

    anyio.run(ask_all)
    assert model.limiter.max_in_flight == min(limit, 20)
    assert model.limiter.in_flight == 0


def test_a_limit_below_one_is_misuse() -> None:
    with pytest.raises(ValueError, match="not 0"):
        Limiter(0)
