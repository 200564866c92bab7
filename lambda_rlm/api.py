"""The library for Python programs.

Owns `RLM`, `run` and the names that the package exports. Promises that a fault leaves as an exception that carries what was
spent, never as an answer. Settings are given as arguments; nothing is read from files or the environment here, except keys that
the providers' own clients look for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambda_rlm.checked import Checked, check
from lambda_rlm.completion import Model
from lambda_rlm.cost.admit import Admitted
from lambda_rlm.cost.budget import Budget
from lambda_rlm.cost.declared import Size
from lambda_rlm.diagnostics import Rejected
from lambda_rlm.faults import Fault
from lambda_rlm.inputs import from_values
from lambda_rlm.llm.connect import connect
from lambda_rlm.plan.strategy import Choice
from lambda_rlm.route import ask
from lambda_rlm.runtime import NOBODY, Options, Run, blocking, closing, execute
from lambda_rlm.types.type import Effect

__all__ = ["RLM", "Budget", "Checked", "Fault", "Rejected", "Run", "Size", "check", "run"]


class RLM:
    """Answers questions about inputs of any length with one model, each run within one budget.

    `model` is a name as on the command line (None: the default) or a `Model`, which is left open.
    """

    def __init__(
        self,
        model: str | Model | None = None,
        *,
        budget: Budget | None = None,
        base_url: str | None = None,
        strategy: Choice = "auto",
        task: str = "search",
        strict: bool = False,
        seed: int = 0,
    ) -> None:
        self.model = model
        self.budget = budget or Budget()
        self.base_url = base_url
        self.strategy: Choice = strategy
        self.task = task
        self.options = Options(is_strict=strict, seed=seed)

    def ask(self, query: str, **inputs: Any) -> Run:
        """The answer to a question about the inputs: texts, plain data, or `Path`s to files and folders. Raises `Fault`."""
        return blocking(lambda: self.aask(query, **inputs))

    async def aask(self, query: str, **inputs: Any) -> Run:
        """`ask` for programs that are asynchronous themselves."""
        given = from_values(inputs)
        model, is_ours = _connected(self.model, self.base_url)
        try:
            done = await ask(query, given, model, self.budget, choice=self.strategy, task=self.task, options=self.options)
        finally:
            if is_ours:
                await closing(model)
        return _answered(done)


async def run(
    program: Admitted,
    inputs: Mapping[str, Any],
    model: str | Model | None = None,
    *,
    query: str = "",
    base_url: str | None = None,
    strict: bool = False,
    seed: int = 0,
) -> Run:
    """Run an admitted program over inputs like those it was checked with; raises `Fault`."""
    given = from_values(inputs).with_query(query)
    if model is None and program.typed.effect is Effect.PURE:
        model = NOBODY
    connected, is_ours = _connected(model, base_url)
    try:
        done = await execute(program, given.values, connected, options=Options(is_strict=strict, seed=seed))
    finally:
        if is_ours:
            await closing(connected)
    return _answered(done)


def _connected(model: str | Model | None, base_url: str | None) -> tuple[Model, bool]:
    """The model that a name means, and whether we opened it."""
    if model is None or isinstance(model, str):
        return connect(model, base_url=base_url), True
    return model, False


def _answered(done: Run) -> Run:
    if done.fault is not None:
        raise done.fault
    return done
