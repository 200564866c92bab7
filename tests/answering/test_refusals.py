"""A question that no way is open to: the refusal says whether writing or answering lacks room, and which limit to raise to what."""

from __future__ import annotations

import re
from typing import Any

import pytest

from lambda_rlm import RLM
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import CompletionRequest, ModelProfile
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.plan.routing_settings import Routing
from tests.support.asking import FakeModel

PROFILE = ModelProfile("m", window=16_000, max_output=400, input_price=0.001, output_price=0.002)
BOOK = "Ann keeps bees. " * 12_000
ROWS = [{"name": f"n{i}", "age": i % 90} for i in range(300)]
PROGRAM = "sum(map(rows, fn(r) => r.age))"


def model() -> FakeModel:
    def reply(request: CompletionRequest) -> str:
        return PROGRAM if "Write the program" in request.messages[-1].content else "search"

    return FakeModel(reply, PROFILE)


def refused(query: str, budget: Budget, strength: Any = "strong", asked: FakeModel | None = None, **more: Any) -> str:
    rlm = RLM(asked or model(), budget=budget, routing=Routing(strength=strength))
    with pytest.raises(Rejected) as caught:
        rlm.ask(query, **more)
    return caught.value.diagnostics[0].message


@pytest.mark.parametrize(
    "budget", [Budget(calls=1, admit="proved"), Budget(tokens=3_000, admit="proved"), Budget(usd=0.5, admit="proved")]
)
def test_the_refusal_names_each_way_and_what_it_lacks(budget: Budget) -> None:
    said = refused("What is the median age?", budget, rows=ROWS)
    assert said.startswith(
        "no route fits the budget: route `synth`: writing a program may use half of the budget, but one call"
    )
    assert "; route `plan` (strategy `aggregate`): answering may " in said
    assert "search" not in said and "direct" not in said


@pytest.mark.parametrize("limit", [{"calls": 1}, {"tokens": 3_000}, {"usd": 0.5}])
def test_what_the_refusal_says_to_raise_is_enough_to_write(limit: dict[str, Any]) -> None:
    said = refused("What is the median age?", Budget(**limit, admit="proved"), rows=ROWS)
    limited, need = re.findall(r"raise Budget\((\w+)=…\) to ([\d.,]*\d)", said.partition("; route `plan`")[0])[0]
    raised: dict[str, Any] = {limited: float(need.replace(",", "")) if limited == "usd" else int(need.replace(",", ""))}
    assert raised.keys() == limit.keys()
    run = RLM(model(), budget=Budget(**raised, admit="proved"), routing=Routing(strength="strong")).ask(
        "What is the median age?", rows=ROWS
    )
    assert (run.route, run.program) == ("synth", PROGRAM)


@pytest.mark.parametrize("limit", [{"calls": 3}, {"tokens": 30_000}, {"usd": 20.0}])
def test_what_the_refusal_says_to_raise_is_enough_to_answer(limit: dict[str, Any]) -> None:
    """What was spent before, on the task, is in it: the whole budget is named."""
    how: dict[str, Any] = {"strategy": "plan", "task": "summarise", "context": BOOK}
    said = refused("What is it about?", Budget(**limit, admit="proved"), "weak", **how)
    assert said.startswith("no route fits the budget: route `plan` (strategy `summarise`): answering may ")
    limited, need = re.findall(r"raise Budget\((\w+)=…\) to ([\d.,]*\d)", said)[0]
    raised: dict[str, Any] = {limited: float(need.replace(",", "")) if limited == "usd" else int(need.replace(",", ""))}
    assert raised.keys() == limit.keys()
    assert RLM(model(), budget=Budget(**raised, admit="proved")).ask("What is it about?", **how).route == "summarise"


def test_what_was_spent_on_the_task_is_part_of_what_to_raise() -> None:
    asked = FakeModel("summarise", PROFILE)
    said = refused("What is it about?", Budget(calls=4, admit="proved"), "weak", asked, strategy="plan", context=BOOK)
    assert len(asked.requests) == 1
    need = int(re.findall(r"raise Budget\(calls=…\) to (\d+)", said)[0])
    assert int(re.findall(r"may need (\d+) model calls, but the budget is 3", said)[0]) == need - 1


def test_writing_and_a_plan_that_lack_room_are_told_apart() -> None:
    """With room for writing and a root model that writes none, it is the plan that lacks room."""
    none = FakeModel("I cannot.", PROFILE)
    said = refused(
        "Summarise it.", Budget(calls=5, admit="proved"), asked=none, strategy="synth", task="summarise", context=BOOK
    )
    assert said.startswith("no route fits the budget: route `synth` (strategy `summarise`): answering may need ")
    said = refused("Summarise it.", Budget(calls=1, admit="proved"), strategy="synth", task="summarise", context=BOOK)
    assert said.startswith("no route fits the budget: route `synth`: writing a program may use half of the budget")


def test_a_mistake_that_no_budget_mends_keeps_its_words() -> None:
    rlm = RLM(model(), routing=Routing(strength="weak"))
    with pytest.raises(Rejected) as caught:
        rlm.ask("What?", strategy="direct", context=BOOK)
    assert caught.value.diagnostics[0].message.startswith("this prompt can reach")
