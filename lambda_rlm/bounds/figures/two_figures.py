"""The two figures of a cost as people read them, always in this order: what is likely, and what is proved at most.

Owns the wording, for all who show a cost. A figure that nobody knows is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lambda_rlm.budget.price import dollars

if TYPE_CHECKING:
    from lambda_rlm.bounds.bound import Bound
    from lambda_rlm.bounds.figures.likely import Likely


def both(likely: str | None, most: str | None) -> str:
    """`likely 5 · at most 6`."""
    return " · ".join([*([] if likely is None else [f"likely {likely}"]), *([] if most is None else [f"at most {most}"])])


def calls(likely: Likely | None, bound: Bound) -> str:
    """Both figures of the number of calls."""
    return both(None if likely is None else count(likely.calls), count(bound.calls))


def tokens(likely: Likely | None, bound: Bound) -> str:
    """Both figures of tokens, sent and received."""
    sent = None if likely is None else f"{count(likely.input_tokens)} + {count(likely.output_tokens)}"
    return both(sent, f"{count(bound.input_tokens)} + {count(bound.output_tokens)}")


def money(likely: Likely | None, bound: Bound) -> str:
    """Both figures in US dollars; nothing where the price is unknown."""
    if not bound.is_price_known:
        return ""
    return both(None if likely is None else usd(likely.usd), usd(bound.usd))


def cost(likely: Likely | None, bound: Bound) -> str:
    """All of it in one line: `likely 5 · at most 6 calls, likely $0.01 · at most $0.04`."""
    noun = "call" if bound.calls == 1 else "calls"
    paid = money(likely, bound) if bound.usd != 0 else ""
    if not paid:
        return f"{calls(likely, bound)} {noun}, {tokens(likely, bound)} tokens"
    return f"{calls(likely, bound)} {noun}, {paid}"


def calls_made(made: int | None, likely: int | None, most: int | None) -> str:
    """The calls of a run, as `5 of at most 6 calls (likely 5)`: None is a number that nobody knows, or no limit."""
    number = "?" if made is None else f"{made:,}"
    if not most:
        return f"{number} {'call' if made == 1 else 'calls'}"
    beside = "" if likely is None else f" (likely {likely:,})"
    return f"{number} of at most {most:,} {'call' if most == 1 else 'calls'}{beside}"


def spent(usage: Mapping[str, Any], likely: Mapping[str, Any] | None, bound: Mapping[str, Any] | None) -> str:
    """What a run on record used, beside both figures, as `5 of at most 6 calls (likely 5) · $0.01 (at most $0.04)`."""
    calls, money = ([(one or {}).get(name) for one in (usage, likely, bound)] for name in ("calls", "usd"))
    used, *figures = [None if number is None else usd(number) for number in money]
    beside = f" ({both(*figures)})" if figures[1] not in (None, usd(0)) else ""
    return f"{calls_made(*calls)} · {used or '?'}{beside}"


def count(number: int | None) -> str:
    """A number of things; None is no limit."""
    return "unlimited" if number is None else f"{number:,}"


def usd(number: float | None) -> str:
    """An amount of money; None is no limit."""
    return "unlimited" if number is None else dollars(number)
