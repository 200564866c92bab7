"""A run's figures in one line for people.

Owns the wording of a run's counts, tokens and seconds.
"""

from __future__ import annotations

from lambda_rlm.bounds.bound import Bound
from lambda_rlm.budget.price import dollars
from lambda_rlm.completion import Usage


def summary(route: str, calls: int, usage: Usage, seconds: float, bound: Bound | None = None) -> str:
    """`search · 5 of at most 6 calls · 3,201 + 88 tokens of at most 9,000 + 1,200 · $0.01 of at most $0.04 · 41.2 s`."""
    parts = [route, _calls(calls, bound), f"{usage.input_tokens:,} + {usage.output_tokens:,} tokens", dollars(usage.cost)]
    if bound is not None and bound.calls != 0:
        parts[2] += f" of at most {_count(bound.input_tokens)} + {_count(bound.output_tokens)}"
        if usage.cost is not None and bound.usd:
            parts[3] += f" of at most {dollars(bound.usd)}"
    if usage.extra:
        most = "" if bound is None or bound.pool is None else f" of at most {bound.pool:,}"
        parts.insert(2, f"{usage.extra:,}{most} extra {'attempt' if usage.extra == 1 else 'attempts'}")
    return " · ".join([*parts, f"{seconds:.1f} s"])


def _calls(calls: int, bound: Bound | None) -> str:
    if bound is None or not bound.calls:
        return f"{calls:,} {'call' if calls == 1 else 'calls'}"
    return f"{calls:,} of at most {bound.calls:,} {'call' if bound.calls == 1 else 'calls'}"


def _count(number: int | None) -> str:
    return "unlimited" if number is None else f"{number:,}"
