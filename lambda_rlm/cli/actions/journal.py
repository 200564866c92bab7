"""`runs`, `resume` and `replay`: runs listed, gone on with and made again.

Owns how runs are listed. Promises that a run which goes on pays nothing twice and refuses inputs that have changed.
"""

from __future__ import annotations

import json as json_text
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from math import inf
from time import localtime, strftime
from typing import Any, Final, TypeVar

from lambda_rlm.cli import exits
from lambda_rlm.cli.actions import ask_run
from lambda_rlm.cli.actions.earlier_settings import (
    refuse_recorded_server,
    refuse_without_account,
    refuse_without_key,
    settled,
)
from lambda_rlm.cli.display import comparison, screen, spending
from lambda_rlm.cli.display.shown import listed
from lambda_rlm.cli.exits import UsageProblem
from lambda_rlm.cli.session import arguments_of, requested
from lambda_rlm.cli.settings import Settings, settings
from lambda_rlm.cli.suggestions import unknown
from lambda_rlm.cli.terms import as_described
from lambda_rlm.deadline import Deadline
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.inputs import from_arguments
from lambda_rlm.journal.journal import Journal
from lambda_rlm.journal.records import CallRow
from lambda_rlm.journal.replay import Comparison
from lambda_rlm.journal.request import Before, RunRequest, before, named_as_before, same_inputs, whole
from lambda_rlm.journal.store import JournalProblem
from lambda_rlm.types.parse_type import parse_type

T = TypeVar("T")

_MOST_SHOWN: Final = 20
_LISTED: Final = 20
_SHORT: Final = 6
"""Characters at the end of an id that a person can name it by."""


def prune(options: Mapping[str, Any], json: bool) -> int:
    """The exit code of `runs --prune`."""
    chosen = settings(options)
    gone = read_journal(chosen, lambda journal: journal.prune(chosen.journal_days, shrinks=True))
    if json:
        screen.answer(json_text.dumps({"ok": True, "forgotten": gone}))
    else:
        screen.say(f"{gone:,} {'run' if gone == 1 else 'runs'} deleted, older than {chosen.journal_days:,} days")
    return exits.ANSWERED


def runs(
    options: Mapping[str, Any], most: int | None, by: str | None, json: bool, since: str | None = None, is_sum: bool = False
) -> int:
    """The exit code of `runs`."""
    if by is not None and by not in comparison.KEYS:
        raise unknown("comparison", by, comparison.KEYS)
    begun = -inf if since is None else spending.moment(since)
    chosen = settings(options)
    if is_sum:
        return spending.show(read_journal(chosen, lambda journal: spending.spent(journal, journal.runs(most, begun), by)), json)
    if by is not None:
        return comparison.compare(read_journal(chosen, lambda journal: journal.runs(most, begun)), by, json)
    number = _LISTED if most is None and since is None else most
    rows = read_journal(chosen, lambda journal: journal.runs(number, begun))
    if json:
        screen.answer(json_text.dumps({"runs": [listed.as_json(row) for row in rows]}, ensure_ascii=False))
        return exits.ANSWERED
    for row in rows:
        usage = (row.outcome or {}).get("usage") or {}
        when = strftime("%Y-%m-%d %H:%M", localtime(row.started))
        calls = usage.get("calls", 0)
        after = "" if (followed := listed.followed(row)) is None else f" (follows {followed[-_SHORT:]})"
        figures = f"{calls:>6,} {'call ' if calls == 1 else 'calls'}  {listed.cost(usage.get('usd')):>9}" if usage else " " * 23
        screen.report(f"{row.id}  {when}  {row.state:<11} {listed.way(row):<10} {figures}  {listed.title(row)}{after}")
    if not rows:
        screen.say("no runs yet")
    return exits.ANSWERED


def resume(name: str, arguments: Sequence[str], options: Mapping[str, Any], json: bool) -> int:
    """The exit code of the run as it goes on."""
    here = settings(options)
    earlier = read_journal(here, lambda journal: before(journal, name))
    row = earlier.row
    if row.state == "answered":
        raise UsageProblem(f"the run {row.id} is finished", f"show its answer: lambda-rlm show {row.id}")
    refuse_recorded_server(row, options, here)
    refuse_without_account(row, here)
    chosen = settled(row, options, here)
    refuse_without_key(row, chosen)
    chosen = replace(chosen, approve=chosen.approve or here.approve)
    deadline = Deadline(chosen.max_seconds)
    request = _request(earlier, arguments, chosen, deadline)
    if not json:
        number = len(earlier.past.replies)
        reused = f"{number:,} recorded {'reply is' if number == 1 else 'replies are'} reused at no cost"
        screen.say(f"resuming {row.id}: {reused}", "dim")
        if said := as_described(chosen):
            screen.say(f"as the run or this command describes them: {said}", "dim")
    return ask_run.again(request, chosen, ask_run.How(json=json), deadline)


def replay(name: str, arguments: Sequence[str], options: Mapping[str, Any], json: bool) -> int:
    """The exit code of `replay`: 0 when all is as it was, 2 when not."""
    here = settings(options)
    (earlier, calls), changed = read_journal(here, lambda journal: _whole(journal, name))
    chosen = settled(earlier.row, options, here)
    deadline = Deadline(chosen.max_seconds)
    request = replace(_request(earlier, arguments, chosen, deadline), is_replay=True)
    comparison = Comparison()
    code = ask_run.again(request, chosen, ask_run.How(json=json, listener=comparison), deadline)
    differences = [*changed, *comparison.differences(calls, earlier.past.replies, earlier.row.outcome)]
    for line in differences[:_MOST_SHOWN]:
        screen.say(line, "error")
    screen.say(
        f"replayed {comparison.calls:,} {'call' if comparison.calls == 1 else 'calls'}: "
        + (f"{len(differences):,} differ" if differences else "all match"),
        "dim",
    )
    return exits.FAULTED if differences else code


def _whole(journal: Journal, name: str) -> tuple[tuple[Before, list[CallRow]], list[str]]:
    """A run as it was, and which of its records are not as they were written."""
    found = whole(journal, name)
    return found, [f"on record: {finding}" for finding in journal.changed(found[0].row.id)]


def _request(earlier: Before, now: Sequence[str], chosen: Settings, deadline: Deadline) -> RunRequest:
    """What was asked for, over the same inputs; raises `UsageProblem` and `InputProblem`."""
    what, arguments = earlier.row.what, arguments_of(earlier.row, now)
    inputs = from_arguments(arguments, chosen.reading(deadline.look))
    inputs = inputs if now else named_as_before(earlier.row, inputs)
    same_inputs(earlier.row, inputs)
    if (model := what.get("model_object")) is not None:
        raise UsageProblem(f"the run used {model}, a model object of a Python program", "resume it there: RLM(…).resume(…)")
    if names := what.get("primitives"):
        raise UsageProblem(
            f"the run used primitives of a Python program: {', '.join(names)}",
            "resume it there: RLM(primitives=…).resume(…)",
        )
    text = what["program"]
    program = None if text is None else SourceFile(what["program_name"] or "program", text)
    request = requested(what["query"], inputs, arguments, chosen, program)
    returns = None if what.get("returns") is None else parse_type(what["returns"])
    return replace(request, question=replace(request.question, returns=returns, guide=what.get("guide", ""))).as_before(earlier)


def read_journal(chosen: Settings, job: Callable[[Journal], T]) -> T:
    """What a job finds in the journal of these settings; raises `UsageProblem`."""
    try:
        with Journal(chosen.journal, is_new=False) as journal:
            return job(journal)
    except JournalProblem as problem:
        raise UsageProblem(problem.message, problem.hint) from None


def verify(options: Mapping[str, Any], json: bool) -> int:
    """The exit code of `runs --verify`: 0 when all records are those that were written, 2 when not."""
    head, findings, runs = read_journal(settings(options), lambda journal: journal.verify())
    wrong = len(findings) + sum(len(run.findings) for run in runs)
    if json:
        data = {"ok": not wrong, "head": head or None, "findings": findings, "runs": [asdict(run) for run in runs]}
        screen.answer(json_text.dumps(data, ensure_ascii=False))
        return exits.FAULTED if wrong else exits.ANSWERED
    for finding in findings:
        screen.report(finding)
    for run in runs:
        for finding in run.findings:
            screen.report(f"run {run.run}: {finding}")
    sealed, unsealed = sum(run.records for run in runs), sum(run.unsealed for run in runs)
    more = f", {unsealed:,} without a seal (unfinished, or of an older version)" if unsealed else ""
    screen.say(f"{len(runs):,} runs, {sealed:,} records as written{more}; {wrong:,} findings", "error" if wrong else "dim")
    if head:
        screen.report(f"head {head}")
    return exits.FAULTED if wrong else exits.ANSWERED
