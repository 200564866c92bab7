"""An account on the command line: its options, its end, and `resume`."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from lambda_rlm import Account
from tests.support.faulty_server import FaultyServer
from tests.support.shell import Shell


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("replies.jsonl").write_text('{"match": "", "reply": "42"}\n', encoding="utf-8")
    Path("a.txt").write_text("some text", encoding="utf-8")
    Path("p.lam").write_text('join(map([1, 2, 3, 4], fn(n) => llm_call(f"Say {n}", out=50)), " ")', encoding="utf-8")
    return "scripted:replies.jsonl"


def test_two_commands_draw_on_one_account(shell: Shell, model: str) -> None:
    options = ("a.txt", "--model", model, "--strategy", "direct", "--account", "own", "--account-calls", "1")
    assert shell("ask", "Why?", *options) == 0
    assert shell("ask", "How?", *options) == 2
    assert "E0404" in shell.err
    assert f"the account {Path('own').absolute()} has too little left" in shell.err
    assert "--max-calls" not in shell.err, "no limit of the run is too low"
    assert Account(path="own", calls=1).spent.calls == 1


def test_the_window_of_an_account_is_an_option(shell: Shell, model: str) -> None:
    options = ("a.txt", "--model", model, "--strategy", "direct", "--account", "own", "--account-calls", "0")
    for per, said in (("hour", "of this hour"), ("month", "of this month"), ("ever", "0 of the 0 remain")):
        assert shell("ask", "Why?", *options, "--account-per", per) == 2
        assert said in shell.err
    assert shell("ask", "Why?", *options, "--account-per", "week") == 64


def test_a_run_stops_in_the_middle_and_is_resumed(shell: Shell, model: str) -> None:
    options = ("--account", "own", "--account-calls")
    assert shell("run", "p.lam", "--model", model, "--concurrency", "1", *options, "2") == 2
    assert "E0404" in shell.err
    assert "when the account has more, resume without paying again" in shell.err
    assert Account(path="own", calls=9).spent.calls == 2
    assert shell("resume", "last") == 64
    assert "drew on the account own, and no account is configured here" in shell.err
    assert shell("resume", "last", *options, "4") == 0
    assert shell.out.strip() == "42 42 42 42"
    assert Account(path="own", calls=9).spent.calls == 4


def test_resume_opens_no_account_of_the_journal(shell: Shell, model: str) -> None:
    """A journal may be a stranger's: the account is the one that is named here."""
    options = ("--account-calls", "2")
    assert shell("run", "p.lam", "--model", model, "--concurrency", "1", "--account", "theirs", *options) == 2
    before = Path("theirs").read_bytes()
    assert shell("resume", "last", "--account", "mine", "--account-cost", "1") == 0
    assert Path("theirs").read_bytes() == before
    assert Account(path="mine", calls=9).spent.calls == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--account-cost", "5"), "--account FILE"),
        (("--account", "own"), "an account needs a limit"),
        (("--account", "own", "--account-cost", "-1"), "account usd must be"),
        (("--account", "", "--account-cost", "1"), "the path of an account is empty"),
    ],
)
def test_an_account_without_a_limit_is_refused(shell: Shell, model: str, options: tuple[str, ...], said: str) -> None:
    assert shell("ask", "Why?", "a.txt", "--model", model, *options) == 64
    assert said in shell.err
    assert not Path("own").exists()


def test_replay_draws_on_no_account(shell: Shell, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shell("run", "p.lam", "--model", model, "--account", "own", "--account-calls", "4") == 0
    monkeypatch.setenv("LAMBDA_RLM_ACCOUNT", "own")
    monkeypatch.setenv("LAMBDA_RLM_ACCOUNT_CALLS", "0")
    assert shell("replay", "last") == 0


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.mkdir(), "it is a folder"),
        (lambda path: path.symlink_to("elsewhere"), "it is a symbolic link"),
        (lambda path: (path.write_bytes(b"no database at all" * 99), path.chmod(0o600)), "not a database"),
    ],
    ids=["folder", "link", "damaged"],
)
def test_an_account_that_cannot_be_used_is_refused_before_a_run(
    shell: Shell, model: str, make: Callable[[Path], object], said: str
) -> None:
    """Nothing is on record, and nothing is advised to be resumed."""
    make(Path("own"))
    assert shell("run", "p.lam", "--model", model, "--account", "own", "--account-calls", "9") == 64
    assert f"the account {Path('own').absolute()} cannot be used" in shell.err
    assert said in shell.err
    assert "resume" not in shell.err
    assert not Path("home/journal.sqlite3").exists()


def test_replay_makes_no_account(shell: Shell, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shell("run", "p.lam", "--model", model) == 0
    monkeypatch.setenv("LAMBDA_RLM_ACCOUNT", "own")
    monkeypatch.setenv("LAMBDA_RLM_ACCOUNT_CALLS", "4")
    assert shell("replay", "last") == 0
    assert not Path("own").exists()


def test_the_command_that_is_advised_goes_on(shell: Shell, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the server and the account, which `resume` takes from no journal."""
    with FaultyServer() as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test-1")
        asked = ("--model", "openai/ok", "--concurrency", "1")
        account = ("--account", "own", "--account-calls", "2", "--account-per", "ever")
        assert shell("run", "p.lam", *asked, "--base-url", server.url, *account) == 2
        command = shlex.split(shell.err.partition("finished calls: lambda-rlm ")[2].splitlines()[0])
        assert command[2:] == ["--base-url", server.url, *account]
        command[command.index("--account-calls") + 1] = "9"
        assert shell(*command) == 0
        assert server.count("ok") == 4
        sent = ("--model", "openai/broken-once", "--concurrency", "1", "--pool", "0")
        assert shell("run", "p.lam", *sent, "--base-url", server.url) == 2
        command = shlex.split(shell.err.partition("finished calls: lambda-rlm ")[2].splitlines()[0])
        assert command[2:] == ["--base-url", server.url, "--pool", "N"]
        assert shell(*command[:-1], "3") == 0


def test_what_is_configured_is_not_advised_again(shell: Shell, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultyServer() as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test-1")
        monkeypatch.setenv("LAMBDA_RLM_BASE_URL", server.url)
        assert shell("run", "p.lam", "--model", "openai/broken-once", "--concurrency", "1", "--pool", "0") == 2
        assert "lambda-rlm resume" in shell.err
        assert "--base-url" not in shell.err
