"""What must hold of the routes of the questions in `benchmarks/routing`, which measures all of them."""

from __future__ import annotations

from collections import Counter
from itertools import chain

import pytest

from lambda_rlm.plan.tasks import TASKS
from tests.support.routing_cases import LANGUAGES, ROOTS, cases, chosen, taken

COMPUTING = [case for case in cases("questions") if case.computes_over_rows]


@pytest.mark.slow
@pytest.mark.parametrize("root", ["strong", "medium"])
def test_computing_over_rows_is_never_read_or_searched(root: str) -> None:
    """Inputs are cut to 40,000 characters, which fit the window: being short is no reason to leave it to mental arithmetic."""
    broken = [
        (case.id, route) for case in COMPUTING if case.breaks_the_rule(root, route := taken(case, root, most_characters=40_000))
    ]
    assert not broken


@pytest.mark.slow
@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("characters", [8_000, 200_000])
def test_a_question_takes_the_route_that_is_chosen(characters: int, root: str) -> None:
    """Of the router alone, which is what the benchmark asks, and of the whole way up to the first call."""
    some = [case for name in ("held_out", "questions") for case in cases(name)][:: 5 if characters < 100_000 else 20]
    assert len({case.kind for case in some}) > 7
    routes = [(case.id, chosen(case, root, characters)) for case in some]
    assert routes == [(case.id, taken(case, root, characters)) for case in some]
    assert len({route for _, route in routes}) > 1 or (root, characters) == ("weak", 8_000)


@pytest.mark.parametrize("root", ["strong", "medium"])
def test_what_is_chosen_of_rows_does_not_depend_on_their_number(root: str) -> None:
    computing = [case for case in COMPUTING if case.shape["kind"] == "log"]
    assert {chosen(case, root, characters) for case in computing for characters in (2_000, 400_000)} == {"synth"}


@pytest.mark.parametrize("name", ["held_out", "questions"])
def test_every_kind_has_questions_in_every_language(name: str) -> None:
    found = cases(name)
    counted = Counter((case.kind, case.language) for case in found)
    assert len({case.kind for case in found}) == 10
    assert len({case.shape["kind"] for case in found}) == 6
    assert all(counted[kind, language] for kind in {case.kind for case in found} for language in LANGUAGES)
    assert len({case.question.lower() for case in found}) == len(found)


def test_the_held_out_questions_are_in_no_other_file() -> None:
    held = {case.question.lower() for case in cases("held_out")}
    assert not held & {case.question.lower() for case in chain(cases("questions"), cases("paraphrases"))}


def test_ten_groups_have_ten_paraphrases_each() -> None:
    groups = Counter(case.id for case in cases("paraphrases"))
    assert list(groups.values()) == [10] * 10
    assert len({case.question for case in cases("paraphrases")}) == 100


@pytest.mark.parametrize("name", ["held_out", "questions", "paraphrases"])
def test_wanted_routes_exist_and_keep_the_rule(name: str) -> None:
    """No route that reads or searches rows is wanted of a model that writes programs, and no program of one that cannot."""
    routes = {"direct", "synth", *(f"plan:{task}" for task in TASKS)}
    for case in cases(name):
        assert case.wanted.keys() == ROOTS.keys()
        assert all(case.wanted[root] and set(case.wanted[root]) <= routes for root in ROOTS), case.id
        assert case.task in TASKS
        assert "synth" not in case.wanted["weak"], case.id
        if case.computes_over_rows:
            assert case.wanted["strong"] == case.wanted["medium"] == ("synth",), case.id
