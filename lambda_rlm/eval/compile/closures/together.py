"""Things that run at once, with results and faults as if they had run one after the other.

Owns the bounded ordered map. Promises: at most `limit` workers pull positions from one iterator; results stand by position;
when one fails, later ones are cancelled and earlier ones finish, and the earliest by position is what is raised; a reached
limit of the run, or a bug, cancels all and wins. What all together need of the run's pool is a sum, so that without another
fault the pool runs out in every order or in none; where one of them also fails by itself, the order decides which of the two
faults is raised, and in every order one is: what later ones took before they were cancelled was billed. No exception group
leaves. Takes no limiter: calls in flight are limited around the model call alone, so maps inside maps cannot wait for each
other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio

from lambda_rlm.diagnostics.faults import Fault, LimitExceeded
from lambda_rlm.eval.place import CURRENT, here
from lambda_rlm.eval.value import Value

One = Callable[[int], Awaitable[Value]]


async def ordered(n: int, limit: int, one: One) -> list[Value]:
    """`[await one(0), …, await one(n - 1)]`, at most `limit` at once."""
    if not n:
        return []
    return await _Batch(n, one).run(min(n, limit))


class _Batch:
    """One bounded ordered map under way."""

    __slots__ = ("depth", "failed", "failure", "one", "place", "positions", "results", "running", "winner")

    def __init__(self, n: int, one: One) -> None:
        self.one = one
        self.place = here()
        self.depth = self.place.depth
        self.positions = iter(range(n))
        self.results: list[Value] = [None] * n
        self.running: dict[int, anyio.CancelScope] = {}
        self.failed = n
        self.failure: Exception | None = None
        self.winner: Exception | None = None

    async def run(self, workers: int) -> list[Value]:
        try:
            if workers == 1:
                await self._work()
            else:
                async with anyio.create_task_group() as group:
                    for _ in range(workers):
                        group.start_soon(self._work)
        finally:
            CURRENT.set(self.place)
        failure = self.winner or self.failure
        if failure is not None:
            raise failure
        self.place.depth = max(self.place.depth, self.depth)
        return self.results

    async def _work(self) -> None:
        """Take one position after the other, until there are none or one before them has failed."""
        with anyio.CancelScope() as scope:
            position = -1
            try:
                for position in self.positions:
                    if position > self.failed or self.winner is not None:
                        return
                    self.running[position] = scope
                    place = self.place.child(position)
                    CURRENT.set(place)
                    self.results[position] = await self.one(position)
                    del self.running[position]
                    if place.depth > self.depth:
                        self.depth = place.depth
            except Exception as error:  # noqa: BLE001 - raised by `run`
                self._fail(position, error)

    def _fail(self, position: int, error: Exception) -> None:
        del self.running[position]
        if isinstance(error, LimitExceeded) or not isinstance(error, Fault):
            self.winner = self.winner or error
            self.failed = -1
        elif position < self.failed:
            self.failed = position
            self.failure = error
        for later, scope in self.running.items():
            if later > self.failed:
                scope.cancel()
