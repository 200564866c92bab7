"""What a root model is sent first is the same for every question, so that providers cache it; and what that is likely to save."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_rlm.answering.question import Question, Setup
from lambda_rlm.answering.writing_bound import likely_writing, writing_cost
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import Message, ModelProfile
from lambda_rlm.execution.execute import Options
from lambda_rlm.inputs import from_values
from lambda_rlm.limits import STANDING
from lambda_rlm.llm.profiles import provider_profile
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.synth.reference import reference
from lambda_rlm.synth.writing import Writing
from lambda_rlm.types.type import INT
from tests.answering.test_synthesize import PROFILE, Root, asked
from tests.support.answering import posed

TOO_MANY = 'words(context) |> map(fn(w) => llm_call(f"Say it: {take(w, 9)}", out=5)) |> join(" ") |> take(100)'
CACHING = ModelProfile(
    name="root", window=32_768, max_output=8_192, input_price=1e-6, output_price=1e-5, cached_input_price=1e-7
)

CONTEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(st.fixed_dictionaries({"name": st.text(max_size=9), "sum": st.integers(0, 9)}), min_size=1, max_size=3),
)


@settings(max_examples=20)
@given(
    st.text(st.characters(codec="utf-8"), max_size=60),
    CONTEXTS,
    st.integers(6, 40),
    st.sampled_from([0, 20]),
    st.integers(1, 2),
    st.integers(1, 3),
    st.sampled_from([None, INT]),
)
def test_every_conversation_begins_alike(
    query: str, context: Any, calls: int, peek: int, rounds: int, candidates: int, returns: Any
) -> None:
    """Whatever is asked, of whatever inputs, with whatever settings: the page, before anything of the question."""
    root = Root("this is no program", "length(query)", "done")
    options = {"peek": peek, "rounds": rounds, "candidates": candidates, "returns": returns}
    asked(root, query=query, context=context, budget=Budget(calls=calls), **options)
    assert root.requests
    for request in root.requests:
        assert request.messages[0] == Message("system", f"{STANDING}\n\n{reference()}")
        assert request.messages[1].role == "user"


def test_calls_left_for_the_program_are_what_it_is_held_to() -> None:
    """An author who is told 11 is refused at 12; one reply more, and it is 10."""
    root = Root(TOO_MANY, TOO_MANY.replace("take(w, 9)", "take(w, 8)"), "length(query)")
    asked(root, context=" ".join(["word"] * 20), budget=Budget(calls=12))
    first, second, third = (request.messages[-1].content for request in root.requests)
    assert "Budget: 11 model calls are left for the program; each further reply of yours takes 1 of them." in first
    assert "but the budget is 11" in second and "but the budget is 10" in third


def test_a_program_over_budget_is_told_what_its_author_can_do() -> None:
    root = Root(TOO_MANY, "length(query)")
    asked(root, context=" ".join(["word"] * 20), budget=Budget(calls=12))
    told = root.requests[1].messages[-1].content
    assert "E0304" in told and "take(n) of what may be many" in told and "2 * ceil(items / per_call)" in told
    assert not re.search(r"--\w", told), "options of the command line are not the author's"


def question_of(profile: ModelProfile, **writing: Any) -> tuple[Question, Setup]:
    return posed(
        inputs=from_values({"context": "some text"}).with_query("What?"),
        leaf=ScriptedModel((), PROFILE),
        root=ScriptedModel((), profile),
        budget=Budget(),
        writing=Writing(**writing),
        options=Options(key=b"key"),
    )


def figures(profile: ModelProfile, **writing: Any) -> tuple[float, float, int]:
    """US dollars of writing, likely and at most, and the tokens of the page as it is sent."""
    question, setup = question_of(profile, **writing)
    bound, why_not = writing_cost(question, setup)
    likely = likely_writing(question, setup, bound)
    assert why_not is None and likely.usd is not None and bound.usd is not None
    page = setup.writer.count_tokens((Message("system", f"{STANDING}\n\n{reference()}"),))
    return likely.usd, bound.usd, page


@pytest.mark.parametrize(
    "writing", [{"rounds": 1, "candidates": 1}, {"rounds": 3, "candidates": 1}, {"rounds": 2, "candidates": 3}]
)
def test_the_page_likely_costs_the_cached_price_after_the_first(writing: dict[str, int]) -> None:
    cached, most, page = figures(CACHING, **writing)
    full, same, _ = figures(replace(CACHING, cached_input_price=None), **writing)
    requests = writing["candidates"]  # of one round
    assert full - cached == pytest.approx((requests - 1) * page * (1e-6 - 1e-7))
    assert most == same, "the bound counts no cache"


def test_caching_on_request_likely_costs_the_full_price() -> None:
    """No request asks for it: marking what is cached costs more than sending it, and the bound would have to count that."""
    on_request = replace(CACHING, caches_on_request=True)
    assert figures(on_request, candidates=3)[0] == figures(replace(CACHING, cached_input_price=None), candidates=3)[0]
    for name in ("anthropic/claude-sonnet-4-5", "bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-opus-4-1"):
        assert provider_profile(name).caches_on_request
    for name in ("openai/gpt-5-mini", "gemini/gemini-2.5-pro", "deepseek/deepseek-chat", "unknown/model"):
        assert not provider_profile(name).caches_on_request
