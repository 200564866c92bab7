"""Every folder of examples/ runs offline, as its README shows."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from lambda_rlm.cli.app import run_command
from tests.support.places import ROOT

FOLDERS = sorted(path.parent for path in (ROOT / "examples").glob("*/program.lam"))
COMMAND = re.compile(r"```sh\nlambda-rlm (.*?)\n```\n\n```text\n(.*?)```", re.DOTALL)


def test_the_examples_are_the_ones_told_of() -> None:
    assert [f.name for f in FOLDERS] == ["ask-a-book", "count-labels", "extract-quotes"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.name)
def test_an_example_prints_what_its_readme_shows(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    shown = COMMAND.findall((folder / "README.md").read_text(encoding="utf-8"))
    assert shown
    for command, expected in shown:
        assert run_command(shlex.split(command)) == 0
        assert capsys.readouterr().out == expected


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.name)
def test_an_example_is_in_canonical_form(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_command(["fmt", "--check", str(folder / "program.lam")]) == 0


def test_the_book_is_longer_than_the_window_and_searched(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What `make demo` does, with the model's part played from a script."""
    monkeypatch.chdir(ROOT / "examples" / "ask-a-book")
    question = Path("question.txt").read_text(encoding="utf-8").strip()
    assert run_command(["ask", question, "book.txt", "--model", "scripted:replies.jsonl"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "H.M.S. Beagle\n"
    assert "search · 2 of at most " in captured.err


def test_a_folder_is_searched_and_its_route_shown_beforehand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the README of the example shows: one call for the task, one for the answer, which stands in one of six documents."""
    monkeypatch.chdir(ROOT)
    shown = COMMAND.findall((ROOT / "examples" / "ask-a-folder" / "README.md").read_text(encoding="utf-8"))
    ((command, expected),) = shown
    assert run_command([*shlex.split(command), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert f"{found['answer']}\n" == expected
    assert (found["route"], found["task"], found["usage"]["calls"]) == ("search", "search", 2)
    assert found["coverage"]["context"] < 0.5
    assert run_command(["route", *shlex.split(command)[1:], "--task", "search", "--json"]) == 0
    assert (json.loads(capsys.readouterr().out)["route"], found["citations"] != []) == ("search", True)


@pytest.mark.quality
def test_the_default_local_model_finds_the_ship_in_the_book(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What `make demo` prints, from the model itself; it reads a small part of the book."""
    monkeypatch.chdir(ROOT / "examples" / "ask-a-book")
    question = Path("question.txt").read_text(encoding="utf-8").strip()
    assert run_command(["ask", question, "book.txt", "--model", "local/qwen2.5-coder-0.5b", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "Beagle" in found["answer"]
    assert found["usage"]["input_tokens"] < 4_000
    assert found["coverage"]["context"] < 0.01
