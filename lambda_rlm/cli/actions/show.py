"""`show`: a run of the journal with its calls, prompts and replies, as text, JSON or a page.

Owns what is read for it, and how prompts are rebuilt: the run is made again over its inputs with the replies on record.
Promises that no model is opened or asked, that nothing is written but the page, and that a run whose prompts cannot be rebuilt
is shown all the same, with the reason.
"""

from __future__ import annotations

import json as json_text
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from lambda_rlm.answering.run_program import run_program
from lambda_rlm.cli import exits
from lambda_rlm.cli.actions import ask_run
from lambda_rlm.cli.actions.earlier_settings import settled
from lambda_rlm.cli.actions.journal import read_journal
from lambda_rlm.cli.display import screen
from lambda_rlm.cli.display.shown import exchanges as texts
from lambda_rlm.cli.display.shown import listed, run, sent
from lambda_rlm.cli.exits import UsageProblem
from lambda_rlm.cli.session import requested
from lambda_rlm.cli.settings import Settings, settings
from lambda_rlm.deadline import Deadline
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.error import LambdaRLMError
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.blocking import blocking
from lambda_rlm.execution.check import check
from lambda_rlm.execution.connections import Connections
from lambda_rlm.inputs import Inputs, from_arguments
from lambda_rlm.journal.journal import Journal
from lambda_rlm.journal.rebuilt import Rebuilding, Rebuilt, read_again, rebuilding
from lambda_rlm.journal.records import Damaged
from lambda_rlm.journal.report.exchange import exchanges
from lambda_rlm.journal.report.linked import linked
from lambda_rlm.journal.report.page import is_page, page
from lambda_rlm.journal.report.run_report import RunReport, report
from lambda_rlm.journal.request import Before, RunRequest, whole
from lambda_rlm.journal.session import RunSession
from lambda_rlm.private_file import replace as replace_file
from lambda_rlm.types.parse_type import parse_type

MOST_READ: Final = 20_000_000
"""Characters of inputs that are read again without being asked for."""

_MOST_SECONDS: Final = 60.0
_CONCURRENCY: Final = 10_000
"""All questions are heard, whatever becomes of the first."""


def show(
    name: str,
    options: Mapping[str, Any],
    html: str | None,
    json: bool,
    is_whole: bool = False,
    is_sent: bool = False,
    is_full: bool = False,
) -> int:
    """The exit code of `show`."""
    here = settings(options)
    details, sessions = read_journal(here, lambda journal: _report(journal, name))
    if is_sent:
        return sent.show(details, json)
    if json and not (is_full or html):
        found = Rebuilt()
    else:
        found = _rebuilt(details, options, here, is_full=is_full)
    if html is not None:
        _write(html, details, found)
    elif json:
        _print_json(details, sessions, found, is_full=is_full)
    else:
        run.head(details, is_whole=is_whole)
        run.evidence(details, is_whole=is_whole)
        run.calls(details, is_whole=is_whole)
        texts.show(exchanges(details, found.prompts), found.troubles, is_all=is_whole, is_full=is_full)
        run.records(details, sessions)
    return exits.ANSWERED


def _write(html: str, details: RunReport, found: Rebuilt) -> None:
    try:
        written = page(details, linked(details, found.prompts, found.inputs, found.troubles))
        replace_file(html, written.encode("utf-8", "backslashreplace"), is_page)
    except OSError as error:
        raise UsageProblem(f"cannot write the page to {html}: {error.strerror or error}") from None
    screen.say(f"wrote {html}")


def _print_json(details: RunReport, sessions: list[dict[str, Any]], found: Rebuilt, *, is_full: bool) -> None:
    data = {**listed.as_json(details.run), "what": details.run.what, "outcome": details.run.outcome}
    more = {id(one.call): one.as_json(is_whole=is_full) for one in exchanges(details, found.prompts)}
    data |= {"calls": [{**asdict(row), **more[id(row)]} for row in details.calls], "shown": details.shown, "sessions": sessions}
    data |= {"figures": asdict(details.tree.figures), "earlier_calls": [asdict(row) for row in details.beside]}
    screen.answer(json_text.dumps({**data, "not_rebuilt": list(found.troubles)}, ensure_ascii=False))


def _report(journal: Journal, name: str) -> tuple[RunReport, list[dict[str, Any]]]:
    row = journal.run(name)
    if not {"inputs", "settings"} <= row.what.keys():
        raise Damaged(row.id, "a part of it is missing")
    return report(row, journal.calls(row.id), journal.programs(row.id), journal.reply_rows(row.id)), journal.sessions(row.id)


def _rebuilt(details: RunReport, options: Mapping[str, Any], here: Settings, *, is_full: bool) -> Rebuilt:
    """The prompts of a run, as far as they can be rebuilt, and why others cannot."""
    if not details.calls:
        return Rebuilt()
    size = sum(part["characters"] for part in details.run.what["inputs"])
    if size > MOST_READ and not is_full:
        return Rebuilt(
            troubles=(f"prompts are not rebuilt, since the inputs are {size:,} characters long (--full rebuilds them)",)
        )
    try:
        return _made_again(details, options, here)
    except Rejected as problem:
        why = problem.diagnostics[0].message if problem.diagnostics else "the program is rejected"
    except (LambdaRLMError, UsageProblem) as problem:
        why = getattr(problem, "message", None) or str(problem)
    except (KeyError, TypeError, ValueError):
        why = "the record does not say what the run was"
    return Rebuilt(troubles=(f"prompts cannot be rebuilt: {why}",))


def _made_again(details: RunReport, options: Mapping[str, Any], here: Settings) -> Rebuilt:
    """The run made again, for its prompts; raises what running a program raises."""
    (earlier, _) = read_journal(here, lambda journal: whole(journal, details.run.id))
    chosen = replace(settled(earlier.row, options, here), concurrency=_CONCURRENCY)
    deadline = Deadline(min(chosen.max_seconds or _MOST_SECONDS, _MOST_SECONDS))
    inputs, found = read_again(earlier.row, lambda arguments: from_arguments(arguments, chosen.reading(deadline.look)))
    wanted = {call.digest for call in details.calls if call.digest}
    again, heard = rebuilding(earlier, wanted)
    try:
        _run(_request(again, inputs, chosen), chosen, deadline)
    except (LambdaRLMError, Rejected, KeyError, TypeError, ValueError) as problem:
        if not found.troubles:
            found = replace(found, troubles=(f"prompts cannot be rebuilt: {getattr(problem, 'message', None) or problem}",))
    missing = len(wanted - heard.prompts.keys())
    count = f"{missing:,} of {len(wanted):,} prompts {'is' if missing == 1 else 'are'} not rebuilt"
    return replace(found, prompts=heard.prompts, troubles=(*found.troubles, *([count] if missing else [])))


def _request(again: Before, inputs: Inputs, chosen: Settings) -> RunRequest:
    """What was asked for, as a request that asks no model."""
    what = again.row.what
    if names := what.get("primitives"):
        raise UsageProblem(f"the run used primitives of a Python program: {', '.join(names)}")
    program = None if what["program"] is None else SourceFile(what["program_name"] or "program", what["program"])
    made = requested(what["query"], inputs, what.get("arguments") or (), chosen, program)
    returns = None if what.get("returns") is None else parse_type(what["returns"])
    asked = replace(made, question=replace(made.question, returns=returns, guide=what.get("guide", "")))
    return replace(asked.as_before(again), is_replay=True)


def _run(request: RunRequest, chosen: Settings, deadline: Deadline) -> None:
    """Make a run again, for who listens to it."""
    assert isinstance(request.before, Rebuilding) and request.before.heard is not None
    session = RunSession(
        request=request,
        setup=ask_run.prepared(chosen, deadline),
        connections=Connections(limiters=chosen.limiters()),
        listeners=(request.before.heard,),
    )

    async def made() -> None:
        async with session.opened(chosen.model, chosen.root_model or None) as setup:
            if request.program is None:
                from lambda_rlm.answering.ask import ask  # which loads all that writes and plans programs

                session.finish(await ask(request.question, setup))
                return
            checked = check(request.program, request.question.bound_inputs.types)
            admitted = checked.admit(setup.budget, setup.leaf.profile)
            session.finish(await run_program(admitted, request.question, setup))

    blocking(made)
