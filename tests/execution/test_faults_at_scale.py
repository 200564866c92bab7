"""Many calls to a server that fails in every way, and many runs in one process: nothing lost, nothing paid twice, nothing left behind."""

from __future__ import annotations

import asyncio
import gc
import json
import random
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import ModelProfile
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import Options, execute
from lambda_rlm.execution.run import Run
from lambda_rlm.llm.providers.via_http import HttpModel
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.llm.wrappers.limiter import Limited, Limiter
from lambda_rlm.llm.wrappers.retry import RetryingModel, RetryPolicy
from tests.support.sleeping import at_once

pytestmark = pytest.mark.slow

CALLS = 500
SHARE = 0.2
FATES = ("busy", "broken", "hang", "drop", "cut", "garbage", "empty", "wrong")
MAY_BE_BILLED = ("broken", "hang", "drop", "cut", "garbage")
"""Fates in which the server may have worked on the request, and bills it: they are booked at their worst."""
PROFILE = ModelProfile("there", window=8_192, max_output=512)
OPTIONS = Options(key=b"tests")


class Server:
    """Answers "item N" with N as JSON; a share of requests meets one of the fates."""

    def __init__(self, share: float, fates: tuple[str, ...] = FATES) -> None:
        self.random = random.Random(5)
        self.share, self.fates = share, fates
        self.met: Counter[str] = Counter()
        self.good: Counter[str] = Counter()
        self.mistaken: set[str] = set()
        self.input_tokens = self.output_tokens = self.requests = self.open = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self.connection, "127.0.0.1", 0, backlog=600)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        finally:
            server.close()
            await server.wait_closed()

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
                )
                if not await self.answer(json.loads(await reader.readexactly(length)), writer):
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open -= 1
            writer.close()

    async def answer(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> bool:
        self.requests += 1
        text = body["messages"][-1]["content"]
        number = text.split("item ")[1].split("\n")[0]
        fate = self.random.choice(self.fates) if self.random.random() < self.share else ""
        if fate == "hang" and self.met["hang"] >= 8:  # together they take one timeout
            fate = ""
        if fate == "wrong" and number in self.mistaken:  # one bad reply is repaired, a second one is a fault
            fate = ""
        self.mistaken.update([number] if fate == "wrong" else [])
        self.met[fate] += 1
        if fate == "busy":
            return self.write(writer, 429, {"error": {"message": "slow down"}}, b"Retry-After: 0\r\n")
        if fate == "broken":
            return self.write(writer, 503, {"error": {"message": "broken"}})
        if fate == "hang":
            await asyncio.sleep(30)
        if fate in ("drop", "hang"):
            return False
        if fate == "cut":
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"choices": [')
            return False
        if fate == "garbage":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
            return True
        reply = {"": json.dumps({"value": int(number)}), "wrong": '{"value": "many"}', "empty": ""}[fate]
        self.good[number] += fate == ""
        sent, received = len(text), len(reply) or 1
        self.input_tokens += sent
        self.output_tokens += received
        choice = {"message": {"role": "assistant", "content": reply}, "finish_reason": "stop"}
        return self.write(writer, 200, {"choices": [choice], "usage": {"prompt_tokens": sent, "completion_tokens": received}})

    def write(self, writer: asyncio.StreamWriter, status: int, payload: object, more: bytes = b"") -> bool:
        data = json.dumps(payload).encode()
        writer.write(b"HTTP/1.1 %d X\r\n%sContent-Length: %d\r\n\r\n" % (status, more, len(data)) + data)
        return True


async def asked(server: Server, program: str, retries: int, **limits: Any) -> Run:
    checked = check(program, {"query": "", "numbers": list(range(CALLS))})
    async with server.serving() as url:
        door = HttpModel("there", url, timeout=4.0, profile=PROFILE)
        model = RetryingModel(Limited(door, Limiter(sleep=at_once)), RetryPolicy(retries=retries), sleep=at_once)
        admitted = checked.admit(Budget(calls=CALLS, concurrency=64, **limits), model.profile)
        run = await execute(admitted, {"query": "", "numbers": list(range(CALLS))}, model, options=OPTIONS)
        await model.aclose()
        assert len(asyncio.all_tasks()) <= 1 + server.open
    return run


def test_answers_and_token_counts_are_right_on_a_faulty_server() -> None:
    server = Server(SHARE)
    run = anyio.run(lambda: asked(server, 'map(numbers, fn(n) => llm_call[Int](f"item {n}\\n"))', 9))
    assert run.fault is None, run.fault
    assert run.value == list(range(CALLS))
    assert set(server.met) == {"", *FATES}, "every fate was met"
    assert set(server.good.values()) == {1}, "no call that was answered was made again"
    assert run.usage.calls == CALLS
    assert run.usage.input_tokens > server.input_tokens and run.usage.output_tokens > server.output_tokens
    assert 0 < run.usage.estimated_calls <= sum(server.met[fate] for fate in MAY_BE_BILLED)
    assert run.usage.attempts == server.requests
    assert run.bound is not None and run.bound.attempts is not None and run.usage.attempts <= run.bound.attempts


def test_token_counts_are_the_servers_where_it_counted() -> None:
    server = Server(SHARE, tuple(fate for fate in FATES if fate not in MAY_BE_BILLED))
    run = anyio.run(lambda: asked(server, 'map(numbers, fn(n) => llm_call[Int](f"item {n}\\n"))', 9))
    assert run.fault is None, run.fault
    assert (run.usage.input_tokens, run.usage.output_tokens) == (server.input_tokens, server.output_tokens)


@pytest.mark.parametrize(("fate", "code"), [("busy", "E0502"), ("broken", "E0501"), ("drop", "E0504"), ("garbage", "E0512"), ("empty", "E0511")])  # fmt: skip
def test_a_server_that_always_fails_ends_in_its_declared_fault(fate: str, code: str) -> None:
    server = Server(1.0, (fate,))
    run = anyio.run(lambda: asked(server, 'map(numbers, fn(n) => llm_call[Int](f"item {n}\\n"))', 1))
    assert run.fault is not None and run.fault.code == code
    assert run.value is None
    assert run.usage.input_tokens >= server.input_tokens  # what was cancelled on its way is booked with its prompt


def test_or_else_replaces_what_fails_for_good() -> None:
    server = Server(0.5, ("broken",))
    run = anyio.run(lambda: asked(server, 'map(numbers, fn(n) => llm_call[Int](f"item {n}\\n", or_else=-1))', 0))
    assert run.fault is None and run.degraded
    assert sum(value == -1 for value in run.value) == run.dropped.or_else == server.met["broken"]
    assert all(value in (-1, place) for place, value in enumerate(run.value))


@pytest.mark.integration
def test_a_thousand_runs_leave_no_storage_task_or_connection() -> None:
    server = Server(0.0)
    checked = check('llm_call[Int](f"item {n}\\n")', {"query": "", "n": 1})

    async def one(model: HttpModel) -> None:
        run = await execute(checked.admit(Budget(), model.profile), {"query": "", "n": 7}, model, options=OPTIONS)
        assert run.value == 7

    async def job() -> int:
        async with server.serving() as url:
            model = HttpModel("there", url, profile=PROFILE)
            for _ in range(100):
                await one(model)
            gc.collect()
            tracemalloc.start()
            before, _ = tracemalloc.get_traced_memory()
            for _ in range(900):
                await one(model)
            gc.collect()
            after, _ = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert server.open == 1, "one connection serves runs one after the other"
            await model.aclose()
            for _ in range(5):
                await anyio.lowlevel.checkpoint()
        assert server.open == 0
        return after - before

    assert anyio.run(job) < 200_000


def test_many_runs_at_once_on_one_model_do_not_meet() -> None:
    model = ScriptedModel.from_rules([(r"item (\d+)", r"\1")])
    checked = check('llm_call[Int](f"item {n}\\n")', {"query": "", "n": 1})

    async def job() -> list[Any]:
        values: dict[int, Any] = {}

        async def one(n: int) -> None:
            run = await execute(checked.admit(Budget(), model.profile), {"query": "", "n": n}, model, options=OPTIONS)
            values[n] = run.value

        async with anyio.create_task_group() as group:
            for n in range(200):
                group.start_soon(one, n)
        return [values[n] for n in range(200)]

    assert anyio.run(job) == list(range(200))
