"""A budget and the numbers of a strategy: among those that may begin the usual ones come first, and where the strategy's own numbers
fit, a plan that fits is found. Whoever foretells a question and whoever answers it take the same."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any

import anyio
import pytest

from lambda_rlm.answering.preview import Decision, WayCost, decide
from lambda_rlm.answering.question import Question, Setup, case_of
from lambda_rlm.answering.sized_plan import sized_plans, what_is_read
from lambda_rlm.bench.words import prose
from lambda_rlm.bounds.bound import Bound
from lambda_rlm.budget.budget import Admission, Budget
from lambda_rlm.completion import Message
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.execution.check import check
from lambda_rlm.execution.prospect import foresee
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs import from_values
from lambda_rlm.llm.profiles import provider_profile
from lambda_rlm.llm.scripted import Rule, ScriptedModel
from lambda_rlm.plan.measure import LateMeasure
from lambda_rlm.plan.narrower import narrower
from lambda_rlm.plan.plan import numbers, plan
from lambda_rlm.plan.router import Preference, Route
from lambda_rlm.plan.tasks import TASKS
from lambda_rlm.types.type import TEXT
from tests.support.answering import ask

ABOUT = "What does the author say of the beetles of Madeira?"
NOTHING = "Zzyzx qwrtp?"
"""No word of it stands in the text, so that a search reads all of it."""

MINI = provider_profile("openai/gpt-5-mini")


@cache
def text() -> str:
    draw = Random("sized plans")
    return "\n\n".join(" ".join(prose(draw.randrange(300, 1_500), draw)) for _ in range(1_000))[:400_000]


def model(reply: str = "some words") -> ScriptedModel:
    return ScriptedModel.from_rules([("Copy the one sentence", "null"), ("", reply)], MINI)


def decided(budget: Budget, query: str = ABOUT, task: str = "search", **more: Any) -> Decision:
    question = Question(query=query, inputs=from_values({"context": text()}), task=task)
    return decide(question, Setup(leaf=model(), budget=budget, **more))


@cache
def unlimited() -> Decision:
    return decided(Budget())


def planned(decision: Decision) -> WayCost:
    return next(one for one in decision.ways if one.way == "plan")


def asked(budget: Budget, query: str = ABOUT, task: str = "search", **more: Any) -> tuple[Run, ScriptedModel]:
    leaf, inputs = model(more.pop("reply", "some words")), from_values({"context": text()})
    return anyio.run(lambda: ask(query, inputs, leaf, budget, task=task, **more)), leaf


@cache
def with_own_numbers(task: str) -> Bound:
    """The bound of a strategy with the numbers of its file."""
    types = {"context": TEXT, "query": TEXT}
    checked = check(plan(Route(task, ""), types), types)
    assert checked.typed is not None
    return foresee(checked.typed, {"context": text(), "query": ABOUT}, model(), Budget()).bound


@pytest.mark.parametrize("limit", ["usd", "tokens", "calls"])
def test_a_plan_that_fits_is_found_where_the_own_numbers_fit(limit: str) -> None:
    own = with_own_numbers("search")
    budget = Budget(**{limit: getattr(own, limit)})
    found = planned(decided(budget, choice="plan"))
    assert found.admitted == "proved" and found.bound is not None
    assert getattr(found.bound, limit) <= getattr(own, limit)


@pytest.mark.slow
@pytest.mark.parametrize(
    "task", [task for task in TASKS if "reading" in numbers(Route(task, "")) or "piece" in numbers(Route(task, ""))]
)
def test_so_of_every_strategy(task: str) -> None:
    budget = Budget(usd=with_own_numbers(task).usd)
    assert planned(decided(budget, task=task, choice="plan")).admitted == "proved"


def test_without_a_limit_the_usual_numbers_are_taken() -> None:
    found = planned(unlimited())
    assert found.admitted == "proved" and found.note is None


@pytest.mark.parametrize(
    ("query", "budget", "words"),
    [
        (ABOUT, Budget(tokens=75_000), "pieces of 9,000 characters instead of 95,049; at most 54%"),
        (ABOUT, Budget(usd=0.03), "at most 4 pieces in a second look instead of 16; at most"),
        (NOTHING, Budget(tokens=150_000, calls=4), "to fit the budget, `search` reads pieces of 190,098 characters"),
    ],
    ids=["tokens", "dollars", "calls"],
)
def test_a_smaller_budget_is_proved_by_other_numbers(query: str, budget: Budget, words: str) -> None:
    """By its usual numbers the plan may cost more: it was refused, or began as likely and might stop."""
    decision = decided(budget, query, choice="plan")
    found = planned(decision)
    assert decision.way == "plan" and found.admitted == "proved"
    assert found.note is not None and words in found.note and found.note in decision.notes
    run, _ = asked(budget, query, choice="plan")
    assert run.ok and run.admitted == "proved" and run.bound is not None
    assert found.bound is not None and run.bound.calls == found.bound.calls
    assert found.note in run.notes
    assert run.usage.calls <= budget.calls and (budget.usd is None or run.bound.usd <= budget.usd)  # type: ignore[operator]


def test_what_is_read_is_no_more_than_is_said() -> None:
    """The part of the inputs in the note is what all prompts may come to, and a run that reads all it may stays below."""
    budget = Budget(usd=0.03)
    run, leaf = asked(budget, reply="not found")
    assert MINI.vocabulary is not None and run.ok
    tokens = sum(MINI.vocabulary.exact(prompt) for prompt in leaf.prompts)
    note = next(note for note in run.notes if "% of the inputs" in note)
    share = int(note.rpartition("at most ")[2].partition("%")[0])
    whole = unlimited().tokens
    assert len(leaf.prompts) > 4
    assert 100 * tokens <= share * whole


def test_a_budget_for_nothing_is_refused_with_the_least_need() -> None:
    with pytest.raises(Rejected, match="may cost") as rejected:
        asked(Budget(usd=0.0001), choice="plan")
    [(option, need)] = rejected.value.diagnostics[0].needs
    usual = planned(unlimited())
    assert usual.bound is not None and usual.bound.usd is not None
    assert option == "--max-cost" and need < usual.bound.usd
    assert asked(Budget(usd=need), choice="plan")[0].ok


def test_no_program_is_tried_twice_and_the_usual_is_first() -> None:
    question = Question(query=ABOUT, inputs=from_values({"context": text()}), task="search")
    route = case_of(question, Setup(leaf=model(), choice="plan")).route(Preference("plan", ""))
    tried = list(sized_plans(question, route))
    assert tried[0][0] is route and len({source.text for _, source in tried}) == len(tried) > 4
    assert what_is_read(route, route, None, LateMeasure({"context": text()}, model())) is None


def test_inputs_are_not_counted_for_a_note_that_is_not_given() -> None:
    """A vocabulary takes longer to load than all else."""
    counted = []

    class Counting(ScriptedModel):
        counts_by_vocabulary = True

        def count_tokens(self, messages: tuple[Message, ...]) -> int:
            counted.append(messages[0].content)
            return super().count_tokens(messages)

    leaf, context = Counting([Rule("", "said")], MINI), text()[:2_000]
    assert anyio.run(lambda: ask(ABOUT, from_values({"context": context}), leaf, choice="direct")).answer == "said"
    assert context not in counted


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("size", [400, 9_000, 25_000, 300_000])
def test_other_numbers_are_never_larger_but_for_the_pieces(task: str, size: int) -> None:
    usual = Route(task, "", {"reading": size, "piece": 3 * size})
    own = numbers(usual)
    for one in narrower(usual):
        assert one.sizes["reading"] <= size and one.sizes["piece"] <= 6 * size
        assert one.sizes.get("second_look", 0) <= own.get("second_look", 0)
    least = {name: min(usual.sizes[name], own[name]) for name in usual.sizes if name in own}
    assert not least or any(least.items() <= one.sizes.items() for one in (usual, *narrower(usual)))


def test_likely_is_the_last_resort() -> None:
    """Where no numbers are proved, the usual ones begin as likely, if that is allowed."""
    likely = planned(unlimited()).likely
    assert likely is not None and likely.needs_usd is not None
    budget = Budget(usd=likely.needs_usd * 1.02)
    found = planned(decided(budget, choice="plan"))
    assert (found.admitted, found.note) == ("likely", None)
    run, _ = asked(budget, choice="plan")
    assert run.admitted == "likely" and not any("to fit the budget" in note for note in run.notes)
    with pytest.raises(Rejected):
        asked(Budget(usd=budget.usd, admit="proved"), choice="plan")


@pytest.mark.slow
@pytest.mark.parametrize("admit", ["proved", None])
def test_a_plan_in_place_of_a_program_fits_the_budget_too(admit: Admission | None) -> None:
    """The root model writes no program, and the plan's usual numbers cost more than what is left."""
    budget = Budget(usd=0.032, admit=admit)
    run, _ = asked(budget, choice="synth")
    assert run.ok and run.synthesis is not None and run.synthesis.fallback is not None
    assert run.admitted == "proved" and run.bound is not None and run.bound.usd is not None and run.bound.usd <= 0.032
    assert any("to fit the budget, `search` reads" in note for note in run.notes)
    run, _ = asked(Budget(), choice="synth")
    assert run.ok and not any("to fit the budget" in note for note in run.notes)
