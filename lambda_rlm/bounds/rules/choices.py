"""The rules for choices: `if` and `match`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from lambda_rlm.bounds.analysis import Analysis
from lambda_rlm.bounds.domain.abstract import AbstractBool, AbstractOption, AbstractResult, seen
from lambda_rlm.bounds.domain.guards import Environment, GuardedBranch
from lambda_rlm.bounds.domain.size import ZERO
from lambda_rlm.bounds.rules.usual import one_of
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.syntax import term as t


def if_(analysis: Analysis, choice: t.If, env: Environment) -> AbstractResult:
    """The conditions one after the other, each where those before it failed, then one of the branches."""
    here = GuardedBranch(env, analysis.facts)
    left = [here]
    waited = ZERO
    ways: list[tuple[Span, Callable[[], AbstractResult]]] = []
    for condition, then in choice.branches:
        with analysis.knowing(here.facts):
            value, chain = analysis.sized(condition, here.env)
        waited = waited + chain
        known = value.value if isinstance(value, AbstractBool) else None
        if known is not False:
            taken = [here] if known else analysis.guard.ways(condition, True, here)
            ways += [(then.span, partial(analysis.in_branch, branch, then)) for branch in taken]
        if known:
            break
        if known is None:
            left = analysis.guard.ways(condition, False, here)
            here = analysis.guard.refined(condition, False, here)
    else:
        ways += [(choice.otherwise.span, partial(analysis.in_branch, branch, choice.otherwise)) for branch in left]
    result = one_of(analysis, choice.span, ways, *(condition for condition, _ in choice.branches))
    return AbstractResult(result.value, waited + result.chain)


def match(analysis: Analysis, term: t.Match, env: Environment) -> AbstractResult:
    """One of the arms; the real one where staging knows the subject."""
    value, chain = analysis.term(term.subject, env)
    arm = analysis.staging.arm(term, value)
    if arm is not None:
        body, bound = arm
        result = analysis.in_branch(GuardedBranch({**env, **bound}, analysis.facts_without(bound)), body)
        return AbstractResult(result.value, chain + result.chain)
    value = seen(value)
    ways: list[tuple[Span, Callable[[], AbstractResult]]] = []
    for arm_ in term.arms:
        bound = {}
        if isinstance(arm_.pattern, t.SomePattern):
            if not isinstance(value, AbstractOption) or value.inner is None:
                continue
            bound = {arm_.pattern.name: value.inner} if arm_.pattern.name else {}
        branch = GuardedBranch({**env, **bound}, analysis.facts_without(bound))
        ways.append((arm_.body.span, partial(analysis.in_branch, branch, arm_.body)))
    result = one_of(analysis, term.span, ways, term.subject)
    return AbstractResult(result.value, chain + result.chain)
