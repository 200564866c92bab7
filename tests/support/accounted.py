"""Accounts in tests: a model that counts what it is paid, and what lies in an account's file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import anyio.lowlevel

from lambda_rlm.budget.amount import Amount
from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, Usage

COST = 50 * 1e-6 + 10 * 2e-6
"""What each reply of `Priced` costs."""


class Priced:
    """A model of known prices that uses less than may be lent for it. `answered` are its replies, each with its cost;
    `dies_after` requests, it raises what ends a run."""

    profile = ModelProfile("priced", window=8_192, max_output=100, input_price=1e-6, output_price=2e-6)

    def __init__(self, turns: int = 3) -> None:
        self.turns = turns
        self.asked = self.answered = self.in_flight = self.peak = 0

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return sum(len(message.content) for message in messages)

    async def complete(self, request: CompletionRequest) -> Completion:
        self.asked += 1
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            for _ in range(self.turns):
                await anyio.lowlevel.checkpoint()
        finally:
            self.in_flight -= 1
        self.answered += 1
        return Completion("42", Usage(50, 10))

    async def aclose(self) -> None: ...


def lent_in(path: Path) -> list[Amount]:
    """What is lent in an account's file, dead owners' loans among it."""
    with closing(sqlite3.connect(path)) as database:
        return [Amount(*row) for row in database.execute("SELECT calls, tokens, money FROM lent")]
