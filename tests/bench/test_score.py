"""A score is what the rule of its scorer says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lambda_rlm.bench.score import SCORERS, f1, pairs_of, score

CASES = [json.loads(line) for line in (Path(__file__).parent / "scoring_cases.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['task']['scorer']}: {case['prediction'][:30]!r}")
def test_a_prediction_gets_the_score_that_its_vector_states(case: dict[str, Any]) -> None:
    """The vectors are what any implementation of these scorers must return."""
    assert score(case["task"], case["prediction"]) == pytest.approx(case["score"], abs=1e-6)


def test_every_scorer_has_a_vector() -> None:
    assert len(CASES) == 45
    assert {case["task"]["scorer"] for case in CASES} == SCORERS.keys()


def test_a_prediction_may_be_a_list() -> None:
    assert score({"scorer": "set_f1", "answer": ["a", "b"]}, ["A", "b."]) == 1
    assert score({"scorer": "pairs_f1", "answer": {"form": "both", "A": [1, 2]}}, [(2, 1)]) == 1
    entries = ["1990-01-02: planted trees", "1990-02-03: sold pears"]
    assert score({"scorer": "ordered_list", "answer": entries}, entries) == 1


def test_order_in_a_pair_and_repeated_pairs_do_not_matter() -> None:
    assert pairs_of({"form": "roles", "A": [3, 1], "B": [1, 3]}) == {(1, 3)}


def test_nothing_found_where_nothing_was_is_right() -> None:
    assert f1(0, 0, 0) == 1
    assert score({"scorer": "oolong", "answer": "x", "answer_type": "COMPARISON"}, "Answer: ") == 0


def test_an_unknown_scorer_is_an_error_that_lists_the_known() -> None:
    with pytest.raises(ValueError, match="unknown scorer 'bleu'; choose from oolong"):
        score({"scorer": "bleu", "answer": ""}, "")
