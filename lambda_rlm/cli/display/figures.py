"""What a program would cost, as people and programs read it: a table, closed forms, JSON.

Owns the wording. What is proved and what is only likely never share a heading.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from lambda_rlm.bounds.likely import Likely
from lambda_rlm.budget.price import dollars, per_million
from lambda_rlm.completion import ModelProfile
from lambda_rlm.execution.prospect import Prospect
from lambda_rlm.llm.profiles import prices_as_of

_READABLE: Final = 160
_FORMS: Final = ("calls", "input_tokens", "output_tokens")


def table(prospects: Sequence[Prospect], titles: Sequence[str]) -> str:
    """A column for each prospect: what it costs at most, then what it is likely to cost."""
    if all(p.bound.calls == 0 for p in prospects):
        return "asks no model"
    concurrency = prospects[0].budget.concurrency
    most: list[tuple[str, Callable[[Prospect], str]]] = [
        ("model calls", lambda p: count(p.bound.calls)),
        ("extra attempts", lambda p: count(p.bound.pool)),
        ("attempts", lambda p: count(p.bound.attempts)),
        ("longest chain of calls", lambda p: count(p.bound.span)),
        (f"rounds, {concurrency} calls at a time", lambda p: count(p.bound.rounds(p.budget.concurrency))),
        ("longest prompt, characters", lambda p: count(p.bound.prompt_chars)),
        ("input tokens", lambda p: count(p.bound.input_tokens)),
        ("output tokens", lambda p: count(p.bound.output_tokens)),
        ("cost", lambda p: _most_money(p)),
    ]
    rows = [("at most", *titles), *((name, *map(shown, prospects)) for name, shown in most)]
    estimates = [p.estimate() for p in prospects]
    rows += [("likely", *("" for _ in titles)), *_likely_rows(estimates, prospects)]
    return "\n".join(_aligned(rows))


def _likely_rows(estimates: Sequence[Likely | None], prospects: Sequence[Prospect]) -> list[tuple[str, ...]]:
    def row(name: str, key: str) -> tuple[str, ...]:
        return (name, *("?" if e is None else count(getattr(e, key)) for e in estimates))

    paid = ("?" if e is None else _money(e.usd, p) for e, p in zip(estimates, prospects, strict=True))
    return [
        row("model calls", "calls"),
        row("input tokens", "input_tokens"),
        row("output tokens", "output_tokens"),
        ("cost", *paid),
    ]


def forms(prospect: Prospect) -> str:
    """The closed forms of what a person asks for first: `calls ≤ ceil(context / 17500) + 1`; those too long to read are left
    out."""
    formula = prospect.bound.formula
    short = [f"{name} ≤ {formula[name]}" for name in _FORMS if len(formula[name]) <= _READABLE]
    return "\n".join([*short, *(["for the other bounds: --emit bound"] if len(short) < len(_FORMS) else [])])


def every_form(prospect: Prospect) -> str:
    """Each component with its closed form and its number."""
    bound = prospect.bound
    lines = []
    for name, form in bound.formula.items():
        number = count(getattr(bound, name))
        lines.append(f"{name} ≤ {form}" + ("" if form.replace(",", "") == number.replace(",", "") else f" = {number}"))
    return "\n".join([*lines, f"usd ≤ {_most_money(prospect)}"])


def about(profile: ModelProfile) -> str:
    """Which model a bound is for."""
    prices = "price unknown"
    if profile.input_price is not None and profile.output_price is not None:
        prices = f"{per_million(profile.input_price)} in and {per_million(profile.output_price)} out per million tokens"
        if profile.input_price == profile.output_price == 0:
            prices = "free"
    prices += f" (prices of {date})" if (date := prices_as_of(profile)) else ""
    return f"for {profile.name}: context window {profile.window:,} tokens, {prices}"


def chosen(prospect: Prospect) -> list[str]:
    """A line for each `auto`, with the number that the planner chose."""
    plan = prospect.chosen
    if plan is None:
        return []
    lines = []
    for row in plan.rows:
        line, column = plan.source.line_column(row.place.span.start)
        lines.append(f"auto at {line}:{column} is {row.number:,} {row.place.unit} (for the reason: --emit plan)")
    return lines


def shown(prospects: Sequence[Prospect], titles: Sequence[str]) -> str:
    """Everything, for people: table, closed forms, what they are for."""
    parts = [table(prospects, titles)]
    last = prospects[-1]
    if last.bound.calls != 0:
        parts += [forms(last), "\n".join([*chosen(last), about(last.profile)])]
    return "\n\n".join(parts)


def as_json(prospect: Prospect) -> dict[str, Any]:
    """The keys `bound`, `likely`, `formula`, what counted the tokens, and what they are for."""
    estimate = prospect.estimate()
    profile = prospect.profile
    return {
        "bound": prospect.bound.numbers(),
        "counted_by": prospect.bound.counted_by,
        "likely": None if estimate is None else estimate.numbers(),
        "formula": prospect.bound.formula,
        "rounds": prospect.bound.rounds(prospect.budget.concurrency),
        "hash": prospect.hash,
        "model": {
            "name": profile.name,
            "window": profile.window,
            "input_price": profile.input_price,
            "output_price": profile.output_price,
            "prices_as_of": prices_as_of(profile),
        },
    }


def count(number: int | None) -> str:
    """A number of things; None is no limit."""
    return "unlimited" if number is None else f"{number:,}"


def _most_money(prospect: Prospect) -> str:
    return "unlimited" if prospect.bound.usd is None and prospect.bound.is_price_known else _money(prospect.bound.usd, prospect)


def _money(usd: float | None, prospect: Prospect) -> str:
    if usd is None:
        return "unlimited" if prospect.bound.is_price_known else "price unknown"
    return dollars(usd)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """As `aligned`, rows below a heading set in."""
    return aligned([[name if name in ("at most", "likely") else f"  {name}", *cells] for name, *cells in rows])


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Names to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join([name.ljust(widths[0]), *(c.rjust(w) for c, w in zip(cells, widths[1:], strict=True))]).rstrip()
        for name, *cells in rows
    ]
