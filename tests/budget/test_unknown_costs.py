"""A cost that nobody knows is shown as unknown and never booked as nothing."""

from __future__ import annotations

from functools import partial
from math import inf, nan
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.budget.amount import NOTHING
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import NO_PRICE, Meter
from lambda_rlm.budget.paying import pay, priced
from lambda_rlm.completion import FAILED_ATTEMPT, NO_USAGE, Completion, CompletionRequest, ModelProfile, Usage
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.faults import LimitExceeded, ModelFailure
from lambda_rlm.execution.as_json import run_json
from lambda_rlm.execution.run import Run
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.testing import request
from lambda_rlm.trace.summary import summary
from tests.support.asking import FakeModel
from tests.support.running import run

UNPRICED = ModelProfile("own", window=4_000, max_output=1_000)
PRICED = ModelProfile("own", window=4_000, max_output=1_000, input_price=0.001, output_price=0.002)
COSTS = st.none() | st.integers(0, 9).map(float)
USAGES = st.builds(Usage, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), COSTS, st.integers(0, 3))


def own(usage: Usage, profile: ModelProfile) -> FakeModel:
    """A host's model that reports this usage with each reply."""
    return FakeModel(lambda _: Completion("yes", usage), profile)


def shown(done: Run) -> tuple[float | None, str]:
    """The cost of a run in JSON and on the screen."""
    line = summary("direct", done.usage.calls, done.usage.tokens, done.usage.seconds)
    usd: float | None = run_json(done)["usage"]["usd"]
    return usd, line.split(" · ")[3]


def test_a_usage_without_a_cost_is_of_unknown_cost() -> None:
    assert Usage().cost is None


@given(USAGES, USAGES)
def test_a_sum_is_unknown_as_soon_as_one_of_its_terms_is(one: Usage, other: Usage) -> None:
    total = one + other
    assert (total.cost is None) == (one.cost is None or other.cost is None)
    assert total == other + one


@given(USAGES)
def test_no_usage_changes_no_sum(usage: Usage) -> None:
    assert NO_USAGE + usage == usage + NO_USAGE == usage


@pytest.mark.parametrize("usage", [Usage(), Usage(10, 3), Usage(10, 3, cost=None)])
def test_a_model_without_prices_shows_an_unknown_cost(usage: Usage) -> None:
    done = run("llm_call(query)", model=own(usage, UNPRICED))
    assert done.ok
    assert shown(done) == (None, "cost unknown")


def test_one_unknown_reply_leaves_the_sum_unknown() -> None:
    usages = iter([Usage(10, 3, cost=0.5), Usage(10, 3), Usage(10, 3, cost=0.5)])
    model = FakeModel(lambda _: Completion("yes", next(usages)), UNPRICED)
    done = run('["a", "b", "c"] |> map(fn(x) => llm_call(x))', model=model)
    assert done.ok and done.usage.calls == 3
    assert shown(done) == (None, "cost unknown")


def test_tokens_without_a_cost_are_paid_at_the_profile_prices() -> None:
    done = run("llm_call(query)", model=own(Usage(10, 3), PRICED))
    usd, text = shown(done)
    assert usd == pytest.approx(0.016) and text == "$0.0160"


def test_the_cost_that_a_model_reports_is_kept() -> None:
    assert shown(run("llm_call(query)", model=own(Usage(10, 3, cost=0.25), PRICED))) == (0.25, "$0.2500")


@pytest.mark.parametrize("usage", [Usage(cost=0.0), Usage(10, 3, cost=0.0)])
def test_a_model_that_says_it_is_free_is_free(usage: Usage) -> None:
    assert shown(run("llm_call(query)", model=own(usage, UNPRICED))) == (0.0, "free")


def test_a_scripted_model_is_free() -> None:
    assert shown(run("llm_call(query)", model=ScriptedModel.from_rules([("", "yes")]))) == (0.0, "free")


def test_a_run_that_asks_no_model_is_free_whatever_the_price() -> None:
    assert shown(run("1 + 1", model=own(Usage(), UNPRICED))) == (0.0, "free")


def test_a_failure_that_nobody_bills_is_free() -> None:
    def fail(_: object) -> Completion:
        raise ModelFailure("E0502", "busy")

    done = run('llm_call(query, or_else="none")', model=FakeModel(fail, PRICED))
    assert done.ok
    assert shown(done) == (0.0, "free")
    assert priced(PRICED, FAILED_ATTEMPT) is FAILED_ATTEMPT


def test_a_dollar_limit_refuses_a_model_without_prices() -> None:
    with pytest.raises(Rejected) as refused:
        run("llm_call(query)", model=own(Usage(10, 3, cost=0.1), UNPRICED), usd=1.0)
    assert refused.value.diagnostics[0].code == "E0304"


def test_a_priced_model_without_usage_is_booked_at_its_worst() -> None:
    """Two calls of at most $0.7 each fit no budget of $1, whatever the first one leaves unsaid."""
    meter = Meter(Budget(usd=1.0))
    meter.reserve(100, 0.7)
    meter.settle(100, 0.7, Usage())
    assert meter.usage.cost is None
    assert meter.left().usd == pytest.approx(0.3)
    with pytest.raises(LimitExceeded) as raised:
        meter.reserve(100, 0.7)
    assert raised.value.code == "E0406"


def test_an_answer_without_usage_is_booked_and_noted() -> None:
    done = run("llm_call(query, out=100)", model=own(Usage(), PRICED), usd=10.0)
    usd, line = shown(done)
    assert usd is not None and 0.2 < usd < 10 and line.startswith("$")
    assert done.usage.output_tokens == 100 and done.usage.estimated_calls == 1
    assert done.notes == ("1 reply came without a valid token count: booked at its worst case",)


def test_a_dollar_limit_refuses_after_unknown_spending() -> None:
    """A run that goes on under a limit does not begin at zero because nobody knows what it cost until now."""
    meter = Meter(Budget(usd=1.0))
    meter.settle(0, 0.0, Usage(100, 10))
    for account in (meter, meter.child(Budget())):
        with pytest.raises(LimitExceeded, match=NO_PRICE):
            account.reserve(1, 0.0001)


def test_without_a_dollar_limit_unknown_spending_refuses_nothing() -> None:
    meter = Meter(Budget())
    meter.settle(0, 0.0, Usage(100, 10))
    meter.reserve(1, None)
    meter.settle(1, None, Usage(1, 0))
    assert meter.usage == Usage(101, 10, attempts=2)


IMPOSSIBLE: list[Any] = [
    *(Usage(1, 1, cost=cost) for cost in (nan, inf, -1.0, "1", True)),  # type: ignore[arg-type]
    *(Usage(count, 1) for count in (-9, nan, inf, 1.5, "3", None, 10**30, True)),  # type: ignore[arg-type]
    *(Usage(1, count) for count in (-9, nan, None)),  # type: ignore[arg-type]
    *(Usage(1, 1, attempts=count) for count in (-1, nan, None)),  # type: ignore[arg-type]
    *(Usage(), Usage(is_estimated=True), None, {"input_tokens": 3}, "12", 0),
]


@pytest.mark.parametrize("usage", IMPOSSIBLE, ids=repr)
def test_an_impossible_usage_is_booked_at_its_worst(usage: Any) -> None:
    """A negative count would raise the budget, one that is no number would leave it unsaid, and the answer is paid for."""
    meter, asked = Meter(Budget(usd=1_000.0)), request("x", 50)
    model = FakeModel(lambda _: Completion("yes", usage), PRICED)
    done = anyio.run(partial(pay, model, asked, meter, prompt_tokens=100, schema_tokens=10))
    assert done.text == "yes"
    assert (meter.usage.input_tokens, meter.usage.output_tokens) == (110, 50)
    assert meter.usage.cost == pytest.approx(110 * 0.001 + 50 * 0.002)
    assert done.usage.is_estimated and meter.reserved == NOTHING


def test_a_model_that_counts_nothing_is_held_to_its_budget() -> None:
    """Twenty calls passed any budget in tokens."""
    meter, answered = Meter(Budget(tokens=4_000)), 0
    with pytest.raises(LimitExceeded):
        for _ in range(20):
            anyio.run(partial(pay, own(Usage(), UNPRICED), request("x", 500), meter, prompt_tokens=100))
            answered += 1
    assert answered == 6 and meter.usage.input_tokens + meter.usage.output_tokens == 3_600


class Returning(FakeModel):
    """A model that returns this, whatever it is."""

    def __init__(self, returned: Any) -> None:
        super().__init__(lambda _: "", PRICED)
        self.returned = returned

    async def complete(self, request: CompletionRequest) -> Completion:
        returned: Completion = self.returned
        return returned


@pytest.mark.parametrize("returned", [None, Usage(1, 1), "yes", Completion(None, Usage(1, 1))])  # type: ignore[arg-type]
def test_what_is_no_completion_is_a_fault_that_names_the_model(returned: Any) -> None:
    with pytest.raises(ModelFailure, match="own returned no completion with a text") as raised:
        anyio.run(partial(pay, Returning(returned), request("x"), Meter(Budget()), prompt_tokens=1))
    assert raised.value.code == "E0525"


@pytest.mark.parametrize(
    "error", [KeyError("choices"), StopIteration(), RecursionError(), MemoryError(), OSError("sk-abcdefgh")]
)
def test_what_a_model_raises_is_a_declared_fault_without_keys(error: Exception) -> None:
    def fail(_: object) -> Completion:
        raise error

    meter = Meter(Budget())
    with pytest.raises(ModelFailure, match=type(error).__name__) as raised:
        anyio.run(partial(pay, FakeModel(fail, PRICED), request("x", 50), meter, prompt_tokens=100))
    assert raised.value.code == "E0525" and "abcdefgh" not in str(raised.value)
    assert (meter.usage.input_tokens, meter.usage.output_tokens) == (100, 50)


@pytest.mark.parametrize("stop", [None, "stop", "length", 7])
def test_a_finish_reason_that_is_none_loses_no_answer(stop: Any) -> None:
    model = FakeModel(lambda _: Completion("yes", Usage(1, 1), stop, model=None), PRICED)  # type: ignore[arg-type]
    done = run("llm_call(query)", model=model)
    assert done.value == "yes"
