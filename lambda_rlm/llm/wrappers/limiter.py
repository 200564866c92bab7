"""How much a provider is asked at once, and how fast.

Owns the limiter that all requests of one owner to one provider go through, whichever of its models they are for: of a command,
or of an `RLM` with all its questions, in whatever threads and event loops. Promises that no more than `limit` run at once, that
a provider which says it is busy is asked half as much, once for all requests that were under way then, and after that, reply by
reply, more again (additive increase, multiplicative decrease; Chiu and Jain, 1989), that nobody asks before the time it named,
and that in no minute more requests and tokens are sent than is allowed; they are spread over it, but for a short burst. Refuses
limits below 1.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from threading import Lock
from time import monotonic
from typing import Any, Final

import anyio

from lambda_rlm.budget.paying import waiting
from lambda_rlm.completion import Completion, CompletionRequest, Model
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.failures import RATE_LIMITED
from lambda_rlm.llm.providers.sockets import Sockets
from lambda_rlm.llm.wrappers.wrapper import Wrapper
from lambda_rlm.places import Places

MOST: Final = 1_024
_MINUTE: Final = 60.0
_BURST_SECONDS: Final = 5.0
_CHARACTERS_PER_TOKEN: Final = 4
_LONGEST_PAUSE: Final = 60.0


class Limiter:
    """At most `limit` requests in flight, fewer while the provider is busy; `max_in_flight` is the most there were. Requests
    may come from any event loop of the process, and go in the order in which they came. `sockets` are the connections they use.

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
        self._lock = Lock()
        self._requests = None if rpm is None else _Rate(rpm)
        self._tokens = None if tpm is None else _Rate(tpm)
        self._places = Places(float(limit))
        self._not_before = 0.0
        self._slowed = 0
        self.sockets = Sockets(limit)

    @property
    def limit(self) -> float:
        return self._places.limit

    @property
    def in_flight(self) -> int:
        return self._places.taken

    @property
    def max_in_flight(self) -> int:
        return self._places.most_taken

    async def asked(self, model: Model, request: CompletionRequest) -> Completion:
        """What the model replies, when it may be asked."""
        with waiting():
            await self._places.enter()
        try:
            with waiting():
                await self._in_time(request)
            return await self._answer(model, request)
        finally:
            self._places.leave()

    async def _answer(self, model: Model, request: CompletionRequest) -> Completion:
        slowed = self._slowed
        try:
            completion = await model.complete(request)
        except ModelFailure as failed:
            if failed.code == RATE_LIMITED:
                self._slow_down(failed.retry_after, slowed)
            raise
        with self._lock:
            self._places.limit = min(float(self._most), self.limit + 1 / self.limit)
        return completion

    async def _in_time(self, request: CompletionRequest) -> None:
        """Wait until the provider may be asked again, and until the rates allow it."""
        now = self._clock()
        at = self._time(request, now)
        while at > now:
            await self._sleep(at - now)
            now, at = self._clock(), self._not_before  # which may be later by now

    def _time(self, request: CompletionRequest, now: float) -> float:
        """When a request may be sent; it is counted as sent then."""
        with self._lock:
            at, rates = max(now, self._not_before), []
            if self._requests is not None:
                rates.append((self._requests, 1.0))
            if self._tokens is not None:
                characters = sum(len(message.content) for message in request.messages)
                rates.append((self._tokens, characters / _CHARACTERS_PER_TOKEN + request.max_tokens))
            for rate, units in rates:  # what one of them allows at a time, it allows later too
                at = rate.time(units, at)
            for rate, units in rates:
                rate.use(units, at)
            return at

    def _slow_down(self, retry_after: float | None, slowed: int) -> None:
        """Half of what was in flight, and nobody before the time the provider named. A request that was sent before the last
        time, as `slowed` counts them, says nothing new: it belongs to the burst that was too much."""
        with self._lock:
            if slowed == self._slowed:
                self._slowed += 1
                self._places.limit = max(1.0, min(self.limit, self.in_flight) / 2)
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
    """The limiters of one owner: one for each provider, all with these limits. A copy in another process is another owner."""

    def __init__(self, limit: int = MOST, *, rpm: float | None = None, tpm: float | None = None, **clock: Any) -> None:
        self._limiter = partial(Limiter, limit, rpm=rpm, tpm=tpm, **clock)
        self._made: dict[str, Limiter] = {}
        self._lock = Lock()

    def of(self, provider: str) -> Limiter:
        """The limiter of a provider."""
        with self._lock:
            if provider not in self._made:
                self._made[provider] = self._limiter()
            return self._made[provider]

    def join(self) -> Callable[[], None]:
        """Somebody in the running event loop uses what was made so far, until they call what this returns: as long as there is
        one, connections that one of them opened stay for the others."""
        with self._lock:
            joined = [limiter.sockets for limiter in self._made.values()]
        for sockets in joined:
            sockets.join()

        def part() -> None:
            for sockets in joined:
                sockets.part()

        return part

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(Limiters, *self._limiter.args, **self._limiter.keywords), ()


class _Rate:
    """So many units in any minute, spread over it with a burst of `_BURST_SECONDS` (the generic cell rate algorithm)."""

    def __init__(self, each_minute: float) -> None:
        self._each_minute = each_minute
        self._each_second = each_minute / _MINUTE
        self._next = 0.0
        self._used: deque[tuple[float, float]] = deque()
        self._sum = 0.0
        """What was used in the last minute: when, and how much; and all of it together."""

    def time(self, units: float, now: float) -> float:
        """When the next `units` may be used, from `now` on."""
        at = max(now, self._next - _BURST_SECONDS)
        while self._used and (self._used[0][0] + _MINUTE <= at or self._sum + units > self._each_minute):
            then, amount = self._used.popleft()
            self._sum -= amount
            at = max(at, then + _MINUTE)
        if not self._used:
            self._sum = 0.0
        return at

    def use(self, units: float, at: float) -> None:
        """Count units as used then; nobody uses any before that."""
        self._next = max(self._next, at) + units / self._each_second
        self._used.append((at, units))
        self._sum += units
