"""A model whose one request goes as a test says, and what is paid for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio

from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.budget.paying import pay
from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, Usage
from lambda_rlm.testing import request as asked

PRICED = ModelProfile("m", 1_000, 100, input_price=1e-3, output_price=2e-3, reasoning_tokens=5)
WORST = 10 + 40 + 5
"""The tokens of one attempt: prompt, longest reply, thought."""


class Told:
    """A model whose one request goes as a function of the request says."""

    def __init__(self, told: Callable[[CompletionRequest], Completion], profile: ModelProfile = PRICED) -> None:
        self.told = told
        self.profile = profile

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return 10

    async def complete(self, request: CompletionRequest) -> Completion:
        return self.told(request)

    async def aclose(self) -> None:
        """Nothing to close."""


def paid(model: Any, meter: Meter, taken: int = 0) -> tuple[Usage, Exception | None]:
    """The usage that is booked for one request of at most 40 tokens, and what it raised."""
    used: list[Usage] = []

    async def ask() -> None:
        await pay(model, asked("x", max_tokens=40), meter, prompt_tokens=10, taken=taken, on_usage=used.append)

    try:
        anyio.run(ask)
    except Exception as error:  # noqa: BLE001 - looked at by the tests
        return used[0], error
    return used[0], None


def raising(error: Exception) -> Callable[[CompletionRequest], Completion]:
    def told(request: CompletionRequest) -> Completion:
        raise error

    return told


def pooled(pool: int) -> Meter:
    meter = Meter(Budget())
    meter.hold(1, 10_000, 100.0, pool)
    return meter
