"""What a run may spend.

Owns `Budget`: limits as data, every one of them finite unless a host says otherwise by name. No option switches a limit off by
accident: `None` is accepted only for `usd` (prices may be unknown) and `seconds`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Limits of one run.

    `calls` counts logical model calls and `tokens` input plus output of all attempts; `usd` US dollars; `seconds` wall time;
    `depth` activations of `fix` inside each other; `fuel` evaluator steps; `memory` bytes of newly allocated storage,
    cumulative; `concurrency` calls in flight.
    """

    calls: int = 1_000
    tokens: int = 50_000_000
    usd: float | None = None
    seconds: float | None = None
    depth: int = 32
    fuel: int = 2_000_000_000
    memory: int = 8_000_000_000
    concurrency: int = 16

    def __post_init__(self) -> None:
        for name in ("calls", "tokens", "depth", "fuel", "memory"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                raise ValueError(f"budget {name} must be a whole number, at least 0, not {value!r}")
        if not isinstance(self.concurrency, int) or self.concurrency < 1:
            raise ValueError(f"budget concurrency must be a whole number, at least 1, not {self.concurrency!r}")
        for name in ("usd", "seconds"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise ValueError(f"budget {name} must be at least 0 or None, not {value!r}")
