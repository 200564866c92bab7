"""A run as a stream of its events.

Owns `streamed` and `heard`. Promises: the last event carries the run; leaving the loop early cancels the run, and nothing of it
is left when the iterator is closed; at most `MOST_WAITING` events wait for a slow reader, who misses the oldest and learns how
many; an exception in a listener does not affect the answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine
from dataclasses import replace
from inspect import iscoroutinefunction
from typing import Any, Final

from lambda_rlm.api.results import event_in_own_terms
from lambda_rlm.events import Event, RunFinished, Tracer
from lambda_rlm.execution.run import Run

MOST_WAITING: Final = 1_000
Listener = Callable[[Event], object]


async def streamed(job: Callable[[Tracer], Coroutine[Any, Any, Run]], most: int = MOST_WAITING) -> AsyncGenerator[Event]:
    """The events of a job that tells them to the tracer it is given; what the job raises, the iterator raises."""
    waiting: deque[Event] = deque()
    came = asyncio.Event()
    missed = 0

    def listen(event: Event) -> None:
        nonlocal missed
        event = event_in_own_terms(event)
        if len(waiting) >= most:
            waiting.popleft()
            missed += 1
        waiting.append(event)
        came.set()

    task = asyncio.create_task(job(listen))
    task.add_done_callback(lambda _: came.set())
    try:
        while True:
            while waiting:
                event = waiting.popleft()
                yield replace(event, missed=missed) if isinstance(event, RunFinished) else event
            if task.done():
                break
            came.clear()
            await came.wait()
        task.result()
    finally:
        task.cancel()
        await asyncio.wait((task,))
        if not task.cancelled():
            task.exception()  # seen, or of no interest any more


def heard(listener: Listener | None) -> Tracer | None:
    """A listener as a tracer. Its first exception is logged, and it receives no more events. Raises `TypeError` for what cannot
    be called."""
    if listener is None:
        return None
    if not callable(listener):
        raise TypeError(f"on_event must be a function of one event, not {listener!r:.80}")
    if iscoroutinefunction(listener):
        raise TypeError("on_event must be a plain function, which is called at once; for asynchronous code use stream")
    is_deaf = False

    def tell(event: Event) -> None:
        nonlocal is_deaf
        if not is_deaf:
            try:
                listener(event_in_own_terms(event))
            except (Exception, asyncio.CancelledError, GeneratorExit):  # nobody cancels a callback, which does not wait
                is_deaf = True
                logging.getLogger(__name__).exception("an event listener raised an exception; it receives no more events")

    return tell
