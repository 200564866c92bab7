"""A model for tests that answers as told, and a run around the library functions that ask it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio

from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, StopReason, Usage
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval.asking.asker import Asker, AskSettings
from lambda_rlm.eval.asking.model_calls import ASYNC_IMPLEMENTATIONS
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.value import Document, Rope, Text, span_of
from lambda_rlm.events import Event
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.types.type import BOOL, FLOAT, INT, QUOTE, TEXT, Con, Record, Type, list_of, option_of

SPAN = Span(3, 9)
KEY = b"the key of this installation"
PROFILE = ModelProfile("fake", window=4_000, max_output=1_000, input_price=0.001, output_price=0.002)
Answer = Callable[[CompletionRequest], "Completion | str"]


def completion(text: str, request: CompletionRequest, stop: StopReason = StopReason.STOP) -> Completion:
    """A reply of one token for each four characters, cut at the request's limit as a provider would."""
    most = 4 * request.max_tokens
    if len(text) > most:
        text, stop = text[:most], StopReason.LENGTH
    tokens = (-(-sum(len(m.content) for m in request.messages) // 4), -(-len(text) // 4))
    return Completion(text, Usage(*tokens, cost=tokens[0] * 0.001 + tokens[1] * 0.002), stop, "fake")


class FakeModel:
    """Answers with what `answer` gives or raises; `gate` holds every call back until it is set."""

    def __init__(self, answer: Answer | str, profile: ModelProfile = PROFILE, gate: anyio.Event | None = None) -> None:
        self.answer: Answer = (lambda _: answer) if isinstance(answer, str) else answer
        self.profile = profile
        self.gate = gate
        self.requests: list[CompletionRequest] = []
        self.in_flight = 0
        self.cancelled = 0

    async def complete(self, request: CompletionRequest) -> Completion:
        self.requests.append(request)
        self.in_flight += 1
        try:
            await anyio.lowlevel.checkpoint()
            if self.gate is not None:
                await self.gate.wait()
            reply = self.answer(request)
            return completion(reply, request) if isinstance(reply, str) else reply
        except anyio.get_cancelled_exc_class():
            self.cancelled += 1
            raise
        finally:
            self.in_flight -= 1

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return -(-sum(len(message.content) for message in messages) // 4)

    async def aclose(self) -> None:
        """Nothing to close."""

    @property
    def prompts(self) -> list[str]:
        return [request.messages[-1].content for request in self.requests]


class Desk:
    """One run: a model, a meter, an asker, the events it traced."""

    def __init__(self, model: FakeModel | Answer | str, *, budget: Budget | None = None, **settings: Any) -> None:
        self.model = model if isinstance(model, FakeModel) else FakeModel(model)
        self.meter = Meter(budget or Budget())
        self.events: list[Event] = []
        self.asker = Asker(self.model, self.meter, AskSettings(**{"key": KEY, **settings}), self.events.append)

    def function(
        self, primitive: Primitive, result: Type, parameters: tuple[Type, ...] = (), span: Span = SPAN
    ) -> Callable[..., Awaitable[Any]]:
        site = Site(primitive, parameters, result, span, self.meter)
        return ASYNC_IMPLEMENTATIONS[primitive](site, self.asker)

    def run(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """The result of `work` inside the opened asker."""

        async def main() -> Any:
            async with self.asker.opened():
                return await work()

        return anyio.run(main)

    def call(self, prompt: Text, result: Type = TEXT, **arguments: Any) -> Any:
        """One `llm_call`."""
        function = self.function(Primitive.LLM_CALL, result)
        return self.run(lambda: function(prompt, **arguments))


def data(text: str, name: str = "context") -> Text:
    """A text of an input."""
    return span_of(Document(name, text), 0, len(text))


def template(*parts: Text | str) -> Text:
    """What a template makes: literal pieces are trusted."""
    pieces = [Text(part) if isinstance(part, str) else part for part in parts]
    return Rope(pieces, sum(piece.n for piece in pieces))


def inhabits(value: Any, type_: Type) -> bool:
    """The value is one of the type, in the representation of the run."""
    match type_:
        case Con("Text" | "Quote"):
            return isinstance(value, Text) and isinstance(value.s, str)
        case Con("Int"):
            return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
        case Con("Float"):
            return isinstance(value, float) and abs(value) < float("inf")
        case Con("Bool"):
            return type(value) is bool
        case Con("List", (element,)):
            return isinstance(value, list) and all(inhabits(x, element) for x in value)
        case Con("Option", (inner,)):
            return value is None or (isinstance(value, tuple) and len(value) == 1 and inhabits(value[0], inner))
        case Record(fields):
            return (
                isinstance(value, tuple)
                and len(value) == len(fields)
                and all(inhabits(x, t) for x, (_, t) in zip(value, fields, strict=True))
            )
        case _:
            return isinstance(value, Text) and value.s in type_.labels  # type: ignore[union-attr]


def plain(value: Any) -> Any:
    """A value as Python data, for comparison: texts as str, Options as they are."""
    if isinstance(value, Text):
        return value.s
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, tuple):
        return tuple(plain(part) for part in value)
    return value


GROUND = (TEXT, INT, FLOAT, BOOL, QUOTE, list_of(TEXT), option_of(INT))
