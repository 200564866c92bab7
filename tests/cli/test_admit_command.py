"""`--admit`, and a run that stops at its budget: from the command line, as a person goes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support.shell import Shell, journal, leave_alone, script, wrote

PROFILE = {"profile": {"window": 8_000, "max_output": 1_000, "input_price": 1e-6, "output_price": 1e-5}}
EACH = 'lines(context) |> map(fn(line) => llm_call(f"Say one word about this: {line}", out=400)) |> join(" ")'
LINES = "\n".join(f"line {number}" for number in range(20))


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    leave_alone(tmp_path, monkeypatch)
    wrote("p.lam", EACH)
    wrote("a.txt", LINES)
    return Shell(capsys)


def frugal() -> str:
    return script(PROFILE, {"match": "", "reply": "word", "usage": {"input_tokens": 40, "output_tokens": 2}})


def wordy() -> str:
    """Each reply costs $0.004, near its most."""
    return script(PROFILE, {"match": "", "reply": "word " * 390, "usage": {"input_tokens": 40, "output_tokens": 396}})


def test_a_run_is_proved_unless_something_else_is_said(shell: Shell) -> None:
    """Twenty calls cost $0.08 and more at most, and a cent of it as a rule."""
    assert shell("run", "p.lam", "a.txt", "--model", frugal(), "--max-cost", "0.03") == 1
    assert "error[E0304]: the program may cost $0." in shell.err
    assert re.search(r"likely 20 · at most \d+ calls, likely \$0\.00\d+ · at most \$0\.\d+; ", shell.err)
    assert "--admit likely begins all the same, and may stop at the budget" in shell.err
    assert shell("run", "p.lam", "a.txt", "--model", frugal(), "--max-cost", "0.03", "--admit", "proved") == 1


def test_a_likely_run_completes_within_its_budget(shell: Shell) -> None:
    assert shell("run", "p.lam", "a.txt", "--model", frugal(), "--max-cost", "0.03", "--admit", "likely", "--json") == 0
    found = shell.json
    assert (found["ok"], found["admitted"], found["usage"]["calls"]) == (True, "likely", 20)
    assert found["usage"]["usd"] <= 0.03 < found["bound"]["usd"] and found["likely"]["usd"] <= 0.03
    assert list(found).index("likely") < list(found).index("bound")
    assert found["counted_by"] == "bytes"


def test_what_is_proved_is_said_to_be_proved(shell: Shell) -> None:
    assert shell("run", "p.lam", "a.txt", "--model", frugal(), "--max-cost", "3", "--admit", "likely", "--json") == 0
    assert shell.json["admitted"] == "proved"


def test_requests_wait_for_money_that_comes_back(shell: Shell) -> None:
    """All at once they would be set aside at $0.09; a few at a time they cost a cent."""
    model = frugal()
    asked = (
        "run",
        "p.lam",
        "a.txt",
        "--model",
        model,
        "--max-cost",
        "0.011",
        "--admit",
        "likely",
        "--concurrency",
        "16",
        "--json",
    )
    assert shell(*asked) == 0, shell.out
    assert shell.json["usage"]["calls"] == 20 and shell.json["usage"]["usd"] <= 0.011


def test_a_run_that_stops_goes_on_without_paying_twice(shell: Shell) -> None:
    model = wordy()
    assert shell("run", "p.lam", "a.txt", "--model", model, "--max-cost", "0.03", "--admit", "likely") == 2
    assert "fault[E0406]: the next call may cost $0.00" in shell.err
    said = re.search(
        r"hint: (\d+) calls, \$(0\.\d+), are paid and kept; raise --max-cost and resume .*: lambda-rlm (.*)\n", shell.err
    )
    assert said is not None, shell.err
    calls, paid = int(said[1]), float(said[2])
    assert 3 <= calls < 20 and 0.02 < paid <= 0.03
    before = json.loads(json.dumps(journal().runs(1)[0].outcome))
    assert before["admitted"] == "likely" and before["fault"]["code"] == "E0406"
    assert shell(*said[3].split()) == 0, shell.err
    assert f"{calls:,} recorded replies are reused at no cost" in shell.err
    after = journal().runs(1)[0].outcome
    assert after is not None and after["ok"] and after["usage"]["calls"] == 20
    assert after["usage"]["usd"] == pytest.approx(20 * (40e-6 + 396e-5))


def test_what_can_never_fit_is_refused_under_both(shell: Shell) -> None:
    model = frugal()
    for admit in ("proved", "likely"):
        said = ("--model", model, "--admit", admit)
        assert shell("run", "p.lam", "a.txt", *said, "--max-cost", "0.003") == 1, "one request may cost more"
        assert "E0304" in shell.err
        assert shell("run", "p.lam", "a.txt", *said, "--max-calls", "19") == 1
        wrote("wide.lam", "llm_call(context ++ context, out=5)")
        assert shell("run", "wide.lam", wrote("b.txt", "many words here " * 2_000), *said) == 1 and "E0301" in shell.err
        wrote("endless.lam", "let f = fix f(t: Text): Text => llm_call(f(t)); f(context)")
        assert shell("run", "endless.lam", "a.txt", *said) == 1


def test_a_question_prefers_a_proved_route(shell: Shell) -> None:
    wrote("book.txt", "Ann keeps bees in the garden. " * 2_000)
    model = script(PROFILE, {"match": "", "reply": "Ann keeps bees."})
    asked = ("ask", "Summarise in 20 words.", "book.txt", "--model", model, "--task", "summarise")
    assert shell(*asked, "--max-cost", "5", "--json") == 0
    whole = shell.json
    assert whole["admitted"] == "proved"
    assert shell(*asked, "--max-cost", "0.06", "--admit", "proved") == 1
    assert shell(*asked, "--max-cost", "0.06") == 0, shell.err
    line = "note: not proved to complete within the budget, but likely to; the run may stop at the budget\n"
    assert shell.err.count(line) == 1
    assert shell(*asked, "--max-cost", "0.06", "--json") == 0
    assert shell.json["admitted"] == "likely" and shell.json["usage"]["usd"] <= 0.06


def test_the_decision_shows_the_route_that_is_taken(shell: Shell) -> None:
    wrote("book.txt", "Ann keeps bees in the garden. " * 2_000)
    asked = ("route", "Summarise.", "book.txt", "--model", frugal(), "--task", "summarise")
    assert shell(*asked, "--max-cost", "0.06", "--json") == 0
    found = {way["way"]: way for way in shell.json["ways"]}
    assert shell.json["way"] == "plan" and shell.json["admitted"] == found["plan"]["admitted"] == "likely"
    assert found["plan"]["likely"]["usd"] < 0.06 < found["plan"]["bound"]["usd"]
    assert shell(*asked, "--max-cost", "0.06", "--admit", "proved", "--json") == 0
    assert shell.json["admitted"] is None
    assert shell(*asked, "--max-cost", "0.06") == 0
    assert "summarise is not proved: the program may cost $" in shell.out


@pytest.mark.parametrize("stage", ["tokens", "tree", "term", "types", "bound", "plan"])
def test_each_stage_keeps_the_verdict_and_the_exit_code(stage: str, shell: Shell) -> None:
    said = ("p.lam", "a.txt", "--model", frugal(), "--max-cost", "0.03")
    assert shell("check", *said) == 1
    assert shell("check", *said, "--emit", stage) == 1
    assert shell.out and "error[E0304]: the program may cost $" in shell.err
    assert shell("check", *said, "--emit", stage, "--json") == 1
    assert (shell.json["ok"], shell.json["diagnostics"][0]["code"]) == (False, "E0304") and shell.json[stage]
    assert shell("check", *said, "--emit", stage, "--admit", "likely") == 0
    assert shell("check", "p.lam", "a.txt", "--model", frugal(), "--emit", stage, "--json") == 0 and shell.json["ok"]


def test_check_says_as_what_a_run_would_begin(shell: Shell) -> None:
    said = ("check", "p.lam", "a.txt", "--model", frugal(), "--max-cost")
    for limit, admit, admitted in (("5", "likely", "proved"), ("0.03", "likely", "likely"), ("0.03", "proved", None)):
        assert shell(*said, limit, "--admit", admit, "--json") == (admitted is None)
        assert shell.json["admitted"] == admitted
    assert shell(*said, "0.03", "--admit", "likely") == 0
    assert "not proved to complete within the budget, but likely to" in shell.out


def test_check_tells_that_a_root_model_is_needed(shell: Shell) -> None:
    wrote("sub.lam", 'rlm_call("Who keeps bees?", context, 4) ++ llm_call("Who?")')
    assert shell("check", "sub.lam", "a.txt", "--model", frugal(), "--json") == 0
    found = shell.json
    assert found["needs_root_model"] is True and found["sub_models"]["calls"] == 4
    assert 0 < found["sub_models"]["tokens"] < found["bound"]["input_tokens"] + found["bound"]["output_tokens"]
    assert shell("check", "sub.lam", "a.txt", "--model", frugal()) == 0
    assert "rlm_call has a root model write programs of its own: `run` needs --root-model" in shell.err
    assert "of these at most 4 calls and " in shell.out
    assert shell("check", "sub.lam", "--json") == 0 and shell.json["needs_root_model"] is True, "without any input too"
    assert shell("check", "p.lam", "a.txt", "--model", frugal(), "--json") == 0
    found = shell.json
    assert (found["needs_root_model"], found["sub_models"]) == (False, None)


def test_a_project_file_may_only_ask_for_a_proof(shell: Shell) -> None:
    said = ("run", "p.lam", "a.txt", "--model", frugal(), "--max-cost", "0.03")
    wrote("lambda-rlm.toml", 'admit = "likely"\n')
    assert shell(*said) == 1 and "admit" in shell.err
    wrote("lambda-rlm.toml", 'admit = "proved"\n')
    wrote("book.txt", "Ann keeps bees in the garden. " * 2_000)
    asked = ("ask", "Summarise in 20 words.", "book.txt", "--model", frugal(), "--task", "summarise", "--max-cost", "0.06")
    assert shell(*asked) == 1
    assert shell(*asked, "--admit", "likely") == 0, "what a person says counts"
    assert shell(*said, "--admit", "sure") == 64 and "unknown admit 'sure'" in shell.err


def test_a_run_on_record_shows_both_figures(shell: Shell) -> None:
    assert shell("run", "p.lam", "a.txt", "--model", frugal()) == 0
    assert shell("show", "last") == 0
    assert re.search(r"  20 of at most \d+ calls \(likely 20\) · \$0\.\d+ \(likely \$0\.\d+ · at most \$0\.\d+\) · ", shell.out)
