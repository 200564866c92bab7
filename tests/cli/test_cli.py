"""The command line: answers on one stream, everything else on the other, exit codes that mean what they say, no traceback ever."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path

import pytest

from tests.support.shell import Shell, script, wrote

pytestmark = pytest.mark.usefixtures("alone")


# ── ask and run ──


def test_the_answer_is_on_stdout_and_the_figures_on_stderr(shell: Shell) -> None:
    model = script({"match": "(?s)Ann keeps bees.*What", "reply": "bees"})
    assert shell("ask", "What does Ann keep?", wrote("a.txt", "Ann keeps bees."), "--model", model) == 0
    assert shell.out == "bees\n"
    assert re.fullmatch(
        r"Evidence\n  a\.txt, line 1: “Ann keeps bees\.”\n"
        r"direct · 1 of at most 1 call \(likely 1\) · \d+ \+ 1 tokens \(likely [\d,]+ \+ [\d,]+ · at most [\d,]+ \+ [\d,]+\) · free · "
        r"\d+\.\d s\n",
        shell.err,
    )


def test_ask_json_is_one_object_with_the_promised_keys(shell: Shell) -> None:
    model = script({"match": "", "reply": "bees"})
    assert shell("ask", "What?", wrote("a.txt", "Ann keeps bees."), "--model", model, "--json") == 0
    assert shell.err == ""
    found = shell.json
    assert (found["ok"], found["answer"], found["type"], found["route"], found["fault"]) == (
        True,
        "bees",
        "Text",
        "direct",
        None,
    )
    assert {"program", "bound", "usage", "degraded", "dropped", "coverage", "citations", "diagnostics"} <= found.keys()
    calls = "calls attempts shared_calls cached_calls failed_calls"
    tokens, work = "span input_tokens output_tokens usd", "steps bytes live"
    assert set(f"{calls} {tokens} {work} seconds max_in_flight extra_attempts estimated_calls".split()) == found["usage"].keys()
    assert found["coverage"] == {"context": 1.0}


def test_a_long_input_is_searched_and_a_task_may_be_named(shell: Shell) -> None:
    model = script({"profile": {"window": 2000}}, {"match": "", "reply": "r"})
    book = wrote("book.txt", "Ann keeps bees. " * 3_000)
    assert shell("ask", "What does Ann keep?", book, "--model", model, "--no-evidence") == 0
    assert shell.err.startswith("search · ")
    assert shell("ask", "What does Ann keep?", book, "--model", model, "--task", "summarise", "--no-evidence") == 0
    assert shell.err.startswith("summarise · ")


def test_run_runs_a_program_over_typed_rows(shell: Shell) -> None:
    wrote("rows.csv", "n\n1\n2\n")
    wrote("p.lam", "sum(map(context, fn(r) => r.n))")
    assert shell("run", "p.lam", "rows.csv") == 0
    assert shell.out == "3\n"
    assert shell("run", "p.lam", "rows.csv", "--json") == 0
    assert (shell.json["value"], shell.json["type"]) == (3, "Int")


def test_a_program_without_its_input_says_how_one_is_given(shell: Shell) -> None:
    wrote("p.lam", "length(context)")
    assert shell("run", "p.lam") == 1
    assert "hint: the program has no input: after the program, name a file" in shell.err
    assert shell("run", "p.lam", wrote("a.txt", "abc")) == 0
    wrote("q.lam", "length(contxt)")
    assert shell("run", "q.lam", "a.txt") == 1
    assert "has no input" not in shell.err, "there is one, and the name is wrong"


def test_a_query_is_given_to_a_program(shell: Shell) -> None:
    assert shell("run", wrote("p.lam", "upper(query)"), "--query", "why") == 0
    assert shell.out == "WHY\n"


def test_a_trace_is_written(shell: Shell) -> None:
    model = script({"match": "", "reply": "r"})
    assert shell("run", wrote("p.lam", 'llm_call("x")'), "--model", model, "--trace", "t.jsonl") == 0
    events = [json.loads(line)["event"] for line in Path("t.jsonl").read_text().splitlines()]
    assert events == ["program_started", "call_started", "replied", "call_finished", "run_finished"]


def test_a_degraded_answer_is_said_and_strict_makes_it_a_fault(shell: Shell) -> None:
    model = script({"match": "", "failure": "E0510"})
    wrote("p.lam", 'llm_call("x", or_else="y")')
    assert shell("run", "p.lam", "--model", model) == 0
    assert "degraded: 1 call answered by or_else" in shell.err
    assert shell("run", "p.lam", "--model", model, "--strict") == 2


def test_what_was_left_out_of_a_folder_is_said(shell: Shell) -> None:
    Path("docs").mkdir()
    wrote("docs/a.txt", "A")
    wrote("docs/b.bin", b"\0")
    assert shell("run", wrote("p.lam", "length(context)"), "docs") == 0
    assert "skipped 1 (binary data): b.bin" in shell.err


# ── what goes wrong ──


BAD_INPUTS = {
    "missing file": ("nothing.txt", "no such file or folder"),
    "binary": ("binary.bin", "binary"),
    "invalid UTF-8": ("latin.txt", "offset 3 (line 1)"),
    "empty folder": ("empty", "no text files"),
    "bad JSON": ("bad.json", "line 1"),
    "no match": ("*.pdf", "matches"),
    "bad name": ("let=a.txt", "'let'"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("argument", "words"), BAD_INPUTS.values(), ids=list(BAD_INPUTS))
@pytest.mark.parametrize("as_json", [False, True])
def test_an_input_that_cannot_be_used_is_exit_64(shell: Shell, argument: str, words: str, as_json: bool) -> None:
    wrote("binary.bin", b"\0\1")
    wrote("latin.txt", b"caf\xe9")
    wrote("bad.json", "{")
    Path("empty").mkdir()
    assert shell("ask", "Why?", argument, *(["--json"] if as_json else [])) == 64
    said = shell.json["error"]["message"] if as_json else shell.err
    assert words in said
    assert (shell.err == "") is as_json


def test_an_empty_file_is_an_empty_text(shell: Shell) -> None:
    assert shell("run", wrote("p.lam", "length(context)"), wrote("empty.txt", "")) == 0
    assert shell.out == "0\n"


BAD_PROGRAMS = {
    "empty": "",
    "syntax": "let x = ; x",
    "types": '1 + "a"',
    "fence": "```\n1 + 1\n```\n",
}


@pytest.mark.parametrize("program", BAD_PROGRAMS.values(), ids=list(BAD_PROGRAMS))
@pytest.mark.parametrize("command", ["run", "check"])
def test_a_bad_program_is_exit_1_with_its_diagnostics(shell: Shell, command: str, program: str) -> None:
    wrote("p.lam", program)
    assert shell(command, "p.lam") == 1
    assert re.search(r"error\[E0\d{3}\]: ", shell.err)
    assert "--> p.lam:" in shell.err
    assert shell(command, "p.lam", "--json") == 1
    found = shell.json
    assert not found["ok"]
    assert {"code", "severity", "message", "span", "expected", "given", "because", "hint", "secondary"} <= found["diagnostics"][
        0
    ].keys()


def test_a_code_fence_is_taken_off_by_its_fix(shell: Shell) -> None:
    wrote("p.lam", "```lambda\n1 + 1\n```\n")
    assert shell("check", "p.lam") == 1
    assert "fix: " in shell.err
    assert shell("check", "p.lam", "--fix") == 0
    assert shell("run", "p.lam") == 0
    assert shell.out == "2\n"


FAULTS = {
    "unknown model": ("no-such-model", "E0507"),
    "no weights": ("local/qwen2.5-coder-0.5b", "E0530"),
    "unknown local model": ("local/nothing", "E0507"),
    "missing script": ("scripted:nothing.jsonl", "E0522"),
    "no key": ("openai/gpt-5-mini", "E0506"),
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("model", "code"), FAULTS.values(), ids=list(FAULTS))
def test_a_model_that_cannot_be_asked_is_exit_2_with_its_code(shell: Shell, model: str, code: str) -> None:
    wrote("a.txt", "text")
    assert shell("ask", "Why?", "a.txt", "--model", model) == 2
    assert code in shell.err
    assert shell("ask", "Why?", "a.txt", "--model", model, "--json") == 2
    assert shell.json["fault"]["code"] == code


@pytest.mark.filterwarnings("ignore")
def test_an_unreachable_server_is_exit_2(shell: Shell) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
    wrote("a.txt", "text")
    assert shell("ask", "Why?", "a.txt", "--model", "openai/x", "--base-url", url, "--max-seconds", "20") == 2
    assert re.search(r"E050[1-7]|E0407", shell.err)


def test_garbage_for_a_typed_call_is_exit_2_with_the_usage(shell: Shell) -> None:
    model = script({"match": "", "reply": "I would rather not."})
    assert shell("run", wrote("p.lam", 'llm_call[Int]("how many?")'), "--model", model) == 2
    assert "fault[E0513]" in shell.err
    found = r"program · 1 of at most 1 call \(likely 1\) · 1 of at most 1 extra attempt · \d+ \+ \d+ tokens"
    assert re.search(found, shell.err)
    assert shell.out == ""
    assert shell("run", "p.lam", "--model", model, "--json") == 2
    assert shell.json["usage"]["failed_calls"] == 1
    assert shell.json["fault"]["span"]["start"]["line"] == 1


USAGE = {
    "no command": ["frobnicate"],
    "no question": ["ask"],
    "empty question": ["ask", "  "],
    "no such option": ["ask", "Why?", "--frobnicate"],
    "no number": ["ask", "Why?", "--max-calls", "many"],
    "below zero": ["ask", "Why?", "--max-calls", "-1"],
    "no concurrency": ["ask", "Why?", "--concurrency", "0"],
    "unknown task": ["ask", "Why?", "--task", "sing"],
    "unknown strategy": ["ask", "Why?", "--strategy", "sideways"],
    "unknown dialect": ["ask", "Why?", "--constrain", "tgi"],
    "unknown stage": ["check", "p.lam", "--emit", "smoke"],
    "unknown code": ["explain", "E9999"],
    "unknown weights": ["models", "get", "nothing"],
    "bad declaration": ["check", "p.lam", "--declare", "rows: Lst[Int]"],
    "declaration of the question": ["check", "p.lam", "--declare", "query: Int"],
    "declaration of data": ["check", "p.lam", "rows=p.lam", "--declare", "rows: List[Int]"],
    "trace to nowhere": ["run", "p.lam", "--trace", "no/such/folder/t.jsonl"],
}


@pytest.mark.slow
@pytest.mark.parametrize("arguments", USAGE.values(), ids=list(USAGE))
def test_wrong_usage_is_exit_64_on_both_faces(shell: Shell, arguments: list[str]) -> None:
    wrote("p.lam", "1")
    assert shell(*arguments) == 64
    assert shell.err.startswith("error: ")
    assert shell(*arguments, "--json") == 64
    assert shell.json["error"]["message"]


def test_a_bug_of_ours_is_exit_70_without_a_traceback(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("oops")

    monkeypatch.setattr("lambda_rlm.cli.actions.programs.check_program", broken)
    assert shell("check", wrote("p.lam", "1")) == 70
    assert "internal error: KeyError: 'oops' at " in shell.err
    assert shell("check", "p.lam", "--json") == 70
    assert "report" in shell.json["error"]["message"]
