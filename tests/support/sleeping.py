"""Sleeps for wrappers that wait, and a clock that goes by them: none takes time."""

from __future__ import annotations

import anyio.lowlevel


async def at_once(seconds: float) -> None:
    """Let others go first, and go on; a negative time fails the test."""
    assert seconds >= 0
    await anyio.lowlevel.checkpoint()


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await anyio.lowlevel.checkpoint()
