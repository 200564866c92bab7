"""The theorem of the cost analysis: what a run is metered is at most its bound, component by component, whatever the model does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.pool import ALL, Pool
from lambda_rlm.completion import ModelProfile
from lambda_rlm.eval.asking.asker import AskSettings
from lambda_rlm.execution.check import check
from lambda_rlm.llm.vocabulary.byte_pair import vocabulary_named
from tests.support.adversary import MANNERS, RESENDING, Adversary
from tests.support.bounding import WAYS, Trial, excess
from tests.support.drawn_runs import plain
from tests.support.examples import examples
from tests.support.strategies import Drawn, programs
from tests.support.strategies_bounds import INPUTS, Source, sources
from tests.support.word_vocabulary import WORDS

REAL = vocabulary_named("o200k_base")
BUDGET = Budget(calls=600, tokens=10**9, fuel=2_000_000, memory=30_000_000, depth=14)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(14_400),
]  # two thousand programs take longer than any other test, 50,000 an hour and more


@st.composite
def adversaries(draw: st.DrawFn) -> tuple[Adversary, AskSettings]:
    """A model at its worst and the settings it is asked with."""
    window = draw(st.sampled_from((10**6, 10**6, 8_192, 2_600, 1_700)))
    profile = ModelProfile(
        name="adversary",
        window=window,
        max_output=draw(st.sampled_from((60, 16, 400, 1_200))),
        input_price=1e-6,
        output_price=3e-6,
        retries=draw(st.sampled_from((0, 0, 2))),
        resends=draw(st.sampled_from((0, 2))),
        reasoning_tokens=draw(st.sampled_from((0, 30, 3_000 if window == 10**6 else 30))),
        thinks_less=draw(st.booleans()),
        vocabulary=draw(st.sampled_from((None, None, WORDS, WORDS, REAL))),
    )
    asking = AskSettings(
        key=b"tests",
        out=draw(st.sampled_from((5, 40, 1_024))),
        item_out=draw(st.sampled_from((4, 16, 128))),
        repairs=draw(st.sampled_from((1, 0, 2))),
        max_reply=draw(st.sampled_from((100_000, 50))),
        per_call=draw(st.sampled_from((16, 3))),
        pool=draw(st.sampled_from((None, None, ALL, Pool(0, 0), Pool(3, 0), Pool(1, 50)))),
    )
    manner = draw(st.sampled_from(MANNERS))
    letter, resending = draw(st.sampled_from(("x", "𝄞", "x ", "ab c"))), draw(st.sampled_from(RESENDING))
    return Adversary(profile, manner, letter, draw(st.booleans()), resending=resending), asking


def holds(text: str, types: dict[str, Any], values: dict[str, Any], adversary: tuple[Adversary, AskSettings]) -> None:
    """The theorem, for one program, its inputs and a model; bounded in three ways."""
    found = check(text, types)
    assert found.typed is not None, [f"{d.code} {d.message}" for d in found.diagnostics]
    model, asking = adversary
    trial = Trial(found.typed, values, model, asking, BUDGET)
    bounds = {way: trial.bound(way) for way in WAYS}
    ran = trial.run()
    broken = [f"{way}: {line}" for way, bound in bounds.items() if bound is not None for line in excess(bound, ran)]
    assert not broken, "\n".join([*broken, f"fault: {ran.fault}"])


@settings(max_examples=examples(1_400, deep=35_000))
@given(sources(), adversaries())
def test_what_is_metered_is_at_most_the_bound(source: Source, adversary: tuple[Adversary, AskSettings]) -> None:
    holds(source.text, INPUTS, source.values, adversary)


@settings(max_examples=examples(600, deep=15_000))
@given(programs(), adversaries())
def test_usage_is_within_the_bound_in_all_of_the_language(drawn: Drawn, adversary: tuple[Adversary, AskSettings]) -> None:
    values = {name: plain(value) for name, value in drawn.values.items()}
    holds(repr(drawn).split("\n", 1)[1], drawn.inputs, values, adversary)


def test_a_question_asked_elsewhere_first_lengthens_no_chain() -> None:
    """The right side asks what the left one asks as its second call, which is answered before: it waits for one call."""
    profile = ModelProfile(name="adversary", window=10**6, max_output=60, input_price=1e-6, output_price=3e-6)
    text = """
      let x = { let y = to_text(llm_call[Int](context)); replace("ab", "", llm_call(context)) }
        ++ (llm_call[{ a: Text, b: List[Text] }](tree_fold(chunk(context, 2), 0, fn(xs) => llm_call(join(xs, ""))) ?? "").a);
      x"""
    values = {"query": "", "context": "111", "texts": [], "rows": [], "n": 0}
    asking = AskSettings(key=b"tests", out=5, item_out=4)
    holds(text, INPUTS, values, (Adversary(profile, "longest", "x", False, resending="never"), asking))
