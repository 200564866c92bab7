"""Requests of a host program: what it asks for, in the form that the command line and the journal have too.

Owns how inputs, types and limits of a host program become a `RunRequest`, and how its session is run. Promises that the answer is of
the type that the program wants, or a fault.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lambda_rlm.answering.question import Question, Setup
from lambda_rlm.api.returns import Returns, returns_of
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import Model
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.execute import Run
from lambda_rlm.inputs import Inputs
from lambda_rlm.journal.request import Before, RunRequest, absolute_model, same_inputs
from lambda_rlm.journal.session import Keeping, RunSession
from lambda_rlm.llm.failures import BAD_REPLY
from lambda_rlm.types.show import show

Kept = bool | str | Path
"""Whether runs are written to a journal: False, True for the user's own, or a path."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request, and the type that its answer has in the host program; None for plain data."""

    request: RunRequest
    returns: Returns | None = None


def asked_again(
    found: Before, inputs: Inputs, arguments: tuple[str, ...], returns: Any, model: str | Model | None, *, is_replay: bool
) -> Wanted:
    """What was asked for in a run of the journal. Raises `InputProblem` for other inputs, `ValueError` for another model or a run
    that has its answer, `TypeError` for another type."""
    row = found.row
    if row.state == "answered" and not is_replay:
        raise ValueError(f"the run {row.id} has its answer")
    same_inputs(row, inputs)
    model_before = row.what["settings"].get("model")
    if isinstance(model, str) and model_before is not None and absolute_model(model) != model_before:
        raise ValueError(f"the run {row.id} asked {model_before}, and this would ask {model}")
    type_before = row.what.get("returns")
    wanted = None if type_before is None else returns_of(type_before if returns is None else returns)
    if returns is not None and (wanted is None or show(wanted.type) != type_before):
        raise TypeError(f"the run {row.id} was asked for {type_before or 'a plain answer'}, not for {returns!r}")
    text = row.what.get("program")
    question = Question(
        query=row.what["query"],
        inputs=inputs,
        returns=None if wanted is None else wanted.type,
        task=row.what["settings"].get("task"),
    )
    request = RunRequest(
        question=question,
        program=None if text is None else SourceFile(row.what.get("program_name") or "program", text),
        arguments=arguments,
        before=found,
        is_replay=is_replay,
    )
    return Wanted(request, wanted)


def arguments_of(inputs: Mapping[str, Any]) -> tuple[str, ...]:
    """The arguments of a command line that give the same inputs; none where some are no files."""
    paths = tuple(f"{name}={value.absolute()}" for name, value in inputs.items() if isinstance(value, Path))
    return paths if len(paths) == len(inputs) else ()


def limits(budget: Budget) -> dict[str, Any]:
    """A budget in the keys of the command line."""
    named = {f"max_{name}": getattr(budget, name) for name in ("calls", "tokens", "seconds", "depth")}
    return {**named, "max_cost": budget.usd, "concurrency": budget.concurrency, "fuel": budget.fuel, "memory": budget.memory}


def budget_of(limits: Mapping[str, Any]) -> Budget:
    """The budget of such keys."""
    names = ("calls", "tokens", "seconds", "depth", "concurrency", "fuel", "memory")
    keys = {"usd": "max_cost"} | {name: name if name in limits else f"max_{name}" for name in names}
    return Budget(**{name: limits[key] for name, key in keys.items() if key in limits})


def keeping(journal: Kept) -> Keeping | None:
    """Where runs are kept; None for nowhere."""
    return None if journal is False else Keeping(place(journal))


def place(journal: Kept) -> str | Path | None:
    """The file of a journal that is kept; None for the user's own. Raises `ValueError` where none is kept."""
    if journal is False:
        raise ValueError("no journal is kept here: RLM(journal=True), or a path")
    return None if journal is True else journal


async def made(
    session: RunSession,
    model: str | Model | None,
    root: str | Model | None,
    answered: Callable[[Setup], Awaitable[Run]],
    returns: Returns | None = None,
) -> Run:
    """A session, from its beginning to its end; trouble with its journal is logged."""
    try:
        async with session.opened(model, root) as setup:
            plain = await answered(setup)
            run = plain if returns is None else _of_type(plain, returns)
            session.finish(run, replace(run, value=plain.value) if run.ok else run)
        return run
    finally:
        if session.trouble is not None:
            logging.getLogger(__name__).warning(session.trouble)


def _of_type(run: Run, returns: Returns) -> Run:
    """The run with its value as the caller's type has it; one that its validators refuse is a fault."""
    if run.fault is not None:
        return run
    try:
        return replace(run, value=returns.made(run.value))
    except ValueError as error:
        fault = ModelFailure(BAD_REPLY, f"the answer is not what was asked for: {error}")
        fault.usage = run.usage.tokens
        return replace(run, value=None, fault=fault)


@dataclass(frozen=True, slots=True)
class Replayed:
    """A run that was made again without a model, and how its calls differ from those on record."""

    run: Run
    differences: tuple[str, ...]
