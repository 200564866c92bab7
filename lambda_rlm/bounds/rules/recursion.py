"""The rule for recursion: `fix`, level by level.

Owns `fix`. The body is analysed on the sizes of each level, until a level is reached that does not recurse; levels alike in all
sizes are analysed once. Refuses a recursion whose argument may not get shorter, or that may go deeper than allowed: it is
noted, and costs without limit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from lambda_rlm.bounds.analysis import Analysis
from lambda_rlm.bounds.cost import CallSite, Cost, Figures
from lambda_rlm.bounds.domain.abstract import Abstract, AbstractFunction, AbstractResult, changed_names, seen
from lambda_rlm.bounds.domain.guards import Environment
from lambda_rlm.bounds.domain.leaves import length_of, settled, signature
from lambda_rlm.bounds.domain.reply_size import value_of
from lambda_rlm.bounds.domain.size import ONE, UNLIMITED
from lambda_rlm.bounds.names import free_names
from lambda_rlm.syntax import term as t
from lambda_rlm.types.type import Arrow

_ENDLESS: Final = Figures(UNLIMITED, UNLIMITED, UNLIMITED, UNLIMITED)

Memo = dict[object, tuple[AbstractResult, Cost]]


def fix(analysis: Analysis, term: t.Fix, env: Environment) -> AbstractResult:
    return AbstractResult(recursion(analysis, term, env))


def recursion(analysis: Analysis, fix: t.Fix, env: Environment) -> AbstractFunction:
    """The function that a `fix` denotes."""
    facts = analysis.facts_without((fix.name, fix.param.name))
    memo: Memo = {}

    def level(above: float, depth: int) -> AbstractFunction:
        """The recursion as its body sees it: at this depth, on what is shorter than `above`."""

        def apply(argument: Abstract) -> AbstractResult:
            settled_argument = settled(seen(argument))
            length = length_of(settled_argument)
            if length == math.inf or length >= above:
                falls = (
                    "the length of its argument is unknown" if above == math.inf else "the argument does not always get shorter"
                )
                return _endless(analysis, fix, falls)
            if depth > analysis.max_depth:
                return _endless(analysis, fix, f"it may recurse deeper than {analysis.max_depth} levels")
            key = (signature(settled_argument), depth)
            if key not in memo:
                inner = {**env, fix.name: level(length, depth + 1), fix.param.name: settled_argument}
                with analysis.staging.inside(fix.body), analysis.knowing(facts):
                    memo[key] = analysis.measured(lambda: analysis.term(fix.body, inner))
            outcome, cost = memo[key]
            analysis.charge(replace(cost, depth=cost.depth + ONE))
            return outcome

        def changed(change: Callable[[Abstract], Abstract]) -> AbstractFunction:
            with analysis.knowing(()):
                return recursion(analysis, fix, changed_names(env, free_names(fix), change))

        is_outermost = depth == 1
        source, later = (fix, changed) if is_outermost else (None, None)
        return AbstractFunction(apply, source, env, later, analysis.either_from(fix.span))

    return level(math.inf, 1)


def _endless(analysis: Analysis, fix: t.Fix, why: str) -> AbstractResult:
    """What is known of a recursion that is not bounded: its type."""
    analysis.endless[fix.span] = why
    site = CallSite(_ENDLESS, UNLIMITED, UNLIMITED, "")
    analysis.charge(Cost(**_ENDLESS._asdict(), sends=UNLIMITED, prompt=UNLIMITED, depth=UNLIMITED, parts={fix.span: site}))
    arrow = analysis.typed.type_of(fix)
    assert isinstance(arrow, Arrow)
    return AbstractResult(value_of(arrow.result, UNLIMITED), UNLIMITED)
