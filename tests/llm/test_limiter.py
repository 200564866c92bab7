"""A provider is asked as much as it can take: fewer at once when it is busy, more again as it answers, never faster than allowed."""

from __future__ import annotations

import threading
from typing import Any

import anyio
import anyio.to_thread
import pytest

from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, Usage
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.failures import RATE_LIMITED, failure
from lambda_rlm.llm.wrappers.limiter import Limited, Limiter, Limiters
from lambda_rlm.llm.wrappers.retry import RetryingModel, RetryPolicy
from lambda_rlm.testing import request as asked
from tests.support.faulty_server import FaultyServer
from tests.support.sleeping import Clock


class Provider:
    """Takes `most` requests at once and turns the others away; each takes one turn of the loop for each in flight."""

    profile = ModelProfile("provider", window=8_192, max_output=100)

    def __init__(self, most: int, retry_after: float | None = None) -> None:
        self.most = most
        self.retry_after = retry_after
        self.in_flight = self.peak = self.refused = self.answered = 0

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return 1

    async def complete(self, request: CompletionRequest) -> Completion:
        if self.in_flight >= self.most:
            self.refused += 1
            raise failure(RATE_LIMITED, "busy", retry_after=self.retry_after)
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            for _ in range(5):
                await anyio.lowlevel.checkpoint()
        finally:
            self.in_flight -= 1
        self.answered += 1
        return Completion("x", Usage(1, 1))

    async def aclose(self) -> None: ...


async def at_once(model: Limited | RetryingModel, count: int) -> None:
    async with anyio.create_task_group() as group:
        for number in range(count):
            group.start_soon(model.complete, asked(f"question {number}"))


@pytest.mark.parametrize("limit", [1, 2, 7])
def test_no_more_run_at_once_than_the_limit_and_all_are_answered(limit: int) -> None:
    provider = Provider(10**6)
    model = Limited(provider, Limiter(limit))
    anyio.run(at_once, model, 50)
    assert (provider.peak, provider.answered, model.limiter.in_flight) == (limit, 50, 0)
    assert model.limiter.max_in_flight == limit


@pytest.mark.slow
def test_a_busy_provider_is_asked_less_and_then_more_again() -> None:
    provider, clock = Provider(8), Clock()
    limited = Limited(provider, Limiter(64, clock=clock, sleep=clock.sleep))
    model = RetryingModel(limited, RetryPolicy(retries=100), sleep=clock.sleep, draw=lambda: 0.0)
    anyio.run(at_once, model, 400)
    assert provider.answered == 400
    assert limited.limiter.limit < 32
    assert provider.refused < 400, "it kept asking a provider that had said it was busy"
    provider.most = 10**6
    anyio.run(at_once, model, 3_000)
    assert limited.limiter.limit > 32


class Gated(Provider):
    """Holds all requests until its gate opens, and refuses those that came before."""

    def __init__(self, retry_after: float | None = None) -> None:
        super().__init__(0, retry_after)
        self.gate: anyio.Event | None = None
        self.asked_at: list[float] = []
        self.clock: Clock | None = None

    def closed(self) -> None:
        """From now on its gate is closed, until it is opened again."""
        self.gate = None

    async def complete(self, request: CompletionRequest) -> Completion:
        if self.clock is not None:
            self.asked_at.append(self.clock.now)
        self.gate = self.gate or anyio.Event()
        if self.gate.is_set():
            return Completion("x", Usage(1, 1))
        await self.gate.wait()
        raise failure(RATE_LIMITED, "busy", retry_after=self.retry_after)


async def refused(model: Limited) -> None:
    with pytest.raises(ModelFailure, match="busy"):
        await model.complete(asked("x"))


def test_a_storm_of_refusals_to_one_burst_halves_the_limit_once() -> None:
    """64 refusals of one burst say once that it was too much; halved for each of them, the limit would be 1."""

    async def storm(count: int) -> None:
        provider.closed()
        async with anyio.create_task_group() as group:
            for _ in range(count):
                group.start_soon(refused, model)
            await anyio.wait_all_tasks_blocked()
            assert provider.gate is not None
            provider.gate.set()

    provider = Gated()
    model = Limited(provider, Limiter(64))
    for expected in (32, 16, 8):
        anyio.run(storm, int(model.limiter.limit))
        assert model.limiter.limit == expected


def test_a_named_waiting_time_also_holds_for_waiters() -> None:
    """The seventh waits a second for its rate when the first six are told to come back much later."""
    provider, clock = Gated(retry_after=30.0), Clock()
    provider.clock = clock
    naps: list[float] = []

    async def sleep(seconds: float) -> None:
        naps.append(seconds)
        if provider.gate is not None:
            provider.gate.set()
        await anyio.wait_all_tasks_blocked()
        clock.now += seconds

    model = Limited(provider, Limiter(rpm=60, clock=clock, sleep=sleep))

    async def job() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(6):
                group.start_soon(refused, model)
            await anyio.wait_all_tasks_blocked()
            await model.complete(asked("waits for its rate"))

    anyio.run(job)
    assert len(naps) == 2
    assert provider.asked_at == [100.0] * 6 + [130.0]


def test_nobody_asks_before_the_time_the_provider_named() -> None:
    provider, clock = Provider(0, retry_after=30.0), Clock()
    model = Limited(provider, Limiter(4, clock=clock, sleep=clock.sleep))

    async def job() -> None:
        with pytest.raises(Exception, match="busy"):
            await model.complete(asked("one"))
        provider.most = 1
        await model.complete(asked("two"))

    anyio.run(job)
    assert clock.now == 130.0


def test_requests_keep_to_their_rate_beyond_a_short_burst() -> None:
    clock = Clock()
    model = Limited(Provider(10**6), Limiter(1, rpm=60, clock=clock, sleep=clock.sleep))
    anyio.run(at_once, model, 65)
    assert 59 <= clock.now - 100 <= 61


@pytest.mark.parametrize(
    ("limits", "most"), [({"rpm": 6}, 6), ({"rpm": 60}, 60), ({"tpm": 1_200}, 6), ({"rpm": 7, "tpm": 900}, 4)]
)
def test_no_minute_has_more_than_the_rate_allows(limits: dict[str, Any], most: int) -> None:
    """Whichever minute: a burst is not on top of the rate. Each request here has 200 tokens."""
    clock, provider = Clock(), Gated()
    provider.clock, provider.gate = clock, anyio.Event()
    provider.gate.set()
    model = Limited(provider, Limiter(1, **limits, clock=clock, sleep=clock.sleep))

    async def job() -> None:
        for _ in range(3 * most):
            await model.complete(CompletionRequest((Message("user", "x" * 400),), 100))

    anyio.run(job)
    sent = provider.asked_at
    in_a_minute = [sum(start <= at < start + 60 for at in sent) for start in sent]
    assert max(in_a_minute) == most
    assert sent[most] - sent[0] == pytest.approx(60.0)


def test_who_was_told_to_come_later_keeps_to_both_rates() -> None:
    """What its tokens make wait counts among the requests of the minute in which it is sent."""
    clock, provider = Clock(), Gated()
    provider.clock, provider.gate = clock, anyio.Event()
    provider.gate.set()
    model = Limited(provider, Limiter(1, rpm=2, tpm=6_000, clock=clock, sleep=clock.sleep))

    async def job() -> None:
        await model.complete(CompletionRequest((Message("user", ""),), 6_000))
        for _ in range(4):
            await model.complete(CompletionRequest((Message("user", ""),), 1))

    anyio.run(job)
    sent = [at - 100.0 for at in provider.asked_at]
    assert sent[1] == pytest.approx(60.0)
    assert all(later - earlier >= 60.0 - 1e-9 for earlier, later in zip(sent, sent[2:], strict=False))


def test_tokens_keep_to_their_rate() -> None:
    clock = Clock()
    model = Limited(Provider(10**6), Limiter(1, tpm=6_000, clock=clock, sleep=clock.sleep))

    async def job() -> None:
        for _ in range(20):
            await model.complete(CompletionRequest((Message("user", "x" * 400),), 100))

    anyio.run(job)
    assert 20 * 200 / 100 - 7 <= clock.now - 100 <= 20 * 200 / 100


@pytest.mark.parametrize("hedge", [None, 0.0001])
def test_models_and_hedges_of_one_provider_share_its_limit(server: FaultyServer, hedge: float | None) -> None:
    """A leaf and a root at one server would else be twice as many as it was to be asked, and twice that where they are slow."""
    limiters = Limiters(1)
    models = [
        connect(name, base_url=server.url, limiters=limiters, hedge=hedge) for name in ("openai/echo", "hosted_vllm/echo")
    ]

    async def job() -> None:
        async with anyio.create_task_group() as group:
            for number in range(10):
                for model in models:
                    group.start_soon(model.complete, asked(f"question {number}"))
        for model in models:
            await model.aclose()

    anyio.run(job)
    assert len(server.requests) == 20
    assert limiters.of(server.url).max_in_flight == 1


def test_who_is_cancelled_while_waiting_takes_no_place() -> None:
    provider = Provider(10**6)
    model = Limited(provider, Limiter(1))

    async def job() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(model.complete, asked("x"))
            await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
        assert model.limiter.in_flight == 0
        await model.complete(asked("y"))

    anyio.run(job)
    assert model.limiter.in_flight == 0


@pytest.mark.parametrize("is_cancelled", [False, True])
def test_places_go_from_loop_to_loop(is_cancelled: bool) -> None:
    """Those who wait are in event loops of other threads; one of them gives up just when it is called, or before."""
    limiter = Limiter(1)
    provider = Provider(10**6)
    entered, let_go = threading.Event(), threading.Event()

    class Slow(Provider):
        async def complete(self, request: CompletionRequest) -> Completion:
            entered.set()
            await anyio.to_thread.run_sync(let_go.wait)
            return await super().complete(request)

    async def cancelled() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(Limited(provider, limiter).complete, asked("nobody waits for this"))
            await anyio.wait_all_tasks_blocked()
            let_go.set()
            group.cancel_scope.cancel()

    threads = [threading.Thread(target=lambda: anyio.run(Limited(Slow(10**6), limiter).complete, asked("first")))]
    threads[0].start()
    assert entered.wait(10)
    threads += [threading.Thread(target=lambda: anyio.run(at_once, Limited(provider, limiter), 5)) for _ in range(4)]
    for thread in threads[1:]:
        thread.start()
    if is_cancelled:
        anyio.run(cancelled)
    let_go.set()
    for thread in threads:
        thread.join(10)
    assert (limiter.in_flight, limiter.max_in_flight, provider.peak) == (0, 1, 1)
    assert provider.answered - 20 in (0, 1) if is_cancelled else provider.answered == 20


@pytest.mark.parametrize("limits", [{"limit": 0}, {"rpm": 0}, {"tpm": -1}])
def test_limits_below_one_are_refused(limits: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Limiter(**limits)
