"""A host's own models, validators and questions: whatever they are, a declared error comes of it, and no paid answer is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pydantic
import pytest

from lambda_rlm import RLM, Fault, InputProblem, LambdaRLMError, ModelFailure, ScriptedModel
from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, StopReason, Usage
from lambda_rlm.journal.journal import Journal

pytestmark = pytest.mark.usefixtures("alone")


class Own:
    """A model of a host that keeps to the contract; the cases below break it in one place each."""

    profile: Any = ModelProfile("own", 8_000, 1_000)

    def count_tokens(self, messages: tuple[Message, ...]) -> Any:
        return 10

    async def complete(self, request: CompletionRequest) -> Completion:
        return Completion("yes", Usage(1, 1, cost=0.0), StopReason.STOP, "own")

    async def aclose(self) -> None:
        raise OSError("closing is the host's, who gave it")


def counts(what: Any) -> Own:
    class Counting(Own):
        def count_tokens(self, messages: tuple[Message, ...]) -> Any:
            if isinstance(what, Exception):
                raise what
            return what

    return Counting()


def has_profile(what: Any) -> Own:
    class Profiled(Own):
        @property
        def profile(self) -> Any:
            if isinstance(what, Exception):
                raise what
            return what

    return Profiled()


def completes(what: Callable[[], Any]) -> Own:
    class Completing(Own):
        async def complete(self, request: CompletionRequest) -> Completion:
            answer: Completion = what()
            return answer

    return Completing()


def ends() -> Any:
    raise StopAsyncIteration


def cancels() -> Any:
    raise asyncio.CancelledError


class Speechless(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def says_nothing() -> Any:
    raise Speechless


class Shy(str):
    def __len__(self) -> int:
        raise RuntimeError("no length")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no equal")

    __hash__ = str.__hash__


BROKEN = [
    *(counts(what) for what in (RuntimeError("sk-abcdefgh"), None, -5, float("nan"), 1.5, True, 10**40, "3")),
    *(has_profile(what) for what in (RuntimeError("p"), None, {"window": 8_000}, Own)),
    *(completes(what) for what in (lambda: None, lambda: "yes", lambda: 1 / 0, ends, cancels, says_nothing)),
]


@pytest.mark.parametrize("model", BROKEN, ids=lambda model: type(model).__name__)
def test_a_model_that_breaks_the_contract_is_a_declared_fault(model: Any) -> None:
    with pytest.raises(ModelFailure) as raised:
        RLM(model).ask("Who?", context="hello")
    assert raised.value.code == "E0525" and "abcdefgh" not in str(raised.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"input_price": -1.0}, {"input_price": float("nan")}, {"output_price": float("inf")}, {"input_price": "1"}, {"retries": -5},
        {"refusals": -3}, {"window": -1}, {"window": "8192"}, {"window": True}, {"window": 10**30}, {"max_output": -5},
        {"min_chars_per_token": 0}, {"min_chars_per_token": float("nan")}, {"template_tokens": -9}, {"reasoning_tokens": 1.5}, {"reasoning_tokens": -1},
        {"name": None}, {"details": None},
    ],
    ids=str,
)  # fmt: skip
def test_a_profile_that_no_model_has_is_refused(wrong: dict[str, Any]) -> None:
    """A price below zero gave a budget more than it had."""
    with pytest.raises(ValueError, match="profile"):
        ModelProfile(**{"name": "own", "window": 8_000, "max_output": 1_000, **wrong})


def test_a_cancellation_of_the_model_cancels_nobody() -> None:
    with pytest.raises(ModelFailure, match="nobody cancelled it") as raised:
        RLM(completes(cancels)).ask("Who?", context="hello")
    assert raised.value.usage is not None and raised.value.usage.is_estimated and raised.value.usage.output_tokens > 0


@pytest.mark.parametrize("keep", [5, ends], ids=["no function", "raises"])
def test_who_keeps_replies_costs_no_answer(keep: Any) -> None:
    answer = Completion("yes", Usage(1, 1, cost=0.0), StopReason.STOP, "own", keep)
    assert RLM(completes(lambda: answer)).ask("Who?", context="hello").answer == "yes"


def test_a_reply_with_ways_of_its_own_is_its_characters_alone() -> None:
    assert RLM(completes(lambda: Completion(Shy("yes"), Usage(1, 1, cost=0.0)))).ask("Who?", context="hello").answer == "yes"


def test_a_model_that_is_none_is_refused_as_such() -> None:
    with pytest.raises(TypeError, match="with the methods of `Model`"):
        RLM(3).ask("Who?", context="hello")  # type: ignore[arg-type]


@pytest.mark.parametrize("usage", [None, Usage(float("nan"), 1), {"input_tokens": 3}, Usage(-5, 1)], ids=repr)  # type: ignore[arg-type]
def test_an_answer_without_a_usage_is_an_answer(usage: Any) -> None:
    run = RLM(completes(lambda: Completion("yes", usage))).ask("Who?", context="hello")
    assert run.answer == "yes"
    assert any("without a valid token count" in note for note in run.notes)


@pytest.mark.parametrize("query", [None, 3, b"x", ["a"], object()], ids=lambda query: type(query).__name__)
def test_a_question_that_is_no_text_is_told_so(query: Any) -> None:
    with pytest.raises(TypeError, match="the question must be a str") as raised:
        RLM(Own()).ask(query, context="hello")
    assert isinstance(raised.value, LambdaRLMError)


def answer_type(error: Exception) -> type[pydantic.BaseModel]:
    class Answer(pydantic.BaseModel):
        n: int

        @pydantic.field_validator("n")
        @classmethod
        def odd(cls, n: int) -> int:
            raise error

    return Answer


@pytest.mark.parametrize("error", [KeyError("odd"), ValueError("odd"), RecursionError("odd"), AttributeError("odd")], ids=repr)
def test_a_validator_that_raises_is_a_fault_and_keeps_the_answer(error: Exception) -> None:
    rlm = RLM(ScriptedModel.from_rules([("", '{"n": 3}')]), journal="j")
    with pytest.raises(Fault, match="odd") as raised:
        rlm.ask("How many?", context="hello", returns=answer_type(error))
    assert raised.value.code == "E0513" and "3" in str(raised.value) and raised.value.usage is not None
    with Journal("j") as journal:
        assert raised.value.run is not None
        (reply,) = journal.replies(raised.value.run).values()
    assert reply.text == '{"n": 3}'


class Unschemed:
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        raise RuntimeError("no schema")


class Misschemed:
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        return handler(int)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Any) -> Any:
        return {"type": "integers"}


@pytest.mark.parametrize("wanted", [Unschemed, Misschemed])
def test_a_class_without_a_schema_is_no_type_of_an_answer(wanted: Any) -> None:
    with pytest.raises(TypeError, match=r"schema|unsupported"):
        RLM(Own()).ask("Who?", returns=wanted, context="hello")


@pytest.mark.parametrize("error", [asyncio.CancelledError(), GeneratorExit()], ids=repr)
def test_a_listener_that_ends_tasks_costs_no_answer(error: BaseException) -> None:
    def listen(event: object) -> None:
        raise error

    assert RLM(Own()).ask("Who?", on_event=listen, context="hello").answer == "yes"


def test_an_address_that_is_no_text_is_misuse() -> None:
    with pytest.raises(TypeError, match="base_url"):
        RLM("m", base_url=5)  # type: ignore[arg-type]


def test_more_inputs_than_a_program_has_room_for_are_refused() -> None:
    """They were an internal error of the planner."""
    inputs: dict[str, Any] = {f"a{i}": "x" for i in range(256)}
    assert RLM(Own(), strategy="plan").ask("Who?", **inputs).answer
    with pytest.raises(InputProblem, match="at most 256"):
        RLM(Own(), strategy="plan").ask("Who?", **inputs, one_more="x")
