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
        self._profiles: tuple[ModelProfile, ModelProfile] | None = None

    @property
    def inner(self) -> Model:
        """The model around which this is."""
        return self._model

    @property
    def profile(self) -> ModelProfile:
        inner = self._model.profile
        if self._profiles is None or self._profiles[0] is not inner:
            self._profiles = inner, self._changed(inner)
        return self._profiles[1]

    def _changed(self, profile: ModelProfile) -> ModelProfile:
        """The profile of the inner model, as it is of this one."""
        return profile

    @property
    def counts_by_vocabulary(self) -> bool:
        """`count_tokens` loads a vocabulary."""
        return bool(getattr(self._model, "counts_by_vocabulary", False))

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return self._model.count_tokens(messages)

    async def aclose(self) -> None:
        await self._model.aclose()
