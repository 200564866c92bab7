"""A run of the journal in one line, and as a row of JSON data: what `runs` lists and `show` begins with.

Owns the words for a run's route, title and cost.
"""

from __future__ import annotations

from typing import Any

from lambda_rlm.budget.price import dollars
from lambda_rlm.graphemes import begun
from lambda_rlm.journal.records import RunRow


def as_json(row: RunRow) -> dict[str, Any]:
    """A run as JSON data."""
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
        "follows": followed(row),
        "usage": outcome.get("usage"),
        "version": outcome.get("version"),
        "head": row.head or None,
    }


def way(row: RunRow) -> str:
    """The route of a run, or what kind of request it was."""
    return str((row.outcome or {}).get("route") or row.what.get("kind"))


def title(row: RunRow) -> str:
    """The question or the name of the program, on one short line."""
    words = " ".join(str(row.what.get("query") or row.what.get("program_name") or "").split())
    return words if len(words) <= 60 else begun(words, 59) + "…"


def followed(row: RunRow) -> str | None:
    """The id of the run that the question of a run follows."""
    found: str | None = (row.what.get("follows") or {}).get("run")
    return found


def cost(usd: float | None) -> str:
    """An amount of money; None is unknown."""
    return "?" if usd is None else "free" if usd == 0 else dollars(usd)
