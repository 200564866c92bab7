"""A second question about a run of the journal, from the command line: over the same inputs, whatever way the first went."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_rlm import RLM
from lambda_rlm.journal.journal import Journal
from tests.support.follow_ups import CSV, FILE, FIRST, SECOND, SUM, asked, root
from tests.support.shell import Shell, journal, script, wrote

pytestmark = pytest.mark.usefixtures("alone")


def test_a_second_question_costs_one_program(shell: Shell) -> None:
    model = root()
    first = asked(shell, FIRST, wrote("visits.csv", CSV), "--model", model)
    assert (first["value"], first["follows"]) == (7, None)
    second = asked(shell, "--continue", "last", SECOND, "--model", model)
    assert second["value"] == 17 and second["follows"] == first["run"]
    assert second["synthesis"]["usage"]["calls"] == 1 and second["synthesis"]["attempts"] == 1
    assert second["usage"]["calls"] == 0, "the calls of the program alone: it has none"
    third = asked(shell, "--continue", second["run"][-6:], "Compare the two years.", "--model", model)
    assert third["value"] == "7 and 17" and third["follows"] == second["run"]


def test_a_run_is_named_by_its_id_or_its_short_end(shell: Shell) -> None:
    model = root()
    first = asked(shell, FIRST, wrote("visits.csv", CSV), "--model", model)["run"]
    for name in (first, first[-6:], first.lower()):
        assert asked(shell, "--continue", name, SECOND, "--model", model)["value"] == 17
    assert shell("ask", "--continue", "nobody", SECOND, "--model", model) == 64
    assert "no run 'nobody' in the journal" in shell.err and "--no-journal cannot be continued" in shell.err


def test_lists_and_pages_say_what_a_run_follows(shell: Shell) -> None:
    model = root()
    first = asked(shell, FIRST, wrote("visits.csv", CSV), "--model", model)["run"]
    asked(shell, "--continue", "last", SECOND, "--model", model)
    shell("runs")
    assert f"{SECOND} (follows {first[-6:]})" in shell.out
    shell("runs", "--json")
    assert [row["follows"] for row in shell.json["runs"]] == [first, None]
    shell("show", "last")
    assert f"follows run {first}" in shell.out
    assert shell("show", "last", "--html", "run.html") == 0 and f"follows run {first}" in Path("run.html").read_text()
    shell("show", "last", "--sent")
    assert "the earlier questions and the forms of their answers" in shell.out


# ── the same inputs ──


def test_inputs_are_read_again_as_they_were_read(shell: Shell) -> None:
    """A file that was read as text is no table the second time."""
    model = script({"match": "(?s)query:\n", "reply": "length(lines(context))"})
    asked(shell, FIRST, wrote("visits.csv", CSV), "--raw", "--model", model)
    assert asked(shell, "--continue", "last", SECOND, "--model", model)["value"] == 5
    with journal() as found:
        assert found.run("last").what["settings"]["raw"] is True


@pytest.mark.parametrize(
    "given",
    [["docs"], ["docs/a.txt", "docs/b.txt"], ["docs/*.txt"], ["docs", "--include", "a*"], ["one=docs/a.txt", "two=docs"]],
)
def test_inputs_of_every_kind_are_found_again(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, alone: Path, given: list[str]
) -> None:
    """From another folder too."""
    Path("docs").mkdir()
    Path("elsewhere").mkdir()
    wrote("docs/a.txt", "Ann keeps bees.")
    wrote("docs/b.txt", "Bob keeps goats.")
    model = f"scripted:{Path(script({'match': '', 'reply': '7'}).partition(':')[2]).absolute()}"
    assert shell("ask", "Who?", *given, "--model", model, "--strategy", "direct") == 0, shell.err
    monkeypatch.chdir("elsewhere")
    assert shell("ask", "--continue", "last", "And where?", "--model", model, "--strategy", "direct") == 0, shell.err
    with Journal(alone / FILE, is_new=False) as found:
        now, before = (run.what["inputs"] for run in found.runs())
    assert [row for row in now if row["name"] != "answer_1"] == before


@pytest.mark.parametrize("folder", [False, True])
def test_a_file_that_changed_is_refused_unless_it_is_named(shell: Shell, folder: bool) -> None:
    model = script({"match": "(?s)query:\n", "reply": "length(to_json(context))"})
    Path("docs").mkdir()
    place = "docs" if folder else "docs/visits.csv"
    wrote("docs/visits.csv", CSV)
    wrote("docs/b.txt", "b")
    first = asked(shell, FIRST, place, "--model", model)["value"]
    wrote("docs/visits.csv", CSV + "2023-04-04,1\n")
    assert shell("ask", "--continue", "last", SECOND, "--model", model) == 64
    assert "the input 'context' has changed since the run" in shell.err
    assert f"--continue {journal().run('last').id} '{SECOND}' context=PATH" in shell.err
    assert asked(shell, "--continue", "last", SECOND, place, "--model", model, "--strategy", "synth")["value"] > first


def test_a_file_that_is_gone_is_named(shell: Shell) -> None:
    model = root()
    asked(shell, FIRST, wrote("visits.csv", CSV), "--model", model)
    Path("visits.csv").unlink()
    assert shell("ask", "--continue", "last", SECOND, "--model", model) == 64
    assert "visits.csv" in shell.err


def test_inputs_that_are_no_files_have_to_be_named(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    model = script({"match": "", "reply": "7"})
    RLM(model, journal=True).ask("Who?", notes="Ann keeps bees.")
    assert shell("ask", "--continue", "last", "And where?", "--model", model) == 64
    assert "missing input 'notes', which the run had" in shell.err and "'And where?' notes=PATH" in shell.err
    assert shell("ask", "--continue", "last", "And where?", f"notes={wrote('n.txt', 'Ann')}", "--model", model) == 0


def test_a_question_about_nothing_can_be_followed(shell: Shell) -> None:
    model = script({"match": "(?s)blue.*another", "reply": "red"}, {"match": "", "reply": "blue"})
    assert shell("ask", "Name a color.", "--model", model) == 0
    assert shell("ask", "--continue", "last", "Name another one.", "--model", model) == 0
    assert shell.out == "red\n"


def test_the_settings_are_those_of_the_new_command(shell: Shell) -> None:
    asked(shell, FIRST, wrote("visits.csv", CSV), "--model", root(), "--max-calls", "7", "--seed", "3")
    asked(shell, "--continue", "last", SECOND, "--model", "scripted:replies.jsonl")
    with journal() as found:
        settings = found.run("last").what["settings"]
    assert (settings["max_calls"], settings["seed"]) == (1_000, 0)


# ── ways ──


@pytest.mark.parametrize("strategy", ["direct", "plan"])
def test_a_run_without_a_written_program_can_be_followed(shell: Shell, strategy: str) -> None:
    model = script(
        {"match": "(?s)Earlier question: Who keeps bees.*>Ann<.*Question: And goats", "reply": "Bob"},
        {"match": "(?s)(direct call|strategy search).*query:\nAnd goats", "reply": 'llm_call(f"Who, after {answer_1}?")'},
        {"match": "Who, after <data [0-9a-f]+>Ann<", "reply": "Bob"},
        {"match": "", "reply": "Ann"},
    )
    wrote("a.txt", "Ann keeps bees. Bob keeps goats.")
    assert shell("ask", "Who keeps bees?", "a.txt", "--model", model, "--strategy", strategy, "--task", "search") == 0
    first = journal().run("last").id
    for way in ("direct", "plan", "synth"):
        assert shell("ask", "--continue", first, "And goats?", "--model", model, "--strategy", way, "--task", "search") == 0
        assert shell.out == "Bob\n", way


def test_a_program_that_was_run_can_be_followed(shell: Shell) -> None:
    model = root()
    wrote("sum.lam", SUM)
    assert shell("run", "sum.lam", wrote("visits.csv", CSV), "-q", FIRST) == 0
    assert asked(shell, "--continue", "last", SECOND, "--model", model)["value"] == 17


@pytest.mark.parametrize("way", ["stopped with a fault", "was rejected"])
def test_a_run_without_an_answer_is_not_continued(shell: Shell, way: str) -> None:
    model = script({"match": "", "failure": "E0506"})
    limits = ["--max-calls", "0"] if way == "was rejected" else []
    assert shell("ask", "Who?", wrote("a.txt", "Ann"), "--model", model, "--strategy", "direct", *limits) in (1, 2)
    assert shell("ask", "--continue", "last", "And then?", "--model", model) == 64
    assert f"has no answer to continue from: it {way}" in shell.err and "lambda-rlm resume" in shell.err


def test_a_run_that_was_not_recorded_cannot_be_continued(shell: Shell) -> None:
    model = root()
    asked(shell, FIRST, wrote("visits.csv", CSV), "--model", model, "--no-journal")
    assert shell("ask", "--continue", "last", SECOND, "--model", model) == 64
    assert "a run with --no-journal cannot be continued" in shell.err


def test_the_second_run_needs_no_record(shell: Shell) -> None:
    model = root()
    asked(shell, FIRST, wrote("visits.csv", CSV), "--model", model)
    assert asked(shell, "--continue", "last", SECOND, "--model", model, "--no-journal")["value"] == 17
    assert len(journal().runs()) == 1


def test_route_and_prompt_show_a_follow_up_before_it_is_asked(shell: Shell) -> None:
    model = root()
    asked(shell, FIRST, wrote("visits.csv", CSV), "--model", model)
    assert shell("prompt", "--continue", "last", "--query", SECOND, "--model", model) == 0
    assert SUM in shell.out and FIRST in shell.out and "answer_1: Int" in shell.out
    assert shell("route", "--continue", "last", SECOND, "--model", model, "--json") == 0
    most = next(way["bound"]["input_tokens"] for way in shell.json["ways"] if way["way"] == "synth")
    assert shell("route", SECOND, "visits.csv", "--model", model, "--json") == 0
    assert most > next(way["bound"]["input_tokens"] for way in shell.json["ways"] if way["way"] == "synth")
    assert len(journal().runs()) == 1


def test_a_run_over_several_files_resumes_from_another_folder(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its documents are named from the folder that it was asked in."""
    Path("elsewhere").mkdir()
    model = f"scripted:{Path(script({'match': '', 'failure': 'E0506'}).partition(':')[2]).absolute()}"
    assert shell("ask", "Who?", wrote("a.txt", "Ann"), wrote("b.txt", "Bob"), "--model", model, "--strategy", "direct") == 2
    script({"match": "(?s)# a.txt.*# b.txt", "reply": "Ann"})
    monkeypatch.chdir("elsewhere")
    assert shell("resume", "last") == 0, shell.err
    assert shell.out == "Ann\n"
