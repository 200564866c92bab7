"""A model around a model.

Owns what wrappers have in common: they have the profile of the inner model, count as it counts, and are closed with it. Each
adds how it is asked, and says what it has otherwise.
"""

from __future__ import annotations

from lambda_rlm.completion import Message, Model, ModelProfile


class Wrapper:
    """All of a `Model` but `complete`, by way of another one."""

    def __init__(self, model: Model) -> None:
        self._model = model

    @property
    def inner(self) -> Model:
        """The model around which this is."""
        return self._model

    @property
    def profile(self) -> ModelProfile:
        return self._model.profile

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return self._model.count_tokens(messages)

    async def aclose(self) -> None:
        await self._model.aclose()
