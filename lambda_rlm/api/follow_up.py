"""A question of a host that follows a run, which is given as a `Run` or by its name in the journal.

Owns `followed_up` and `routed`. Promises that without inputs they are those of the run: the same data where the `Run` holds
it, else its files, read again and refused where they have changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import anyio.to_thread

from lambda_rlm.answering.follow_up import left_by
from lambda_rlm.answering.preview import Decision
from lambda_rlm.api.asked import Asked
from lambda_rlm.api.reading import read_in_thread
from lambda_rlm.api.returns import Returns
from lambda_rlm.api.sessions import HostSettings, decided, given_as, in_session, posed
from lambda_rlm.deadline import Deadline
from lambda_rlm.eval.plain import Unfit
from lambda_rlm.events import Tracer
from lambda_rlm.execution.run import Run, RunOrigin
from lambda_rlm.inputs import Inputs, from_arguments
from lambda_rlm.journal.followed import Followed, followed
from lambda_rlm.journal.journal import Journal
from lambda_rlm.journal.records import RunRow, damage
from lambda_rlm.journal.request import RunRequest, named_as_before, same_inputs
from lambda_rlm.journal.store import JournalProblem
from lambda_rlm.synth.earlier import EarlierQuestion
from lambda_rlm.types.called import calling

_AGAIN = "pass its inputs: follow_up(run, query, NAME=…)"


async def followed_up(settings: HostSettings, run: Run | str, asked: Asked, tracer: Tracer | None) -> Run:
    """The run of a question that follows another. Raises `ValueError` for a run without an answer, `JournalProblem` for one
    that no journal has, `InputProblem` for inputs that have changed."""
    settings, deadline = settings.begun()
    settings, request, returns = await _following(settings, run, asked, deadline)
    return await in_session(settings, request, tracer, returns)


async def routed(settings: HostSettings, asked: Asked, run: Run | str | None = None) -> Decision:
    """Which way a question would go; with a run one that follows it, which raises as `followed_up`. Asks no model."""
    if run is None:
        settings, question, _ = await posed(settings, asked, Deadline(None))
        return await decided(settings, question)
    settings, request, _ = await _following(settings, run, asked, Deadline(None))
    return await decided(settings, request.question)


async def _following(
    settings: HostSettings, run: Run | str, asked: Asked, deadline: Deadline
) -> tuple[HostSettings, RunRequest, Returns | None]:
    """The question as one that follows the run, and the settings by which its inputs were read."""
    settings, question, returns = await posed(settings, asked, deadline)
    before = await anyio.to_thread.run_sync(_followed, settings, run)
    arguments = given_as(asked.given.values)
    if not asked.given.values:
        origin = run.origin if isinstance(run, Run) else None
        if origin is not None and origin.inputs is not None:
            inputs, arguments = origin.inputs.without_answers(), origin.arguments
        elif before.row is not None:
            settings = _reading_as(settings, before.row)
            inputs, arguments = await _read_again(settings, before.row, deadline)
        else:
            raise ValueError(f"run {before.run} does not hold its inputs; {_AGAIN}")
        question = replace(question, inputs=replace(inputs, functions=settings.primitives))
    folder = None if asked.given.values or before.row is None else before.row.what.get("folder")
    return settings, RunRequest(question=question, arguments=arguments, folder=folder).following(before), returns


def _followed(settings: HostSettings, run: Run | str) -> Followed:
    """What the run left; it is looked up in the journal where it is a name, or does not know its question."""
    if not isinstance(run, Run):
        if not isinstance(run, str):
            raise Unfit(f"the run to follow must be a Run or the name of one, not {run!r:.80}")
        return _in_journal(settings, run)
    if run.fault is not None:
        raise ValueError(f"run {run.id} has no answer to continue from: it stopped with {run.fault.code}")
    kept = _kept(settings, run.id)
    if run.origin is None:
        if kept is None:
            raise ValueError(f"run {run.id} does not know its question, and no journal has it")
        return kept
    return replace(kept or Followed(run=run.id, earlier=(), sources=run.origin.sources), earlier=_left(run, run.origin))


def _left(run: Run, origin: RunOrigin) -> tuple[EarlierQuestion, ...]:
    synthesis = run.synthesis
    return left_by(
        run=run.id,
        query=origin.query,
        route=run.route,
        task=run.task,
        program=run.program,
        type_=calling(run.type, run.called),
        value=origin.value,
        is_planned=synthesis is not None and synthesis.fallback is not None,
        has_seen_contents=synthesis is not None and synthesis.peek > 0,
        before=origin.earlier,
    )


def _in_journal(settings: HostSettings, name: str) -> Followed:
    with Journal(settings.place(), is_new=False) as journal:
        return followed(journal, name)


def _kept(settings: HostSettings, run: str) -> Followed | None:
    """What the journal has of an answered run; None where it has none."""
    if settings.journal is False:
        return None
    with ExitStack() as stack:
        try:
            journal = stack.enter_context(Journal(settings.place(), is_new=False))
            is_there = journal.run(run).state == "answered"
        except JournalProblem:
            return None
        return followed(journal, run) if is_there else None


def _reading_as(settings: HostSettings, row: RunRow) -> HostSettings:
    """The settings, with those by which a run of the journal read its inputs."""
    with damage(row.id, "settings"):
        unsaid = settings.unsaid.reading_as(row.what["settings"])
        unsaid.reading()
    return replace(settings, unsaid=unsaid)


async def _read_again(settings: HostSettings, row: RunRow, deadline: Deadline) -> tuple[Inputs, tuple[str, ...]]:
    """The inputs of a run of the journal, read from their files."""
    arguments = tuple(row.what["arguments"])

    def read(given: Mapping[str, Any], watch: Callable[[], object] | None) -> Inputs:
        return from_arguments(given["arguments"], replace(settings.unsaid.reading(watch), formats=settings.formats))

    inputs = await read_in_thread(read, {"arguments": arguments}, deadline)
    inputs = named_as_before(row, inputs)
    same_inputs(row, inputs, _AGAIN)
    return inputs, arguments
