"""What a run may spend.

Owns `Budget`: limits as data, every one of them finite unless a host says otherwise by name. No option switches a limit off by
accident: `None` is accepted only for `usd` (prices may be unknown) and `seconds`.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Final, Literal

from lambda_rlm.data_class import dataclass

FREE_CHARACTERS: Final = 100_000
"""Inputs up to this size add nothing to a budget."""

MOST_ALLOWANCE: Final = 4
"""Inputs of any size add at most this many times `memory` to what a run may hold."""


Admission = Literal["proved", "likely"]
"""What a run needs in order to begin: a proof that it completes within its budget, or a likely cost that fits."""

_MOST_BITS: Final = 1_000
"""What is left of a number of dollars or seconds is calculated as a float, which has no more."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Budget:
    """Limits of one run. A value that is no integer where one is required, or negative, raises `ValueError`.

    - `calls`: logical model calls; `concurrency`: concurrent model calls.
    - `tokens`: input and output tokens of all attempts together, in the worst case.
    - `usd`: cost in US dollars (None: no limit); `seconds`: wall time (None: no limit).
    - `depth`: nested activations of `fix`; `fuel`: evaluator steps; `memory`: bytes held in memory at a time.
    - `admit`: "proved" refuses what is not proved to complete within these limits; "likely" also lets a run begin whose likely
      cost fits, and which may stop at its budget. None: "proved" for a program; a question goes by a route that is proved where
      there is one, else by one that is likely to fit.

    Each input character beyond the first `FREE_CHARACTERS` adds `fuel_per_character` steps and `memory_per_character` bytes, so
    that a program can scan a long text many times, while a small program cannot use much by itself. The bytes that are added
    are at most `MOST_ALLOWANCE` times `memory`.
    """

    calls: int = 1_000
    tokens: int = 1_000_000_000
    usd: float | None = None
    seconds: float | None = None
    depth: int = 32
    fuel: int = 100_000_000
    memory: int = 150_000_000
    fuel_per_character: int = 16
    memory_per_character: int = 16
    concurrency: int = 16
    admit: Admission | None = None

    def __post_init__(self) -> None:
        for name in ("calls", "tokens", "depth", "fuel", "memory", "fuel_per_character", "memory_per_character"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                raise ValueError(f"budget {name} must be an integer of at least 0, not {value!r}")
        if type(self.concurrency) is not int or self.concurrency < 1:
            raise ValueError(f"budget concurrency must be an integer of at least 1, not {self.concurrency!r}")
        if self.admit not in (None, "proved", "likely"):
            raise ValueError(f"budget admit must be 'proved', 'likely' or None, not {self.admit!r}")
        for name in ("usd", "seconds"):
            value = getattr(self, name)
            if value is not None and not (_is_number(value) and value >= 0):
                raise ValueError(f"budget {name} must be at least 0 or None, not {value!r}")
            if isinstance(value, int) and value.bit_length() > _MOST_BITS:
                raise ValueError(f"budget {name} is too large")

    def __repr__(self) -> str:
        """The limits that are not the defaults, as they are written."""
        said = (f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if getattr(self, one.name) != one.default)
        return f"Budget({', '.join(said)})"

    def minus(self, calls: int = 0, tokens: int = 0, usd: float = 0.0) -> Budget:
        """The remaining budget after this use; at least 0, and unlimited where this budget is unlimited."""
        return replace(
            self,
            calls=max(0, self.calls - calls),
            tokens=max(0, self.tokens - tokens),
            usd=None if self.usd is None else max(0.0, self.usd - usd),
        )

    def part(self, n: int) -> Budget:
        """The `n`-th part of the limits for models: calls, tokens and US dollars."""
        return replace(self, calls=self.calls // n, tokens=self.tokens // n, usd=None if self.usd is None else self.usd / n)

    def part_of_work(self, n: int) -> Budget:
        """The `n`-th part of the limits for computation: steps and bytes."""
        return replace(self, fuel=self.fuel // n, memory=self.memory // n)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
