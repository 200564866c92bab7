"""A run of the journal, put together for a reader: its calls by place in the program, the slowest, the failed, what went where.

Owns the figures. Promises that each call is counted once, in the last session that has it. Draws nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from lambda_rlm.trace.journal import CallRow, RunRow

SLOWEST: Final = 5
ROOT: Final = (0, 0)
"""The place of calls that no program makes: those of the root model."""


@dataclass(frozen=True, slots=True)
class Site:
    """A place of the program and what was asked there. `usd` is None where a price was unknown."""

    place: tuple[int, int]
    calls: int
    shared: int
    failed: int
    input_tokens: int
    output_tokens: int
    usd: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """`shown` says which parts of which input stood in prompts to which model, as disjoint stretches."""

    run: RunRow
    calls: tuple[CallRow, ...]
    sites: tuple[Site, ...]
    slowest: tuple[CallRow, ...]
    failed: tuple[CallRow, ...]
    unfinished: tuple[CallRow, ...]
    shown: dict[str, dict[str, list[tuple[int, int]]]]


def report(run: RunRow, rows: Sequence[CallRow]) -> Report:
    """The report of a run and all its calls."""
    calls = latest(rows)
    asked = [row for row in calls if row.state != "shared"]
    by_place = sorted(calls, key=lambda row: row.place)
    return Report(
        run=run,
        calls=tuple(calls),
        sites=tuple(_site(place, list(group)) for place, group in groupby(by_place, lambda row: row.place)),
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


def _site(place: tuple[int, int], rows: list[CallRow]) -> Site:
    asked = [row for row in rows if row.state != "shared"]
    usages = [row.usage for row in asked if row.usage is not None]
    costs = [usage["usd"] for usage in usages]
    return Site(
        place=place,
        calls=len(asked),
        shared=len(rows) - len(asked),
        failed=sum(row.state not in ("replied", "running") for row in asked),
        input_tokens=sum(usage["input_tokens"] for usage in usages),
        output_tokens=sum(usage["output_tokens"] for usage in usages),
        usd=None if None in costs else sum(costs),
        seconds=sum(row.seconds or 0.0 for row in asked),
    )


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
