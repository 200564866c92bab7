"""Asking again without the schema, the grammar or the parameter that a server does not support.

Owns the wrapper. Promises that a request which was turned down for its form is sent once more without it, as a request of its
own, which waits for its own place and is paid by a loan of its own; that each refused one is counted as an attempt (`REFUSALS`
is how many there may be before one that is not), and leave is asked for where it may be billed. What is known of a server
belongs to the adapter that sends (`providers.constraints`): no request is sent in a form that is known to be refused."""

from __future__ import annotations

from dataclasses import replace

from lambda_rlm.budget.paying import failed_usage, summable
from lambda_rlm.completion import FAILED_ATTEMPT, NO_USAGE, Completion, CompletionRequest, ModelProfile, Usage
from lambda_rlm.diagnostics.faults import LimitExceeded, ModelFailure
from lambda_rlm.llm.providers.constraints import REFUSALS, ConstraintRefused
from lambda_rlm.llm.wrappers.wrapper import Wrapper


class ConstraintFallback(Wrapper):
    """A `Model` that is asked again, without, where its server refused the form of a reply. It is outside of what makes
    requests wait and pays for them, so that both requests do."""

    def _changed(self, profile: ModelProfile) -> ModelProfile:
        return replace(profile, refusals=REFUSALS)

    async def complete(self, request: CompletionRequest) -> Completion:
        refused: list[ConstraintRefused] = []
        before, has_answered = NO_USAGE, False
        try:
            while True:
                try:
                    completion = await self._model.complete(request)
                except ConstraintRefused as failed:
                    if len(refused) == REFUSALS:
                        failed.is_retryable = True  # the next attempt has one thing less
                        raise
                    refused.append(failed)
                    before = before + self._left_behind(request, failed)
                    request = request if failed.is_parameter else replace(request, schema=None, choices=None, grammar=None)
                else:
                    has_answered = True
                    return self._told(completion, refused, before)
        except ModelFailure as last:
            if refused:
                last.usage = before + failed_usage(last)
            raise
        except LimitExceeded as limit:
            if refused:
                limit.usage = before + (limit.usage or NO_USAGE)
            raise
        finally:
            for one in refused:
                one.constraints.looked_at(one, answers_without=has_answered)

    def _told(self, completion: Completion, refused: list[ConstraintRefused], before: Usage) -> Completion:
        """A completion with what was used before it, and why a grammar does not hold."""
        if not refused:
            return completion
        note = next((failed.note for failed in refused if failed.note), completion.unconstrained)
        return replace(completion, usage=before + summable(completion.usage), unconstrained=note)

    def _left_behind(self, request: CompletionRequest, failed: ConstraintRefused) -> Usage:
        """What a refused request used; asks for leave where it may be billed. Raises `LimitExceeded`, with that."""
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
