"""One question under way, and all that wait for its answer.

Owns the outcome of a question that several places may share. The first who asks finds the answer, in its own task; who asks the
same meanwhile waits for it. Promises: each of them gets the same value or its own copy of the same fault; who finds the answer
is not cancelled while somebody else, who is not, waits for it. Refuses to be asked twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import field, replace

import anyio
import anyio.lowlevel

from lambda_rlm.completion import NO_USAGE, Completion, CompletionRequest, Usage
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.faults import Fault
from lambda_rlm.eval.value import Value


class Abandoned(Exception):
    """Who was finding the answer was stopped before there was one: whoever still wants it has to ask again."""


class Flight:
    """`call` numbers the question in the order of asking; `depth` is how many calls in a row it is the last of; `is_over` once
    there is an answer or a fault; `completion` is the reply that the answer was read from.
    """

    __slots__ = ("_failure", "_landed", "_scope", "_value", "_waiting", "call", "completion", "depth", "is_over")

    def __init__(self, call: int, depth: int) -> None:
        self.call = call
        self.depth = depth
        self.is_over = False
        self.completion: Completion | None = None
        self._scope = anyio.CancelScope()
        self._landed: anyio.Event | None = None
        self._waiting = 0
        self._value: Value = None
        self._failure: Exception | None = None

    async def fly(self, answer: Awaitable[Value]) -> Value:
        """Find the answer, for oneself and for all who wait."""
        try:
            with self._scope:
                try:
                    self._value = await answer
                except Exception as failure:  # noqa: BLE001 - carried to everyone who waits for the answer
                    self._failure = failure
                self.is_over = True
        finally:
            if self._landed is not None:
                self._landed.set()
        if self._landed is not None:
            await anyio.lowlevel.checkpoint_if_cancelled()  # it was held back from stopping here
        return self._outcome()

    async def wait(self) -> Value:
        """The answer that somebody else finds, as soon as there is one; raises `Abandoned` when nobody finds it any more."""
        if not self.is_over:
            self._landed = self._landed or anyio.Event()
            self._waiting += 1
            self._scope.shield = True
            try:
                await self._landed.wait()
            finally:
                self._waiting -= 1
                self._scope.shield = self._waiting > 0
        return self._outcome()

    def _outcome(self) -> Value:
        if not self.is_over:
            raise Abandoned
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


@dataclass(slots=True)
class AttemptsMade:
    """What the attempts of one call have used, the last one's digest, and the last reply. `faulty` are the attempts whose reply
    could not be read, by digest, with what was wrong; `on_text` is given the pieces of each reply while it comes."""

    usage: Usage = NO_USAGE
    digest: str = ""
    reply: str | None = None
    on_text: Callable[[str], None] | None = None
    faulty: list[tuple[str, str]] = field(default_factory=list)

    def listened(self, request: CompletionRequest) -> CompletionRequest:
        """A request whose reply is listened to, where somebody does."""
        return request if self.on_text is None else replace(request, on_text=self.on_text)

    def book(self, usage: Usage) -> None:
        """Add the usage of an attempt."""
        self.usage = usage if self.usage is NO_USAGE else self.usage + usage
