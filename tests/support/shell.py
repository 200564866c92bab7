"""Commands run in the process, for tests of the command line."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import pytest
import typer

from lambda_rlm.cli.app import run_command
from lambda_rlm.journal.journal import Journal

ASKING: Final = 'llm_call(f"Who keeps bees?\\n{take(context, 200)}", out=50)'
"""A program with one call."""


_made = cache(typer.main.get_command)
"""Typer makes its options from signatures at each command: half of the time of a command in the process of the tests, and the
same options each time. A process of a user has one command only."""


class Shell:
    """Runs commands in the process and keeps what they printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys
        self.out = self.err = ""

    def __call__(self, *arguments: str) -> int:
        with patch.object(typer.main, "get_command", _made):
            code = run_command(list(arguments))
        self.out, self.err = self.capsys.readouterr()
        assert "Traceback" not in self.out + self.err, self.out + self.err
        return code

    @property
    def json(self) -> Any:
        """The one object on standard output; anything else there fails."""
        assert self.out.count("\n") == 1
        return json.loads(self.out)


def script(*rules: dict[str, Any]) -> str:
    Path("replies.jsonl").write_text("".join(json.dumps(rule) + "\n" for rule in rules), encoding="utf-8")
    return "scripted:replies.jsonl"


def wrote(name: str, text: str | bytes) -> str:
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return name


def journal() -> Journal:
    """The journal of the runs that were made in this folder."""
    return Journal(Path("home/journal.sqlite3"), is_new=False)


def leave_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder, without settings and keys."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("LAMBDA_RLM_HOME", str(folder / "home"))
    for name in [n for n in os.environ if n.endswith("_API_KEY") or (n.startswith("LAMBDA_RLM_") and n != "LAMBDA_RLM_HOME")]:
        monkeypatch.delenv(name)
