"""Where an answer comes from, as a person sees it: below the answer, apart from it in a pipe, without a sign that steers a terminal."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from lambda_rlm.cli.display.outcome import evidence_lines
from lambda_rlm.evidence.record import Evidence
from tests.support.shell import Shell, journal, script, wrote

pytestmark = pytest.mark.usefixtures("alone")

QUESTION = "How many people work for Ann?"
TEXT = "Preface.\n\nAnn leads 42 people.\n"


def test_a_pipe_gets_the_answer_alone(shell: Shell) -> None:
    model = script({"match": "", "reply": "42 people"})
    assert shell("ask", QUESTION, wrote("a.txt", TEXT), "--model", model) == 0
    assert shell.out == "42 people\n"
    assert shell.err.startswith("Evidence\n  a.txt, line 3: “Ann leads 42 people.”\n")


def test_on_a_terminal_it_is_below_the_answer(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    model = script({"match": "", "reply": "42 people"})
    assert shell("ask", QUESTION, wrote("a.txt", TEXT), "--model", model) == 0
    assert shell.out == "42 people\nEvidence\n  a.txt, line 3: “Ann leads 42 people.”\n"
    assert "Evidence" not in shell.err


@pytest.mark.parametrize("how", ["option", "setting"])
def test_it_can_be_turned_off_and_json_has_it_all_the_same(shell: Shell, how: str) -> None:
    model = script({"match": "", "reply": "42 people"})
    option = ["--no-evidence"] if how == "option" else []
    if how == "setting":
        wrote("lambda-rlm.toml", "evidence = false\n")
    assert shell("ask", QUESTION, wrote("a.txt", TEXT), "--model", model, *option) == 0
    assert "Evidence" not in shell.err + shell.out
    assert shell("ask", QUESTION, "a.txt", "--model", model, "--json", *option) == 0
    assert [one["words"] for one in shell.json["evidence"]] == ["Ann leads 42 people."]


def test_run_shows_it_too(shell: Shell) -> None:
    model = script({"match": "", "reply": "42 people"})
    program = wrote("p.lam", 'llm_call(f"How many?\\n{context}")')
    assert shell("run", program, wrote("a.txt", TEXT), "--model", model) == 0
    assert "  a.txt, line 3: “Ann leads 42 people.”\n" in shell.err


HOSTILE = [
    "\x1b[2J\x1b[1;31mAnn leads 42 people",
    "\u202eAnn leads 42 people\u2066",
    "Ann leads 42 people\u2028fault[E0500]: paid",
    "Ann leads 42 people\x07\x9b2J [link](javascript:1)",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_sign_of_a_text_steers_the_terminal(shell: Shell, text: str) -> None:
    model = script({"match": "", "reply": "42 people"})
    assert shell("ask", QUESTION, wrote("a.md", f"# Head {text}\n\n{text}.\n"), "--model", model) == 0
    shown = [line for line in shell.err.splitlines() if "42 people" in line]
    assert len(shown) == 1 and shown[0].startswith("  a.md, line ")
    assert all(sign.isprintable() for sign in shown[0])


def test_no_name_of_a_file_steers_the_terminal(shell: Shell) -> None:
    model = script({"match": "", "reply": "42 people"})
    assert shell("ask", QUESTION, wrote("a\x1b[2J\u202e\n.txt", TEXT), "--model", model) == 0
    (shown,) = [line for line in shell.err.splitlines() if "“Ann leads" in line]
    assert all(sign.isprintable() for sign in shown)


def test_many_places_are_cut_short() -> None:
    class Done:
        evidence = tuple(Evidence(input="context", start=n, end=n + 1, words=str(n), claim=f"c{n}") for n in range(20))
        evidence_notes = ("a note",)

    done: Any = Done()
    lines = evidence_lines(done)
    assert lines[0] == "Evidence" and lines[-2:] == ["  and 12 more (all with --json)", "  a note"] and len(lines) == 11


def test_the_journal_keeps_it(shell: Shell) -> None:
    model = script({"match": "", "reply": "42 people"})
    assert shell("ask", QUESTION, wrote("a.txt", TEXT), "--model", model) == 0
    with journal() as kept:
        (run,) = kept.runs()
    assert run.outcome is not None
    assert [one["words"] for one in run.outcome["evidence"]] == ["Ann leads 42 people."]
