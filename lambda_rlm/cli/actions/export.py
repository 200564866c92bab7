"""`export`: programs of the journal as training data.

Owns which runs are exported and where rows go. Promises that a file is written whole or not at all, and that values of secret
environment variables are in no row.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lambda_rlm.cli import exits
from lambda_rlm.cli.display import screen
from lambda_rlm.cli.exits import UsageProblem
from lambda_rlm.cli.settings import settings
from lambda_rlm.cli.suggestions import unknown
from lambda_rlm.diagnostics.blot import secrets_of, without
from lambda_rlm.diagnostics.visible import visible
from lambda_rlm.journal.journal import Journal
from lambda_rlm.journal.records import RunRow, damage
from lambda_rlm.journal.store import JournalProblem
from lambda_rlm.journal.trajectories import FORMS, OUTCOMES, Trajectory, distinct, is_export, row, trajectories
from lambda_rlm.private_file import replace

ALL = "all"


def export(
    runs: Sequence[str],
    options: Mapping[str, Any],
    form: str,
    outcome: str,
    file: str | None,
    keeps_doubles: bool,
    answers: bool,
) -> int:
    """The exit code of `export`."""
    if form not in FORMS:
        raise unknown("format", form, FORMS)
    if outcome not in (*OUTCOMES, ALL):
        raise unknown("outcome", outcome, (*OUTCOMES, ALL))
    found = list(_found(runs, settings(options).journal))
    wanted = [one for one in found if outcome in (one.outcome, ALL)]
    kept = wanted if keeps_doubles else list(distinct(wanted))
    rows = [row(one, form, number, answers=answers) for number, one in enumerate(kept)]
    text = "".join(visible(json.dumps(_without(secrets_of(os.environ), data), ensure_ascii=False)) + "\n" for data in rows)
    _written(text, file)
    screen.say(_told(kept, len(wanted) - len(kept), len(found) - len(wanted)), "dim")
    return exits.ANSWERED


def _found(runs: Sequence[str], path: str | None) -> Iterator[Trajectory]:
    """The trajectories of the runs that are named, each run once; of all runs, unreadable ones are reported and
    skipped."""
    is_all = ALL in runs
    seen: set[str] = set()
    try:
        with Journal(path, is_new=False) as journal:
            for name in journal.ids() if is_all else runs:
                try:
                    run = journal.run(name)
                    made = _made(run)
                except JournalProblem as problem:
                    if not is_all:
                        raise
                    screen.say(f"warning: skipped: {problem.message}", "warning")
                    continue
                if run.id not in seen:
                    seen.add(run.id)
                    yield from made
    except JournalProblem as problem:
        raise UsageProblem(problem.message, problem.hint) from None


def _made(run: RunRow) -> list[Trajectory]:
    with damage(run.id, "the record of the run"):
        return trajectories(run)


def _without(secrets: Sequence[str], data: Any) -> Any:
    """The data with these texts left out of all texts in it."""
    if isinstance(data, str):
        return without(data, secrets)
    if isinstance(data, list):
        return [_without(secrets, part) for part in data]
    if isinstance(data, dict):
        return {name: _without(secrets, part) for name, part in data.items()}
    return data


def _written(text: str, file: str | None) -> None:
    if file is None:
        if text:
            screen.answer(text)
        return
    try:
        replace(file, text.encode("utf-8", "backslashreplace"), is_export)
    except OSError as error:
        raise UsageProblem(f"cannot write {file}: {error.strerror or error}") from None


def _told(kept: Sequence[Trajectory], doubles: int, others: int) -> str:
    counts = [f"{sum(one.outcome == name for one in kept):,} {name}" for name in OUTCOMES]
    rows = f"{len(kept):,} {'row' if len(kept) == 1 else 'rows'}"
    return f"{rows} ({', '.join(counts)}); {doubles:,} skipped as duplicates, {others:,} for their outcome"
