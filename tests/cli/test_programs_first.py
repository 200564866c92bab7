"""Programs first, on the command line: what a question over rows, logs and texts is answered by, with which calls, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.shell import Shell, wrote

pytestmark = pytest.mark.usefixtures("alone")

PROFILE = {"profile": {"window": 16_000, "max_output": 2_000, "input_price": 0.000001, "output_price": 0.000002}}
DETECTION = "The tool that gets it"
ROWS = "name,age\nAnn,31\nBob,7\nCem,74\n"
LOG = "".join(f"2026-03-04T10:{i:02}:02Z {('INFO', 'ERROR')[i % 3 == 0]} worker-{i} stopped\n" for i in range(30))
STRONG = ("--strength", "strong")


def answering(*more: dict[str, Any], program: str = "sum(map(context, fn(r) => r.age))") -> str:
    rules = ({"match": "# Task", "reply": program}, *more, {"match": "", "reply": "read"})
    Path("replies.jsonl").write_text("".join(json.dumps(rule) + "\n" for rule in (PROFILE, *rules)), encoding="utf-8")
    return "scripted:replies.jsonl"


def traced(event: str) -> list[dict[str, Any]]:
    """The events of this kind."""
    lines = map(json.loads, Path("t.jsonl").read_text().splitlines())
    return [line for line in lines if line["event"] == event]


def asked() -> list[str]:
    """The requests that were sent."""
    return [json.dumps(line) for line in traced("call_started")]


TRACED = ("--trace", "t.jsonl", "--json")


def test_a_sum_over_three_rows_is_computed_and_not_read(shell: Shell) -> None:
    rows = wrote("a.csv", ROWS)
    assert shell("ask", "What is the total age?", rows, "--model", answering(), *STRONG, *TRACED) == 0
    assert (shell.json["answer"], shell.json["route"], shell.json["usage"]["calls"]) == ("112", "synth", 0)
    assert len(asked()) == 1 and DETECTION not in asked()[0]
    assert any(
        note == "synth: the question asks for a calculation over rows; scripted:replies.jsonl writes programs (strong: set)"
        for note in shell.json["notes"]
    )


def test_a_log_goes_to_a_program_and_prose_of_its_length_does_not(shell: Shell) -> None:
    model = answering(program='count(lines(context), fn(l) => contains(l, "ERROR"))')
    log, prose = wrote("a.log", LOG), wrote("b.txt", "Ann keeps bees, and nobody knows why. " * (len(LOG) // 38))
    assert shell("ask", "Which worker stopped?", log, "--model", model, *STRONG, "--json") == 0
    assert (shell.json["route"], shell.json["answer"]) == ("synth", "10")
    assert shell("ask", "Which worker stopped?", prose, "--model", model, *STRONG, "--json") == 0
    assert (shell.json["route"], shell.json["answer"]) == ("direct", "read")
    assert shell("ask", "Explain this.", log, "--model", model, *STRONG, "--json") == 0
    assert shell.json["route"] == "direct"


def test_a_weak_root_is_asked_what_it_was_asked_before(shell: Shell) -> None:
    rows = wrote("a.csv", ROWS)
    assert shell("ask", "What is the total age?", rows, "--model", answering(), *TRACED) == 0
    assert (shell.json["route"], len(asked())) == ("direct", 1)
    long = wrote("b.csv", ROWS + "Dan,3\n" * 20_000)
    assert (
        shell("ask", "What is the total age?", long, "--model", answering({"match": DETECTION, "reply": "search"}), *TRACED)
        == 0
    )
    assert shell.json["route"] == "search" and sum(DETECTION in prompt for prompt in asked()) == 1


@pytest.mark.parametrize("strength", ["strong", "medium"])
def test_where_the_root_writes_nothing_the_plan_that_counts_answers(shell: Shell, strength: str) -> None:
    rows, model = wrote("a.csv", ROWS), answering(program="I cannot.")
    shell("ask", "What is the total age?", rows, "--model", model, "--strength", strength, "--trace", "t.jsonl")
    assert [program["name"] for program in traced("program_started")] == ["aggregate.lam"]
    assert asked() and DETECTION not in "".join(asked())


def test_with_approve_nothing_is_written_before_the_yes(shell: Shell) -> None:
    rows = wrote("a.csv", ROWS)
    given = ("ask", "What is the total age?", rows, "--model", answering(), *STRONG, "--trace", "t.jsonl")
    assert shell(*given, "--approve") == 64
    assert Path("t.jsonl").read_text() == "" and "assuming task `aggregate`" not in shell.out
    assert shell("route", "What is the total age?", rows, "--model", answering(), *STRONG, "--json") == 0
    assert shell.json["way"] == "synth"


def test_a_policy_may_leave_no_room_for_writing(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = wrote("a.csv", ROWS)
    wrote("policy.toml", f'ledger = "{Path.cwd()}/ledger.sqlite3"\nrequire = ["constrain"]\n')
    monkeypatch.setenv("LAMBDA_RLM_POLICY", str(Path.cwd() / "policy.toml"))
    assert shell("route", "What is the total age?", rows, "--model", answering(), *STRONG, "--json") == 0
    assert (shell.json["way"], shell.json["route"]) == ("plan", "aggregate")
    assert any(note.startswith("route `synth` skipped: ") and "constrain" in note for note in shell.json["notes"])


def test_route_says_why_in_words_and_what_it_rests_on(shell: Shell) -> None:
    rows = wrote("a.csv", ROWS)
    assert shell("route", "What is the total age?", rows, "--model", "openai/gpt-5-mini") == 0
    first, *rest = shell.out.splitlines()
    assert first == (
        "synth: the question asks for a calculation over rows; "
        "openai/gpt-5-mini writes programs (medium: guessed from its name)"
    )
    assert not any("classif" in line for line in rest)
    assert shell("route", "What is the total age?", rows, "--model", "openai/gpt-5-mini", "--json") == 0
    found = {key: shell.json[key] for key in ("asks", "inputs", "strength", "strength_from", "task", "detection")}
    assert found == {
        "asks": "computes",
        "inputs": "rows",
        "strength": "medium",
        "strength_from": "guess",
        "task": None,
        "detection": None,
    }


def test_what_route_says_ask_does(shell: Shell) -> None:
    """For every kind of question and input, and each strength of the root model."""
    inputs = (
        wrote("a.csv", ROWS),
        wrote("a.log", LOG),
        wrote("a.txt", "Ann keeps bees. " * 50),
        wrote("b.txt", "Ann keeps bees. " * 9_000),
    )
    model = answering({"match": DETECTION, "reply": "search"}, program='"written"')
    for query in ("What is the total age?", "Explain this.", "Who keeps bees?"):
        for given in inputs:
            for strength in ("strong", "medium", "weak"):
                options = (query, given, "--model", model, "--strength", strength, "--json")
                assert shell("route", *options) == 0
                route = shell.json["route"]
                assert shell("ask", *options) == 0
                assert shell.json["route"] == route, options
