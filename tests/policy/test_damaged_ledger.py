"""The ledger of a day with rows that this program does not write: a fault of the policy, and no internal error."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from lambda_rlm.budget.budget import Budget
from lambda_rlm.policy.ledger import allowance
from lambda_rlm.policy.rules import PolicyViolation


def test_a_damaged_row_of_the_ledger_stops_the_run(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, policy = alone / "ledger.sqlite3", alone / "policy.toml"
    policy.write_text(f'max_calls_per_day = 5\nledger = "{ledger}"\n', encoding="utf-8")
    monkeypatch.setenv("LAMBDA_RLM_POLICY", str(policy))
    with closing(sqlite3.connect(ledger)) as database, database:
        database.execute("CREATE TABLE spent (id INTEGER PRIMARY KEY, day TEXT, calls, usd)")
        database.execute("INSERT INTO spent VALUES (1, date('now'), 9e999, 9e999)")
    with pytest.raises(PolicyViolation, match="a row of it is damaged"):
        allowance(Budget())
