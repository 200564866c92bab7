"""Running programs in tests with a model of one's own: parse, infer, admit, evaluate."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import anyio
import anyio.lowlevel

from lambda_rlm.bounds.admit import defer
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import Completion, CompletionRequest, Message, Model, ModelProfile, Usage
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.execute import execute
from lambda_rlm.execution.run import Run
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.syntax.parse import parse
from lambda_rlm.types.infer import infer
from lambda_rlm.types.type import TEXT, Type

_MARKER = re.compile(r"</?data \w+>")


def run(
    text: str,
    types: Mapping[str, Type] | None = None,
    values: Mapping[str, Any] | None = None,
    *,
    rules: Iterable[tuple[str, str]] = (),
    model: Model | None = None,
    **limits: Any,
) -> Run:
    """Run a program; `query` is "the question" unless it is given."""
    types = {"query": TEXT, **(types or {})}
    values = {"query": "the question", **(values or {})}
    chosen = model or ScriptedModel.from_rules(rules)
    admitted = defer(infer(parse(SourceFile("test", text)), types), Budget(**limits), chosen.profile)
    return anyio.run(partial(execute, admitted, values, chosen))


class Dawdling:
    """A model that answers with its prompt's last line after as many turns of the loop as `turns` says for it, and counts."""

    def __init__(self, turns: Mapping[str, int], failing: frozenset[str] = frozenset()) -> None:
        self.turns = turns
        self.failing = failing
        self.asked: list[str] = []
        self.in_flight = 0
        self.most = 0

    @property
    def profile(self) -> ModelProfile:
        return ModelProfile(name="dawdling", window=32_768, max_output=1_024, input_price=0.0, output_price=0.0)

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return 10

    async def complete(self, request: CompletionRequest) -> Completion:
        from lambda_rlm.diagnostics.faults import ModelFailure

        prompt = _MARKER.sub("", request.messages[-1].content.strip().splitlines()[-1])
        self.asked.append(prompt)
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            for _ in range(self.turns.get(prompt, 0)):
                await anyio.lowlevel.checkpoint()
            if prompt in self.failing:
                raise ModelFailure("E0502", f"no answer to {prompt}")
            return Completion(f"<{prompt}>", Usage(1, 1))
        finally:
            self.in_flight -= 1

    async def aclose(self) -> None:
        return None
