"""Theorems about running well-typed programs, on drawn programs with an oracle for a model."""

from __future__ import annotations

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.bounds.admit import defer
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import Completion, CompletionRequest
from lambda_rlm.diagnostics.codes import CODES
from lambda_rlm.diagnostics.faults import Fault, ModelFailure
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import execute
from lambda_rlm.execution.run import Run
from lambda_rlm.syntax.alpha import renamed
from lambda_rlm.types.type import TEXT
from tests.support.drawn_runs import LIMITS, inhabits, outcome, run
from tests.support.oracle import OracleModel
from tests.support.strategies import Drawn, programs
from tests.support.ungated import execute_ungated

pytestmark = pytest.mark.slow


@given(programs())
def test_a_typed_program_gives_its_type_or_a_declared_fault(drawn: Drawn) -> None:
    done = run(drawn)
    if done.fault is None:
        assert inhabits(done.value, drawn.type), (done.value, drawn.type)
    else:
        assert isinstance(done.fault, Fault)
        assert done.fault.code in CODES


@given(programs(), st.integers(0, 2**20), st.sampled_from((1, 2, 3, 16)))
def test_the_schedule_changes_neither_value_nor_fault(drawn: Drawn, order: int, concurrency: int) -> None:
    """Calls that wait for any number of turns, under limiters of any size: the same value, or the same fault at the same place."""
    calm = run(drawn, OracleModel(), concurrency=1)
    wild = run(drawn, OracleModel(order, patience=7), concurrency=concurrency)
    assert outcome(wild) == outcome(calm)


@given(programs(), st.integers(0, 2**20))
def test_what_a_run_is_charged_is_the_same_to_the_unit(drawn: Drawn, order: int) -> None:
    calm = run(drawn, OracleModel(), concurrency=1)
    wild = run(drawn, OracleModel(order, patience=7), concurrency=4)
    if calm.fault is None:
        assert (wild.usage.steps, wild.usage.bytes) == (calm.usage.steps, calm.usage.bytes)
        assert (wild.usage.calls, wild.usage.input_tokens) == (calm.usage.calls, calm.usage.input_tokens)


@given(programs())
def test_the_names_a_program_binds_mean_nothing_to_its_value(drawn: Drawn) -> None:
    again = Drawn(renamed(drawn.program), drawn.type, drawn.inputs, drawn.values)
    first, second = outcome(run(drawn)), outcome(run(again))
    assert first[:2] == second[:2]


@given(programs(), st.integers(0, 8), st.integers(0, 40_000), st.integers(1, 3), st.integers(0, 2**20))
def test_no_run_exceeds_its_budget_at_any_moment(drawn: Drawn, calls: int, tokens: int, concurrency: int, order: int) -> None:
    """What is in flight counts with its worst case: the bill cannot pass the budget even if every reply is as long as it may be."""
    model = OracleModel(order, patience=3)
    done = run(drawn, model, calls=calls, tokens=tokens, concurrency=concurrency)
    assert done.usage.calls <= calls
    assert model.attempts <= 2 * calls
    assert model.worst <= tokens
    assert model.most_in_flight <= concurrency
    assert done.usage.input_tokens + done.usage.output_tokens <= tokens


@given(st.integers(0, 2_000), st.integers(1, 8), st.integers(0, 2**20))
def test_calls_in_flight_are_set_aside_with_their_worst_case(tokens: int, concurrency: int, order: int) -> None:
    """Eight calls that would all fit one by one: side by side they must not be let in beyond what the budget could pay."""
    typed = check('map(range(0, 8), fn(n) => llm_call(f"{n} α", out=150, or_else=""))', {}).typed
    assert typed is not None
    model = OracleModel(order, patience=9)
    budget = Budget(tokens=tokens, concurrency=concurrency)

    async def go() -> Run:
        return await execute_ungated(defer(typed, budget, model.profile), {"query": ""}, model)

    done = anyio.run(go)
    assert model.worst <= tokens
    assert done.fault is None or done.fault.code == "E0405"


@given(programs(), st.integers(0, 3_000), st.integers(0, 20_000))
def test_a_small_budget_gives_the_value_or_what_ran_out(drawn: Drawn, fuel: int, memory: int) -> None:
    small = run(drawn, fuel=fuel, memory=memory)
    assert small.usage.steps <= fuel or (small.fault is not None and small.fault.code in LIMITS)
    if small.fault is None or small.fault.code not in LIMITS:
        assert outcome(small) == outcome(run(drawn))


HOST = sorted(
    {name for kind in (str, list, tuple, dict, int, float, type, object, run) for name in dir(kind)}
    | {"s", "origin", "meter", "f_globals"}
)


@pytest.mark.parametrize("receiver", ["context", "[1]", "1", "1.5", "true", "some(1)", "length", "fn(x) => x", "{ a: 1 }"])
def test_no_value_has_an_attribute_of_the_host(receiver: str) -> None:
    """`r.name` is a field of a record and nothing else, whatever Python object stands behind the value."""
    for name in HOST:
        assert not check(f"({receiver}).{name}", {"context": TEXT}).ok, name


@pytest.mark.parametrize("name", ["__class__", "__dict__", "__globals__", "__init__", "mro", "count", "index"])
def test_a_field_named_like_a_host_attribute_is_only_a_field(name: str) -> None:
    found = check(f"let r = {{ {name}: 41, b: 1 }}; r.{name} + r.b", {})
    assert found.ok
    drawn_value = run_source(f"let r = {{ {name}: 41, b: 1 }}; r.{name} + r.b")
    assert drawn_value == 42


def run_source(source: str) -> object:
    from tests.support.cases import Case

    return Case("field", source).run().value


class FailingSamples(OracleModel):
    """Every sample with an even number fails at some time, with a message of its own."""

    async def complete(self, request: CompletionRequest) -> Completion:
        done = await super().complete(request)
        if request.sampling.seed is not None and request.sampling.seed % 2 == 0:
            raise ModelFailure("E0502", f"sample {request.sampling.seed}", is_fatal=True)
        return done


@given(st.integers(0, 2**20), st.integers(2, 8), st.integers(1, 3))
def test_of_samples_that_fail_the_first_by_number_is_the_fault(order: int, concurrency: int, skipped: int) -> None:
    model = FailingSamples(order, patience=20)
    admitted = check(f'drop(llm_samples("α", 8), {skipped})', {}).admit(Budget(concurrency=concurrency), model.profile)

    async def go() -> Run:
        return await execute(admitted, {"query": ""}, model)

    fault = anyio.run(go).fault
    assert fault is not None
    assert fault.message == "sample 0"
