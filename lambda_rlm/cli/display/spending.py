"""`runs --sum`: what the calls of many runs used together, by model, day, route, task or arm of a split.

Owns the sums. Promises that each call of the journal is in exactly one row, under the model that was asked, root models too;
that a reply is counted once, however often its run went on; and that a cost which is not known is never shown as zero.
"""

from __future__ import annotations

import json as json_text
import re
from collections.abc import Sequence
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any, Final

from lambda_rlm.budget.price import dollars
from lambda_rlm.cli import exits
from lambda_rlm.cli.display import comparison, figures, screen
from lambda_rlm.cli.exits import UsageProblem
from lambda_rlm.data_class import dataclass
from lambda_rlm.journal.journal import Journal
from lambda_rlm.journal.records import UNREADABLE, CallUse, Damaged, RunRow

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_NONE: Final = "none"


@dataclass(slots=True)
class SpendingRow:
    """What calls used together. `cached_tokens` are part of `input_tokens`; `usd` is the cost of the calls whose cost is known;
    `unpriced_calls` have a count and no price, `unfinished_calls` no count: nothing is on record of their end;
    `estimated_calls` are booked at their worst."""

    name: str | None
    runs: set[str] = field(default_factory=set)
    calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    usd: float = 0.0
    unpriced_calls: int = 0
    unfinished_calls: int = 0
    estimated_calls: int = 0

    def add(self, run: str, use: CallUse) -> None:
        """Count a call of a run."""
        self.runs.add(run)
        self.calls += 1
        self.estimated_calls += use.is_estimated
        if use.usage is None:
            self.unfinished_calls += 1
            return
        self.input_tokens += use.usage.input_tokens
        self.cached_tokens += use.usage.cached_tokens
        self.output_tokens += use.usage.output_tokens
        self.unpriced_calls += use.usage.cost is None
        self.usd += use.usage.cost or 0.0

    @property
    def is_known(self) -> bool:
        """Whether `usd` is the whole cost."""
        return not (self.unpriced_calls or self.unfinished_calls)

    @property
    def cost(self) -> str:
        """The cost, as people read it."""
        if self.is_known:
            return dollars(self.usd)
        return f"{dollars(self.usd)} + unknown" if self.usd else "unknown"

    def as_json(self) -> dict[str, Any]:
        """As JSON data; `usd` is null where a part of the cost is not known, `known_usd` is the other part."""
        names = ("calls", "input_tokens", "cached_tokens", "output_tokens")
        counted = {name: getattr(self, name) for name in names}
        more = {name: getattr(self, name) for name in ("unpriced_calls", "unfinished_calls", "estimated_calls")}
        known = {"usd": self.usd if self.is_known else None, "known_usd": self.usd}
        return {"name": self.name, "runs": len(self.runs), **counted, **known, **more}


@dataclass(frozen=True, slots=True)
class SpendingReport:
    """The sums by `by` (None: only the total), and the runs that nobody can read, which are in none of them."""

    by: str | None
    groups: Sequence[SpendingRow]
    total: SpendingRow
    unreadable: Sequence[str]


def spent(journal: Journal, rows: Sequence[RunRow], by: str | None) -> SpendingReport:
    """What the calls of these runs used. The groups with the highest cost come first, days in their order."""
    groups: dict[str | None, SpendingRow] = {}
    total, unreadable = SpendingRow(None), []
    for row in rows:
        uses = _uses(journal, row)
        if uses is None:
            unreadable.append(row.id)
            continue
        total.runs.add(row.id)
        own = None if by is None or by == "model" else comparison.name_of(row, by)
        if by is not None and by != "model":
            groups.setdefault(own, SpendingRow(own)).runs.add(row.id)
        for use in uses:
            total.add(row.id, use)
            if by is not None:
                name = use.model if by == "model" else own
                groups.setdefault(name, SpendingRow(name)).add(row.id, use)
    return SpendingReport(by, sorted(groups.values(), key=_by_name if by == "day" else _by_cost), total, unreadable)


def _uses(journal: Journal, row: RunRow) -> list[CallUse] | None:
    """What the calls of a run used; None where nobody can read it."""
    try:
        return None if row.state == UNREADABLE else journal.used(row.id)
    except Damaged:
        return None


def _by_name(one: SpendingRow) -> tuple[Any, ...]:
    return (str(one.name),)


def _by_cost(one: SpendingRow) -> tuple[Any, ...]:
    return (-one.usd, -one.input_tokens, str(one.name))


def show(found: SpendingReport, json: bool) -> int:
    """The exit code of `runs --sum`."""
    if json:
        data = {"by": found.by, "groups": [one.as_json() for one in found.groups], "total": found.total.as_json()}
        screen.answer(json_text.dumps({**data, "unreadable": list(found.unreadable)}, ensure_ascii=False))
        return exits.ANSWERED
    if found.total.runs:
        screen.report(*_table(found))
    else:
        screen.say("no runs yet")
    for note in _notes(found):
        screen.say(f"note: {note}", "dim")
    return exits.ANSWERED


def moment(when: str, now: datetime | None = None) -> float:
    """The time that `--since` names, in seconds since 1970: a date or time here, or so long ago. Raises `UsageProblem`."""
    ago = re.fullmatch(r"(\d{1,6}) ?([mhdw])", when.strip())
    try:
        if ago is not None:
            return ((now or datetime.now()) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})).timestamp()
        return datetime.fromisoformat(when.strip()).timestamp()
    except (ValueError, OverflowError, OSError):
        raise UsageProblem(
            f"--since needs a date or a length of time, not {when!r:.80}", "e.g. --since 2026-11-01, --since 7d or --since 24h"
        ) from None


def _table(found: SpendingReport) -> list[str]:
    rows = [*found.groups, *([found.total] if found.by is None or len(found.groups) > 1 else [])]
    head = (found.by or "", "runs", "calls", "input", "cached input", "output", "cost")
    cells = [
        (
            "total" if one is found.total else one.name or _NONE,
            *(f"{n:,}" for n in (len(one.runs), one.calls, one.input_tokens, one.cached_tokens, one.output_tokens)),
            one.cost,
        )
        for one in rows
    ]
    return figures.aligned([head, *cells])


def _notes(found: SpendingReport) -> list[str]:
    """What a person should know of the sums."""
    total, notes = found.total, []
    if total.unpriced_calls:
        notes.append(f"{_counted(total.unpriced_calls)} without a known price (set --price-in and --price-out)")
    if total.unfinished_calls:
        notes.append(f"{_counted(total.unfinished_calls)} without a recorded end, which may have been charged")
    if total.estimated_calls:
        notes.append(f"{_counted(total.estimated_calls)} without a valid token count, booked at the worst case")
    if found.unreadable:
        notes.append(f"not included, because the records cannot be read: {', '.join(found.unreadable)}")
    return notes


def _counted(calls: int) -> str:
    return f"{calls:,} {'call' if calls == 1 else 'calls'}"
