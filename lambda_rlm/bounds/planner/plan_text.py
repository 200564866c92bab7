"""The planner's choice as a text for people.

Owns `shown`. One table for each `auto`, the chosen number marked, and what rules out the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lambda_rlm.bounds.planner.choose import ChoiceRow, NumberTried, PlannerChoice
from lambda_rlm.budget.price import dollars
from lambda_rlm.diagnostics.source import SourceFile

_AGAINST: Final = {
    "": "",
    "window": "a prompt may not fit the context window",
    "recursion": "the recursion may be too deep",
    "no limit": "the cost cannot be bounded",
    "budget": "over the budget",
    "accuracy": "below the accuracy floor",
}
_HEAD: Final = ("", "number", "cost", "tokens", "calls", "span", "accuracy", "")
_LIMITS: Final = {
    "window": "limited by the context window",
    "recursion": "limited by the recursion depth",
    "no limit": "limited by what can be bounded",
    "budget": "limited by the budget",
    "accuracy": "limited by the accuracy floor",
    "cost": "cheapest",
}


def shown(plan: PlannerChoice) -> str:
    """What was chosen and why."""
    if not plan.rows:
        return "The program has no `auto`."
    parts = [_row(row, plan.source) for row in plan.rows]
    return "\n\n".join([*parts, f"{plan.reason[0].upper()}{plan.reason[1:]}."])


def _row(row: ChoiceRow, source: SourceFile) -> str:
    line, column = source.line_column(row.place.span.start)
    title = f"{row.place.function} at {line}:{column}: auto = {row.number:,} {row.place.unit}, {_LIMITS[row.limit]}"
    table = [_HEAD, *(_cells(tried, tried.number == row.number) for tried in row.tried)]
    if all(tried.usd is None for tried in row.tried):
        table = [(*cells[:2], *cells[3:]) for cells in table]
    return "\n".join([title, *_aligned(table)])


def _cells(tried: NumberTried, is_chosen: bool) -> tuple[str, ...]:
    return (
        "*" if is_chosen else "",
        f"{tried.number:,}",
        "none" if tried.usd is None else dollars(tried.usd),
        _count(tried.tokens),
        _count(tried.calls),
        _count(tried.span),
        f"{tried.accuracy:.2f}",
        _AGAINST[tried.against],
    )


def _count(number: int | None) -> str:
    return "unlimited" if number is None else f"{number:,}"


def _aligned(table: Sequence[Sequence[str]]) -> list[str]:
    """Numbers to the right, the last column as it is."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = []
    for cells in table:
        numbers = (cell.rjust(width) for cell, width in zip(cells[:-1], widths[:-1], strict=True))
        lines.append("  ".join([*numbers, cells[-1]]).rstrip())
    return lines
