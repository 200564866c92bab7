"""The evaluator means what the reference means: on every drawn program the same value, or the same fault."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lambda_rlm.eval.value import Text
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.types.type import FLOAT, INT, Type, option_of
from tests.differential.reference import evaluate
from tests.differential.reference_library import IN_THE_EVALUATOR, LIBRARY, NOT_HERE, Fault
from tests.support import oracle
from tests.support.applying import apply
from tests.support.drawn_runs import LIMITS, checked, plain, run
from tests.support.strategies import Drawn, applications, programs

DRAWN = set(LIBRARY) - {Primitive.PARSE}
"""`parse` is drawn on canonical JSON and on numbers with signs only: what other texts it reads with good will is pinned by
conformance cases."""


SIGNED = st.from_regex(r"[-+−]?[0-9]{1,3}([.,'’ \u00a0\u202f]?[0-9]{1,4}){0,4}", fullmatch=True)
"""Digits with signs between them. A zero before digits and a sign before all of them are left to the cases."""


@pytest.mark.slow
@given(SIGNED.filter(lambda text: not re.match(r"[-+−]?0[0-9]|\+", text)), st.sampled_from([INT, FLOAT]))
def test_numbers_with_signs_mean_what_the_reference_means(text: str, type_: Type) -> None:
    found = apply(Primitive.PARSE, Text(text), result=option_of(type_))
    expected = LIBRARY[Primitive.PARSE](text, type_)
    assume(expected is None or type_ == FLOAT or -(2**63) <= expected[0] < 2**63)
    assert found == expected


def reference(drawn: Drawn) -> tuple[str, Any]:
    typed = checked(drawn).typed
    assert typed is not None
    try:
        return "value", plain(evaluate(typed, drawn.values, oracle.ask))
    except Fault as fault:
        return "fault", fault.code


def evaluator(drawn: Drawn) -> tuple[str, Any]:
    done = run(drawn)
    if done.fault is None:
        return "value", done.value
    assume(done.fault.code not in LIMITS)
    return "fault", done.fault.code


@pytest.mark.slow
@given(programs(asks=False, library=DRAWN))
def test_pure_programs_mean_what_the_reference_means(drawn: Drawn) -> None:
    assert evaluator(drawn) == reference(drawn)


@pytest.mark.slow
@given(programs(library=DRAWN | IN_THE_EVALUATOR))
def test_programs_that_ask_a_model_mean_what_the_reference_means(drawn: Drawn) -> None:
    assert evaluator(drawn) == reference(drawn)


APPLIED = sorted(DRAWN - {Primitive.ITERATE}, key=lambda primitive: primitive.value)


@pytest.mark.hypothesis
@pytest.mark.slow
@pytest.mark.parametrize("primitive", APPLIED, ids=lambda primitive: primitive.value)
def test_a_library_function_means_what_the_reference_means(primitive: Primitive) -> None:
    """Each function on its own, so that none is drawn too seldom to be held to its meaning."""

    @settings(max_examples=settings().max_examples // 2)
    @given(applications(primitive, DRAWN))
    def agree(drawn: Drawn) -> None:
        assert evaluator(drawn) == reference(drawn)

    agree()


def test_every_library_function_is_in_the_reference() -> None:
    assert set(LIBRARY) | NOT_HERE | IN_THE_EVALUATOR == set(Primitive)
    assert not set(LIBRARY) & NOT_HERE
