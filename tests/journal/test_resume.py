"""A run that was stopped goes on: with the same answer, on the same budget, paying nothing twice."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from lambda_rlm.completion import Completion, CompletionRequest
from lambda_rlm.journal.store import JournalProblem
from lambda_rlm.llm.scripted import Rule, ScriptedModel
from tests.support.places import ROOT
from tests.support.shell import Shell, journal, leave_alone, script, wrote

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("alone")]

MOMENTS = sorted(random.Random(20).sample([(n, phase) for n in range(1, 15) for phase in ("before", "after")], 20))


PROGRAM = """
let notes = words(context) |> map(fn(w) => llm_call(f"note {w}", out=20));
let end = fold(take(notes, 3), "", fn(acc, n) => llm_call(f"join {take(acc, 40)} {n}", out=20));
end ++ " " ++ join(notes, " ")
"""
WORDS = "a b c d e f g h i j k"

# One process for all moments; a child for each works in a folder of its own and kills itself at the n-th question, before it is
# answered or as soon as the run was told the answer.
STOPPED = """
import json, os, signal, sys
from pathlib import Path
from lambda_rlm.execution import connections
from lambda_rlm.cli.app import run_command
from lambda_rlm.llm.scripted import Rule, ScriptedModel

class Stopping(ScriptedModel):
    asked = 0
    def __init__(self, n, phase):
        super().__init__([Rule(r"note [^>]*>([a-z])", r"n\\1", delay=0.001), Rule("join", "j")])
        self.n, self.phase = n, phase
    async def complete(self, request):
        self.asked += 1
        if self.asked == self.n and self.phase == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        reply = await super().complete(request)
        if self.asked > self.n:
            os.kill(os.getpid(), signal.SIGKILL)
        return reply

for folder, n, phase in json.loads(sys.argv[1]):
    child = os.fork()
    if not child:
        os.chdir(folder)
        os.environ["LAMBDA_RLM_HOME"] = str(Path(folder, "home"))
        connections.connect = lambda name, **_: Stopping(n, phase)
        run_command(["run", "p.lam", "a.txt", "--model", "scripted:rules", "--concurrency", "4"])
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, (n, phase, status)
"""


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[int, str], Path]:
    """A folder for each moment, with the journal of a run that was killed then."""
    folders = {moment: tmp_path_factory.mktemp("stopped") for moment in MOMENTS}
    for folder in folders.values():
        (folder / "p.lam").write_text(PROGRAM)
        (folder / "a.txt").write_text(WORDS)
    told = json.dumps([[str(folder), n, phase] for (n, phase), folder in folders.items()])
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LAMBDA_RLM_")} | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", STOPPED, told], env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return folders


class Listening(ScriptedModel):
    """Keeps which questions reach it."""

    def __init__(self) -> None:
        super().__init__([Rule("note [^>]*>([a-z])", r"n\1"), Rule("join", "j")])
        self.asked: list[str] = []

    async def complete(self, request: CompletionRequest) -> Completion:
        self.asked.append(request.digest)
        return await super().complete(request)


@pytest.mark.integration
@pytest.mark.parametrize(("n", "phase"), MOMENTS)
def test_a_killed_run_resumes_and_repeats_no_finished_call(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, stopped: dict[tuple[int, str], Path], n: int, phase: str
) -> None:
    leave_alone(stopped[n, phase], monkeypatch)
    with journal() as found:
        row = found.run("last")
        finished = set(found.replies(row.id))
    assert row.state == "running"
    model = Listening()
    monkeypatch.setattr("lambda_rlm.execution.connections.connect", lambda name, **_: model)
    assert shell("resume", "last", "--json") == 0
    resumed = shell.json
    assert not finished & set(model.asked)
    assert len(model.asked) == resumed["usage"]["calls"] - len(finished)
    assert shell("run", "p.lam", "a.txt", "--no-journal", "--json") == 0
    whole = shell.json
    for key in ("answer", "citations", "coverage", "degraded"):
        assert resumed[key] == whole[key]
    for key in ("calls", "attempts", "input_tokens", "output_tokens", "usd", "steps"):
        assert resumed["usage"][key] == whole["usage"][key], key
    with journal() as found:
        assert len(found.replies(row.id)) == whole["usage"]["calls"]
    assert resumed["run"] == row.id


def test_what_is_remembered_reaches_no_model(shell: Shell) -> None:
    wrote("p.lam", 'let a = llm_call("one"); llm_call(f"two {a}")')
    model = script({"match": "one", "reply": "1"}, {"match": "two", "failure": "E0506"})
    assert shell("run", "p.lam", "--model", model) == 2
    assert "lambda-rlm resume 0" in shell.err
    script({"match": "one", "failure": "E0506"}, {"match": "two", "reply": "zwei"})
    assert shell("resume", "last") == 0
    assert shell.out == "zwei\n"
    assert "1 recorded reply is reused" in shell.err
    assert shell("resume", "last") == 64
    assert "is finished" in shell.err


def test_a_question_goes_on_too_with_what_the_root_model_wrote(shell: Shell) -> None:
    Path("root.jsonl").write_text(
        json.dumps({"match": "# Task", "reply": 'llm_call(f"Say {take(context, 9)}", out=9)', "times": 1}) + "\n"
    )
    leaf = script({"match": "Say", "failure": "E0506"})
    ask = (
        "ask",
        "What?",
        wrote("a.txt", "bees"),
        "--strategy",
        "synth",
        "--model",
        leaf,
        "--root-model",
        "scripted:root.jsonl",
    )
    assert shell(*ask) == 2
    Path("root.jsonl").write_text(json.dumps({"match": "", "failure": "E0506"}) + "\n")
    script({"match": "Say", "reply": "said"})
    assert shell("resume", "last") == 0
    assert shell.out == "said\n"


@pytest.mark.parametrize("more", [("--max-calls", "9"), ("--max-cost", "7"), ("--max-calls", "8", "--max-cost", "8")])
def test_a_larger_budget_has_no_other_program_written(shell: Shell, more: tuple[str, ...]) -> None:
    """The author is told the budget; asked with another one it would be paid again, and what its first program paid for lost."""
    program = 'words(context) |> map(fn(w) => llm_call(f"Say {take(w, 9)}", out=9)) |> join("")'
    Path("root.jsonl").write_text(json.dumps({"match": "# Task", "reply": program, "times": 1}) + "\n")
    leaf = script({"match": ">a<", "reply": "x"}, {"match": ">b<", "failure": "E0506"})
    models = ("--model", leaf, "--root-model", "scripted:root.jsonl")
    ask = ("ask", "What?", wrote("a.txt", "a b"), "--strategy", "synth", *models)
    assert shell(*ask, "--max-calls", "6", "--max-cost", "5") == 2
    Path("root.jsonl").write_text(json.dumps({"match": "", "failure": "E0506"}) + "\n")
    assert shell("resume", "last", *more) == 2, "a second session that fails is gone on with as well"
    script({"match": ">a<", "reply": "x"}, {"match": ">b<", "reply": "y"})
    assert shell("resume", "last") == 0
    assert shell.out == "xy\n"
    assert shell("replay", "last") == 0 and "all match" in shell.err


def test_a_larger_budget_does_not_rewrite_a_sub_program(shell: Shell) -> None:
    """What a sub-model may spend is its caller's to say, in each session the same."""
    Path("root.jsonl").write_text(json.dumps({"match": "# Task", "reply": "length(context)", "times": 1}) + "\n")
    leaf = script({"match": "Say", "failure": "E0506"})
    program = wrote("p.lam", 'let n = rlm_call("How long?", context, 4); llm_call(f"Say {take(n, 9)}", out=9)')
    models = ("--model", leaf, "--root-model", "scripted:root.jsonl")
    assert shell("run", program, wrote("a.txt", "a b"), *models, "--max-calls", "9", "--max-cost", "5") == 2
    Path("root.jsonl").write_text(json.dumps({"match": "", "failure": "E0506"}) + "\n")
    script({"match": ">3<", "reply": "three"})
    assert shell("resume", "last", "--max-calls", "12") == 0
    assert shell.out == "three\n"


def test_a_run_over_budget_goes_on_with_a_larger_one(shell: Shell) -> None:
    model = script({"match": "", "reply": "x"})
    wrote("p.lam", 'words(context) |> map(fn(w) => llm_call(w)) |> join("")')
    wrote("a.txt", "a b c")
    assert shell("run", "p.lam", "a.txt", "--model", model, "--max-calls", "2") == 1
    assert shell("resume", "last", "--max-calls", "3") == 0
    assert shell.out == "xxx\n"


def test_a_failed_call_is_asked_again_and_its_usage_kept(shell: Shell) -> None:
    wrote("p.lam", 'let a = llm_call("first"); let n = llm_call[Int](f"second {a}"); n + 1')
    model = script({"match": "first", "reply": "1"}, {"match": "second", "reply": "none at all"})
    assert shell("run", "p.lam", "--model", model, "--json") == 2
    before = shell.json
    assert (before["fault"]["code"], before["usage"]["attempts"]) == ("E0513", 3)
    script({"match": "first", "failure": "E0506"}, {"match": "second", "reply": "41"})
    assert shell("resume", "last", "--json") == 0
    after = shell.json
    assert (after["value"], after["usage"]["calls"], after["usage"]["attempts"]) == (42, 2, 4)
    assert after["usage"]["input_tokens"] > before["usage"]["input_tokens"]


def test_the_budget_holds_over_all_sessions_together(shell: Shell) -> None:
    """What failed calls used is not given back by starting again."""
    profile = {"profile": {"window": 4_000, "max_output": 50}}
    wrote("p.lam", 'llm_call[Int]("count", out=50)')
    model = script(profile, {"match": "", "reply": "none"})
    assert shell("run", "p.lam", "--model", model, "--json") == 2
    most = sum(shell.json["bound"][name] for name in ("input_tokens", "output_tokens"))
    assert shell("run", "p.lam", "--model", model, "--max-tokens", str(most + 150)) == 2
    assert "E0513" in shell.err
    for _ in range(9):
        code = shell("resume", "last")
        assert code == 2
        if "E0405" in shell.err:
            break
    assert "E0405" in shell.err
    script(profile, {"match": "", "reply": "7"})
    assert shell("resume", "last", "--max-tokens", "9999") == 0
    assert shell.out == "7\n"


def test_what_the_planner_chose_stays_when_the_budget_grows(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other pieces would be other questions, and all of them would be paid again."""
    wrote("p.lam", 'chunk(context, auto) |> map(fn(c) => llm_call(f"Read {c}", out=20)) |> join("")')
    wrote("a.txt", " ".join(f"word{n}" for n in range(40_000)))
    model = script({"match": "", "reply": "x", "times": 2}, {"match": "", "failure": "E0506"})
    assert shell("run", "p.lam", "a.txt", "--model", model, "--concurrency", "1") == 2
    monkeypatch.setattr("lambda_rlm.bounds.planner.choose.choose", lambda *_: pytest.fail("chosen again"))
    script({"match": "", "reply": "x"})
    assert shell("resume", "last", "--max-calls", "9999", "--json") == 0
    with journal() as found:
        assert len(found.replies(found.run("last").id)) == shell.json["usage"]["calls"] > 2


def test_a_run_that_still_goes_on_is_not_resumed(shell: Shell) -> None:
    wrote("p.lam", 'llm_call("x")')
    assert shell("run", "p.lam", "--model", script({"match": "", "failure": "E0506"})) == 2
    with journal() as found:
        entry = found.resume(found.run("last"), found.run("last").what)
    assert shell("resume", "last") == 64
    assert "is still in progress" in shell.err
    entry.end("faulted", None)
    script({"match": "", "reply": "x"})
    assert shell("resume", "last") == 0


def test_two_that_resume_one_run_do_not_both_go_on(shell: Shell) -> None:
    wrote("p.lam", 'llm_call("x")')
    assert shell("run", "p.lam", "--model", script({"match": "", "failure": "E0506"})) == 2
    with journal() as found:
        row = found.run("last")
        found.resume(row, row.what).end("faulted", None)
        with pytest.raises(JournalProblem, match="is still in progress"):
            found.resume(row, row.what)


def test_inputs_that_changed_are_refused(shell: Shell) -> None:
    model = script({"match": "", "failure": "E0506"})
    wrote("p.lam", "llm_call(context)")
    wrote("a.txt", "before")
    assert shell("run", "p.lam", "a.txt", "--model", model) == 2
    wrote("a.txt", "after")
    assert shell("resume", "last") == 64
    assert "has changed" in shell.err


def test_a_changed_program_file_does_not_matter(shell: Shell) -> None:
    model = script({"match": "", "failure": "E0506"})
    wrote("p.lam", 'llm_call("x")')
    assert shell("run", "p.lam", "--model", model) == 2
    wrote("p.lam", "1 + 1")
    script({"match": "", "reply": "x"})
    assert shell("resume", "last") == 0
    assert shell.out == "x\n"


def test_a_resumed_question_keeps_its_program_and_route(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another way would be other questions, and all that was paid for would be lost."""
    wrote("a.txt", " ".join(f"word{n}" for n in range(40_000)))
    profile = {"profile": {"window": 6_000}}
    model = script(profile, {"match": "", "reply": "x", "times": 3}, {"match": "", "failure": "E0506"})
    assert shell("ask", "Which?", "a.txt", "--task", "search", "--model", model, "--concurrency", "1") == 2
    monkeypatch.setattr("lambda_rlm.plan.router.Case.ways", lambda *_: pytest.fail("a way was chosen again"))
    script({"profile": {"window": 900_000}}, {"match": "", "reply": "x"})  # all of it would fit one prompt now
    assert shell("resume", "last", "--json") == 0
    assert shell.json["route"] == "search" and shell.json["usage"]["calls"] > 4
    with journal() as found:
        run = found.run("last")
        assert len(found.replies(run.id)) == shell.json["usage"]["calls"]
        assert [call.state for call in found.calls(run.id) if call.session == 0].count("replied") == 3


SUB_PROGRAM = 'words(context) |> map(fn(w) => llm_call(f"note {w}", out=9)) |> join("")'


def test_a_sub_models_program_and_calls_are_not_paid_twice(shell: Shell) -> None:
    """What `rlm_call` had written and what its program had asked is there when the run goes on."""
    wrote("p.lam", 'rlm_call("Which?", context, 8)')
    wrote("a.txt", "a b c")
    Path("root.jsonl").write_text(json.dumps({"match": "", "reply": SUB_PROGRAM, "times": 1}) + "\n")
    leaf = script({"match": "note [^>]*>c", "failure": "E0506"}, {"match": "note", "reply": "n"})
    run = ("run", "p.lam", "a.txt", "--model", leaf, "--root-model", "scripted:root.jsonl", "--concurrency", "1", "--json")
    assert shell(*run) == 2
    before = shell.json
    Path("root.jsonl").write_text(json.dumps({"match": "", "failure": "E0506"}) + "\n")
    script({"match": "note [^>]*>c", "reply": "m"}, {"match": "", "failure": "E0506"})
    assert shell("resume", "last", "--json") == 0
    after = shell.json
    assert after["answer"] == "nnm" and after["usage"]["calls"] == 4
    assert after["usage"]["attempts"] == before["usage"]["attempts"] + 1 == 5  # the one that failed, again
    with journal() as found:
        assert len(found.replies(after["run"])) == 4
    assert shell("replay", "last") == 0
    assert "all match" in shell.err


@pytest.mark.parametrize("limit", [("--fuel", "20000", "900000"), ("--memory", "100000", "90000000")])
def test_a_run_at_a_limit_resumes_with_a_larger_one(shell: Shell, limit: tuple[str, str, str]) -> None:
    option, small, large = limit
    wrote(
        "p.lam",
        'let a = llm_call("one", out=9); let b = llm_call(f"two {a}", out=9); length(join(map(range(0, 5000 * length(b)), fn(n) => repeat(b, 3)), ""))',
    )
    model = script({"match": "one", "reply": "1"}, {"match": "two", "reply": "2"})
    assert shell("run", "p.lam", "--model", model, option, small, "--json") == 2
    before = shell.json
    assert before["fault"]["code"] in ("E0401", "E0402") and before["usage"]["calls"] == 2
    script({"match": "", "failure": "E0506"})
    assert shell("resume", "last", option, large, "--json") == 0
    assert shell.json["answer"] == "15000"
    assert {key: shell.json["usage"][key] for key in ("calls", "attempts", "input_tokens", "output_tokens")} == {
        key: before["usage"][key] for key in ("calls", "attempts", "input_tokens", "output_tokens")
    }


def test_a_run_whose_pool_is_used_up_goes_on_with_a_new_one(shell: Shell) -> None:
    """What was paid for is not asked again, the repair that the pool did not allow is made now, and `replay` finds it so."""
    wrote("p.lam", 'words(context) |> map(fn(w) => llm_call[Int](f"count {w}", out=20, or_else=0))')
    wrote("a.txt", "a b c")
    rules = {"match": "An earlier reply", "reply": "7"}, {"match": "count", "reply": "none"}
    model = script({"profile": {"input_price": 1e-6, "output_price": 1e-6}}, *rules)
    options = ("--model", model, "--concurrency", "1", "--json")
    assert shell("run", "p.lam", "a.txt", *options) == 2
    before = shell.json
    assert (before["fault"]["code"], before["bound"]["pool"], before["usage"]["extra_attempts"]) == ("E0408", 1, 1)
    assert shell("resume", "last", "--json") == 2  # a pool of one more: the second word is read, the third is not
    again = shell.json
    assert (again["fault"]["code"], again["bound"]["pool"], again["usage"]["extra_attempts"]) == ("E0408", 2, 2)
    assert shell("replay", "last") == 2
    assert "all match" in shell.err
    assert shell("resume", "last", "--pool", "5", "--json") == 0
    after = shell.json
    assert after["value"] == [7, 7, 7]
    assert (after["usage"]["calls"], after["usage"]["extra_attempts"]) == (3, 3)
    assert after["usage"]["attempts"] == 6  # each question and each repair once, in three sessions
    assert shell("replay", "last") == 0
    assert "all match" in shell.err


def test_after_a_pool_is_used_up_the_advice_raises_it(shell: Shell) -> None:
    model = script({"match": "", "reply": "none"})
    wrote("p.lam", 'llm_call[Int]("count")')
    assert shell("run", "p.lam", "--model", model, "--pool", "0") == 2
    assert "E0408" in shell.err and "raise --pool" in shell.err
