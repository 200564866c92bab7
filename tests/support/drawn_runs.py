"""Running drawn programs: from a draw to its `Run`, and what it means for a value to inhabit a type."""

from __future__ import annotations

from typing import Any

import anyio

from lambda_rlm.budget.budget import Budget
from lambda_rlm.execution.check import Checked, check
from lambda_rlm.execution.execute import Options
from lambda_rlm.execution.run import Run
from lambda_rlm.syntax.printing.pretty import pretty
from lambda_rlm.types.type import Con, Enum, Record, Type
from tests.support.oracle import OracleModel
from tests.support.strategies import Drawn
from tests.support.ungated import execute_ungated

BUDGET = {"calls": 400, "fuel": 3_000_000, "memory": 50_000_000, "depth": 64}
LIMITS = {"E0401", "E0402", "E0403", "E0404", "E0405", "E0406", "E0407"}


def checked(drawn: Drawn) -> Checked:
    return check(pretty(drawn.program), drawn.inputs)


def run(drawn: Drawn, model: OracleModel | None = None, **budget: Any) -> Run:
    """The run of a drawn program; a declared fault is in it, anything else passes through."""
    admitted = checked(drawn).admit(Budget(**{**BUDGET, **budget}))
    inputs = {name: plain(value) for name, value in drawn.values.items()}

    async def go() -> Run:
        return await execute_ungated(admitted, inputs, model or OracleModel(), options=Options(key=b"tests"))

    return anyio.run(go)


def outcome(done: Run) -> tuple[Any, ...]:
    """The value, or the code and place of the fault."""
    if done.fault is not None:
        return ("fault", done.fault.code, done.fault.span)
    return ("value", done.value)


def plain(value: Any) -> Any:
    """A value of the reference as plain data: an Option is its value or None."""
    if isinstance(value, tuple):
        return plain(value[0])
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def inhabits(value: Any, type_: Type) -> bool:
    """Plain data is of a type, exactly."""
    match type_:
        case Con("Int"):
            return type(value) is int and -(2**63) <= value < 2**63
        case Con("Float"):
            return type(value) is float and value - value == 0
        case Con("Bool"):
            return type(value) is bool
        case Con("Text" | "Quote"):
            return type(value) is str
        case Enum(labels):
            return value in labels
        case Con("List", (element,)):
            return type(value) is list and all(inhabits(item, element) for item in value)
        case Con("Option", (inner,)):
            return value is None or inhabits(value, inner)
        case Record(fields):
            return (
                type(value) is dict and list(value) == [n for n, _ in fields] and all(inhabits(value[n], t) for n, t in fields)
            )
    return False
