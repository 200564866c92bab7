"""A reply that is no value of its type, where people look: beside the fault, in the journal, on the page, in the trace."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.shell import Shell, script, wrote

SECRET = "correct-horse-battery-9-staple"
PROGRAM = 'llm_call[Int]("how many?")'


def faulted(shell: Shell, reply: str, *options: str) -> None:
    """A run whose one call gets this reply, twice."""
    assert shell("run", wrote("p.lam", PROGRAM), "--model", script({"match": "", "reply": reply}), *options) == 2


def test_the_beginning_of_a_faulty_reply_is_shown(shell: Shell) -> None:
    faulted(shell, "I would rather\nnot.", "--trace", "t.jsonl")
    assert "= reply: I would rather\n" in shell.err and "not." in shell.err
    assert shell.out == ""
    assert json.loads(Path("t.jsonl").read_text().splitlines()[-1])["reply"] == "I would rather\nnot."
    assert shell("show", "last") == 0
    assert "the reply begins: I would rather" in shell.out
    assert shell("show", "last", "-o", "run.html") == 0
    assert "<p>The reply begins:</p>\n<pre>I would rather\nnot.</pre>" in Path("run.html").read_text()


def test_a_faulty_reply_is_in_the_fault_as_data(shell: Shell) -> None:
    faulted(shell, "niemand weiß es", "--json")
    fault = shell.json["fault"]
    assert fault["reply"] == "niemand weiß es" and "niemand" not in fault["message"]


def test_a_long_reply_is_cut_and_steers_no_terminal(shell: Shell) -> None:
    faulted(shell, "\x1b[2Jno \u202e" + "long " * 500, "--json")
    shown = shell.json["fault"]["reply"]
    assert shown.startswith("␛[2Jno \\u202e") and len(shown) == 301 and shown.endswith("…")
    assert shell("show", "last") == 0 and "\x1b" not in shell.out


@pytest.mark.parametrize("reply", [f"the key is {SECRET} and no number", "try Bearer abcdefghijk", "x" * 295 + SECRET])
def test_a_key_in_a_faulty_reply_is_blotted(reply: str, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that is cut in two."""
    monkeypatch.setenv("SOME_API_KEY", SECRET)
    faulted(shell, reply, "--json")
    assert SECRET[:5] not in shell.json["fault"]["reply"] and "abcdefghijk" not in shell.json["fault"]["reply"]
    assert shell("show", "last", "-o", "run.html") == 0
    page = Path("run.html").read_text()
    assert SECRET not in page


def test_an_answer_has_no_faulty_reply(shell: Shell) -> None:
    assert shell("run", wrote("p.lam", PROGRAM), "--model", script({"match": "", "reply": "7"}), "--json") == 0
    assert shell.json["fault"] is None
