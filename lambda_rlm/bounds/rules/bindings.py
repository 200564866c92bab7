"""The rules for names and what binds them: variables, blocks, `let`, `def`."""

from __future__ import annotations

from functools import partial

from lambda_rlm.bounds.analysis import Analysis
from lambda_rlm.bounds.domain.abstract import Abstract, AbstractFunction, AbstractResult
from lambda_rlm.bounds.domain.guards import Environment
from lambda_rlm.bounds.domain.size import SizeBound, largest
from lambda_rlm.bounds.names import waits
from lambda_rlm.bounds.rules.functions import closure
from lambda_rlm.syntax import term as t


def variable(analysis: Analysis, var: t.Var, env: Environment) -> AbstractResult:
    """A local name, an input, or a library function as a value."""
    primitive = analysis.typed.primitive_of(var)
    if primitive is None:
        return AbstractResult(env[var.name])
    either = analysis.either_from(var.span)
    return AbstractResult(AbstractFunction(lambda *arguments: analysis.apply(primitive, var, arguments), either=either))


def block(analysis: Analysis, term: t.Block, env: Environment) -> AbstractResult:
    return scope(analysis, term.items, term.result, env)


def scope(analysis: Analysis, items: tuple[t.Item, ...], result: t.Term, env: Environment) -> AbstractResult:
    """Items, then a result that may use them. Items that do not use each other run at once: a name is ready when what it uses
    is ready and its own chain is over. The result waits for all of them, used or not."""
    ready: dict[str, SizeBound] = {}
    chains: list[SizeBound] = []
    with analysis.knowing(analysis.facts):
        for item in items:
            if isinstance(item, t.TypeDef):
                continue
            bind = partial(let, analysis, item) if isinstance(item, t.Let) else partial(def_, analysis, item)
            value, chain = bind(env, ready)
            analysis.facts = analysis.facts_without((item.name,))
            env = {**env, item.name: value}
            ready = {**ready, item.name: chain}
            chains.append(chain)
        value, own = analysis.term(result, env)
    return AbstractResult(value, largest(chains) + own)


def let(analysis: Analysis, item: t.Let, env: Environment, ready: dict[str, SizeBound]) -> tuple[Abstract, SizeBound]:
    """The value of a `let`, and when it is ready; `ready` says when the names around it are."""
    known = analysis.staging.literal(item.value)
    outcome = analysis.term(item.value, env) if known is None else AbstractResult(known)
    return outcome.value, waits(item.value, ready) + outcome.chain


def def_(analysis: Analysis, item: t.Def, env: Environment, ready: dict[str, SizeBound]) -> tuple[Abstract, SizeBound]:
    """The function of a `def`, and when it is ready."""
    return closure(analysis, item, env), waits(item.body, ready)
