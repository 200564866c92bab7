"""Asynchronous jobs for callers that wait: on an event loop of their own, wherever the caller is.

Owns `blocking`, `blocking_anywhere`, `closing` and `is_interruption`. Promises that a Ctrl-C leaves as `KeyboardInterrupt`, and
that who stops waiting cancels the job.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

import anyio

from lambda_rlm.completion import Model

T = TypeVar("T")


async def closing(model: Model) -> None:
    """Close a model; what goes wrong while closing changes no answer."""
    with suppress(Exception):
        await model.aclose()


def blocking_anywhere(job: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """`blocking`, also for a caller inside a running event loop, as in a notebook: then on a loop in a thread of its own, for
    which the caller's loop waits. What ends the waiting cancels the job."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return blocking(job)
    begun: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any] | None]] = []

    async def noted() -> T:
        begun.append((asyncio.get_running_loop(), asyncio.current_task()))
        return await job()

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(blocking, noted)
        try:
            return future.result()
        except BaseException:
            for loop, task in begun:
                if task is not None:
                    with suppress(RuntimeError):  # it is over already
                        loop.call_soon_threadsafe(task.cancel)
            raise


def blocking(job: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a job on an event loop of its own; a Ctrl-C leaves as `KeyboardInterrupt` also where calls were in flight."""

    async def alone() -> T:
        asyncio.get_running_loop().set_exception_handler(_but_interruptions)
        return await job()

    try:
        return anyio.run(alone)
    except BaseExceptionGroup as group:
        if is_interruption(group):
            raise KeyboardInterrupt from None
        raise


def _but_interruptions(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A second Ctrl-C raises inside any task, and asyncio would tell of each that ended by it and that nobody waits for any
    more."""
    if not is_interruption(context.get("exception")):
        loop.default_exception_handler(context)


def is_interruption(error: object) -> bool:
    """A Ctrl-C, also one that a task group has put among other failures."""
    return isinstance(error, KeyboardInterrupt) or (
        isinstance(error, BaseExceptionGroup) and error.subgroup(KeyboardInterrupt) is not None
    )
