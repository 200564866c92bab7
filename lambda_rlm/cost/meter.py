"""What a run has spent, and the refusal to spend more.

Pure work is charged before it is done (`steps`, `allocate`), model calls are reserved before they are awaited and settled after.
Charges are cumulative and never refunded, so the same program on the same inputs is charged the same to the unit, whatever the
schedule. Hot loops may charge inline: `meter.fuel -= n` followed by `if meter.fuel < 0: meter.out_of_fuel()`.
"""

from __future__ import annotations

from typing import NoReturn

from lambda_rlm.completion import NO_USAGE, Usage
from lambda_rlm.cost.budget import FREE_CHARACTERS, Budget
from lambda_rlm.faults import LimitExceeded


class Meter:
    """The one account of a run. `fuel` and `memory` count down; `calls`, `tokens` and `usd` count up."""

    __slots__ = (
        "_reserved_tokens",
        "_reserved_usd",
        "budget",
        "calls",
        "deepest",
        "fuel",
        "fuel_limit",
        "memory",
        "memory_limit",
        "usage",
    )

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.fuel = self.fuel_limit = budget.fuel
        self.memory = self.memory_limit = budget.memory
        self.calls = 0
        self.deepest = 0
        self.usage: Usage = NO_USAGE
        self._reserved_tokens = 0
        self._reserved_usd = 0.0

    @property
    def steps(self) -> int:
        """Fuel used."""
        return self.fuel_limit - self.fuel

    @property
    def bytes(self) -> int:
        """Storage allocated, cumulative."""
        return self.memory_limit - self.memory

    def spend(self, steps: int) -> None:
        """Charge evaluator steps, before doing them."""
        self.fuel -= steps
        if self.fuel < 0:
            self.out_of_fuel()

    def allocate(self, size: int) -> None:
        """Charge bytes of new storage, before making them."""
        self.memory -= size
        if self.memory < 0:
            self.out_of_memory()

    def admit_inputs(self, characters: int) -> None:
        """Add to fuel and memory what the budget gives for inputs of this size."""
        beyond = max(0, characters - FREE_CHARACTERS)
        self.fuel += beyond * self.budget.fuel_per_character
        self.fuel_limit += beyond * self.budget.fuel_per_character
        self.memory += beyond * self.budget.memory_per_character
        self.memory_limit += beyond * self.budget.memory_per_character

    def out_of_fuel(self) -> NoReturn:
        """The last charge was refused: what it was for is not done, and all that comes after is refused, too."""
        self.fuel = 0
        raise LimitExceeded("E0401", f"the program used up its {self.fuel_limit:,} steps of fuel")

    def out_of_memory(self) -> NoReturn:
        """As `out_of_fuel`, for storage."""
        self.memory = 0
        raise LimitExceeded("E0402", f"the program allocated more than its {self.memory_limit:,} bytes")

    def enter(self, depth: int) -> None:
        """A `fix` activation at this depth begins (1 is the outermost)."""
        if depth > self.budget.depth:
            raise LimitExceeded("E0403", f"`fix` recursed deeper than {self.budget.depth}")
        self.deepest = max(self.deepest, depth)

    def reserve_call(self) -> None:
        """Take one logical model call from the budget, before it is made."""
        if self.calls >= self.budget.calls:
            raise LimitExceeded("E0404", f"the run used up its {self.budget.calls:,} model calls")
        self.calls += 1

    def reserve(self, tokens: int, usd: float | None) -> None:
        """Set aside the worst case of one attempt, in tokens and US dollars, before it is made."""
        used = self.usage.input_tokens + self.usage.output_tokens + self._reserved_tokens
        if used + tokens > self.budget.tokens:
            raise LimitExceeded(
                "E0405",
                f"the next call may need {tokens:,} tokens; {max(0, self.budget.tokens - used):,} of {self.budget.tokens:,} are left",
            )
        limit = self.budget.usd
        if limit is not None:
            if usd is None:
                raise LimitExceeded("E0406", "a limit in US dollars is set, but the model's price is not known")
            spent = (self.usage.cost or 0.0) + self._reserved_usd
            if spent + usd > limit:
                raise LimitExceeded(
                    "E0406", f"the next call may cost ${usd:.4f}; ${max(0.0, limit - spent):.4f} of ${limit:.4f} are left"
                )
        self._reserved_tokens += tokens
        self._reserved_usd += usd or 0.0

    def settle(self, tokens: int, usd: float | None, usage: Usage) -> None:
        """Give back what `reserve` set aside for one attempt and book what it used."""
        self._reserved_tokens -= tokens
        self._reserved_usd -= usd or 0.0
        self.usage = self.usage + usage
