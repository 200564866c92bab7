"""What was spent today, for limits of a day: a file in which each run sets its budget aside and gives back what it did not use.

Owns `Allowance`, the part of a day that one run has. Promises that the runs of several processes together keep to the limits.
What a process that was killed had set aside counts as spent until the day (in UTC) ends. Refuses to run where the file cannot
be used. The file belongs to the user, who can remove it: it holds people to a limit who do not mean to break it.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from lambda_rlm.budget.budget import Budget
from lambda_rlm.data_class import dataclass
from lambda_rlm.policy.read import policy
from lambda_rlm.policy.rules import PolicyViolation, Rules
from lambda_rlm.private_database import PATIENCE, transaction
from lambda_rlm.private_file import readable

_BUSY_SECONDS: Final = PATIENCE
_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS spent (id INTEGER PRIMARY KEY, day TEXT NOT NULL, calls INTEGER NOT NULL, usd REAL NOT NULL)"
)


@dataclass(frozen=True, slots=True)
class Allowance:
    """A run's part of today: its budget, cut to what is left. `id` is its row in the ledger, None where no day is limited."""

    budget: Budget
    path: Path | None = None
    id: int | None = None

    def settle(self, calls: int, usd: float | None) -> None:
        """What the run used; of unknown dollars all that was set aside counts, and so it does where the ledger cannot be
        written: the answer is there."""
        if self.path is None:
            return
        with suppress(OSError, sqlite3.Error), _ledger(self.path) as ledger:
            ledger.execute("UPDATE spent SET calls = ?, usd = coalesce(?, usd) WHERE id = ?", (calls, usd, self.id))


def allowance(budget: Budget) -> Allowance:
    """Set the budget of a run aside, cut to what is left of today. Raises `PolicyViolation` where nothing is left."""
    limiting = [rules for rules in policy() if rules.max_calls_per_day is not None or rules.max_cost_per_day is not None]
    if not limiting:
        return Allowance(budget)
    path = ledger_path(limiting)
    try:
        with _ledger(path) as ledger:
            calls, usd = _today(ledger)
            for rules in limiting:
                budget = _cut(budget, rules, calls, usd)
            row = (_day(), budget.calls, budget.usd or 0.0)
            return Allowance(
                budget, path, ledger.execute("INSERT INTO spent (day, calls, usd) VALUES (?, ?, ?)", row).lastrowid
            )
    except (OSError, sqlite3.Error) as error:
        raise PolicyViolation(limiting[0].file, "ledger", f"the ledger {path} cannot be used: {error}") from None


def spent_today(path: Path) -> tuple[int, float]:
    """Calls and US dollars that the runs of today used or have set aside. Raises `OSError` and `sqlite3.Error`."""
    with _ledger(path) as ledger:
        return _today(ledger)


def ledger_path(limiting: list[Rules]) -> Path:
    """The file that a policy names, or one in the home of the user, wherever the environment says that it is."""
    named = next((rules.ledger for rules in limiting if rules.ledger is not None), None)
    if named is not None:
        return Path(named)
    home = Path.home()
    if sys.platform != "win32":
        import pwd

        home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    return home / ".lambda-rlm-spent.sqlite3"


def _cut(budget: Budget, rules: Rules, calls: int, usd: float) -> Budget:
    most = rules.max_calls_per_day
    if most is not None:
        if calls >= most:
            raise PolicyViolation(rules.file, "max_calls_per_day", f"the {most:,} calls of today are used or set aside")
        budget = replace(budget, calls=min(budget.calls, most - calls))
    dollars = rules.max_cost_per_day
    if dollars is not None:
        if usd >= dollars:
            raise PolicyViolation(rules.file, "max_cost_per_day", f"the {dollars:,} US dollars of today are used or set aside")
        left = dollars - usd
        budget = replace(budget, usd=left if budget.usd is None else min(budget.usd, left))
    return budget


def _today(ledger: sqlite3.Connection) -> tuple[int, float]:
    row: tuple[Any, Any] = ledger.execute("SELECT sum(calls), sum(usd) FROM spent WHERE day = ?", (_day(),)).fetchone()
    try:
        return int(row[0] or 0), float(row[1] or 0.0)
    except (ValueError, TypeError, OverflowError) as error:
        raise sqlite3.DataError(f"a row of it is damaged: {error}") from None


def _day() -> str:
    return datetime.now(UTC).date().isoformat()


@contextmanager
def _ledger(path: Path) -> Iterator[sqlite3.Connection]:
    """The ledger, which nobody else writes meanwhile; a private file. One that is there is not opened here: closing it would
    drop the lock that another run of this process has on it."""
    if readable(path) is None:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        readable(path)
    with transaction(path, _BUSY_SECONDS) as ledger:
        ledger.execute(_TABLE)
        yield ledger
