"""Among several programs: which count as one, which are run, which answer is taken."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.syntax.parse import parse
from lambda_rlm.synth.select import AnsweredCandidate, Candidate, agreement, choose, merge, normal_form, rank


def candidate(number: int, normal: str = "", **known: Any) -> Candidate:
    return Candidate(number=number, normal=normal or f"program {number}", **known)


def outcome(number: int, answer: str, normal: str = "", **known: Any) -> AnsweredCandidate:
    return AnsweredCandidate(candidate=candidate(number, normal, **known), value=answer, answer=answer)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("let a = 1; a", "let b = 1;\n# so\nb", True),
        ("def f(x) = x; f(1)", "def g(y) = y; g(1)", True),
        ("let a = 1; a", "let a = 2; a", False),
        ("context |> lines |> map(fn(l) => trim(l))", "context|>lines|>map(fn(x)=>trim(x))", True),
        ("{ a: 1 }.a", "{ b: 1 }.b", False),
    ],
)
def test_a_normal_form_forgets_names_layout_and_comments_only(one: str, other: str, same: bool) -> None:
    forms = [normal_form(parse(SourceFile("p", text))) for text in (one, other)]
    assert (forms[0] == forms[1]) is same


def test_equal_programs_are_one_candidate_with_mean_confidence() -> None:
    merged = merge([candidate(2, "p", confidence=0.4), candidate(0, "p", confidence=0.8), candidate(1, "q")])
    assert [(c.number, c.samples, c.confidence) for c in merged] == [(0, 2, pytest.approx(0.6)), (1, 1, 0.5)]


def test_candidates_run_in_order_of_samples_confidence_cost() -> None:
    """A little more confidence is not worth any price, nor a little less cost any doubt."""
    often = candidate(0, samples=2, confidence=0.1, usd=9.0)
    sure_and_cheap = candidate(1, confidence=0.9, usd=0.1)
    sure_and_dear = candidate(2, confidence=0.95, usd=5.0)
    unsure_and_cheap = candidate(3, confidence=0.3, usd=0.05)
    unknown_cost = candidate(4, confidence=0.2)
    ranked = rank([unknown_cost, unsure_and_cheap, sure_and_dear, often, sure_and_cheap])
    assert [c.number for c in ranked] == [0, 3, 1, 2, 4]


def test_the_answer_of_most_samples_wins_then_confidence() -> None:
    most = [outcome(0, "a", samples=2, confidence=0.1), outcome(1, "b", confidence=1.0)]
    assert choose(most).answer == "a" and agreement(most, choose(most)) == pytest.approx(2 / 3)
    sure = [outcome(0, "a", confidence=0.4), outcome(1, "b", confidence=0.6)]
    assert choose(sure).answer == "b"
    short = [outcome(0, "a", "a long program"), outcome(1, "b", "short")]
    assert choose(short).answer == "b"


def test_answers_that_differ_in_case_and_marks_agree() -> None:
    found = [outcome(0, "Oslo."), outcome(1, "oslo"), outcome(2, "Bergen", confidence=1.0)]
    assert choose(found).answer in ("Oslo.", "oslo") and agreement(found, choose(found)) == pytest.approx(2 / 3)


def test_there_is_nothing_to_choose_from_nothing() -> None:
    with pytest.raises(ValueError, match="no outcome"):
        choose([])


_drawn = st.builds(
    lambda number, samples, confidence, calls, usd: candidate(number, samples=samples, confidence=confidence, calls=calls, usd=usd),
    st.integers(0, 99), st.integers(1, 4), st.floats(0, 1), st.none() | st.integers(0, 9), st.none() | st.floats(0, 9),
)  # fmt: skip


@given(candidates=st.lists(_drawn, max_size=8, unique_by=lambda c: c.number), order=st.randoms(use_true_random=False))
def test_the_order_in_which_candidates_came_back_does_not_matter(candidates: list[Candidate], order: Any) -> None:
    shuffled = list(candidates)
    order.shuffle(shuffled)
    assert rank(shuffled) == rank(candidates)
    assert sorted(c.number for c in rank(candidates)) == sorted(c.number for c in candidates)
