"""Which way a program usually goes where a reply decides, for likely figures.

Owns `replied`, the names of a program whose values depend on replies, and `one_of`, the rule for one choice: a program that
looks again, checks or repairs does so where a reply was no good, so the cheapest way is usual. Promises nothing of any run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lambda_rlm.bounds.analysis import Analysis
from lambda_rlm.bounds.cost import Cost
from lambda_rlm.bounds.domain.abstract import AbstractResult
from lambda_rlm.bounds.names import free_names
from lambda_rlm.bounds.staging import ASKING
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.syntax import term as t
from lambda_rlm.syntax.caps import children
from lambda_rlm.types.typed import Typed

Ways = list[tuple[Span, Callable[[], AbstractResult]]]


def replied(typed: Typed) -> frozenset[str]:
    """Names that are bound to what depends on replies, wherever they are bound: functions that ask, and what comes of them."""
    bound = list(_bindings(typed.program))
    names = frozenset[str]()
    while True:
        more = frozenset(name for name, value in bound if depends(typed, value, names))
        if more <= names:
            return names
        names |= more


def depends(typed: Typed, term: t.Node, names: frozenset[str]) -> bool:
    """Whether a term asks a model, or uses one of these names."""
    return not names.isdisjoint(free_names(term)) or _asks(typed, term)


def one_of(analysis: Analysis, place: Span, ways: Ways, *conditions: t.Node) -> AbstractResult:
    """One of several ways to go on from a place; in an analysis of what is usual the cheapest, where a reply decides."""
    names = analysis.replied
    if names is None or not any(depends(analysis.typed, condition, names) for condition in conditions):
        return analysis.either(place, ways)
    outcome, cost = min((analysis.measured(way) for _, way in ways), key=lambda way: _price(way[1]))
    analysis.charge(cost)
    return outcome


def _price(cost: Cost) -> tuple[float, float]:
    return cost.money.value, cost.input_tokens.value + cost.output_tokens.value


def _bindings(node: t.Node) -> Iterator[tuple[str, t.Node]]:
    if isinstance(node, t.Let):
        yield node.name, node.value
    elif isinstance(node, t.Def):
        yield node.name, node.body
    for child in children(node):
        yield from _bindings(child)


def _asks(typed: Typed, node: t.Node) -> bool:
    if isinstance(node, t.Var) and typed.primitive_of(node) in ASKING:
        return True
    return any(_asks(typed, child) for child in children(node))
