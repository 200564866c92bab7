"""A run of the journal, put together for a reader: its calls as a tree, the slowest, the failed, what went where.

Owns the figures, and the words for a place of a program. Promises that each call is counted once, in the last session that has
it, and that the figures of all together are the usage of the run, that of writing its program included. Draws nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from typing import Any, Final

from lambda_rlm.completion import NO_USAGE, Usage
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.graphemes import begun
from lambda_rlm.journal.records import CallRow, ReplyRow, RunRow, has_reply_to_keep, minus, paid_of, who_of
from lambda_rlm.journal.report.tree import ASKED_AGAIN, REPLIED, RUNNING, SHARED, CallBranch, CallFigures, figures_of, tree
from lambda_rlm.trace.jsonl import usage_json

SLOWEST: Final = 5
MOST_SHOWN: Final = 80
_ASKING: Final = ("llm_", "rlm_")
ROOT: Final = (0, 0)
"""The place of calls that no program makes: those of the root model."""


@dataclass(frozen=True)
class RunReport:
    """`calls` are those that the usage of the run counts, in the order of the data; `again` what earlier sessions paid for
    calls that were asked again, which it counts too; `beside` the calls of earlier sessions that the last one did not come
    to, which it does not. `replies` are all that was paid for, by the digest of the question. `shown` says which parts of
    which input stood in prompts to which model, as disjoint stretches; `sources` are the programs that the run began, by
    their hash, `program` the one that gave the answer or was asked for."""

    run: RunRow
    program: SourceFile
    sources: Mapping[str, SourceFile]
    calls: tuple[CallRow, ...]
    slowest: tuple[CallRow, ...]
    failed: tuple[CallRow, ...]
    unfinished: tuple[CallRow, ...]
    shown: dict[str, dict[str, list[tuple[int, int]]]]
    again: tuple[CallRow, ...] = ()
    beside: tuple[CallRow, ...] = ()
    replies: Mapping[str, ReplyRow] = field(default_factory=dict)

    @cached_property
    def tree(self) -> CallBranch:
        return tree((*self.calls, *self.again), self.place)

    @cached_property
    def by_program(self) -> list[CallRow]:
        """The calls in the order of the places of the program, then of the data; those of the root model first."""
        return sorted(self.calls, key=lambda call: (call.place != ROOT, call.place, call.path, call.call))

    @property
    def figures_beside(self) -> CallFigures:
        """What `beside` came to."""
        return sum(map(figures_of, self.beside), CallFigures())

    @property
    def cited(self) -> dict[str, list[tuple[int, int]]]:
        """The parts of the inputs that the answer was made from."""
        found: dict[str, list[tuple[int, int]]] = {}
        for part in (self.run.outcome or {}).get("citations") or []:
            found.setdefault(part["input"], []).append((part["start"], part["end"]))
        return found

    @property
    def fault_place(self) -> str | None:
        """Where in the program the run faulted: a line, a column and the text there; None where that is not on record."""
        fault = (self.run.outcome or {}).get("fault") or {}
        try:
            start, end = (fault["span"][key]["offset"] for key in ("start", "end"))
            line, column = self.program.line_column(start)
            there = begun(" ".join(self.program.text[start:end].split()), MOST_SHOWN)
        except (LookupError, TypeError, ValueError):
            return None
        return f"line {line}, column {column}: {there}"

    def place(self, call: CallRow) -> str:
        """The place of a call in its program: a line and its text. A sub-model's calls are at the place where its caller asked
        it."""
        own = self.sources.get(call.program)
        start, end = call.place
        is_own = own is not None and own.text[start:end].startswith(_ASKING)
        source = own if own is not None and is_own else self.program
        if call.place == ROOT or end > len(source.text):
            return "the root model"
        line, _ = source.line_column(start)
        return f"line {line}: {begun(' '.join(source.text[start:end].split()), MOST_SHOWN)}"


def report(
    run: RunRow, rows: Sequence[CallRow], programs: Iterable[SourceFile] = (), replies: Sequence[ReplyRow] = ()
) -> RunReport:
    """The report of a run, all its calls, the programs that it began and the replies that were paid for."""
    last = max((row.session for row in rows), default=0)
    calls = latest(rows)
    is_counted = "usage" in (run.outcome or {})
    beside = [row for row in calls if is_counted and row.session < last]
    calls = [row for row in calls if not is_counted or row.session == last]
    asked = [row for row in calls if row.state != SHARED]
    return RunReport(
        run=run,
        program=SourceFile("program", str((run.outcome or {}).get("program") or run.what.get("program") or "")),
        sources={program.digest: program for program in programs},
        calls=tuple(calls),
        slowest=tuple(sorted((r for r in asked if r.seconds is not None), key=lambda r: -(r.seconds or 0))[:SLOWEST]),
        failed=tuple(row for row in asked if row.state not in (REPLIED, RUNNING)),
        unfinished=tuple(row for row in asked if row.state == RUNNING),
        shown=_shown(rows),
        again=tuple(_again((row for row in rows if row.session < last), replies)),
        beside=tuple(beside),
        replies={row.digest: row for row in replies},
    )


def _again(rows: Iterable[CallRow], replies: Iterable[ReplyRow]) -> Iterable[CallRow]:
    """What was paid for calls of earlier sessions that came to nothing, less the replies of them that are given again."""
    kept: dict[Any, Usage] = defaultdict(lambda: NO_USAGE)
    for reply in replies:
        kept[reply.who] += reply.completion.usage
    for row in rows:
        if row.state in (RUNNING, REPLIED, SHARED) or row.usage is None:
            continue
        lost = paid_of(row.usage)
        if has_reply_to_keep(row):
            lost += minus(kept[who_of(row)])
        if lost.attempts or lost.input_tokens or lost.cost != 0:
            yield replace(row, state=ASKED_AGAIN, usage=usage_json(lost))


def latest(rows: Sequence[CallRow]) -> list[CallRow]:
    """The last session's rows for each path and digest, one for each program that asked the same there; in the order of the
    data."""
    found: dict[Any, list[CallRow]] = {}
    for row in sorted(rows, key=lambda row: row.session):
        key = (row.path, row.digest) if row.digest else (row.session, row.call, row.path)
        before = found.get(key, [])
        found[key] = [*(one for one in before if one.session == row.session), row]
    last = max((row.session for row in rows), default=0)
    kept = [row for same in found.values() for row in same if row.session == last or row.state == REPLIED]
    return sorted(kept, key=lambda row: (row.path, row.call))


def _shown(rows: Sequence[CallRow]) -> dict[str, dict[str, list[tuple[int, int]]]]:
    found: dict[str, dict[str, list[tuple[int, int]]]] = {}
    models = {(row.session, row.program, row.call): row.model for row in rows if row.model}
    for row in rows:
        model = row.model or models.get((row.session, row.program, row.call), "")
        for name, start, end in row.shown:
            found.setdefault(model, {}).setdefault(name, []).append((start, end))
    return {model: {name: _union(parts) for name, parts in sorted(inputs.items())} for model, inputs in sorted(found.items())}


def _union(parts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(parts):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
