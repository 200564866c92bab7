"""Model calls, tokens and money as one amount that is set aside, spent or given back.

Owns `Amount` and the unit of money: whole picodollars, so that sums are exact and what is given back is what was taken. Refuses
to know limits: the meter does.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

_PER_DOLLAR: Final = 10**12


class Amount(NamedTuple):
    """Component by component; never negative where the meter uses it."""

    calls: int = 0
    tokens: int = 0
    money: int = 0

    def plus(self, other: Amount) -> Amount:
        return Amount(self.calls + other.calls, self.tokens + other.tokens, self.money + other.money)

    def minus(self, other: Amount) -> Amount:
        return Amount(self.calls - other.calls, self.tokens - other.tokens, self.money - other.money)

    def times(self, n: int) -> Amount:
        return Amount(self.calls * n, self.tokens * n, self.money * n)

    def is_within(self, limit: Amount) -> bool:
        """No component is larger than the limit's."""
        return self.calls <= limit.calls and self.tokens <= limit.tokens and self.money <= limit.money

    def largest(self, other: Amount) -> Amount:
        return Amount(max(self.calls, other.calls), max(self.tokens, other.tokens), max(self.money, other.money))


NOTHING: Final = Amount()


def money_of(usd: float) -> int:
    """US dollars in picodollars, to the nearest."""
    if not usd:
        return 0
    from fractions import Fraction

    return round(Fraction(usd) * _PER_DOLLAR)


def money_within(usd: float) -> int:
    """The most picodollars that are, as dollars, no more than this."""
    money = money_of(usd)
    return money - 1 if dollars(money) > usd else money


def money_above(usd: float) -> int:
    """The fewest picodollars that are no less than this."""
    if not usd:
        return 0
    from fractions import Fraction

    return math.ceil(Fraction(usd) * _PER_DOLLAR)


def dollars(money: int) -> float:
    """Picodollars in US dollars."""
    return money / _PER_DOLLAR
