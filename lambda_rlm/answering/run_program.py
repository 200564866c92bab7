"""A program that somebody gave, run for a question.

Owns `run_program`, which is to a given program what `ask` is to a question alone.
"""

from __future__ import annotations

from dataclasses import replace

from lambda_rlm.answering.question import Question, Setup
from lambda_rlm.bounds.admit import Admitted
from lambda_rlm.execution.execute import execute
from lambda_rlm.execution.run import Run


async def run_program(admitted: Admitted, question: Question, setup: Setup) -> Run:
    """The run of an admitted program; where a root model is named, `rlm_call` is answered too."""
    options = setup.options
    if setup.root is not None:
        from lambda_rlm.answering.sub_model import with_solver  # which loads all that writes programs

        inner = replace(setup, options=replace(options, started=None))
        options = replace(with_solver(inner, question.inputs.functions), started=options.started)
    return await execute(
        admitted,
        question.bound_inputs.values,
        setup.leaf,
        options=options,
        tracer=setup.tracer,
        on_bound=setup.on_bound,
        resumed=setup.resumed,
    )
