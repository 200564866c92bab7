"""A model that a host program gives, held to the contract where nothing else would notice.

Owns the wrapper. Promises that a profile or a token count that cannot be, and an exception from either, are a declared fault
that names the model: a negative count would let a prompt through that does not fit. A cancellation that nobody asked for is
such a fault too; what else `complete` does is held to where it is paid.
"""

from __future__ import annotations

import asyncio

from lambda_rlm.completion import MOST_TOKENS, Completion, CompletionRequest, Message, Model, ModelProfile
from lambda_rlm.diagnostics.blot import blotted
from lambda_rlm.diagnostics.faults import MODEL_BROKEN, ModelFailure
from lambda_rlm.diagnostics.raised import raised
from lambda_rlm.llm.wrappers.wrapper import Wrapper


class GivenModel(Wrapper):
    """A `Model` around one of the host. Raises `ModelFailure` for a profile that is none."""

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self._name = type(model).__name__
        self._name = self.profile.name

    @property
    def profile(self) -> ModelProfile:
        try:
            profile: object = self._model.profile
        except Exception as error:
            raise self._broken(f"its profile raised {raised(error)}") from error
        if not isinstance(profile, ModelProfile):
            raise self._broken(f"its profile is {profile!r:.80}")
        return profile

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        try:
            count: object = self._model.count_tokens(messages)
        except ModelFailure:
            raise
        except Exception as error:
            raise self._broken(f"counting tokens raised {raised(error)}") from error
        if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MOST_TOKENS:
            raise self._broken(f"its count of tokens is {count!r:.80}")
        return count

    async def complete(self, request: CompletionRequest) -> Completion:
        try:
            return await self._model.complete(request)
        except asyncio.CancelledError as error:
            if _is_cancelled():
                raise
            raise self._broken("it raised CancelledError, and nobody cancelled it") from error

    def _broken(self, why: str) -> ModelFailure:
        return ModelFailure(MODEL_BROKEN, f"{self._name}: {blotted(why)}", is_fatal=True)


def _is_cancelled() -> bool:
    """Whether somebody cancels this task: what a model raises by itself ends its call, and neither run nor host."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


def given(model: object) -> Model:
    """A model as a host gave it, held to the contract; raises `TypeError` for what is none."""
    try:
        is_model = isinstance(model, Model)
    except Exception as error:
        why = f"{type(model).__name__}: its profile raised {blotted(raised(error))}"
        raise ModelFailure(MODEL_BROKEN, why, is_fatal=True) from error
    if not is_model:
        raise TypeError(f"a model is a name or an object with the methods of `Model`, not {model!r}")
    assert isinstance(model, Model)
    return model if type(model).__module__.startswith("lambda_rlm.") else GivenModel(model)
