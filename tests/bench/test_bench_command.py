"""`lambda-rlm bench` shows what it measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lambda_rlm.bench.benchmarks import BENCHMARKS
from lambda_rlm.cli.app import run_command


def test_the_table_has_a_line_for_each_length(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["bench", "s_niah", "--model", "sim:?price_in=1", "--sizes", "2K,4K", "--limit", "2"]
    assert run_command(arguments) == 0
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert lines[0].split() == ["length", "tasks", "score", "calls", "bound", "naive", "tokens", "usd", "seconds", "faults"]
    assert [line.split()[:3] for line in lines[1:3]] == [["2K", "2", "100.0"], ["4K", "2", "100.0"]]
    assert lines[3] == "macro-average over lengths: 100.0"
    assert "4/4 s_niah-4K-1: 100" in shown.err


@pytest.mark.slow
def test_as_json_it_is_one_object_with_every_task(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["bench", "oolong", "--model", "sim:", "--sizes", "2K", "--limit", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["ok"], found["benchmark"], found["strategy"], found["task"]) == (True, "oolong", "plan", "aggregate")
    assert found["macro_average"] == 100.0
    assert [row["length"] for row in found["lengths"]] == ["2K"]
    assert all(task["calls"] <= task["bound"] for task in found["tasks"])
    assert [len(task["answer"]) for task in found["tasks"]] == [task["answer_characters"] for task in found["tasks"]]


def test_the_json_of_a_long_answer_has_its_start_and_length(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["bench", "oolong_pairs", "--model", "sim:", "--sizes", "8K", "--limit", "1", "--json"]) == 0
    task = json.loads(capsys.readouterr().out)["tasks"][0]
    assert len(task["answer"]) == 2_000 < task["answer_characters"]


def test_a_task_that_ends_in_a_fault_is_told_and_scores_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And the exit code says so: a score over fewer tasks than were asked would be a better one than was earned."""
    row = {"id": "a", "context_file": "a.txt", "question": "Who?", "answer": "x", "scorer": "contains", "tokens_approx": 2048}
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "tasks.jsonl").write_text(json.dumps(row) + "\n")
    arguments = ["bench", "s_niah", "--model", "sim:", "--data", str(tmp_path), "--strategy", "direct"]
    assert run_command(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out.splitlines()[1].split()[:3] == ["2K", "1", "0.0"]
    assert shown.out.splitlines()[1].split()[-1] == "1"
    assert "[E0523]" in shown.err


def test_an_answer_of_the_plan_is_not_shown_as_written(capsys: pytest.CaptureFixture[str]) -> None:
    """The simulated model writes no programs: a score of `--strategy synth` is then one of the plan."""
    arguments = ["bench", "s_niah", "--model", "sim:", "--sizes", "2K", "--limit", "2", "--strategy", "synth"]
    assert run_command(arguments) == 0
    shown = capsys.readouterr().err
    assert "1/2 s_niah-2K-0: 100 (fallback to the strategy: no program was accepted in 2 attempts)" in shown
    assert "warning: no program was accepted for 2 of 2 tasks, so the strategy answered" in shown
    assert run_command([*arguments, "--json"]) == 0
    tasks = json.loads(capsys.readouterr().out)["tasks"]
    assert [task["fallback"] for task in tasks] == ["no program was accepted in 2 attempts"] * 2
    assert [(task["calls"], task["bound"]) for task in tasks] == [(3, 5), (3, 5)], "two of them for the writing"
    assert all(task["input_tokens"] > 3_000 for task in tasks)


def test_the_router_of_a_benchmark_has_the_settings_of_a_person(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Or what is measured is not what `ask` does with the same settings."""
    arguments = ["bench", "s_niah", "--model", "sim:", "--sizes", "8K", "--limit", "1", "--strategy", "auto", "--json"]

    def route(*more: str) -> str:
        assert run_command([*arguments, *more]) == 0
        return str(json.loads(capsys.readouterr().out)["tasks"][0]["route"])

    assert (route(), route("--direct-share", "0.1")) == ("direct", "search")
    monkeypatch.setenv("LAMBDA_RLM_DIRECT_SHARE", "0.1")
    assert route() == "search"
    monkeypatch.setenv("LAMBDA_RLM_STRENGTH", "strong")
    assert (route(), route("--task", "answer")) == ("synth", "answer")


def test_programs_are_written_by_the_root_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "root.jsonl").write_text(json.dumps({"match": "", "reply": '```lam\n"the root wrote this"\n```'}) + "\n")
    arguments = ["bench", "s_niah", "--model", "sim:", "--sizes", "2K", "--limit", "1", "--strategy", "synth", "--json"]
    assert run_command([*arguments, "--root-model", f"scripted:{tmp_path / 'root.jsonl'}"]) == 0
    (task,) = json.loads(capsys.readouterr().out)["tasks"]
    assert (task["answer"], task["fallback"]) == ("the root wrote this", None)


def test_the_benchmarks_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["bench", "--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(BENCHMARKS)
    assert run_command(["bench", "--list", "--json"]) == 0
    assert [row["name"] for row in json.loads(capsys.readouterr().out)["benchmarks"]] == list(BENCHMARKS)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["bench"], "missing argument NAME"),
        (["bench", "nothing"], "unknown benchmark 'nothing'"),
        (["bench", "s_niah", "--strategy", "best"], "unknown strategy 'best'"),
        (["bench", "s_niah", "--task", "guess"], "unknown task 'guess'"),
        (["bench", "s_niah", "--sizes", "long"], "'long' is not a valid length"),
        (["bench", "s_niah", "--limit", "0"], "--limit must be at least 1"),
        (["bench", "s_niah", "--data", "/nowhere"], "no such file or folder: /nowhere/tasks.jsonl"),
    ],
)
def test_what_cannot_be_measured_is_a_usage_error(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command([*arguments, *(["--model", "sim:"] if len(arguments) > 1 else [])]) == 64
    assert told in capsys.readouterr().err


def test_a_wrong_set_up_ends_it_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["bench", "s_niah", "--model", "sim:?k=0"]) == 2
    assert "[E0524]" in capsys.readouterr().err


@pytest.mark.slow
def test_a_plan_over_budget_is_a_fault_of_its_task(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["bench", "oolong", "--model", "sim:", "--sizes", "4K", "--limit", "1", "--max-calls", "2"]) == 2
    shown = capsys.readouterr()
    assert "[E03" in shown.err
    assert shown.out.splitlines()[1].split()[:4] == ["4K", "1", "0.0", "0.0"]
