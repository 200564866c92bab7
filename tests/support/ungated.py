"""Runs that are not bounded before they start, so that only the meter stands between a program and its budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambda_rlm.bounds.admit import Admitted
from lambda_rlm.completion import Model
from lambda_rlm.events import Tracer
from lambda_rlm.execution.execute import Execution, Options
from lambda_rlm.execution.run import Run


class Ungated(Execution):
    """An execution with the static gate switched off."""

    def _bound(self, values: Mapping[str, Any]) -> None:
        """Nothing is known before the run."""


async def execute_ungated(
    admitted: Admitted, inputs: Mapping[str, Any], model: Model, *, options: Options | None = None, tracer: Tracer | None = None
) -> Run:
    """`runtime.execute` with the static gate switched off."""
    return await Ungated(admitted, model, options or Options(), tracer).run(inputs)
