"""Pools beside that of a program: of the call that tells tasks apart, of writing a program, of a sub-run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import anyio

from lambda_rlm.answering.detect import detect
from lambda_rlm.answering.question import Question, Setup
from lambda_rlm.answering.sub_model import SubModelRunner
from lambda_rlm.answering.writing_bound import writing_cost, writing_pool
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.pool import Pool
from lambda_rlm.completion import ModelProfile
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import Options, execute
from lambda_rlm.inputs import from_values
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.llm.wrappers.retry import RetryingModel, RetryPolicy
from lambda_rlm.synth.writing import Writing
from tests.answering.test_synthesize import Root
from tests.support.answering import ask
from tests.support.asking import FakeModel
from tests.support.sleeping import at_once

PROFILE = ModelProfile("m", window=60_000, max_output=2_000, input_price=1e-6, output_price=2e-6)
OPTIONS = Options(key=b"key")


def retrying(model: Any) -> RetryingModel:
    return RetryingModel(model, RetryPolicy(retries=2), sleep=at_once)


def test_a_task_that_the_pool_left_untold_is_no_end() -> None:
    """What that call had of extra attempts was its own: the question is answered without it."""
    question = Question(query="What does Ann keep?", inputs=from_values({"context": "Ann keeps bees."}))
    setup = Setup(leaf=FakeModel("none of these", PROFILE), budget=Budget(), options=replace(OPTIONS, pool=Pool(0, 0)))
    found = anyio.run(lambda: detect(question, setup))
    assert found.task is None and "E0408" in found.why
    assert not found.is_final


def test_writing_a_program_has_a_pool_and_its_bound_has_it_too() -> None:
    """A root model that never answers in time is asked once and once more, and then the plan answers."""
    root = ScriptedModel.from_rules([{"match": "", "failure": "E0503"}], PROFILE)
    leaf = FakeModel("bees", PROFILE)
    inputs = from_values({"context": "Ann keeps bees."})
    done = anyio.run(lambda: ask("What?", inputs, leaf, root=retrying(root), choice="synth", options=OPTIONS))
    assert done.answer == "bees" and done.synthesis is not None
    assert "E0408" in (done.synthesis.fallback or "")
    assert (len(root.prompts), done.synthesis.usage.extra, done.synthesis.calls) == (2, 1, 1)
    assert done.synthesis.usage.is_estimated and done.synthesis.usage.output_tokens >= 2


def test_the_bound_of_writing_counts_calls_and_one_pool() -> None:
    root = retrying(ScriptedModel.from_rules([], PROFILE))
    question = Question(query="What?", inputs=from_values({"context": "Ann keeps bees."}))
    found = {}
    for least in (0, 1, 3, 1_000):
        setup = Setup(leaf=root, budget=Budget(), writing=Writing(), options=replace(OPTIONS, pool=Pool(least, 0)))
        bound, why_not = writing_cost(question, setup)
        assert why_not is None and bound.calls is not None and bound.pool == writing_pool(setup)
        found[least] = bound
    calls, out = found[0].calls, found[0].output_tokens
    assert calls is not None and out is not None
    assert [found[least].pool for least in found] == [0, 1, 3, 2 * calls]
    assert found[1].output_tokens == out + out // calls
    assert found[0].attempts == calls * 3 and found[3].attempts == (calls + 3) * 3


def test_a_sub_run_has_a_pool_of_its_own() -> None:
    """Its repair takes nothing from the pool of its caller, which has none; its tokens are in the bound of that."""
    leaf = ScriptedModel.from_rules([("An earlier reply", "41"), ("how many", "none")], PROFILE)
    options = replace(OPTIONS, pool=Pool(1, 0))
    setup = Setup(
        leaf=leaf, root=Root('to_text(llm_call[Int]("how many", out=9) + 1)'), writing=Writing(depth=1), options=options
    )
    given = {"query": "How many?", "context": "Ann keeps bees."}
    admitted = check("rlm_call(query, context, 4)", given).admit(Budget(), PROFILE)
    whole = replace(options, solver=SubModelRunner(setup))
    done = anyio.run(lambda: execute(admitted, given, leaf, options=whole))
    assert done.value == "42", done.fault
    assert done.bound is not None and (done.bound.pool, done.usage.extra_attempts) == (0, 0)
    assert done.usage.input_tokens <= (done.bound.input_tokens or 0)
    none = replace(setup, options=replace(options, pool=Pool(0, 0)))
    done = anyio.run(lambda: execute(admitted, given, leaf, options=replace(whole, solver=SubModelRunner(none))))
    assert done.fault is not None and done.fault.code == "E0519" and "its own limit" in done.fault.message
