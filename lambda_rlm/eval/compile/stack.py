"""How deeply a run may nest calls, held before Python's own stack is reached.

Owns `Stack` and the shares of interpreter frames. Promises that a program whose calls are nested too deep ends in a declared
fault, never in a `RecursionError`; that pure code below awaiting code always has frames left; that the depth of recursion is
reported to the meter.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Final, NoReturn

from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval import wording
from lambda_rlm.eval.compile.compiled import Frame, Run
from lambda_rlm.eval.value import Value

FRAMES: Final = 640
"""Interpreter frames that a program may need; the rest of the usual 1,000 belongs to the host and to library functions."""

ASYNC_FRAMES: Final = 360
"""How many of them awaiting code may take; the others stay for the pure code below it."""

_ROOM: Final = 32_000
"""Words of the interpreter's stack that `in_one_room` takes: what it lies in has place for about as many again."""

NESTING: ContextVar[tuple[int, int]] = ContextVar("nesting", default=(0, 0))
"""Interpreter frames taken, and `fix` depth reached, by the awaiting callers of the running task."""


def in_one_room(body: Callable[[Frame], Value], frame: Frame) -> Value:
    """Run a body with room for all its interpreter frames in one piece.

    The interpreter keeps frames in pieces of 16 kB, and takes a new one from the system whenever a call does not fit into the
    last; a loop whose function is called just there would take and give back a piece for each element, which costs more than a
    hundred calls. What asks for more room than a piece has gets a larger one, which the calls inside it share.
    """
    return body(frame)


in_one_room.__code__ = in_one_room.__code__.replace(co_stacksize=_ROOM)


class Stack:
    """How deep a run is in calls of function values and activations of `fix`.

    Python's own stack is finite and is never enlarged, so every such call takes what it needs (known when it is compiled)
    from `left` while it lasts, and the run ends in a declared fault when nothing is left. `outer` is the depth of the awaiting
    callers of the pure `fix` that runs; `has_room` says that the run is in one room.
    """

    __slots__ = ("depth", "has_room", "left", "meter", "outer")

    def __init__(self, meter: Meter, left: int, *, has_room: bool = False) -> None:
        self.meter = meter
        self.left = left
        self.depth = 0
        self.outer = 0
        self.has_room = has_room

    def overflow(self) -> NoReturn:
        """Raises `LimitExceeded`."""
        raise wording.calls_too_deep()

    def enter(self, body: Run, frame: Frame, need: int, depth: int) -> Value:
        """Run a body that needs `need` interpreter frames, `depth` activations of `fix` further in."""
        self.left -= need
        self.depth += depth
        try:
            if self.left < 0:
                self.overflow()
            if depth:
                self.meter.enter(self.depth + NESTING.get()[1])
            return body(frame)
        finally:
            self.left += need
            self.depth -= depth

    async def enter_async(self, body: Run, frame: Frame, need: int, depth: int) -> Value:
        """As `enter`, for a body that awaits."""
        used, outer = NESTING.get()
        used += need
        if used > ASYNC_FRAMES:
            self.overflow()
        if depth:
            self.meter.enter(outer + depth)
        token = NESTING.set((used, outer + depth))
        try:
            return await body(frame)
        finally:
            NESTING.reset(token)
