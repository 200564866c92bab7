"""`lambda_rlm.testing`: the shipped contract accepts a good model and names what is wrong with a bad one."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from typing import Any

import anyio
import pytest

from lambda_rlm import Completion, CompletionRequest, Message, ModelProfile, StopReason
from lambda_rlm.diagnostics.faults import LimitExceeded
from lambda_rlm.testing import ModelContract, ModelUnderTest, ScriptedModel, check_model, request
from tests.support.places import ROOT

RULES = (
    {"match": "capital of (\\w+)", "reply": "The capital of \\1 is a city."},
    {"match": "wait", "reply": "late", "delay": 30},
    {"match": "fail", "failure": "E0508"},
)


class Scripted(ScriptedModel):
    """A good model, which the bad ones differ from in one thing."""


class WithoutName(Scripted):
    @property
    def profile(self) -> ModelProfile:
        return replace(super().profile, name="")


class CountsTooFew(Scripted):
    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return 1 if self.is_asked_from_outside else super().count_tokens(messages)

    is_asked_from_outside = True

    async def complete(self, request: CompletionRequest) -> Completion:
        self.is_asked_from_outside = False
        try:
            return await super().complete(request)
        finally:
            self.is_asked_from_outside = True


class Empty(Scripted):
    async def complete(self, request: CompletionRequest) -> Completion:
        return replace(await super().complete(request), text="")


class TooLong(Scripted):
    async def complete(self, request: CompletionRequest) -> Completion:
        reply = await super().complete(request)
        return replace(reply, usage=replace(reply.usage, output_tokens=request.max_tokens + 1))


class RetriesUnseen(Scripted):
    async def complete(self, request: CompletionRequest) -> Completion:
        reply = await super().complete(request)
        return replace(reply, usage=replace(reply.usage, attempts=9))


class VendorError(Scripted):
    async def complete(self, request: CompletionRequest) -> Completion:
        if "fail" in request.messages[0].content:
            raise RuntimeError("HTTP 400")
        return await super().complete(request)


class ErrorAsText(Scripted):
    async def complete(self, request: CompletionRequest) -> Completion:
        if "fail" in request.messages[0].content:
            return await super().complete(replace(request, messages=(Message("user", "the capital of Error"),)))
        return await super().complete(request)


class Mixed(Scripted):
    """Calls in flight together get the reply to the latest of them."""

    latest: CompletionRequest

    async def complete(self, request: CompletionRequest) -> Completion:
        self.latest = request
        await anyio.sleep(0.01)
        return await super().complete(self.latest)


class Uncancellable(Scripted):
    async def complete(self, request: CompletionRequest) -> Completion:
        if "wait" in request.messages[0].content:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(2.1)
        return await super().complete(request)


class ClosesOnce(Scripted):
    is_closed = False

    async def aclose(self) -> None:
        assert not self.is_closed, "it is closed already"
        self.is_closed = True

    async def complete(self, request: CompletionRequest) -> Completion:
        self.is_closed = False
        return await super().complete(request)


class AsksTooOften(Scripted):
    """Asks for leave that its profile says nothing of."""

    async def complete(self, request: CompletionRequest) -> Completion:
        if "fail" in request.messages[0].content and request.again is not None:
            request.again()
        return await super().complete(request)


class TakesNoRefusal(Scripted):
    async def complete(self, request: CompletionRequest) -> Completion:
        if "fail" in request.messages[0].content and request.again is not None:
            for _ in range(3):
                with suppress(LimitExceeded):
                    request.again()
        return await super().complete(request)


class CutsUnsaid(Scripted):
    async def complete(self, request: CompletionRequest) -> Completion:
        return replace(await super().complete(request), stop_reason=StopReason.STOP)


def under_test(kind: type[Scripted]) -> ModelUnderTest:
    capitals = (request("the capital of France?"), request("the capital of Peru?"))
    return ModelUnderTest(kind.from_rules(RULES), capitals, request("wait"), request("fail"))


class TestGood(ModelContract):
    """pytest collects the contract from a subclass."""

    @pytest.fixture
    def subject(self) -> ModelUnderTest:
        return under_test(Scripted)


def test_a_good_model_passes_every_check() -> None:
    check_model(lambda: under_test(Scripted))


BAD = {
    "test_it_is_a_model_with_a_possible_profile": WithoutName,
    "test_a_reply_has_text_and_a_possible_usage": Empty,
    "test_counted_tokens_cover_the_tokens_that_are_paid": CountsTooFew,
    "test_a_reply_keeps_to_its_maximum_length": TooLong,
    "test_a_run_stays_within_its_bound": RetriesUnseen,
    "test_a_request_is_sent_again_no_more_often_than_the_profile_says": AsksTooOften,
    "test_without_leave_a_request_is_not_sent_again": TakesNoRefusal,
    "test_a_failure_is_a_model_failure_with_a_known_code": VendorError,
    "test_concurrent_calls_each_get_their_own_reply": Mixed,
    "test_a_cancelled_call_ends_at_once_and_the_model_goes_on": Uncancellable,
    "test_it_can_be_closed_twice": ClosesOnce,
    "test_a_cut_reply_reports_that_it_was_cut": CutsUnsaid,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BAD)
def test_each_check_refuses_a_model_that_breaks_it(name: str) -> None:
    with pytest.raises(AssertionError):
        getattr(ModelContract(), name)(under_test(BAD[name]))


def test_every_check_has_a_model_that_breaks_it() -> None:
    assert set(BAD) == {name for name in dir(ModelContract) if name.startswith("test_")}


def test_a_report_names_the_check_and_the_reason() -> None:
    with pytest.raises(AssertionError, match=r"^test_a_failure_is_.*: the failing request has the reply 'The capital of Error"):
        check_model(lambda: under_test(ErrorAsText))


class ReturnsText(Scripted):
    async def complete(self, request: CompletionRequest) -> Completion:
        return "Paris"  # type: ignore[return-value]


class NoProfile(Scripted):
    profile = None  # type: ignore[assignment]


def made_as(kind: type[Any]) -> Any:
    return kind.from_rules(RULES) if issubclass(kind, ScriptedModel) else kind()


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (object, "test_it_is_a_model_with_a_possible_profile: it lacks a method of `Model`"),
        (NoProfile, "test_it_is_a_model_with_a_possible_profile: the profile is None, no ModelProfile"),
        (
            ReturnsText,
            "test_a_reply_has_text_and_a_possible_usage: it raises AttributeError: 'str' object has no attribute 'usage'",
        ),
    ],
)
def test_a_bad_model_fails_the_check_and_nothing_else(kind: Any, said: str) -> None:
    with pytest.raises(AssertionError) as raised:
        check_model(lambda: ModelUnderTest(made_as(kind), (request("the capital of Peru?"),), request("wait"), request("fail")))
    assert str(raised.value) == said


@pytest.mark.slow
def test_the_contract_needs_no_test_framework() -> None:
    program = "import sys, lambda_rlm.testing; print(sorted({'pytest', '_pytest', 'hypothesis'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
