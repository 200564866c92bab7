"""Manners of the command line: help in groups, short options, completion, suggestions, one style of errors, prices, the live line."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from lambda_rlm.budget.price import dollars, per_million
from lambda_rlm.cli.display.screen import clock, status
from lambda_rlm.events import ProgramStarted
from lambda_rlm.trace.progress import Progress
from tests.support.places import ROOT
from tests.support.shell import Shell, script, wrote

pytestmark = pytest.mark.usefixtures("alone")


# ── help ──


def test_the_help_of_ask_begins_with_six_options(shell: Shell) -> None:
    assert shell("ask", "--help") == 0
    assert shell.out.startswith("Usage: lambda-rlm ask [OPTIONS] QUERY [INPUT…]\n")
    first = shell.out.split("\nOptions:\n")[1].split("\n\n")[0]
    names = re.findall(r"^  (?:-\w, )?(--[a-z-]+)", first, re.MULTILINE)
    assert names == ["--model", "--max-cost", "--max-calls", "--strategy", "--task", "--json", "--help"]


def test_the_other_options_are_in_groups(shell: Shell) -> None:
    assert shell("ask", "--help") == 0
    titles = re.findall(r"^(\w[\w ]*):$", shell.out, re.MULTILINE)
    limits = shell.out.split("\nOther limits:\n")[1].split("\n\n")[0]
    assert titles == [
        "Arguments",
        "Options",
        "Other limits",
        "An account of many runs",
        "Routing",
        "Writing programs",
        "Models",
        "Requests to models",
        "Runs",
        "Reading inputs",
    ]
    assert "--max-tokens" in limits and "--include" not in limits


def test_an_example_of_a_help_page_is_one_line_to_copy(shell: Shell) -> None:
    assert shell("ask", "--help") == 0
    assert shell.out.splitlines()[-1].startswith("Example: lambda-rlm ask ") and shell.out.rstrip().endswith("--max-cost 0.50")


def test_the_table_of_commands_is_in_groups_and_cuts_no_sentence(shell: Shell) -> None:
    assert shell("--help") == 0
    assert "\nQuestions:\n  ask " in shell.out and "..." not in shell.out


# ── short options and other spellings ──


def test_short_options_mean_what_the_long_ones_do(shell: Shell) -> None:
    model = script({"match": "", "reply": "x"})
    wrote("p.lam", 'let reply = llm_call("Why?");\nf"{query}: {reply}"')
    assert shell("run", "p.lam", "-m", model, "-q", "Who?") == 0
    assert shell.out == "Who?: x\n"
    assert shell("show", "last", "-o", "run.html") == 0
    assert "wrote run.html" in shell.err


def test_summarize_is_another_spelling_of_the_task_summarise(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    model = script({"profile": {"window": 2000}}, {"match": "", "reply": "r"})
    asked = ("route", "What?", wrote("book.txt", "Ann keeps bees. " * 3_000), "--model", model, "--json")
    assert shell(*asked, "--task", "summarize", "--direct-shares", "summarize=0.5") == 0
    assert (shell.json["task"], shell.json["route"]) == ("summarise", "summarise")
    monkeypatch.setenv("LAMBDA_RLM_TASK", "summarize")
    assert shell(*asked) == 0
    assert shell.json["task"] == "summarise"


# ── completion ──


def completion(instruction: str, **environ: str) -> str:
    environment = {"PYTHONPATH": str(ROOT), "_LAMBDA_RLM_COMPLETE": instruction, **environ}
    done = subprocess.run(
        [sys.executable, "-m", "lambda_rlm"], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


@pytest.mark.slow
def test_a_shell_is_given_its_script_and_the_values_of_an_option() -> None:
    assert "complete -o default -F _lambda_rlm_completion lambda-rlm" in completion("source_bash")
    offered = completion("complete_bash", COMP_WORDS="lambda-rlm ask --task s", COMP_CWORD="3")
    assert offered.split() == ["search", "summarise"]
    assert completion("complete_bash", COMP_WORDS="lambda-rlm re", COMP_CWORD="1").split() == ["resume", "replay"]


# ── errors ──


MISTAKES = {
    "command": (["akk"], "no such command 'akk'", "did you mean ask? See lambda-rlm --help"),
    "option": (
        ["ask", "Why?", "--strateg", "x"],
        "no such option: --strateg",
        "did you mean --strategy? See lambda-rlm ask --help",
    ),
    "argument": (["ask"], "missing argument 'QUERY'", "see lambda-rlm ask --help"),
    "task": (["ask", "Why?", "--task", "serch"], "unknown task 'serch'", "did you mean search? Choose from search, "),
    "strategy": (["ask", "Why?", "--strategy", "sinth"], "unknown strategy 'sinth'", "did you mean synth? Choose from auto, "),
    "stage": (["check", "p.lam", "--emit", "type"], "unknown stage 'type'", "did you mean types? Choose from tokens, "),
    "format": (["grammar", "--format", "gbn"], "unknown format 'gbn'", "did you mean gbnf? Choose from lark, "),
    "outcome": (["export", "all", "--outcome", "answer"], "unknown outcome 'answer'", "did you mean answered? Choose from "),
    "benchmark": (["bench", "s_nia"], "unknown benchmark 's_nia'", "did you mean s_niah? Choose from s_niah, "),
    "comparison": (["runs", "--by", "rout"], "unknown comparison 'rout'", "did you mean route? Choose from route, "),
    "error code": (["explain", "E020"], "unknown error code 'E020'", "did you mean E0"),
    "model": (["models", "get", "smollm"], "unknown local model 'smollm'", "did you mean smollm2-135m? Choose from "),
    "nothing near": (["grammar", "--format", "xyz"], "unknown format 'xyz'", "choose from lark, "),
}


@pytest.mark.parametrize(("arguments", "message", "hint"), MISTAKES.values(), ids=list(MISTAKES))
def test_a_mistake_is_one_line_and_its_hint_another(shell: Shell, arguments: list[str], message: str, hint: str) -> None:
    assert shell(*arguments) == 64
    first, second = shell.err.splitlines()
    assert first == f"error: {message}"
    assert second.startswith(f"hint: {hint}")


def test_a_fault_before_a_run_looks_like_one_during_it(shell: Shell) -> None:
    assert shell("ask", "Why?", wrote("a.txt", "x"), "-m", "scripted:nothing.jsonl") == 2
    assert shell.err.startswith("fault[E0522]: ")


# ── amounts ──


@pytest.mark.parametrize(
    ("cost", "shown"),
    [
        (None, "cost unknown"),
        (0, "free"),
        (1234.5, "$1,234.50"),
        (0.7211, "$0.7211"),
        (0.01, "$0.0100"),
        (0.00034, "$0.00034"),
        (0.0000123, "$0.000012"),
        (0.0000009, "<$0.000001"),
    ],
)
def test_a_cost_is_never_shown_as_nothing(cost: float | None, shown: str) -> None:
    assert dollars(cost) == shown


def test_a_price_is_for_a_million_tokens() -> None:
    assert (per_million(0.25e-6), per_million(2e-6), per_million(1e-9)) == ("$0.25", "$2.00", "$0.0010")


# ── the live line ──


def test_the_live_line_ends_with_elapsed_time_and_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("lambda_rlm.trace.progress.monotonic", lambda: now[0])
    progress = Progress(_since=now[0])
    now[0] += 20
    assert progress.seconds_left is None and status(progress).endswith(" · 0:20")
    progress(ProgramStarted("p", "p.lam", "", {}, {"calls": 16}))
    progress.finished, progress.started = 4, 6
    assert status(progress).endswith(" · 0:20, at most 1:00 left")
    assert clock(3725) == "1:02:05"


def test_without_a_limit_no_end_is_promised() -> None:
    progress = Progress(finished=1)
    progress(ProgramStarted("p", "p.lam", "", {}, {"calls": None}))
    assert progress.seconds_left is None
