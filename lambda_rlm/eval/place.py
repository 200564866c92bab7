"""The place of a task in a run, and tasks side by side.

Owns the running task's `TaskPlace`: its path of positions from the root down, by which model calls are ordered whatever the
schedule was, and how many model calls had to be waited for one after the other to get there. Promises of `gather`: results
are in the order of the tasks, and of several faults the leftmost is raised, as if the tasks had run one after the other.
Refuses to let a fault of the run's limits wait for others.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar, cast

import anyio

from lambda_rlm.diagnostics.faults import Fault, LimitExceeded

T = TypeVar("T")


class TaskPlace:
    """A task's place: `path` are positions among siblings from the root down, `depth` the calls in a row behind it."""

    __slots__ = ("depth", "path")

    def __init__(self, path: tuple[int, ...] = (), depth: int = 0) -> None:
        self.path = path
        self.depth = depth

    def child(self, position: int) -> TaskPlace:
        """The place of the task at `position` among those that start here side by side."""
        return TaskPlace((*self.path, position), self.depth)

    def join(self, children: Sequence[TaskPlace]) -> None:
        """All children have ended: what follows had to wait for the deepest."""
        self.depth = max(self.depth, max((child.depth for child in children), default=0))


CURRENT: ContextVar[TaskPlace | None] = ContextVar("place", default=None)
"""The running task's place; a child task sets its own before it runs."""


def here() -> TaskPlace:
    """The running task's place; the root's when none was set yet."""
    place = CURRENT.get()
    if place is None:
        place = TaskPlace()
        CURRENT.set(place)
    return place


@contextmanager
def begun() -> Iterator[None]:
    """A run, which leaves no place behind: of two that follow each other in one task, the second is not behind the
    calls of the first. One inside another goes on where that one is."""
    token = None if CURRENT.get() is not None else CURRENT.set(TaskPlace())
    try:
        yield
    finally:
        if token is not None:
            CURRENT.reset(token)


async def gather(tasks: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """Run all tasks at once and give their results by position.

    When one faults, those after it are cancelled and those before it finish; the leftmost fault is raised. A reached limit
    of the run, or a bug, cancels all and is raised itself.
    """
    if not tasks:
        return []
    return await _Side(here(), tasks).run()


class _Side:
    """One `gather`: its tasks, their scopes, results and faults."""

    def __init__(self, place: TaskPlace, tasks: Sequence[Callable[[], Awaitable[T]]]) -> None:
        self.place = place
        self.tasks = tasks
        self.places = [place.child(i) for i in range(len(tasks))]
        self.scopes = [anyio.CancelScope() for _ in tasks]
        self.results: list[object] = [None] * len(tasks)
        self.first_failed = len(tasks)
        self.fault: Exception | None = None
        self.winner: Exception | None = None

    async def run(self) -> list[T]:
        async with anyio.create_task_group() as group:
            for position in range(len(self.tasks)):
                group.start_soon(self._one, position)
        failure = self.winner or self.fault
        if failure is not None:
            raise failure
        self.place.join(self.places)
        return cast("list[T]", self.results)

    async def _one(self, position: int) -> None:
        CURRENT.set(self.places[position])
        with self.scopes[position]:
            try:
                self.results[position] = await self.tasks[position]()
            except LimitExceeded as limit:
                self._stop_all(limit)
            except Fault as fault:
                self._stop_after(position, fault)
            except Exception as bug:  # noqa: BLE001 - raised again by `run`
                self._stop_all(bug)

    def _stop_all(self, failure: Exception) -> None:
        if self.winner is None:
            self.winner = failure
        for scope in self.scopes:
            scope.cancel()

    def _stop_after(self, position: int, fault: Fault) -> None:
        if position < self.first_failed:
            for scope in self.scopes[position + 1 : self.first_failed]:
                scope.cancel()
            self.first_failed = position
            self.fault = fault
