"""Waiting in an event loop for what happens in any thread.

Owns `Turn`, with which queues go across event loops: asyncio's own events may be set in their loop only.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Turn:
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
