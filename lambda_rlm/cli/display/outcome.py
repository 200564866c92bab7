"""What came of a run, as a person sees it.

Owns the answer on one stream, with where it comes from below it on a terminal, and on the other what is missing, how it was
written and routed, and one line of figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from lambda_rlm.budget.price import dollars
from lambda_rlm.cli.display import screen
from lambda_rlm.cli.display.streamed import StreamedAnswer
from lambda_rlm.cli.exits import OutputLost
from lambda_rlm.diagnostics.render import fault_parts
from lambda_rlm.evidence.record import Evidence, Match
from lambda_rlm.execution.run import Run
from lambda_rlm.graphemes import begun
from lambda_rlm.trace.summary import summary

if TYPE_CHECKING:
    from lambda_rlm.synth.report import Synthesis

_MOST_SHOWN: Final = 8
_LONGEST_CLAIM: Final = 60
_HOW: Final[Mapping[Match, str]] = {
    "near": " (rounded in the answer)",
    "overlap": " (the passage nearest to it)",
    "counted": " (counted)",
}


def show(
    done: Run,
    is_kept: bool,
    next_step: str | None,
    said: Sequence[str],
    streamed: StreamedAnswer | None = None,
    *,
    has_evidence: bool = False,
) -> None:
    """Show a run; `is_kept` says that the journal has it, `said` are the notes that were printed before; `streamed` has shown
    the answer, or a part of it; with `has_evidence` it is shown where the answer comes from."""
    if done.fault is None:
        rest = done.answer if streamed is None else streamed.rest(done.answer)
        if rest is not None:
            give(rest, done, is_kept)
        if has_evidence:
            screen.below(evidence_lines(done))
    else:
        if streamed is not None:
            streamed.give_up("the run has no answer")
        screen.write(fault_parts(done.fault, done.source))
        if next_step is not None:
            screen.hint(next_step)
    if done.degraded:
        screen.say(f"warning: the answer is degraded: {_missing(done)}", "warning")
    if done.dropped.characters_before_prompts:
        cut = f"{done.dropped.characters_before_prompts:,}"
        screen.say(f"note: the program cut off {cut} characters of the input; no model saw them", "dim")
    spent = done.usage
    if done.synthesis is not None:
        _say_how_it_was_written(done.synthesis, done.ok)
    once = {"shared": spent.shared_calls, "cached": spent.cached_calls}
    screen.say(summary(done.route, spent.calls, spent.tokens, spent.seconds, done.bound, done.likely, **once), "dim")
    _say_how_it_was_routed(done, said)


def evidence_lines(done: Run) -> list[str]:
    """Where the answer comes from, a line for each place, and what has no passage; none where there is nothing to say."""
    by_place: dict[tuple[str, int, int], list[Evidence]] = {}
    for one in done.evidence:
        by_place.setdefault((one.input, one.start, one.end), []).append(one)
    found, is_named = list(by_place.values()), len({one.claim for one in done.evidence}) > 1
    lines = [f"  {_place(some[0])}: {_words(some, is_named=is_named)}" for some in found[:_MOST_SHOWN]]
    if len(found) > _MOST_SHOWN:
        lines.append(f"  and {len(found) - _MOST_SHOWN:,} more (all with --json)")
    notes = done.evidence_notes
    lines += [f"  {note}" for note in notes[:_MOST_SHOWN]]
    if len(notes) > _MOST_SHOWN:
        lines.append(f"  and {len(notes) - _MOST_SHOWN:,} more notes (all with --json)")
    return ["Evidence", *lines] if lines else []


def _place(one: Evidence) -> str:
    """A place as a person looks it up: the file, or the input where it was no file, page, line or row, heading or column."""
    parts = [_bare(one.file or one.input)]
    parts += [f"{what} {number:,}" for what, number in (("page", one.page), ("line", one.line), ("row", one.row)) if number]
    return ", ".join([*parts, *([_bare(one.heading)] if one.heading else [])])


def _words(some: Sequence[Evidence], *, is_named: bool) -> str:
    """The words of a place, and the parts of the answer that they support where it has several."""
    one = some[0]
    claims = "; ".join(dict.fromkeys(_bare(other.claim) for other in some if other.claim != one.words))
    short = claims if len(claims) <= _LONGEST_CLAIM else begun(claims, _LONGEST_CLAIM) + "…"
    return f"“{_bare(one.words)}”{_HOW.get(one.match, '')}{f' ← {short}' if is_named and claims else ''}"


def _bare(text: str) -> str:
    """A text on one line."""
    return " ".join(text.split())


def give(answer: str, done: Run, is_kept: bool) -> None:
    """Print the answer; where it cannot be printed, it is paid for all the same, and the journal has it."""
    try:
        screen.answer(answer)
    except (OutputLost, BrokenPipeError):
        if is_kept:
            screen.hint(f"the answer is in the journal: lambda-rlm show {done.id} --all")
        raise


def _say_how_it_was_routed(done: Run, said: Sequence[str]) -> None:
    """The routes not chosen and why, the source of the task: the notes that are not printed yet."""
    fallback = None if done.synthesis is None else done.synthesis.fallback
    for note in done.notes:
        is_said = note in said or note == f"{done.route}: {done.reason}" or (fallback is not None and note.endswith(fallback))
        if not is_said:
            screen.say(f"note: {note}", "dim")


def _say_how_it_was_written(synthesis: Synthesis, is_answered: bool) -> None:
    """Why a strategy answered as a fallback, if it did, and the cost of writing beside the run."""
    if synthesis.fallback is not None:
        screen.say(
            f"warning: the strategy {'answered' if is_answered else 'was tried'} as a fallback: {synthesis.fallback}", "warning"
        )
    for note in synthesis.notes:
        screen.say(f"warning: {note}", "warning")
    fixes = sum(len(attempt.fixes) for attempt in synthesis.attempts)
    mended = f", {fixes:,} {'mistake' if fixes == 1 else 'mistakes'} fixed" if fixes else ""
    usage = synthesis.usage
    calls = f"{synthesis.calls:,} {'call' if synthesis.calls == 1 else 'calls'}"
    tokens = f"{usage.input_tokens:,} + {usage.output_tokens:,} tokens"
    screen.say(f"writing · {calls}{mended} · {tokens} · {dollars(usage.cost)}", "dim")
    if synthesis.candidates:
        samples, ran = (
            sum(tried.samples for tried in synthesis.candidates),
            sum(tried.was_run for tried in synthesis.candidates),
        )
        agreed = "no sample answered" if synthesis.agreement is None else f"{synthesis.agreement:.0%} of their samples agree"
        programs = f"{len(synthesis.candidates):,} {'program' if len(synthesis.candidates) == 1 else 'programs'}"
        drawn = f"{samples:,} {'sample' if samples == 1 else 'samples'}"
        screen.say(f"candidates · {programs} from {drawn}, {ran:,} run, {agreed}", "dim")


def _missing(done: Run) -> str:
    dropped = done.dropped
    amounts = (
        (dropped.quotes, "quote", "quotes", "not found in the text"),
        (dropped.items, "item", "items", "without a reply"),
        (dropped.or_else, "call", "calls", "answered by or_else"),
        (dropped.replies_cut, "reply", "replies", "cut short"),
        (dropped.prompts_cut, "prompt", "prompts", "cut by the server"),
    )
    return ", ".join(f"{n:,} {one if n == 1 else many} {what}" for n, one, many, what in amounts if n)
