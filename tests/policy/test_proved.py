"""`require = ["proved"]`: nothing begins that is not proved to complete within its budget."""

from __future__ import annotations

import pytest

from lambda_rlm import RLM, Budget, Rejected, ScriptedModel, check, run
from lambda_rlm.completion import ModelProfile
from lambda_rlm.execution.blocking import blocking_anywhere
from lambda_rlm.execution.execute import execute
from lambda_rlm.llm.scripted import Rule
from lambda_rlm.policy.gates import narrowed
from lambda_rlm.policy.rules import PolicyViolation
from tests.policy.test_policy import Holding, holding

__all__ = ["holding"]

PRICED = ModelProfile(name="priced", window=8_000, max_output=1_000, input_price=1e-6, output_price=1e-5)


def test_a_policy_that_wants_proofs_refuses_what_is_likely(holding: Holding) -> None:
    """`RLM(admit="likely")` is refused; a question that would go on as likely is rejected; an admitted program too."""
    text, model = "Ann keeps bees in the garden. " * 4_000, ScriptedModel((Rule("", "Bees."),), PRICED)
    limits = Budget(usd=0.2)
    assert RLM(model, budget=limits, strategy="plan", task="summarise").ask("What?", context=text).admitted == "likely"
    holding("require = ['proved']")
    with pytest.raises(Rejected, match="answering may cost"):
        RLM(model, budget=limits, strategy="plan", task="summarise").ask("What?", context=text)
    for rlm in (RLM(model, budget=limits, admit="likely"), RLM(model, budget=Budget(admit="likely"))):
        with pytest.raises(PolicyViolation, match="proved: every run is proved to complete within its budget") as refused:
            rlm.ask("What?", context=text)
        assert refused.value.rule == "require"
    admitted = check("llm_call(query)", {}).admit(Budget(admit="likely"))
    with pytest.raises(PolicyViolation, match="proved"):
        blocking_anywhere(lambda: run(admitted, {}, model, query="Who?"))
    with pytest.raises(PolicyViolation, match="proved"):
        blocking_anywhere(lambda: execute(admitted, {"query": "Who?"}, model))
    assert RLM(model, admit="proved", strategy="direct").ask("What?", context="Bees.").admitted == "proved"
    assert narrowed(Budget()).admit == "proved"
