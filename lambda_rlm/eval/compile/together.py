"""Things that run at once, with results and faults as if they had run one after the other.

Owns the bounded ordered map. Promises: at most `limit` workers pull positions from one iterator; results stand by position; when
one fails, later ones are cancelled and earlier ones finish, and the earliest by position is what is raised; a reached
limit of the run, or a bug, cancels all and wins. No exception group leaves. Takes no limiter: calls in flight are limited
around the model call alone, so maps inside maps cannot wait for each other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import anyio

from lambda_rlm.diagnostics.faults import Fault, LimitExceeded
from lambda_rlm.eval.compile.code import Compiled, Frame, Run
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
            except Exception as error:  # raised by `run`
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


def filled(targets: Sequence[tuple[int, Compiled]]) -> Run:
    """A coroutine function that computes codes at once and puts each value in its slot."""
    if sum(code.is_async for _, code in targets) <= 1:
        return _one_by_one(targets)
    pairs = [(slot, code.run, code.is_async) for slot, code in targets]

    async def fill(e: Frame) -> None:
        async def one(position: int) -> None:
            slot, run, is_async = pairs[position]
            e[slot] = await run(e) if is_async else run(e)

        await ordered(len(pairs), len(pairs), one)

    return fill


def _one_by_one(targets: Sequence[tuple[int, Compiled]]) -> Run:
    pairs = [(slot, code.run, code.is_async) for slot, code in targets]

    async def fill(e: Frame) -> None:
        for slot, run, is_async in pairs:
            e[slot] = await run(e) if is_async else run(e)

    return fill


def arranged(targets: Sequence[tuple[int, Compiled, frozenset[int]]]) -> Run:
    """A coroutine function for bindings in a row: slot, code, and the slots the code reads.

    A binding starts as soon as those it reads are there.
    """
    slots = {slot: position for position, (slot, _, _) in enumerate(targets)}
    needs = [sorted(slots[s] for s in reads if s in slots) for _, _, reads in targets]
    if _is_chain([code.is_async for _, code, _ in targets], needs):
        return _one_by_one([(slot, code) for slot, code, _ in targets])
    rows = [(slot, code.run, code.is_async) for slot, code, _ in targets]

    async def fill(e: Frame) -> None:
        done = [anyio.Event() for _ in rows]
        depths = [0] * len(rows)

        async def one(position: int) -> None:
            place = here()
            for other in needs[position]:
                await done[other].wait()
                place.depth = max(place.depth, depths[other])
            slot, run, is_async = rows[position]
            e[slot] = await run(e) if is_async else run(e)
            depths[position] = place.depth
            done[position].set()

        await ordered(len(rows), len(rows), one)

    return fill


def _is_chain(is_async: Sequence[bool], needs: Sequence[Sequence[int]]) -> bool:
    """Each binding that awaits needs, directly or not, every one before it that does: nothing can run at once."""
    seen: list[set[int]] = []
    awaited: set[int] = set()
    for position, direct in enumerate(needs):
        below = set(direct).union(*(seen[other] for other in direct))
        seen.append(below)
        if is_async[position]:
            if not awaited <= below:
                return False
            awaited.add(position)
    return True
