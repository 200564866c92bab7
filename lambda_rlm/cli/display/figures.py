"""What a program would cost, as people and programs read it: a table, closed forms, JSON.

Owns the wording. What is only likely and what is proved have columns of their own, in this order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from lambda_rlm.bounds.bound import Bound
from lambda_rlm.bounds.figures.two_figures import count
from lambda_rlm.bounds.tree.cost_record import nodes_json
from lambda_rlm.budget.price import dollars, per_million
from lambda_rlm.completion import ModelProfile
from lambda_rlm.execution import sub_models
from lambda_rlm.execution.prospect import Prospect
from lambda_rlm.llm.profiles import prices_as_of
from lambda_rlm.llm.providers.thinking import told_thought

_READABLE: Final = 160
_FORMS: Final = ("calls", "input_tokens", "output_tokens")


Cell = Callable[[Prospect], str]


def table(prospects: Sequence[Prospect], titles: Sequence[str]) -> str:
    """Two columns for each prospect: what it is likely to cost, and what it costs at most."""
    if all(p.bound.calls == 0 for p in prospects):
        return "asks no model"
    concurrency = prospects[0].budget.concurrency
    rows: list[tuple[str, Cell, Cell]] = [
        ("model calls", _likely("calls"), lambda p: count(p.bound.calls)),
        ("extra attempts", _nothing, lambda p: count(p.bound.pool)),
        ("attempts", _nothing, lambda p: count(p.bound.attempts)),
        ("longest chain of calls", _nothing, lambda p: count(p.bound.span)),
        (f"rounds, {concurrency} calls at a time", _nothing, lambda p: count(p.bound.rounds(p.budget.concurrency))),
        ("longest prompt, characters", _nothing, lambda p: count(p.bound.prompt_chars)),
        ("input tokens", _likely("input_tokens"), lambda p: count(p.bound.input_tokens)),
        ("output tokens", _likely("output_tokens"), lambda p: count(p.bound.output_tokens)),
        ("cost", lambda p: "?" if p.likely is None else _money(p.likely.usd, p), _most_money),
    ]
    shown = [(name, *(cell for p in prospects for cell in (likely(p), most(p)))) for name, likely, most in rows]
    heads = [("", *(cell for _ in titles for cell in ("likely", "at most")))]
    if any(titles):
        heads.insert(0, ("", *(cell for title in titles for cell in ("", title))))
    return "\n".join([*aligned([*heads, *shown]), counted_by(prospects[-1].bound)])


def counted_by(bound: Bound) -> str:
    """How the tokens of a bound were counted."""
    return f"tokens counted by {bound.counted_by}"


def likely_counted_by(what: str) -> list[str]:
    """A line where likely tokens are those that a model's own counts suggest."""
    return ["likely tokens are measured by what this model counted before"] if what == "measured" else []


def _nothing(prospect: Prospect) -> str:
    return ""


def _likely(key: str) -> Cell:
    return lambda p: "?" if p.likely is None else count(getattr(p.likely, key))


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
    line = f"for {profile.name}: context window {profile.window:,} tokens, {prices}"
    thought = told_thought(profile).removeprefix(", ")
    return f"{line}\n{thought}" if thought else line


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
    last = prospects[-1]
    parts = ["\n".join([table(prospects, titles), *_beside(last)])]
    if last.bound.calls != 0:
        parts += [forms(last), "\n".join([*chosen(last), about(last.profile)])]
    return "\n\n".join(parts)


def _beside(prospect: Prospect) -> list[str]:
    """What the figures alone do not tell: what likely tokens were measured by, the part of sub-models, and that a run would
    begin as likely."""
    lines = likely_counted_by(prospect.likely_counted_by)
    part = sub_models.share(prospect.bounded)
    if part is not None:
        lines.append(
            f"of these at most {count(part['calls'])} calls and {count(part['tokens'])} tokens are sub-models' (rlm_call)"
        )
    if admitted(prospect) == "likely":
        lines.append("not proved to complete within the budget, but likely to (--admit likely): a run may stop at the budget")
    return lines


def as_json(prospect: Prospect) -> dict[str, Any]:
    """The keys `bound`, `likely`, `formula`, what counted the tokens, and what they are for."""
    estimate = prospect.likely
    profile = prospect.profile
    return {
        "likely": None if estimate is None else estimate.numbers(),
        "bound": prospect.bound.numbers(),
        "counted_by": prospect.bound.counted_by,
        "likely_counted_by": prospect.likely_counted_by,
        "admitted": admitted(prospect),
        "needs_root_model": sub_models.needs_root_model(prospect.bounded.typed),
        "sub_models": sub_models.share(prospect.bounded),
        "formula": prospect.bound.formula,
        "cost_tree": nodes_json(prospect.cost_tree),
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


def admitted(prospect: Prospect) -> str | None:
    """As what a run may begin, None where it may not."""
    if prospect.is_proved:
        return "proved"
    return "likely" if prospect.fits_as_likely else None


def _most_money(prospect: Prospect) -> str:
    return "unlimited" if prospect.bound.usd is None and prospect.bound.is_price_known else _money(prospect.bound.usd, prospect)


def _money(usd: float | None, prospect: Prospect) -> str:
    if usd is None:
        return "unlimited" if prospect.bound.is_price_known else "price unknown"
    return dollars(usd)


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Names to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join([name.ljust(widths[0]), *(c.rjust(w) for c, w in zip(cells, widths[1:], strict=True))]).rstrip()
        for name, *cells in rows
    ]
