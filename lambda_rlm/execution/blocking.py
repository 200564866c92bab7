"""Asynchronous jobs for callers that wait: on an event loop of their own, wherever the caller is.

Owns `blocking`, `blocking_anywhere`, `is_stopped`, `closing` and `is_interruption`. Promises that a Ctrl-C leaves as
`KeyboardInterrupt`, and that who stops waiting cancels the job.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from types import FrameType
from typing import Any, TypeVar

import anyio

from lambda_rlm.completion import Model

T = TypeVar("T")


_STOP: ContextVar[threading.Event | None] = ContextVar("stop", default=None)
"""What is set when nobody waits any more for a job on a loop of its own: while it works, its loop hears of nothing."""


def is_stopped() -> bool:
    """Whether whoever waited for the job of this task has given up."""
    stop = _STOP.get()
    return stop is not None and stop.is_set()


async def closing(model: Model) -> None:
    """Close a model; what goes wrong while closing changes no answer."""
    with suppress(Exception):
        await model.aclose()


def blocking_anywhere(job: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """`blocking`, also for a caller inside a running event loop, as in a notebook: then on a loop in a thread of its own, for
    which the caller's loop waits. What ends the waiting cancels the job."""
    if not _is_in_a_loop():  # asked apart, so that no fault of the job has that error as its context
        return blocking(job)
    stop = threading.Event()
    begun: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any] | None]] = []

    async def noted() -> T:
        _STOP.set(stop)
        begun.append((asyncio.get_running_loop(), asyncio.current_task()))
        return await job()

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(blocking, noted)
        try:
            return future.result()
        except BaseException:
            stop.set()
            for loop, task in begun:
                if task is not None:
                    with suppress(RuntimeError):  # it is over already
                        loop.call_soon_threadsafe(task.cancel)
            raise


def _is_in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def blocking(job: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a job on an event loop of its own; a Ctrl-C leaves as `KeyboardInterrupt` also where calls were in flight."""

    async def alone() -> T:
        asyncio.get_running_loop().set_exception_handler(_but_interruptions)
        with _second_interruption_ignored():
            return await job()

    try:
        return anyio.run(alone)
    except BaseExceptionGroup as group:
        if is_interruption(group):
            raise KeyboardInterrupt from None
        raise


@contextmanager
def _second_interruption_ignored() -> Iterator[None]:
    """The first Ctrl-C cancels the job, the second changes nothing, and the third raises at once.

    asyncio raises at the second, at any place of its own code: a task that was about to continue is lost there now and then,
    and the loop waits for it for ever. Whoever presses the keys twice wants what the first does.
    """
    heeds = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(heeds):
        yield
        return
    count = 0

    def interrupted(number: int, frame: FrameType | None) -> None:
        nonlocal count
        count += 1
        if count != 2:
            heeds(number, frame)

    signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is interrupted:
            signal.signal(signal.SIGINT, heeds)


def _but_interruptions(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A Ctrl-C that raises does so inside any task; asyncio would report each that ended by it and that nobody waits for."""
    if not is_interruption(context.get("exception")):
        loop.default_exception_handler(context)


def is_interruption(error: object) -> bool:
    """A Ctrl-C, also one that a task group has put among other failures."""
    return isinstance(error, KeyboardInterrupt) or (
        isinstance(error, BaseExceptionGroup) and error.subgroup(KeyboardInterrupt) is not None
    )
