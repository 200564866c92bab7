"""`show --sent`: which parts of which files went to which server and model, call by call.

Owns the lines for a person. What they say is in `journal.report.sent`.
"""

from __future__ import annotations

import json as json_text
from collections.abc import Mapping
from typing import Any

from lambda_rlm.cli import exits
from lambda_rlm.cli.display import screen
from lambda_rlm.journal.report.run_report import RunReport
from lambda_rlm.journal.report.sent import sent


def show(details: RunReport, json: bool) -> int:
    """The exit code of `show --sent`."""
    rows = sent(details)
    if json:
        screen.answer(json_text.dumps({"run": details.run.id, "sent": rows}, ensure_ascii=False))
        return exits.ANSWERED
    for row in rows:
        served = f", replied as {row['served']}" if row["served"] else ""
        name = "the call" if row["call"] == "·" else f"call {row['call']}"
        screen.answer(f"{name}: {row['how']}, {row['model'] or '?'} at {row['server']}{served}")
        for part in row["parts"]:
            screen.answer(f"  {_named(part)}: characters {part['start']:,}-{part['end']:,}")
        for what in row["besides"]:
            screen.answer(f"  {what}")
    if not rows:
        screen.say("no model calls: nothing was sent")
    return exits.ANSWERED


def _named(part: Mapping[str, Any]) -> str:
    return str(part["input"]) if part["file"] is None else f"{part['file']} ({part['input']})"
