"""Runs of the journal since a moment."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lambda_rlm import RLM, ScriptedModel


def test_runs_are_listed_since_a_moment_or_for_a_time(tmp_path: Path) -> None:
    rlm = RLM(ScriptedModel.from_rules([{"match": "", "reply": "yes"}]), journal=tmp_path / "journal.sqlite3")
    run = rlm.ask("Who?", context="Acme")
    now = datetime.now(UTC)
    for since in (None, timedelta(days=7), now - timedelta(hours=1), datetime.now() - timedelta(hours=1)):
        assert [row.id for row in rlm.runs(since=since)] == [run.id]
    assert rlm.runs(None, since=now + timedelta(hours=1)) == []


@pytest.mark.parametrize(
    ("since", "kind", "said"),
    [
        ("7d", TypeError, "a datetime, or a timedelta for how long ago, not '7d'"),
        (date(2026, 11, 1), TypeError, "since must be a datetime"),
        (datetime.min, ValueError, "beyond what this system can tell"),
    ],
)
def test_another_moment_is_refused(since: Any, kind: type[Exception], said: str, tmp_path: Path) -> None:
    with pytest.raises(kind, match=said):
        RLM(ScriptedModel.from_rules([]), journal=tmp_path / "journal.sqlite3").runs(since=since)
