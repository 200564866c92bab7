"""A second question about a run of the library, given as a `Run` or by its name."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import anyio
import pytest
from pydantic import BaseModel

from lambda_rlm import RLM, Budget, Fault, Run, Writing, check, primitive, run
from lambda_rlm.completion import ModelProfile
from lambda_rlm.events import Event, RunFinished
from lambda_rlm.inputs import InputProblem
from lambda_rlm.journal.store import JournalProblem
from lambda_rlm.llm.scripted import Rule, ScriptedModel
from tests.support.follow_ups import CSV, FIRST, SECOND, a_model, asked
from tests.support.shell import Shell, journal, script, wrote

pytestmark = pytest.mark.usefixtures("alone")


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
    with pytest.raises(TypeError, match="must be a Run or the name of one"):
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


def test_a_route_is_that_of_the_question_that_follows() -> None:
    """As `route --continue` of the command line: with the inputs of the run and what it left, and nobody is asked."""
    model = a_model()
    rlm = RLM(model, strategy="direct")
    first = rlm.ask("Who keeps bees?", contract="Ann keeps bees in the garden. " * 50)
    before = len(model.prompts)
    after, alone = rlm.route("And where?", follows=first), rlm.route("And where?", contract="x")
    assert len(model.prompts) == before and after.tokens > alone.tokens
    bound, run = after.ways[0].bound, rlm.follow_up(first, "And where?")
    assert bound is not None and run.bound is not None and run.bound.numbers() == bound.numbers()
    anew = rlm.route("And where?", follows=first, contract="x").ways[0].bound
    assert anew is not None and (anew.input_tokens or 0) < (bound.input_tokens or 0)
    unlike = rlm.route("And where?", contract="x").ways[0].bound
    assert unlike is not None and (unlike.input_tokens or 0) < (anew.input_tokens or 0)


def test_a_route_and_a_stream_follow_a_run_of_the_journal() -> None:
    model = a_model(("Earlier question: Who\\?", "in the garden"))
    rlm = RLM(model, strategy="direct", journal=True)
    Path("a.txt").write_text("Ann keeps bees.", encoding="utf-8")
    first = rlm.ask("Who?", context=Path("a.txt"))
    assert rlm.route("And where?", follows="last").way == "direct"

    async def job() -> Run:
        async for event in rlm.stream("And where?", follows=first.id):
            if isinstance(event, RunFinished):
                assert isinstance(event.run, Run)
                return event.run
        raise AssertionError

    assert anyio.run(job).answer == "in the garden"
    with pytest.raises(JournalProblem):
        rlm.route("And where?", follows="nothing_of_that_name")
    with pytest.raises(TypeError, match="must be a Run"):
        rlm.route("And where?", follows=12)  # type: ignore[arg-type]


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
