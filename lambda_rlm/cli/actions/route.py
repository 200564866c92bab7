"""`route`: the decision of the router, shown.

Owns the wording. Promises that no model is asked.
"""

from __future__ import annotations

import json as json_text
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, cast

from lambda_rlm.answering.preview import Decision, decide
from lambda_rlm.answering.question import Setup
from lambda_rlm.bounds.bound import Bound
from lambda_rlm.bounds.figures.likely import Likely
from lambda_rlm.bounds.figures.two_figures import count
from lambda_rlm.budget.price import dollars
from lambda_rlm.cli import exits
from lambda_rlm.cli.actions.follow_up import posed
from lambda_rlm.cli.display import figures, screen
from lambda_rlm.cli.display.costs import closed, reachable, writer_of
from lambda_rlm.cli.first_contact import question
from lambda_rlm.cli.settings import Settings, settings
from lambda_rlm.execution.blocking import blocking
from lambda_rlm.execution.options import Options
from lambda_rlm.plan.router import Choice

_CHOSEN: Final = " ←"

Cell = Callable[[Likely | None, Bound], str]

_ROWS: Final[tuple[tuple[str, Cell, Cell], ...]] = (
    ("model calls", lambda likely, bound: _likely(likely, "calls"), lambda likely, bound: count(bound.calls)),
    ("longest chain of calls", lambda likely, bound: "", lambda likely, bound: count(bound.span)),
    ("input tokens", lambda likely, bound: _likely(likely, "input_tokens"), lambda likely, bound: count(bound.input_tokens)),
    ("output tokens", lambda likely, bound: _likely(likely, "output_tokens"), lambda likely, bound: count(bound.output_tokens)),
    (
        "cost",
        lambda likely, bound: _money(bound, None if likely is None else likely.usd),
        lambda likely, bound: _money(bound, bound.usd),
    ),
)


def route(query: str, arguments: Sequence[str], options: Mapping[str, Any], json: bool, follows: str | None = None) -> int:
    """The exit code of `route`; `follows` names the run that the question follows."""
    chosen = settings(options)
    query = question(query, 'lambda-rlm route "Who did it?" book.txt')
    asked, chosen = posed(query, arguments, options, chosen, follows)
    model, notes = reachable(chosen)
    root = writer_of(chosen, model)
    setup = Setup(
        leaf=model,
        root=root,
        budget=chosen.budget(),
        choice=cast("Choice", chosen.strategy),
        routing=chosen.routing(),
        writing=chosen.writing(),
        options=Options(accuracy=chosen.accuracy(), out=chosen.out, pool=chosen.extra_attempts()),
    )
    try:
        decision = decide(asked, setup)
    finally:
        blocking(lambda: closed(model, root))
    decision = replace(decision, notes=(*decision.notes, *notes))
    if json:
        screen.answer(json_text.dumps({"ok": True, **decision.as_json()}, ensure_ascii=False))
    else:
        screen.report(*_shown(decision, chosen))
    return exits.ANSWERED


def _shown(decision: Decision, chosen: Settings) -> list[str]:
    """The route and its reason, a column for each route, and the notes."""
    name = decision.way if decision.way == decision.strategy else f"{decision.way} ({decision.strategy})"
    lines = [f"{name}: {decision.reason}", *(f"note: {note}" for note in decision.notes), "", *_table(decision)]
    for cost in decision.ways:
        if cost.why_not is not None:
            why = "is not proved" if cost.is_likely else "is not possible"
            lines.append(f"{cost.strategy} {why}: {cost.why_not}")
        if cost.is_partial:
            lines.append(
                "synth: the cost of writing only; the bound of the program is checked once it is written, "
                f"against the rest of {chosen.max_calls:,} calls"
            )
    return lines


def _table(decision: Decision) -> list[str]:
    columns: list[tuple[str, Likely | None, Bound | None]] = []
    if decision.detection is not None:
        columns.append(("classifying the task", decision.detection_likely, decision.detection))
    columns += [
        (f"{cost.strategy}{_CHOSEN if cost.way == decision.way else ''}", cost.likely, cost.bound) for cost in decision.ways
    ]
    rows = [
        ("", *(cell for title, _, _ in columns for cell in ("", title))),
        ("", *(cell for _ in columns for cell in ("likely", "at most"))),
    ]
    for name, likely, most in _ROWS:
        cells = [("?", "?") if bound is None else (likely(one, bound), most(one, bound)) for _, one, bound in columns]
        rows.append((name, *(cell for pair in cells for cell in pair)))
    counted = _counted([(title, bound) for title, _, bound in columns if bound is not None])
    return [*figures.aligned(rows), *counted, *figures.likely_counted_by(decision.likely_counted_by)]


def _counted(bounds: Sequence[tuple[str, Bound]]) -> list[str]:
    """How tokens were counted; which route's, where it was not the same way for all."""
    by: dict[str, list[str]] = {}
    for title, bound in bounds:
        by.setdefault(figures.counted_by(bound), []).append(title.removesuffix(_CHOSEN))
    return list(by) if len(by) == 1 else [f"{', '.join(titles)}: {counted}" for counted, titles in by.items()]


def _likely(likely: Likely | None, key: str) -> str:
    return "?" if likely is None else count(getattr(likely, key))


def _money(bound: Bound, usd: float | None) -> str:
    return "price unknown" if not bound.is_price_known else dollars(usd)
