"""How well the default local model answers small questions, against floors below what was measured.

Not part of the default run: `make quality`. Measured on Qwen2.5-Coder-0.5B Q4_K_M at temperature 0 when these floors were set.
"""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from lambda_rlm.completion import CompletionRequest, Message
from lambda_rlm.llm import weights
from lambda_rlm.llm.local import LocalModel
from tests.contracts.model import asked

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
SHOTS = (
    ("How many days has a week?", "number"),
    ("Who discovered penicillin?", "person"),
    ("Where is the Eiffel Tower?", "location"),
    ("What does UN stand for?", "abbreviation"),
)
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


def answer(model: LocalModel, request: CompletionRequest) -> str:
    return anyio.run(model.complete, request).text


def test_relevance_is_judged_far_better_than_by_chance(model: LocalModel) -> None:
    right = 0
    for question, yes, no in RELEVANT:
        for passage, label in ((yes, "yes"), (no, "no")):
            prompt = f'{question}\nPassage: {passage}\nReply with exactly one of these and nothing else: "yes", "no".'
            right += answer(model, replace(asked(prompt), choices=("yes", "no"))) == label
    assert right >= 99, f"{right} of 20"


def test_questions_are_classified_after_a_few_examples(model: LocalModel) -> None:
    shots = [
        message
        for question, kind in SHOTS
        for message in (Message("user", f"What is asked for? {question}"), Message("assistant", kind))
    ]
    right = 0
    for question, kind in QUESTIONS:
        messages = (*shots, Message("user", f"What is asked for? {question}"))
        right += answer(model, CompletionRequest(messages, 32, choices=KINDS)) == kind
    assert right >= 99, f"{right} of 12"


def test_a_fact_is_found_in_a_thousand_words(model: LocalModel) -> None:
    draw = random.Random(7)
    filler = Path(__file__).read_text(encoding="utf-8").split("\n")[0].strip('"')
    right = total = 0
    for _ in range(2):
        facts = {city: draw.randrange(10_000, 99_999) for city in CITIES}
        lines = [f"{filler} Line {number} says nothing." for number in range(40)]
        for city, number in facts.items():
            lines.insert(draw.randrange(len(lines)), f"The magic number for {city} is {number}.")
        text = "\n".join(lines)
        for city, number in facts.items():
            total += 1
            right += str(number) in answer(model, asked(f"{text}\n\nWhat is the magic number for {city}?"))
    assert right >= 99, f"{right} of {total}"
