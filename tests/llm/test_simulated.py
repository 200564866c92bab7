"""The simulated model reads what it is shown, errs at the rate that was set, and knows nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from lambda_rlm.completion import Completion, CompletionRequest, Message, Sampling
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import Options, execute
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.simulated import Parameters, SimulatedModel, parameters, share
from lambda_rlm.llm.simulated_reader.key import AnswerKey, key_of, shipped_key, shipped_questions
from lambda_rlm.llm.simulated_reader.shown import shown
from lambda_rlm.llm.simulated_reader.slips import accuracy
from lambda_rlm.testing import ModelContract, ModelUnderTest
from lambda_rlm.testing import request as asked

ASKED = "A special magic number is hidden within the text. What is the special magic number for amber-anvil mentioned in the provided text?"
NEEDLE = "One of the special magic numbers for amber-anvil is: 1234567."
JITTER = 0.6


def question(number: int, needle: str = NEEDLE) -> CompletionRequest:
    """One of many equal questions over slightly different texts."""
    return asked(f"{ASKED}\n\nPage {number}. The hens slept. {needle} The rain began.", 64)


def waits(request: CompletionRequest) -> float:
    return JITTER * share(shown(request).identity, 0)


class TestSimulated(ModelContract):
    @pytest.fixture
    def subject(self) -> ModelUnderTest:
        questions = sorted(map(question, range(200)), key=waits)
        return ModelUnderTest(
            SimulatedModel(Parameters(jitter=JITTER, price_in=1.0, price_out=2.0)),
            (questions[0], questions[1]),
            questions[-1],
            asked("What is the capital of France?"),
        )


def reply(model: SimulatedModel, request: CompletionRequest) -> Completion:
    return anyio.run(model.complete, request)


def test_a_perfect_reader_repeats_the_text_or_finds_nothing() -> None:
    model = SimulatedModel(Parameters())
    assert reply(model, question(1)).text == "1234567"
    assert reply(model, question(1, "")).text == "not found"


@pytest.mark.slow
@pytest.mark.parametrize(("a0", "rho", "k"), [(0.7, 1.0, 8000), (1.0, 0.9, 20), (0.95, 0.8, 60)])
def test_answers_are_right_as_often_as_the_law_says(a0: float, rho: float, k: int) -> None:
    """The scaling laws that are drawn with this model rest on it. The draws are fixed by the seed, so the test cannot flicker."""
    model = SimulatedModel(Parameters(a0=a0, rho=rho, k=k))
    tries = [question(number) for number in range(1000)]
    right = sum(reply(model, one).text == "1234567" for one in tries)
    tokens = model.count_tokens((Message("user", shown(tries[500]).data),))
    assert right / 1000 == pytest.approx(accuracy(a0, rho, tokens, k), abs=0.04)


def test_a_reply_depends_on_prompt_seed_and_sample_only() -> None:
    """Not on the order of asking, nor on the installation's key in the data markers."""
    model = SimulatedModel(Parameters(a0=0.5))
    requests = [question(number) for number in range(60)]
    texts = [reply(model, one).text for one in requests]
    assert [reply(model, one).text for one in reversed(requests)][::-1] == texts
    assert [reply(SimulatedModel(Parameters(a0=0.5, seed=1)), one).text for one in requests] != texts
    sampled = [replace(one, sampling=Sampling(seed=1)) for one in requests]
    assert [reply(model, one).text for one in sampled] != texts

    def marked(code: str) -> CompletionRequest:
        return asked(f"{ASKED}\n<data {code}>\n{NEEDLE}\n</data {code}>\n", 64)

    model = SimulatedModel(Parameters(a0=0.0))
    assert reply(model, marked("abcdef")).text == reply(model, marked("123456")).text


TYPES = (
    "Text", "Bool", "Int", "Option[Text]", "List[Text]", "{ found: Bool, quote: Quote, value: Text }", "List[{ date: Text, what: Text }]",
    '"yes" | "no" | "unsure"', "Option[Quote]",
)  # fmt: skip


@pytest.mark.parametrize("a0", [1.0, 0.0])
@pytest.mark.parametrize("type_", TYPES)
def test_a_reply_is_of_the_type_asked_for_right_or_wrong(type_: str, a0: float) -> None:
    """A wrong answer is a plausible one of the right form: what it measures is what wrong facts do to a plan, not bad replies."""
    program = f'llm_call[{type_}](f"{{query}}\\n\\nText:\\n{{context}}")'
    text = f"The hens slept in the yard. {NEEDLE} The rain began at noon, and the cart was late."
    model = SimulatedModel(Parameters(a0=a0))
    checked = check(program, {"context": text})
    admitted = checked.admit(None, model.profile)
    options = Options(key=b"tests")
    done = anyio.run(partial(execute, admitted, {"query": ASKED, "context": text}, model, options=options))
    assert done.fault is None
    assert not done.degraded
    assert done.usage.attempts == 1


def test_the_key_holds_facts_of_leaves_and_never_an_answer(tmp_path: Path) -> None:
    """What stands beside `evidence` in a file of tasks is not read: a perfect reader with the answers in hand would prove nothing."""
    rows: list[dict[str, Any]] = [
        {"question": "Who rang?", "evidence": [{"quote": "The clerk rang."}], "answer": "the clerk", "aliases": ["clerk"]},
        {"text": "What is an isthmus ?", "label": "entity", "answer": 3},
        {"question": "How many?", "answer": 7},
    ]
    assert key_of(rows) == AnswerKey({"what is an isthmus ?": "entity"}, {"who rang?": ("The clerk rang.",)})
    path = tmp_path / "key.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    model = connect(f"sim:?key={path}")
    assert isinstance(model, SimulatedModel)
    assert reply(model, asked("Who rang?\n<data abcdef>\nNobody spoke.\n</data abcdef>", 64)).text == "not found"
    assert reply(model, asked("Who rang?\n<data abcdef>\nThe  clerk\nrang.\n</data abcdef>", 64)).text == "The  clerk\nrang."


def test_every_shipped_question_has_one_of_six_labels() -> None:
    questions = shipped_questions()
    assert len({text.casefold() for text, _ in questions}) == len(questions)
    counts = [sum(label == one for _, label in questions) for one in {label for _, label in questions}]
    assert len(counts) == 6
    assert min(counts) >= 40
    assert all(shipped_key().label(text.upper()) == label for text, label in questions)


def test_it_invents_nothing_for_a_question_that_no_reader_knows() -> None:
    with pytest.raises(ModelFailure) as raised:
        reply(SimulatedModel(Parameters()), asked("Write a poem about the sea."))
    assert raised.value.code == "E0523"
    assert "Write a poem" in raised.value.message


def test_a_name_says_all_there_is_to_say() -> None:
    said = parameters(
        "sim:?a0=0.9&rho=0.8&k=100&latency=0.2&jitter=0.1&price_in=1.5&price_out=6&window=4096&max_output=300&seed=7"
    )
    assert said == Parameters(0.9, 0.8, 100, 0.2, 0.1, 1.5, 6.0, 4096, 300, 7)
    assert parameters("sim:") == Parameters()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("sim:?rh=1", "unknown parameter 'rh'"),
        ("sim:?a0=1.5", "a0 must be a probability"),
        ("sim:?a0=nan", "a0 must be a probability"),
        ("sim:?k=0", "at least 1"),
        ("sim:?k=1.5", "k must be an integer, not '1.5'"),
        ("sim:?latency=-1", "latency must be at least 0"),
        ("sim:?latency=inf", "latency must be at least 0"),
        ("sim:?window=10", "window must be at least 512"),
        ("sim:?a0=1&a0=1", "duplicate parameter a0"),
        ("sim:?key=/nowhere.jsonl", "cannot read the answer key /nowhere.jsonl"),
    ],
)
def test_a_name_that_cannot_be_is_a_failure_that_says_why(name: str, told: str) -> None:
    with pytest.raises(ModelFailure) as raised:
        connect(name)
    assert raised.value.code == "E0524"
    assert told in raised.value.message


def test_tokens_are_paid_at_the_set_price() -> None:
    usage = reply(SimulatedModel(Parameters(price_in=10.0, price_out=20.0)), question(1)).usage
    assert usage.input_tokens > 0
    assert usage.cost == pytest.approx((10 * usage.input_tokens + 20 * usage.output_tokens) / 1_000_000)
