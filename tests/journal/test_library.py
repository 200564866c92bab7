"""Runs of the library in the journal: written, listed, gone on with and replayed like those of the command line, and only when asked for."""

from __future__ import annotations

import logging
import sqlite3
import threading
from contextlib import aclosing
from pathlib import Path
from typing import Any

import anyio
import pytest
from pydantic import BaseModel

import lambda_rlm
from lambda_rlm import RLM, Budget, Fault
from lambda_rlm.completion import Completion, CompletionRequest
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.events import CallStarted
from lambda_rlm.inputs import InputProblem
from lambda_rlm.journal.journal import Journal
from lambda_rlm.journal.store import JournalProblem
from lambda_rlm.llm.scripted import ScriptedModel
from tests.support.asking import FakeModel
from tests.support.shell import Shell, script, wrote

pytestmark = pytest.mark.usefixtures("alone")


LONG = "".join(f"Line {n}: the {n * 7919 % 1000}th bee visits the flower.\n" for n in range(4_000))


class Counting(ScriptedModel):
    """Replies to the first `alive` prompts and then fails for good, until it is mended."""

    alive = 10**9
    answered = 0

    async def complete(self, request: CompletionRequest) -> Completion:
        if self.answered >= self.alive:
            raise ModelFailure("E0506", "the key was refused", is_fatal=True)
        reply = await super().complete(request)
        self.answered += 1
        return reply


def stopped(rlm: RLM, model: Counting, **inputs: Any) -> str:
    """The id of a run whose model failed after two replies."""
    model.alive = 2
    with pytest.raises(Fault) as caught:
        rlm.ask("How many bees?", **inputs)
    model.alive = 10**9
    assert caught.value.run is not None
    return caught.value.run


def test_no_run_of_the_library_is_written_unless_it_is_asked_for() -> None:
    RLM(FakeModel("x")).ask("Who?", context="c")
    assert list(Path().rglob("*.sqlite3*")) == []


def test_a_recorded_run_is_listed_and_shown_on_the_cli(shell: Shell) -> None:
    rlm = RLM(FakeModel("Ann"), journal=True)
    run = rlm.ask("Who keeps bees?", context="Ann keeps bees.")
    assert shell("runs", "--json") == 0
    assert [(row["run"], row["state"], row["query"]) for row in shell.json["runs"]] == [(run.id, "answered", "Who keeps bees?")]
    assert shell("show", run.id) == 0
    assert "Ann" in shell.out and "sha256" in shell.out
    assert [row.id for row in rlm.runs()] == [run.id]


def test_a_run_goes_on_with_its_program_and_pays_nothing_twice() -> None:
    model = Counting.from_rules([("", "7 bees")])
    rlm = RLM(model, task="search", journal="own.sqlite3", budget=Budget(concurrency=1))
    whole = RLM(Counting.from_rules([("", "7 bees")]), task="search", budget=Budget(concurrency=1)).ask(
        "How many bees?", context=LONG
    )
    run = stopped(rlm, model, context=LONG)
    assert rlm.runs()[0].state == "faulted"
    done = rlm.resume(run, context=LONG)
    assert (done.id, done.answer, done.program) == (run, whole.answer, whole.program)
    assert model.answered == whole.usage.calls > 3
    assert done.usage.calls == whole.usage.calls
    assert (done.usage.input_tokens, done.usage.output_tokens) == (whole.usage.input_tokens, whole.usage.output_tokens)
    with pytest.raises(ValueError, match="already has an answer"):
        rlm.resume(run, context=LONG)


def test_the_cli_resumes_runs_of_the_library_and_vice_versa(shell: Shell) -> None:
    """The same journal, in the same form: where a run was begun does not matter."""
    wrote("a.txt", LONG)
    model = script({"match": "", "reply": "7", "times": 3}, {"match": "", "failure": "E0506"})
    rlm = RLM(model, journal=True, budget=Budget(concurrency=1))
    with pytest.raises(Fault) as caught:
        rlm.ask("How many?", context=Path("a.txt"))
    script({"match": "", "reply": "7"})
    assert shell("resume", "last", "--json") == 0
    assert shell.json["run"] == caught.value.run and shell.json["ok"]
    script({"match": "", "reply": "7", "times": 3}, {"match": "", "failure": "E0506"})
    assert shell("ask", "How many?", "a.txt", "--model", model, "--concurrency", "1") == 2
    script({"match": "", "reply": "7"})
    assert rlm.resume("last", context=LONG).answer == "7"
    assert [row.state for row in rlm.runs()] == ["answered", "answered"]


def test_a_run_over_host_data_resumes_when_given_the_data(shell: Shell) -> None:
    model = script({"match": "", "failure": "E0506"})
    with pytest.raises(Fault):
        RLM(model, journal=True).ask("Who?", notes="Ann keeps bees.")
    script({"match": "", "reply": "Ann"})
    assert shell("resume", "last") == 64
    assert "missing input 'notes', which the run had" in shell.err
    assert shell("resume", "last", f"notes={wrote('n.txt', 'Ann keeps bees.')}") == 0
    assert shell.out == "Ann\n"


def test_the_cli_does_not_guess_a_model_that_was_an_object(shell: Shell) -> None:
    with pytest.raises(Fault):
        RLM(ScriptedModel.from_rules([{"match": "", "failure": "E0506"}]), journal=True).ask(
            "Who?", context=Path(wrote("a.txt", "c"))
        )
    assert shell("resume", "last") == 64
    assert "scripted, a model object of a Python program" in shell.err


class Count(BaseModel):
    n: int


def test_a_typed_run_resumes_to_an_instance_of_its_type() -> None:
    model = Counting.from_rules([("", '{"n": 7}')])
    rlm = RLM(model, journal=True)
    model.alive = 0
    with pytest.raises(Fault):
        rlm.ask("How many?", returns=Count, context="c")
    model.alive = 10**9
    with pytest.raises(TypeError, match="was to return"):
        rlm.resume("last", returns="Text", context="c")
    assert rlm.resume("last", returns=Count, context="c").value == Count(n=7)
    assert rlm.ask("How many?", returns=Count, context="c").value == Count(n=7)
    with Journal() as journal:
        assert [(row.outcome or {})["value"] for row in journal.runs()] == [{"n": 7}, {"n": 7}]


def test_other_inputs_or_models_are_refused_before_asking() -> None:
    model = script({"match": "", "failure": "E0506"})
    with pytest.raises(Fault):
        RLM(model, journal=True).ask("Who?", context="c")
    with pytest.raises(InputProblem, match="has changed"):
        RLM(model, journal=True).resume("last", context="d")
    with pytest.raises(ValueError, match="it cannot go on with local/smollm2-135m"):
        RLM("local/smollm2-135m", journal=True).resume("last", context="c")
    with pytest.raises(ValueError, match=r"RLM\(journal=True\)"):
        RLM(model).resume("last", context="c")
    with pytest.raises(JournalProblem, match="no run 'ZZZ'"):
        RLM(model, journal=True).resume("ZZZ", context="c")


def test_a_replay_asks_nobody_and_tells_what_differs() -> None:
    model = Counting.from_rules([("", "7 bees")])
    rlm = RLM(model, task="search", journal=True)
    run = rlm.ask("How many bees?", context=LONG)
    asked = model.answered
    again = rlm.replay(run.id, context=LONG)
    assert (again.run.answer, again.differences, model.answered) == (run.answer, (), asked)
    with sqlite3.connect("home/journal.sqlite3") as database:
        database.execute("UPDATE calls SET digest = 'another' WHERE call = 0")
    assert len(rlm.replay(run.id, context=LONG).differences) == 1


def test_a_replay_needs_no_model_that_is_there() -> None:
    """A file of replies stands here for weights: a model whose name leads nowhere any more."""
    name = script({"match": "", "reply": "7 bees"})
    rlm = RLM(name, task="search", journal=True)
    run = rlm.ask("How many bees?", context=LONG)
    Path("replies.jsonl").unlink()
    again = rlm.replay(run.id, context=LONG)
    assert (again.run.answer, again.differences) == (run.answer, ())
    with pytest.raises(Fault, match="cannot read"):
        rlm.ask("How many bees?", context=LONG)


def test_a_program_of_ones_own_is_written_and_goes_on() -> None:
    checked = lambda_rlm.check('words(context) |> map(fn(w) => llm_call(f"say {w}")) |> join(" ")', inputs={"context": "a b"})
    model = Counting.from_rules([("", "x")])
    model.alive = 1

    async def first() -> None:
        await lambda_rlm.run(checked.admit(Budget(concurrency=1)), {"context": "a b"}, model, query="q", journal=True)

    with pytest.raises(Fault):
        anyio.run(first)
    model.alive = 10**9
    assert RLM(model, journal=True).resume("last", context="a b").answer == "x x"
    assert model.answered == 2


def test_a_resumed_run_keeps_its_settings(shell: Shell) -> None:
    """Another number of the first sample, length of replies or model would be other questions, paid a second time; and who named a
    limit on dollars once would not know that it is gone."""
    checked = lambda_rlm.check('llm_samples(context, 4) |> join(" ")', inputs={"context": "c"})
    admitted = checked.admit(Budget(concurrency=1, usd=0.5, seconds=60))
    model = script({"match": "", "reply": "x", "times": 2}, {"match": "", "failure": "E0506"})
    with pytest.raises(Fault):
        anyio.run(lambda: lambda_rlm.run(admitted, {"context": "c"}, model, seed=7, journal=True))
    wrote("c.txt", "c")
    wrote("p.lam", 'llm_samples(context, 4) |> join(" ")')
    wrote("lambda-rlm.toml", "out = 300\nseed = 7")
    assert shell("run", "p.lam", "c.txt", "--model", model, "--concurrency", "1") == 2
    script({"match": "", "reply": "x"})
    rlm = RLM(journal=True)
    for row in rlm.runs():
        assert rlm.resume(row.id, context="c").answer == "x x x x"
        assert rlm.replay(row.id, context="c").differences == ()
        with Journal() as journal:
            assert len(journal.replies(row.id)) == 4
            settings = journal.run(row.id).what["settings"]
            assert {**settings, "seed": 7, "model": row.what["settings"]["model"]} == settings
    assert (settings["max_cost"], settings["max_seconds"]) == (0.5, 60)


def test_the_cli_keeps_the_type_that_a_program_asked_for(shell: Shell) -> None:
    model = script({"match": "", "failure": "E0506"})
    with pytest.raises(Fault):
        RLM(model, journal=True).ask("How many?", returns=Count, context=Path(wrote("a.txt", "c")))
    assert shell("resume", "last") == 2
    script({"match": "", "reply": '{"n": 7}'})
    assert shell("resume", "last", "--json") == 0
    assert shell.json["value"] == {"n": 7}
    assert RLM(journal=True).runs()[0].what["returns"] == "{ n: Int }"


def test_the_cli_does_not_resume_without_host_functions(shell: Shell) -> None:
    @lambda_rlm.primitive("twice", "(Text) -> Text")
    def twice(text: str) -> str:
        return text + text

    model = script({"match": "", "failure": "E0506"})
    checked = lambda_rlm.check("llm_call(twice(context))", {"context": "c"}, primitives=[twice])
    given = {"context": Path(wrote("c.txt", "c"))}
    with pytest.raises(Fault):
        anyio.run(lambda: lambda_rlm.run(checked.admit(), given, model, journal=True))
    assert shell("resume", "last") == 64
    assert "primitives of a Python program: twice" in shell.err
    script({"match": "", "reply": "x"})
    assert RLM(journal=True, primitives=[twice]).resume("last", context="c").answer == "x"


def test_a_stream_that_is_left_is_written_as_interrupted() -> None:
    rlm = RLM(FakeModel("x", gate=anyio.Event()), journal=True)

    async def main() -> None:
        async with aclosing(rlm.stream("What?", context="c")) as events:
            async for event in events:
                if isinstance(event, CallStarted):
                    break

    anyio.run(main)
    assert rlm.runs()[0].state == "interrupted"


def test_an_unusable_journal_stops_the_run_before_asking() -> None:
    wrote("strange.sqlite3", "this is no journal at all" * 10)
    model = FakeModel("x")
    with pytest.raises(JournalProblem, match="not a journal"):
        RLM(model, journal="strange.sqlite3").ask("Who?", context="c")
    assert model.requests == []
    assert Path("strange.sqlite3").read_text() == "this is no journal at all" * 10


def test_a_journal_that_fails_later_costs_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    def answer(_: object) -> str:
        Path("j.sqlite3").write_bytes(b"\0" * 4096)
        return "there"

    with caplog.at_level(logging.WARNING):
        run = RLM(FakeModel(answer), journal="j.sqlite3").ask("Who?", context="c")
    assert run.answer == "there"
    assert "you cannot resume this run" in caplog.text


def test_one_rlm_writes_the_runs_of_many_threads() -> None:
    rlm = RLM(script({"match": "", "reply": "x"}), journal=True)
    threads = [threading.Thread(target=rlm.ask, args=("Who?",), kwargs={"context": f"text {n}"}) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row.state for row in rlm.runs()] == ["answered"] * 8


def test_inputs_are_not_hashed_without_a_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambda_rlm.journal.request.described", lambda _: pytest.fail("hashed for nobody"))
    assert RLM(FakeModel("x")).ask("Who?", context="c").answer == "x"
