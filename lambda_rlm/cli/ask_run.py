"""`ask` and `run`: from arguments to an answer.

Owns how a run is shown: progress while it goes on, the answer, one line of figures, and the JSON object.
"""

from __future__ import annotations

import json as json_text
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from lambda_rlm import route as routes
from lambda_rlm.checked import check
from lambda_rlm.cli import exits, screen
from lambda_rlm.cli.exits import Usage
from lambda_rlm.cli.settings import Settings, settings
from lambda_rlm.completion import Model
from lambda_rlm.diagnostics import Diagnostic, Rejected
from lambda_rlm.events import Tracer
from lambda_rlm.inputs import Inputs, from_arguments
from lambda_rlm.inputs.files import read_file, read_standard_input
from lambda_rlm.llm.connect import connect
from lambda_rlm.plan.strategy import Choice
from lambda_rlm.render import as_json, fault_json, fault_parts
from lambda_rlm.runtime import NOBODY, Options, Run, blocking, closing, execute
from lambda_rlm.source import SourceFile
from lambda_rlm.trace.jsonl import JsonLines
from lambda_rlm.trace.progress import Both, Progress
from lambda_rlm.trace.summary import summary
from lambda_rlm.types.show import show
from lambda_rlm.types.type import Effect

Job = Callable[[Model, Tracer], Coroutine[Any, Any, Run]]


def ask(query: str, arguments: Sequence[str], options: Mapping[str, Any], trace: str | None, json: bool) -> int:
    """The exit code of `ask`."""
    chosen = settings(options)
    if not query.strip():
        raise Usage("the question is empty", 'lambda-rlm ask "Who did it?" book.txt')
    budget = chosen.budget()
    inputs = from_arguments(arguments)

    async def job(model: Model, tracer: Tracer) -> Run:
        choice = cast("Choice", chosen.strategy)
        return await routes.ask(
            query, inputs, model, budget, choice=choice, task=chosen.task, options=_options(chosen), tracer=tracer
        )

    return _run(job, chosen, inputs, trace, json)


def run(program: str, arguments: Sequence[str], query: str, options: Mapping[str, Any], trace: str | None, json: bool) -> int:
    """The exit code of `run`."""
    chosen = settings(options)
    budget = chosen.budget()
    source = program_file(program)
    inputs = from_arguments(arguments).with_query(query)
    checked = check(source, inputs.types)
    if not checked.ok:
        return rejected(checked.diagnostics, checked.source, json)
    if not json:
        screen.show_diagnostics(checked.diagnostics, checked.source)

    async def job(model: Model, tracer: Tracer) -> Run:
        admitted = checked.admit(budget, model.profile)
        done = await execute(admitted, inputs.values, model, options=_options(chosen), tracer=tracer)
        return replace(done, notes=inputs.notes)

    is_pure = checked.typed is not None and checked.typed.effect is Effect.PURE
    model = NOBODY if is_pure and chosen.model is None else None
    return _run(job, chosen, inputs, trace, json, model, checked.diagnostics)


def program_file(path: str) -> SourceFile:
    """The program in a file, or on standard input for `-`; raises `InputProblem`."""
    return SourceFile("standard input", read_standard_input()) if path == "-" else SourceFile(path, read_file(Path(path)))


def rejected(mistakes: Sequence[Diagnostic], source: SourceFile, json: bool) -> int:
    """Tell what is wrong with a program."""
    if json:
        diagnostics = [as_json(d, source) for d in mistakes]
        screen.answer(
            json_text.dumps({"ok": False, "answer": None, "diagnostics": diagnostics, "fault": None}, ensure_ascii=False)
        )
    else:
        screen.show_diagnostics(mistakes, source)
    return exits.REJECTED


def _options(chosen: Settings) -> Options:
    return Options(is_strict=chosen.strict, seed=chosen.seed)


def _run(
    job: Job,
    chosen: Settings,
    inputs: Inputs,
    trace: str | None,
    json: bool,
    model: Model | None = None,
    warnings: Sequence[Diagnostic] = (),
) -> int:
    """Connect unless there is a model, run with the listeners, show what came of it."""
    if not json:
        for note in inputs.notes:
            screen.say(f"note: {note}", "dim")
    progress = Progress()
    try:
        with ExitStack() as stack:
            tracer: Tracer = Both((progress, stack.enter_context(_trace(trace)))) if trace else progress
            if not json:
                stack.enter_context(screen.live(progress, chosen.max_calls))
            done = blocking(lambda: _connected(job, chosen, tracer, model))
    except KeyboardInterrupt:
        return _interrupted(progress, json)
    except Rejected as refused:
        return rejected(refused.diagnostics, refused.source, json)
    return _show(done, json, warnings)


async def _connected(job: Job, chosen: Settings, tracer: Tracer, model: Model | None) -> Run:
    model = model or connect(chosen.model, base_url=chosen.base_url, tracer=tracer)
    try:
        return await job(model, tracer)
    finally:
        await closing(model)


def _trace(path: str) -> JsonLines:
    try:
        return JsonLines(path)
    except OSError as error:
        raise Usage(f"the trace cannot be written to {path}: {error.strerror or error}") from None


def _show(done: Run, json: bool, warnings: Sequence[Diagnostic]) -> int:
    if json:
        screen.answer(json_text.dumps(run_json(done, warnings), ensure_ascii=False))
        return exits.ANSWERED if done.fault is None else exits.FAULTED
    code = exits.ANSWERED
    if done.fault is None:
        screen.answer(done.answer)
    else:
        code = exits.FAULTED
        screen.write(fault_parts(done.fault, done.source))
    if done.degraded:
        screen.say(f"warning: the answer is degraded: {_missing(done)}", "warning")
    spent = done.usage
    screen.say(summary(done.route, spent.calls, spent.tokens, spent.seconds), "dim")
    return code


def _missing(done: Run) -> str:
    dropped = done.dropped
    amounts = (
        (dropped.quotes, "quote(s) not found in the text"),
        (dropped.items, "item(s) without a reply"),
        (dropped.or_else, "call(s) answered by or_else"),
        (dropped.replies_cut, "reply(s) cut"),
    )
    return ", ".join(f"{n:,} {what}" for n, what in amounts if n)


def _interrupted(progress: Progress, json: bool) -> int:
    usage = progress.usage
    if json:
        fault = {"code": None, "message": "interrupted", "span": None}
        spent = {
            "calls": progress.started,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "usd": usage.cost,
        }
        screen.answer(json_text.dumps({"ok": False, "answer": None, "fault": fault, "usage": spent, "diagnostics": []}))
    else:
        screen.say("interrupted", "error")
        line = summary("so far", progress.started, usage, progress.seconds)
        screen.say(line, "dim")
    return exits.INTERRUPTED


def run_json(done: Run, warnings: Sequence[Diagnostic] = ()) -> dict[str, Any]:
    """A run as the JSON object of `ask` and `run`; `warnings` are those of the program."""
    spent = done.usage
    names = (
        "calls",
        "attempts",
        "cached_calls",
        "failed_calls",
        "span",
        "input_tokens",
        "output_tokens",
        "usd",
        "steps",
        "bytes",
    )
    usage = {name: getattr(spent, name) for name in names}
    dropped = done.dropped
    return {
        "ok": done.ok,
        "answer": done.answer if done.ok else None,
        "value": done.value,
        "type": show(done.type),
        "route": done.route,
        "program": done.program,
        "bound": None if done.bound is None else done.bound.numbers(),
        "usage": {**usage, "seconds": round(spent.seconds, 3), "max_in_flight": spent.max_in_flight},
        "degraded": done.degraded,
        "dropped": {
            "quotes": dropped.quotes,
            "items": dropped.items,
            "or_else": dropped.or_else,
            "replies_cut": dropped.replies_cut,
        },
        "coverage": {name: round(share, 6) for name, share in done.coverage.items()},
        "citations": [{"input": c.input, "start": c.start, "end": c.end} for c in done.citations],
        "coercions": done.coercions,
        "notes": list(done.notes),
        "diagnostics": [as_json(d, done.source) for d in warnings],
        "fault": fault_json(done.fault, done.source) if done.fault is not None else None,
    }
