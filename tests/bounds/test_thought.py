"""Bounds of calls without an `out`: the longest reply that a type allows, and the longest thought before it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.bounds.test_bounds import PROFILE, holds, trial
from tests.support.adversary import Adversary


@pytest.mark.parametrize(("usual", "less"), [(0, False), (256, True), (1_500, True), (4_096, False), (4_096, True)])
@pytest.mark.parametrize(
    "program",
    [
        'map(xs, fn(x) => llm_call[Bool](f"Is {x} so?"))',
        'map(xs, fn(x) => llm_call[{ a: Int, b: Bool }](f"What is {x}?"))',
        'map(xs, fn(x) => llm_call[Bool](f"Is {x} so?", out=500))',
        'map(xs, fn(x) => llm_call(f"What is {x}?"))',
        'llm_samples["yes" | "no"]("Is it so?", 5)',
        'llm_choose("Which?", xs)',
        'llm_choose("Which?", ["the first", "the second"])',
        'llm_map[Bool](xs, "Is it?", votes=2)',
        'llm_map["short" | "a longer label"](xs, "Which?")',
        'llm_map[Text](xs, "What?")',
        'llm_map[Text](xs, "What?", out=100)',
        'llm_map[Text](xs, "What?", out=100, per_call=2)',
        'map(xs, fn(x) => llm_call(f"What is {x}?", out=length(x) * 100))',
    ],
)
def test_the_longest_thought_and_reply_stay_within_the_bound(program: str, usual: int, less: bool) -> None:
    """No `out` is given: each reply is as long as its type allows, and the thought before it as long as the model's profile."""
    profile = replace(PROFILE, max_output=2_000, reasoning_tokens=usual, thinks_less=less)
    for retries in (0, 1):
        model = Adversary(replace(profile, retries=retries), "longest")
        made = trial(program, {"xs: List[Text]": ["one", "two", "three"]}, model, out=1_024, item_out=128)
        holds(made)


def test_a_short_reply_costs_less_than_a_long_one_in_the_bound() -> None:
    """Three labels on a model that reasons: their replies were bounded as three texts of 1,024 tokens and 4,096 of thought."""
    thinking = replace(PROFILE, max_output=8_000, reasoning_tokens=4_096, thinks_less=True)
    received = {}
    for type_ in ("Bool", "Text"):
        program = f'map(xs, fn(x) => llm_call[{type_}](f"Is {{x}} so?"))'
        made = trial(program, {"xs: List[Text]": ["one", "two", "three"]}, Adversary(thinking, "longest"), out=1_024)
        bound = made.bound("declared")
        assert bound is not None
        assert bound.bound.output_tokens is not None and bound.bound.calls is not None and bound.bound.pool is not None
        received[type_] = bound.bound.output_tokens / (bound.bound.calls + bound.bound.pool)
    assert received["Text"] == received["Bool"] * (1_024 + 4_096) / (101 + 1_024)


@pytest.mark.parametrize(("out", "thought"), [(256, 1_024), (257, 2_048), (512, 2_048), (513, 4_096), (1_024, 4_096)])
def test_the_thought_goes_by_the_length_of_the_reply_alone(out: int, thought: int) -> None:
    """Not by its type: a text of few tokens is allowed as little as a label, a label with a large `out` as much as a text."""
    thinking = replace(PROFILE, max_output=8_000, reasoning_tokens=4_096, thinks_less=True, retries=0)
    for type_, attempts in (("Text", 1), ("Bool", 2)):  # one call, and for what may be a bad reply one of the pool
        made = trial(f'llm_call[{type_}]("Is it so?", out={out})', {}, Adversary(thinking, "longest"))
        bound = made.bound("declared")
        assert bound is not None
        assert bound.bound.output_tokens == attempts * (out + thought)


def test_the_items_of_a_prompt_are_thought_of_together() -> None:
    """Three replies of 100 tokens are one of 300."""
    thinking = replace(PROFILE, max_output=8_000, reasoning_tokens=4_096, thinks_less=True, retries=0)
    xs = {"xs: List[Text]": ["one", "two", "three"]}
    found = {}
    for per_call in (1, 2, 3, 16):
        made = trial(f'llm_map[Text](xs, "What?", out=100, per_call={per_call})', xs, Adversary(thinking, "longest"))
        bound = made.bound("staged")
        assert bound is not None
        found[per_call] = bound.bound.output_tokens
    assert found[3] == found[16] == 2 * (300 + 2_048)
    assert found[1] == 3 * (100 + 1_024) + (100 + 1_024)
    assert found[2] == 2 * 1_024 + 300 + (200 + 1_024)
