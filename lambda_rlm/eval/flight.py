"""One question under way, and all that wait for its answer.

Owns the outcome of a question that several places may share. Promises: the question runs apart from those that wait, ends
only when it is answered or when nobody waits any more, and gives each of them the same value or its own copy of the same
fault. Refuses to be asked twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio

from lambda_rlm.eval.value import Value
from lambda_rlm.faults import Fault


class Flight:
    """`call` numbers the question in the order of asking; `depth` is how many calls in a row it is the last of."""

    __slots__ = ("_done", "_failure", "_on_abandoned", "_scope", "_value", "_waiting", "call", "depth")

    def __init__(self, call: int, depth: int, on_abandoned: Callable[[], object]) -> None:
        self.call = call
        self.depth = depth
        self._on_abandoned = on_abandoned
        self._scope = anyio.CancelScope()
        self._done = anyio.Event()
        self._waiting = 0
        self._value: Value = None
        self._failure: Exception | None = None

    async def fly(self, answer: Callable[[], Awaitable[Value]]) -> None:
        """Find the answer; runs in the asker's own task group."""
        with self._scope:
            try:
                self._value = await answer()
            except Exception as failure:  # raised again where it is waited for
                self._failure = failure
            self._done.set()

    async def wait(self) -> Value:
        """The answer, as soon as there is one; the last to stop waiting cancels the question."""
        if not self._done.is_set():
            self._waiting += 1
            try:
                await self._done.wait()
            finally:
                self._waiting -= 1
                if not self._waiting and not self._done.is_set():
                    self._on_abandoned()
                    self._scope.cancel()
        if self._failure is not None:
            raise copied(self._failure)
        return self._value


def copied(failure: Exception) -> Exception:
    """A fault of its own for each that waits, since the place in the program is written into it; a bug stays as it is."""
    if not isinstance(failure, Fault):
        return failure
    twin = type(failure).__new__(type(failure))
    twin.args = failure.args
    twin.__dict__.update(failure.__dict__)
    twin.__cause__ = failure.__cause__
    return twin
