"""The bound of a program: what it can cost at worst, as numbers for these inputs and as closed forms in their sizes.

Owns `Bound`. A component that has no limit is None in numbers and "unlimited" as a form. Rounds are proved: with at most C
calls at a time a run takes at most calls/C + span rounds (Brent, J. ACM 21, 1974).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from operator import add
from typing import Any, Final

from lambda_rlm.bounds.cost import Cost
from lambda_rlm.bounds.domain.size import UNLIMITED, Number, SizeBound
from lambda_rlm.bounds.rates import Rates
from lambda_rlm.budget.amount import rounded_up

_LARGEST: Final = ("prompt_chars", "depth")


@dataclass(frozen=True, slots=True)
class Bound:
    """Upper limits, componentwise. `prompt_chars` is the longest prompt; `usd` None when the price is unknown or there is no
    limit.

    `steps` and `bytes` are not analysed: they have no limit here, and the meter alone holds a run to its fuel and memory.
    """

    calls: int | None
    attempts: int | None
    span: int | None
    prompt_chars: int | None
    input_tokens: int | None
    output_tokens: int | None
    usd: float | None
    steps: int | None
    bytes: int | None
    depth: int | None
    formula: dict[str, str]
    is_price_known: bool = True

    @property
    def tokens(self) -> int | None:
        return None if self.input_tokens is None or self.output_tokens is None else self.input_tokens + self.output_tokens

    def __add__(self, other: Bound) -> Bound:
        """The bound of one run after or beside another: what is used adds up, the longest prompt and the depth do not."""
        numbers = {
            name: _both(getattr(self, name), getattr(other, name), max if name in _LARGEST else add)
            for name in (*self.formula, "usd")
        }
        formula = {
            name: f"max({mine}, {other.formula[name]})" if name in _LARGEST else f"{mine} + {other.formula[name]}"
            for name, mine in self.formula.items()
        }
        return Bound(**numbers, formula=formula, is_price_known=self.is_price_known and other.is_price_known)

    def numbers(self) -> dict[str, int | float | None]:
        """The components by name; None for what has no limit or, of `usd`, no price."""
        return {name: getattr(self, name) for name in (*self.formula, "usd")}

    def rounds(self, concurrency: int) -> int | None:
        """Rounds of calls, at most, with so many at a time."""
        if self.calls is None or self.span is None:
            return None
        return min(self.calls, -(-self.calls // concurrency) + self.span)


def bound_of(cost: Cost, chain: SizeBound, rates: Rates) -> Bound:
    """The bound that a cost and the longest chain of calls amount to at these rates."""
    is_price_known = rates.input_price is not None and rates.output_price is not None
    usd = None
    if rates.input_price is not None and rates.output_price is not None:
        spent = _times(cost.input_tokens.value, rates.input_price) + _times(cost.output_tokens.value, rates.output_price)
        usd = None if spent == math.inf else rounded_up(spent)
    sizes = {
        "calls": cost.calls,
        "attempts": cost.attempts,
        "span": chain,
        "prompt_chars": cost.prompt,
        "input_tokens": cost.input_tokens,
        "output_tokens": cost.output_tokens,
        "steps": UNLIMITED,
        "bytes": UNLIMITED,
        "depth": cost.depth,
    }
    numbers = {name: whole(size.value) for name, size in sizes.items()}
    return Bound(**numbers, usd=usd, formula={name: str(size) for name, size in sizes.items()}, is_price_known=is_price_known)


def _both(a: Any, b: Any, combine: Callable[[Any, Any], Any]) -> Any:
    """Without a limit where one of them has none."""
    return None if a is None or b is None else combine(a, b)


def whole(number: Number) -> int | None:
    return None if number == math.inf else int(number)


def _times(tokens: Number, price: float) -> float:
    return 0.0 if price == 0 else tokens * price
