"""The router's choice: what fits goes straight to the model, the rest by strength, task and share; comparisons are sticky."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import ModelProfile
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs import from_values
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.plan.measure import Measure, measure
from lambda_rlm.plan.router import Case, Choice
from lambda_rlm.plan.routing_settings import Routing, shares
from lambda_rlm.plan.split import arm
from lambda_rlm.plan.strength import ability
from lambda_rlm.plan.tasks import LONG_ANSWERS, TASKS
from tests.support.answering import ask

PROFILE = ModelProfile(name="m", window=2_000, max_output=400, input_price=0.0, output_price=0.0)


def case(tokens: int, **settings: Any) -> Case:
    facts = {"measure": Measure(4 * tokens, tokens, True, 4.0), "query_tokens": 10, "leaf": PROFILE, "root": PROFILE}
    return Case(**{**facts, **settings})


def ways(tokens: int, **settings: Any) -> list[str]:
    return [preference.way for preference in case(tokens, **settings).ways()]


def asked(text: Any, choice: Choice = "auto", **settings: Any) -> Run:
    model = ScriptedModel.from_rules([("", "a")], PROFILE)
    inputs = from_values({"context": text})
    return anyio.run(lambda: ask("Who keeps bees?", inputs, model, Budget(), choice=choice, task="search", **settings))


def fits(text: Any) -> bool:
    """A direct call is admitted: its prompt was counted, and it is within the window with its reply."""
    try:
        return asked(text, "direct").route == "direct"
    except Rejected:
        return False


MIXED = [
    text * n for text in ("word ", "養蜂 ", "x", "Ann keeps bees.\r\n") for n in (0, 1, 200, 900, 1_100, 1_400, 4_000, 9_000)
]
EDGE = ["x" * n for n in range(5_100, 6_100, 24)]


@pytest.mark.slow
def test_an_input_goes_directly_exactly_if_it_fits() -> None:
    """Sizes on both sides of the window, and closely around it: whether a prompt fits is counted, not guessed."""
    documents = [[{"name": f"{i}.txt", "text": "bees " * n} for i in range(12)] for n in (1, 50, 90, 120)]
    texts: list[Any] = [*MIXED, *EDGE, *documents]
    went = {fits(text): set[str]() for text in texts}
    for text in texts:
        went[fits(text)].add(asked(text).route)
    assert went == {True: {"direct"}, False: {"search"}}
    assert {fits(text) for text in EDGE} == {True, False}


@given(st.integers(0, 4_000), st.sampled_from(["weak", "strong"]), st.sampled_from([None, *sorted(set(TASKS) - LONG_ANSWERS)]))
def test_the_first_way_is_direct_exactly_up_to_the_share(tokens: int, strength: Any, task: str | None) -> None:
    share = 0.5
    first, *_ = ways(tokens, task=task, routing=Routing(direct_share=share, strength=strength))
    assert (first == "direct") == (tokens + 2 * 10 + 400 <= share * PROFILE.window)


def test_a_share_may_be_set_by_task() -> None:
    routing = Routing(direct_shares={"summarise": 0.3})
    assert ways(1_000, task="summarise", routing=routing) == ["plan", "direct"]
    assert ways(1_000, task="search", routing=routing)[0] == "direct"
    assert ways(3_000, task="summarise", routing=routing) == ["plan"]


@pytest.mark.parametrize("task", TASKS)
def test_a_named_task_is_a_plan_before_it_is_a_program(task: str) -> None:
    strong, weak = Routing(strength="strong"), Routing(strength="weak")
    assert ways(9_000, task=task, routing=strong) == ["plan", "synth"]
    assert ways(9_000, task=task, routing=weak) == ["plan"]


def test_what_is_asked_for_is_the_only_way() -> None:
    for choice in ("direct", "plan", "synth"):
        assert ways(10, choice=choice) == ways(9_000, choice=choice) == [choice]


NAMES = {
    "openai/gpt-5": "strong",
    "openai/gpt-5-mini": "medium",
    "openai/gpt-5-nano": "weak",
    "openai/gpt-4.1": "strong",
    "openai/gpt-4.1-nano": "weak",
    "openai/gpt-4o-mini": "weak",
    "openai/o3": "strong",
    "openai/o4-mini": "medium",
    "anthropic/claude-opus-4-1": "strong",
    "anthropic/claude-sonnet-4-5": "strong",
    "anthropic/claude-haiku-4-5": "medium",
    "bedrock/us.anthropic.claude-sonnet-4-20250514-v1:0": "strong",
    "gemini/gemini-2.5-pro": "strong",
    "gemini/gemini-2.5-flash": "medium",
    "gemini/gemini-2.5-flash-lite": "weak",
    "openrouter/deepseek/deepseek-chat": "strong",
    "ollama/llama3.1:8b": "weak",
    "ollama/qwen2.5-coder-0.5b": "weak",
    "local/qwen2.5-coder-1.5b": "weak",
    "local:/models/gpt-5.gguf": "weak",
}


@pytest.mark.parametrize(("name", "strength"), NAMES.items())
def test_strength_is_inferred_from_family_and_size(name: str, strength: str) -> None:
    assert ability(replace(PROFILE, name=name, window=200_000, output_price=None)).strength == strength


def test_an_unknown_model_is_strong_by_price_and_window_together() -> None:
    dear = replace(PROFILE, name="x/new", window=128_000, output_price=5e-6)
    assert ability(dear).strength == "strong"
    for other in ({"window": 8_192}, {"output_price": 1e-6}, {"output_price": None}):
        assert ability(replace(dear, **other)).strength == "weak"


@pytest.mark.parametrize(
    "name", ["local/qwen2.5-coder-0.5b", "local/smollm2-135m", "ollama/qwen2.5:0.5b", "local:/m/gemma-270m.gguf"]
)
def test_a_model_below_a_billion_parameters_does_not_classify(name: str) -> None:
    tiny = case(9_000, leaf=replace(PROFILE, name=name), root=replace(PROFILE, name=name))
    assert tiny.why_unasked == f"{name} is too small to classify tasks"
    for other in (
        "local/qwen2.5-coder-1.5b",
        "ollama/llama3.2:1b",
        "openai/gpt-5-mini",
        "ollama/phi4:14b",
        "mixtral-8x7b",
        "m2m",
    ):
        assert case(9_000, leaf=tiny.leaf, root=replace(PROFILE, name=other)).why_unasked is None


# ── splits ──


@given(st.text(), st.text(), st.text())
def test_equal_inputs_go_one_way_whatever_is_asked_about_them(text: str, one: str, other: str) -> None:
    split = {"plan": 0.5}
    assert arm(split, {"context": text, "query": one}) == arm(split, {"context": text, "query": other})


def test_each_way_is_given_about_its_share_of_many_inputs() -> None:
    """Four standard deviations of 10,000 draws: drawing by anything but an even hash fails."""
    split, n = {"direct": 0.1, "plan": 0.2, "synth": 0.05}, 10_000
    drawn = [arm(split, {"context": f"document {i}"}) for i in range(n)]
    shares: list[tuple[Any, float]] = [*split.items(), (None, 0.65)]
    for way, share in shares:
        assert abs(drawn.count(way) - n * share) < 4 * (n * share * (1 - share)) ** 0.5
    questions = [arm({"plan": 0.5}, {"query": f"question {i}"}) for i in range(1_000)]
    assert 400 < questions.count("plan") < 600


def test_a_larger_share_takes_no_input_away_from_its_way() -> None:
    for i in range(500):
        inputs = {"context": f"{i}"}
        if arm({"plan": 0.2}, inputs) == "plan":
            assert arm({"plan": 0.3}, inputs) == "plan"


def test_an_arm_goes_first_unless_the_window_is_too_small() -> None:
    assert ways(10, split="plan", task="search") == ["plan", "direct"]
    assert ways(10, split="synth", task="search")[0] == "synth"
    assert ways(9_000, split="direct", task="search") == ["plan"]


@pytest.mark.parametrize("text", ["plan", "plan=", "=0.2", "plan=much", "plan=0.2,plan=0.3", "plan 0.2"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"NAME=SHARE|duplicate share"):
        shares(text)


@pytest.mark.parametrize(
    "settings",
    [
        {"split": {"plan": 0.7, "synth": 0.4}},
        {"split": {"plan": -0.1}},
        {"split": {"sideways": 0.1}},
        {"direct_share": 1.5},
        {"direct_share": float("nan")},
        {"direct_shares": {"sing": 0.5}},
        {"strength": "middling"},
    ],
)
def test_settings_that_mean_nothing_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"share|unknown"):
        Routing(**settings)


def test_shares_are_read_as_they_are_written() -> None:
    assert shares(" plan=0.2, synth = 0.1 ,") == {"plan": 0.2, "synth": 0.1}
    assert shares("") == {}


def test_the_inputs_are_measured_without_the_question() -> None:
    model = ScriptedModel.from_rules([], PROFILE)
    assert measure({"query": "x" * 9_000}, model).tokens == 0
