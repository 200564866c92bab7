"""The journal: a run that was stopped goes on and pays nothing twice; what is written is whole, private and refuses strangers."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lambda_rlm.completion import Completion, CompletionRequest, Usage
from lambda_rlm.events import CallStarted, Replied
from lambda_rlm.llm.scripted import Rule, ScriptedModel
from lambda_rlm.source import Span
from lambda_rlm.trace.journal import Journal
from lambda_rlm.trace.run_id import run_id
from lambda_rlm.trace.store import JournalProblem
from tests.shell import Shell, leave_alone, script, wrote

ROOT = Path(__file__).parent.parent
MOMENTS = sorted(random.Random(20).sample([(n, phase) for n in range(1, 15) for phase in ("before", "after")], 20))


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leave_alone(tmp_path, monkeypatch)


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


def journal() -> Journal:
    return Journal(Path("home/journal.sqlite3"), is_new=False)


# ── going on ──

PROGRAM = """
let notes = words(context) |> map(fn(w) => llm_call(f"note {w}", out=20));
let end = fold(take(notes, 3), "", fn(acc, n) => llm_call(f"join {take(acc, 40)} {n}", out=20));
end ++ " " ++ join(notes, " ")
"""
WORDS = "a b c d e f g h i j k"

# A process that kills itself at the n-th question, before it is answered or as soon as the run was told the answer.
STOPPED = """
import os, signal, sys
from lambda_rlm.cli import ask_run
from lambda_rlm.cli.app import run_command
from lambda_rlm.llm.scripted import Rule, ScriptedModel
n, phase = int(sys.argv[1]), sys.argv[2]
class Stopping(ScriptedModel):
    asked = 0
    async def complete(self, request):
        type(self).asked += 1
        if self.asked == n and phase == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        reply = await super().complete(request)
        if self.asked > n:
            os.kill(os.getpid(), signal.SIGKILL)
        return reply
ask_run.connect = lambda name, **_: Stopping([Rule(r"note [^>]*>([a-z])", r"n\\1", delay=0.001), Rule("join", "j")])
run_command(["run", "p.lam", "a.txt", "--model", "scripted:rules", "--concurrency", "4"])
"""


class Listening(ScriptedModel):
    """Keeps which questions reach it."""

    def __init__(self) -> None:
        super().__init__([Rule("note [^>]*>([a-z])", r"n\1"), Rule("join", "j")])
        self.asked: list[str] = []

    async def complete(self, request: CompletionRequest) -> Completion:
        self.asked.append(request.digest)
        return await super().complete(request)


@pytest.mark.parametrize(("n", "phase"), MOMENTS)
def test_a_killed_run_goes_on_with_the_same_answer_and_repeats_no_finished_call(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, n: int, phase: str
) -> None:
    wrote("p.lam", PROGRAM)
    wrote("a.txt", WORDS)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    killed = subprocess.run([sys.executable, "-c", STOPPED, str(n), phase], env=environment, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    with journal() as found:
        row = found.run("last")
        finished = set(found.replies(row.id))
    assert row.state == "running"
    model = Listening()
    monkeypatch.setattr("lambda_rlm.cli.ask_run.connect", lambda name, **_: model)
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
    assert "1 replies are there" in shell.err
    assert shell("resume", "last") == 64
    assert "has its answer" in shell.err


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


def test_a_run_over_budget_goes_on_with_a_larger_one(shell: Shell) -> None:
    model = script({"match": "", "reply": "x"})
    wrote("p.lam", 'words(context) |> map(fn(w) => llm_call(w)) |> join("")')
    wrote("a.txt", "a b c")
    assert shell("run", "p.lam", "a.txt", "--model", model, "--max-calls", "2") == 1
    assert shell("resume", "last", "--max-calls", "3") == 0
    assert shell.out == "xxx\n"


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


# ── looking back ──


def a_run(shell: Shell) -> None:
    wrote("p.lam", 'words(context) |> map(fn(w) => llm_call(f"note {w}")) |> join("")')
    wrote("a.txt", "a b a")
    assert shell("run", "p.lam", "a.txt", "--model", script({"match": "note (.*)", "reply": "n"})) == 0


def test_a_replay_asks_nobody_and_finds_all_as_it_was(shell: Shell) -> None:
    a_run(shell)
    script({"match": "", "failure": "E0506"})
    assert shell("replay", "last") == 0
    assert shell.out == "nnn\n"
    assert "replayed 2 calls: all as they were" in shell.err


def test_a_replay_tells_what_differs(shell: Shell) -> None:
    a_run(shell)
    with sqlite3.connect("home/journal.sqlite3") as database:
        database.execute("UPDATE calls SET digest = 'other' WHERE path = '[0, 1]' OR path = '[1]'")
    database.close()
    assert shell("replay", "last") == 2
    assert "asks something else" in shell.err


def test_runs_lists_and_show_tells_where_the_calls_went(shell: Shell) -> None:
    a_run(shell)
    assert shell("runs") == 0
    assert "answered" in shell.out and "p.lam" in shell.out
    assert shell("runs", "--json") == 0
    (row,) = shell.json["runs"]
    assert shell("show", row["run"][-6:].lower()) == 0
    assert "2 calls, 1 shared" in shell.out
    assert "shown to" in shell.out
    assert shell("show", "last", "--json") == 0
    assert [call["state"] for call in shell.json["calls"]].count("replied") == 2


def test_the_page_of_a_run_is_whole_and_escapes_what_it_shows(shell: Shell) -> None:
    from html.parser import HTMLParser

    wrote("p.lam", 'llm_call(f"<script>alert(1)</script> {query}")')
    model = script({"match": "", "reply": "<img src=x onerror=alert(1)>"})
    assert shell("run", "p.lam", "--query", "<b>bold</b>", "--model", model) == 0
    assert shell("show", "last", "--html", "run.html") == 0
    tags: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: Any) -> None:
            tags.append(tag)

    Reader().feed(Path("run.html").read_text(encoding="utf-8"))
    assert {"script", "img", "b", "link"} & set(tags) == {"b"}  # figures are bold
    assert "&lt;b&gt;bold" in Path("run.html").read_text(encoding="utf-8")


def test_an_unknown_run_and_two_that_begin_alike_are_said(shell: Shell) -> None:
    assert shell("show", "last") == 64
    assert "there is no journal" in shell.err
    a_run(shell)
    a_run(shell)
    assert shell("show", "0") == 64
    assert "several runs" in shell.err
    assert shell("show", "XXXXXX") == 64


# ── the file ──


def test_the_journal_is_private_and_holds_neither_contents_nor_keys(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    wrote("p.lam", 'llm_call(f"Read: {context}")')
    wrote("a.txt", "the secret contents")
    model = script({"match": "", "reply": "r"})
    shell("run", "p.lam", "a.txt", "--model", model)
    shell("ask", "q", "a.txt", "--model", "openai/x", "--base-url", "http://me:hunter2@127.0.0.1:9/v1", "--max-calls", "0")
    path = Path("home/journal.sqlite3")
    assert path.stat().st_mode & 0o077 == 0
    held = b"".join(file.read_bytes() for file in path.parent.glob("journal.sqlite3*"))
    for secret in (b"sk-very-secret", b"hunter2", b"the secret contents"):
        assert secret not in held
    assert b"llm_call" in held


def test_no_journal_writes_nothing(shell: Shell) -> None:
    wrote("p.lam", "1 + 1")
    assert shell("run", "p.lam", "--no-journal", "--json") == 0
    assert shell.json["run"] is None
    assert not Path("home").exists()


@pytest.mark.parametrize(
    "contents", [b"not a database at all, but long enough to be looked at" * 40, b"SQLite format 3\x00" + b"\xff" * 4096]
)
def test_a_file_that_is_no_journal_is_refused_and_left_alone(shell: Shell, contents: bytes) -> None:
    Path("j").write_bytes(contents)
    wrote("p.lam", "1 + 1")
    assert shell("run", "p.lam", "--journal", "j") == 64
    assert "is no journal" in shell.err and "--journal" in shell.err
    assert Path("j").read_bytes() == contents


def test_the_database_of_another_program_is_refused_and_left_alone(shell: Shell) -> None:
    database = sqlite3.connect("j")
    database.execute("CREATE TABLE theirs (x)")
    database.commit()
    database.close()
    contents = Path("j").read_bytes()
    assert shell("run", wrote("p.lam", "1 + 1"), "--journal", "j") == 64
    assert "another program" in shell.err
    assert Path("j").read_bytes() == contents


def test_a_newer_journal_is_refused(shell: Shell) -> None:
    a_run(shell)
    database = sqlite3.connect("home/journal.sqlite3")
    database.execute("PRAGMA user_version = 99")
    database.close()
    assert shell("runs") == 64
    assert "newer version" in shell.err


def test_a_journal_that_cannot_be_begun_asks_no_model(shell: Shell) -> None:
    Path("folder").mkdir()
    wrote("p.lam", 'llm_call("x")')
    model = script({"match": "", "reply": "x"})
    assert shell("run", "p.lam", "--model", model, "--journal", "folder") == 64
    assert "--no-journal" in shell.err


def test_an_answer_is_given_when_the_journal_cannot_be_ended(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the disk is full or the file was made read-only in the meantime."""

    def full(database: object, rows: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    wrote("p.lam", 'llm_call("x")')
    model = script({"match": "", "reply": "x"})
    monkeypatch.setattr("lambda_rlm.trace.journal.Entry.write_now", lambda self, rows: None)
    monkeypatch.setattr("lambda_rlm.trace.journal._commit", full)
    assert shell("run", "p.lam", "--model", model) == 0
    assert shell.out == "x\n"
    assert "disk is full; this run cannot be resumed" in shell.err


def test_several_runs_write_to_one_journal_at_once() -> None:
    entries = []
    with Journal("j") as first, Journal("j") as second:
        entries = [source.begin({"kind": "run"}) for source in (first, second, first, second)]
        for number in range(50):
            for entry in entries:
                entry(CallStarted(number, (number,), Span(0, 1), CompletionRequest((), 1, digest=f"d{number}")))
                entry(Replied(number, (number,), f"d{number}", Completion(f"r{number}", Usage(1, 1)), 0.0))
        for entry in entries:
            entry.end("answered", None)
            assert entry.trouble is None
        assert all(len(first.replies(entry.id)) == len(second.calls(entry.id)) == 50 for entry in entries)


def test_old_runs_are_forgotten_and_a_full_journal_forgets_the_oldest() -> None:
    with Journal("j") as found:
        for _ in range(30):
            entry = found.begin({"text": "x" * 10_000})
            entry.end("answered", None)
        assert found.prune(days=1) == 0
        assert found.prune(days=1, most_bytes=200_000) > 0
        assert 0 < len(found.runs()) < 30
        assert found.prune(days=-1) > 0
        assert found.runs() == []


def test_ids_of_runs_sort_by_time_and_never_meet() -> None:
    ids = [run_id() for _ in range(1_000)]
    assert len(set(ids)) == 1_000
    assert all(len(name) == 26 for name in ids)
    assert [name[:10] for name in ids] == sorted(name[:10] for name in ids)


def test_a_missing_journal_is_a_problem_with_words() -> None:
    with pytest.raises(JournalProblem, match="there is no journal"):
        Journal("nowhere", is_new=False)
