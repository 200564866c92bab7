"""Test helpers for host programs: a scripted model, and the contract that every `Model` must satisfy.

Public. Needs no test framework: `ModelContract` is collected by pytest when a test module subclasses it, and `check_model` runs
the same checks anywhere.
"""

from __future__ import annotations

from lambda_rlm.llm.scripted import Rule, ScriptedModel
from lambda_rlm.testing.model_contract import ModelContract, ModelUnderTest, check_model, request

__all__ = ["ModelContract", "ModelUnderTest", "Rule", "ScriptedModel", "check_model", "request"]
