"""Questions for tests, with what they are answered with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lambda_rlm.answering import ask as room
from lambda_rlm.answering.question import Question, Setup
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import Model
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs import Inputs
from lambda_rlm.plan.routing_settings import Routing
from lambda_rlm.types.type import Type


async def ask(
    query: str,
    inputs: Inputs,
    model: Model,
    budget: Budget | None = None,
    *,
    task: str | None = None,
    returns: Type | None = None,
    **setup: Any,
) -> Run:
    """The run that answers a question; `setup` as in `Setup`, None for what it has by default."""
    named = {name: value for name, value in setup.items() if value is not None}
    question = Question(query=query, inputs=inputs, returns=returns, task=task)
    return await room.ask(question, Setup(leaf=model, budget=budget or Budget(), **named))


def posed(inputs: Inputs, *, returns: Type | None = None, takes_over: bool = True, **setup: Any) -> tuple[Question, Setup]:
    """The question among these inputs; where a written program stops, the plan takes over or does not."""
    question = Question(query=inputs.values["query"], inputs=inputs, returns=returns)
    return question, replace(Setup(**setup), routing=Routing(takes_over=takes_over))
