"""Asking again without the schema or the grammar that a server does not support.

Owns the wrapper. Promises that a request which was turned down for its form is sent once more without it, as a request of its
own, which waits for its own place and is paid by a loan of its own; that the refused one is counted as an attempt (`REFUSALS`
is how many there may be before each), and leave is asked for where it may be billed. What is known of the server is the
adapter's that sends (`providers.constraints`): a request in a form that is known to be refused is not sent in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from lambda_rlm.budget.paying import failed_usage, summable
from lambda_rlm.completion import FAILED_ATTEMPT, NO_USAGE, Completion, CompletionRequest, ModelProfile, Usage
from lambda_rlm.diagnostics.faults import LimitExceeded, ModelFailure
from lambda_rlm.llm.providers.constraints import ConstraintRefused
from lambda_rlm.llm.wrappers.wrapper import Wrapper

REFUSALS: Final = 1
"""Requests that may be turned down for their form before one that is not: a request has a schema or a grammar, not both."""


class ConstraintFallback(Wrapper):
    """A `Model` that is asked again, without, where its server refused the form of a reply. It is outside of what makes
    requests wait and pays for them, so that both requests do."""

    def _changed(self, profile: ModelProfile) -> ModelProfile:
        return replace(profile, refusals=REFUSALS)

    async def complete(self, request: CompletionRequest) -> Completion:
        try:
            return await self._model.complete(request)
        except ConstraintRefused as refused:
            failed = refused
        has_answered = False
        try:
            before = self._left_behind(request, failed)
            completion = await self._without(request, before)
            has_answered = True
        finally:
            if failed.note:
                failed.constraints.looked_at(answers_without=has_answered)
        note = failed.note or completion.unconstrained
        return replace(completion, usage=before + summable(completion.usage), unconstrained=note)

    async def _without(self, request: CompletionRequest, before: Usage) -> Completion:
        """The completion of a request in no form. A failure has what was used `before`, too."""
        try:
            return await self._model.complete(replace(request, schema=None, choices=None, grammar=None))
        except ModelFailure as second:
            second.usage = before + failed_usage(second)
            raise
        except LimitExceeded as limit:
            limit.usage = before + (limit.usage or NO_USAGE)
            raise

    def _left_behind(self, request: CompletionRequest, failed: ConstraintRefused) -> Usage:
        """What the refused request used; asks for leave where it may be billed. Raises `LimitExceeded`, with that."""
        if self._model.profile.is_free:
            return FAILED_ATTEMPT
        before = failed_usage(failed)
        if failed.is_billable and request.again is not None:
            try:
                request.again()
            except LimitExceeded as limit:
                limit.usage = before
                raise
        return before
