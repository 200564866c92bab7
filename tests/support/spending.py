"""Models that use all that they may, and runs whose account is looked at whenever a model is asked."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import anyio
import anyio.lowlevel

from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.budget.pool import Pool
from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, Usage
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import Execution, Options
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs import from_values
from lambda_rlm.llm.wrappers.retry import RetryingModel, RetryPolicy
from tests.support.sleeping import at_once
from tests.support.ungated import Ungated

PROFILE = ModelProfile(
    "greedy", window=4_000, max_output=500, input_price=0.000_25, output_price=0.002, template_tokens=64, reasoning_tokens=7
)
EVERY = Pool(percent=10_000)
"""As many attempts as the caps of each call allow."""

_CHOICE_FRAME = '{"type": "object", "properties": {"reply": {"type": "string", "enum": }}, "required": ["reply"]}'


class Greedy:
    """Each attempt uses the whole prompt in bytes, its schema, and the longest reply with all its thoughts.

    `failures` attempts of each request fail, paid in full, before one is answered with what `reply` gives; `turns` says how many
    turns of the loop an answer takes; `looks` is called at the beginning and at the end of each attempt.
    """

    def __init__(
        self,
        reply: Callable[[CompletionRequest], str] | str = "7",
        profile: ModelProfile = PROFILE,
        *,
        failures: int = 0,
        turns: Callable[[int], int] = lambda _: 0,
    ) -> None:
        self.reply = reply if callable(reply) else lambda _: reply
        self.profile = profile
        self.failures = failures
        self.turns = turns
        self.looks: Callable[[], None] = lambda: None
        self.asked = 0
        self.in_flight = 0
        self.pending = 0
        """Tokens that the attempts in flight will have used."""
        self._attempts: Counter[CompletionRequest | str] = Counter()

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return sum(len(message.content.encode()) for message in messages) + self.profile.template_tokens

    async def complete(self, request: CompletionRequest) -> Completion:
        self.asked += 1
        self.in_flight += 1
        usage = self._usage(request)
        self.pending += usage.input_tokens + usage.output_tokens
        self.looks()
        try:
            for _ in range(self.turns(self.asked)):
                await anyio.lowlevel.checkpoint()
            self.looks()
        finally:
            self.in_flight -= 1
            self.pending -= usage.input_tokens + usage.output_tokens
        key = repr(request)
        self._attempts[key] += 1
        if self._attempts[key] % (self.failures + 1):
            failed = ModelFailure("E0501", "busy", is_retryable=True)
            failed.usage = usage
            raise failed
        return Completion(self.reply(request), usage, model="greedy")

    async def aclose(self) -> None:
        """Nothing to close."""

    def _usage(self, request: CompletionRequest) -> Usage:
        sent, replied = self.count_tokens(request.messages), request.max_tokens + self.profile.thought(request.max_tokens)
        if request.schema is not None:
            sent += len(json.dumps(request.schema, ensure_ascii=False).encode())
        if request.choices is not None:
            sent += len((_CHOICE_FRAME + json.dumps(list(request.choices), ensure_ascii=False)).encode())
        profile = self.profile
        if profile.input_price is None or profile.output_price is None:
            return Usage(sent, replied, cost=None)
        return Usage(sent, replied, cost=sent * profile.input_price + replied * profile.output_price)


def spend(
    program: str,
    model: Greedy,
    inputs: Mapping[str, Any] | None = None,
    *,
    budget: Budget | None = None,
    is_gated: bool = True,
    retries: int = 0,
    pool: Pool | None = None,
    parent: Meter | None = None,
) -> tuple[Run, Meter]:
    """A run and its meter; at every moment it is looked at, used and set aside together are within the budget."""
    given = from_values({"context": "", **(inputs or {})}).with_query("?")
    checked = check(program, given.types)
    assert checked.ok, checked.diagnostics
    whole = model if retries == 0 else RetryingModel(model, RetryPolicy(retries=retries), sleep=at_once)
    admitted = checked.admit(budget, whole.profile)
    gate = Execution if is_gated else Ungated

    async def go() -> tuple[Run, Meter]:
        execution = gate(admitted, whole, Options(key=b"tests", pool=pool), None, None, parent)
        model.looks = lambda: within_budget(execution.meter, model)
        return await execution.run(given.values), execution.meter

    done, meter = anyio.run(go)
    within_budget(meter, model)
    return done, meter


def within_budget(meter: Meter, model: Greedy) -> None:
    """What is used and set aside is within the budget, in the whole tree, and what is under way is set aside."""
    assert model.in_flight <= meter.budget.concurrency
    assert model.pending <= meter.reserved.tokens
    found: Meter | None = meter
    while found is not None:
        whole = found.held.largest(found.used.plus(found.reserved))
        assert min(found.reserved) >= 0
        assert whole.calls <= found.budget.calls
        assert whole.tokens <= found.budget.tokens
        assert found.pool is None or found.extra <= found.pool
        assert found.budget.usd is None or whole.money / 10**12 <= found.budget.usd
        assert found.usage.input_tokens + found.usage.output_tokens == found.used.tokens
        found = found.parent
