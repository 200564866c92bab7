"""`ask` and `run`: from arguments to an answer.

Owns how a run is shown: progress while it goes on, the answer, one line of figures, and the JSON object.
"""

from __future__ import annotations

import json as json_text
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from lambda_rlm.cli import exits
from lambda_rlm.cli.display import screen
from lambda_rlm.cli.display.approval import Approval
from lambda_rlm.cli.exits import UsageProblem
from lambda_rlm.cli.session import Begun, recording
from lambda_rlm.cli.settings import Settings, settings
from lambda_rlm.cli.start_up import loaded
from lambda_rlm.completion import NO_USAGE, Model
from lambda_rlm.diagnostics.diagnostic import Diagnostic, Rejected
from lambda_rlm.diagnostics.render import as_json, fault_parts
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.events import RunFinished, Tracer
from lambda_rlm.execution.as_json import run_json
from lambda_rlm.execution.blocking import blocking, closing
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import NOBODY, Declined, OnBound, Options, Run, execute
from lambda_rlm.inputs import from_arguments
from lambda_rlm.inputs.files import program_from_standard_input, program_text
from lambda_rlm.journal.session import RunRecording
from lambda_rlm.llm.connect import connect, default_model
from lambda_rlm.llm.wrappers.limiter import Limiters
from lambda_rlm.plan.strategy_file import is_path
from lambda_rlm.trace.jsonl import JsonLines
from lambda_rlm.trace.progress import Both, Progress
from lambda_rlm.trace.summary import dollars, summary
from lambda_rlm.types.type import Effect

if TYPE_CHECKING:
    from lambda_rlm.llm.wrappers.cache import ReplyStore
    from lambda_rlm.plan.strategy import Choice
    from lambda_rlm.synth.report import Synthesis

_ADVICE: Final = (
    "this is the program that was about to answer the question; allow it more, give it less to read, "
    "or ask a model with a longer window or a lower price"
)

_NO_INPUTS: Final = "the program was given no input: name a file (it is `context`), a folder, or NAME=PATH after the program"
_UNKNOWN_NAME: Final = "E0202"


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How a run is shown and allowed: a file for its trace, JSON instead of text, the hash that was approved."""

    trace: str | None = None
    json: bool = False
    approved: str | None = None
    listener: Tracer | None = None


Job = Callable[[Model, Model, Tracer, OnBound, Options], Coroutine[Any, Any, Run]]
"""What is done with the model that answers and the one that writes programs."""


def ask(query: str, arguments: Sequence[str], options: Mapping[str, Any], how: How) -> int:
    """The exit code of `ask`."""
    chosen = settings(options)
    asked = question(query)
    if chosen.task is not None and is_path(chosen.task):
        from lambda_rlm.answering.own_strategy import own_strategy

        own_strategy(chosen.task)  # what is wrong with it is reported before anything is read, written or asked
    inputs = from_arguments(arguments, chosen.reading())
    return _asked(Begun(kind="ask", query=asked, arguments=tuple(arguments), inputs=inputs), chosen, how)


def question(query: str, example: str = 'lambda-rlm ask "Who did it?" book.txt') -> str:
    """The question of a person; raises `UsageProblem` for one that is empty."""
    if not query.strip():
        raise UsageProblem("the question is empty", example)
    return query


def _asked(begun: Begun, chosen: Settings, how: How) -> int:
    from lambda_rlm.answering import ask as routes  # which loads all that writes and plans programs; `run` begins without it

    budget, writing, routing = chosen.budget(), chosen.writing(), chosen.routing()
    if how.approved is not None:
        _only_one_program(chosen)
        routing = replace(routing, detects=False, escalates=False, takes_over=False)

    async def job(model: Model, root: Model, tracer: Tracer, on_bound: OnBound, options: Options) -> Run:
        return await routes.ask(
            begun.query,
            begun.inputs,
            model,
            budget,
            choice=cast("Choice", chosen.strategy),
            task=chosen.task,
            routing=routing,
            options=options,
            tracer=tracer,
            on_bound=on_bound,
            root=root,
            writing=writing,
            returns=begun.returns,
            taken=begun.taken(),
        )

    return _run(job, begun, chosen, how, advice=_ADVICE)


def _only_one_program(chosen: Settings) -> None:
    """A hash stands for one program: another, in a later round or beside it, would end a run that is already paid for in part."""
    for name, number in (("rounds", chosen.rounds), ("candidates", chosen.candidates)):
        if number > 1 and chosen.strategy in ("auto", "synth"):
            raise UsageProblem(
                f"--approved allows one program, and with --{name} {number} others may be written and run",
                f"say --{name} 1, or --approve, which asks before each program",
            )


def run(program: str, arguments: Sequence[str], query: str, options: Mapping[str, Any], how: How) -> int:
    """The exit code of `run`."""
    chosen = settings(options)
    source = program_file(program)
    inputs = from_arguments(arguments, chosen.reading())
    given = tuple(arguments)
    begun = Begun(kind="run", query=query, arguments=given, inputs=inputs, program=source.text, program_name=source.name)
    return _executed(begun, chosen, how)


def again(begun: Begun, chosen: Settings, how: How) -> int:
    """The exit code of a run that goes on, or is replayed."""
    return _asked(begun, chosen, how) if begun.kind == "ask" else _executed(begun, chosen, how)


def _executed(begun: Begun, chosen: Settings, how: How) -> int:
    budget, writing, inputs = chosen.budget(), chosen.writing(), begun.inputs.with_query(begun.query)
    checked = check(SourceFile(begun.program_name or "program", begun.program or ""), inputs.types)
    if not checked.ok:
        is_without = not begun.inputs.values and any(d.code == _UNKNOWN_NAME for d in checked.diagnostics)
        return rejected(checked.diagnostics, checked.source, how.json, _NO_INPUTS if is_without else None)
    if not how.json:
        screen.show_diagnostics(checked.diagnostics, checked.source)

    async def job(model: Model, root: Model, tracer: Tracer, on_bound: OnBound, options: Options) -> Run:
        admitted = checked.admit(budget, model.profile)
        if chosen.root_model:
            from lambda_rlm.answering.sub_model import with_solver

            options = with_solver(options, model, root, writing, tracer)
        done = await execute(admitted, inputs.values, model, options=options, tracer=tracer, on_bound=on_bound)
        return replace(done, notes=inputs.notes)

    is_pure = checked.typed is not None and checked.typed.effect is Effect.PURE
    model = NOBODY if is_pure and chosen.model is None else None
    return _run(job, begun, chosen, how, model, checked.diagnostics)


def program_file(path: str) -> SourceFile:
    """The program in a file, or on standard input for `-`; raises `InputProblem`."""
    return (
        SourceFile("standard input", program_from_standard_input())
        if path == "-"
        else SourceFile(path, program_text(Path(path)))
    )


def rejected(mistakes: Sequence[Diagnostic], source: SourceFile, json: bool, advice: str | None = None) -> int:
    """Tell what is wrong with a program, and what to do beside changing it."""
    if json:
        found: dict[str, Any] = {
            "ok": False,
            "answer": None,
            "diagnostics": [as_json(d, source) for d in mistakes],
            "fault": None,
        }
        if advice is not None:
            found |= {"program": source.text, "error": {"message": mistakes[0].message, "hint": advice}}
        screen.answer(json_text.dumps(found, ensure_ascii=False))
    else:
        screen.show_diagnostics(mistakes, source)
        if advice is not None:
            screen.write([("hint", "hint"), (f": {advice}\n", "plain")])
    return exits.REJECTED


def _options(begun: Begun, chosen: Settings, run: str) -> Options:
    options = Options(is_strict=chosen.strict, seed=chosen.seed, out=chosen.out, accuracy=chosen.accuracy(), run=run)
    if begun.before is None:
        return options
    past = begun.before.past
    spent, raised = NO_USAGE if begun.is_replay else past.spent, begun.before.raised(chosen.budget())
    return replace(options, autos=past.autos, spent=spent, raised=raised)


def _run(
    job: Job,
    begun: Begun,
    chosen: Settings,
    how: How,
    model: Model | None = None,
    warnings: Sequence[Diagnostic] = (),
    advice: str | None = None,
) -> int:
    """Connect unless there is a model, run with the listeners, show what came of it."""
    loaded()
    if not how.json:
        for note in begun.inputs.notes:
            screen.say(f"note: {note}", "dim")
    progress = Progress()
    approval = Approval(is_asked=chosen.approve, hash=how.approved, json=how.json)
    record: RunRecording | None = None
    try:
        asked = chosen if model is not None else replace(chosen, model=chosen.model or default_model())
        with recording(begun, asked) as record, ExitStack() as stack:
            options = _options(begun, chosen, record.id)
            listeners = [progress, record.entry, how.listener, stack.enter_context(_trace(how.trace)) if how.trace else None]
            tracer = Both(tuple(listener for listener in listeners if listener is not None))
            approval.pause = nullcontext if how.json else stack.enter_context(screen.live(progress))
            try:
                done = blocking(lambda: _connected(job, begun, chosen, record, tracer, approval, model, options))
            finally:
                exits.no_more_interruptions()  # what there is to tell and to write is told and written, once
            record.finish(done)
    except KeyboardInterrupt:
        return _interrupted(progress, how.json, record)
    except Rejected as refused:
        return rejected(refused.diagnostics, refused.source, how.json, advice)
    except Declined:
        return _declined(how.json)
    code = _show(done, how.json, warnings, record.can_go_on)
    if not how.json:
        _say_how_it_was_routed(done, begun.inputs.notes)
    return code


def _declined(json: bool) -> int:
    message = "not approved; the program was not run"
    if json:
        error = {"message": message, "hint": None}
        screen.answer(json_text.dumps({"ok": False, "answer": None, "error": error, "fault": None, "diagnostics": []}))
    else:
        screen.say(message)
    return exits.REJECTED


async def _connected(
    job: Job,
    begun: Begun,
    chosen: Settings,
    record: RunRecording,
    tracer: Tracer,
    on_bound: OnBound,
    model: Model | None,
    options: Options,
) -> Run:
    """Open the models of a run, which keep to its limits together, and close them."""
    limiters = chosen.limiters()
    async with AsyncExitStack() as stack:
        if model is None:
            model = _model("model", chosen, begun, tracer, limiters)
        stack.push_async_callback(closing, model)
        root = model
        if chosen.root_model:
            root = _model("root_model", chosen, begun, tracer, limiters)
            stack.push_async_callback(closing, root)
        record.asks(model.profile, root.profile)
        done = await job(model, root, tracer, on_bound, options)
        tracer(RunFinished(done))
        return done


def _model(role: str, chosen: Settings, begun: Begun, tracer: Tracer, limiters: Limiters) -> Model:
    """The model that answers, or the one that writes programs; in a run that goes on, one that gives again what was paid for."""

    def opened() -> Model:
        return connect(
            getattr(chosen, role),
            base_url=chosen.base_url,
            tracer=tracer,
            cache=_cache() if chosen.cache and not begun.is_replay else None,
            limiters=limiters,
            hedge=chosen.hedge,
            constrain=chosen.constrain,
        )

    return opened() if begun.before is None else begun.before.model(opened, role, is_replay=begun.is_replay)


def _cache() -> ReplyStore:
    from lambda_rlm.llm.wrappers.cache import ReplyStore

    return ReplyStore(on_trouble=lambda why: screen.say(f"warning: {why}", "warning"))


def _trace(path: str) -> JsonLines:
    try:
        return JsonLines(path)
    except OSError as error:
        raise UsageProblem(f"the trace cannot be written to {path}: {error.strerror or error}") from None


def _show(done: Run, json: bool, warnings: Sequence[Diagnostic], can_go_on: bool) -> int:
    if json:
        screen.answer(json_text.dumps(run_json(done, warnings), ensure_ascii=False))
        return exits.ANSWERED if done.fault is None else exits.FAULTED
    code = exits.ANSWERED
    if done.fault is None:
        screen.answer(done.answer)
    else:
        code = exits.FAULTED
        screen.write(fault_parts(done.fault, done.source))
        if can_go_on:
            screen.say(f"to go on without paying twice: lambda-rlm resume {done.id}", "hint")
    if done.degraded:
        screen.say(f"warning: the answer is degraded: {_missing(done)}", "warning")
    if done.dropped.characters_before_prompts:
        screen.say(
            f"note: {done.dropped.characters_before_prompts:,} characters of the input were cut away before a prompt", "dim"
        )
    spent = done.usage
    if done.synthesis is not None:
        _say_how_it_was_written(done.synthesis, done.ok)
    screen.say(summary(done.route, spent.calls, spent.tokens, spent.seconds, done.bound), "dim")
    return code


def _say_how_it_was_routed(done: Run, said: Sequence[str]) -> None:
    """What was not taken and why, where the task is from: the notes that are not said yet."""
    fallback = None if done.synthesis is None else done.synthesis.fallback
    for note in done.notes:
        is_said = note in said or note == f"{done.route}: {done.reason}" or (fallback is not None and note.endswith(fallback))
        if not is_said:
            screen.say(f"note: {note}", "dim")


def _say_how_it_was_written(found: Synthesis, is_answered: bool) -> None:
    """Why the fixed plan answered, if it did, and what the writing cost beside the run."""
    if found.fallback is not None:
        screen.say(f"warning: the fixed plan {'answered' if is_answered else 'was tried'}: {found.fallback}", "warning")
    for note in found.notes:
        screen.say(f"warning: {note}", "warning")
    fixes = sum(len(attempt.fixes) for attempt in found.attempts)
    mended = f", {fixes:,} {'slip' if fixes == 1 else 'slips'} put right" if fixes else ""
    usage = found.usage
    calls = f"{found.calls:,} {'call' if found.calls == 1 else 'calls'}"
    tokens = f"{usage.input_tokens:,} + {usage.output_tokens:,} tokens"
    screen.say(f"writing · {calls}{mended} · {tokens} · {dollars(usage.cost)}", "dim")
    if found.candidates:
        samples, ran = sum(tried.samples for tried in found.candidates), sum(tried.was_run for tried in found.candidates)
        agreed = "none answered" if found.agreement is None else f"{found.agreement:.0%} of their samples agree"
        programs = f"{len(found.candidates):,} {'program' if len(found.candidates) == 1 else 'programs'}"
        drawn = f"{samples:,} {'sample' if samples == 1 else 'samples'}"
        screen.say(f"candidates · {programs} in {drawn}, {ran:,} run, {agreed}", "dim")


def _missing(done: Run) -> str:
    dropped = done.dropped
    amounts = (
        (dropped.quotes, "quote", "quotes", "not found in the text"),
        (dropped.items, "item", "items", "without a reply"),
        (dropped.or_else, "call", "calls", "answered by or_else"),
        (dropped.replies_cut, "reply", "replies", "cut"),
    )
    return ", ".join(f"{n:,} {one if n == 1 else many} {what}" for n, one, many, what in amounts if n)


def _interrupted(progress: Progress, json: bool, record: RunRecording | None) -> int:
    run_id = None if record is None else record.id
    usage = progress.usage
    if json:
        fault = {"code": None, "message": "interrupted", "span": None}
        spent = {
            "calls": progress.started,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "usd": usage.cost,
        }
        screen.answer(
            json_text.dumps({"ok": False, "answer": None, "run": run_id, "fault": fault, "usage": spent, "diagnostics": []})
        )
    else:
        screen.say("interrupted", "error")
        line = summary("so far", progress.started, usage, progress.seconds)
        screen.say(line, "dim")
        if record is not None and record.can_go_on and progress.started:
            screen.say(f"to go on without paying twice: lambda-rlm resume {run_id}", "hint")
    return exits.INTERRUPTED
