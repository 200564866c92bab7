"""The evidence of a run: a chain over its records, who ran and approved it, what was sent, and what a replay compares."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lambda_rlm.completion import Completion, CompletionRequest
from lambda_rlm.journal.journal import Journal
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.release import VERSION
from tests.support.places import ROOT
from tests.support.shell import Shell, journal, script, wrote

pytestmark = pytest.mark.usefixtures("alone")

FILE = "home/journal.sqlite3"
NOTES = 'words(context) |> map(fn(w) => llm_call[Int](f"note {w}")) |> sum'


def a_run(shell: Shell, text: str = "a b a", *options: str) -> str:
    wrote("p.lam", NOTES)
    wrote("a.txt", text)
    model = script({"match": ">a<", "reply": "1"}, {"match": "note", "reply": "2"})
    assert shell("run", "p.lam", "a.txt", "--model", model, "--json", *options) == 0, shell.err
    run: str = shell.json["run"]
    return run


def change(*statements: str) -> None:
    with closing(sqlite3.connect(FILE)) as database, database:
        database.execute("PRAGMA foreign_keys = ON")
        for statement in statements:
            assert database.execute(statement).rowcount, statement


def verified(shell: Shell) -> tuple[int, Any]:
    code = shell("runs", "--verify", "--json")
    return code, shell.json


def test_what_was_written_is_verified_and_has_a_head(shell: Shell) -> None:
    run = a_run(shell)
    code, told = verified(shell)
    assert (code, told["ok"], [one["findings"] for one in told["runs"]]) == (0, True, [[]])
    assert told["runs"][0]["records"] == 1 + 1 + 3 + 2  # the run, its program, three calls (one shared), two replies
    shell("runs", "--json")
    assert shell.json["runs"][0]["head"] == told["runs"][0]["head"] and len(told["head"]) == 64
    assert shell.json["runs"][0]["version"] == VERSION
    shell("show", run)
    assert told["runs"][0]["head"] in shell.out and f"λ-RLM {VERSION}" in shell.out


TAMPERING: dict[str, tuple[tuple[str, ...], str]] = {
    "a reply is changed": (("UPDATE replies SET text = '9' WHERE text = '1'",), "was changed"),
    "the model of a reply is changed": (("UPDATE replies SET model = 'other' WHERE text = '1'",), "was changed"),
    "an answer is changed": (("UPDATE runs SET outcome = json_set(outcome, '$.answer', '9')",), "was changed"),
    "a question is changed": (("UPDATE runs SET what = json_set(what, '$.query', 'other')",), "was changed"),
    "a time is changed": (("UPDATE calls SET started = started - 9",), "was changed"),
    "a program is changed": (("UPDATE programs SET text = text || ' '",), "was changed"),
    "a reply is removed": (("DELETE FROM replies WHERE text = '1'",), "is missing"),
    "a call is removed": (("DELETE FROM calls WHERE path = '[1]'",), "is missing"),
    "a reply and its seal are removed": (
        (
            "DELETE FROM seals WHERE kind = 'reply' AND key = (SELECT digest FROM replies WHERE text = '1')",
            "DELETE FROM replies WHERE text = '1'",
        ),
        "seals are missing",
    ),
    "a reply is inserted": (
        (
            "INSERT INTO replies SELECT run, 'x', session, program, call, path, text, stop, usage, model, seconds FROM replies LIMIT 1",
        ),
        "was inserted",
    ),
    "a call is inserted": (
        (
            "INSERT INTO calls SELECT run, session, program, 77, path, digest, model, place, sample, prompt, shown, started, seconds, "
            "'running', usage, coercions, last FROM calls LIMIT 1",
        ),
        "was inserted",
    ),
    "two seals change places": (
        (
            "UPDATE seals SET link = 99 WHERE link = 2",
            "UPDATE seals SET link = 2 WHERE link = 3",
            "UPDATE seals SET link = 3 WHERE link = 99",
        ),
        "not the next of the chain",
    ),
    "a seal is changed": (("UPDATE seals SET told = '{}' WHERE link = 2",), "not the next of the chain"),
    "the end of the chain is cut off": (
        ("DELETE FROM seals WHERE link = (SELECT max(link) FROM seals)",),
        "does not have the head",
    ),
    "a run is removed": (("DELETE FROM runs",), "was not deleted by lambda-rlm"),
    "a run is inserted": (
        ("INSERT INTO runs SELECT 'ZZ', started, ended, state, owner, session, what, outcome FROM runs",),
        "was inserted",
    ),
    "a head is removed": (("DELETE FROM heads WHERE number = 0",), "not the next of the chain"),
    "a head is changed": (("UPDATE heads SET at = at - 1 WHERE number = 1",), "not the next of the chain"),
}


@pytest.mark.parametrize("how", TAMPERING)
def test_a_change_behind_the_back_is_found(shell: Shell, how: str) -> None:
    a_run(shell)
    statements, finding = TAMPERING[how]
    change(*statements)
    code, told = verified(shell)
    findings = [*told["findings"], *(line for run in told["runs"] for line in run["findings"])]
    assert code == 2 and not told["ok"]
    assert any(finding in line for line in findings), findings


def test_a_deleted_run_leaves_its_head(shell: Shell) -> None:
    run = a_run(shell)
    head = verified(shell)[1]["runs"][0]["head"]
    change("UPDATE runs SET started = 0")
    assert shell("runs", "--prune") == 0
    assert verified(shell)[0] == 0
    with closing(sqlite3.connect(FILE)) as database:
        rows = database.execute("SELECT run, what, head FROM heads ORDER BY number").fetchall()
    assert rows[-1] == (run, "deleted", head)
    change("UPDATE heads SET what = 'ended' WHERE what = 'deleted'")
    assert verified(shell)[0] == 2


def test_a_changed_run_is_not_resumed(shell: Shell) -> None:
    """A reply that was changed would come out as an answer."""
    wrote("p.lam", NOTES)
    wrote("a.txt", "a b")
    model = script({"match": ">a<", "reply": "1"}, {"match": "", "failure": "E0506"})
    assert shell("run", "p.lam", "a.txt", "--model", model, "--concurrency", "1") == 2
    change("UPDATE replies SET text = '40'")
    script({"match": "", "reply": "2"})
    assert shell("resume", "last") == 64
    assert "was changed" in shell.err and "unrecognized journal record for run" in shell.err


def test_a_resumed_run_has_one_chain(shell: Shell) -> None:
    wrote("p.lam", NOTES)
    wrote("a.txt", "a b")
    model = script({"match": ">a<", "reply": "1"}, {"match": "", "failure": "E0506"})
    assert shell("run", "p.lam", "a.txt", "--model", model, "--concurrency", "1") == 2
    script({"match": "", "reply": "2"})
    assert shell("resume", "last") == 0
    assert shell.out == "3\n"
    code, told = verified(shell)
    assert (code, told["runs"][0]["unsealed"]) == (0, 0)
    with journal() as kept:
        run = kept.ids()[0]
        assert [session["session"] for session in kept.sessions(run)] == [0, 1]
        assert {session["version"] for session in kept.sessions(run)} == {VERSION}
        assert all(session["user"] and session["host"] for session in kept.sessions(run))


def test_an_approval_is_on_record(shell: Shell) -> None:
    wrote("p.lam", NOTES)
    wrote("a.txt", "a b")
    model = script({"match": "", "reply": "2"})
    assert shell("run", "p.lam", "a.txt", "--model", model, "--approve") == 64
    hash_ = shell.err.partition("--approved ")[2].split()[0]
    assert shell("run", "p.lam", "a.txt", "--model", model, "--approved", hash_) == 0
    with journal() as kept:
        approved = [told for told in kept.sessions(kept.run("last").id) if told["what"] == "approved"]
    assert [(told["hash"], told["how"]) for told in approved] == [(hash_, "--approved")]
    assert approved[0]["user"] and approved[0]["at"] > 0


def test_the_reasons_of_a_rejection_are_on_record(shell: Shell) -> None:
    wrote("a.txt", "bees " * 5_000)
    wrote("p.lam", 'split(context, 90) |> map(fn(c) => llm_call(f"x {c}")) |> length')
    assert shell("run", "p.lam", "a.txt", "--model", script({"match": "", "reply": "x"}), "--max-calls", "3") == 1
    assert shell("show", "last", "--json") == 0
    told = shell.json
    assert told["state"] == "rejected"
    assert [d["code"] for d in told["outcome"]["diagnostics"]] == ["E0304"]


class Served(ScriptedModel):
    """A server that says which model replied."""

    async def complete(self, request: CompletionRequest) -> Completion:
        said = await super().complete(request)
        return Completion(said.text, said.usage, said.stop_reason, said.model, served="model-2026 fp_1")


def test_the_model_as_served_is_on_record(monkeypatch: pytest.MonkeyPatch, shell: Shell) -> None:
    monkeypatch.setattr("lambda_rlm.llm.scripted.ScriptedModel", Served)
    a_run(shell)
    assert shell("show", "last") == 0
    assert "replied as: model-2026 fp_1" in shell.out


REPLAYS: dict[str, tuple[str, str]] = {
    "another value": (
        "UPDATE seals SET told = replace(told, substr(told, 12, 9), '000000000') WHERE told LIKE '%value%'",
        "the value differs",
    ),
    "another question": ("UPDATE calls SET digest = 'other' WHERE path = '[1]'", "call 1: the request differs"),
    "another answer": ("UPDATE runs SET outcome = json_set(outcome, '$.value', 9)", "the answer differs"),
    "other citations": ("UPDATE runs SET outcome = json_set(outcome, '$.citations', json('[]'))", "the citations differ"),
    "a fault": (
        'UPDATE runs SET outcome = json_set(outcome, \'$.fault\', json(\'{"code": "E0510", "message": ""}\'))',
        "an answer instead of fault E0510",
    ),
}


@pytest.mark.parametrize("what", REPLAYS)
def test_a_replay_names_what_is_other_than_on_record(shell: Shell, what: str) -> None:
    a_run(shell)
    assert shell("replay", "last") == 0, shell.err
    statement, told = REPLAYS[what]
    change(statement)
    assert shell("replay", "last") == 2
    assert told in shell.err


def test_a_replay_of_a_changed_reply_differs_in_its_value(shell: Shell) -> None:
    a_run(shell)
    change("UPDATE replies SET text = '40' WHERE text = '1'")
    assert shell("replay", "last") == 2
    assert "the value differs" in shell.err and "the answer differs" in shell.err and "was changed" in shell.err


def test_what_was_sent_is_told_by_file_and_place(shell: Shell) -> None:
    Path("docs").mkdir()
    wrote("docs/one.txt", "first text")
    wrote("docs/two.txt", "second text")
    wrote("p.lam", 'map(context, fn(d) => llm_call(f"say {take(d.text, 5)}")) |> join(query)')
    model = script({"match": "", "reply": "x"})
    assert shell("run", "p.lam", "docs", "--model", model) == 0
    assert shell("show", "last", "--sent", "--json") == 0
    rows = shell.json["sent"]
    assert [(part["file"], part["start"], part["end"]) for row in rows for part in row["parts"]] == [
        ("one.txt", 0, 5),
        ("two.txt", 0, 5),
    ]
    assert {row["how"] for row in rows} == {"sent"} and {row["server"] for row in rows} == {"this process"}
    assert shell("show", "last", "--sent") == 0
    assert "two.txt (context[1].text): characters 0-5" in shell.out and "instructions of the program (line 1" in shell.out


def test_a_shared_prompt_is_told_with_its_own_places(shell: Shell) -> None:
    a_run(shell)
    assert shell("show", "last", "--sent", "--json") == 0
    rows = shell.json["sent"]
    assert sorted((part["start"], row["how"]) for row in rows for part in row["parts"]) == [
        (0, "sent"),
        (2, "sent"),
        (4, "shared with an equal prompt"),
    ]
    assert {part["file"] for row in rows for part in row["parts"]} == {str(Path("a.txt").absolute())}


# ── a journal that is lost ──


LOSSES: dict[str, Callable[[], object]] = {
    "deleted": lambda: Path(FILE).unlink(),
    "replaced": lambda: shutil.copy(FILE, "copy") and Path("copy").replace(FILE),
    # Moved first: the journal's thread may be making a file in the folder just now.
    "deleted with its folder": lambda: shutil.rmtree(Path("home").rename("gone")),
}


def lose(how: str) -> None:
    """Once."""
    if Path(FILE).exists() and not Path("lost").exists():
        LOSSES[how]()
        Path("lost").touch()


@pytest.mark.parametrize("how", LOSSES)
def test_a_journal_that_is_lost_during_a_run_is_told(shell: Shell, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Losing(ScriptedModel):
        async def complete(self, request: CompletionRequest) -> Completion:
            lose(how)
            return await super().complete(request)

    monkeypatch.setattr("lambda_rlm.llm.scripted.ScriptedModel", Losing)
    a_run(shell)
    assert (shell.json["ok"], shell.json["value"], shell.json["journal"]) == (True, 4, None)
    assert "journal" in shell.err and "you cannot resume this run" in shell.err


def test_json_says_where_the_run_is_kept(shell: Shell) -> None:
    a_run(shell)
    assert Path(shell.json["journal"]).name == "journal.sqlite3" and shell.json["version"] == VERSION
    a_run(shell, "a", "--no-journal")
    assert shell.json["journal"] is None


# ── a journal of the form without seals ──


@pytest.fixture
def older() -> str:
    """A journal as version 0.1.0 wrote it before records were sealed, with an answered run and one that failed."""
    Path("home").mkdir(mode=0o700)
    with closing(sqlite3.connect(FILE)) as database:
        database.executescript((ROOT / "tests/journal/version_1.sql").read_text().replace("/folder", str(Path.cwd())))
        database.execute("PRAGMA journal_mode = WAL")
    Path(FILE).chmod(0o600)
    wrote("a.txt", "a b a")
    with closing(sqlite3.connect(FILE)) as database:
        (run,) = database.execute("SELECT id FROM runs WHERE state = 'answered'").fetchone()
    return str(run)


def test_an_older_journal_is_listed_shown_and_replayed(shell: Shell, older: str) -> None:
    assert shell("runs") == 0
    assert shell.out.count("\n") == 2
    assert shell("show", older) == 0
    assert shell("replay", older, "a.txt") == 0, shell.err
    code, told = verified(shell)
    assert (code, {run["records"] for run in told["runs"]}) == (0, {0})
    assert all(run["unsealed"] for run in told["runs"])


def test_an_older_run_is_resumed_and_sealed_from_then_on(shell: Shell, older: str) -> None:
    script({"match": "", "reply": "N"})
    assert shell("resume", "last") == 0, shell.err
    assert shell.out == "nNn\n"
    code, told = verified(shell)
    assert code == 0, told
    change("UPDATE replies SET text = 'x' WHERE text = 'N'")
    assert verified(shell)[0] == 2


def test_an_older_journal_that_may_only_be_read_is_read(shell: Shell, older: str) -> None:
    with closing(sqlite3.connect(FILE)) as database:
        database.execute("PRAGMA journal_mode = DELETE")
    uri = f"{Path(FILE).absolute().as_uri()}?mode=ro"
    opened = sqlite3.connect

    def read_only(path: object, *arguments: Any, **options: Any) -> Any:
        return opened(uri, *arguments, **{**options, "uri": True}) if str(path).endswith(FILE) else opened(str(path), **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lambda_rlm.journal.store.sqlite3.connect", read_only)
        with Journal(Path(FILE), is_new=False) as kept:
            assert [row.head for row in kept.runs()] == ["", ""]
            assert kept.calls(older) and kept.sessions(older) == []
            assert json.loads(json.dumps(kept.verify()[0])) == ""
