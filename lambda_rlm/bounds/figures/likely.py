"""What a program is likely to cost, beside what it can cost at worst.

Owns `Likely`, and the figure for inputs of which only sizes are known (on real inputs a program is tried out, see
`execution.likely`). It is the same analysis at other rates: every call is answered at the first attempt, a reply takes a part
of the tokens it may have, a prompt has tokens by a ratio instead of bytes where its vocabulary is not known, and where a reply
decides one way counts. It promises nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from lambda_rlm.bounds.analyse import analyse
from lambda_rlm.bounds.domain.abstract import Abstract
from lambda_rlm.bounds.domain.size import Number
from lambda_rlm.bounds.hardness import TooHard
from lambda_rlm.bounds.rates import Rates, no_thought
from lambda_rlm.bounds.staging import Computer
from lambda_rlm.budget.budget import Budget
from lambda_rlm.data_class import dataclass
from lambda_rlm.types.typed import Typed


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratios:
    """What is assumed: bytes of UTF-8 that make a token, the share of its allowance that a reply takes, the bytes that the
    markers and instructions of one prompt have, and the tokens of thought before a reply of a model that thinks."""

    bytes_per_token: float = 4.0
    reply_share: float = 0.25
    prompt_bytes: int = 240
    thought: int = 448


_SHOWN: Final = ("calls", "input_tokens", "output_tokens", "usd")


@dataclass(frozen=True, slots=True)
class Likely:
    """Likely figures; None for what has no limit or, of `usd`, no price.

    `needs_tokens` and `needs_usd` are what a budget must have for that: each request is set aside at its worst before it is
    sent, also the last one.
    """

    calls: int | None
    input_tokens: int | None
    output_tokens: int | None
    usd: float | None
    needs_tokens: int | None = None
    needs_usd: float | None = None

    def __add__(self, other: Likely) -> Likely:
        """What two runs are likely to cost, one after the other."""
        both = {name: (getattr(self, name), getattr(other, name)) for name in (*_SHOWN, "needs_tokens", "needs_usd")}
        return Likely(**{name: None if a is None or b is None else a + b for name, (a, b) in both.items()})

    def fits(self, budget: Budget) -> bool:
        """Whether a run that costs this completes within a budget."""
        if self.calls is None or self.calls > budget.calls:
            return False
        if self.needs_tokens is None or self.needs_tokens > budget.tokens:
            return False
        return budget.usd is None or (self.needs_usd is not None and self.needs_usd <= budget.usd)

    def numbers(self) -> dict[str, int | float | None]:
        return {name: getattr(self, name) for name in _SHOWN}


def likely(
    typed: Typed,
    sizes: Mapping[str, Abstract],
    rates: Rates,
    autos: Mapping[int, int],
    budget: Budget,
    computer: Computer | None,
    ratios: Ratios,
) -> Likely | None:
    """The likely cost on inputs of these sizes; None for a program that is too intricate to say."""
    per_token = 1.0 if rates.vocabulary is not None else ratios.bytes_per_token
    try:
        cost = analyse(typed, sizes, _calm(rates, ratios), autos, budget.depth, computer, is_usual=True).cost
    except TooHard:
        return None
    calls = _scaled(cost.calls.value, 1)
    sent = _scaled(cost.input_tokens.value, 1 / per_token)
    replied = _scaled(cost.output_tokens.value, ratios.reply_share)
    if calls is None or sent is None or replied is None:
        return Likely(calls, sent, replied, None)
    replied += calls * min(rates.thought(rates.out) // 2, ratios.thought)
    attempts = 1 + rates.retries
    prompt = attempts * (_scaled(cost.attempt_input.value, 1 / per_token) or 0)
    reply = attempts * ((_scaled(cost.attempt_output.value, 1) or 0) + rates.thought(rates.max_output))
    needed = max(sent, prompt) + replied + reply  # the last request is set aside at its worst
    if rates.input_price is None or rates.output_price is None:
        return Likely(calls, sent, replied, None, needed)
    usd = sent * rates.input_price + replied * rates.output_price
    most = max(sent, prompt) * rates.input_price + (replied + reply) * rates.output_price
    return Likely(calls, sent, replied, usd, needed, most)


def _calm(rates: Rates, ratios: Ratios) -> Rates:
    """The rates of a run in which nothing goes wrong; prompts in bytes where their vocabulary is not known."""
    is_counted = rates.vocabulary is not None
    per_token = 1.0 if is_counted else ratios.bytes_per_token
    return replace(
        rates,
        repairs=0,
        resends=0,
        retries=0,
        repair_bytes=0,
        template_tokens=rates.template_tokens if is_counted else 0,
        thought=no_thought,
        prompt_bytes=round(ratios.prompt_bytes * per_token / ratios.bytes_per_token),
        reply_chars_per_token=max(1, round(ratios.bytes_per_token * ratios.reply_share)),
        reply_share=ratios.reply_share,
        count=rates.count if is_counted else None,
    )


def _scaled(number: Number, ratio: float) -> int | None:
    return None if number == math.inf else math.ceil(number * ratio)
