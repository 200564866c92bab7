"""The strategies in many languages: questions, texts, labels and quotes of each, and the calls that English takes.

The model answers from what it is shown alone: a wrong excerpt gives a wrong answer.
"""

from __future__ import annotations

import anyio
import pytest

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import ModelProfile
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs import from_values
from tests.support.answering import ask
from tests.support.spoken import LANGUAGES, Reader

WINDOW = ModelProfile(name="window", window=4_096, max_output=1_024, input_price=0.0, output_price=0.0)
WIDE = ModelProfile(name="wide", window=32_768, max_output=4_096, input_price=0.0, output_price=0.0)

EVERY = pytest.mark.parametrize("name", LANGUAGES)


def asked(name: str, task: str, question: str, text: str, profile: ModelProfile = WIDE) -> Run:
    model = Reader(LANGUAGES[name], profile)
    run = anyio.run(lambda: ask(question, from_values({"context": text}), model, Budget(calls=500), choice="plan", task=task))
    assert run.fault is None, run.fault
    return run


@EVERY
@pytest.mark.parametrize("way", ["written", "typed"])
def test_search_finds_the_one_passage_in_one_call(name: str, way: str) -> None:
    """Also for a question as it is typed in haste: without accents, in capitals, in half-width letters."""
    language = LANGUAGES[name]
    run = asked(name, "search", language.question if way == "written" else language.typed, language.book(), WINDOW)
    assert run.value == language.answer
    assert run.usage.calls == 1


@EVERY
def test_classify_reads_labels_of_each_language(name: str) -> None:
    language = LANGUAGES[name]
    items = language.reviews()
    run = asked(name, "classify", language.sort, "\n".join(item for item, _ in items))
    assert run.value == "\n".join(f"{label}: {item}" for item, label in items)
    assert run.usage.calls == 2


@EVERY
def test_aggregate_counts_labels_of_each_language(name: str) -> None:
    language = LANGUAGES[name]
    items = language.reviews()
    run = asked(name, "aggregate", language.count, "\n".join(item for item, _ in items))
    assert run.value == str(sum(label == language.good for _, label in items))
    assert run.usage.calls == 2


@EVERY
def test_extract_quotes_the_text_with_its_own_signs(name: str) -> None:
    language = LANGUAGES[name]
    run = asked(name, "extract", language.table, language.register())
    quotes = [(who, where, language.born.format(who=who, where=where)) for who, where in language.people]
    assert run.value == "\n".join(["who | where | quote", *(f'{who} | {where} | "{quote}"' for who, where, quote in quotes)])
    assert run.usage.calls == 2
