"""Models of the past, for runs that are made again and ask nobody.

Owns what is kept of a model for that, and the stand-in. Promises that a replay needs neither weights nor keys nor files of
replies, and is bounded with the window and the prices that the model had then. Refuses to be asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, replace
from math import ceil
from typing import Any

from lambda_rlm.completion import Completion, CompletionRequest, Message, Model, ModelProfile
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.failures import NOT_RECORDED, failure
from lambda_rlm.llm.tokens import bytes_per_token
from lambda_rlm.llm.vocabulary.byte_pair import known_vocabulary


def plain_profile(profile: ModelProfile) -> dict[str, Any]:
    """What is kept of a model, as plain data: the vocabulary by its name, and neither details nor what was measured, which tell
    of the machine."""
    name = None if profile.vocabulary is None else profile.vocabulary.name
    plain = asdict(replace(profile, vocabulary=None))
    return {key: value for key, value in plain.items() if key not in ("details", "bytes_per_token")} | {"vocabulary": name}


def profile_of(kept: Mapping[str, Any]) -> ModelProfile:
    """The profile that was kept. Raises `TypeError` and `ValueError` for what is none."""
    return ModelProfile(**{**kept, "vocabulary": known_vocabulary(kept.get("vocabulary"))})


def as_it_was(opened: Callable[[], Model], kept: Mapping[str, Any] | None) -> Model:
    """The model of a run that is made again. It is opened where it can be, since nobody counts its tokens better. Raises
    `ModelFailure` where it cannot, and nothing was kept of it."""
    names = {field.name for field in fields(ModelProfile)}
    try:
        model = opened()
    except ModelFailure:
        if kept is None:
            raise
        model = None
    profile = None if kept is None else profile_of({name: value for name, value in kept.items() if name in names})
    return AsItWas(model, profile)


class AsItWas:
    """A `Model` with the profile that it had, or else with the one that it has now. Where it cannot count, its tokens are
    estimated: the likely number, not the most."""

    def __init__(self, model: Model | None, profile: ModelProfile | None) -> None:
        assert model is not None or profile is not None
        self._model = model
        self._profile = profile

    @property
    def profile(self) -> ModelProfile:
        if self._profile is not None:
            return self._profile
        assert self._model is not None
        return self._model.profile

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        if self._model is not None:
            try:
                return self._model.count_tokens(messages)
            except ModelFailure:
                pass  # its weights are here, and not what runs them
        text = "\n".join(message.content for message in messages)
        return ceil(len(text.encode("utf-8", "surrogatepass")) / bytes_per_token(self.profile.name, text))

    async def complete(self, request: CompletionRequest) -> Completion:
        raise failure(NOT_RECORDED, "a replay makes no model calls")

    async def aclose(self) -> None:
        if self._model is not None:
            await self._model.aclose()
