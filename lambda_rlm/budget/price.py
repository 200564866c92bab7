"""Amounts of US dollars as people read them.

Owns the digits of every price and cost that is shown: at least two significant ones. Promises that nothing that costs
something is shown as zero.
"""

from __future__ import annotations

import math
from typing import Final

_MILLION: Final = 1_000_000
_LEAST: Final = 1e-6
"""The smallest amount that is shown in digits."""


def per_million(price: float) -> str:
    """A price per token, as US dollars per million tokens."""
    amount = price * _MILLION
    if amount < 0.01:
        return dollars(amount)
    return f"${amount:.{next(digits for digits in (2, 3, 4, 5) if digits == 5 or _is_exact(amount, digits))}f}"


def _is_exact(amount: float, digits: int) -> bool:
    return math.isclose(round(amount, digits), amount, rel_tol=1e-6)


def dollars(cost: float | None) -> str:
    """An amount of US dollars: `$12.30`, `$0.0123`, `$0.000012`, `free`, or `cost unknown`; never zero for a cost."""
    if cost is None:
        return "cost unknown"
    if cost == 0:
        return "free"
    if cost >= 1:
        return f"${cost:,.2f}"
    if cost < _LEAST:
        return f"<${_LEAST:.6f}"
    return f"${cost:.{max(4, 1 - math.floor(math.log10(cost)))}f}"


def amount(usd: float) -> str:
    """An amount of US dollars that is set against another, as a limit is: zero is `$0`."""
    return dollars(usd) if usd else "$0"
