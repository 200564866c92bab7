"""Sleeps for wrappers that wait: none takes time."""

from __future__ import annotations

import anyio.lowlevel


async def at_once(seconds: float) -> None:
    """Let others go first, and go on; a negative time fails the test."""
    assert seconds >= 0
    await anyio.lowlevel.checkpoint()
