"""`RLM(admit=…)`: what may begin, in the library."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_rlm import RLM, LimitExceeded, ModelProfile, Rejected, ScriptedModel
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import Usage
from lambda_rlm.llm.scripted import Rule

PROFILE = ModelProfile(name="priced", window=8_000, max_output=1_000, input_price=1e-6, output_price=1e-5)
TEXT = "".join(f"Ann keeps {number} bees in the garden. " for number in range(3_000))
LIMITS = Budget(usd=0.2)


def scripted(output_tokens: int, input_tokens: int = 2_000) -> ScriptedModel:
    return ScriptedModel((Rule("", "Bees.", usage=Usage(input_tokens, output_tokens)),), PROFILE)


def rlm(model: ScriptedModel, **settings: object) -> RLM:
    return RLM(model, strategy="plan", task="summarise", **{"budget": LIMITS, **settings})  # type: ignore[arg-type]


def test_a_question_goes_on_as_likely_unless_a_proof_is_wanted() -> None:
    run = rlm(scripted(20)).ask("What?", context=TEXT)
    assert run.admitted == "likely" and run.usage.usd is not None and run.usage.usd <= 0.2
    assert run.likely is not None and run.likely.usd is not None and run.likely.usd <= 0.2
    assert any("not proved to complete within the budget" in note for note in run.notes)
    with pytest.raises(Rejected):
        rlm(scripted(20), admit="proved").ask("What?", context=TEXT)
    proved = rlm(scripted(20), budget=Budget(usd=30.0)).ask("What?", context=TEXT)
    assert (proved.admitted, proved.likely) == ("proved", None), "nobody asked for it"


def test_the_variable_counts_where_the_host_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_RLM_ADMIT", "proved")
    monkeypatch.setenv("LAMBDA_RLM_MAX_COST", "0.2")
    with pytest.raises(Rejected):
        rlm(scripted(20), budget=None).ask("What?", context=TEXT)
    assert rlm(scripted(20), budget=None, admit="likely").ask("What?", context=TEXT).admitted == "likely"


def test_a_run_that_stops_goes_on_with_more_money(tmp_path: Path) -> None:
    """Nothing of it is paid twice, by the same `RLM` with a larger budget."""
    model, place = scripted(160, 3_500), tmp_path / "journal.sqlite3"
    host = rlm(model, budget=Budget(usd=0.075), journal=place)
    with pytest.raises((LimitExceeded, Rejected)) as stopped:
        host.ask("What?", context=TEXT)
    assert isinstance(stopped.value, LimitExceeded) and stopped.value.code == "E0406"
    (row,) = host.runs()
    paid = len(model.prompts)
    assert row.state == "faulted" and row.outcome is not None and row.outcome["admitted"] == "likely"
    assert 0 < row.outcome["usage"]["usd"] <= 0.075
    run = rlm(model, budget=Budget(usd=3.0), journal=place).resume(row.id, context=TEXT)
    assert run.ok and run.route == "summarise"
    assert len(model.prompts) == run.usage.attempts > paid


def test_the_decision_tells_both_figures_of_each_route() -> None:
    decision = rlm(scripted(20)).route("What?", context=TEXT)
    plan = next(way for way in decision.ways if way.way == "plan")
    assert plan.admitted == "likely" and plan.likely is not None and plan.bound is not None
    assert (plan.likely.usd or 0) < 0.2 < (plan.bound.usd or 0)
