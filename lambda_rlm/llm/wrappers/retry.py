"""Ask again when a provider was busy or broken: exponential backoff with full jitter, bounded.

Owns the policy and the wrapper. Promises: only retryable failures are tried again, at most `retries` times, and those that may
be billed only by leave of whoever pays; a provider's Retry-After is honored up to a cap; every attempt is counted in the usage,
of a failure too. Refuses to hide anything: the last failure leaves as it came.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import replace

import anyio

from lambda_rlm import events
from lambda_rlm.budget.paying import failed_usage, summable, waiting
from lambda_rlm.completion import NO_USAGE, Completion, CompletionRequest, Model, ModelProfile, Usage
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.faults import AccountUsedUp, LimitExceeded, ModelFailure
from lambda_rlm.llm.wrappers.wrapper import Wrapper


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently: `retries` after the first attempt; before the n-th, a random time between 0 and
    min(`longest`, `base`·2ⁿ⁻¹) seconds ("full jitter", Brooker, AWS Architecture Blog, 2015)."""

    retries: int = 2
    base: float = 1.0
    longest: float = 20.0
    longest_retry_after: float = 60.0

    def seconds(self, attempt: int, retry_after: float | None, draw: float) -> float:
        """The wait after the `attempt`-th failure (from 1); `draw` is a random number in [0, 1)."""
        jittered = draw * min(self.longest, self.base * 2.0 ** min(attempt - 1, 30))
        return max(jittered, min(retry_after or 0.0, self.longest_retry_after))


class RetryingModel(Wrapper):
    """A `Model` that asks another again as the policy says. `sleep` and `draw` are replaced in tests."""

    def __init__(
        self,
        model: Model,
        policy: RetryPolicy | None = None,
        *,
        tracer: events.Tracer | None = None,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        draw: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(model)
        self.policy = policy or RetryPolicy()
        self._tracer = tracer
        self._sleep = sleep
        self._draw = draw

    def _changed(self, profile: ModelProfile) -> ModelProfile:
        return replace(profile, resends=(1 + self.policy.retries) * (1 + profile.resends) - 1)

    async def complete(self, request: CompletionRequest) -> Completion:
        spent = NO_USAGE
        attempt = 0
        while True:
            attempt += 1
            try:
                completion = await self._model.complete(request)
            except ModelFailure as failed:
                used = failed_usage(failed, self._model.profile.retries)
                if not failed.is_retryable or attempt > self.policy.retries:
                    failed.usage = spent + used
                    raise
                spent = spent + self._left_behind(request, failed, spent, used)
                seconds = self.policy.seconds(attempt, failed.retry_after, self._draw())
                if self._tracer is not None:
                    self._tracer(events.Retrying(failed.code, failed.message, attempt, seconds))
            except LimitExceeded as refused:
                if refused.usage is not None or isinstance(refused, AccountUsedUp):  # else all that was sent is at its worst
                    refused.usage = spent + (refused.usage or NO_USAGE)
                raise
            else:
                return completion if attempt == 1 else replace(completion, usage=spent + summable(completion.usage))
            with waiting():
                await self._sleep(seconds)

    def _left_behind(self, request: CompletionRequest, failed: ModelFailure, spent: Usage, used: Usage) -> Usage:
        """What a failed attempt used, before the next one; asks for leave where it may be billed. Raises `LimitExceeded`, with
        what was spent. Nothing of it counts where a model is free, since nobody is asked for leave there."""
        if self._model.profile.is_free:
            return Usage(cost=0.0, attempts=used.attempts)
        if failed.is_billable and request.again is not None:
            try:
                request.again()
            except LimitExceeded as refused:
                refused.usage = spent + used
                raise
        return used
