"""A run for a person: what it was, what came of it, where its calls went, and what was sent to whom.

Owns the lines of `show`. Promises a bounded number of them, and that what is left out is counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import localtime, strftime
from typing import Any, Final

from lambda_rlm.bounds.figures.two_figures import spent
from lambda_rlm.budget.price import dollars
from lambda_rlm.cli.display import screen
from lambda_rlm.cli.display.shown.listed import followed, title, way
from lambda_rlm.diagnostics.visible import visible
from lambda_rlm.graphemes import begun
from lambda_rlm.journal.chain import BEGUN
from lambda_rlm.journal.records import CallRow
from lambda_rlm.journal.report.claims import callers, passages_of, where
from lambda_rlm.journal.report.run_report import RunReport
from lambda_rlm.journal.report.tree import MOST_BESIDE, lines
from lambda_rlm.trace.summary import answered_without_asking

MOST_SHOWN: Final = 20
_LONGEST: Final = 2_000
_WORDS: Final = 300
"""Characters of a passage."""


def head(details: RunReport, *, is_whole: bool) -> None:
    """What the run was, what it used and what came of it."""
    run, outcome = details.run, details.run.outcome or {}
    screen.report(f"run {run.id} · {run.state} · {way(run)} · {strftime('%Y-%m-%d %H:%M:%S', localtime(run.started))}")
    screen.report(title(run))
    if (before := followed(run)) is not None:
        screen.report(f"follows run {before}")
    for part in run.what["inputs"]:
        seen = (outcome.get("coverage") or {}).get(part["name"])
        share = "" if seen is None else f", {seen:.1%} of it shown"
        size = f"{part['type']}, {part['characters']:,} characters{share}"
        screen.report(f"  {part['name']}: {size}, sha256 {part['sha256'][:12]}…")
    _print_usage(outcome)
    answer = outcome.get("answer")
    if answer is not None:
        screen.report("")
        screen.answer(visible(answer if is_whole or len(answer) <= _LONGEST else begun(answer, _LONGEST) + " …"))
    if outcome.get("fault"):
        screen.report("", f"fault {outcome['fault']['code']}: {outcome['fault']['message']}")
        if (place := details.fault_place) is not None:
            screen.report(f"  at {place}")
        if outcome["fault"].get("reply"):
            screen.report(f"  the reply begins: {visible(outcome['fault']['reply'])}")


def _print_usage(outcome: Mapping[str, Any]) -> None:
    """What the run used, and what writing its program used beside that."""
    usage = outcome.get("usage")
    if usage:
        once = answered_without_asking(usage.get("shared_calls", 0), usage.get("cached_calls", 0)).replace(", ", " · ")
        tokens = f"{usage['input_tokens']:,} + {usage['output_tokens']:,} tokens" if "input_tokens" in usage else ""
        line = f"{spent(usage, outcome.get('likely'), outcome.get('bound'))}{once}"
        screen.report(f"  {line}{f' · {tokens}' if tokens else ''}")
    written = (outcome.get("synthesis") or {}).get("usage") or {}
    if written.get("calls"):
        calls = f"{written['calls']:,} {'call' if written['calls'] == 1 else 'calls'}"
        tokens = f"{written.get('input_tokens', 0):,} + {written.get('output_tokens', 0):,} tokens"
        screen.report(f"  to write the program: {calls} · {dollars(written.get('usd'))} · {tokens}")


def evidence(details: RunReport, *, is_whole: bool) -> None:
    """Where the answer comes from: each place, its words on one line, and the call that read it; and what has no passage."""
    outcome = details.run.outcome or {}
    passages = passages_of(details, {}) if "evidence" in outcome else []
    notes = outcome.get("evidence_notes") or []
    if not passages and not notes:
        return
    numbers = {id(call): number for number, call in enumerate(details.by_program, 1)}
    shown = passages if is_whole else passages[:MOST_SHOWN]
    screen.report("", "evidence")
    for number, (passage, call) in enumerate(zip(shown, callers(shown, details), strict=True), 1):
        read = "" if call is None else f" · read by call {numbers[id(call)]}"
        screen.report(f"  {number} {where(passage)}{read}")
        if words := " ".join(str(passage.get("words") or "").split())[:_WORDS]:
            screen.report(f"    {words}")
    if len(shown) < len(passages):
        screen.report(f"  and {len(passages) - len(shown):,} more (--all)")
    if notes:
        screen.report(*(f"  {note[:_LONGEST]}" for note in notes))


def calls(details: RunReport, *, is_whole: bool) -> None:
    """The tree of calls, the slow and the odd ones, what was sent to whom, and what the answer was made from."""
    most = None if is_whole else MOST_SHOWN
    screen.report("", "calls" if details.calls else "no model calls")
    for line in lines(details.tree, len(details.calls) if is_whole else MOST_BESIDE) if details.calls else ():
        screen.report(f"  {line}")
    if details.beside:
        screen.report(f"  not counted, since the last session did not come to them: {details.figures_beside.shown}")
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


def _list(title: str, rows: Sequence[CallRow], details: RunReport, most: int | None) -> None:
    if rows:
        screen.report(title)
    for row in rows[:most]:
        path = ".".join(map(str, row.path)) or "·"
        seconds = "" if row.seconds is None else f"{row.seconds:.2f} s"
        screen.report(f"  {path:<12} {row.state:<9} {seconds:>9}  {details.place(row)}")
    if most is not None and len(rows) > most:
        screen.report(f"  and {len(rows) - most:,} more (--all)")


def records(details: RunReport, sessions: Sequence[Mapping[str, Any]]) -> None:
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
