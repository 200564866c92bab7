"""How much a provider is asked at once, and how fast.

Owns the limiter that all requests of one run to one provider go through, whichever of its models they are for. Promises that no
more than `limit` run at once, that a provider which says it is busy is asked half as much, once for all requests that were
under way then, and after that, reply by reply, more again (additive increase, multiplicative decrease; Chiu and Jain, 1989),
that nobody asks before the time it named, and that requests and tokens a minute stay within what is allowed, beyond a short
burst. Refuses limits below 1.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final

import anyio

from lambda_rlm.completion import Completion, CompletionRequest, Model
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.failures import RATE_LIMITED
from lambda_rlm.llm.wrappers.wrapper import Wrapper

MOST: Final = 1_024
_BURST_SECONDS: Final = 5.0
_CHARACTERS_PER_TOKEN: Final = 4
_LONGEST_PAUSE: Final = 60.0


class Limiter:
    """At most `limit` requests in flight, fewer while the provider is busy; `max_in_flight` is the most there were.

    `rpm` and `tpm` are requests and tokens a minute, None for no limit. `clock` and `sleep` are replaced in tests.
    """

    def __init__(
        self,
        limit: int = MOST,
        *,
        rpm: float | None = None,
        tpm: float | None = None,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        for name, value in (("concurrent calls", limit), ("requests per minute", rpm), ("tokens per minute", tpm)):
            if value is not None and value < 1:
                raise ValueError(f"the limit of {name} must be at least 1, not {value!r}")
        self._most = limit
        self._clock = clock
        self._sleep = sleep
        self._requests = None if rpm is None else _Rate(rpm / 60)
        self._tokens = None if tpm is None else _Rate(tpm / 60)
        self._waiting: deque[anyio.Event] = deque()
        self._not_before = 0.0
        self._slowed = 0
        self.limit = float(limit)
        self.in_flight = 0
        self.max_in_flight = 0

    async def asked(self, model: Model, request: CompletionRequest) -> Completion:
        """What the model replies, when it may be asked."""
        await self._enter()
        try:
            await self._in_time(request)
            return await self._answer(model, request)
        finally:
            self.in_flight -= 1
            self._let_in()

    async def _answer(self, model: Model, request: CompletionRequest) -> Completion:
        slowed = self._slowed
        try:
            completion = await model.complete(request)
        except ModelFailure as failed:
            if failed.code == RATE_LIMITED:
                self._slow_down(failed.retry_after, slowed)
            raise
        self.limit = min(float(self._most), self.limit + 1 / self.limit)
        return completion

    async def _enter(self) -> None:
        """Wait for a place; who came first goes first."""
        if self._waiting or self.in_flight >= int(self.limit):
            turn = anyio.Event()
            self._waiting.append(turn)
            try:
                await turn.wait()
            except BaseException:
                if turn.is_set():  # a place was given to who does not want it any more
                    self.in_flight -= 1
                    self._let_in()
                else:
                    self._waiting.remove(turn)
                raise
        else:
            self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)

    def _let_in(self) -> None:
        while self._waiting and self.in_flight < int(self.limit):
            self.in_flight += 1
            self._waiting.popleft().set()

    async def _in_time(self, request: CompletionRequest) -> None:
        """Wait until the provider may be asked again, and until the rates allow it."""
        now = self._clock()
        at = max(now, self._not_before)
        if self._requests is not None:
            at = max(at, self._requests.take(1, now))
        if self._tokens is not None:
            characters = sum(len(message.content) for message in request.messages)
            at = max(at, self._tokens.take(characters / _CHARACTERS_PER_TOKEN + request.max_tokens, now))
        while at > now:
            await self._sleep(at - now)
            now, at = self._clock(), self._not_before  # which may be later by now

    def _slow_down(self, retry_after: float | None, slowed: int) -> None:
        """Half of what was in flight, and nobody before the time the provider named. A request that was sent before the last
        time, as `slowed` counts them, says nothing new: it belongs to the burst that was too much."""
        if slowed == self._slowed:
            self._slowed += 1
            self.limit = max(1.0, min(self.limit, self.in_flight) / 2)
        if retry_after:
            self._not_before = max(self._not_before, self._clock() + min(retry_after, _LONGEST_PAUSE))


class Limited(Wrapper):
    """A `Model` that is asked within a limiter, its own or one that it shares."""

    def __init__(self, model: Model, limiter: Limiter | None = None) -> None:
        super().__init__(model)
        self.limiter = limiter or Limiter()

    async def complete(self, request: CompletionRequest) -> Completion:
        return await self.limiter.asked(self._model, request)


class Limiters:
    """The limiters of one run: one for each provider, all with these limits."""

    def __init__(self, limit: int = MOST, *, rpm: float | None = None, tpm: float | None = None) -> None:
        self._made: dict[str, Limiter] = {}
        self._limits = (limit, rpm, tpm)

    def of(self, provider: str) -> Limiter:
        if provider not in self._made:
            limit, rpm, tpm = self._limits
            self._made[provider] = Limiter(limit, rpm=rpm, tpm=tpm)
        return self._made[provider]


class _Rate:
    """So many units a second, with a burst of `_BURST_SECONDS` (the generic cell rate algorithm)."""

    def __init__(self, each_second: float) -> None:
        self._each_second = each_second
        self._next = 0.0

    def take(self, units: float, now: float) -> float:
        """When the next `units` may be used; they are counted as used then."""
        start = max(self._next, now - _BURST_SECONDS)
        self._next = start + units / self._each_second
        return max(now, start)
