"""Programs that root models wrote become training data: chats, and rows for reinforcement learning."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lambda_rlm.execution.check import check
from lambda_rlm.synth.reference import reference
from tests.support.shell import ASKING, Shell, journal, wrote

pytestmark = pytest.mark.usefixtures("alone")

SECRET = "sk-very-secret-1234567890"


def asked(
    shell: Shell,
    *replies: str,
    query: str = "Who?",
    text: str = "Ann keeps bees.",
    profile: dict[str, Any] | None = None,
    **options: str,
) -> int:
    """One question; the root model, of this profile, gives its replies in order."""
    rules: list[dict[str, Any]] = [] if profile is None else [{"profile": profile}]
    rules += [{"match": "# Task", "reply": reply, "times": 1} for reply in replies[:-1]]
    rules.append({"match": "# Task", "reply": replies[-1]})
    Path("root.jsonl").write_text("".join(json.dumps(rule) + "\n" for rule in rules), encoding="utf-8")
    Path("leaf.jsonl").write_text(json.dumps({"match": "keeps bees", "reply": "Ann"}), encoding="utf-8")
    given = [part for name, value in options.items() for part in (f"--{name}", value)]
    models = ["--model", "scripted:leaf.jsonl", "--root-model", "scripted:root.jsonl"]
    return shell("ask", query, wrote("a.txt", text), "--strategy", "synth", *models, *given)


def exported(shell: Shell, *arguments: str) -> list[Any]:
    """The rows; each line must be one JSON object."""
    assert shell("export", *arguments) == 0
    rows = [json.loads(line) for line in shell.out.splitlines()]
    assert all(isinstance(row, dict) for row in rows)
    return rows


def test_an_answered_program_becomes_a_training_chat(shell: Shell) -> None:
    asked(shell, ASKING)
    (row,) = exported(shell, "last")
    system, user, assistant = row["messages"]
    assert [m["role"] for m in row["messages"]] == ["system", "user", "assistant"]
    assert system["content"] == reference()
    assert "context: Text - 15 characters" in user["content"] and "query:\nWho?" in user["content"]
    assert assistant["content"] == ASKING
    assert (row["outcome"], row["codes"], row["query"]) == ("answered", [], "Who?")
    assert row["inputs"] == [{"name": "context", "type": "Text", "characters": 15}]
    assert "answer" not in row


def test_the_prompt_of_a_row_is_the_one_that_was_sent(shell: Shell) -> None:
    asked(shell, ASKING, trace="t.jsonl")
    sent = json.loads(Path("t.jsonl").read_text(encoding="utf-8").split("\n")[0])["messages"]
    (row,) = exported(shell, "last")
    assert row["messages"][:-1] == sent


def test_a_row_of_a_small_author_has_the_turns_it_was_shown(
    shell: Shell,
) -> None:
    asked(shell, ASKING, trace="t.jsonl", profile={"is_small": True})
    sent = json.loads(Path("t.jsonl").read_text(encoding="utf-8").split("\n")[0])["messages"]
    (row,) = exported(shell, "last")
    assert [m["role"] for m in sent] == ["system", *["user", "assistant"] * 5, "user"]
    assert row["messages"][:-1] == sent


def test_failures_are_labelled_by_the_codes_of_their_diagnostics(shell: Shell) -> None:
    asked(shell, "lenght_of(context)", ASKING)
    asked(shell, "1 / (length(context) - 15)")
    rows = exported(shell, "all", "--outcome", "all")
    assert [(row["outcome"], row["codes"]) for row in rows] == [
        ("rejected", ["E0202"]), ("answered", []), ("fault", ["E0413"]),
    ]  # fmt: skip
    for row in rows[:1]:
        found = check(row["messages"][-1]["content"]).diagnostics
        assert [d.code for d in found] == row["codes"]


@pytest.mark.slow
@pytest.mark.parametrize(("outcome", "count"), [("answered", 1), ("rejected", 1), ("fault", 1), ("degraded", 1), ("all", 4)])
def test_rows_are_chosen_by_outcome(shell: Shell, outcome: str, count: int) -> None:
    asked(shell, "lenght_of(context)", ASKING)
    asked(shell, "1 / (length(context) - 15)")
    asked(shell, 'llm_call[Int](f"Who keeps bees?", or_else=3)')
    rows = exported(shell, "all", "--outcome", outcome)
    assert len(rows) == count
    assert {row["outcome"] for row in rows} == (
        {"answered", "degraded", "fault", "rejected"} if outcome == "all" else {outcome}
    )


def test_equivalent_programs_count_once(shell: Shell) -> None:
    for program in ("let a = length(context); a", "# how long\nlet   b = length(context);\nb", "length(context) + 1"):
        asked(shell, program)
    assert len(exported(shell, "all")) == 2
    assert "1 skipped as duplicates" in shell.err
    assert len(exported(shell, "all", "--doubles")) == 3


def test_rows_for_verifiers_have_its_columns(shell: Shell) -> None:
    asked(shell, "lenght_of(context)", ASKING)
    bad, good = exported(shell, "last", "--format", "verifiers", "--outcome", "all")
    for number, row in enumerate((bad, good)):
        assert set(row) == {"example_id", "task", "prompt", "completion", "answer", "reward", "info"}
        assert (row["example_id"], row["task"], row["answer"]) == (number, "lambda-rlm", "")
        assert [m["role"] for m in row["prompt"]] == ["system", "user"]
        assert [m["role"] for m in row["completion"]] == ["assistant"]
    assert (bad["reward"], good["reward"]) == (0.0, 1.0)
    assert json.loads(bad["info"])["codes"] == ["E0202"]


def test_each_round_is_a_row_with_what_came_before(shell: Shell) -> None:
    asked(shell, "take(context, 0)", "length(result_1) + 16", "done", rounds="3")
    first, second = exported(shell, "last", "--answers")
    assert [m["role"] for m in second["messages"]] == ["system", "user", "assistant", "user", "assistant"]
    assert "result_1: Text" in second["messages"][1]["content"] and second["messages"][2]["content"] == "take(context, 0)"
    assert (first["round"], second["round"]) == (1, 2)
    assert (first["answer"], second["answer"]) == (None, "16")


def test_a_program_that_looked_is_no_row(shell: Shell) -> None:
    """It answers nothing; what it showed is in the row of the program that answers."""
    asked(shell, "# look\nlength(context)", "result_1 + 1")
    (answer,) = exported(shell, "last", "--outcome", "all", "--answers")
    assert (answer["round"], answer["answer"]) == (2, "16")
    assert "# look" in answer["messages"][2]["content"]


def test_candidates_that_were_not_run_are_no_rows(shell: Shell) -> None:
    asked(shell, "1", "2", "3", "4", candidates="4")
    assert len(exported(shell, "last")) == 3, "the best three are run"


@pytest.mark.slow
@pytest.mark.parametrize("form", ["sft", "verifiers"])
def test_no_contents_and_no_secrets_are_exported(shell: Shell, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even what the author was shown: neither the journal nor a row has it."""
    monkeypatch.setenv("SOME_API_KEY", SECRET)
    asked(shell, "lenght_of(context)", ASKING, query=f"Who? {SECRET}", text="CONFIDENTIAL bees", peek="40")
    rows = exported(shell, "all", "--format", form, "--outcome", "all")
    assert len(rows) == 2
    assert "CONFIDENTIAL" not in shell.out and SECRET not in shell.out and str(Path.cwd()) not in shell.out
    kept = b"".join(path.read_bytes() for path in Path("home").glob("journal*"))
    assert b"CONFIDENTIAL" not in kept


def test_rows_go_to_a_file_as_a_whole(shell: Shell) -> None:
    asked(shell, ASKING)
    assert shell("export", "last", "-o", "rows.jsonl") == 0
    assert shell.out == "" and "1 row (1 answered" in shell.err
    assert len(Path("rows.jsonl").read_text(encoding="utf-8").splitlines()) == 1
    assert shell("export", "last", "-o", "no/such/folder/rows.jsonl") == 64
    assert "cannot write" in shell.err
    assert not [path for path in Path().iterdir() if path.name.startswith(".rows")]


def test_runs_without_a_written_program_have_no_rows(shell: Shell) -> None:
    asked(shell, "<think>I would rather not.</think>")
    leaf = ["--model", "scripted:leaf.jsonl"]
    assert shell("run", wrote("p.lam", "length(context)"), "a.txt", *leaf) == 0
    assert exported(shell, "all", "--outcome", "all") == []
    with journal() as written:
        assert len(written.ids()) == 2


@pytest.mark.parametrize("arguments", [("none",), ("last", "--format", "x"), ("last", "--outcome", "x")])
def test_what_does_not_exist_is_refused(shell: Shell, arguments: tuple[str, ...]) -> None:
    asked(shell, ASKING)
    assert shell("export", *arguments) == 64


@pytest.mark.slow
@pytest.mark.parametrize(
    "outcome", ["{", "[1]", '{"synthesis": {"asked": [[{}]]}}', '{"synthesis": {"asked": [[]], "written": [{"codes": []}]}}']
)
def test_an_unreadable_run_is_reported_and_blocks_no_other(shell: Shell, outcome: str) -> None:
    asked(shell, ASKING)
    asked(shell, ASKING + ' ++ "!"')
    with journal() as kept:
        first, path = kept.ids()[0], kept.path
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE runs SET outcome = ? WHERE id = ?", (outcome, first))
    (row,) = exported(shell, "all")
    assert row["run"] != first
    assert f"warning: skipped: unrecognized journal record for run {first}" in shell.err
    assert shell("export", first) == 64
    assert f"unrecognized journal record for run {first}" in shell.err
    assert shell("runs") == 0 and first in shell.out
