"""The record of a run that follows another: whole, chained to it, approved and allowed with what it took over."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from lambda_rlm import RLM
from lambda_rlm.policy.rules import PolicyViolation
from tests.policy.test_policy import Holding, holding
from tests.support.follow_ups import CSV, FILE, FIRST, SECOND, asked, root
from tests.support.shell import Shell, journal, script, wrote

__all__ = ["holding"]
pytestmark = pytest.mark.usefixtures("alone")


def test_a_follow_up_resumes_and_replays_without_the_first(shell: Shell) -> None:
    """All that it took over is in its own record."""
    wrote("a.txt", "Ann keeps bees.")
    model = script({"match": "", "reply": "Ann"})
    assert shell("ask", "Who?", "a.txt", "--model", model, "--strategy", "direct") == 0
    script(
        {"match": "(?s)Write the program", "reply": 'llm_call(f"one {answer_1}") ++ llm_call(f"two {answer_1}")'},
        {"match": "one", "reply": "x"},
        {"match": "two", "failure": "E0506"},
    )
    asked(shell, "--continue", "last", "Twice?", "--model", model, "--concurrency", "1", code=2)
    run = journal().run("last").id
    with closing(sqlite3.connect(FILE)) as database, database:
        database.execute("PRAGMA foreign_keys = ON")
        database.execute("DELETE FROM runs WHERE id != ?", (run,))
    script({"match": "two <data [0-9a-f]+>Ann<", "reply": "y"})
    assert shell("resume", run, "--json") == 0, shell.err
    assert shell.json["answer"] == "xy"
    assert shell("replay", run) == 0 and "all match" in shell.err


def test_a_follow_up_is_chained_to_the_run_it_follows(shell: Shell) -> None:
    model = root()
    first = asked(shell, FIRST, wrote("visits.csv", CSV), "--model", model)["run"]
    second = asked(shell, "--continue", "last", SECOND, "--model", model)["run"]
    found = journal()
    assert found.run(second).what["follows"] == {
        "run": first, "head": found.run(first).head, "sources": [str(Path("visits.csv").absolute())]
    }  # fmt: skip
    assert shell("runs", "--verify") == 0
    with closing(sqlite3.connect(FILE)) as database, database:
        database.execute("UPDATE runs SET what = json_set(what, '$.earlier[0].value', 8) WHERE id = ?", (second,))
    assert shell("runs", "--verify") == 2 and f"run {second}" in shell.out
    assert shell("ask", "--continue", second, "Compare the two.", "--model", model) == 64
    assert "unrecognized journal record" in shell.err


def test_another_first_run_in_its_place_is_found(shell: Shell) -> None:
    """Somebody who writes a new chain for the first run alone."""
    model = root()
    first = asked(shell, FIRST, wrote("visits.csv", CSV), "--model", model)["run"]
    second = asked(shell, "--continue", "last", SECOND, "--model", model)["run"]
    heads = {run: journal().run(run).head for run in (first, second)}
    assert journal()._parted(heads) == []
    assert journal()._parted({second: heads[second]}) == [], "it was deleted, which is said elsewhere"
    (finding,) = journal()._parted({**heads, first: "0" * 64})
    assert second in finding and first in finding


def asked_of_a_changed_run(shell: Shell, *statements: str) -> int:
    """The exit code of a question that follows a run whose record was changed."""
    model = root()
    asked(shell, FIRST, wrote("visits.csv", CSV), "--model", model)
    with closing(sqlite3.connect(FILE)) as database, database:
        for statement in statements:
            database.execute(statement)
    return shell("ask", "--continue", "last", SECOND, "--model", model)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE runs SET outcome = json_set(outcome, '$.value', 99, '$.answer', '99')",
        "UPDATE runs SET outcome = json_set(outcome, '$.program', 'other')",
        "UPDATE runs SET what = json_set(what, '$.query', 'other')",
    ],
)
def test_nothing_is_taken_from_a_changed_run(shell: Shell, statement: str) -> None:
    assert asked_of_a_changed_run(shell, statement) == 64
    assert "unrecognized journal record" in shell.err


@pytest.mark.parametrize(
    "change",
    [
        "$.type', 'List[",
        "$.type', 'Text",
        "$.route', NULL, '$.x', '",
        "$.task', 7, '$.x', '",
        "$.synthesis', 3, '$.x', '",
        "$.value', json('{\"a\": 1}'), '$.x', '",
    ],
)
def test_a_record_of_another_form_is_no_internal_error(shell: Shell, change: str) -> None:
    """By somebody who made the chain anew."""
    code = asked_of_a_changed_run(
        shell,
        f"UPDATE runs SET outcome = json_set(outcome, '{change}')",
        "DELETE FROM seals",
        "DELETE FROM heads",
        "INSERT INTO heads SELECT 0, started, id, 'older', '', '' FROM runs",
    )
    assert code in (0, 64)


@pytest.mark.parametrize(
    "earlier", ["7", "[7]", '[{"number": 1}]', '[{"run": "a", "number": "x", "query": "", "way": "", "type": "?", "value": 1}]']
)
def test_a_damaged_chain_of_questions_is_no_internal_error(shell: Shell, earlier: str) -> None:
    model = root()
    asked(shell, FIRST, wrote("visits.csv", CSV), "--model", model)
    asked(shell, "--continue", "last", SECOND, "--model", model)
    with closing(sqlite3.connect(FILE)) as database, database:
        database.execute("UPDATE runs SET what = json_set(what, '$.earlier', json(?))", (earlier,))
    for command in (["ask", "--continue", "last", "x", "--model", model], ["replay", "last"], ["runs"], ["show", "last"]):
        assert shell(*command) in (0, 64), command


def test_an_approval_covers_the_earlier_answer(shell: Shell) -> None:
    model = script({"match": "(?s)query:\nFirst", "reply": "7"}, {"match": "(?s)query:\nOther", "reply": "8"},
                   {"match": "(?s)query:\nSecond", "reply": 'llm_call(f"Say {answer_1}")'}, {"match": "", "reply": "ok"})  # fmt: skip
    wrote("a.txt", "Ann")
    first = asked(shell, "First", "a.txt", "--model", model)["run"]
    other = asked(shell, "Other", "a.txt", "--model", model)["run"]
    again = ["Second", "--model", model, "--approved"]
    assert shell("ask", "--continue", first, *again, "0" * 32, "--strategy", "synth") == 64
    hash_ = shell.err.partition("its hash is ")[2][:32]
    asked(shell, "--continue", first, *again, hash_)
    assert shell("ask", "--continue", other, *again, hash_, "--strategy", "synth") == 64
    assert "was approved" in shell.err


def test_the_policy_covers_where_an_answer_is_from(shell: Shell, holding: Holding) -> None:
    """An answer made from a folder that is not allowed any more is not taken over, whatever is read now."""
    model = root()
    Path("secret").mkdir()
    Path("public").mkdir()
    asked(shell, FIRST, wrote("secret/visits.csv", CSV), "--model", model)
    holding(f'folders = ["{Path("public").absolute()}"]')
    wrote("public/visits.csv", CSV)
    assert shell("ask", "--continue", "last", SECOND, "public/visits.csv", "--model", model) in (2, 64)
    assert "folders" in shell.err and "secret/visits.csv" in shell.err
    with pytest.raises(PolicyViolation, match="secret"):
        RLM(model, journal=True).follow_up("last", SECOND, context=Path("public/visits.csv"))


def test_a_chain_keeps_all_its_sources(shell: Shell, holding: Holding) -> None:
    model = root()
    Path("public").mkdir()
    asked(shell, FIRST, wrote("visits.csv", CSV), "--model", model)
    asked(shell, "--continue", "last", SECOND, wrote("public/visits.csv", CSV), "--model", model)
    holding(f'folders = ["{Path("public").absolute()}"]')
    assert shell("ask", "--continue", "last", "Compare.", "--model", model) in (2, 64)
    assert "visits.csv" in shell.err and "folders" in shell.err
