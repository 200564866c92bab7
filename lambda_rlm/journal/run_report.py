"""A run of the journal, put together for a reader: its calls as a tree, the slowest, the failed, what went where.

Owns the figures, and the words for a place of a program. Promises that each call is counted once, in the last session that has
it. Draws nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.graphemes import begun
from lambda_rlm.journal.records import CallRow, RunRow
from lambda_rlm.journal.tree import CallBranch, tree

SLOWEST: Final = 5
MOST_SHOWN: Final = 80
_ASKING: Final = ("llm_", "rlm_")
ROOT: Final = (0, 0)
"""The place of calls that no program makes: those of the root model."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """`shown` says which parts of which input stood in prompts to which model, as disjoint stretches; `sources` are the
    programs that the run began, by their hash, `program` the one that gave the answer or was asked for."""

    run: RunRow
    program: SourceFile
    sources: Mapping[str, SourceFile]
    calls: tuple[CallRow, ...]
    slowest: tuple[CallRow, ...]
    failed: tuple[CallRow, ...]
    unfinished: tuple[CallRow, ...]
    shown: dict[str, dict[str, list[tuple[int, int]]]]

    @property
    def tree(self) -> CallBranch:
        return tree(self.calls, self.place)

    @property
    def cited(self) -> dict[str, list[tuple[int, int]]]:
        """The parts of the inputs that the answer was made from."""
        found: dict[str, list[tuple[int, int]]] = {}
        for part in (self.run.outcome or {}).get("citations") or []:
            found.setdefault(part["input"], []).append((part["start"], part["end"]))
        return found

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


def report(run: RunRow, rows: Sequence[CallRow], programs: Iterable[SourceFile] = ()) -> RunReport:
    """The report of a run, all its calls and the programs that it began."""
    calls = latest(rows)
    asked = [row for row in calls if row.state != "shared"]
    return RunReport(
        run=run,
        program=SourceFile("program", str((run.outcome or {}).get("program") or run.what.get("program") or "")),
        sources={program.digest: program for program in programs},
        calls=tuple(calls),
        slowest=tuple(sorted((r for r in asked if r.seconds is not None), key=lambda r: -(r.seconds or 0))[:SLOWEST]),
        failed=tuple(row for row in asked if row.state not in ("replied", "running")),
        unfinished=tuple(row for row in asked if row.state == "running"),
        shown=_shown(rows),
    )


def latest(rows: Iterable[CallRow]) -> list[CallRow]:
    """The last session's row for each path and digest; in the order of the data."""
    found: dict[Any, CallRow] = {}
    for row in rows:
        key = (row.path, row.digest) if row.digest else (row.session, row.call, row.path)
        found[key] = row
    last = max((row.session for row in rows), default=0)
    kept = [row for row in found.values() if row.session == last or row.state == "replied"]
    return sorted(kept, key=lambda row: (row.path, row.call))


def _shown(rows: Iterable[CallRow]) -> dict[str, dict[str, list[tuple[int, int]]]]:
    found: dict[str, dict[str, list[tuple[int, int]]]] = {}
    for row in rows:
        for name, start, end in row.shown:
            found.setdefault(row.model, {}).setdefault(name, []).append((start, end))
    return {model: {name: _union(parts) for name, parts in sorted(inputs.items())} for model, inputs in sorted(found.items())}


def _union(parts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(parts):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
