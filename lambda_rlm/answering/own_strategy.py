"""A strategy that is given by path: read, checked as it is written, then instantiated for the inputs at hand.

Owns both steps. Promises that a mistake is reported at its place in the file, before a model is asked. Refuses a program that
needs more than `context` and `query`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.check import check
from lambda_rlm.inputs import Inputs
from lambda_rlm.plan.router import Route
from lambda_rlm.plan.strategy_file import StrategyFile, is_path
from lambda_rlm.types.hosted import HostFunction
from lambda_rlm.types.type import TEXT, Type

if TYPE_CHECKING:
    from lambda_rlm.plan.given import AskedBefore


def own_strategy(task: str | None, functions: Iterable[HostFunction] = ()) -> StrategyFile | None:
    """The strategy that a task names by its path; None for a task of the standard library, and for none. Raises `InputProblem`
    where the file cannot be read, `Rejected` where its program has mistakes."""
    if task is None or not is_path(task):
        return None
    from lambda_rlm.inputs.files import program_text
    from lambda_rlm.plan.given import FORMS
    from lambda_rlm.syntax.term import Let, Var
    from lambda_rlm.types.infer import infer

    path = Path(task)
    source = SourceFile(path.name, program_text(path))
    checked = check(source, {"context": TEXT}, primitives=functions)
    if checked.typed is None:
        raise Rejected(source, checked.diagnostics)
    program, types = checked.typed.program, checked.inputs
    lets = {item.name: item.span for item in program.items if isinstance(item, Let) and item.name in FORMS}
    alone = {name: replace(program, result=Var(span, name)) for name, span in lets.items()}
    forms = {name for name, one in alone.items() if infer(one, types, checked.typed.functions).type == FORMS[name]}
    return StrategyFile(source, checked.typed.type, frozenset(forms))


def own_program(
    route: Route,
    own: StrategyFile,
    given: Inputs,
    returns: Type | None,
    before: AskedBefore | None = None,
    guide: str = "",
) -> SourceFile:
    """The program of such a strategy for the inputs at hand, after what was asked `before`; `guide` as of `plan`. Raises
    `Rejected` where it does not fit them."""
    from lambda_rlm.plan.plan import plan

    source = SourceFile(own.source.name, plan(route, given.without_answers().types, returns, before, guide, given.called))
    checked = check(source, given.types, primitives=given.functions)
    if not checked.ok:
        raise Rejected(source, checked.diagnostics)
    return source
