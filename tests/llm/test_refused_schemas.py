"""A schema or a grammar that a server refuses costs a second request: it is counted, and the bound knows of it."""

from __future__ import annotations

from dataclasses import replace

import anyio
import pytest

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import Grammar, Model
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import Options, execute
from lambda_rlm.execution.run import Run
from lambda_rlm.llm.providers.via_http import HttpModel
from lambda_rlm.llm.wrappers.fallback import ConstraintFallback
from lambda_rlm.llm.wrappers.retry import RetryingModel, RetryPolicy
from lambda_rlm.testing import request as asked
from tests.support.doors import DOORS, Door
from tests.support.faulty_server import FaultyServer

pytestmark = pytest.mark.slow

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


def asking(door: Door, server: FaultyServer) -> Model:
    return ConstraintFallback(door("openai/no-schema", base_url=server.url, api_key="k"))


async def ran(model: Model, program: str, budget: Budget) -> Run:
    try:
        admitted = check(program, {}).admit(budget, model.profile)
        return await execute(admitted, {"query": ""}, model, options=Options(key=b"tests"))
    finally:
        await model.aclose()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("retries", [0, 2])
def test_each_request_is_counted_and_within_the_bound(door: Door, retries: int) -> None:
    with FaultyServer() as server:
        model = RetryingModel(asking(door, server), RetryPolicy(retries=retries))
        program = 'range(0, 6) |> map(fn(n) => llm_call[Bool](f"say {n}", out=20, or_else=false)) |> length'
        done = anyio.run(ran, model, program, Budget())
        sent = len(server.requests)
    assert sent > done.usage.calls
    assert done.usage.attempts == sent
    assert done.bound is not None and done.bound.attempts is not None and sent <= done.bound.attempts


@pytest.mark.parametrize("door", DOORS)
def test_the_refused_request_is_counted_of_a_failure_too(door: Door) -> None:
    async def fail(server: FaultyServer) -> ModelFailure:
        model = asking(door, server)
        server.after_schema = "broken"
        with pytest.raises(ModelFailure) as raised:
            await model.complete(replace(asked("x"), schema=SCHEMA))
        await model.aclose()
        return raised.value

    with FaultyServer() as server:
        failed = anyio.run(fail, server)
        assert failed.usage is not None and failed.usage.attempts == len(server.requests) == 2


def test_the_refused_grammar_is_counted() -> None:
    async def answer(server: FaultyServer) -> int:
        model = ConstraintFallback(HttpModel("openai/no-grammar", server.url, api_key="k", dialect="openai"))
        grammar = Grammar("g", "a language", 'start: "x"', 'root ::= "x"', 'start: "x"')
        done = await model.complete(replace(asked("x"), grammar=grammar))
        await model.aclose()
        return done.usage.attempts

    with FaultyServer() as server:
        assert anyio.run(answer, server) == len(server.requests) == 2


@pytest.mark.parametrize("door", DOORS)
def test_the_budget_in_tokens_holds_where_schemas_are_refused(door: Door) -> None:
    with FaultyServer() as server:
        model = RetryingModel(asking(door, server), RetryPolicy(retries=0))
        done = anyio.run(ran, model, 'llm_call[Bool]("say yes", out=20, or_else=false)', Budget(tokens=5_000, calls=1))
        assert done.usage.input_tokens + done.usage.output_tokens <= 5_000
        assert done.usage.calls == 1 and done.usage.attempts == len(server.requests)
