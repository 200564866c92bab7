"""The connections to one provider that are open, in all event loops of one owner.

Owns which connection carries the next request, and how many there are. Promises that no more are open than requests may be
under way, since one that is idle, in whichever loop, is ended before another is opened beyond that; that a connection is used
again only in its own loop, for the same address; and that none outlives the pools of its loop.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from threading import Lock
from time import monotonic
from typing import Final, NamedTuple, Protocol

IDLE_SECONDS: Final = 60.0
"""How long a connection is kept that nobody uses."""


class Address(NamedTuple):
    """What two requests have in common that may go over one connection."""

    scheme: str
    host: str
    port: int
    authorities: str | None = None
    """Whose certificates were trusted."""


class Held(Protocol):
    """A connection, as far as it is counted."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop: ...

    @property
    def is_reusable(self) -> bool: ...

    def hang_up(self) -> None:
        """End it from any thread, before this returns as far as the server can tell."""
        ...


class _Idle(NamedTuple):
    address: Address
    connection: Held
    since: float


class Sockets:
    """At most `most` connections, as long as no more requests are under way; `open` is how many there are."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._idle: deque[_Idle] = deque()
        self._pools: Counter[asyncio.AbstractEventLoop] = Counter()
        self.open = 0

    def join(self) -> None:
        """A pool of connections begins in the running event loop."""
        with self._lock:
            self._pools[asyncio.get_running_loop()] += 1

    def part(self) -> None:
        """A pool of the running event loop ends; with the last one its idle connections do."""
        loop = asyncio.get_running_loop()
        with self._lock:
            self._pools[loop] -= 1
            if self._pools[loop] <= 0:
                del self._pools[loop]
                self._end([idle for idle in self._idle if idle.connection.loop is loop])

    def claim(self, address: Address) -> Held | None:
        """The connection of the running event loop to that address which was used last; None where one is to be opened, for
        which there is room then. Either counts as open until `keep` and `lose`."""
        loop, now = asyncio.get_running_loop(), monotonic()
        with self._lock:
            self._end([idle for idle in self._idle if idle.since < now - IDLE_SECONDS or not idle.connection.is_reusable])
            for idle in reversed(self._idle):
                if idle.address == address and idle.connection.loop is loop:
                    self._idle.remove(idle)
                    return idle.connection
            if self.open >= self._most and self._idle:
                self._end([self._idle[0]])
            self.open += 1
            return None

    def keep(self, address: Address, connection: Held) -> None:
        """A connection that was claimed or opened is not used for now."""
        with self._lock:
            self._idle.append(_Idle(address, connection, monotonic()))

    def lose(self) -> None:
        """A connection that was claimed or opened has ended, or did not come about."""
        with self._lock:
            self.open -= 1

    def _end(self, ended: list[_Idle]) -> None:
        for idle in ended:
            self._idle.remove(idle)
            idle.connection.hang_up()
            self.open -= 1
