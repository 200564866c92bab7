"""After a fault a person reads what helps against it: a limit to raise, an explanation, or how to resume."""

from __future__ import annotations

import re

import pytest

from lambda_rlm.cli.display.next_step import RAISED, after_fault
from tests.support.shell import Shell, script, wrote

pytestmark = pytest.mark.usefixtures("alone")

_LINES = 'lines(context) |> map(fn(l) => llm_call(f"Translate: {l}", out=20)) |> join(" ")'


def _hints(shell: Shell) -> list[str]:
    return re.findall(r"^hint: (.*)$", shell.err, re.MULTILINE)


def test_a_fault_of_the_program_is_not_answered_with_resume(shell: Shell) -> None:
    assert shell("run", wrote("p.lam", "1 / length(query)")) == 2
    assert _hints(shell) == ["for an explanation with examples: lambda-rlm explain E0413"]


def test_a_limit_that_nothing_was_paid_under_is_only_raised(shell: Shell) -> None:
    assert shell("run", wrote("p.lam", "length(range(0, 1000))"), "--fuel", "10") == 2
    assert _hints(shell) == ["raise --fuel"]


def test_a_recursion_too_deep_is_told_to_divide_and_does(shell: Shell) -> None:
    wrote("p.lam", "let go = fix go(p) => if length(p) <= 1 then p else go(drop(p, 1)); go(context)")
    assert shell("run", "p.lam", wrote("notes.txt", "a" * 50)) == 2
    assert _hints(shell) == ["recurse on several pieces at each level (split, chunk), so that a few levels are enough"]
    wrote("p.lam", 'let go = fix go(p) => if length(p) <= 1 then p else split(p, 4) |> map(go) |> join(""); go(context)')
    assert shell("run", "p.lam", "notes.txt") == 0


def test_what_is_printed_after_a_failure_resumes_that_journal(shell: Shell) -> None:
    model = script({"match": "b</data", "failure": "E0501", "delay": 0.05}, {"match": "a", "reply": "yes"})
    wrote("notes.txt", "a\nb")
    assert shell("run", wrote("p.lam", _LINES), "notes.txt", "--model", model, "--journal", "my runs.sqlite3") == 2
    (hint,) = _hints(shell)
    assert hint.startswith("to resume without paying again") and hint.endswith("--journal 'my runs.sqlite3'")
    script({"match": "", "reply": "yes"})
    run = re.findall(r"lambda-rlm resume (\w+)", hint)[0]
    assert shell("resume", run, "--journal", "my runs.sqlite3") == 0
    assert shell.out == "yes yes\n"


def test_nothing_paid_is_nothing_to_resume(shell: Shell) -> None:
    model = script({"match": "", "failure": "E0501"})
    assert shell("run", wrote("p.lam", 'llm_call("a")'), "--model", model) == 2
    assert _hints(shell) == []


@pytest.mark.parametrize(("code", "option"), RAISED.items())
def test_each_raised_limit_is_an_option_of_resume(shell: Shell, code: str, option: str) -> None:
    assert shell("resume", "--help") == 0
    assert f"{option} " in shell.out
    assert after_fault(code, "X", None) == (
        f"raise {option} and resume without paying again for finished calls: lambda-rlm resume X {option} N"
    )
