"""The programs of a strategy for a question: with its usual numbers first, then with those that a smaller budget may allow.

Owns their order, for runs and for previews, and the note on what a smaller budget changed. Asks no model.
"""

from __future__ import annotations

from collections.abc import Iterator

from lambda_rlm.answering.question import Question
from lambda_rlm.bounds.bound import Bound
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.plan.narrower import narrower, told
from lambda_rlm.plan.router import Route


def sized_plans(question: Question, route: Route) -> Iterator[tuple[Route, SourceFile]]:
    """Each with the route that has its numbers; raises `Rejected` as `Question.plan` does. No program comes twice."""
    found = set[str]()
    for one in (route, *narrower(route)):
        source = question.plan(one)
        if source.text not in found:
            found.add(source.text)
            yield one, source


def what_is_read(usual: Route, route: Route, bound: Bound | None, tokens: int) -> str | None:
    """A note on other numbers than the usual ones, None where there are none; `tokens` are those of the inputs. It has the
    share of them that the model is sent at most, where that is not all."""
    if route.sizes == usual.sizes:
        return None
    sent = None if bound is None else bound.input_tokens
    if sent is None or sent >= tokens:
        return told(usual, route)
    return f"{told(usual, route)}; at most {max(1, -(-100 * sent // tokens))}% of the inputs are sent to the model"
