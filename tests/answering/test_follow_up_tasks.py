"""The task of a question that follows another, for a root model that writes no programs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest

from lambda_rlm.answering.preview import decide
from lambda_rlm.answering.question import Setup, case_of
from lambda_rlm.completion import ModelProfile
from lambda_rlm.inputs import from_values
from lambda_rlm.llm.scripted import Rule, ScriptedModel
from lambda_rlm.plan.routing_settings import Routing
from lambda_rlm.types.type import TEXT
from tests.answering.test_blind import PROFILE
from tests.answering.test_follow_up import asked, following, left

WEAK: Final = ModelProfile(name="local/qwen2.5-coder-0.5b", window=32_768, max_output=4_096)
ABLE: Final = replace(WEAK, name="local/qwen2.5-coder-1.5b")


@pytest.mark.parametrize("profile", [WEAK, ABLE], ids=["asks nobody", "could ask"])
def test_a_weak_root_takes_the_task_of_the_question_before(profile: ModelProfile) -> None:
    """A fresh search would count nothing: the second question is one of the same task."""
    leaf = ScriptedModel([Rule("", "Ann: 2")], profile)
    long = from_values({"context": "Ann keeps bees. " * 20_000})
    question = following(left("12", TEXT, route="aggregate", task="aggregate", program="1"), inputs=long)
    found = decide(question, Setup(leaf=leaf))
    assert (found.strategy, found.task, found.detection) == ("aggregate", None, None)
    run = asked(question, leaf, None)
    assert (run.route, run.task) == ("aggregate", "aggregate")
    assert any("aggregate" in note and "this one follows" in note and "--task" in note for note in run.notes)
    assert not any("summarise" in prompt and "multi_hop" in prompt for prompt in leaf.prompts), "no model is asked for it"
    assert asked(replace(question, task="search"), leaf, None).route == "search"


@pytest.mark.parametrize(
    ("how", "route"),
    [
        ({"route": "direct", "task": None}, "search"),
        ({"route": "program", "task": None}, "search"),
        ({"route": "minutes.lam", "task": None}, "search"),
        ({"route": "synth", "task": "compare", "is_planned": True}, "compare"),
    ],
)
def test_without_a_task_before_a_weak_root_searches(how: dict[str, Any], route: str) -> None:
    leaf = ScriptedModel([Rule("", "Ann")], WEAK)
    question = following(left("12", TEXT, program="1", **how), inputs=from_values({"context": "Ann keeps bees. " * 20_000}))
    assert decide(question, Setup(leaf=leaf)).strategy == route


def test_a_root_that_writes_is_not_held_to_the_task_before() -> None:
    leaf = ScriptedModel([Rule("", "1")], PROFILE)
    question = following(left("12", TEXT, route="summarise", task="summarise", program="1"))
    assert case_of(question, Setup(leaf=leaf, routing=Routing(strength="strong"))).assumed != "summarise"
    assert case_of(question, Setup(leaf=leaf, routing=Routing(strength="weak"))).assumed == "summarise"
