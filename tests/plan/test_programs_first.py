"""A root model that can write programs writes one: for which questions, over what, and when it does not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.completion import ModelProfile
from lambda_rlm.plan.input_kind import InputKind
from lambda_rlm.plan.measure import Measure
from lambda_rlm.plan.measured_models import MEASURED, measured
from lambda_rlm.plan.router import Case
from lambda_rlm.plan.routing_settings import Routing
from lambda_rlm.plan.self_tests import SelfTest
from lambda_rlm.plan.strength import ability
from lambda_rlm.plan.tasks import COUNTING, FALLBACK, TASKS
from tests.support.places import ROOT

PROFILE = ModelProfile(name="m", window=32_000, max_output=2_000, input_price=0.0, output_price=0.0)
COUNT, EXPLAIN, WHO = "What is the median age?", "Explain this.", "Who keeps bees?"
KINDS: tuple[InputKind, ...] = ("rows", "lines", "prose", "documents", "code")
DATA, TEXTS = ("rows", "lines"), ("prose", "documents", "code")
SHORT, LONG = 500, 90_000


def case(query: str, kind: InputKind, tokens: int, strength: Any = "strong", **more: Any) -> Case:
    routing = Routing(strength=strength, detects=more.pop("detects", True))
    measure = Measure(4 * tokens, tokens, True, 4.0)
    return Case(
        **{
            "measure": measure,
            "query_tokens": 10,
            "leaf": PROFILE,
            "root": PROFILE,
            "query": query,
            "kind": kind,
            "routing": routing,
            **more,
        }
    )


def ways(*arguments: Any, **more: Any) -> list[str]:
    return [one.way for one in case(*arguments, **more).ways()]


@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("strength", ["strong", "medium"])
def test_over_rows_and_lines_a_program_answers_what_is_not_reading(kind: InputKind, strength: str) -> None:
    for tokens in (SHORT, LONG):
        for query in (COUNT, WHO, ""):
            assert ways(query, kind, tokens, strength) == ["synth", "plan"]
    assert ways(EXPLAIN, kind, SHORT, strength)[0] == "direct"
    assert ways(EXPLAIN, kind, LONG, strength)[0] == ("synth" if strength == "strong" else "plan")


@pytest.mark.parametrize("kind", TEXTS)
def test_a_short_text_is_read_and_a_long_one_is_programmed(kind: InputKind) -> None:
    for query in (EXPLAIN, WHO, ""):
        assert ways(query, kind, SHORT)[0] == "direct"
        assert ways(query, kind, LONG) == ["synth", "plan"]
    assert ways("Count the bees.", kind, SHORT) == ["synth", "plan", "direct"]
    assert ways(COUNT, kind, SHORT)[0] == "direct" and ways(COUNT, kind, LONG)[0] == "synth"


@pytest.mark.parametrize("kind", TEXTS)
def test_a_medium_root_writes_only_what_is_calculated(kind: InputKind) -> None:
    assert ways(COUNT, kind, LONG, "medium") == ["synth", "plan"]
    for query in (EXPLAIN, WHO):
        assert ways(query, kind, LONG, "medium") == ["plan", "synth"]
        assert ways(query, kind, SHORT, "medium")[0] == "direct"


@given(
    st.sampled_from([COUNT, EXPLAIN, WHO, ""]), st.sampled_from(KINDS), st.integers(0, 100_000), st.sampled_from([None, *TASKS])
)
def test_a_weak_root_keeps_its_ways_whatever_is_asked(query: str, kind: InputKind, tokens: int, task: str | None) -> None:
    plain = case("", "prose", tokens, "weak", task=task)
    assert case(query, kind, tokens, "weak", task=task).ways() == plain.ways()
    assert plain.assumed == FALLBACK and "synth" not in [one.way for one in plain.ways()]


@given(
    st.sampled_from([COUNT, "How many are open?", "每个月的总额", "Wie viele?"]),
    st.sampled_from(DATA),
    st.integers(0, 100_000),
    st.sampled_from(["strong", "medium"]),
    st.booleans(),
    st.sampled_from([None, *TASKS]),
)
def test_no_calculation_over_rows_goes_directly_or_to_search(
    query: str, kind: InputKind, tokens: int, strength: str, detects: bool, detected: str | None
) -> None:
    """Nor does one that may be a calculation, whatever a model said of the task, and whether or not it may be asked."""
    one = case(query, kind, tokens, strength, detects=detects)
    if detected is not None:
        one = one.with_task(detected)
    assert "direct" not in [way.way for way in one.ways()]
    assert all(one.route(way).strategy != FALLBACK for way in one.ways())
    assert one.assumed == COUNTING


@pytest.mark.parametrize("strength", ["strong", "medium"])
def test_a_task_that_a_person_named_is_not_written_first(strength: str) -> None:
    for task in TASKS:
        for kind in KINDS:
            assert ways(COUNT, kind, LONG, strength, task=task)[0] == "plan"
    assert ways(WHO, "prose", SHORT, strength, task="summarise") == ["direct", "plan"]
    assert ways(COUNT, "rows", SHORT, strength, task="aggregate")[0] == "plan"


def test_a_task_that_a_model_named_changes_no_order() -> None:
    for query in (COUNT, EXPLAIN, WHO):
        for kind in KINDS:
            for tokens in (SHORT, LONG):
                one = case(query, kind, tokens, "strong")
                assert [way.way for way in one.with_task("compare").ways()] == [way.way for way in one.ways()]


def test_before_approval_nothing_is_written() -> None:
    for query in (COUNT, EXPLAIN):
        for kind in KINDS:
            assert "synth" not in ways(query, kind, LONG, detects=False)
    assert ways(COUNT, "rows", LONG, detects=False, choice="synth") == ["synth"]


def test_what_is_short_is_decided_by_what_reading_likely_costs() -> None:
    """In a wide window the same text goes directly or to a program as the two models' prices have it."""
    wide = replace(PROFILE, window=1_000_000)
    dear, cheap = (replace(wide, input_price=price, output_price=8 * price) for price in (1e-5, 1e-7))

    def first(leaf: ModelProfile, root: ModelProfile, tokens: int) -> str:
        return ways(WHO, "prose", tokens, leaf=leaf, root=root)[0]

    for tokens, way in ((10_000, "direct"), (300_000, "synth")):
        assert first(wide, wide, tokens) == first(dear, dear, tokens) == first(cheap, cheap, tokens) == way
    assert (first(cheap, dear, 300_000), first(dear, cheap, 60_000)) == ("direct", "synth")


def test_the_reason_says_what_is_asked_and_what_the_root_can_do() -> None:
    assert case(COUNT, "rows", SHORT).ways()[0].reason == (
        "the question asks for a calculation over rows; m writes programs (strong: set)"
    )
    named = replace(PROFILE, name="openai/gpt-5-mini")
    (first, *_) = case(WHO, "lines", LONG, "auto", root=named).ways()
    assert first.reason == (
        "the question may need a calculation over lines of one form; "
        "openai/gpt-5-mini writes programs (medium: guessed from its name)"
    )
    assert case(EXPLAIN, "prose", SHORT).ways()[0].reason.endswith("; the question asks for reading prose")


def test_a_setting_precedes_a_test_and_a_test_a_measurement_and_that_a_guess() -> None:
    gpt, local = replace(PROFILE, name="openai/gpt-5"), replace(PROFILE, name="ollama/qwen2.5-coder:0.5b")
    made = SelfTest(
        model="openai/gpt-5", page="p", date="2030-01-02", programs=3, programs_of=5, tasks=1, tasks_of=3, types=1, types_of=2
    )
    assert ability(gpt).strength == "strong"
    found = ability(gpt, tested=made)
    assert (found.strength, found.evidence, found.tells_tasks_apart) == ("medium", "self-test", False)
    assert ability(gpt, "weak", made).evidence == "setting"
    assert (ability(local).strength, ability(local).evidence, ability(local).tells_tasks_apart) == ("weak", "measured", False)
    assert ability(local, tested=replace(made, programs=5, types=2, tasks=3)).tells_tasks_apart
    assert case(WHO, "rows", SHORT, "auto", root=gpt, root_tested=replace(made, programs=0)).ways()[0].way == "direct"


@pytest.mark.parametrize("row", MEASURED)
def test_every_measured_model_has_a_source_that_can_be_read(row: Any) -> None:
    pages = [part.partition(":")[0].strip() for part in row.source.split(";") if part.strip().startswith("docs/")]
    assert pages and all((ROOT / page).is_file() for page in pages)
    assert measured(f"local/{row.name}") is row is not None and measured(f"ollama/{row.name}-instruct-q4") is row
    assert measured(f"x/{row.name}0") is None and measured("openai/gpt-5") is None


def test_development_questions_take_a_route_that_is_right() -> None:
    """All of a strong root; of a medium one at least 19 in 20."""
    kinds: dict[str, InputKind] = {"table": "rows", "log": "lines", "documents": "documents", "code": "code"}
    wrong: dict[str, list[str]] = {"strong": [], "medium": [], "weak": []}
    rows = (ROOT / "benchmarks" / "routing" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    for row in map(json.loads, rows):
        given, is_dense = row["input"], row["language"] == "zh"
        tokens = int(given["chars"] / (1.5 if is_dense else 4))
        for strength, missed in wrong.items():
            one = case(row["question"], kinds.get(given["kind"], "prose"), tokens, strength)
            if one.ways()[0].way not in {way.partition(":")[0] for way in row["wanted"][strength]}:
                missed.append(row["id"])
    assert wrong["strong"] == [] and len(wrong["medium"]) <= len(rows) / 20, wrong
