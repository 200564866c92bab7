"""`ask` and `run`: from arguments to an answer.

Owns how a run is shown: progress while it goes on, the answer, one line of figures, and the JSON object.
"""

from __future__ import annotations

import json as json_text
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from lambda_rlm.answering.question import Setup
from lambda_rlm.answering.run_program import run_program
from lambda_rlm.cli import exits
from lambda_rlm.cli.actions.follow_up import continued
from lambda_rlm.cli.display import outcome, screen
from lambda_rlm.cli.display.approval import Approval
from lambda_rlm.cli.display.next_step import after_fault, resuming
from lambda_rlm.cli.display.streamed import StreamedAnswer, for_terminal
from lambda_rlm.cli.exits import UsageProblem
from lambda_rlm.cli.first_contact import Beginning
from lambda_rlm.cli.session import requested
from lambda_rlm.cli.settings import Settings, announced, server, to_be_repeated, usable_account
from lambda_rlm.cli.start_up import loaded
from lambda_rlm.cli.terms import terms
from lambda_rlm.completion import Model
from lambda_rlm.data_class import dataclass
from lambda_rlm.deadline import Deadline
from lambda_rlm.diagnostics.diagnostic import Diagnostic, Rejected
from lambda_rlm.diagnostics.faults import AccountUsedUp
from lambda_rlm.diagnostics.render import as_json
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.events import Tracer
from lambda_rlm.execution.as_json import run_json
from lambda_rlm.execution.blocking import blocking
from lambda_rlm.execution.check import check
from lambda_rlm.execution.connections import Connections
from lambda_rlm.execution.options import NOBODY, Declined, Options
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs import from_arguments
from lambda_rlm.journal.request import RunRequest
from lambda_rlm.journal.session import Keeping, RunSession
from lambda_rlm.journal.store import JournalProblem
from lambda_rlm.llm.connect import default_model
from lambda_rlm.synth.writing import ROUNDS
from lambda_rlm.trace.jsonl import JsonLines
from lambda_rlm.trace.progress import Progress
from lambda_rlm.trace.summary import summary
from lambda_rlm.types.type import Effect

if TYPE_CHECKING:
    from lambda_rlm.plan.router import Choice

_ADVICE: Final = (
    "this program was chosen to answer the question: {}raise its limits, give it fewer inputs, "
    "or use a model with a larger context window or a lower price"
)

_NO_INPUTS: Final = "the program has no input: after the program, name a file (it becomes `context`), a folder, or NAME=PATH"
_UNKNOWN_NAME: Final = "E0202"


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How a run is shown and allowed: a file for its trace, JSON instead of text, the hash that was approved, and what shows
    the answer while it comes."""

    trace: str | None = None
    json: bool = False
    approved: str | None = None
    listener: Tracer | None = None
    streamed: StreamedAnswer | None = None


Job = Callable[[Setup], Awaitable[Run]]
"""What is done once the models are connected."""


def ask(
    begun: Beginning, query: str, arguments: Sequence[str], options: Mapping[str, Any], how: How, follows: str | None = None
) -> int:
    """The exit code of `ask`; `follows` names the run that the question follows."""
    chosen, deadline = begun.chosen, begun.deadline
    if follows is not None:
        request, chosen = continued(follows, query, arguments, options, chosen, deadline)
        chosen, inputs = begun.over(chosen, request.question.inputs)
        return _asked(replace(request, question=replace(request.question, inputs=inputs)), chosen, how, deadline)
    inputs = from_arguments(arguments, chosen.reading(begun.watch()))
    if arguments and inputs.are_blank:
        raise UsageProblem("there is nothing to read: the inputs hold no text", "without inputs, the model answers from memory")
    chosen, inputs = begun.over(chosen, inputs)
    return _asked(requested(query, inputs, arguments, chosen), chosen, how, deadline)


def _asked(request: RunRequest, chosen: Settings, how: How, deadline: Deadline) -> int:
    setup = prepared(chosen, deadline)
    if how.approved is not None:
        _only_one_program(chosen)
        one = replace(setup.writing, rounds=1)
        setup = replace(setup, writing=one, routing=replace(setup.routing, detects=False, escalates=False, takes_over=False))

    async def job(setup: Setup) -> Run:
        from lambda_rlm.answering.ask import ask  # which loads all that writes and plans programs; `run` begins without it

        return await ask(request.question, setup)

    another = "" if chosen.strategy == "auto" else "let a route be chosen that fits (--strategy auto), "
    return _run(job, request, setup, chosen, how, advice=_ADVICE.format(another))


def prepared(chosen: Settings, deadline: Deadline) -> Setup:
    """What a question is answered with, before models are connected; its time runs since its inputs were looked for."""
    return Setup(
        leaf=NOBODY,
        budget=chosen.budget(),
        choice=cast("Choice", chosen.strategy),
        routing=chosen.routing(),
        writing=chosen.writing(),
        options=Options(
            is_strict=chosen.strict,
            seed=chosen.seed,
            out=chosen.out,
            pool=chosen.extra_attempts(),
            accuracy=chosen.accuracy(),
            is_estimated=True,
            started=deadline.started,
        ),
    )


def _only_one_program(chosen: Settings) -> None:
    """A hash stands for one program: another, in a later round or beside it, would end a run that is already paid for in
    part. With the usual number of rounds the first one is the only one."""
    for name, number, usual in (("rounds", chosen.rounds, ROUNDS), ("candidates", chosen.candidates, 1)):
        if number > usual and chosen.strategy in ("auto", "synth"):
            raise UsageProblem(
                f"--approved allows one program, but --{name} {number} may write and run others",
                f"set --{name} 1, or use --approve, which asks before each program",
            )


def run(begun: Beginning, program: SourceFile, query: str, arguments: Sequence[str], how: How) -> int:
    """The exit code of `run`."""
    inputs = from_arguments(arguments, begun.chosen.reading(begun.watch()))
    chosen, inputs = begun.over(begun.chosen, inputs)
    return _executed(requested(query, inputs, arguments, chosen, program), chosen, how, begun.deadline)


def again(request: RunRequest, chosen: Settings, how: How, deadline: Deadline) -> int:
    """The exit code of a run that goes on, or is replayed."""
    done = _asked if request.program is None else _executed
    return done(request, chosen, how, deadline)


def _executed(request: RunRequest, chosen: Settings, how: How, deadline: Deadline) -> int:
    assert request.program is not None
    inputs = request.question.inputs
    checked = check(request.program, request.question.bound_inputs.types)
    if not checked.ok:
        is_without = not inputs.values and any(d.code == _UNKNOWN_NAME for d in checked.diagnostics)
        return rejected(checked.diagnostics, checked.source, how.json, _NO_INPUTS if is_without else None)
    if not how.json:
        screen.show_diagnostics(checked.diagnostics, checked.source)

    async def job(setup: Setup) -> Run:
        run = await run_program(checked.admit(setup.budget, setup.leaf.profile), request.question, setup)
        return replace(run, notes=(*run.usage.notes, *inputs.notes))

    is_pure = checked.typed is not None and checked.typed.effect is Effect.PURE
    model = NOBODY if is_pure and chosen.model is None else None
    return _run(job, request, prepared(chosen, deadline), chosen, how, model, checked.diagnostics)


def rejected(mistakes: Sequence[Diagnostic], source: SourceFile, json: bool, advice: str | None = None) -> int:
    """Report the mistakes of a program, and what to do beside changing it."""
    if json:
        answer: dict[str, Any] = {
            "ok": False,
            "answer": None,
            "diagnostics": [as_json(d, source) for d in mistakes],
            "cost_tree": next((list(d.cost_tree) for d in mistakes if d.cost_tree), None),
            "fault": None,
        }
        if advice is not None:
            answer |= {"program": source.text, "error": {"message": mistakes[0].message, "hint": advice}}
        screen.answer(json_text.dumps(answer, ensure_ascii=False))
    else:
        screen.show_diagnostics(mistakes, source)
        if advice is not None:
            screen.hint(advice)
    return exits.REJECTED


def _run(
    job: Job,
    request: RunRequest,
    setup: Setup,
    chosen: Settings,
    how: How,
    model: Model | None = None,
    warnings: Sequence[Diagnostic] = (),
    advice: str | None = None,
) -> int:
    """Connect unless there is a model, run with the listeners, show what came of it."""
    loaded()
    notes = request.question.inputs.notes
    if not how.json:
        if model is None and not request.is_replay:
            announced(chosen, is_new=request.before is None)
        for note in notes:
            screen.say(f"note: {note}", "dim")
    progress = Progress()
    how = replace(how, streamed=for_terminal(is_wanted=not (how.json or request.is_replay)))
    setup = replace(setup, options=replace(setup.options, is_streamed=how.streamed is not None))
    session: RunSession | None = None
    try:
        session = _session(request, setup, chosen, how, model)
        done = _made(job, session, chosen, how, model, progress)
    except KeyboardInterrupt:
        if how.streamed is not None:
            how.streamed.give_up("the run was interrupted")
        return _interrupted(progress, how.json, session, chosen)
    except JournalProblem as problem:
        raise UsageProblem(problem.message, problem.hint) from None
    except Rejected as refused:
        return rejected(refused.diagnostics, refused.source, how.json, advice)
    except Declined:
        return _declined(how.json)
    _show(done, session, chosen, None if model is not None else server(chosen), how, notes, warnings)
    return exits.ANSWERED if done.fault is None else exits.FAULTED


def _show(
    done: Run,
    session: RunSession,
    chosen: Settings,
    server: str | None,
    how: How,
    notes: Sequence[str],
    warnings: Sequence[Diagnostic],
) -> None:
    is_kept = session.recording is not None and session.recording.can_go_on
    if how.json:
        about = {"server": server, "settings_from": list(chosen.files), "journal": session.journal}
        about["follows"] = session.request.run_followed
        outcome.give(json_text.dumps({**run_json(done, warnings), **about}, ensure_ascii=False), done, is_kept)
        return
    next_step = None
    if done.fault is not None:
        is_paid = is_kept and done.usage.tokens.input_tokens > 0
        code = None if isinstance(done.fault, AccountUsedUp) else done.fault.code
        options = to_be_repeated(chosen) if is_paid else ""
        next_step = after_fault(code, done.id if is_paid else None, chosen.journal, done, options)
    outcome.show(done, is_kept, next_step, notes, how.streamed, has_evidence=chosen.evidence)


def _session(request: RunRequest, setup: Setup, chosen: Settings, how: How, model: Model | None) -> RunSession:
    if model is None:
        request = replace(request, settings={**request.settings, "model": chosen.model or default_model()})
    connections = Connections(
        limiters=chosen.limiters(),
        base_url=chosen.base_url,
        cache=chosen.cache,
        hedge=chosen.hedge,
        constrain=chosen.constrain,
        described=chosen.described(),
        account=None if request.is_replay else usable_account(chosen),
        on_trouble=lambda why: screen.say(f"warning: {why}", "warning"),
    )
    keeping = Keeping(chosen.journal, chosen.journal_days) if chosen.keeps_journal else None
    # After the last call, reporting and recording are not interrupted.
    return RunSession(
        request=request,
        setup=setup,
        connections=connections,
        keeping=keeping,
        on_end=exits.no_more_interruptions,
        is_approved=chosen.approve or how.approved is not None,
    )


def _made(job: Job, session: RunSession, chosen: Settings, how: How, model: Model | None, progress: Progress) -> Run:
    """The run of a session, followed on the screen; trouble with its journal is reported when the screen is free again."""

    def record(hash_: str, by: str) -> None:
        if session.recording is not None:
            session.recording.approved(hash_, by)

    approval = Approval(is_asked=chosen.approve, hash=how.approved, json=how.json, record=record)

    async def run() -> Run:
        async with session.opened(model or chosen.model, chosen.root_model or None) as setup:
            decided = terms(chosen, setup.leaf.profile, None if setup.root is None else setup.root.profile)
            options = replace(setup.options, terms=decided)
            done = await job(replace(setup, on_bound=approval, options=options))
            session.finish(done)
        return done

    trace: JsonLines | None = None
    try:
        with ExitStack() as stack:
            trace = stack.enter_context(_trace(how.trace)) if how.trace else None
            session.listeners = tuple(one for one in (progress, how.listener, trace, how.streamed) if one is not None)
            approval.pause = nullcontext if how.json else stack.enter_context(screen.live(progress))
            if how.streamed is not None:
                how.streamed.pause = approval.pause
            try:
                return blocking(run)
            finally:
                exits.no_more_interruptions()
    finally:
        if session.trouble is not None:
            screen.say(f"warning: {session.trouble}", "warning")
        if trace is not None and trace.trouble is not None:
            screen.say(f"warning: the trace {how.trace} is not whole: {trace.trouble}", "warning")


def _declined(json: bool) -> int:
    message = "not approved: the program was not run"
    if json:
        error = {"message": message, "hint": None}
        screen.answer(json_text.dumps({"ok": False, "answer": None, "error": error, "fault": None, "diagnostics": []}))
    else:
        screen.say(message)
    return exits.REJECTED


def _trace(path: str) -> JsonLines:
    try:
        return JsonLines(path)
    except OSError as error:
        raise UsageProblem(f"cannot write the trace to {path}: {error.strerror or error}") from None


def _interrupted(progress: Progress, json: bool, session: RunSession | None, chosen: Settings) -> int:
    run_id = None if session is None else session.run
    record = None if session is None else session.recording
    usage = progress.usage
    if json:
        fault = {"code": None, "message": "interrupted", "span": None}
        spent = {
            "calls": progress.started,
            "shared_calls": progress.shared,
            "cached_calls": progress.cached,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "usd": usage.cost,
        }
        screen.answer(
            json_text.dumps({"ok": False, "answer": None, "run": run_id, "fault": fault, "usage": spent, "diagnostics": []})
        )
    else:
        screen.say("interrupted", "error")
        shared, cached = progress.shared, progress.cached
        line = summary("so far", progress.started, usage, progress.seconds, shared=shared, cached=cached)
        screen.say(line, "dim")
        if record is not None and record.can_go_on and progress.started and run_id is not None:
            screen.hint(f"to {resuming(run_id, chosen.journal, to_be_repeated(chosen))}")
    return exits.INTERRUPTED
