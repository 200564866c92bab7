"""Rates, concurrency and connections belong to an `RLM` and its provider, not to a question, thread or event loop."""

from __future__ import annotations

import asyncio
import pickle
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack

import anyio.to_thread
import pytest

from lambda_rlm import RLM, Budget
from lambda_rlm.llm.providers.contact.known_servers import meet
from lambda_rlm.llm.wrappers.limiter import Limiters
from lambda_rlm.places import Waiter
from lambda_rlm.testing import request
from tests.support.counting_server import CountingServer

QUESTIONS = 60


class SteppedClock:
    """A clock that goes on only when somebody lets it, for sleepers in any thread."""

    def __init__(self) -> None:
        self.now = 0.0
        self.changed = threading.Condition()
        self.sleepers: list[tuple[float, Waiter]] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        waiter = Waiter()
        with self.changed:
            self.sleepers.append((self.now + seconds, waiter))
            self.changed.notify_all()
        await waiter.called()

    def until(self, end: float, asleep: int) -> None:
        """Let it be `end`: all that is due before is done, and so many sleep for longer."""
        with self.changed:
            while True:
                assert self.changed.wait_for(lambda: len(self.sleepers) == asleep, 30), self.sleepers
                at, waiter = min(self.sleepers, key=lambda sleeper: sleeper[0])
                if at >= end:
                    return
                self._wake(at, waiter)

    def run_out(self, is_over: threading.Event) -> None:
        """Let it go on until nobody sleeps any more."""
        while not is_over.is_set():
            with self.changed:
                self.changed.wait_for(lambda: bool(self.sleepers), 0.01)
                for at, waiter in sorted(self.sleepers, key=lambda sleeper: sleeper[0])[:1]:
                    self._wake(at, waiter)

    def _wake(self, at: float, waiter: Waiter) -> None:
        self.now = max(self.now, at)
        self.sleepers.remove((at, waiter))
        waiter.call()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[CountingServer]:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with CountingServer() as started:
        meet(started.url, None, ("m",), None)  # so that no first contact is counted
        yield started


def owner(server: CountingServer, clock: SteppedClock | None = None, rpm: int | None = None) -> RLM:
    rlm = RLM("m", base_url=server.url, rpm=rpm, budget=Budget(concurrency=2), strategy="direct")
    if clock is not None:
        rlm.settings.limiters[2, rpm, None] = Limiters(2, rpm=rpm, clock=clock, sleep=clock.sleep)
    return rlm


async def gathered(rlm: RLM, questions: int = QUESTIONS) -> None:
    runs = await asyncio.gather(*(rlm.aask(f"Question {n}?", context="some text") for n in range(questions)))
    assert [run.value for run in runs] == ["42"] * questions


def in_threads(rlm: RLM, questions: int = QUESTIONS) -> None:
    with ThreadPoolExecutor(questions) as pool:
        runs = list(pool.map(lambda n: rlm.ask(f"Question {n}?", context="some text"), range(questions)))
    assert [run.value for run in runs] == ["42"] * questions


@pytest.mark.slow
def test_questions_of_one_loop_share_two_connections(server: CountingServer) -> None:
    asyncio.run(gathered(owner(server)))
    assert (server.answered, server.most, server.together) == (QUESTIONS, 2, 2)
    assert server.opened == 2, "connections are used again by the next question"


@pytest.mark.slow
def test_questions_of_many_threads_share_two_connections(server: CountingServer) -> None:
    in_threads(owner(server))
    assert (server.answered, server.most, server.together) == (QUESTIONS, 2, 2)


@pytest.mark.slow
def test_questions_of_one_loop_keep_to_the_rate_together(server: CountingServer) -> None:
    clock, is_over = SteppedClock(), threading.Event()
    rlm = owner(server, clock, rpm=6)

    def drive() -> None:
        clock.until(60.0, asleep=2)
        in_the_first_minute.append(server.answered)
        clock.run_out(is_over)

    async def job() -> None:
        async with asyncio.TaskGroup() as group:
            driven = group.create_task(anyio.to_thread.run_sync(drive))
            await gathered(rlm)
            is_over.set()
            await driven

    in_the_first_minute: list[int] = []
    asyncio.run(job())
    assert in_the_first_minute == [6]
    assert (server.answered, server.most) == (QUESTIONS, 2)


@pytest.mark.slow
def test_questions_of_many_threads_keep_to_the_rate_together(server: CountingServer) -> None:
    clock, is_over = SteppedClock(), threading.Event()
    rlm = owner(server, clock, rpm=6)

    def ask() -> None:
        in_threads(rlm)
        is_over.set()

    asking = threading.Thread(target=ask)
    asking.start()
    clock.until(60.0, asleep=2)
    assert server.answered == 6
    clock.run_out(is_over)
    asking.join()
    assert (server.answered, server.most) == (QUESTIONS, 2)


def test_a_thread_that_computes_gives_its_idle_connection_away(server: CountingServer) -> None:
    """The first loop is blocked while the second asks: what is idle there is ended for it all the same."""
    rlm = owner(server)
    first_asked, second_done = threading.Event(), threading.Event()

    async def first() -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(2):
                group.create_task(asked_and_blocked(number))

    async def asked_and_blocked(number: int) -> None:
        settings = rlm.settings.filled()
        async with AsyncExitStack() as stack:
            model = settings.connections().opened(settings.model, None, stack)
            await model.complete(request(f"question {number}"))
            idle.append(number)
            if len(idle) == 2:
                first_asked.set()
                assert second_done.wait(30)
            await asyncio.sleep(0)

    idle: list[int] = []
    blocked = threading.Thread(target=lambda: asyncio.run(first()))
    blocked.start()
    assert first_asked.wait(30)
    assert rlm.ask("Question?", context="some text").value == "42"
    second_done.set()
    blocked.join()
    assert (server.most, server.answered) == (2, 3)


def test_two_rlms_are_two_owners(server: CountingServer) -> None:
    async def job() -> None:
        await asyncio.gather(gathered(owner(server), 8), gathered(owner(server), 8))

    asyncio.run(job())
    assert 2 < server.most <= 4


def test_no_connection_outlives_the_questions_of_its_loop(server: CountingServer) -> None:
    rlm = owner(server)
    asyncio.run(gathered(rlm, 4))
    sockets = rlm.settings.connections().limiters.of(server.url).sockets
    assert sockets.open == 0


def test_a_copy_for_another_process_is_another_owner() -> None:
    limiters = Limiters(3, rpm=60)
    copy = pickle.loads(pickle.dumps(limiters))
    assert copy.of("p").limit == 3.0
    assert copy.of("p") is not limiters.of("p")
