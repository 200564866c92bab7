"""A model whose vocabulary is not known, measured by its own counts.

Owns the wrapper. Promises that only what a model counted itself is measured, of prompts that are long enough for the sentences
around them to matter little, and that the profile says what was measured before (`ModelProfile.bytes_per_token`), the same for
as long as the model is open: likely figures of one run do not change while it goes on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from lambda_rlm.completion import Completion, CompletionRequest, Model, ModelProfile
from lambda_rlm.llm.vocabulary import token_rates
from lambda_rlm.llm.vocabulary.token_rates import TokenRate
from lambda_rlm.llm.wrappers.wrapper import Wrapper

LEAST_BYTES: Final = 1_000
"""Bytes of a prompt that is measured."""


class Measured(Wrapper):
    """A `Model` of an identity, whose counts are kept when it is closed."""

    def __init__(self, model: Model, identity: str) -> None:
        super().__init__(model)
        self._identity = identity
        self._before = token_rates.measured(identity)
        self._rate = TokenRate(0, 0)

    def _changed(self, profile: ModelProfile) -> ModelProfile:
        return profile if self._before is None else replace(profile, bytes_per_token=self._before)

    async def complete(self, request: CompletionRequest) -> Completion:
        completion = await self._model.complete(request)
        usage = completion.usage
        if usage.attempts == 1 and not usage.is_estimated and usage.input_tokens > 0:
            size = sum(len(message.content.encode("utf-8", "surrogatepass")) for message in request.messages)
            if size >= LEAST_BYTES:
                self._rate = self._rate.plus(TokenRate(size, usage.input_tokens))
        return completion

    async def aclose(self) -> None:
        rate, self._rate = self._rate, TokenRate(0, 0)
        if rate.tokens:
            token_rates.keep(self._identity, rate)
        await self._model.aclose()
