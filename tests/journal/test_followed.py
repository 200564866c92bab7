"""A second question about a run of the journal: from the command line and the library, over the same inputs, on record and sealed."""

from __future__ import annotations

import json
import pickle
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import pytest
from pydantic import BaseModel

from lambda_rlm import RLM, Budget, Fault, Run, Writing, check, primitive, run
from lambda_rlm.completion import ModelProfile
from lambda_rlm.events import Event, RunFinished
from lambda_rlm.inputs import InputProblem
from lambda_rlm.journal.store import JournalProblem
from lambda_rlm.llm.scripted import Rule, ScriptedModel
from lambda_rlm.policy.rules import PolicyViolation
from tests.policy.test_policy import Holding, holding
from tests.support.shell import Shell, journal, script, wrote

__all__ = ["holding"]
pytestmark = pytest.mark.usefixtures("alone")

FILE = "home/journal.sqlite3"
FIRST, SECOND = "How many visits were there in 2022?", "And in 2023?"
CSV = "day,visits\n2022-01-05,3\n2022-07-01,4\n2023-02-02,9\n2023-03-03,8\n"
SUM = 'context |> filter(fn(r) => starts_with(r.day, "2022")) |> map(fn(r) => r.visits) |> sum'


def root() -> str:
    """A root model that answers by what it is sent: the second question only where the first, its program and the form of its
    answer are there; whatever else it is asked fails."""
    second = r"(?s)answer_1: Int.*" + FIRST.replace("?", r"\?") + r'.*starts_with\(r\.day, "2022"\).*query:\nAnd in (2023)\?'
    return script(
        {"match": second, "reply": SUM.replace("2022", "\\1")},
        {"match": r"(?s)query:\nHow many visits", "reply": SUM},
        {"match": "(?s)query:\nCompare", "reply": 'f"{answer_1} and {answer_2}"'},
    )


def asked(shell: Shell, *arguments: str, code: int = 0) -> Any:
    assert shell("ask", *arguments, "--strategy", "synth", "--json") == code, shell.err
    return shell.json


# ── one more question, one more program ──


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


@pytest.mark.parametrize("way", ["faulted", "rejected"])
def test_a_run_without_an_answer_is_not_continued(shell: Shell, way: str) -> None:
    model = script({"match": "", "failure": "E0506"})
    limits = ["--max-calls", "0"] if way == "rejected" else []
    assert shell("ask", "Who?", wrote("a.txt", "Ann"), "--model", model, "--strategy", "direct", *limits) in (1, 2)
    assert shell("ask", "--continue", "last", "And then?", "--model", model) == 64
    assert f"has no answer to continue from: it is {way}" in shell.err and "lambda-rlm resume" in shell.err


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


# ── on record ──


def test_a_follow_up_resumes_and_replays_without_the_first(shell: Shell) -> None:
    """All that it took over is in its own record."""
    wrote("a.txt", "Ann keeps bees.")
    model = script({"match": "", "reply": "Ann"})
    assert shell("ask", "Who?", "a.txt", "--model", model, "--strategy", "direct") == 0
    script(
        {"match": "(?s)Write the program", "reply": 'llm_call(f"one {answer_1}") ++ llm_call(f"two {answer_1}")'},
        {"match": "one", "reply": "x"},
        {"match": "two", "failure": "E0506"},
    )
    asked(shell, "--continue", "last", "Twice?", "--model", model, "--concurrency", "1", code=2)
    run = journal().run("last").id
    with closing(sqlite3.connect(FILE)) as database, database:
        database.execute("PRAGMA foreign_keys = ON")
        database.execute("DELETE FROM runs WHERE id != ?", (run,))
    script({"match": "two <data [0-9a-f]+>Ann<", "reply": "y"})
    assert shell("resume", run, "--json") == 0, shell.err
    assert shell.json["answer"] == "xy"
    assert shell("replay", run) == 0 and "all match" in shell.err


def test_a_follow_up_is_chained_to_the_run_it_follows(shell: Shell) -> None:
    model = root()
    first = asked(shell, FIRST, wrote("visits.csv", CSV), "--model", model)["run"]
    second = asked(shell, "--continue", "last", SECOND, "--model", model)["run"]
    found = journal()
    assert found.run(second).what["follows"] == {
        "run": first, "head": found.run(first).head, "sources": [str(Path("visits.csv").absolute())]
    }  # fmt: skip
    assert shell("runs", "--verify") == 0
    with closing(sqlite3.connect(FILE)) as database, database:
        database.execute("UPDATE runs SET what = json_set(what, '$.earlier[0].value', 8) WHERE id = ?", (second,))
    assert shell("runs", "--verify") == 2 and f"run {second}" in shell.out
    assert shell("ask", "--continue", second, "Compare the two.", "--model", model) == 64
    assert "unrecognized journal record" in shell.err


def test_another_first_run_in_its_place_is_found(shell: Shell) -> None:
    """Somebody who writes a new chain for the first run alone."""
    model = root()
    first = asked(shell, FIRST, wrote("visits.csv", CSV), "--model", model)["run"]
    second = asked(shell, "--continue", "last", SECOND, "--model", model)["run"]
    heads = {run: journal().run(run).head for run in (first, second)}
    assert journal()._parted(heads) == []
    assert journal()._parted({second: heads[second]}) == [], "it was deleted, which is said elsewhere"
    (finding,) = journal()._parted({**heads, first: "0" * 64})
    assert second in finding and first in finding


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE runs SET outcome = json_set(outcome, '$.value', 99, '$.answer', '99')",
        "UPDATE runs SET outcome = json_set(outcome, '$.program', 'other')",
        "UPDATE runs SET what = json_set(what, '$.query', 'other')",
    ],
)
def test_nothing_is_taken_from_a_changed_run(shell: Shell, statement: str) -> None:
    model = root()
    asked(shell, FIRST, wrote("visits.csv", CSV), "--model", model)
    with closing(sqlite3.connect(FILE)) as database, database:
        database.execute(statement)
    assert shell("ask", "--continue", "last", SECOND, "--model", model) == 64
    assert "unrecognized journal record" in shell.err


@pytest.mark.parametrize(
    "change",
    [
        "$.type', 'List[",
        "$.type', 'Text",
        "$.route', NULL, '$.x', '",
        "$.task', 7, '$.x', '",
        "$.synthesis', 3, '$.x', '",
        "$.value', json('{\"a\": 1}'), '$.x', '",
    ],
)
def test_a_record_of_another_form_is_no_internal_error(shell: Shell, change: str) -> None:
    """By somebody who made the chain anew."""
    model = root()
    asked(shell, FIRST, wrote("visits.csv", CSV), "--model", model)
    with closing(sqlite3.connect(FILE)) as database, database:
        database.execute(f"UPDATE runs SET outcome = json_set(outcome, '{change}')")
        database.execute("DELETE FROM seals")
        database.execute("DELETE FROM heads")
        database.execute("INSERT INTO heads SELECT 0, started, id, 'older', '', '' FROM runs")
    assert shell("ask", "--continue", "last", SECOND, "--model", model) in (0, 64)


@pytest.mark.parametrize(
    "earlier", ["7", "[7]", '[{"number": 1}]', '[{"run": "a", "number": "x", "query": "", "way": "", "type": "?", "value": 1}]']
)
def test_a_damaged_chain_of_questions_is_no_internal_error(shell: Shell, earlier: str) -> None:
    model = root()
    asked(shell, FIRST, wrote("visits.csv", CSV), "--model", model)
    asked(shell, "--continue", "last", SECOND, "--model", model)
    with closing(sqlite3.connect(FILE)) as database, database:
        database.execute("UPDATE runs SET what = json_set(what, '$.earlier', json(?))", (earlier,))
    for command in (["ask", "--continue", "last", "x", "--model", model], ["replay", "last"], ["runs"], ["show", "last"]):
        assert shell(*command) in (0, 64), command


# ── approval and policy ──


def test_an_approval_covers_the_earlier_answer(shell: Shell) -> None:
    model = script({"match": "(?s)query:\nFirst", "reply": "7"}, {"match": "(?s)query:\nOther", "reply": "8"},
                   {"match": "(?s)query:\nSecond", "reply": 'llm_call(f"Say {answer_1}")'}, {"match": "", "reply": "ok"})  # fmt: skip
    wrote("a.txt", "Ann")
    first = asked(shell, "First", "a.txt", "--model", model)["run"]
    other = asked(shell, "Other", "a.txt", "--model", model)["run"]
    again = ["Second", "--model", model, "--approved"]
    assert shell("ask", "--continue", first, *again, "0" * 32, "--strategy", "synth") == 64
    hash_ = shell.err.partition("its hash is ")[2][:32]
    asked(shell, "--continue", first, *again, hash_)
    assert shell("ask", "--continue", other, *again, hash_, "--strategy", "synth") == 64
    assert "was approved" in shell.err


def test_the_policy_covers_where_an_answer_is_from(shell: Shell, holding: Holding) -> None:
    """An answer made from a folder that is not allowed any more is not taken over, whatever is read now."""
    model = root()
    Path("secret").mkdir()
    Path("public").mkdir()
    asked(shell, FIRST, wrote("secret/visits.csv", CSV), "--model", model)
    holding(f'folders = ["{Path("public").absolute()}"]')
    wrote("public/visits.csv", CSV)
    assert shell("ask", "--continue", "last", SECOND, "public/visits.csv", "--model", model) in (2, 64)
    assert "folders" in shell.err and "secret/visits.csv" in shell.err
    with pytest.raises(PolicyViolation, match="secret"):
        RLM(model, journal=True).follow_up("last", SECOND, context=Path("public/visits.csv"))


def test_a_chain_keeps_all_its_sources(shell: Shell, holding: Holding) -> None:
    model = root()
    Path("public").mkdir()
    asked(shell, FIRST, wrote("visits.csv", CSV), "--model", model)
    asked(shell, "--continue", "last", SECOND, wrote("public/visits.csv", CSV), "--model", model)
    holding(f'folders = ["{Path("public").absolute()}"]')
    assert shell("ask", "--continue", "last", "Compare.", "--model", model) in (2, 64)
    assert "visits.csv" in shell.err and "folders" in shell.err


# ── the library ──


def a_model(*rules: tuple[str, str]) -> ScriptedModel:
    return ScriptedModel([Rule(match, reply) for match, reply in (*rules, ("", "Ann"))])


def test_a_run_is_followed_without_a_journal() -> None:
    model = a_model(("(?s)Earlier question: Who\\?.*>Ann<.*Question: And where", "in the garden"))
    rlm = RLM(model, strategy="direct")
    first = rlm.ask("Who?", contract="Ann keeps bees in the garden.")
    second = rlm.follow_up(first, "And where?")
    assert second.answer == "in the garden" and "Ann keeps bees in the garden." in model.prompts[-1]
    third = rlm.follow_up(second, "And when?")
    assert "Earlier question: Who?" in model.prompts[-1] and "Earlier question: And where?" in model.prompts[-1]
    assert third.origin is not None and [one.number for one in third.origin.earlier] == [1, 2]
    assert list(Path().rglob("*.sqlite3*")) == []


def test_a_second_question_of_the_library_costs_one_program() -> None:
    model = a_model(
        ("(?s)sum_of_2022.*query:\nAnd", "17 # sum_of_2023"), ("(?s)query:\n", "7 # sum_of_2022"),
    )  # fmt: skip
    rlm = RLM(model, strategy="synth")
    first = rlm.ask(FIRST, rows=[{"day": "2022-01-05", "visits": 3}])
    asked_before = len(model.prompts)
    second = rlm.follow_up(first, SECOND)
    assert (second.value, len(model.prompts) - asked_before) == (17, 1)


def test_inputs_may_be_given_anew() -> None:
    model = a_model()
    rlm = RLM(model, strategy="direct")
    first = rlm.ask("Who?", contract="Ann keeps bees.")
    rlm.follow_up(first, "And there?", other="Bob keeps goats.")
    assert "Bob keeps goats." in model.prompts[-1] and "Ann keeps bees." not in model.prompts[-1]


def test_the_data_is_that_of_the_run_though_its_file_changed() -> None:
    """A `Run` holds what it read; by its id the file is read again."""
    model = a_model()
    rlm = RLM(model, strategy="direct", journal=True)
    first = rlm.ask("Who?", contract=Path(wrote("c.txt", "Ann keeps bees.")))
    wrote("c.txt", "Bob keeps goats.")
    rlm.follow_up(first, "And where?")
    assert "Ann keeps bees." in model.prompts[-1]
    with pytest.raises(InputProblem, match="changed since the run"):
        rlm.follow_up(first.id, "And where?")
    wrote("c.txt", "Ann keeps bees.")
    for name in (first.id, first.id[-6:], "last"):
        rlm.follow_up(name, "And where?")
        assert "Ann keeps bees." in model.prompts[-1]


def test_a_run_of_another_process_is_followed_with_its_inputs() -> None:
    rlm = RLM(a_model(), strategy="direct")
    first: Run = pickle.loads(pickle.dumps(rlm.ask("Who?", contract="Ann keeps bees." * 1_000)))
    assert first.origin is not None and first.origin.inputs is None
    assert len(pickle.dumps(first)) < 5_000
    with pytest.raises(ValueError, match="does not hold its inputs"):
        rlm.follow_up(first, "And where?")
    assert rlm.follow_up(first, "And where?", contract="Ann").ok


def test_a_run_of_the_journal_is_followed_by_data_that_is_given() -> None:
    rlm = RLM(a_model(), strategy="direct", journal=True)
    first = rlm.ask("Who?", contract="Ann keeps bees.")
    with pytest.raises(InputProblem, match="missing input 'contract'") as caught:
        rlm.follow_up(first.id, "And where?")
    assert caught.value.hint == "pass its inputs: follow_up(run, query, contract=…)"
    assert rlm.follow_up(first.id, "And where?", contract="Ann keeps bees.").ok
    with pytest.raises(JournalProblem, match="no run"):
        rlm.follow_up("nobody", "And where?")
    with pytest.raises(ValueError, match="no journal is configured"):
        RLM(a_model()).follow_up(first.id, "And where?")
    with pytest.raises(TypeError, match="follow_up takes a Run or the name of one"):
        rlm.follow_up(7, "And where?")  # type: ignore[arg-type]


def test_a_run_of_the_command_line_is_followed_in_the_library(shell: Shell) -> None:
    model = script({"match": "(?s)query:\n", "reply": "length(context)"})
    asked(shell, FIRST, wrote("visits.csv", CSV), "--raw", "--model", model)
    rlm = RLM(a_model(("(?s)context: Text.*query:\n", "length(context) + answer_1")), strategy="synth", journal=True)
    assert rlm.follow_up("last", SECOND).value == 2 * len(CSV)
    assert asked(shell, "--continue", "last", "Compare.", "--model", model)["value"] == len(CSV)


def test_a_run_that_faulted_is_not_followed() -> None:
    rlm = RLM(ScriptedModel.from_rules([{"match": "", "failure": "E0506"}]), journal=True)
    with pytest.raises(Fault) as caught:
        rlm.ask("Who?", context="x")
    assert caught.value.run is not None
    with pytest.raises(JournalProblem, match="no answer to continue from"):
        rlm.follow_up(caught.value.run, "And?")


class Keeper(BaseModel):
    """An answer of a class of the host's."""

    name: str
    bees: int


def test_an_answer_of_a_class_is_followed() -> None:
    model = a_model(("(?s)query:\nAnd", 'f"{answer_1.name} has {answer_1.bees}"'), ("", '{"name": "Ann", "bees": 3}'))
    rlm = RLM(model, strategy="direct")
    first = rlm.ask("Who?", returns=Keeper, context="Ann keeps 3 bees.")
    assert isinstance(first.value, Keeper)
    assert rlm.follow_up(first, "And?", strategy="synth").value == "Ann has 3"
    typed = rlm.follow_up(first, "Once more?", returns=Keeper)
    assert typed.value == Keeper(name="Ann", bees=3)


@primitive("doubled", "(Int) -> Int")
def doubled(number: int) -> int:
    """Twice the number."""
    return 2 * number


def test_functions_of_the_host_are_there_again() -> None:
    model = a_model(("(?s)doubled.*query:\nAnd", "doubled(answer_1)"), ("(?s)query:\n", "doubled(3)"))
    rlm = RLM(model, strategy="synth", primitives=[doubled])
    assert rlm.follow_up(rlm.ask("Who?", context="x"), "And?").value == 12


def test_a_program_that_was_run_is_followed() -> None:
    admitted = check("length(context)", {"context": "abc"}).admit(Budget())
    first = anyio.run(lambda: run(admitted, {"context": "abc"}))
    model = a_model(("(?s)length.context.*query:\n", "answer_1 + length(context)"))
    assert RLM(model, strategy="synth").follow_up(first, "And twice?").value == 6


def test_a_follow_up_in_an_event_loop_and_of_a_stream() -> None:
    model = a_model()
    rlm, seen = RLM(model, strategy="direct"), list[Event]()

    async def job() -> Run:
        async for event in rlm.stream("Who?", context="Ann keeps bees."):
            if isinstance(event, RunFinished):
                return await rlm.afollow_up(event.run, "And where?", on_event=seen.append)
        raise AssertionError

    assert anyio.run(job).ok
    assert "Ann keeps bees." in model.prompts[-1] and isinstance(seen[-1], RunFinished)


def test_a_peeking_author_and_a_blind_one() -> None:
    """What an author wrote who saw contents is not shown to one who may see none, nor what it wrote over several questions."""
    secret = "zebra-crossing"
    model = ScriptedModel([Rule("(?s)query:\n", f'"{secret}"')], ModelProfile(name="gpt-5", window=100_000, max_output=4_096))
    first = RLM(model, strategy="synth", writing=Writing(peek=100), journal=True).ask("What?", context=secret)
    blind = RLM(model, strategy="synth", journal=True)
    for following in (first, first.id, pickle.loads(pickle.dumps(first))):
        blind.follow_up(following, "And?", context=secret)
        assert "its author saw contents" in model.prompts[-1] and secret not in model.prompts[-1]


def test_what_is_kept_of_a_follow_up_is_json() -> None:
    rlm = RLM(a_model(), strategy="direct", journal=True)
    rlm.follow_up(rlm.ask("Who?", context="x"), "And?")
    what = journal().run("last").what
    assert [one["query"] for one in what["earlier"]] == ["Who?"] and what["follows"]["head"]
    assert json.loads(json.dumps(what)) == what
