"""Where in a run a task stands.

Owns the running task's `Place`: its path of positions from the root down, by which model calls are ordered whatever the
schedule was, and how many model calls had to be waited for one after the other to get there.
"""

from __future__ import annotations

from contextvars import ContextVar


class Place:
    """A task's place: `path` are positions among siblings from the root down, `depth` the calls in a row behind it."""

    __slots__ = ("depth", "path")

    def __init__(self, path: tuple[int, ...] = (), depth: int = 0) -> None:
        self.path = path
        self.depth = depth

    def child(self, position: int) -> Place:
        """The place of the task at `position` among those that start here side by side."""
        return Place((*self.path, position), self.depth)


CURRENT: ContextVar[Place | None] = ContextVar("place", default=None)
"""The running task's place; a child task sets its own before it runs."""


def here() -> Place:
    """The running task's place; the root's when none was set yet."""
    place = CURRENT.get()
    if place is None:
        place = Place()
        CURRENT.set(place)
    return place
