"""A run's figures in one line for people.

Owns the wording of amounts: counts with separators, dollars with at least two significant digits, seconds.
"""

from __future__ import annotations

import math
from typing import Final

from lambda_rlm.bounds.bound import Bound
from lambda_rlm.completion import Usage

_MILLION: Final = 1_000_000
_LEAST: Final = 1e-6
"""The smallest amount that is shown in digits."""


def summary(route: str, calls: int, usage: Usage, seconds: float, bound: Bound | None = None) -> str:
    """`search · 5 of at most 6 calls · 3,201 + 88 tokens of at most 9,000 + 1,200 · $0.01 of at most $0.04 · 41.2 s`."""
    parts = [route, _calls(calls, bound), f"{usage.input_tokens:,} + {usage.output_tokens:,} tokens", dollars(usage.cost)]
    if bound is not None and bound.calls != 0:
        parts[2] += f" of at most {_count(bound.input_tokens)} + {_count(bound.output_tokens)}"
        if usage.cost is not None and bound.usd:
            parts[3] += f" of at most {dollars(bound.usd)}"
    return " · ".join([*parts, f"{seconds:.1f} s"])


def _calls(calls: int, bound: Bound | None) -> str:
    if bound is None or not bound.calls:
        return f"{calls:,} {'call' if calls == 1 else 'calls'}"
    return f"{calls:,} of at most {bound.calls:,} {'call' if bound.calls == 1 else 'calls'}"


def _count(number: int | None) -> str:
    return "unlimited" if number is None else f"{number:,}"


def per_million(price: float) -> str:
    """A price per token, as US dollars per million tokens."""
    amount = price * _MILLION
    return f"${amount:.2f}" if amount >= 0.01 else dollars(amount)


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
