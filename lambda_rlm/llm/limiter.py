"""At most so many calls in flight.

Owns the one limiter of a run. Promises that no more than `limit` calls of the wrapped model run at once, and remembers
the most that did. Refuses a limit below 1.
"""

from __future__ import annotations

import anyio

from lambda_rlm.completion import Completion, CompletionRequest, Message, Model, ModelProfile


class Limited:
    """A `Model` with at most `limit` calls in flight; `max_in_flight` is the most there were."""

    def __init__(self, model: Model, limit: int) -> None:
        if limit < 1:
            raise ValueError(f"the limit of calls in flight must be at least 1, not {limit!r}")
        self._model = model
        self._semaphore = anyio.Semaphore(limit, fast_acquire=True)
        self.in_flight = 0
        self.max_in_flight = 0

    @property
    def profile(self) -> ModelProfile:
        return self._model.profile

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return self._model.count_tokens(messages)

    async def complete(self, request: CompletionRequest) -> Completion:
        async with self._semaphore:
            self.in_flight += 1
            self.max_in_flight = max(self.max_in_flight, self.in_flight)
            try:
                return await self._model.complete(request)
            finally:
                self.in_flight -= 1

    async def aclose(self) -> None:
        await self._model.aclose()
