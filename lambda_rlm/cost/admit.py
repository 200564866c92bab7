"""From a typed program to one that may run.

Owns `Admitted`, the only thing that is evaluated, and `admit`, the only maker of it. Pure work, calls, tokens and money are held
to the budget by the meter while the program runs.
"""

from __future__ import annotations

from dataclasses import dataclass

from lambda_rlm.cost.budget import Budget
from lambda_rlm.types.typed import Typed


@dataclass(frozen=True, slots=True)
class Admitted:
    """A checked program and what it may spend. Made by `admit` only."""

    typed: Typed
    budget: Budget


def admit(typed: Typed, budget: Budget) -> Admitted:
    """The program, to be run within this budget."""
    return Admitted(typed, budget)
