"""The stand-in for a model in a run that is made again."""

from __future__ import annotations

import dataclasses

import anyio
import pytest

from lambda_rlm.completion import CompletionRequest, Message, Model, ModelProfile
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.failures import NO_WEIGHTS, failure
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.llm.wrappers.absent import as_it_was, plain_profile

PROFILE = ModelProfile("local/gone", 2_048, 512, 0.0, 0.0, is_small=True, details={"file": "anns/gone.gguf"})
ASKED = (Message("user", "How many tokens are in this sentence? " * 20),)


def gone() -> Model:
    raise failure(NO_WEIGHTS, "not here")


def test_the_profile_of_a_run_reveals_nothing_of_the_machine() -> None:
    kept = plain_profile(PROFILE)
    assert "ann" not in str(kept)
    wanted = dataclasses.replace(PROFILE, details={})
    assert as_it_was(gone, kept).profile == wanted
    assert as_it_was(lambda: ScriptedModel(()), {**kept, "of_a_later_version": 1}).profile == wanted
    assert as_it_was(lambda: ScriptedModel(()), None).profile == ScriptedModel(()).profile


def test_nothing_stands_in_for_a_model_of_which_nothing_was_kept() -> None:
    with pytest.raises(ModelFailure, match="not here"):
        as_it_was(gone, None)


def test_tokens_are_counted_by_who_knows_and_else_estimated() -> None:
    class Uncounted(ScriptedModel):
        def count_tokens(self, messages: tuple[Message, ...]) -> int:
            return gone().count_tokens(messages)

    kept = plain_profile(PROFILE)
    assert as_it_was(lambda: ScriptedModel(()), kept).count_tokens(ASKED) == ScriptedModel(()).count_tokens(ASKED)
    estimated = as_it_was(gone, kept).count_tokens(ASKED)
    assert estimated == as_it_was(lambda: Uncounted(()), kept).count_tokens(ASKED)
    assert 160 <= estimated <= 240


def test_nobody_is_asked() -> None:
    model = as_it_was(lambda: ScriptedModel.from_rules([("", "a reply")]), plain_profile(PROFILE))
    with pytest.raises(ModelFailure, match="makes no model calls"):
        anyio.run(model.complete, CompletionRequest(ASKED, 9))
