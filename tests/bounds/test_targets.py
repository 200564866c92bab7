"""How close bounds must be, on a part of what `benchmarks/bounds.py` measures: the programs written for it, and a book."""

from __future__ import annotations

import statistics
from dataclasses import replace
from functools import cache

import pytest

from benchmarks.closeness import book
from benchmarks.closeness.targets import DOLLARS_MEDIAN, INPUT_MEDIAN, INPUT_NINTH, LIKELY, STRAIGHT, ninth
from lambda_rlm.answering.preview import decide
from lambda_rlm.answering.question import Question, Setup
from lambda_rlm.bounds.admit import refusals
from lambda_rlm.budget.budget import Budget
from lambda_rlm.inputs import from_values
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.plan.router import Choice
from lambda_rlm.types.type import TEXT
from tests.support.bounding import Trial
from tests.support.closeness import Closeness, before, closeness
from tests.support.places import ROOT
from tests.support.realistic import tokens
from tests.support.recorded_programs import Program, mini, written_here
from tests.support.series import SCRIPTS, SENTENCES, series

pytestmark = pytest.mark.slow

THINKING = 4_096
"""Tokens of thought that a request to the model of the book may be paid for, by default."""


@cache
def written() -> dict[str, tuple[Closeness, Closeness]]:
    """Each program that asks, as it is bounded and as it was."""
    trials = {program.name: program.trial() for program in written_here()}
    found = {name: closeness(trial) for name, trial in trials.items()}
    return {name: (now, before(trials[name], now.run)) for name, now in found.items() if now.calls[0]}


@pytest.mark.parametrize("script", SCRIPTS)
def test_ten_calls_without_branches_are_bounded_closely(script: str) -> None:
    """In every script, by the vocabulary: a pool of one for ten calls, and little else."""
    found = closeness(series(SENTENCES, 10, SCRIPTS[script]).trial())
    assert found.counted_by == "o200k_base"
    assert found.violations == ()
    assert found.input.whole <= STRAIGHT


def test_input_tokens_are_near_what_is_used() -> None:
    ratios = [now.input.whole for now, _ in written().values()]
    assert statistics.median(ratios) <= INPUT_MEDIAN
    assert ninth(ratios) <= INPUT_NINTH


def test_dollars_are_near_what_is_paid() -> None:
    assert statistics.median(now.usd.whole for now, _ in written().values()) <= DOLLARS_MEDIAN


def test_bounds_are_several_times_closer_than_before() -> None:
    gains = [then.input.whole / now.input.whole for now, then in written().values()]
    assert min(gains) > 2
    assert statistics.median(gains) > 8


def test_likely_is_near_what_is_paid_in_the_median() -> None:
    assert LIKELY[0] <= statistics.median(now.likely_ratio for now, _ in written().values()) <= LIKELY[1]


def of_the_book(strategy: str, thinking: int) -> Trial:
    """A strategy over the book of the benchmark, on a model that may be paid for so many tokens of thought."""
    query = "Summarise the book on one page." if strategy == "summarise" else book.QUESTIONS[0].query
    source = (ROOT / "stdlib" / f"{strategy}.lam").read_text(encoding="utf-8")
    types, given = {"query": TEXT, "context": TEXT}, {"query": query, "context": book.book()}
    return Program(strategy, "strategy", source, types, given).trial(replace(mini(), reasoning_tokens=thinking))


@pytest.mark.parametrize(("strategy", "thinking", "most"), [("direct", THINKING, 0.16), ("search", 256, 0.04)])
def test_a_question_of_a_book_fits_what_it_should_cost(strategy: str, thinking: int, most: float) -> None:
    found = of_the_book(strategy, thinking).bound("staged")
    assert found is not None
    assert found.bound.counted_by == "o200k_base"
    assert found.bound.usd is not None and found.bound.usd <= most
    assert refusals(found, Budget(usd=most)) == []
    assert refusals(found, Budget(usd=most / 4)) != []


@pytest.mark.parametrize(
    ("choice", "task", "thinking", "most"),
    [("auto", "search", THINKING, 0.10), ("auto", "search", 256, 0.04), ("direct", None, THINKING, 0.16)],
)
def test_a_book_is_asked_within_what_it_should_cost(choice: Choice, task: str | None, thinking: int, most: float) -> None:
    """As `ask` goes: with the numbers that a plan is given, which for a large window are larger than those of its file."""
    profile = replace(mini(), reasoning_tokens=thinking, thinks_less=thinking == THINKING)
    leaf = ScriptedModel((), profile)
    for query in (book.QUESTIONS[0].query, "Which year was it, and who came by train from Paris?"):
        question = Question(query=query, inputs=from_values({"context": book.book()}), task=task)
        decision = decide(question, Setup(leaf=leaf, budget=Budget(usd=most), choice=choice))
        found = next(one for one in decision.ways if one.way == decision.way)
        assert decision.strategy == (task or "direct") and found.admitted == "proved"
        assert found.bound is not None and found.bound.usd is not None and found.bound.usd <= most


def test_a_book_asked_directly_is_bounded_by_twice_its_tokens() -> None:
    """One attempt in ten, and one at least, is of the pool: for one call that is the whole book once more."""
    trial = of_the_book("direct", 0)
    found, told = trial.bound("staged"), tokens(book.book())
    assert found is not None and found.bound.input_tokens is not None
    assert 2 * told < found.bound.input_tokens < 2.02 * told


def test_likely_is_near_what_a_summary_of_a_book_costs() -> None:
    found = closeness(of_the_book("summarise", 0))
    assert found.violations == ()
    assert LIKELY[0] <= found.likely_ratio <= LIKELY[1]
