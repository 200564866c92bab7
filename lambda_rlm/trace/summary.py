"""A run's figures in one line for people.

Owns the wording of amounts: counts with separators, dollars with as many digits as matter, seconds.
"""

from __future__ import annotations

from lambda_rlm.completion import Usage


def summary(route: str, calls: int, usage: Usage, seconds: float) -> str:
    """`search · 5 calls · 3,201 + 88 tokens · free · 41.2 s`."""
    tokens = f"{usage.input_tokens:,} + {usage.output_tokens:,} tokens"
    return " · ".join(
        [route, f"{calls:,} {'call' if calls == 1 else 'calls'}", tokens, dollars(usage.cost), f"{seconds:.1f} s"]
    )


def dollars(cost: float | None) -> str:
    """An amount of US dollars: `$0.0123`, `free`, or that the price is not known."""
    if cost is None:
        return "cost unknown"
    if cost == 0:
        return "free"
    return f"${cost:.2f}" if cost >= 1 else f"${cost:.4f}"
