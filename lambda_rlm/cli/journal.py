"""`runs`, `show`, `resume` and `replay`: what the journal is for.

Owns how runs are listed and shown. Promises that a run which goes on pays nothing twice and refuses inputs that have changed.
"""

from __future__ import annotations

import json as json_text
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from time import localtime, strftime
from typing import Any, Final, TypeVar

from lambda_rlm.cli import ask_run, comparison, exits, screen
from lambda_rlm.cli.exits import Usage
from lambda_rlm.cli.recording import Begun, arguments_of, plain_url, same_inputs
from lambda_rlm.cli.settings import Settings, settings
from lambda_rlm.events import CallStarted, Event
from lambda_rlm.inputs import from_arguments
from lambda_rlm.source import SourceFile
from lambda_rlm.trace.journal import CallRow, Journal, Past, RunRow
from lambda_rlm.trace.run_html import page, place
from lambda_rlm.trace.run_report import Report, Site, report
from lambda_rlm.trace.store import JournalProblem
from lambda_rlm.trace.summary import dollars

T = TypeVar("T")

_MOST_SHOWN: Final = 40
_LISTED: Final = 20


def prune(options: Mapping[str, Any], json: bool) -> int:
    """The exit code of `runs --prune`."""
    chosen = settings(options)
    gone = _read(chosen, lambda journal: journal.prune(chosen.journal_days, shrinks=True))
    if json:
        screen.answer(json_text.dumps({"ok": True, "forgotten": gone}))
    else:
        screen.say(f"{gone:,} {'run' if gone == 1 else 'runs'} forgotten, older than {chosen.journal_days:,} days")
    return exits.ANSWERED


def runs(options: Mapping[str, Any], most: int | None, by: str | None, json: bool) -> int:
    """The exit code of `runs`."""
    if by is not None and by not in comparison.KEYS:
        raise Usage(f"runs are compared by {', '.join(comparison.KEYS)}, not by {by!r}")
    chosen = settings(options)
    if by is not None:
        return comparison.compare(_read(chosen, lambda journal: journal.runs(most)), by, json)
    rows = _read(chosen, lambda journal: journal.runs(_LISTED if most is None else most))
    if json:
        screen.answer(json_text.dumps({"runs": [_row_json(row) for row in rows]}, ensure_ascii=False))
        return exits.ANSWERED
    for row in rows:
        usage = (row.outcome or {}).get("usage") or {}
        when = strftime("%Y-%m-%d %H:%M", localtime(row.started))
        figures = f"{usage.get('calls', 0):>6,} calls  {_cost(usage.get('usd')):>9}" if usage else " " * 23
        screen.answer(f"{row.id}  {when}  {row.state:<11} {_way(row):<10} {figures}  {_title(row)}")
    if not rows:
        screen.say("no runs yet")
    return exits.ANSWERED


def show(name: str, options: Mapping[str, Any], html: str | None, json: bool) -> int:
    """The exit code of `show`."""
    found = _read(settings(options), lambda journal: _report(journal, name))
    if html is not None:
        try:
            Path(html).write_text(page(found), encoding="utf-8")
        except OSError as error:
            raise Usage(f"the page cannot be written to {html}: {error.strerror or error}") from None
        screen.say(f"written to {html}")
    elif json:
        data = {**_row_json(found.run), "what": found.run.what, "outcome": found.run.outcome}
        data |= {"calls": [asdict(row) for row in found.calls], "shown": found.shown}
        screen.answer(json_text.dumps(data, ensure_ascii=False))
    else:
        _print(found)
    return exits.ANSWERED


def resume(name: str, arguments: Sequence[str], options: Mapping[str, Any], json: bool) -> int:
    """The exit code of the run as it goes on."""
    row, past = _read(settings(options), lambda journal: _with_past(journal, name))
    if row.state == "answered":
        raise Usage(f"the run {row.id} has its answer", f"lambda-rlm show {row.id}")
    chosen = _as_before(row, options)
    begun = replace(_begun(row, arguments_of(row, arguments)), resumed=row, past=past)
    same_inputs(row, begun.inputs)
    if not json:
        screen.say(f"going on with {row.id}: {len(past.replies):,} replies are there and are not paid again", "dim")
    return ask_run.again(begun, chosen, ask_run.How(json=json))


def replay(name: str, arguments: Sequence[str], options: Mapping[str, Any], json: bool) -> int:
    """The exit code of `replay`: 0 when all is as it was, 2 when not."""
    before, past = _read(settings(options), lambda journal: _with_everything(journal, name))
    row = before.run
    chosen = _as_before(row, options)
    begun = replace(_begun(row, arguments_of(row, arguments)), resumed=row, past=past, is_replay=True)
    same_inputs(row, begun.inputs)
    asked: dict[tuple[int, ...], set[str]] = {}

    def listen(event: Event) -> None:
        if isinstance(event, CallStarted):
            asked.setdefault(event.path, set()).add(event.request.digest)

    code = ask_run.again(begun, chosen, ask_run.How(json=json, listener=listen))
    differences = _differences(before, asked)
    for line in differences[:_MOST_SHOWN]:
        screen.say(line, "error")
    calls = sum(map(len, asked.values()))
    screen.say(f"replayed {calls:,} calls: " + (f"{len(differences):,} differ" if differences else "all as they were"), "dim")
    return exits.FAULTED if differences else code


def _differences(before: Report, asked: Mapping[tuple[int, ...], set[str]]) -> list[str]:
    """What a replay asked otherwise than the run."""
    recorded: dict[tuple[int, ...], set[str]] = {}
    for call in before.calls:
        if call.state != "shared":
            recorded.setdefault(call.path, set()).add(call.digest)
    lines = []
    for path in sorted(recorded.keys() | asked.keys()):
        name = ".".join(map(str, path)) or "·"
        mine, theirs = asked.get(path, set()), recorded.get(path, set())
        if not mine:
            lines.append(f"call {name}: was made and is not")
        elif not theirs:
            lines.append(f"call {name}: is made and was not")
        elif mine != theirs:
            lines.append(f"call {name}: asks something else")
    return lines


def _begun(row: RunRow, arguments: tuple[str, ...]) -> Begun:
    what = row.what
    inputs = from_arguments(arguments)
    return Begun(
        kind=what["kind"],
        query=what["query"],
        arguments=arguments,
        inputs=inputs,
        program=what["program"],
        program_name=what["program_name"],
    )


def _as_before(row: RunRow, options: Mapping[str, Any]) -> Settings:
    """The settings of a run, with what is said now."""
    known = {f.name for f in fields(Settings)}
    before = {key: value for key, value in row.what["settings"].items() if key in known}
    now = {key: value for key, value in options.items() if value is not None}
    here = settings(options)
    if "base_url" not in now and plain_url(here.base_url) == before.get("base_url"):
        now["base_url"] = here.base_url  # with what was not written
    return replace(settings(now), **{**before, **now, "journal": here.journal})


def _read(chosen: Settings, job: Callable[[Journal], T]) -> T:
    try:
        with Journal(chosen.journal, is_new=False) as journal:
            return job(journal)
    except JournalProblem as problem:
        raise Usage(problem.message, problem.hint) from None


def _report(journal: Journal, name: str) -> Report:
    row = journal.run(name)
    return report(row, journal.calls(row.id))


def _with_past(journal: Journal, name: str) -> tuple[RunRow, Past]:
    row = journal.run(name)
    return row, journal.past(row.id)


def _with_everything(journal: Journal, name: str) -> tuple[Report, Past]:
    """A run with all its replies, those of calls that failed included: a replay fails as it did."""
    row = journal.run(name)
    return _report(journal, name), replace(journal.past(row.id), replies=journal.replies(row.id))


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
        "usage": outcome.get("usage"),
    }


def _way(row: RunRow) -> str:
    return str((row.outcome or {}).get("route") or row.what.get("kind"))


def _title(row: RunRow) -> str:
    title = " ".join(str(row.what.get("query") or row.what.get("program_name") or "").split())
    return title if len(title) <= 60 else title[:59] + "…"


def _cost(usd: float | None) -> str:
    return "?" if usd is None else "free" if usd == 0 else dollars(usd)


def _print(found: Report) -> None:
    """A run for a person: what it was, what came of it, where its calls went."""
    run, outcome = found.run, found.run.outcome or {}
    source = SourceFile("program", str(outcome.get("program") or run.what.get("program") or ""))
    screen.answer(f"run {run.id} · {run.state} · {_way(run)} · {strftime('%Y-%m-%d %H:%M:%S', localtime(run.started))}")
    screen.answer(_title(run))
    for part in run.what["inputs"]:
        screen.answer(f"  {part['name']}: {part['type']}, {part['characters']:,} characters, sha256 {part['sha256'][:12]}…")
    answer = outcome.get("answer")
    if answer is not None:
        screen.answer("\n" + (answer if len(answer) <= 2_000 else answer[:2_000] + " …"))
    if outcome.get("fault"):
        screen.answer(f"\nfault {outcome['fault']['code']}: {outcome['fault']['message']}")
    screen.answer("\ncalls by place")
    for site in found.sites:
        screen.answer(_site(site, source))
    _list("slowest", found.slowest, source)
    _list("failed", found.failed, source)
    _list("begun and never answered, perhaps paid", found.unfinished, source)
    for model, inputs in found.shown.items():
        for name, parts in inputs.items():
            count = sum(end - start for start, end in parts)
            screen.answer(f"shown to {model}: {count:,} characters of {name} in {len(parts):,} stretches")
    citations = outcome.get("citations") or []
    for part in citations[:_MOST_SHOWN]:
        screen.answer(f"made from {part['input']} {part['start']:,}-{part['end']:,}")


def _site(site: Site, source: SourceFile) -> str:
    extra = (f", {site.shared:,} shared" if site.shared else "") + (f", {site.failed:,} failed" if site.failed else "")
    tokens = f"{site.input_tokens:,} + {site.output_tokens:,} tokens"
    return (
        f"  {place(site.place, source)}\n    {site.calls:,} calls{extra} · {tokens} · {_cost(site.usd)} · {site.seconds:.1f} s"
    )


def _list(title: str, rows: Sequence[CallRow], source: SourceFile) -> None:
    if rows:
        screen.answer(title)
    for row in rows[:_MOST_SHOWN]:
        path = ".".join(map(str, row.path)) or "·"
        seconds = "" if row.seconds is None else f"{row.seconds:.2f} s"
        screen.answer(f"  {path:<12} {row.state:<9} {seconds:>9}  {place(row.place, source)}")
    if len(rows) > _MOST_SHOWN:
        screen.answer(f"  and {len(rows) - _MOST_SHOWN:,} more")
