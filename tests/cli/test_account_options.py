"""An account on the command line: its options, its end, and `resume`."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_rlm import Account
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
