"""Replies that were paid for before, given again instead of asking.

Owns the wrapper. Promises that a question whose reply is remembered reaches no model, and that its usage is told as it was, so that
a run which goes on where another stopped is metered as if it had never stopped. Questions are known by their digest.
"""

from __future__ import annotations

from collections.abc import Mapping

from lambda_rlm.completion import Completion, CompletionRequest, Message, Model, ModelProfile
from lambda_rlm.llm.failures import NOT_RECORDED, failure


class Remembered:
    """A `Model` that knows some replies; `asks` says whether another model is asked for the others. `used` counts those given."""

    def __init__(self, model: Model, replies: Mapping[str, Completion], *, asks: bool = True) -> None:
        self._model = model
        self._replies = replies
        self._asks = asks
        self.used = 0

    @property
    def profile(self) -> ModelProfile:
        return self._model.profile

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return self._model.count_tokens(messages)

    async def complete(self, request: CompletionRequest) -> Completion:
        found = self._replies.get(request.digest) if request.digest else None
        if found is not None:
            self.used += 1
            return found
        if not self._asks:
            raise failure(NOT_RECORDED, "the journal has no reply to this question")
        return await self._model.complete(request)

    async def aclose(self) -> None:
        await self._model.aclose()
