"""Ask twice when the first answer is slow, and take whichever comes first (Dean and Barroso, CACM 56(2), 2013).

Owns the wrapper. Promises: the second request is sent only `after` this number of seconds in which the first one, once it was
really sent, came to nothing, and only by leave of whoever pays, since both may be billed: without it, none is sent and the
first is waited for; who is not waited for any more is cancelled, and booked with its prompt and the longest reply; the profile
counts every attempt twice. Refuses to hide a failure: when both fail, the first leaves with the usage of both.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import field, replace

import anyio
import anyio.lowlevel

from lambda_rlm import events
from lambda_rlm.budget.paying import beside, failed_usage, price, summable
from lambda_rlm.completion import NO_USAGE, UNCOUNTED, Completion, CompletionRequest, Model, ModelProfile, Usage
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.faults import LimitExceeded, ModelFailure
from lambda_rlm.llm.wrappers.wrapper import Wrapper

_ON_SENT: ContextVar[Callable[[], None] | None] = ContextVar("on_sent", default=None)
"""Called when a request leaves the last queue before the provider, where its time begins; it may refuse that."""


class Hedged(Wrapper):
    """A `Model` that asks another a second time when it is slow. `through` puts what makes requests wait (a limiter) between
    the two; waiting there is not slowness. `sleep` is replaced in tests."""

    def __init__(
        self,
        model: Model,
        after: float,
        *,
        through: Callable[[Model], Model] = lambda model: model,
        tracer: events.Tracer | None = None,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        if not after > 0:
            raise ValueError(f"the hedging delay must be more than 0 seconds, not {after!r}")
        super().__init__(through(_Noticed(model)))
        self.after = after
        self._tracer = tracer
        self._sleep = sleep

    def _changed(self, profile: ModelProfile) -> ModelProfile:
        return replace(profile, resends=2 * (1 + profile.resends) - 1)

    async def complete(self, request: CompletionRequest) -> Completion:
        leave = None if self._model.profile.is_free else request.again
        first, second = _Attempt(request, has_begun=True), _Attempt(request, leave, is_second=True)
        async with anyio.create_task_group() as group:

            async def run(attempt: _Attempt, other: _Attempt) -> None:
                await attempt.run(self._model)
                if attempt.completion is not None or other.is_over or not other.has_begun:
                    group.cancel_scope.cancel()

            group.start_soon(run, first, second)
            await first.sent.wait()
            await self._sleep(self.after)
            if self._tracer is not None:
                self._tracer(events.Hedging(self.after))
            second.has_begun = True
            group.start_soon(run, second, first)
        return self._outcome(request, first, second)

    def _outcome(self, request: CompletionRequest, first: _Attempt, second: _Attempt) -> Completion:
        for attempt, other in ((first, second), (second, first)):
            if attempt.error is not None and not isinstance(attempt.error, ModelFailure | LimitExceeded):
                raise attempt.error
            if attempt.completion is not None:
                won = attempt.completion
                told = -(-won.usage.input_tokens // max(1, won.usage.attempts))
                sent = request.sent or self._model.count_tokens(request.messages)  # with its schema, where that is known
                prompt = max(told, sent)  # whatever the other one says
                reply = request.max_tokens + self._model.profile.thought(request.max_tokens)
                lost = other.usage(self._model.profile, prompt, reply)
                return won if lost is NO_USAGE else replace(won, usage=summable(won.usage) + lost)
        assert isinstance(first.error, ModelFailure | LimitExceeded)
        if second.error is not None:
            none = self._model.profile, 0, 0
            first.error.usage = first.usage(*none) + second.usage(*none)
        raise first.error


@dataclass(slots=True, eq=False)
class _Attempt:
    """One of the two requests, and what came of it. `leave` is asked for before it is sent; `resends` is how often it was sent
    again."""

    request: CompletionRequest
    leave: Callable[[], None] | None = None
    resends: int = 0
    is_second: bool = False
    sent: anyio.Event = field(default_factory=anyio.Event)
    has_begun: bool = False
    completion: Completion | None = None
    error: Exception | None = None

    @property
    def is_over(self) -> bool:
        return self.completion is not None or self.error is not None

    async def run(self, model: Model) -> None:
        """Ask; runs in a task of its own, so that what is set here is seen by this attempt alone."""
        _ON_SENT.set(self._leaves)
        if self.is_second:
            beside()
        try:
            on_text = None if self.is_second else self.request.on_text  # two at a time would mix
            self.completion = await model.complete(replace(self.request, again=self._again, on_text=on_text))
        except Exception as error:  # noqa: BLE001 - raised where both are looked at
            self.error = error

    def _leaves(self) -> None:
        if not self.sent.is_set():
            if self.leave is not None:
                try:
                    self.leave()
                except LimitExceeded as refused:
                    refused.usage = NO_USAGE
                    raise
            self.sent.set()

    def _again(self) -> None:
        if self.request.again is not None:
            self.request.again()
        self.resends += 1

    def usage(self, profile: ModelProfile, prompt: int, reply: int) -> Usage:
        """What it used, at worst where it was cancelled; nothing where it was never sent, or where nothing is billed."""
        if self.completion is not None:
            return summable(self.completion.usage)
        if not self.sent.is_set():
            return NO_USAGE
        if isinstance(self.error, ModelFailure):
            return failed_usage(self.error, profile.retries)
        if isinstance(self.error, LimitExceeded):
            return self.error.usage or UNCOUNTED
        attempts = (1 + self.resends) * (1 + profile.retries)
        if profile.is_free:
            return Usage(cost=0.0, attempts=attempts)
        sent, received = prompt * attempts, reply * attempts
        return Usage(sent, received, cost=price(profile, sent, received), attempts=attempts)


class _Noticed(Wrapper):
    """A `Model` that says when it is asked."""

    async def complete(self, request: CompletionRequest) -> Completion:
        on_sent = _ON_SENT.get()
        if on_sent is not None:
            await anyio.lowlevel.checkpoint_if_cancelled()  # let in by the other's end: nobody waits for it any more
            on_sent()  # raises where it may not be sent
        return await self._model.complete(request)
