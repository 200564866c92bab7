"""Damaged cells: whatever is in a row, every command names the run and goes on with the others, and none answers wrongly."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.shell import Shell, script, wrote

pytestmark = [pytest.mark.usefixtures("alone"), pytest.mark.slow, pytest.mark.integration]

FILE: Final = "home/journal.sqlite3"
CELLS: Final[dict[str, Any]] = {
    "NULL": None,
    "a number": 7,
    "a negative number": -3,
    "a fraction": 0.5,
    "infinite": float("inf"),
    "a far date": 9e18,
    "huge": 2**62,
    "a text": "no such thing",
    "empty": "",
    "bytes": b"\x00\xff",
    "a list": "[]",
    "an object": "{}",
    "a list of nothing": "[null, [[]], {}]",
    "JSON of null": "null",
    "a number in JSON": "3",
    "JSON cut off": '{"a": [1, ',
    "deep JSON": "[" * 20_000,
    "keys of other kinds": '{"usage": 3, "inputs": {}, "settings": [], "query": 1, "citations": [1], "answer": {}, "fault": "x"}',
    "a surrogate": "\ud800".encode("utf-8", "surrogatepass"),
}
COLUMNS: Final = {
    "runs": ("started", "ended", "state", "owner", "session", "what", "outcome"),
    "programs": ("program", "name", "text", "autos", "bound"),
    "calls": (
        "session", "program", "call", "path", "digest", "model", "place", "sample", "prompt", "shown", "started", "seconds",
        "state", "usage", "coercions", "last",
    ),
    "replies": ("digest", "session", "program", "call", "path", "text", "stop", "usage", "model", "seconds"),
    "seals": ("link", "kind", "key", "digest", "told", "seal"),
    "heads": ("number", "at", "run", "what", "head", "seal"),
}  # fmt: skip


def two_runs(shell: Shell) -> tuple[str, str]:
    """A run that is not damaged, and one that stopped after a reply and is."""
    wrote("p.lam", 'words(context) |> map(fn(w) => llm_call[Int](f"note {w}")) |> sum')
    wrote("a.txt", "a b")
    model = script({"match": "", "reply": "2"})
    assert shell("run", "p.lam", "a.txt", "--model", model) == 0
    script({"match": ">a<", "reply": "1"}, {"match": "", "failure": "E0506"})
    assert shell("run", "p.lam", "a.txt", "--model", model, "--concurrency", "1") == 2
    script({"match": "", "reply": "2"})
    with closing(sqlite3.connect(FILE)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        whole, damaged = (run for (run,) in database.execute("SELECT id FROM runs ORDER BY started"))
    shutil.copy(FILE, "whole.sqlite3")
    return whole, damaged


def damage(table: str, column: str, value: Any, run: str, *, is_invalid: bool = False) -> bool:
    """Whether the cell took the value: tables without row ids refuse NULL in a key, and constraints some others."""
    shutil.copy("whole.sqlite3", FILE)
    for beside in ("-wal", "-shm"):
        Path(FILE + beside).unlink(missing_ok=True)
    with closing(sqlite3.connect(FILE)) as database, database:
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute("PRAGMA ignore_check_constraints = ON")
        place = "CAST(? AS TEXT)" if is_invalid else "?"
        key = "id" if table == "runs" else "run"
        which = f"rowid = (SELECT max(rowid) FROM heads WHERE run = '{run}')" if table == "heads" else f"{key} = '{run}'"
        if table != "heads" and table != "runs":
            keys = {"programs": "program", "calls": "path", "replies": "digest", "seals": "link"}[table]
            which += f" AND {keys} = (SELECT max({keys}) FROM {table} WHERE run = '{run}')"
        try:
            database.execute(f"UPDATE {table} SET {column} = {place} WHERE {which}", (value,))
        except sqlite3.Error:
            return False
    return True


SHOWN: Final = ((), ("--json",), ("--sent",), ("-o", "page.html"))
"""Ways to show a run, one after the other: with each damage another."""


def sweep(shell: Shell, whole: str, damaged: str, what: str, number: int) -> None:
    """No command ends in an internal error, the others are listed, and the damaged run gives no wrong answer."""
    listed = ("runs", *((), ("--json",), ("--by", "route"))[number % 3])
    shown = ("show", damaged, *SHOWN[number % len(SHOWN)])
    rare = [("export", "all")] if number % 3 == 0 else []
    for arguments in (listed, ("runs", "--verify"), shown, ("replay", damaged), *rare):
        code = shell(*arguments)
        assert code != 70, (what, arguments, shell.err)
        assert len(arguments) > 1 or (code == 0 and whole in shell.out), (what, shell.err)
        if code == 64:
            assert damaged in shell.out + shell.err or "no run" in shell.out + shell.err, (what, arguments, shell.err)
    code = shell("resume", damaged)
    assert (code, shell.out) == (0, "3\n") or (code in (1, 2, 64) and not re.search(r"^\d", shell.out)), (
        what,
        shell.out,
        shell.err,
    )
    if number % 4 == 0:
        assert shell("runs", "--prune") == 0, (what, shell.err)


PLACES: Final = [(table, column) for table, columns in COLUMNS.items() for column in columns]
IS_DEEP: Final = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
_EACH: Final = 8


def kinds(table: str, column: str) -> list[tuple[int, str]]:
    """The kinds of damage of a cell, numbered: an eighth of them, other ones for the next cell; all with `make deep`."""
    shift = PLACES.index((table, column))
    return [(number, kind) for number, kind in enumerate(CELLS) if IS_DEEP or (number + shift) % _EACH == 0]


@pytest.mark.parametrize(("table", "column"), PLACES)
def test_no_damaged_cell_takes_a_command_down(shell: Shell, table: str, column: str) -> None:
    whole, damaged = two_runs(shell)
    for number, kind in kinds(table, column):
        if damage(table, column, CELLS[kind], damaged):
            sweep(shell, whole, damaged, f"{table}.{column} is {kind}", number)


@pytest.mark.parametrize("table", COLUMNS)
def test_no_text_that_is_no_text_takes_a_command_down(shell: Shell, table: str) -> None:
    whole, damaged = two_runs(shell)
    for number, column in enumerate(COLUMNS[table]):
        if damage(table, column, b"\xff\xfe{", damaged, is_invalid=True):
            sweep(shell, whole, damaged, f"{table}.{column} is no UTF-8", number)


@pytest.mark.parametrize(("table", "column"), [place for place in PLACES if place[0] not in ("seals", "heads")])
def test_no_damaged_cell_of_an_older_journal_ends_a_command(shell: Shell, table: str, column: str) -> None:
    """Without seals every cell is read for itself."""
    _, damaged = two_runs(shell)
    with closing(sqlite3.connect("whole.sqlite3")) as database, database:
        for statement in ("DROP TABLE seals", "DROP TABLE heads", "PRAGMA user_version = 1"):
            database.execute(statement)
    for number, kind in kinds(table, column):
        if damage(table, column, CELLS[kind], damaged):
            commands = [("runs",), ("show", damaged, *SHOWN[number % len(SHOWN)]), ("replay", damaged), ("resume", damaged)]
            codes = {command[0]: (shell(*command), shell.err) for command in commands}
            assert all(code != 70 for code, _ in codes.values()), (kind, codes)
            assert codes["runs"][0] == 0
