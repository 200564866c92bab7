"""`policy show`: the rules that hold, where each is written, and what was spent today."""

from __future__ import annotations

import json as json_text
import sqlite3
from typing import Any

from lambda_rlm.budget.price import dollars
from lambda_rlm.cli import exits
from lambda_rlm.cli.display import screen
from lambda_rlm.inputs.reading import plain
from lambda_rlm.policy.ledger import ledger_path, spent_today
from lambda_rlm.policy.read import policy
from lambda_rlm.policy.rules import REQUIREMENTS, Rules


def show(json: bool) -> int:
    """The exit code of `policy show`."""
    found = policy()
    today = _today(found)
    if json:
        files = [{"path": rules.file, "sha256": rules.sha256, "rules": rules.written()} for rules in found]
        screen.answer(json_text.dumps({"ok": True, "files": files, "today": today}, ensure_ascii=False))
        return exits.ANSWERED
    for rules in found:
        screen.answer(f"{plain(rules.file)}:")
        for name, value in rules.written().items():
            screen.answer(f"  {name} = {_written(value)}")
        for name in rules.require:
            screen.answer(f"  {name}: {REQUIREMENTS[name]}")
    if len(found) > 1:
        screen.answer("what each of these files allows is allowed")
    if today is not None:
        screen.answer(f"today: {today['calls']:,} calls and {dollars(today['usd'])} are used or set aside")
    if not found:
        screen.say("no policy")
    return exits.ANSWERED


def _today(found: tuple[Rules, ...]) -> dict[str, Any] | None:
    limiting = [rules for rules in found if rules.max_calls_per_day is not None or rules.max_cost_per_day is not None]
    if not limiting:
        return None
    path = ledger_path(limiting)
    try:
        calls, usd = spent_today(path)
    except (OSError, sqlite3.Error):
        return None
    return {"calls": calls, "usd": usd, "ledger": str(path)}


def _written(value: Any) -> str:
    return json_text.dumps(value)
