"""The rule for `fn`, and the closure that `fn` and `def` share."""

from __future__ import annotations

from collections.abc import Callable

from lambda_rlm.bounds.analysis import Analysis
from lambda_rlm.bounds.cost import Cost
from lambda_rlm.bounds.domain.abstract import Abstract, AbstractFunction, AbstractResult, changed_names
from lambda_rlm.bounds.domain.guards import Environment
from lambda_rlm.bounds.names import free_names
from lambda_rlm.syntax import term as t


def lambda_(analysis: Analysis, term: t.Lam, env: Environment) -> AbstractResult:
    return AbstractResult(closure(analysis, term, env))


def closure(analysis: Analysis, source: t.Lam | t.Def, env: Environment) -> AbstractFunction:
    """A function value; applications to equal arguments are analysed once."""
    names, body = tuple(param.name for param in source.params), source.body
    memo: dict[object, tuple[AbstractResult, Cost]] = {}
    facts = analysis.facts_without(names)

    def apply(*arguments: Abstract) -> AbstractResult:
        if arguments not in memo:
            inner = {**env, **dict(zip(names, arguments, strict=True))}
            with analysis.staging.inside(body), analysis.knowing(facts):
                memo[arguments] = analysis.measured(lambda: analysis.term(body, inner))
        outcome, cost = memo[arguments]
        analysis.charge(cost)
        return outcome

    def changed(change: Callable[[Abstract], Abstract]) -> AbstractFunction:
        with analysis.knowing(()):
            return closure(analysis, source, changed_names(env, free_names(source), change))

    return AbstractFunction(apply, source, env, changed, analysis.either_from(source.span))
