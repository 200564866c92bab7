"""A program that somebody gave, run for a question.

Owns `run_program`, which is to a given program what `ask` is to a question alone.
"""

from __future__ import annotations

from dataclasses import replace

from lambda_rlm.answering.question import Question, Setup
from lambda_rlm.bounds.admit import Admitted
from lambda_rlm.budget.budget import Budget
from lambda_rlm.execution.execute import execute
from lambda_rlm.execution.run import Run, located


async def run_program(admitted: Admitted, question: Question, setup: Setup) -> Run:
    """The run of an admitted program; where a root model is named, `rlm_call` is answered too."""
    options = setup.options
    if setup.root is not None:
        from lambda_rlm.answering.sub_model import with_solver  # which loads all that writes programs

        inner = replace(setup, options=replace(options, started=None))
        options = replace(with_solver(inner, question.inputs.functions), started=options.started)
    run = await execute(
        _within(admitted, setup.budget),
        question.bound_inputs.values,
        setup.leaf,
        options=options,
        tracer=setup.tracer,
        on_bound=setup.on_bound,
        resumed=setup.resumed,
    )
    return located(run, question.inputs)


def _within(admitted: Admitted, session: Budget) -> Admitted:
    """The program on no more calls and dollars than its session has: of a limited day there may be less left than the budget
    that it was admitted with. The run admits it again, on its inputs."""
    own = admitted.budget
    left = [usd for usd in (own.usd, session.usd) if usd is not None]
    budget = replace(own, calls=min(own.calls, session.calls), usd=min(left, default=None))
    return admitted if budget == own else replace(admitted, budget=budget)
