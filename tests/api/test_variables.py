"""The library reads the variables that the command line reads; its arguments win, and it reads no file."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_rlm import RLM, Budget, ScriptedModel
from lambda_rlm.llm.scripted import Rule
from lambda_rlm.settings.problem import SettingProblem
from tests.support.faulty_server import FaultyServer


@pytest.fixture(autouse=True)
def _alone(alone: Path) -> None:
    """An empty folder, without settings and keys."""


def test_the_server_of_a_variable_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultyServer() as server, FaultyServer() as other:
        monkeypatch.setenv("LAMBDA_RLM_BASE_URL", server.url)
        monkeypatch.setenv("LAMBDA_RLM_MODEL", "ok")
        assert RLM(strategy="direct").ask("Who?", context="Bees.").ok
        assert (len(server.requests), len(other.requests)) == (1, 0)
        assert RLM(strategy="direct", base_url=other.url).ask("Who?", context="Bees.").ok
        assert (len(server.requests), len(other.requests)) == (1, 1)


def test_limits_of_variables_hold_where_no_budget_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_RLM_MAX_CALLS", "7")
    monkeypatch.setenv("LAMBDA_RLM_SEED", "3")
    monkeypatch.setenv("LAMBDA_RLM_STRICT", "1")
    monkeypatch.setenv("LAMBDA_RLM_ROUNDS", "2")
    monkeypatch.setenv("LAMBDA_RLM_MAX_INPUT", "3")
    said = RLM(ScriptedModel(())).settings
    assert (said.limits.calls, said.options.seed, said.options.is_strict, said.writing.rounds) == (7, 3, True, 2)
    said = RLM(ScriptedModel(()), budget=Budget(calls=9), seed=0, strict=False).settings
    assert (said.limits.calls, said.options.seed, said.options.is_strict) == (9, 0, False)
    Path("long.txt").write_text("longer than three", encoding="utf-8")
    with pytest.raises(ValueError, match="3 bytes"):
        RLM(ScriptedModel(())).ask("Who?", context=Path("long.txt"))


def test_a_slip_is_refused_here_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_RLM_MAXCALLS", "7")
    with pytest.raises(SettingProblem, match="LAMBDA_RLM_MAX_CALLS"):
        RLM(ScriptedModel(()))


def test_no_file_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("lambda-rlm.toml").write_text("max_calls = 0\nseed = 9\n", encoding="utf-8")
    rlm = RLM(ScriptedModel((Rule("", "Bees."),)))
    assert (rlm.settings.limits, rlm.settings.options.seed) == (Budget(), 0)
    assert rlm.ask("Who?", context="Bees.").ok
