"""`runs --by`: what each way, task, arm of a split, model or day came to, over the runs of the journal.

Owns the figures. Promises that a mean is one over the runs that ended and whose figure is known, and that what writing a
program used is in it.
"""

from __future__ import annotations

import json as json_text
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from time import localtime, strftime
from typing import Any, Final

from lambda_rlm.budget.price import dollars
from lambda_rlm.cli import exits
from lambda_rlm.cli.display import figures, screen
from lambda_rlm.data_class import dataclass
from lambda_rlm.journal.records import RunRow

KEYS: Final = ("route", "task", "split", "model", "day")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Runs that went one way. `degraded` are answered ones too; means are None where nothing is known."""

    name: str
    runs: int
    answered: int
    degraded: int
    faults: int
    calls: float | None
    tokens: float | None
    likely_usd: float | None
    most_usd: float | None
    usd: float | None
    seconds: float | None


def compare(rows: Sequence[RunRow], by: str, json: bool) -> int:
    """The exit code of `runs --by`."""
    found = groups(rows, by)
    if json:
        screen.answer(json_text.dumps({"by": by, "groups": [asdict(group) for group in found]}, ensure_ascii=False))
    elif found:
        screen.report(*_table(found, by))
    else:
        screen.say("no runs yet")
    return exits.ANSWERED


def groups(rows: Iterable[RunRow], by: str) -> list[Group]:
    """The runs by one of `KEYS`, the largest group first, days in their order. Programs of one's own and runs that were in no
    comparison have no task and no split, and are in none of these."""
    told: dict[str, list[RunRow]] = {}
    for row in rows:
        name = name_of(row, by)
        if name is not None:
            told.setdefault(name, []).append(row)
    found = (_group(name, members) for name, members in told.items())
    return sorted(found, key=lambda group: (0 if by == "day" else -group.runs, group.name))


def name_of(row: RunRow, by: str) -> str | None:
    """What a run is filed under: as it ended, else as it was decided, else as it was asked for; the model is the one that
    answers, the day the one on which the run began, here."""
    if by == "day":
        return strftime("%Y-%m-%d", localtime(row.started))
    if by == "model":
        answers = (row.what.get("profiles") or {}).get("model") or {}
        model = answers.get("name") or row.what.get("model_object") or (row.what.get("settings") or {}).get("model")
        return None if model is None else str(model)
    outcome, routed = row.outcome or {}, row.what.get("routed") or {}
    name = outcome.get(by) or (routed.get("way") if by == "route" else routed.get(by))
    if name is None and by == "route":
        name = (row.what.get("settings") or {}).get("strategy") if row.what.get("kind") == "ask" else row.what.get("kind")
    return None if name is None else str(name)


def _group(name: str, rows: Sequence[RunRow]) -> Group:
    ended = [row.outcome for row in rows if row.outcome is not None]
    return Group(
        name=name,
        runs=len(rows),
        answered=sum(bool(outcome.get("ok")) for outcome in ended),
        degraded=sum(bool(outcome.get("degraded")) for outcome in ended),
        faults=sum(outcome.get("fault") is not None for outcome in ended),
        calls=_mean(_used(outcome, "calls") for outcome in ended),
        tokens=_mean(_tokens(outcome) for outcome in ended),
        likely_usd=_mean((outcome.get("likely") or {}).get("usd") for outcome in ended),
        most_usd=_mean((outcome.get("bound") or {}).get("usd") for outcome in ended),
        usd=_mean(_used(outcome, "usd") for outcome in ended),
        seconds=_mean((outcome.get("usage") or {}).get("seconds") for outcome in ended),
    )


def _used(outcome: Mapping[str, Any], key: str) -> float | None:
    """What a run used, the writing of its program included; None where one of the two is not known."""
    used = (outcome.get("usage") or {}).get(key)
    written = outcome["synthesis"]["usage"].get(key) if outcome.get("synthesis") else 0
    return None if used is None or written is None else float(used + written)


def _tokens(outcome: Mapping[str, Any]) -> float | None:
    sent, received = _used(outcome, "input_tokens"), _used(outcome, "output_tokens")
    return None if sent is None or received is None else sent + received


def _mean(numbers: Iterable[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return sum(known) / len(known) if known else None


def _table(found: Sequence[Group], by: str) -> list[str]:
    def mean(number: float | None, shown: Callable[[float], str]) -> str:
        return "?" if number is None else shown(number)

    head = (by, "runs", "answered", "degraded", "faults", "calls", "tokens", "cost", "likely", "at most", "seconds")
    rows = [
        (
            group.name,
            *(f"{n:,}" for n in (group.runs, group.answered, group.degraded, group.faults)),
            mean(group.calls, "{:,.1f}".format),
            mean(group.tokens, "{:,.0f}".format),
            *(mean(usd, dollars) for usd in (group.usd, group.likely_usd, group.most_usd)),
            mean(group.seconds, "{:,.1f}".format),
        )
        for group in found
    ]
    return figures.aligned([head, *rows])
