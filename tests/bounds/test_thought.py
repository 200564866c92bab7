"""Bounds of calls without an `out`: the longest reply that a type allows, and the longest thought before it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.bounds.test_bounds import PROFILE, holds, trial
from tests.support.adversary import Adversary


@pytest.mark.parametrize(("usual", "label"), [(0, None), (256, None), (256, 256), (4_096, 1_024), (4_096, 0)])
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
    ],
)
def test_the_longest_thought_and_reply_stay_within_the_bound(program: str, usual: int, label: int | None) -> None:
    """No `out` is given: each reply is as long as its type allows, and the thought before it as long as the model's profile."""
    profile = replace(PROFILE, max_output=2_000, reasoning_tokens=usual, label_reasoning_tokens=label)
    for retries in (0, 1):
        model = Adversary(replace(profile, retries=retries), "longest")
        made = trial(program, {"xs: List[Text]": ["one", "two", "three"]}, model, out=1_024, item_out=128)
        holds(made)


def test_a_label_costs_less_than_a_text_in_the_bound() -> None:
    """Three labels on a model that reasons: their replies were bounded as three texts of 1,024 tokens and 4,096 of thought."""
    thinking = replace(PROFILE, max_output=8_000, reasoning_tokens=4_096, label_reasoning_tokens=1_024)
    received = {}
    for type_ in ("Bool", "Text"):
        program = f'map(xs, fn(x) => llm_call[{type_}](f"Is {{x}} so?"))'
        made = trial(program, {"xs: List[Text]": ["one", "two", "three"]}, Adversary(thinking, "longest"), out=1_024)
        bound = made.bound("declared")
        assert bound is not None
        assert bound.bound.output_tokens is not None and bound.bound.calls is not None and bound.bound.pool is not None
        received[type_] = bound.bound.output_tokens / (bound.bound.calls + bound.bound.pool)
    assert received["Text"] == received["Bool"] * (1_024 + 4_096) / (101 + 1_024)
