"""How well the default local model answers small questions, against floors below what was measured.

Not part of the default run: `make quality`. Measured on Qwen2.5-Coder-0.5B Q4_K_M at temperature 0 when these floors were set.
"""

from __future__ import annotations

import random
from dataclasses import replace

import anyio
import pytest

import lambda_rlm
from lambda_rlm.budget.budget import Budget
from lambda_rlm.llm.local import weights
from lambda_rlm.llm.local.model import LocalModel
from lambda_rlm.testing import request as asked

pytestmark = [pytest.mark.quality, pytest.mark.timeout(1200)]

CITIES = ("Oslo", "Lima", "Cairo", "Quito", "Hanoi")
RELEVANT = (
    ("Does this passage mention an animal?", "The cat slept by the fire.", "Shares fell by three percent on Monday."),
    ("Does this passage mention an animal?", "A wolf crossed the frozen river.", "The parliament passed the budget."),
    ("Does this passage mention an animal?", "She brushed her horse every morning.", "The engine needs a new gasket."),
    ("Does this passage mention an animal?", "Owls hunt at night.", "The recipe calls for two cups of flour."),
    ("Does this passage say where somebody lives?", "Anna lives in Oslo with her aunt.", "Iron melts at 1538 degrees."),
    ("Does this passage say where somebody lives?", "He has a small house in Lyon.", "The meeting was cancelled."),
    ("Does this passage say where somebody lives?", "Her home is a farm near Bath.", "The soup was too salty."),
    ("Does this passage give a price?", "A ticket costs four euros.", "The river is long and slow."),
    ("Does this passage give a price?", "It was sold for 20 dollars.", "He sang until the morning."),
    ("Does this passage give a price?", "The rent is 900 pounds a month.", "Snow covered the roofs."),
)
KINDS = ("number", "person", "location", "abbreviation")
QUESTIONS = (
    ("How far is the moon?", "number"),
    ("Who wrote Hamlet?", "person"),
    ("Where is Mount Etna?", "location"),
    ("What does NASA stand for?", "abbreviation"),
    ("How many legs has a spider?", "number"),
    ("Which city hosted the 1936 Olympics?", "location"),
    ("Who invented the telephone?", "person"),
    ("What is the meaning of WHO?", "abbreviation"),
    ("How old is the universe?", "number"),
    ("What country borders Spain?", "location"),
    ("Who painted Guernica?", "person"),
    ("What does CPU mean?", "abbreviation"),
)


@pytest.fixture(scope="module")
def model() -> LocalModel:
    weights.fetch(weights.DEFAULT)
    return LocalModel.named(weights.DEFAULT, threads=1)


def answer(model: LocalModel, program: str, context: str) -> object:
    """What a program comes to over a text: these are the prompts that people's programs make."""
    checked = lambda_rlm.check(program, {"context": context})
    return anyio.run(lambda: lambda_rlm.run(checked.admit(Budget()), {"context": context}, model)).value


def test_relevance_is_judged_better_than_by_chance(model: LocalModel) -> None:
    """The plainest prompt there is: what the constraint leaves of the model's judgement."""
    right = 0
    for question, yes, no in RELEVANT:
        for passage, label in ((yes, "yes"), (no, "no")):
            prompt = asked(f"{question}\nPassage: {passage}\nReply with exactly one of: yes, no.")
            right += anyio.run(model.complete, replace(prompt, choices=("yes", "no"))).text == label
    assert right >= 12, f"{right} of 20"


def test_questions_are_classified_without_examples(model: LocalModel) -> None:
    """Measured: 9 of 12; with the bare label forced, 7."""
    labels = " | ".join(f'"{kind}"' for kind in KINDS)
    program = f'llm_call[{labels}](f"What kind of thing does this question ask for?\\n{{context}}")'
    right = sum(answer(model, program, question) == kind for question, kind in QUESTIONS)
    assert right >= 7, f"{right} of 12"


def test_a_fact_is_found_in_a_thousand_tokens(model: LocalModel) -> None:
    """Measured: 10 of 10."""
    draw = random.Random(7)
    right = total = 0
    for _ in range(2):
        facts = {city: draw.randrange(10_000, 99_999) for city in CITIES}
        lines = [f"On day {number} the weather was fair and nothing else was written down." for number in range(40)]
        for city, number in facts.items():
            lines.insert(draw.randrange(len(lines)), f"The magic number for {city} is {number}.")
        text = "\n".join(lines)
        for city, number in facts.items():
            total += 1
            right += str(number) in str(answer(model, f'llm_call(f"What is the magic number for {city}?\\n{{context}}")', text))
    assert right >= 0.8 * total, f"{right} of {total}"
