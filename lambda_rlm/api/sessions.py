"""Sessions of runs that a host program makes: what was asked for, and its place in the journal.

Owns `SessionRequest`, in which a new question, one that goes on and one that is replayed look alike, and `recorded`. Promises that the event
loop never waits for the disk, and that a session which ends in an exception or is cancelled is written as such before it leaves.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from lambda_rlm.answering.ask import PastRoute, taken
from lambda_rlm.api.returns import Returns, returns_of
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import NO_USAGE, Model
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.execute import Options, Run
from lambda_rlm.inputs import Inputs
from lambda_rlm.journal.session import Before, RunRecording, absolute_model, begin, described, plain_url, same_inputs
from lambda_rlm.plan.strategy import Choice
from lambda_rlm.synth.writing import Writing
from lambda_rlm.types.show import show

Kept = bool | str | Path
"""Whether runs are written to a journal: False, True for the user's own, or a path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRequest:
    """A question, or with `program` a program, over inputs. `before` is what came of it in earlier sessions; a replay asks nobody."""

    query: str
    inputs: Inputs
    wanted: Returns | None = None
    program: SourceFile | None = None
    task: str | None = None
    strategy: Choice = "auto"
    before: Before | None = None
    is_replay: bool = False

    def taken(self) -> PastRoute | None:
        """The way that the run went before, where it goes on or is replayed."""
        if self.before is None:
            return None
        return taken(self.before.row.what.get("routed"), self.before.program, is_replay=self.is_replay)

    def options(self, options: Options, run: str | None, budget: Budget) -> Options:
        """The options of this session."""
        if self.before is None:
            return replace(options, run=run)
        past, was = self.before.past, self.before.row.what["settings"]
        return replace(
            options,
            run=self.before.row.id,
            autos=past.autos,
            spent=NO_USAGE if self.is_replay else past.spent,
            is_strict=was.get("strict", options.is_strict),
            seed=was.get("seed", options.seed),
            out=was.get("out", options.out),
            raised=self.before.raised(budget),
        )

    def writing(self, writing: Writing) -> Writing:
        """How the root model of this session is asked for programs."""
        was = {} if self.before is None else self.before.row.what["settings"]
        return replace(writing, **{name: was[name] for name in ("rounds", "candidates", "peek") if name in was})

    def remembering(self, opened: Callable[[], Model], role: str) -> Model:
        """The model in a role, which gives again what was paid for in earlier sessions."""
        return opened() if self.before is None else self.before.model(opened, role, is_replay=self.is_replay)


def asked_again(found: Before, inputs: Inputs, returns: Any, model: str | Model | None, *, is_replay: bool) -> SessionRequest:
    """What was asked for in a run of the journal. Raises `InputProblem` for other inputs, `ValueError` for another model or a run
    that has its answer, `TypeError` for another type."""
    row = found.row
    if row.state == "answered" and not is_replay:
        raise ValueError(f"the run {row.id} has its answer")
    same_inputs(row, inputs)
    asked = row.what["settings"].get("model")
    if isinstance(model, str) and asked is not None and absolute_model(model) != asked:
        raise ValueError(f"the run {row.id} asked {asked}, and this would ask {model}")
    before = row.what.get("returns")
    wanted = None if before is None else returns_of(before if returns is None else returns)
    if returns is not None and (wanted is None or show(wanted.type) != before):
        raise TypeError(f"the run {row.id} was asked for {before or 'a plain answer'}, not for {returns!r}")
    text = row.what.get("program")
    program = None if text is None else SourceFile(row.what.get("program_name") or "program", text)
    settings = row.what["settings"]
    return SessionRequest(
        query=row.what["query"],
        inputs=inputs,
        wanted=wanted,
        program=program,
        task=settings.get("task"),
        strategy=settings.get("strategy") or "auto",
        before=found,
        is_replay=is_replay,
    )


def told(
    asked: SessionRequest, given: Mapping[str, Any], settings: Mapping[str, Any], models: Mapping[str, str | Model | None]
) -> dict[str, Any]:
    """What was asked for, as the journal keeps it: in the keys of the command line, which can so go on with it."""
    objects = [model.profile.name for model in models.values() if model is not None and not isinstance(model, str)]
    names = {key: absolute_model(model) if isinstance(model, str) else None for key, model in models.items()}
    paths = [f"{name}={value.absolute()}" for name, value in given.items() if isinstance(value, Path)]
    return {
        "kind": "ask" if asked.program is None else "run",
        "query": asked.query,
        "arguments": paths if len(paths) == len(given) else [],
        "inputs": described(asked.inputs),
        "program": None if asked.program is None else asked.program.text,
        "program_name": None if asked.program is None else asked.program.name,
        "returns": None if asked.wanted is None else show(asked.wanted.type),
        "primitives": [function.name for function in asked.inputs.functions],
        "settings": {**settings, **names, "base_url": plain_url(settings.get("base_url"))},
        **({"model_object": objects[0]} if objects else {}),
    }


def limits(budget: Budget) -> dict[str, Any]:
    """A budget in the keys of the command line."""
    named = {f"max_{name}": getattr(budget, name) for name in ("calls", "tokens", "seconds", "depth")}
    return {**named, "max_cost": budget.usd, "concurrency": budget.concurrency, "fuel": budget.fuel, "memory": budget.memory}


def budget_of(limits: Mapping[str, Any]) -> Budget:
    """The budget of such keys."""
    names = ("calls", "tokens", "seconds", "depth", "concurrency", "fuel", "memory")
    keys = {"usd": "max_cost"} | {name: name if name in limits else f"max_{name}" for name in names}
    return Budget(**{name: limits[key] for name, key in keys.items() if key in limits})


def place(journal: Kept) -> str | Path | None:
    """The file of a journal that is kept; None for the user's own. Raises `ValueError` where none is kept."""
    if journal is False:
        raise ValueError("no journal is kept here: RLM(journal=True), or a path")
    return None if journal is True else journal


@asynccontextmanager
async def recorded(
    journal: Kept, what: Callable[[], Mapping[str, Any]], before: Before | None, url: str | None
) -> AsyncGenerator[_Session]:
    """A session in the journal, where one is kept; only then `what` is made, which goes through all inputs. Raises `JournalProblem` before
    anything is asked."""
    if journal is False:
        yield _Session(None)
        return
    row = None if before is None else before.row
    record = await anyio.to_thread.run_sync(lambda: begin(place(journal), what(), row, url=url))
    try:
        yield _Session(record)
    except BaseException as error:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(record.abandon, error)
        raise
    finally:
        if record.trouble is not None:
            logging.getLogger(__name__).warning(record.trouble)


@dataclass(frozen=True, slots=True)
class _Session:
    record: RunRecording | None

    async def finish(self, done: Run) -> None:
        """Returns when the run is written, or cannot be."""
        if self.record is not None:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self.record.finish, done)


@dataclass(frozen=True, slots=True)
class Replayed:
    """A run that was made again without a model, and how its calls differ from those on record."""

    run: Run
    differences: tuple[str, ...]
