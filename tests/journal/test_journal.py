"""The journal: what is written is whole, private and refuses strangers; a replay compares, `runs` and `show` look back."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from lambda_rlm.completion import Completion, CompletionRequest, Usage
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.events import CallStarted, Replied
from lambda_rlm.execution.options import run_id
from lambda_rlm.journal.journal import Journal
from lambda_rlm.journal.store import JournalProblem
from lambda_rlm.llm.scripted import ScriptedModel
from tests.support.shell import Shell, journal, script, wrote

pytestmark = pytest.mark.usefixtures("alone")


def test_many_that_make_the_journal_at_once_make_one() -> None:
    """Who was slower must not put an empty journal in the place of one that has a run."""
    for n in range(5):
        path = Path(f"{n}.sqlite3")
        barrier = threading.Barrier(6)

        def begin(barrier: threading.Barrier = barrier, path: Path = path) -> None:
            barrier.wait()
            with Journal(path) as made:
                made.begin({}).end("answered", None)

        threads = [threading.Thread(target=begin) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with Journal(path, is_new=False) as made:
            assert [row.state for row in made.runs()] == ["answered"] * 6
        assert path.stat().st_mode & 0o777 == 0o600


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
    assert "replayed 2 calls: all match" in shell.err


def test_one_call_is_told_as_one(shell: Shell) -> None:
    wrote("p.lam", 'llm_call("x")')
    assert shell("run", "p.lam", "--model", script({"match": "", "reply": "r"})) == 0
    assert shell("replay", "last") == 0 and "replayed 1 call: all match" in shell.err


def test_a_replay_needs_no_model_that_is_there(shell: Shell) -> None:
    """Weights that are gone, a key that is not set and a file of replies that was moved are no reason not to look at what was
    paid for; with another window the questions would be others."""
    a_run(shell)
    wrote("b.txt", "a b " * 2_000)
    window: dict[str, Any] = {
        "profile": {"window": 1_500, "max_output": 300, "input_price": 0.000001, "output_price": 0.000001}
    }
    assert (
        shell("ask", "Who?", "b.txt", "--task", "answer", "--model", script(window, {"match": "", "reply": "n"}), "--json") == 0
    )
    first = shell.json
    Path("replies.jsonl").unlink()
    assert shell("replay", "last", "--json") == 0
    assert "all match" in shell.err
    assert (shell.json["answer"], shell.json["bound"]["calls"]) == (first["answer"], first["bound"]["calls"])
    with journal() as found:
        runs = found.runs()
    assert shell("replay", runs[-1].id) == 0 and shell.out == "nnn\n"


def test_a_replay_fails_where_the_run_failed(shell: Shell) -> None:
    wrote("p.lam", """let a = llm_call("one", or_else="1"); let b = llm_call[Int](f"two {a}", or_else=2); f"{a} {b}\"""")
    model = script({"match": "one", "failure": "E0510"}, {"match": "two", "reply": "no number"})
    assert shell("run", "p.lam", "--model", model) == 0
    script({"match": "", "reply": "3"})
    assert shell("replay", "last", "--json") == 0
    assert shell.json["answer"] == "1 2"
    assert shell.json["dropped"]["or_else"] == 2


def test_a_replay_tells_what_differs(shell: Shell) -> None:
    a_run(shell)
    with sqlite3.connect("home/journal.sqlite3") as database:
        database.execute("UPDATE calls SET digest = 'other' WHERE path = '[0, 1]' OR path = '[1]'")
    database.close()
    assert shell("replay", "last") == 2
    assert "the request differs" in shell.err


def test_runs_lists_and_show_tells_where_the_calls_went(shell: Shell) -> None:
    a_run(shell)
    assert shell("runs") == 0
    assert "answered" in shell.out and "p.lam" in shell.out
    assert shell("runs", "--json") == 0
    (row,) = shell.json["runs"]
    assert shell("show", row["run"][-6:].lower()) == 0
    assert "2 calls, 1 shared" in shell.out
    assert "sent to" in shell.out
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
    assert "journal not found" in shell.err
    a_run(shell)
    a_run(shell)
    assert shell("show", "0") == 64
    assert "several runs" in shell.err
    assert shell("show", "XXXXXX") == 64


# ── the file ──


def test_the_journal_is_private_without_contents_or_keys(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_what_a_server_repeats_of_a_key_is_not_written(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    told = "the key sk-very-secret is wrong, said http://me:hunter2@host/?code=4711-secret"
    model = script({"match": "", "failure": "E0506", "message": told})
    url = "http://me:hunter2@127.0.0.1:9/v1?code=4711-secret"
    monkeypatch.setattr(
        "lambda_rlm.execution.connections.connect", lambda name, **_: ScriptedModel.from_file(name.removeprefix("scripted:"))
    )
    assert shell("run", wrote("p.lam", 'llm_call("x")'), "--model", model, "--base-url", url) == 2
    held = b"".join(file.read_bytes() for file in Path("home").glob("journal.sqlite3*"))
    assert b"is wrong, said" in held and b"127.0.0.1:9/v1" in held
    for secret in (b"sk-very-secret", b"hunter2", b"4711-secret"):
        assert secret not in held


def test_old_runs_are_forgotten_on_demand(shell: Shell) -> None:
    a_run(shell)
    with sqlite3.connect("home/journal.sqlite3") as database:
        database.execute("UPDATE runs SET started = 0")
    database.close()
    assert shell("runs", "--prune") == 0
    assert "1 run deleted" in shell.err
    assert shell("runs", "--json") == 0
    assert shell.json["runs"] == []


def test_no_journal_writes_nothing(shell: Shell) -> None:
    wrote("p.lam", "1 + 1")
    assert shell("run", "p.lam", "--no-journal", "--json") == 0
    assert len(shell.json["run"]) == 26
    assert not Path("home").exists()


@pytest.mark.parametrize(
    "contents", [b"not a database at all, but long enough to be looked at" * 40, b"SQLite format 3\x00", b"short"]
)
def test_a_file_that_is_no_journal_is_refused_and_left_alone(shell: Shell, contents: bytes) -> None:
    Path("j").write_bytes(contents)
    wrote("p.lam", "1 + 1")
    assert shell("run", "p.lam", "--journal", "j") == 64
    assert "is not a journal" in shell.err and "--journal" in shell.err
    assert Path("j").read_bytes() == contents


def test_a_foreign_database_is_refused_and_left_alone(shell: Shell) -> None:
    database = sqlite3.connect("j")
    database.execute("CREATE TABLE theirs (x)")
    database.commit()
    database.close()
    contents = Path("j").read_bytes()
    assert shell("run", wrote("p.lam", "1 + 1"), "--journal", "j") == 64
    assert "another program" in shell.err
    assert Path("j").read_bytes() == contents


def test_a_damaged_journal_is_refused_and_left_alone(shell: Shell) -> None:
    a_run(shell)
    path = Path("home/journal.sqlite3")
    contents = path.read_bytes()
    contents = contents[:100] + b"\xff" * (len(contents) - 100)
    path.write_bytes(contents)
    for command in (["run", "p.lam", "a.txt"], ["runs"], ["show", "last"], ["resume", "last"]):
        assert shell(*command) == 64
        assert "is damaged" in shell.err
    assert path.read_bytes() == contents


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
    monkeypatch.setattr("lambda_rlm.journal.entry.committed", full)
    assert shell("run", "p.lam", "--model", model) == 0
    assert shell.out == "x\n"
    assert "disk is full; you cannot resume this run" in shell.err


def test_a_lone_surrogate_does_not_break_the_journal(shell: Shell) -> None:
    """A model that stops within a character replies so, a terminal gives bytes so that are no text; neither is a text for
    SQLite."""
    model = script({"match": "", "reply": "bees \ud83d"})
    wrote("a.txt", "bees")
    assert shell("ask", "which \udcff?", "a.txt", "--model", model) == 0
    assert "warning" not in shell.err
    with journal() as written:
        row = written.run("last")
        assert (row.state, row.what["query"], *(reply.text for reply in written.replies(row.id).values())) == (
            "answered",
            "which \udcff?",
            "bees \ud83d",
        )
    assert shell("replay", "last") == 0
    assert "all match" in shell.err


def test_what_cannot_be_written_is_told_and_ends_nobodys_run(shell: Shell) -> None:
    """Whatever it is: here a number that is larger than the database's."""
    wrote("p.lam", 'llm_samples("x", 2) |> join(" ")')
    assert shell("run", "p.lam", "--model", script({"match": "", "reply": "x"}), "--seed", str(10**20)) == 0
    assert "you cannot resume this run" in shell.err


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


def test_calls_of_programs_that_run_side_by_side_are_told_apart() -> None:
    with Journal("j") as found:
        entry = found.begin({"kind": "ask"})
        for program in ("p", "q"):
            entry(CallStarted(0, (), Span(0, 1), CompletionRequest((), 1, digest=f"of {program}"), program=program))
        entry.end("faulted", None)
        assert [(call.program, call.digest) for call in found.calls(entry.id)] == [("p", "of p"), ("q", "of q")]


def test_only_a_dead_process_has_its_run_pruned() -> None:
    with Journal("j") as found:
        ours, theirs = found.begin({}), found.begin({})
        with sqlite3.connect("j") as database:
            database.execute("UPDATE runs SET owner = 'elsewhere - 1 -', started = 0 WHERE id = ?", (theirs.id,))
            database.execute("UPDATE runs SET started = 1 WHERE id = ?", (ours.id,))
        database.close()
        assert found.prune() == 1
        assert [row.id for row in found.runs()] == [ours.id]


def test_a_clock_that_is_wrong_once_forgets_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    started = time.time()

    def kept_after(days: float) -> set[float]:
        monkeypatch.setattr(time, "time", lambda: started + days * 86_400)
        found.prune(30, now=found.credible_now())
        found.begin({"day": days}).end("answered", None)
        return {row.what["day"] for row in found.runs()}

    with Journal("j") as found:
        for days in (0, 20, 1_095, 1_095.5, 25, 55):
            kept = kept_after(days)
        assert kept == {0, 20, 1_095, 1_095.5, 25, 55}
        assert kept_after(57) == {1_095, 1_095.5, 55, 57}


def test_old_runs_are_pruned_and_a_full_journal_drops_the_oldest() -> None:
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
    with pytest.raises(JournalProblem, match="journal not found"):
        Journal("nowhere", is_new=False)
