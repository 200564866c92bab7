"""Standard output that is closed, full or no longer read: a clean exit code, no traceback, and no paid answer lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from lambda_rlm.cli.exits import ANSWERED, REJECTED, USAGE
from tests.support.places import ROOT
from tests.support.shell import journal, script, wrote

pytestmark = [pytest.mark.slow, pytest.mark.integration, pytest.mark.usefixtures("alone")]

COMMANDS: Final = (
    "run p.lam --model scripted:replies.jsonl",
    "run p.lam --model scripted:replies.jsonl --json",
    "ask Who? a.txt --model scripted:replies.jsonl",
    "run wrong.lam --json",
    "grammar --format lark",
    "explain",
    "--help",
)


def left(command: str, redirection: str) -> tuple[int, str]:
    """The exit code of a command with its streams redirected, and what it said on standard error."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""}
    line = f"exec {sys.executable} -m lambda_rlm {command} {redirection}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment, check=False)
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr, done.stderr
    return done.returncode, done.stderr


def prepare() -> None:
    wrote("p.lam", 'llm_call("x")')
    wrote("wrong.lam", "1 + true")
    wrote("a.txt", "bees")
    script({"match": "", "reply": "bees " * 40_000})


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("redirection", [">/dev/full", ">&-"])
@pytest.mark.parametrize("command", COMMANDS)
def test_output_that_cannot_be_written_is_said_once(command: str, redirection: str) -> None:
    prepare()
    code, err = left(command, redirection)
    if command == "--help" and redirection == ">&-":
        return  # the option parser writes nothing to a stream that is none
    assert code == USAGE
    assert err.count("cannot be written to standard output: ") == 1
    if "replies" in command:
        with journal() as kept:
            (run,) = kept.runs()
        assert run.state == "answered" and f"lambda-rlm show {run.id} --all" in err


@pytest.mark.parametrize("command", COMMANDS)
def test_a_reader_that_goes_away_is_no_failure(command: str) -> None:
    prepare()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    arguments = [sys.executable, "-m", "lambda_rlm", *command.split()]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as running:
        assert running.stdout is not None and running.stderr is not None
        running.stdout.close()
        err = running.stderr.read().decode()
        code = running.wait(60)
    assert "Traceback" not in err and "Exception ignored" not in err
    assert code in (ANSWERED, REJECTED)
    if "replies" in command:
        with journal() as kept:
            (run,) = kept.runs()
        assert run.state == "answered" and f"lambda-rlm show {run.id} --all" in err


@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-", "2>&- <&-"])
def test_standard_error_that_is_lost_takes_no_answer_away(redirection: str) -> None:
    prepare()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    line = f"{sys.executable} -m lambda_rlm {COMMANDS[0]} {redirection}"
    done = subprocess.run(["bash", "-c", line], stdout=subprocess.PIPE, env=environment, check=False)
    assert done.returncode == 0 and done.stdout.startswith(b"bees bees")


def test_a_trace_on_a_full_disk_takes_no_answer_away() -> None:
    wrote("p.lam", 'range(0, 200) |> map(fn(i) => llm_call(f"x {i}")) |> join("")')
    model = script({"match": "", "reply": "y"})
    line = f"ulimit -f 8; exec {sys.executable} -m lambda_rlm run p.lam --model {model} --no-journal --trace t.jsonl | cat"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stdout) == (ANSWERED, "y" * 200 + "\n"), done.stderr
    assert "warning: the trace t.jsonl is not whole: File too large" in done.stderr
