"""A disk that is full and a journal that cannot be written: told clearly, and never at the price of an answer."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from lambda_rlm.journal.journal import Journal
from tests.support.places import ROOT
from tests.support.shell import Shell, journal, script, wrote

pytestmark = pytest.mark.usefixtures("alone")

PROGRAM = 'range(0, 60) |> map(fn(n) => llm_call(f"say {n}", out=300)) |> map(length) |> sum'

# A disk that takes no more than so many bytes in one file; Python leaves what the system says to SQLite.
FULL = """
import resource, sys
most = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
from lambda_rlm.cli import main
main()
"""

# As somebody who may read the journal and not write it: root may write anything, so it becomes nobody; all is loaded by then.
READ_ONLY = """
import os, sys
from lambda_rlm.cli.app import run_command
assert run_command(["run", "p.lam", "--model", "scripted:replies.jsonl"]) == 0
if not os.fork():
    if os.geteuid():
        os.chmod("home/journal.sqlite3", 0o444)
        os.chmod("home", 0o555)
    else:
        os.chmod(".", 0o755)
        os.chroot(".")  # where the folders above, which are private, do not matter
        os.chdir("/")
        os.environ["LAMBDA_RLM_HOME"] = "/home"
        os.chmod("home/journal.sqlite3", 0o444)
        os.chmod("home", 0o555)
        os.setgid(65534)
        os.setuid(65534)
    sys.stdout.flush()
    code = run_command(["run", "p.lam", "--model", "scripted:replies.jsonl", *sys.argv[1:]])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
"""


def python(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=100
    )


@pytest.mark.slow
def test_a_disk_that_fills_up_costs_no_answer(shell: Shell) -> None:
    wrote("p.lam", PROGRAM)
    model = script({"match": "", "reply": "word " * 200})
    assert shell("run", "p.lam", "--model", model) == 0
    done = python(FULL, "120000", "run", "p.lam", "--model", model)
    assert (done.returncode, done.stdout) == (0, "59940\n"), done.stderr
    assert "cannot use the journal" in done.stderr and "; you cannot resume this run" in done.stderr
    assert "resume 0" not in done.stderr and "Traceback" not in done.stderr
    with journal() as found:
        assert [row.state for row in found.runs()] == ["running", "answered"]
        assert not any(row.is_going_on for row in found.runs())
        assert len(found.replies(found.runs()[1].id)) == 60
    assert shell("resume", "last") == 0  # with what was written, and asking for the rest
    assert shell.out == "59940\n"


@pytest.mark.slow
def test_a_full_disk_is_reported_before_a_model_is_asked() -> None:
    wrote("p.lam", PROGRAM)
    done = python(FULL, "100", "run", "p.lam", "--model", script({"match": "", "failure": "E0506"}))
    assert done.returncode == 64
    assert "journal.sqlite3: " in done.stderr and "--no-journal" in done.stderr
    assert not Path("home/journal.sqlite3").exists() or not Path("home/journal.sqlite3").stat().st_size


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [[], ["--no-journal"]])
def test_a_read_only_journal_is_reported_before_asking(arguments: list[str]) -> None:
    wrote("p.lam", "1 + 1")
    script({"match": "", "reply": "x"})
    done = python(READ_ONLY, *arguments)
    if arguments:
        assert (done.returncode, done.stdout) == (0, "2\n2\n"), done.stderr
    else:
        assert (done.returncode, done.stdout) == (64, "2\n"), done.stderr
        assert "journal.sqlite3: " in done.stderr and "--no-journal" in done.stderr


def test_what_belongs_to_the_journal_is_private_too(shell: Shell) -> None:
    """SQLite keeps what is not yet in the file beside it."""
    os.umask(0)
    try:
        wrote("p.lam", "1 + 1")
        assert shell("run", "p.lam") == 0
        with Journal(Path("home/journal.sqlite3")) as kept:
            entry = kept.begin({"kind": "run"})
            held = sorted(Path("home").iterdir())
            assert [path.name for path in held] == ["journal.sqlite3", "journal.sqlite3-shm", "journal.sqlite3-wal"]
            assert [oct(path.stat().st_mode & 0o777) for path in held] == ["0o600"] * 3
            entry.end("answered", None)
        assert Path("home").stat().st_mode & 0o777 == 0o700
    finally:
        os.umask(0o022)


def test_the_library_writes_no_inputs_prompts_or_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    import lambda_rlm
    from lambda_rlm import RLM

    monkeypatch.setenv("SOME_API_KEY", "sk-very-secret")
    model = script({"match": "", "failure": "E0506", "message": "the key sk-very-secret is wrong"})
    with pytest.raises(lambda_rlm.Fault):
        RLM(model, journal=True, base_url=None).ask("Who?", context="the secret contents")
    held = b"".join(file.read_bytes() for file in Path("home").glob("journal.sqlite3*"))
    assert b"is wrong" in held
    for secret in (b"sk-very-secret", b"the secret contents"):
        assert secret not in held


def attacks() -> dict[str, bytes]:
    """Files that are no journal, each for a reason of its own."""
    database = sqlite3.connect("theirs")
    database.execute("CREATE TABLE runs (id)")
    database.close()
    theirs = Path("theirs").read_bytes()
    with Journal("mine") as made:
        made.begin({"kind": "run"}).end("answered", None)
    mine = Path("mine").read_bytes()
    return {
        "a database with a table of that name": theirs,
        "our mark on a stranger": theirs[:68] + mine[68:72] + theirs[72:],
        "half a journal": mine[: len(mine) // 2 + 17],
        "a journal with noise in it": mine[:4096] + os.urandom(len(mine) - 4096),
        "a header alone": mine[:100],
        "zeros": b"\0" * 8192,
        "a script": b"#!/bin/sh\n" + b"echo hello\n" * 100,
        "another version": mine[:60] + (99).to_bytes(4) + mine[64:],
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", list(range(8)))
def test_a_file_that_is_no_journal_is_refused_and_unchanged(shell: Shell, name: int) -> None:
    what, contents = list(attacks().items())[name]
    Path("j").write_bytes(contents)
    wrote("p.lam", 'llm_call("x")')
    model = script({"match": "", "reply": "x"})
    for command in (
        ("run", "p.lam", "--model", model),
        ("ask", "q", "p.lam", "--model", model),
        ("runs",),
        ("runs", "--prune"),
        ("show", "last"),
        ("resume", "last"),
        ("replay", "last"),
    ):
        code = shell(*command, "--journal", "j", "--json")
        told = json.loads(shell.out)
        if code == 0 and command[0] == "runs" and not told.get("runs"):
            continue  # what is damaged may stand where this command does not look
        assert code == 64, (what, command, shell.out)
        assert told["error"]["message"], what
    assert Path("j").read_bytes() == contents, what


@pytest.mark.parametrize("name", [":memory:", "file:x?mode=memory", "a?b#c.db"])
def test_a_name_that_means_something_to_a_database_is_a_file(shell: Shell, name: str) -> None:
    wrote("p.lam", "1")
    assert shell("run", "p.lam", "--journal", name) == 0, shell.err
    assert shell("runs", "--verify", "--journal", name) == 0 and "1 runs" in shell.err
    assert Path(name).stat().st_mode & 0o777 == 0o600
