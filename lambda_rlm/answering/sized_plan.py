"""The programs of a strategy for a question: with its usual numbers first, then with those that a smaller budget may allow.

Owns their order and their prospects, for runs and for previews, and the note on what a smaller budget changed. Asks no model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lambda_rlm.answering.question import Question, Setup
from lambda_rlm.bounds.bound import Bound
from lambda_rlm.budget.meter import Meter
from lambda_rlm.diagnostics.diagnostic import Rejected, Severity
from lambda_rlm.diagnostics.faults import Fault, OutOfTime
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.eval.asking.asker import AskSettings
from lambda_rlm.execution.check import check
from lambda_rlm.execution.prepare import Look, Prepared, prepare
from lambda_rlm.execution.prospect import Prospect, before_run, foresee
from lambda_rlm.llm.installation_key import installation_key
from lambda_rlm.plan.measure import LateMeasure, Measure
from lambda_rlm.plan.narrower import narrower, told
from lambda_rlm.plan.router import Route
from lambda_rlm.types.type import Effect


def sized_plans(question: Question, route: Route) -> Iterator[tuple[Route, SourceFile]]:
    """Each with the route that has its numbers; raises `Rejected` as `Question.plan` does. No program comes twice."""
    found = set[str]()
    for one in (route, *narrower(route)):
        source = question.plan(one)
        if source.text not in found:
            found.add(source.text)
            yield one, source


def prepared_plan(
    question: Question, setup: Setup, source: SourceFile, account: Meter, look: Look
) -> tuple[Prospect, Prepared | None] | None:
    """What a plan would cost within `setup.budget`, whether it may begin as likely where nobody demands a proof, and what its
    run may take over; None for one that cannot run, whatever the budget. What needs no reply is computed on the account, while
    `look` lets it go on. Raises `OutOfTime`."""
    setup = setup.within(replace(setup.budget, admit=setup.budget.admit or "likely"))
    inputs, options, leaf = question.bound_inputs, setup.options, setup.leaf
    checked = check(source, inputs.types, primitives=inputs.functions)
    try:
        if checked.typed is None or checked.typed.effect is not Effect.LLM:
            prospect, prepared = foreseen(question, setup, source), None
        else:
            key = options.key if options.key is not None else installation_key()
            asking = AskSettings(key=key, out=options.out, pool=options.pool)
            limits = setup.budget, options.accuracy
            found, prepared = prepare(checked.typed, inputs.values, leaf, *limits, asking, account=account, look=look)
            prospect = before_run(found.program, None, inputs.values, setup.budget, leaf.profile, found.chosen, kept=found.kept)
    except OutOfTime:
        raise
    except (Rejected, Fault):
        return None
    return (prospect, prepared) if is_of_budget_alone(prospect) else None


def foreseen(question: Question, setup: Setup, source: SourceFile, *, is_counted: bool = False) -> Prospect:
    """What a plan would cost within `setup.budget`; raises as `foresee` does, whose `is_counted` it is."""
    inputs, options = question.bound_inputs, setup.options
    checked = check(source, inputs.types, primitives=inputs.functions)
    if checked.typed is None:
        raise Rejected(source, checked.diagnostics)
    asking = AskSettings(key=b"", out=options.out, pool=options.pool)
    return foresee(checked.typed, inputs.values, setup.leaf, setup.budget, options.accuracy, asking, is_counted=is_counted)


def is_of_budget_alone(prospect: Prospect) -> bool:
    """Nothing but the budget speaks against a run."""
    return not any(d.severity is Severity.ERROR for d in prospect.bounded.diagnostics)


def what_is_read(usual: Route, route: Route, bound: Bound | None, inputs: Measure | LateMeasure) -> str | None:
    """A note on other numbers than the usual ones, None where there are none: then the tokens of the `inputs` are not counted.
    It has the share of them that the model is sent at most, where that is not all."""
    if route.sizes == usual.sizes:
        return None
    tokens, sent = inputs.tokens, None if bound is None else bound.input_tokens
    if sent is None or sent >= tokens:
        return told(usual, route)
    return f"{told(usual, route)}; at most {max(1, -(-100 * sent // tokens))}% of the inputs are sent to the model"
