"""What a program can cost at most, before it runs: abstract interpretation of the typed term over sizes.

Owns `analyse`, the assembly of the rules. Γ maps names to abstract values; a term denotes an abstract value, the longest chain
of model calls it waits for, and a cost that is added to the account. Promises, for every well-typed program and every model:
what the meter counts is at most the bound, component by component. Spends fuel itself: a program that would make the analysis
slow is answered with a diagnostic. Source: the sized types of Hughes, Pareto and Sabry (POPL 1996), with sums over lists as a
second size.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lambda_rlm.bounds.analysis import Analysis, Rule
from lambda_rlm.bounds.domain.guards import Environment
from lambda_rlm.bounds.rates import Rates
from lambda_rlm.bounds.rules.bindings import block, scope, variable
from lambda_rlm.bounds.rules.calls import application, pipe
from lambda_rlm.bounds.rules.choices import if_, match
from lambda_rlm.bounds.rules.data import (
    auto,
    bool_literal,
    list_,
    none_literal,
    number_literal,
    record,
    select,
    template,
    text_literal,
)
from lambda_rlm.bounds.rules.functions import lambda_
from lambda_rlm.bounds.rules.operators import infix, prefix
from lambda_rlm.bounds.rules.recursion import fix
from lambda_rlm.bounds.rules.usual import replied
from lambda_rlm.bounds.staging import Computer
from lambda_rlm.bounds.transfer.hosted import hosted
from lambda_rlm.bounds.transfer.table import TRANSFERS
from lambda_rlm.syntax import term as t
from lambda_rlm.types.typed import Typed

RULES: Final[dict[type, Rule]] = {
    t.IntLit: number_literal,
    t.FloatLit: number_literal,
    t.BoolLit: bool_literal,
    t.TextLit: text_literal,
    t.NoneLit: none_literal,
    t.Auto: auto,
    t.Template: template,
    t.Var: variable,
    t.ListLit: list_,
    t.RecordLit: record,
    t.Select: select,
    t.Lam: lambda_,
    t.App: application,
    t.Pipe: pipe,
    t.Infix: infix,
    t.Prefix: prefix,
    t.If: if_,
    t.Match: match,
    t.Fix: fix,
    t.Block: block,
}


def analyse(
    typed: Typed,
    inputs: Environment,
    rates: Rates,
    autos: Mapping[int, int],
    max_depth: int = 32,
    computer: Computer | None = None,
    *,
    is_usual: bool = False,
) -> Analysis:
    """The analysis of a program on inputs of these sizes; `is_usual` follows one way, the usual one, where a reply decides."""
    analysis = Analysis(typed, rates, autos, max_depth, computer, RULES, TRANSFERS)
    if is_usual:
        analysis.replied = replied(typed)
    program = typed.program
    analysis.outcome = scope(analysis, program.items, program.result, {**hosted(typed.functions), **inputs})
    return analysis
