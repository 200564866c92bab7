"""The contract of `Model`, as checks that run on any implementation.

Owns `ModelContract`. Each method that starts with `test_` is one check; it raises `AssertionError` with the reason. Promises
that the checks hold under `python -O`, and that they need nothing but the package itself. Refuses to guess what a model
answers: the requests come with it.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

import anyio

from lambda_rlm.budget.meter import OUT_OF_ATTEMPTS
from lambda_rlm.budget.paying import failed_usage
from lambda_rlm.completion import Completion, CompletionRequest, Message, Model, ModelProfile, StopReason
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.faults import LimitExceeded, ModelFailure
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import Options, execute
from lambda_rlm.llm.failures import FATES, NOT_RECORDED

T = TypeVar("T")

_PROGRAMS: Final = ("llm_call(query)", "llm_call[Bool](query)", 'llm_map[Int](["a", "b"], query)')
_CANCELLED_AFTER: Final = 0.3
_MOST_SECONDS: Final = 2.0
"""Within which a cancelled call must have ended."""


def request(text: str, max_tokens: int = 32) -> CompletionRequest:
    """A request with one message from the user."""
    return CompletionRequest((Message("user", text),), max_tokens)


@dataclass(frozen=True)
class ModelUnderTest:
    """A model with requests of three kinds: `answered` succeed, `slow` takes at least three seconds (any answered request, for
    a model that has none), `failing` raises `ModelFailure`. `is_repeatable`: equal requests get equal replies."""

    model: Model
    answered: tuple[CompletionRequest, ...]
    slow: CompletionRequest
    failing: CompletionRequest
    is_repeatable: bool = True


class ModelContract:
    """What every `Model` promises. To use it with pytest, subclass it under a name that starts with `Test`, and define a
    fixture `subject` that returns a `ModelUnderTest`."""

    def test_it_is_a_model_with_a_possible_profile(self, subject: ModelUnderTest) -> None:
        _hold(isinstance(subject.model, Model), "it lacks a method of `Model`")
        profile = subject.model.profile
        _hold(isinstance(profile, ModelProfile), f"the profile is {profile!r}, no ModelProfile")
        _hold(bool(profile.name), "the profile has no name")
        _hold(0 < profile.max_output <= profile.window, f"max_output is {profile.max_output} of a window of {profile.window}")
        _hold(profile.min_chars_per_token > 0, "min_chars_per_token must be positive")
        for price in (profile.input_price, profile.output_price):
            _hold(price is None or price >= 0, f"a price is {price}")

    def test_a_reply_has_text_and_a_possible_usage(self, subject: ModelUnderTest) -> None:
        for one in subject.answered:
            completion = _complete(subject.model, one)
            usage = completion.usage
            _hold(bool(completion.text), "the reply is empty")
            _hold(bool(completion.model), "the completion does not name its model")
            _hold(usage.attempts >= 1, f"{usage.attempts} attempts")
            _hold(0 <= usage.cached_tokens <= usage.input_tokens, f"more cached tokens than input tokens: {usage}")
            _hold(usage.output_tokens > 0, f"a reply without output tokens: {usage}")
            _hold(usage.cost is None or usage.cost >= 0, f"a negative cost: {usage}")

    def test_counted_tokens_cover_the_tokens_that_are_paid(self, subject: ModelUnderTest) -> None:
        """The check against the context window and the reservation of a call rely on this count."""
        for one in subject.answered:
            counted = subject.model.count_tokens(one.messages)
            paid = _complete(subject.model, one).usage.input_tokens
            _hold(counted >= paid, f"count_tokens gives {counted}, the usage has {paid} input tokens")

    def test_a_reply_keeps_to_its_maximum_length(self, subject: ModelUnderTest) -> None:
        for one in subject.answered:
            completion = _complete(subject.model, one)
            most = one.max_tokens + subject.model.profile.thought(one.max_tokens)
            _hold(
                completion.usage.output_tokens <= most,
                f"{completion.usage.output_tokens} output tokens, at most {most} allowed",
            )
            _hold(completion.stop_reason is not StopReason.REFUSAL, "a refusal is a ModelFailure, not a reply")

    def test_a_run_stays_within_its_bound(self, subject: ModelUnderTest) -> None:
        """Also when the request fails."""
        question = subject.answered[0].messages[-1].content
        for program in _PROGRAMS:
            admitted = check(program, {}).admit(None, subject.model.profile)
            options = Options(out=8, key=b"tests")
            asked = partial(execute, admitted, {"query": question}, subject.model, options=options)
            done = anyio.run(_closing, subject.model, asked)
            bound, used = done.bound, done.usage
            if bound is None or bound.attempts is None or bound.input_tokens is None or bound.output_tokens is None:
                raise AssertionError(f"no bound for {program}: {bound}")
            _hold(used.attempts <= bound.attempts, f"{program}: {used.attempts} attempts, bound {bound.attempts}")
            _hold(used.input_tokens <= bound.input_tokens, f"{program}: {used.input_tokens} input tokens, bound {bound}")
            _hold(used.output_tokens <= bound.output_tokens, f"{program}: {used.output_tokens} output tokens, bound {bound}")
            is_within = bound.usd is None or (used.usd is not None and used.usd <= bound.usd)
            _hold(is_within, f"{program}: {used.usd} dollars, bound {bound.usd}")

    def test_a_failure_is_a_model_failure_with_a_known_code(self, subject: ModelUnderTest) -> None:
        """No vendor's exception passes, and no error is ever a text."""
        failed = _failure(subject.model, subject.failing)
        _hold(failed.code in FATES, f"{failed.code} is not the code of a model failure; there are {', '.join(FATES)}")
        wanted = FATES[failed.code].is_fatal
        _hold(failed.is_fatal == wanted, f"is_fatal of {failed.code} must be {wanted}")
        _hold(bool(failed.message), "the failure has no message")

    def test_a_request_is_sent_again_no_more_often_than_the_profile_says(self, subject: ModelUnderTest) -> None:
        """`retries` is what a model sends again without asking, `resends` what it asks for leave for, each time."""
        asked = 0

        def again() -> None:
            nonlocal asked
            asked += 1

        profile = subject.model.profile
        failed = _failure(subject.model, replace(subject.failing, again=again))
        _hold(asked <= profile.resends, f"it asked for leave {asked} times, and its profile has {profile.resends} resends")
        attempts, most = failed_usage(failed).attempts, (1 + profile.resends) * (1 + profile.retries) * (1 + profile.refusals)
        _hold(attempts <= most, f"{attempts} attempts, and its profile allows {most}")

    def test_without_leave_a_request_is_not_sent_again(self, subject: ModelUnderTest) -> None:
        """What `again` raises leaves `complete`, unless the request needs no leave or ends without it."""
        refusals: list[LimitExceeded] = []

        def again() -> None:
            refusals.append(LimitExceeded(OUT_OF_ATTEMPTS, "no more attempts"))
            raise refusals[-1]

        try:
            _complete(subject.model, replace(subject.failing, again=again))
        except LimitExceeded as left:
            _hold(any(left is refusal for refusal in refusals), f"another limit left: {left}")
        except ModelFailure:
            pass
        _hold(len(refusals) <= 1 + subject.model.profile.resends, f"it asked {len(refusals)} times after it was refused")

    def test_concurrent_calls_each_get_their_own_reply(self, subject: ModelUnderTest) -> None:
        alone = [_complete(subject.model, one).text for one in subject.answered]
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
        _hold(all(texts), "a reply among several is empty")
        _hold(not subject.is_repeatable or texts == alone + alone, f"together {texts}, one by one {alone}")

    def test_a_cancelled_call_ends_at_once_and_the_model_goes_on(self, subject: ModelUnderTest) -> None:
        async def cancel() -> float:
            started = time.monotonic()
            with anyio.move_on_after(_CANCELLED_AFTER):
                await subject.model.complete(subject.slow)
            seconds = time.monotonic() - started
            _hold(bool((await subject.model.complete(subject.answered[0])).text), "no reply after a cancelled call")
            await subject.model.aclose()
            return seconds

        seconds = anyio.run(cancel)
        _hold(seconds < _MOST_SECONDS, f"a call that was cancelled after {_CANCELLED_AFTER} s ended after {seconds:.1f} s")

    def test_it_can_be_closed_twice(self, subject: ModelUnderTest) -> None:
        async def close() -> None:
            await subject.model.aclose()
            await subject.model.aclose()

        anyio.run(close)

    def test_a_cut_reply_reports_that_it_was_cut(self, subject: ModelUnderTest) -> None:
        try:
            completion = _complete(subject.model, replace(subject.answered[0], max_tokens=1))
        except ModelFailure as failed:
            _hold(failed.code == NOT_RECORDED, f"{failed}")  # a recording holds only what was asked
        else:
            _hold(completion.stop_reason is StopReason.LENGTH, f"the stop reason is {completion.stop_reason!r}")


def check_model(subject: Callable[[], ModelUnderTest]) -> None:
    """Run every check of `ModelContract`, each on a model that `subject` makes anew. Raises `AssertionError` that names the
    first check that does not hold, and why; an exception of the model does not hold either. Not inside a running event loop."""
    contract = ModelContract()
    for name in vars(ModelContract):  # in the order in which they are written: whether it is a model at all comes first
        if name.startswith("test_"):
            made = subject()
            try:
                getattr(contract, name)(made)
            except AssertionError as error:
                raise AssertionError(f"{name}: {error}") from error
            except Exception as error:
                raise AssertionError(f"{name}: it raises {type(error).__name__}: {error}") from error


def _hold(is_true: bool, otherwise: str) -> None:
    if not is_true:
        raise AssertionError(otherwise)


def _complete(model: Model, one: CompletionRequest) -> Completion:
    async def ask() -> Completion:
        try:
            return await model.complete(one)
        finally:
            await model.aclose()

    return anyio.run(ask)


async def _closing(model: Model, job: Callable[[], Awaitable[T]]) -> T:
    """What a job gives, with the model closed in the event loop that its connections belong to."""
    try:
        return await job()
    finally:
        await model.aclose()


def _failure(model: Model, one: CompletionRequest) -> ModelFailure:
    try:
        completion = _complete(model, one)
    except ModelFailure as failed:
        return failed
    except Exception as error:
        raise AssertionError(f"the failing request raises {type(error).__name__}, not ModelFailure: {error}") from error
    raise AssertionError(f"the failing request has the reply {completion.text!r}")
