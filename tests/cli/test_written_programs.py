"""Written programs on the command line: what is printed, what is promised as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.shell import ASKING, Shell, wrote

pytestmark = pytest.mark.usefixtures("alone")


def scripted(name: str, *rules: dict[str, object]) -> str:
    Path(name).write_text("".join(json.dumps(rule) + "\n" for rule in rules), encoding="utf-8")
    return f"scripted:{name}"


def test_a_written_program_answers_and_its_writing_is_told(shell: Shell) -> None:
    leaf = scripted("leaf.jsonl", {"match": "Who keeps bees", "reply": "Ann"})
    root = scripted("root.jsonl", {"match": "# Task", "reply": f"```\n{ASKING}\n```"})
    book = wrote("a.txt", "Ann keeps bees.")
    assert shell("ask", "Who?", book, "--strategy", "synth", "--model", leaf, "--root-model", root, "--json") == 0
    found = shell.json
    assert (found["answer"], found["route"], found["program"]) == ("Ann", "synth", ASKING)
    assert (found["synthesis"]["attempts"], found["synthesis"]["rounds"], found["synthesis"]["fallback"]) == (1, 1, None)
    assert found["synthesis"]["usage"]["calls"] == 1
    assert found["usage"]["calls"] == found["bound"]["calls"] == 1


def test_without_a_program_the_plan_answers_and_says_why(shell: Shell) -> None:
    leaf = scripted("leaf.jsonl", {"match": "# Task", "reply": "no"}, {"match": "", "reply": "Ann"})
    book = wrote("a.txt", "Ann keeps bees.")
    assert shell("ask", "Who keeps bees?", book, "--strategy", "synth", "--model", leaf, "--json") == 0
    found = shell.json
    assert found["answer"] == "Ann"
    assert found["synthesis"]["fallback"] == "no program was accepted in 2 attempts"
    assert shell("ask", "Who keeps bees?", book, "--strategy", "synth", "--model", leaf) == 0
    assert shell.out == "Ann\n"
    assert (
        "warning: the strategy answered as a fallback: no program was accepted in 2 attempts\nwriting · 2 calls · " in shell.err
    )


@pytest.mark.parametrize("said", [(), ("--query", " ")], ids=["no question", "an empty one"])
def test_no_prompt_is_shown_for_a_question_that_ask_would_refuse(shell: Shell, said: tuple[str, ...]) -> None:
    assert shell("prompt", *said) == 64
    assert shell.out == "" and "lambda-rlm prompt --query" in shell.err


def test_prompt_prints_what_the_root_model_is_sent(shell: Shell) -> None:
    root = scripted("root.jsonl", {"match": "(?s)(.*)", "reply": "1"})
    book = wrote("a.txt", "Ann keeps bees.")
    trace = ["--trace", "t.jsonl"]
    assert shell("ask", "Who?", book, "--strategy", "synth", "--model", root, *trace) == 0
    events = [json.loads(line) for line in Path("t.jsonl").read_text(encoding="utf-8").splitlines()]
    assert shell("prompt", "--query", "Who?", book, "--model", root, "--json") == 0
    assert events[0]["messages"] == shell.json["messages"]
    assert shell("prompt", "--query", "Who?", book, "--model", root) == 0
    assert shell.out == "\n\n".join(m["content"] for m in events[0]["messages"]) + "\n"


def test_prompt_offers_a_look_only_where_another_round_is_left(shell: Shell) -> None:
    root, book = scripted("root.jsonl", {"match": "", "reply": "1"}), wrote("a.txt", "Ann keeps bees.")
    for rounds, is_offered in (("1", False), ("2", True)):
        assert shell("prompt", "--query", "Who?", book, "--model", root, "--rounds", rounds) == 0
        assert ("begins with the comment # look" in shell.out) is is_offered


def test_prompt_prints_exactly_what_the_root_model_is_asked(shell: Shell) -> None:
    """Which may be another one than answers, and may be asked for a thought first."""
    book, leaf = wrote("a.txt", "Ann keeps bees."), scripted("leaf.jsonl", {"match": "", "reply": "1"})
    there = ["--base-url", "http://127.0.0.1:9/v1", "--root-model", "openai/some"]
    for constrain, thinks in (("llamacpp", True), ("openai", False), ("none", False)):
        assert shell("prompt", "--query", "Who?", book, "--model", leaf, *there, "--constrain", constrain, "--json") == 0
        assert ("First think" in shell.json["messages"][-1]["content"]) is thinks


@pytest.mark.parametrize("option", ["--rounds", "--candidates"])
def test_numbers_that_mean_nothing_are_refused(shell: Shell, option: str) -> None:
    assert shell("ask", "Who?", wrote("a.txt", "x"), "--strategy", "synth", option, "0") == 64
    assert "an integer from 1" in shell.err


def test_a_program_of_ones_own_may_have_a_sub_model(shell: Shell) -> None:
    leaf = scripted("leaf.jsonl", {"match": "Who keeps bees", "reply": "Ann"})
    root = scripted("root.jsonl", {"match": "# Task", "reply": ASKING})
    program, book = wrote("p.lam", "rlm_call(query, context, 4)"), wrote("a.txt", "Ann keeps bees.")
    assert shell("run", program, book, "--query", "Who?", "--model", leaf, "--root-model", root, "--json") == 0
    assert (shell.json["answer"], shell.json["usage"]["calls"]) == ("Ann", 2)
    assert shell("run", program, book, "--query", "Who?", "--model", leaf) == 2
    assert "E0517" in shell.err


def test_the_reply_limit_is_one_setting_for_author_and_run(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A translation needs longer replies than a label; a program that does not say is bounded and run with what is set."""
    leaf = scripted("leaf.jsonl", {"match": "Say it", "reply": "word " * 400})
    asking = 'llm_call(f"Say it: {take(context, 9)}")'
    root = scripted("root.jsonl", {"match": "# Task", "reply": asking})
    program, book = wrote("p.lam", asking), wrote("a.txt", "Ann keeps bees.")
    both = ["--model", leaf, "--json"]
    lengths = []
    for out in ("100", "600"):
        monkeypatch.setenv("LAMBDA_RLM_OUT", out)
        assert shell("check", program, book, *both) == 0
        assert shell.json["bound"]["output_tokens"] == int(out)
        assert shell("prompt", "--query", "Who?", book, "--model", leaf) == 0
        assert f"a reply has {out} tokens unless out says otherwise" in shell.out
        for command in (["run", program, book], ["ask", "Who?", book, "--strategy", "synth", "--root-model", root]):
            assert shell(*command, *both) == 0
            assert shell.json["bound"]["output_tokens"] == int(out)
            lengths.append((len(shell.json["answer"]), shell.json["degraded"]))
    assert lengths == [(399, True)] * 2 + [(1_999, False)] * 2
