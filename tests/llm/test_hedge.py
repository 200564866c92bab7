"""A slow request is sent twice: the first answer counts, both are paid for, and the bound knew it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given, settings

from lambda_rlm import events
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.pool import Pool
from lambda_rlm.completion import Completion, CompletionRequest, Message, Model, ModelProfile, Usage
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.eval.asking.asker import AskSettings
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import Options, execute
from lambda_rlm.limits import REPAIR_BYTES
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.failures import failure
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.llm.wrappers.hedge import Hedged
from lambda_rlm.llm.wrappers.limiter import Limited, Limiter
from lambda_rlm.llm.wrappers.retry import RetryingModel, RetryPolicy
from lambda_rlm.testing import request as asked
from tests.properties.test_bounds import adversaries, holds
from tests.support.adversary import Adversary
from tests.support.examples import examples
from tests.support.sleeping import at_once
from tests.support.strategies_bounds import INPUTS, Source, sources

PROFILE = ModelProfile("slow", window=8_000, max_output=500, input_price=1e-6, output_price=2e-6, reasoning_tokens=5)


class Slow:
    """Its n-th request ends as the n-th of `ways` says: a text, a failure, or never (None)."""

    def __init__(self, *ways: str | ModelFailure | None, profile: ModelProfile = PROFILE) -> None:
        self.ways = ways
        self.profile = profile
        self.asked = 0
        self.cancelled = 0

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return 10

    async def complete(self, request: CompletionRequest) -> Completion:
        way = self.ways[self.asked]
        self.asked += 1
        try:
            for _ in range(20):
                await anyio.lowlevel.checkpoint()
            if way is None:
                await anyio.sleep_forever()
            if isinstance(way, ModelFailure):
                raise way
            return Completion(str(way), Usage(10, 3, cost=16e-6), model="slow")
        except anyio.get_cancelled_exc_class():
            self.cancelled += 1
            raise

    async def aclose(self) -> None:
        """Nothing to close."""


async def never(_: float) -> None:
    await anyio.sleep_forever()


def hedged(model: Model, sleep: Callable[[float], Any] = at_once, **more: Any) -> Hedged:
    return Hedged(model, 1.5, sleep=sleep, **more)


def failing(code: str, used: Usage | None = None) -> ModelFailure:
    made = failure(code, "as the test says")
    made.usage = used
    return made


def test_the_first_answer_counts_and_the_other_is_cancelled() -> None:
    model, seen = Slow(None, "there"), list[events.Event]()
    completion = anyio.run(hedged(model, tracer=seen.append).complete, asked("x", max_tokens=40))
    assert completion.text == "there"
    assert (model.asked, model.cancelled) == (2, 1)
    assert seen == [events.Hedging(1.5)]


def test_a_cancelled_request_is_booked_with_its_longest_reply() -> None:
    """The provider may go on and bill it; nobody is told what it came to."""
    completion = anyio.run(hedged(Slow(None, "there")).complete, asked("x", max_tokens=40))
    assert completion.usage.cost == pytest.approx(16e-6 + 10e-6 + 90e-6)
    assert replace(completion.usage, cost=None) == Usage(10 + 10, 3 + 45, cost=None, attempts=2)


def test_a_request_that_is_answered_in_time_is_sent_once() -> None:
    model = Slow("there")
    completion = anyio.run(hedged(model, never).complete, asked("x"))
    assert (completion.usage, model.asked) == (Usage(10, 3, cost=16e-6), 1)


def test_a_failure_before_the_second_request_leaves_at_once() -> None:
    model = Slow(failing("E0502"))
    with pytest.raises(ModelFailure, match="E0502"):
        anyio.run(hedged(model, never).complete, asked("x"))
    assert model.asked == 1


@pytest.mark.parametrize("ways", [(failing("E0501", Usage(10, 1)), "there"), ("there", failing("E0501", Usage(10, 1)))])
def test_an_answer_counts_though_the_other_request_failed(ways: tuple[Any, ...]) -> None:
    class First(Slow):
        async def complete(self, request: CompletionRequest) -> Completion:
            if isinstance(self.ways[self.asked], str):
                return await Late.complete(self, request)  # type: ignore[arg-type]
            return await super().complete(request)

    class Late(Slow):
        async def complete(self, request: CompletionRequest) -> Completion:
            way, self.asked = self.ways[self.asked], self.asked + 1
            for _ in range(200):
                await anyio.lowlevel.checkpoint()
            return Completion(str(way), Usage(10, 3, cost=16e-6))

    completion = anyio.run(hedged(First(*ways)).complete, asked("x"))
    assert (completion.text, completion.usage.input_tokens, completion.usage.attempts) == ("there", 20, 2)


def test_when_both_fail_the_first_failure_has_both_usages() -> None:
    model = Slow(failing("E0502", Usage(10)), failing("E0501", Usage(10, 2)))
    with pytest.raises(ModelFailure, match="E0502") as raised:
        anyio.run(hedged(model).complete, asked("x"))
    assert raised.value.usage == Usage(20, 2, attempts=2)


def test_a_bug_of_a_model_is_not_hidden_by_the_other_request() -> None:
    class Broken(Slow):
        async def complete(self, request: CompletionRequest) -> Completion:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        anyio.run(hedged(Broken()).complete, asked("x"))


def test_waiting_for_a_place_is_not_slowness() -> None:
    """Else every queue would double itself: the longer it is, the more is asked."""
    model = Slow(*["there"] * 6)
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(model.asked)
        await anyio.sleep_forever()

    async def main() -> None:
        one = hedged(model, sleep, through=lambda inner: Limited(inner, Limiter(1)))
        async with anyio.create_task_group() as group:
            for n in range(6):
                group.start_soon(one.complete, asked(f"x{n}"))

    anyio.run(main)
    assert model.asked == 6
    assert waited == [1, 2, 3, 4, 5, 6]  # a clock for each request, begun when that one was sent


def test_a_second_request_that_never_left_costs_nothing() -> None:
    model = Slow("there")
    completion = anyio.run(hedged(model, through=lambda inner: Limited(inner, Limiter(1))).complete, asked("x"))
    assert (completion.usage.attempts, model.asked) == (1, 1)


def test_cancelling_a_call_cancels_both_requests() -> None:
    model = Slow(None, None)

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(hedged(model).complete, asked("x"))
            while model.asked < 2:
                await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()

    anyio.run(main)
    assert model.cancelled == 2


@pytest.mark.parametrize("retries", [0, 2])
def test_the_profile_counts_attempts_twice_for_any_nesting(retries: int) -> None:
    policy = RetryPolicy(retries=retries)
    inside, outside = RetryingModel(hedged(Slow()), policy).profile, hedged(RetryingModel(Slow(), policy)).profile
    assert inside.resends == outside.resends == 2 * (1 + retries) - 1
    assert inside.retries == outside.retries == 0


@pytest.mark.slow
@settings(max_examples=examples(60))
@given(sources(), adversaries())
def test_usage_is_within_the_bound_with_every_call_hedged(source: Source, adversary: tuple[Adversary, AskSettings]) -> None:
    """The theorem of bounds for a model whose every request is hedged and whose loser is charged at its worst."""

    class Late(Adversary):
        async def complete(self, request: CompletionRequest) -> Completion:
            for _ in range(12):
                await anyio.lowlevel.checkpoint()
            return await super().complete(request)

    model, asking = adversary
    late = Late(model.profile, model.manner, model.letter, model.is_thrifty, resending=model.resending)
    holds(source.text, INPUTS, source.values, (hedged(late), asking))  # type: ignore[arg-type]


def test_a_run_reserves_both_requests_before_the_first_is_sent() -> None:
    """A budget that holds one attempt and not two refuses the program instead of being broken by it."""
    model = ScriptedModel.from_rules([("", "fine")], ModelProfile("m", 4_000, 500, 0.0, 0.0))
    program = check('llm_call("a question", out=50)')

    async def bound(asked_model: Model, tokens: int) -> int | None:
        done = await execute(
            program.admit(Budget(tokens=tokens), asked_model.profile), {"context": "", "query": ""}, asked_model,
            options=Options(key=b"tests", pool=Pool(percent=1_000)),
        )  # fmt: skip
        return None if done.bound is None else done.bound.tokens

    once = anyio.run(bound, model, 10**6)
    twice = anyio.run(bound, hedged(model), 10**6)
    assert (
        once is not None and twice is not None and 1.5 * once < twice <= 2 * once + REPAIR_BYTES
    )  # a second request for the question, and one for its repair


@pytest.mark.parametrize("after", [0, -1.0, float("nan")])
def test_a_delay_that_means_nothing_is_refused(after: float) -> None:
    with pytest.raises(ValueError, match="more than 0 seconds"):
        Hedged(Slow(), after)


def test_models_by_name_are_hedged_only_when_asked_for(tmp_path: Path) -> None:
    (tmp_path / "rules.jsonl").write_text(json.dumps({"match": "", "reply": "x"}))
    scripted = f"scripted:{tmp_path / 'rules.jsonl'}"
    served = "http://127.0.0.1:1/v1"
    assert isinstance(connect(scripted, hedge=2.0), Hedged)
    assert isinstance(connect(scripted), ScriptedModel)
    assert connect("openai/m", base_url=served, hedge=2.0).profile.resends == 5
    assert connect("openai/m", base_url=served).profile.resends == 2


def test_who_lost_is_booked_with_the_prompt_that_was_sent() -> None:
    """A reply that said its prompt had one token made the other's free."""

    class Liar(Slow):
        async def complete(self, request: CompletionRequest) -> Completion:
            done = await super().complete(request)
            return replace(done, usage=Usage(1, 1, cost=0.0))

    model = Liar(None, "yes")
    done = anyio.run(Hedged(model, 0.05).complete, asked("hello"))
    assert (done.usage.input_tokens, done.usage.attempts) == (1 + model.count_tokens(asked("hello").messages), 2)


def test_who_lost_is_booked_with_the_schema_that_was_sent() -> None:
    """The winner may have counted too little, or nothing."""
    done = anyio.run(hedged(Slow(None, "quick")).complete, replace(asked("hello"), sent=70))
    assert done.usage.input_tokens == 10 + 70
