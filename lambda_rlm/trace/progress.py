"""How far a run has come, for whoever shows it while it goes on.

Owns the running totals. Promises constant work for each event. Draws nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from lambda_rlm.completion import NO_USAGE, Usage
from lambda_rlm.events import CallFinished, CallStarted, Event, ProgramStarted, Retrying, Tracer


@dataclass(slots=True)
class Progress:
    """A `Tracer` that keeps totals and tells `on_change` after each event. `bounds` are the most calls of each program that has begun,
    None for any number; `beside` counts calls that no program makes, to write one for example."""

    on_change: Callable[[Progress], None] | None = None
    started: int = 0
    finished: int = 0
    failed: int = 0
    shared: int = 0
    retries: int = 0
    usage: Usage = NO_USAGE
    bounds: list[int | None] = field(default_factory=list)
    beside: int = 0
    _since: float = field(default_factory=monotonic, repr=False)

    @property
    def in_flight(self) -> int:
        """Calls that have begun and not ended."""
        return self.started - self.finished

    @property
    def most_calls(self) -> int | None:
        """The calls that will have been made at most by all that has begun; None before a program has, or where one has no limit."""
        known = [most for most in self.bounds if most is not None]
        return self.beside + sum(known) if known and len(known) == len(self.bounds) else None

    @property
    def seconds(self) -> float:
        """Since the listener was made."""
        return monotonic() - self._since

    def __call__(self, event: Event) -> None:
        if isinstance(event, CallStarted):
            self.started += 1
            self.beside += not event.program
        elif isinstance(event, CallFinished) and event.is_shared:
            self.shared += 1
        elif isinstance(event, CallFinished):
            self.finished += 1
            self.failed += event.failure is not None
            self.usage = self.usage + event.usage
        elif isinstance(event, Retrying):
            self.retries += 1
        elif isinstance(event, ProgramStarted):
            self.bounds.append(event.bound["calls"])
        if self.on_change is not None:
            self.on_change(self)


@dataclass(frozen=True, slots=True)
class Both:
    """A `Tracer` that tells several."""

    tracers: tuple[Tracer, ...]

    def __call__(self, event: Event) -> None:
        for tracer in self.tracers:
            tracer(event)
