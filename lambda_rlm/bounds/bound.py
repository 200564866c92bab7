"""The bound of a program: what it can cost at worst, as numbers for these inputs and as closed forms in their sizes.

Owns `Bound`. A component that has no limit is None in numbers and "unlimited" as a form. Rounds are proved: with at most C
calls at a time a run takes at most calls/C + span rounds (Brent, J. ACM 21, 1974).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from operator import add
from typing import Any, Final

from lambda_rlm.bounds.cost import Cost, Figures
from lambda_rlm.bounds.domain.abstract import lower
from lambda_rlm.bounds.domain.size import UNLIMITED, Number, SizeBound, smallest, times
from lambda_rlm.bounds.rates import Rates
from lambda_rlm.budget.amount import dollars
from lambda_rlm.data_class import dataclass

_WHOLE: Final = 100
_LARGEST: Final = ("prompt_chars", "depth")


@dataclass(frozen=True, slots=True, repr=False)
class Bound:
    """Upper limits, componentwise. `prompt_chars` is the longest prompt; `usd` None when the price is unknown or there is no
    limit.

    `pool` is how many attempts beyond one for each call may be billed; the tokens and dollars of these are in the bound.
    `counted_by` says what the tokens of texts were counted by: their bytes, or the vocabulary of that name.

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
    pool: int | None = 0
    counted_by: str = "bytes"

    @property
    def tokens(self) -> int | None:
        return None if self.input_tokens is None or self.output_tokens is None else self.input_tokens + self.output_tokens

    def __repr__(self) -> str:
        """Calls, tokens and dollars, on one line."""
        usd = "" if self.usd is None else f", ${self.usd:,.6g}"
        calls, tokens = ("any number of" if limit is None else f"{limit:,}" for limit in (self.calls, self.tokens))
        return f"<Bound: {calls} {'call' if self.calls == 1 else 'calls'}, {tokens} tokens{usd}>"

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
        return Bound(
            **numbers,
            formula=formula,
            is_price_known=self.is_price_known and other.is_price_known,
            pool=_both(self.pool, other.pool, add),
            counted_by=self.counted_by if self.counted_by == other.counted_by else "bytes",
        )

    def numbers(self) -> dict[str, int | float | None]:
        """The components by name; None for what has no limit or, of `usd`, no price."""
        return {name: getattr(self, name) for name in (*self.formula, "usd", "pool")}

    def rounds(self, concurrency: int) -> int | None:
        """Rounds of calls, at most, with so many at a time."""
        if self.calls is None or self.span is None:
            return None
        return min(self.calls, -(-self.calls // concurrency) + self.span)


def bound_of(cost: Cost, chain: SizeBound, rates: Rates) -> Bound:
    """The bound that a cost and the longest chain of calls amount to at these rates: the calls, each answered at its first
    attempt, and the pool, each attempt of it the dearest that there is."""
    pool, spent = pool_of(cost, rates)
    all_of_it = cost.figures.plus(spent)
    sizes = {
        "calls": all_of_it.calls,
        "attempts": (cost.sends + pool) * rates.requests,
        "span": chain,
        "prompt_chars": cost.prompt,
        "input_tokens": all_of_it.input_tokens,
        "output_tokens": all_of_it.output_tokens,
        "steps": UNLIMITED,
        "bytes": UNLIMITED,
        "depth": cost.depth,
    }
    is_price_known = rates.input_price is not None and rates.output_price is not None
    money = all_of_it.money.value if is_price_known else math.inf
    numbers: dict[str, Any] = {name: whole(size.value) for name, size in sizes.items()}
    return Bound(
        **numbers,
        usd=None if money == math.inf else dollars(int(money)),
        pool=whole(pool.value),
        formula={name: str(size) for name, size in sizes.items()},
        is_price_known=is_price_known,
        counted_by=rates.counted_by,
    )


def pool_of(cost: Cost, rates: Rates) -> tuple[SizeBound, Figures]:
    """The attempts in the pool of a run, and what they cost at most: each is the dearest that there is, and all of them are no
    more than the caps of each call allow of it."""
    pool = _pool(cost, rates)
    dearest = (times(pool, size) for size in (cost.attempt_input, cost.attempt_output, cost.attempt_money))
    spare = cost.spare_input, cost.spare_output, rates.money(cost.spare_input, cost.spare_output)
    return pool, Figures(smallest(cost.again, pool), *map(lower, dearest, spare))


def _pool(cost: Cost, rates: Rates) -> SizeBound:
    """The extra attempts: as the rates say, and no more than the caps of each call allow. A share of the calls is no more than
    one for each, which need not be said where the caps allow that."""
    share = rates.pool_of(cost.calls)
    is_share = rates.pool.least <= 1 and rates.pool.percent <= _WHOLE and not rates.paid_before
    return share if is_share and smallest(cost.spare, cost.calls) == cost.calls else smallest(cost.spare, share)


def _both(a: Any, b: Any, combine: Callable[[Any, Any], Any]) -> Any:
    """Without a limit where one of them has none."""
    return None if a is None or b is None else combine(a, b)


def whole(number: Number) -> int | None:
    return None if number == math.inf else int(number)
