"""`runs`, `show`, `resume` and `replay`: what the journal is for.

Owns how runs are listed and shown. Promises that a run which goes on pays nothing twice and refuses inputs that have changed.
"""

from __future__ import annotations

import json as json_text
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from math import inf
from time import localtime, strftime
from typing import Any, Final, TypeVar

from lambda_rlm.answering.question import Deadline
from lambda_rlm.bounds.figures.two_figures import spent
from lambda_rlm.budget.price import dollars
from lambda_rlm.cli import exits
from lambda_rlm.cli.actions import ask_run
from lambda_rlm.cli.actions.earlier_settings import (
    refuse_recorded_server,
    refuse_without_account,
    refuse_without_key,
    settled,
)
from lambda_rlm.cli.display import comparison, screen, sent, spending
from lambda_rlm.cli.exits import UsageProblem
from lambda_rlm.cli.session import arguments_of, requested
from lambda_rlm.cli.settings import Settings, settings
from lambda_rlm.cli.suggestions import unknown
from lambda_rlm.cli.terms import as_described
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.diagnostics.visible import visible
from lambda_rlm.graphemes import begun
from lambda_rlm.inputs import from_arguments
from lambda_rlm.journal.chain import BEGUN
from lambda_rlm.journal.journal import Journal
from lambda_rlm.journal.records import CallRow, Damaged, RunRow
from lambda_rlm.journal.replay import Comparison
from lambda_rlm.journal.request import Before, RunRequest, before, named_as_before, same_inputs, whole
from lambda_rlm.journal.run_html import is_page, page
from lambda_rlm.journal.run_report import RunReport, report
from lambda_rlm.journal.store import JournalProblem
from lambda_rlm.journal.tree import MOST_BESIDE, lines
from lambda_rlm.private_file import replace as replace_file
from lambda_rlm.types.parse_type import parse_type

T = TypeVar("T")

_MOST_SHOWN: Final = 20
_LONGEST: Final = 2_000
_LISTED: Final = 20
_SHORT: Final = 6
"""Characters at the end of an id that a person can name it by."""


def prune(options: Mapping[str, Any], json: bool) -> int:
    """The exit code of `runs --prune`."""
    chosen = settings(options)
    gone = _read(chosen, lambda journal: journal.prune(chosen.journal_days, shrinks=True))
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
        return spending.show(_read(chosen, lambda journal: spending.spent(journal, journal.runs(most, begun), by)), json)
    if by is not None:
        return comparison.compare(_read(chosen, lambda journal: journal.runs(most, begun)), by, json)
    listed = _LISTED if most is None and since is None else most
    rows = _read(chosen, lambda journal: journal.runs(listed, begun))
    if json:
        screen.answer(json_text.dumps({"runs": [_row_json(row) for row in rows]}, ensure_ascii=False))
        return exits.ANSWERED
    for row in rows:
        usage = (row.outcome or {}).get("usage") or {}
        when = strftime("%Y-%m-%d %H:%M", localtime(row.started))
        calls = usage.get("calls", 0)
        after = "" if (followed := _followed(row)) is None else f" (follows {followed[-_SHORT:]})"
        figures = f"{calls:>6,} {'call ' if calls == 1 else 'calls'}  {_cost(usage.get('usd')):>9}" if usage else " " * 23
        screen.report(f"{row.id}  {when}  {row.state:<11} {_way(row):<10} {figures}  {_title(row)}{after}")
    if not rows:
        screen.say("no runs yet")
    return exits.ANSWERED


def show(
    name: str, options: Mapping[str, Any], html: str | None, json: bool, is_whole: bool = False, is_sent: bool = False
) -> int:
    """The exit code of `show`."""
    details, sessions = _read(settings(options), lambda journal: _report(journal, name))
    if is_sent:
        return sent.show(details, json)
    if html is not None:
        try:
            replace_file(html, page(details).encode("utf-8", "backslashreplace"), is_page)
        except OSError as error:
            raise UsageProblem(f"cannot write the page to {html}: {error.strerror or error}") from None
        screen.say(f"wrote {html}")
    elif json:
        data = {**_row_json(details.run), "what": details.run.what, "outcome": details.run.outcome}
        data |= {"calls": [asdict(row) for row in details.calls], "shown": details.shown, "sessions": sessions}
        screen.answer(json_text.dumps(data, ensure_ascii=False))
    else:
        _print(details, is_whole)
        _print_evidence(details, sessions)
    return exits.ANSWERED


def resume(name: str, arguments: Sequence[str], options: Mapping[str, Any], json: bool) -> int:
    """The exit code of the run as it goes on."""
    here = settings(options)
    earlier = _read(here, lambda journal: before(journal, name))
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
    (earlier, calls), changed = _read(here, lambda journal: _whole(journal, name))
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


def _read(chosen: Settings, job: Callable[[Journal], T]) -> T:
    try:
        with Journal(chosen.journal, is_new=False) as journal:
            return job(journal)
    except JournalProblem as problem:
        raise UsageProblem(problem.message, problem.hint) from None


def _report(journal: Journal, name: str) -> tuple[RunReport, list[dict[str, Any]]]:
    row = journal.run(name)
    if not {"inputs", "settings"} <= row.what.keys():
        raise Damaged(row.id, "a part of it is missing")
    return report(row, journal.calls(row.id), journal.programs(row.id)), journal.sessions(row.id)


def _row_json(row: RunRow) -> dict[str, Any]:
    outcome = row.outcome or {}
    return {
        "run": row.id,
        "started": row.started,
        "ended": row.ended,
        "state": row.state,
        "route": outcome.get("route"),
        "task": outcome.get("task"),
        "split": outcome.get("split"),
        "query": row.what.get("query"),
        "follows": _followed(row),
        "usage": outcome.get("usage"),
        "version": outcome.get("version"),
        "head": row.head or None,
    }


def _way(row: RunRow) -> str:
    return str((row.outcome or {}).get("route") or row.what.get("kind"))


def _title(row: RunRow) -> str:
    title = " ".join(str(row.what.get("query") or row.what.get("program_name") or "").split())
    return title if len(title) <= 60 else begun(title, 59) + "…"


def _followed(row: RunRow) -> str | None:
    """The id of the run that the question of a run follows."""
    found: str | None = (row.what.get("follows") or {}).get("run")
    return found


def _cost(usd: float | None) -> str:
    return "?" if usd is None else "free" if usd == 0 else dollars(usd)


def _print(details: RunReport, is_whole: bool) -> None:
    """A run for a person: what it was, what came of it, where its calls went."""
    run, outcome = details.run, details.run.outcome or {}
    most = None if is_whole else _MOST_SHOWN
    screen.report(f"run {run.id} · {run.state} · {_way(run)} · {strftime('%Y-%m-%d %H:%M:%S', localtime(run.started))}")
    screen.report(_title(run))
    if (followed := _followed(run)) is not None:
        screen.report(f"follows run {followed}")
    for part in run.what["inputs"]:
        seen = (outcome.get("coverage") or {}).get(part["name"])
        share = "" if seen is None else f", {seen:.1%} of it shown"
        size = f"{part['type']}, {part['characters']:,} characters{share}"
        screen.report(f"  {part['name']}: {size}, sha256 {part['sha256'][:12]}…")
    if outcome.get("usage"):
        screen.report(f"  {spent(outcome['usage'], outcome.get('likely'), outcome.get('bound'))}")
    answer = outcome.get("answer")
    if answer is not None:
        screen.report("")
        screen.answer(visible(answer if is_whole or len(answer) <= _LONGEST else begun(answer, _LONGEST) + " …"))
    if outcome.get("fault"):
        screen.report("", f"fault {outcome['fault']['code']}: {outcome['fault']['message']}")
        if outcome["fault"].get("reply"):
            screen.report(f"  the reply begins: {visible(outcome['fault']['reply'])}")
    screen.report("", "calls" if details.calls else "no model calls")
    for line in lines(details.tree, len(details.calls) if is_whole else MOST_BESIDE) if details.calls else ():
        screen.report(f"  {line}")
    _list("slowest", details.slowest, details, most)
    _list("failed", details.failed, details, most)
    _list("started without a reply (may have been charged)", details.unfinished, details, most)
    _print_shown(details, most)
    _print_parts("cited", details.cited, most)


def _print_shown(details: RunReport, most: int | None) -> None:
    """Which provider was shown which parts of the inputs."""
    address = details.run.what["settings"].get("base_url")
    for model, inputs in details.shown.items():
        _print_parts(f"sent to {model}{f' at {address}' if address else ''}", inputs, most)


def _print_parts(title: str, inputs: Mapping[str, Sequence[tuple[int, int]]], most: int | None) -> None:
    left = most
    if inputs:
        screen.report(title)
    for name, parts in inputs.items():
        count = sum(end - start for start, end in parts)
        shown = parts if left is None else parts[:left]
        places = ", ".join(f"{start:,}-{end:,}" for start, end in shown)
        more = f" and {len(parts) - len(shown):,} more (--all)" if len(parts) > len(shown) else ""
        if shown:
            stretches = f"{len(parts):,} {'range' if len(parts) == 1 else 'ranges'}"
            screen.report(f"  {name}: {count:,} characters in {stretches}: {places}{more}")
        left = None if left is None else left - len(shown)
        if left == 0 and name != list(inputs)[-1]:
            screen.report("  and other inputs (--all)")
            return


def _print_evidence(details: RunReport, sessions: Sequence[Mapping[str, Any]]) -> None:
    """Who began the run, who approved of it, which models replied, and the head of its records."""
    for told in sessions:
        what = "begun" if told["what"] == BEGUN else "approved"
        more = f" with λ-RLM {told['version']}" if "version" in told else ""
        more += f": {told.get('hash')} ({told.get('how')})" if what == "approved" else ""
        screen.report(f"session {told.get('session')} {what} by {told.get('user')} on {told.get('host')}{more}")
    served = sorted({call.served for call in details.calls if call.served})
    if served:
        screen.report(f"replied as: {', '.join(served)}")
    if details.run.head:
        screen.report(f"head of its records: {details.run.head}")


def verify(options: Mapping[str, Any], json: bool) -> int:
    """The exit code of `runs --verify`: 0 when all records are those that were written, 2 when not."""
    head, findings, runs = _read(settings(options), lambda journal: journal.verify())
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


def _list(title: str, rows: Sequence[CallRow], details: RunReport, most: int | None) -> None:
    if rows:
        screen.report(title)
    for row in rows[:most]:
        path = ".".join(map(str, row.path)) or "·"
        seconds = "" if row.seconds is None else f"{row.seconds:.2f} s"
        screen.report(f"  {path:<12} {row.state:<9} {seconds:>9}  {details.place(row)}")
    if most is not None and len(rows) > most:
        screen.report(f"  and {len(rows) - most:,} more (--all)")
