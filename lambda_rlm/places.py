"""Waiting in an event loop for what happens in any thread.

Owns `Waiter` and `Places`, with which queues go across event loops: asyncio's own events and locks are for one loop only.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from threading import Lock


class Waiter:
    """Somebody who waits in the running event loop, and is called once, from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    def call(self) -> bool:
        """End the waiting; False where the loop has ended, so that nobody waits any more."""
        with suppress(RuntimeError):  # this thread has no loop
            if asyncio.get_running_loop() is self._loop:
                self._event.set()
                return True
        try:
            self._loop.call_soon_threadsafe(self._event.set)
        except RuntimeError:
            return False
        return True

    async def called(self) -> None:
        """Until it is called."""
        await self._event.wait()


class Places:
    """At most `limit` tasks at a time, in whatever event loops, in the order in which they came. `limit` may change meanwhile;
    `taken` is how many there are, `most_taken` the most there were."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self.taken = 0
        self.most_taken = 0
        self._lock = Lock()
        self._waiting: deque[Waiter] = deque()

    async def enter(self) -> None:
        """Wait for a place."""
        with self._lock:
            if not self._waiting and self.taken < int(self.limit):
                self._take()
                return
            waiter = Waiter()
            self._waiting.append(waiter)
        try:
            await waiter.called()
        except BaseException:
            with self._lock:
                is_waiting = waiter in self._waiting
                if is_waiting:
                    self._waiting.remove(waiter)
            if not is_waiting:  # a place was given to who does not want it any more
                self.leave()
            raise

    def leave(self) -> None:
        """Give a place back, from any thread."""
        with self._lock:
            self.taken -= 1
            while self._waiting and self.taken < int(self.limit):
                if self._waiting.popleft().call():  # else its event loop has ended
                    self._take()

    def _take(self) -> None:
        self.taken += 1
        self.most_taken = max(self.most_taken, self.taken)
