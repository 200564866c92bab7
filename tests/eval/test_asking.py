"""Asking a model on behalf of a program: budget, flights, repairs, `or_else`."""

from __future__ import annotations

import asyncio
from functools import partial

import anyio
import pytest

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import Completion, CompletionRequest, Sampling, StopReason, Usage
from lambda_rlm.diagnostics.faults import Fault, LimitExceeded, ModelFailure
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval.place import gather
from lambda_rlm.eval.value import Reply, Text
from lambda_rlm.events import CallFinished, CallStarted, Replied
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.types.type import BOOL, INT, TEXT, list_of
from tests.support.asking import Desk, FakeModel, data, plain, template


def test_a_reply_is_a_text_that_knows_its_call_and_its_prompt() -> None:
    prompt = template("Summarize:\n", data("a long story"))
    desk = Desk("  It is long.\n")
    answer = desk.call(prompt)
    assert answer.s == "It is long."
    assert isinstance(answer.origin, Reply)
    assert answer.origin.prompt is prompt


def test_the_call_is_reserved_and_its_usage_booked() -> None:
    desk = Desk("yes")
    desk.call(Text("Is it?"), BOOL)
    assert desk.meter.calls == 1
    assert desk.meter.usage.output_tokens == 1
    assert desk.meter.usage.attempts == 1
    started, replied, finished = desk.events
    assert isinstance(replied, Replied) and replied.completion.usage.attempts == 1
    assert replied.digest
    assert isinstance(started, CallStarted) and isinstance(finished, CallFinished)
    assert (finished.reply, finished.failure, finished.span) == ("yes", None, Span(3, 9))


def test_no_call_is_made_that_the_budget_does_not_hold() -> None:
    desk = Desk("x", budget=Budget(calls=0))
    with pytest.raises(LimitExceeded, match="E0404"):
        desk.call(Text("Hello"), or_else=lambda: Text("not this"))
    assert desk.model.requests == []


def test_no_attempt_is_made_that_the_budget_cannot_cover() -> None:
    desk = Desk("x", budget=Budget(tokens=100))
    with pytest.raises(LimitExceeded, match="E0405"):
        desk.call(Text("Hello"), out=99)
    assert desk.model.requests == []
    assert Desk("x", budget=Budget(tokens=101)).call(Text("Hello"), out=99).s == "x"


def test_money_is_reserved_at_the_worst_case_too() -> None:
    desk = Desk("x", budget=Budget(usd=0.01))
    with pytest.raises(LimitExceeded, match="E0406"):
        desk.call(Text("Hello"), out=100)
    assert desk.model.requests == []


def test_a_prompt_that_cannot_fit_is_refused_unpaid() -> None:
    """An error of the program, so `or_else` does not hide it; the message says both sizes and what to do."""
    desk = Desk("x")
    with pytest.raises(ModelFailure, match=r"3,991 tokens.*window of fake is 4,000.*chunk") as caught:
        desk.call(Text("a" * 15_964), out=10, or_else=lambda: Text("no"))
    assert (caught.value.code, desk.meter.calls, desk.model.requests) == ("E0509", 0, [])
    assert caught.value.span == Span(3, 9)


def test_a_hopelessly_long_prompt_is_not_even_counted() -> None:
    desk = Desk("x")
    desk.model.count_tokens = lambda messages: pytest.fail("counted")  # type: ignore[method-assign]
    with pytest.raises(ModelFailure, match="E0509"):
        desk.call(Text("a" * 2_000_000))


def test_equal_questions_are_asked_once() -> None:
    desk = Desk("four")
    call = desk.function(Primitive.LLM_CALL, TEXT)

    async def work() -> list[Text]:
        side = await gather([lambda: call(Text("2 + 2?"))] * 3)
        return [*side, await call(Text("2 + 2?"))]

    answers = desk.run(work)
    assert len(desk.model.requests) == desk.meter.calls == 1
    assert all(answer is answers[0] for answer in answers)
    assert desk.asker.counts.shared == 3
    assert [e.is_shared for e in desk.events if isinstance(e, CallFinished)].count(True) == 3


@pytest.mark.parametrize(
    "other",
    [
        lambda desk: desk.function(Primitive.LLM_CALL, BOOL)(Text("yes or no?")),
        lambda desk: desk.function(Primitive.LLM_CALL, TEXT)(Text("yes or no?"), out=7),
        lambda desk: desk.function(Primitive.LLM_CALL, TEXT)(data("yes or no?")),
        lambda desk: desk.function(Primitive.LLM_SAMPLES, list_of(TEXT))(Text("yes or no?"), 1),
    ],
    ids=["of another type", "of another length", "of untrusted text", "of a sample"],
)
def test_a_question_that_differs_is_asked_for_itself(other) -> None:  # type: ignore[no-untyped-def]
    desk = Desk("yes")

    async def work() -> None:
        await desk.function(Primitive.LLM_CALL, TEXT)(Text("yes or no?"))
        await other(desk)

    desk.run(work)
    assert desk.meter.calls == len(desk.model.requests) == 2


def test_a_shared_failure_is_each_waiters_own() -> None:
    """The fault carries the place of the call that it stops, so it cannot be one object for all."""

    def refuse(request: CompletionRequest) -> Completion:
        return Completion("", Usage(), StopReason.REFUSAL)

    desk = Desk(refuse)
    calls = [desk.function(Primitive.LLM_CALL, TEXT, span=Span(n, n + 1)) for n in range(2)]
    faults: list[Fault] = []

    async def work() -> None:
        for call in calls:
            try:
                await call(Text("Do it"))
            except ModelFailure as failure:
                faults.append(failure)

    desk.run(work)
    assert [fault.span for fault in faults] == [Span(0, 1), Span(1, 2)]
    assert [fault.code for fault in faults] == ["E0510", "E0510"]
    assert len(desk.model.requests) == 1


def test_a_shared_call_goes_on_while_anybody_waits() -> None:
    async def main() -> None:
        gate = anyio.Event()
        desk = Desk(FakeModel("late", gate=gate))
        call = desk.function(Primitive.LLM_CALL, TEXT)
        answers: list[str] = []

        async def wait_for_it(scope: anyio.CancelScope) -> None:
            with scope:
                answers.append((await call(Text("When?"))).s)

        first, second = anyio.CancelScope(), anyio.CancelScope()
        async with desk.asker.opened(), anyio.create_task_group() as group:
            group.start_soon(wait_for_it, first)
            group.start_soon(wait_for_it, second)
            await anyio.wait_all_tasks_blocked()
            first.cancel()
            await anyio.wait_all_tasks_blocked()
            assert desk.model.cancelled == 0
            gate.set()
        assert answers == ["late"]

    anyio.run(main)


def test_a_shared_call_ends_with_its_last_cancelled_waiter() -> None:
    """Whether that is who asked first, who finds the answer for all, or another."""

    async def main(order: tuple[int, int]) -> None:
        desk = Desk(FakeModel("late", gate=anyio.Event()))
        call = desk.function(Primitive.LLM_CALL, TEXT)

        async def wait_for_it(scope: anyio.CancelScope) -> None:
            with scope:
                await call(Text("When?"))

        scopes = anyio.CancelScope(), anyio.CancelScope()
        async with desk.asker.opened(), anyio.create_task_group() as group:
            for scope in scopes:
                group.start_soon(wait_for_it, scope)
            await anyio.wait_all_tasks_blocked()
            for number, index in enumerate(order):
                assert desk.model.cancelled == 0
                scopes[index].cancel()
                await anyio.wait_all_tasks_blocked()
                assert desk.model.cancelled == number
        assert len(desk.model.requests) == 1

    anyio.run(main, (0, 1))
    anyio.run(main, (1, 0))


def test_a_waiter_asks_again_when_the_asker_is_stopped() -> None:
    """A host may cancel a task of its own at any time, and knows no scopes."""

    async def main() -> None:
        gate = anyio.Event()
        desk = Desk(FakeModel("late", gate=gate))
        call = desk.function(Primitive.LLM_CALL, TEXT)
        async with desk.asker.opened():
            first, second = (asyncio.ensure_future(call(Text("When?"))) for _ in range(2))
            await anyio.wait_all_tasks_blocked()
            first.cancel()
            await anyio.wait_all_tasks_blocked()
            gate.set()
            assert (await second).s == "late"
        assert first.cancelled()
        assert len(desk.model.requests) == 2
        assert desk.asker.counts.shared == 1

    anyio.run(main)


def test_a_call_without_waiters_is_cancelled() -> None:
    async def main() -> None:
        gate = anyio.Event()
        desk = Desk(FakeModel("late", gate=gate))
        call = desk.function(Primitive.LLM_CALL, TEXT)

        async def ask() -> None:
            await call(Text("When?"))

        async with desk.asker.opened():
            async with anyio.create_task_group() as group:
                group.start_soon(ask)
                group.start_soon(ask)
                await anyio.wait_all_tasks_blocked()
                group.cancel_scope.cancel()
            await anyio.wait_all_tasks_blocked()
            assert (desk.model.cancelled, desk.model.in_flight) == (1, 0)
            gate.set()
            assert (await call(Text("When?"))).s == "late"
        assert desk.meter.calls == 2
        assert desk.meter.usage.attempts == 2

    anyio.run(main)


def test_a_bad_reply_is_retried_with_the_error_only() -> None:
    replies = iter(["I would rather talk about MALICE.", '{"reply": 7}'])
    desk = Desk(lambda _: next(replies))
    assert desk.call(template("How many?\n", data("seven dwarfs")), INT) == 7
    first, second = desk.model.prompts
    assert second.startswith(first)
    assert "An earlier reply was not valid" in second
    assert "MALICE" not in second
    assert len(second) - len(first) <= 600
    assert (desk.meter.calls, desk.meter.usage.attempts) == (1, 2)


@pytest.mark.parametrize("repairs", [0, 1, 3])
def test_repairs_are_bounded(repairs: int) -> None:
    desk = Desk("no number here", repairs=repairs)
    with pytest.raises(ModelFailure, match="E0513"):
        desk.call(Text("How many?"), INT)
    assert len(desk.model.requests) == 1 + repairs
    assert desk.meter.calls == 1
    assert desk.asker.counts.failed == 1


def test_or_else_stands_in_for_a_call_that_fails_for_good() -> None:
    desk = Desk("no number here")
    assert desk.call(Text("How many?"), INT, or_else=lambda: -1) == -1
    assert desk.asker.counts.or_else == 1
    assert desk.asker.counts.is_degraded


def test_or_else_is_not_computed_while_it_is_not_needed() -> None:
    desk = Desk("7")
    assert desk.call(Text("How many?"), INT, or_else=lambda: pytest.fail("computed")) == 7
    assert not desk.asker.counts.is_degraded


def failing(failure: Exception) -> Desk:
    def fail(_: CompletionRequest) -> str:
        raise failure

    return Desk(fail)


def test_or_else_covers_a_providers_failure_but_no_fatal_one() -> None:
    assert failing(ModelFailure("E0501", "broken")).call(Text("?"), or_else=lambda: Text("else")).s == "else"
    with pytest.raises(ModelFailure, match="E0506"):
        failing(ModelFailure("E0506", "bad key", is_fatal=True)).call(Text("?"), or_else=lambda: Text("else"))


def test_in_a_strict_run_nothing_stands_in() -> None:
    with pytest.raises(ModelFailure, match="E0513"):
        Desk("none", is_strict=True).call(Text("How many?"), INT, or_else=lambda: 0)


def test_a_failed_attempt_is_booked_too() -> None:
    failure = ModelFailure("E0501", "broken")
    failure.usage = Usage(11, 0, attempts=3)
    desk = failing(failure)
    with pytest.raises(ModelFailure, match="E0501"):
        desk.call(Text("?"))
    assert (desk.meter.usage.input_tokens, desk.meter.usage.attempts) == (11, 3)
    desk.meter.reserve(desk.meter.budget.tokens - 11, 0.0)


def test_what_a_model_may_not_raise_is_a_failed_call() -> None:
    with pytest.raises(ModelFailure, match=r"E0525.*KeyError"):
        failing(KeyError("choices")).call(Text("?"))


def test_a_text_that_is_too_long_is_cut_and_counted() -> None:
    desk = Desk("word " * 100, max_reply=50)
    assert desk.call(Text("Write"), out=500).n == 50
    assert (desk.asker.counts.cuts, desk.asker.counts.is_degraded) == (1, True)
    with pytest.raises(ModelFailure, match="E0516"):
        Desk("word " * 100, max_reply=50, is_strict=True).call(Text("Write"), out=500)


def test_a_reply_has_at_most_eight_characters_for_each_token() -> None:
    desk = Desk(lambda _: Completion("x" * 1_000, Usage()))
    assert desk.call(Text("Write"), out=5).n == 40


def test_a_typed_reply_that_was_cut_off_is_a_bad_one() -> None:
    desk = Desk("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]")
    with pytest.raises(ModelFailure, match="cut off"):
        desk.call(Text("Count"), list_of(INT), out=3)


def test_calls_in_flight_are_never_more_than_the_budget_says() -> None:
    for limit in (1, 16, 128):
        desk = Desk("x", budget=Budget(concurrency=limit))
        call = desk.function(Primitive.LLM_CALL, TEXT)

        async def work(desk: Desk = desk, call=call) -> None:  # type: ignore[no-untyped-def]
            most = 0

            async def watched(number: int) -> None:
                nonlocal most
                await call(Text(f"Question {number}"))

            await gather([partial(watched, n) for n in range(150)])

        desk.run(work)
        assert desk.asker.counts.max_in_flight == limit
        assert desk.asker.patience.in_flight == 0


def test_the_span_is_the_longest_chain_of_calls() -> None:
    desk = Desk(lambda request: "about " + request.messages[-1].content[:40])
    call = desk.function(Primitive.LLM_CALL, TEXT)

    async def work() -> None:
        side = await gather([partial(call, Text(f"Part {n}")) for n in range(5)])
        await call(template("Join: ", *side))

    desk.run(work)
    assert desk.asker.counts.span == 2
    paths = [e.path for e in desk.events if isinstance(e, CallStarted)]
    assert paths == [(0,), (1,), (2,), (3,), (4,), ()]


def test_samples_are_numbered_and_never_shared() -> None:
    desk = Desk(lambda request: f"sample {request.sampling.seed}")
    samples = desk.function(Primitive.LLM_SAMPLES, list_of(TEXT))
    assert plain(desk.run(lambda: samples(Text("Guess"), 4))) == [f"sample {n}" for n in range(4)]
    assert [r.sampling for r in desk.model.requests] == [Sampling(temperature=0.7, seed=n) for n in range(4)]
    assert desk.meter.calls == 4


@pytest.mark.parametrize("n", [0, -3])
def test_no_samples_are_no_calls(n: int) -> None:
    desk = Desk("x")
    samples = desk.function(Primitive.LLM_SAMPLES, list_of(TEXT))
    assert desk.run(lambda: samples(Text("Guess"), n)) == []
    assert desk.meter.calls == 0


def test_more_samples_than_the_budget_holds_are_refused_first() -> None:
    desk = Desk("x")
    samples = desk.function(Primitive.LLM_SAMPLES, list_of(TEXT))
    with pytest.raises(LimitExceeded, match="E0404"):
        desk.run(lambda: samples(Text("Guess"), 2**60))
    assert desk.model.requests == []


def test_a_sub_model_that_is_not_there_is_a_declared_failure() -> None:
    desk = Desk("x")
    solve = desk.function(Primitive.RLM_CALL, TEXT)
    with pytest.raises(ModelFailure, match=r"E0517 rlm_call needs a root model"):
        desk.run(lambda: solve(Text("What?"), data("text"), 5))
