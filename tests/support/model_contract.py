"""The suite that every `Model` must pass.

A test module makes a subclass named `Test…` with a fixture `subject`; each of these tests then runs on it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial

import anyio
import pytest

from lambda_rlm.completion import Completion, CompletionRequest, Message, Model, StopReason
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import Options, execute
from lambda_rlm.llm.failures import FATES


def asked(text: str, max_tokens: int = 32) -> CompletionRequest:
    """A request of one message from the user."""
    return CompletionRequest((Message("user", text),), max_tokens)


@dataclass(frozen=True)
class Subject:
    """A model, requests that it answers, one that takes long where there is such a one, and one that fails."""

    model: Model
    answered: tuple[CompletionRequest, ...]
    slow: CompletionRequest
    failing: CompletionRequest
    is_repeatable: bool = True


class ModelContract:
    """What every `Model` promises."""

    def test_it_is_a_model_with_a_possible_profile(self, subject: Subject) -> None:
        assert isinstance(subject.model, Model)
        profile = subject.model.profile
        assert profile.name
        assert 0 < profile.max_output <= profile.window
        assert profile.min_chars_per_token > 0
        assert all(price is None or price >= 0 for price in (profile.input_price, profile.output_price))

    def test_a_reply_has_text_and_a_usage_that_can_be(self, subject: Subject) -> None:
        for request in subject.answered:
            completion = _complete(subject.model, request)
            usage = completion.usage
            assert completion.text
            assert completion.model
            assert usage.attempts >= 1
            assert 0 <= usage.cached_tokens <= usage.input_tokens
            assert usage.output_tokens > 0
            assert usage.cost is None or usage.cost >= 0

    def test_tokens_are_counted_at_least_as_many_as_are_paid(self, subject: Subject) -> None:
        """The window check and the reservation of a call stand on this count."""
        for request in subject.answered:
            counted = subject.model.count_tokens(request.messages)
            assert counted >= _complete(subject.model, request).usage.input_tokens

    def test_a_reply_has_no_more_tokens_than_were_allowed(self, subject: Subject) -> None:
        for request in subject.answered:
            completion = _complete(subject.model, request)
            assert completion.usage.output_tokens <= request.max_tokens + subject.model.profile.reasoning_tokens
            assert completion.stop_reason in (StopReason.STOP, StopReason.LENGTH)

    @pytest.mark.parametrize("program", ["llm_call(query)", "llm_call[Bool](query)", 'llm_map[Int](["a", "b"], query)'])
    def test_a_run_that_asks_it_uses_no_more_than_was_bounded(self, subject: Subject, program: str) -> None:
        """Also when the request fails."""
        question = subject.answered[0].messages[-1].content
        admitted = check(program, {}).admit(None, subject.model.profile)
        done = anyio.run(partial(execute, admitted, {"query": question}, subject.model, options=Options(out=8, key=b"tests")))
        bound, usage = done.bound, done.usage
        assert bound is not None and bound.attempts is not None
        assert bound.input_tokens is not None and bound.output_tokens is not None
        assert usage.attempts <= bound.attempts
        assert usage.input_tokens <= bound.input_tokens
        assert usage.output_tokens <= bound.output_tokens
        assert bound.usd is None or (usage.usd is not None and usage.usd <= bound.usd)

    def test_a_failure_is_a_model_failure_with_a_code_of_the_table(self, subject: Subject) -> None:
        """No vendor's exception passes, and no error is ever a text."""
        with pytest.raises(ModelFailure) as raised:
            _complete(subject.model, subject.failing)
        assert raised.value.code in FATES
        assert raised.value.is_fatal == FATES[raised.value.code].is_fatal
        assert raised.value.message

    def test_calls_at_once_get_each_its_own_answer(self, subject: Subject) -> None:
        alone = [_complete(subject.model, request).text for request in subject.answered]
        together: dict[int, Completion] = {}

        async def ask(index: int) -> None:
            together[index] = await subject.model.complete(subject.answered[index % len(alone)])

        async def ask_all() -> None:
            async with anyio.create_task_group() as group:
                for index in range(2 * len(alone)):
                    group.start_soon(ask, index)
            await subject.model.aclose()

        anyio.run(ask_all)
        texts = [together[index].text for index in range(2 * len(alone))]
        assert all(texts)
        assert not subject.is_repeatable or texts == alone + alone

    def test_a_cancelled_call_lets_go_at_once_and_the_model_goes_on(self, subject: Subject) -> None:
        async def cancel() -> float:
            started = time.monotonic()
            with anyio.move_on_after(0.3):
                await subject.model.complete(subject.slow)
            seconds = time.monotonic() - started
            assert (await subject.model.complete(subject.answered[0])).text
            await subject.model.aclose()
            return seconds

        assert anyio.run(cancel) < 2.0

    def test_it_can_be_closed_twice(self, subject: Subject) -> None:
        async def close() -> None:
            await subject.model.aclose()
            await subject.model.aclose()

        anyio.run(close)

    def test_a_cut_reply_says_that_it_was_cut(self, subject: Subject) -> None:
        short = replace(subject.answered[0], max_tokens=1)
        try:
            completion = _complete(subject.model, short)
        except ModelFailure as failed:
            assert failed.code == "E0521"  # a recording holds only what was asked
        else:
            assert completion.stop_reason is StopReason.LENGTH


def _complete(model: Model, request: CompletionRequest) -> Completion:
    async def ask() -> Completion:
        try:
            return await model.complete(request)
        finally:
            await model.aclose()

    return anyio.run(ask)
