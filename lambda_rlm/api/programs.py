"""Programs of a host, and their runs.

Owns `run` of the package, and the ways from what a host calls a program to a run of it: a source text, a file, what
`check` found, what was admitted. Promises that a program that asks no model needs none.
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import anyio.to_thread

from lambda_rlm.accounts.account import Account
from lambda_rlm.answering.question import Question, Setup
from lambda_rlm.answering.run_program import run_program
from lambda_rlm.api.asked import Given, given
from lambda_rlm.api.own_terms import speaking
from lambda_rlm.api.reading import read_in_thread
from lambda_rlm.api.results import run_in_own_terms
from lambda_rlm.api.sessions import HostSettings, Kept, given_as, in_session, unless_faulted
from lambda_rlm.api.streaming import Listener, heard
from lambda_rlm.bounds.admit import Admitted
from lambda_rlm.completion import Model
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.events import Tracer
from lambda_rlm.execution import check as checking
from lambda_rlm.execution.check import Checked, for_inputs
from lambda_rlm.execution.first_contact import may_ask
from lambda_rlm.execution.options import NOBODY
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs.files import program_text
from lambda_rlm.inputs.reading import Format
from lambda_rlm.journal.request import RunRequest
from lambda_rlm.settings.keys import Tables
from lambda_rlm.types.type import Effect

Program: TypeAlias = "str | Path | Checked | Admitted"
"""A program of a host: its text, its file, or what `check` or `admit` made of it."""


def run(
    program: Admitted,
    inputs: Mapping[str, Any],
    model: str | Model | None = None,
    *,
    query: str = "",
    base_url: str | None = None,
    strict: bool | None = None,
    seed: int | None = None,
    cache: bool | str | Path | None = None,
    hedge: float | None = None,
    pool: int | str | None = None,
    rpm: int | None = None,
    tpm: int | None = None,
    account: Account | None = None,
    journal: Kept = False,
    formats: Iterable[Format] = (),
    model_options: Tables | None = None,
    on_event: Listener | None = None,
) -> Coroutine[Any, Any, Run]:
    """Run an admitted program on inputs of the types it was checked with: `await run(…)`, or `RLM.run` where nothing is
    awaited. Raises `Fault`; `TypeError` at once for a program that is not admitted. `cache` to `model_options` as in `RLM`."""
    if not isinstance(program, Admitted):
        raise TypeError(
            "`run` needs an admitted program, as in run(check(source, inputs).admit(Budget()), inputs), not "
            f"{program!r:.80}; RLM(…).run(source, inputs) checks, admits and runs a text"
        )
    values = given(inputs, {})
    settings = HostSettings.of(
        model=model,
        budget=program.budget,
        base_url=base_url,
        strict=strict,
        seed=seed,
        cache=cache,
        hedge=hedge,
        pool=pool,
        rpm=rpm,
        tpm=tpm,
        account=account,
        journal=journal,
        primitives=tuple(program.typed.functions.values()),
        formats=formats,
        model_options=model_options,
    )
    return ran(settings, program, query, values, on_event)


async def ran(settings: HostSettings, program: Program, query: str, inputs: Given, on_event: Listener | None) -> Run:
    """The run of a program. Raises `Rejected` for one with mistakes or above the budget, `TypeError` for what is no program,
    and `Fault`."""
    with speaking():
        tracer = None if on_event is None else heard(on_event)
        return unless_faulted(run_in_own_terms(await _checked_and_ran(settings, program, query, inputs, tracer)))


async def _checked_and_ran(settings: HostSettings, program: Program, query: str, inputs: Given, tracer: Tracer | None) -> Run:
    if isinstance(program, Checked):
        program = program.admit(settings.limits)
    if isinstance(program, Admitted):
        return await _ran_admitted(settings, program, query, inputs, tracer)
    source = await _source(program)
    settings, deadline = settings.begun(asks=may_ask(source.text))
    is_unnamed, settings = settings.model is None, settings.filled()
    read = await read_in_thread(settings.read, inputs.values, deadline)
    question = Question(query=query, inputs=replace(read, notes=(*inputs.notes, *read.notes), called=inputs.called))
    checked = checking.check(source, question.bound_inputs.types, primitives=settings.primitives)
    if is_unnamed and checked.typed is not None and checked.typed.effect is Effect.PURE:
        settings = replace(settings, model=NOBODY)
    request = RunRequest(question=question, program=source, arguments=given_as(inputs.values))
    return await in_session(settings, request, tracer)


async def _ran_admitted(settings: HostSettings, program: Admitted, query: str, inputs: Given, tracer: Tracer | None) -> Run:
    is_unnamed = settings.model is None
    known = {function.name: function for function in (*settings.primitives, *program.typed.functions.values())}
    settings = replace(settings.filled(), budget=program.budget, primitives=tuple(known.values()))
    if is_unnamed and program.typed.effect is Effect.PURE:
        settings = replace(settings, model=NOBODY)
    settings, deadline = settings.begun(asks=program.typed.effect is not Effect.PURE)
    read = await read_in_thread(settings.read, inputs.values, deadline)
    notes = (*inputs.notes, *read.notes)
    question = Question(query=query, inputs=read)
    admitted = for_inputs(program, question.inputs.types)
    request = RunRequest(question=question, program=admitted.typed.program.source, arguments=given_as(inputs.values))

    async def job(setup: Setup) -> Run:
        done = await run_program(admitted, question, setup)
        return replace(done, notes=(*done.notes, *notes))

    return await in_session(settings, request, tracer, job=job)


async def _source(program: object) -> SourceFile:
    """The source of a program that is given as a text or a file."""
    if isinstance(program, Path):
        return SourceFile(str(program), await anyio.to_thread.run_sync(program_text, program))
    if not isinstance(program, str):
        raise TypeError(f"a program must be a text, a Path, what `check` found or what was admitted, not {program!r:.80}")
    if program.endswith(".lam") and "\n" not in program:
        raise ValueError(f"{program!r:.200} is the path of a program, not its text; write Path({program!r:.200})")
    return SourceFile("program", program)
