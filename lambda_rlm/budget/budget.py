"""What a run may spend.

Owns `Budget`: limits as data, every one of them finite unless a host says otherwise by name. No option switches a limit off by
accident: `None` is accepted only for `usd` (prices may be unknown) and `seconds`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

FREE_CHARACTERS: Final = 100_000
"""Inputs up to this size add nothing to a budget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Limits of one run.

    `calls` counts logical model calls and `tokens` input plus output of all attempts, at worst; `usd` US dollars; `seconds`
    wall time; `depth` activations of `fix` inside each other; `fuel` evaluator steps; `memory` bytes of newly allocated
    storage, cumulative; `concurrency` calls in flight.

    Each character of input beyond the first `FREE_CHARACTERS` adds `fuel_per_character` and `memory_per_character` to the two,
    so that a long text may be gone through many times while a small program cannot grow large by itself.
    """

    calls: int = 1_000
    tokens: int = 1_000_000_000
    usd: float | None = None
    seconds: float | None = None
    depth: int = 32
    fuel: int = 100_000_000
    memory: int = 150_000_000
    fuel_per_character: int = 16
    memory_per_character: int = 64
    concurrency: int = 16

    def __post_init__(self) -> None:
        for name in ("calls", "tokens", "depth", "fuel", "memory", "fuel_per_character", "memory_per_character"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                raise ValueError(f"budget {name} must be an integer of at least 0, not {value!r}")
        if not isinstance(self.concurrency, int) or self.concurrency < 1:
            raise ValueError(f"budget concurrency must be an integer of at least 1, not {self.concurrency!r}")
        for name in ("usd", "seconds"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise ValueError(f"budget {name} must be at least 0 or None, not {value!r}")

    def minus(self, calls: int = 0, tokens: int = 0, usd: float = 0.0) -> Budget:
        """What is left when this much was used: never less than nothing, and no limit where there was none."""
        return replace(
            self,
            calls=max(0, self.calls - calls),
            tokens=max(0, self.tokens - tokens),
            usd=None if self.usd is None else max(0.0, self.usd - usd),
        )

    def part(self, n: int) -> Budget:
        """One part in `n` of what models are paid with: calls, tokens and US dollars."""
        return replace(self, calls=self.calls // n, tokens=self.tokens // n, usd=None if self.usd is None else self.usd / n)

    def part_of_work(self, n: int) -> Budget:
        """One part in `n` of what programs compute with: steps and bytes."""
        return replace(self, fuel=self.fuel // n, memory=self.memory // n)
