"""`route`: the decision of the router, shown.

Owns the wording. Promises that no model is asked.
"""

from __future__ import annotations

import json as json_text
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, cast

from lambda_rlm.answering.preview import Decision, decide
from lambda_rlm.answering.question import Question, Setup
from lambda_rlm.bounds.bound import Bound
from lambda_rlm.budget.price import dollars
from lambda_rlm.cli import exits
from lambda_rlm.cli.actions.ask_run import question
from lambda_rlm.cli.display import figures, screen
from lambda_rlm.cli.display.costs import closed, reachable, writer_of
from lambda_rlm.cli.settings import Settings, settings
from lambda_rlm.execution.blocking import blocking
from lambda_rlm.execution.execute import Options
from lambda_rlm.inputs import from_arguments
from lambda_rlm.plan.router import Choice

_ROWS: Final[tuple[tuple[str, Callable[[Bound], str]], ...]] = (
    ("model calls", lambda bound: figures.count(bound.calls)),
    ("longest chain of calls", lambda bound: figures.count(bound.span)),
    ("input tokens", lambda bound: figures.count(bound.input_tokens)),
    ("output tokens", lambda bound: figures.count(bound.output_tokens)),
    ("cost", lambda bound: "price unknown" if not bound.is_price_known else dollars(bound.usd)),
)


def route(query: str, arguments: Sequence[str], options: Mapping[str, Any], json: bool) -> int:
    """The exit code of `route`."""
    chosen = settings(options)
    inputs = from_arguments(arguments, chosen.reading())
    asked = Question(query=question(query, 'lambda-rlm route "Who did it?" book.txt'), inputs=inputs, task=chosen.task)
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
            lines.append(f"{cost.strategy} is not possible: {cost.why_not}")
        if cost.is_partial:
            lines.append(
                "synth: the cost of writing only; the bound of the program is checked once it is written, "
                f"against the rest of {chosen.max_calls:,} calls"
            )
    return lines


def _table(decision: Decision) -> list[str]:
    columns: list[tuple[str, Bound | None]] = []
    if decision.detection is not None:
        columns.append(("classifying the task", decision.detection))
    columns += [(f"{cost.strategy}{' ←' if cost.way == decision.way else ''}", cost.bound) for cost in decision.ways]
    rows = [("at most", *(title for title, _ in columns))]
    rows += [(name, *("?" if bound is None else shown(bound) for _, bound in columns)) for name, shown in _ROWS]
    return figures.aligned(rows)
