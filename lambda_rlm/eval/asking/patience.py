"""Waiting for the budget: what a run does whose requests are set aside one by one.

Owns `Patience`. A request that the budget cannot afford beside those in flight may be affordable once these are settled, since
most use less than was set aside for them. Promises that a patient run stops at its budget only when nothing is in flight any
more: all that was paid for has been answered.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import anyio

from lambda_rlm.budget.meter import OUT_OF_MONEY, OUT_OF_TOKENS
from lambda_rlm.diagnostics.faults import LimitExceeded

T = TypeVar("T")

_GIVEN_BACK: Final = (OUT_OF_TOKENS, OUT_OF_MONEY)
"""What a request sets aside and gives back in part. A call is never given back."""


class Patience:
    """`in_flight` counts the requests under way; `is_patient` says that others wait for them."""

    def __init__(self) -> None:
        self.is_patient = False
        self.in_flight = 0
        self._settled = anyio.Event()

    async def sent(self, send: Callable[[], Awaitable[T]]) -> T:
        """What `send` gives. Where the budget cannot afford it, it is tried again after each request that is settled meanwhile;
        raises `LimitExceeded` when none is in flight."""
        while True:
            settled = self._settled
            self.in_flight += 1
            try:
                return await send()
            except LimitExceeded as limit:
                has_sent = limit.usage is not None
                if not self.is_patient or has_sent or limit.code not in _GIVEN_BACK or self.in_flight == 1:
                    raise
            finally:
                self.in_flight -= 1
            await settled.wait()

    def settle(self) -> None:
        """A request has been booked: whoever waits tries again."""
        self._settled.set()
        self._settled = anyio.Event()

    async def drained(self) -> None:
        """Wait until nothing is in flight, in a patient run."""
        while self.is_patient and self.in_flight:
            await self._settled.wait()
