"""A strategy that is given by path: read, checked as it is written, then instantiated for the inputs at hand.

Owns both steps. Promises that a mistake is reported at its place in the file, before a model is asked. Refuses a program that needs more
than `context` and `query`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.check import Checked, check
from lambda_rlm.inputs import Inputs
from lambda_rlm.inputs.files import program_text
from lambda_rlm.plan.plan import plan
from lambda_rlm.plan.strategy import Route
from lambda_rlm.plan.strategy_file import StrategyFile, is_path
from lambda_rlm.types.hosted import HostFunction
from lambda_rlm.types.type import TEXT, Type


def own_strategy(task: str | None, functions: Iterable[HostFunction] = ()) -> StrategyFile | None:
    """The strategy that a task names by its path; None for a task of the standard library, and for none. Raises `InputProblem` where
    the file cannot be read, `Rejected` where its program has mistakes."""
    if task is None or not is_path(task):
        return None
    path = Path(task)
    source = SourceFile(path.name, program_text(path))
    checked = check(source, {"context": TEXT}, primitives=functions)
    if checked.typed is None:
        raise Rejected(source, checked.diagnostics)
    return StrategyFile(source, checked.typed.type)


def own_program(route: Route, own: StrategyFile, given: Inputs, returns: Type | None) -> SourceFile:
    """The program of such a strategy for the inputs at hand. Raises `Rejected` where it does not fit them."""
    source, checked = _planned(route, own, given, returns, reads_forms=True)
    if not checked.ok:
        # Its `documents` or `items` are something else than those of the standard library, which the inputs could stand in for.
        source, checked = _planned(route, own, given, returns, reads_forms=False)
    if not checked.ok:
        raise Rejected(source, checked.diagnostics)
    return source


def _planned(
    route: Route, own: StrategyFile, given: Inputs, returns: Type | None, *, reads_forms: bool
) -> tuple[SourceFile, Checked]:
    text = plan(route, given.types, returns, reads_forms=reads_forms)
    source = SourceFile(own.source.name, text)
    return source, check(source, given.types, primitives=given.functions)
