"""The progress of a run, for a display that is updated while it runs.

Owns the running totals. Promises constant work for each event. Draws nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from math import inf
from time import monotonic

from lambda_rlm.completion import NO_USAGE, Usage
from lambda_rlm.data_class import dataclass
from lambda_rlm.events import CallFinished, CallStarted, Event, ProgramStarted, Retrying, Tracer


@dataclass(slots=True)
class Progress:
    """A `Tracer` that keeps totals and calls `on_change` after each event. `most_calls` are at most made by all programs that
    have begun, with those made beside them (to write one, for example); None before, and where there is no limit.
    `likely_calls` and `likely_usd` are likely, `most_usd` is at most paid by these programs; None where that is not known."""

    on_change: Callable[[Progress], None] | None = None
    started: int = 0
    finished: int = 0
    failed: int = 0
    shared: int = 0
    cached: int = 0
    retries: int = 0
    usage: Usage = NO_USAGE
    likely_usd: float | None = None
    most_usd: float | None = None
    _likely: float | None = None
    _beside: int = 0
    _bound: float | None = None
    _since: float = field(default_factory=monotonic, repr=False)

    @property
    def in_flight(self) -> int:
        """Calls that have begun and not ended."""
        return self.started - self.finished

    @property
    def most_calls(self) -> int | None:
        """The calls of all that has begun, at most."""
        return None if self._bound in (None, inf) else self._beside + int(self._bound)

    @property
    def likely_calls(self) -> int | None:
        """The calls that all that has begun is likely to make."""
        return None if self._likely is None else self._beside + int(self._likely)

    @property
    def seconds(self) -> float:
        """Since the listener was made."""
        return monotonic() - self._since

    @property
    def seconds_left(self) -> float | None:
        """The time that the rest takes at the pace until now, if every call of the bound is made; None before the first reply,
        and where there is no limit."""
        if not self.finished or self.most_calls is None:
            return None
        return self.seconds / self.finished * max(0, self.most_calls - self.finished)

    def __call__(self, event: Event) -> None:
        if isinstance(event, CallStarted):
            self.started += 1
            self._beside += not event.program
        elif isinstance(event, CallFinished) and event.is_shared:
            self.shared += 1
        elif isinstance(event, CallFinished):
            self.finished += 1
            self.failed += event.failure is not None
            self.cached += event.failure is None and not event.usage.attempts
            self.usage = self.usage + event.usage
        elif isinstance(event, Retrying):
            self.retries += 1
        elif isinstance(event, ProgramStarted):
            most = event.bound["calls"]
            self._bound = (self._bound or 0) + (inf if most is None else most)
            likely = event.likely or {}
            self._likely = _sum(self._likely, likely.get("calls"))
            self.likely_usd = _sum(self.likely_usd, likely.get("usd"))
            self.most_usd = _sum(self.most_usd, event.bound.get("usd"))
        if self.on_change is not None:
            self.on_change(self)


def _sum(before: float | None, now: float | None) -> float | None:
    return now if before is None or now is None else before + now


@dataclass(frozen=True, slots=True)
class Both:
    """A `Tracer` that passes each event to several."""

    tracers: tuple[Tracer, ...]

    def __call__(self, event: Event) -> None:
        for tracer in self.tracers:
            tracer(event)
