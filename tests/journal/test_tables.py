"""Journals whose tables, seals or figures are not those that this program makes: refused or named, whatever is in them."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from lambda_rlm.journal.chain import BEGUN, _sealed
from tests.support.shell import Shell, script, wrote

pytestmark = pytest.mark.usefixtures("alone")

FILE = "home/journal.sqlite3"


def a_run(shell: Shell) -> str:
    wrote("p.lam", 'words(context) |> map(fn(w) => llm_call[Int](f"note {w}")) |> sum')
    wrote("a.txt", "a b a")
    assert shell("run", "p.lam", "a.txt", "--model", script({"match": "note", "reply": "2"}), "--json") == 0, shell.err
    run: str = shell.json["run"]
    return run


def change(statement: str) -> None:
    with closing(sqlite3.connect(FILE)) as database, database:
        assert database.execute(statement).rowcount, statement


STRANGE: dict[str, tuple[str, ...]] = {
    "the heads are dropped": ("DROP TABLE heads",),
    "the seals are dropped": ("DROP TABLE seals",),
    "a column is added": ("ALTER TABLE calls ADD COLUMN other TEXT",),
    "a table is a view that never ends": (
        "ALTER TABLE runs RENAME TO those",
        "CREATE VIEW runs AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT those.* FROM those, c WHERE x < 0",
    ),
    "a trigger changes what is written": ("CREATE TRIGGER t AFTER INSERT ON replies BEGIN DELETE FROM replies; END",),
}


@pytest.mark.parametrize("how", STRANGE)
def test_a_journal_with_other_tables_is_refused(shell: Shell, how: str) -> None:
    a_run(shell)
    with closing(sqlite3.connect(FILE)) as database, database:
        for statement in STRANGE[how]:
            database.execute(statement)
    for command in (("runs", "--verify"), ("show", "last"), ("replay", "last")):
        assert shell(*command) == 64, command
        assert "is not a journal, or is damaged" in shell.err


@pytest.mark.parametrize("told", ["{", "[1]", "{}", '{"session": "x"}', "[" * 100_000])
def test_a_seal_that_names_no_session_is_a_finding(shell: Shell, told: str) -> None:
    run = a_run(shell)
    with closing(sqlite3.connect(FILE)) as database, database:
        kind, key, contents = database.execute("SELECT kind, key, digest FROM seals WHERE link = 0").fetchone()
        seal = _sealed("", kind, key, contents, told)
        database.execute("UPDATE seals SET told = ?, seal = ? WHERE link = 0", (told, seal))
    assert shell("runs", "--verify") == 2
    assert f"run {run}: seal 0 ({BEGUN} run) names no session" in shell.out
    assert shell("resume", run) == 64 and shell("replay", run) in (2, 64)


def test_what_a_seal_names_begins_no_line_and_steers_no_terminal(shell: Shell) -> None:
    a_run(shell)
    change("UPDATE seals SET key = 'x' || char(27) || '[2J' || char(10) || '0 findings' WHERE link = 1")
    assert shell("runs", "--verify") == 2
    assert "\x1b" not in shell.out and "\n0 findings" not in shell.out and "␛[2J␊0 findings" in shell.out


@pytest.mark.parametrize("bound", ['{"calls": "12"}', '{"usd": [1]}', '{"input_tokens": {}}', '{"output_tokens": true}'])
def test_a_bound_of_another_kind_is_damage(shell: Shell, bound: str) -> None:
    a_run(shell)
    change(f"UPDATE runs SET outcome = json_set(outcome, '$.bound', json('{bound}'))")
    assert shell("show", "last", "--html", "page.html") == 64 and "unrecognized journal record" in shell.err
    assert shell("runs") == 0 and "unreadable" in shell.out
