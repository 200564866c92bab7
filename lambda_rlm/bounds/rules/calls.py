"""The rules for calls and pipes."""

from __future__ import annotations

from lambda_rlm.bounds.analysis import Analysis
from lambda_rlm.bounds.domain.abstract import Abstract, AbstractResult, call
from lambda_rlm.bounds.domain.guards import Environment
from lambda_rlm.bounds.domain.size import ZERO, SizeBound, largest
from lambda_rlm.syntax import term as t
from lambda_rlm.types.typed import PIPED


def application(analysis: Analysis, app: t.App, env: Environment, piped: AbstractResult | None = None) -> AbstractResult:
    """A function applied: the arguments are computed at once, and the call waits for all of them."""
    function = app.function
    primitive = analysis.typed.primitive_of(function) if isinstance(function, t.Var) else None
    values: list[Abstract | None] = []
    chains: list[SizeBound] = [ZERO]
    callee: AbstractResult | None = None
    if primitive is None:
        callee = analysis.term(function, env)
        chains.append(callee.chain)
    terms = analysis.typed.arguments_of(app)
    for argument in terms:
        if argument is None:
            values.append(None)
            continue
        outcome = piped if argument is PIPED else analysis.term(argument, env)  # type: ignore[arg-type]
        assert outcome is not None
        values.append(outcome.value)
        chains.append(outcome.chain)
    if primitive is not None:
        assert isinstance(function, t.Var)
        result = analysis.apply(primitive, function, values, terms)
    else:
        assert callee is not None
        result = call(callee.value, *values)
    return AbstractResult(result.value, largest(chains) + result.chain)


def pipe(analysis: Analysis, term: t.Pipe, env: Environment) -> AbstractResult:
    outcome = analysis.term(term.head, env)
    for stage in term.stages:
        known = analysis.staging.piped(stage, outcome.value, env)
        if known is None:
            outcome = application(analysis, stage, env, outcome)
        else:
            outcome = analysis.staged(known, outcome.chain)
    return outcome
