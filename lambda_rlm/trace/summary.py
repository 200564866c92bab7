"""A run's figures in one line for people.

Owns the wording of a run's counts, tokens and seconds.
"""

from __future__ import annotations

from lambda_rlm.bounds.bound import Bound
from lambda_rlm.bounds.figures import two_figures
from lambda_rlm.bounds.figures.likely import Likely
from lambda_rlm.budget.price import dollars
from lambda_rlm.completion import Usage


def summary(
    route: str,
    calls: int,
    usage: Usage,
    seconds: float,
    bound: Bound | None = None,
    likely: Likely | None = None,
    *,
    shared: int = 0,
    cached: int = 0,
) -> str:
    """`search · 5 of at most 6 calls (likely 5) · 3,201 + 88 tokens · $0.01 (likely $0.01 · at most $0.04) · 41.2 s`; after the
    calls, how many of them a cache answered, and how many more questions shared the answer of one of them."""
    made = two_figures.calls_made(calls, None if likely is None else likely.calls, None if bound is None else bound.calls)
    tokens, cost = f"{usage.input_tokens:,} + {usage.output_tokens:,} tokens", dollars(usage.cost)
    if bound is not None and bound.calls != 0:
        if usage.cost is not None and bound.usd:
            cost += f" ({two_figures.money(likely, bound)})"
        else:
            tokens += f" ({two_figures.tokens(likely, bound)})"
    made += answered_without_asking(shared, cached)
    parts = [route, made, tokens, cost, f"{seconds:.1f} s"]
    if usage.extra:
        most = "" if bound is None or bound.pool is None else f" of at most {bound.pool:,}"
        parts.insert(2, f"{usage.extra:,}{most} extra {'attempt' if usage.extra == 1 else 'attempts'}")
    return " · ".join(parts)


def answered_without_asking(shared: int, cached: int) -> str:
    """`, 3 shared, 2 cached`: empty where there are none. A shared question is the same as another of this run, and is no call;
    a cached call was answered from an earlier run."""
    return "".join(f", {number:,} {what}" for number, what in ((shared, "shared"), (cached, "cached")) if number)
