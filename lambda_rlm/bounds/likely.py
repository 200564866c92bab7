"""What a program is likely to cost, beside what it can cost at worst.

Owns `Likely`. It is the same analysis at other rates: every call is answered at the first attempt, a reply takes a part of the
tokens it may have, and a prompt has tokens by a ratio instead of bytes. It promises nothing and gates nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from lambda_rlm.bounds.analyse import analyse
from lambda_rlm.bounds.domain.abstract import Abstract
from lambda_rlm.bounds.domain.size import Number
from lambda_rlm.bounds.hardness import TooHard
from lambda_rlm.bounds.rates import Rates
from lambda_rlm.bounds.staging import Computer
from lambda_rlm.budget.budget import Budget
from lambda_rlm.types.typed import Typed


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratios:
    """What is assumed: bytes of UTF-8 that make a token, the share of its allowance that a reply takes, and the bytes that the
    markers and instructions of one prompt have."""

    bytes_per_token: float = 4.0
    reply_share: float = 0.25
    prompt_bytes: int = 240


@dataclass(frozen=True, slots=True)
class Likely:
    """Likely figures; None for what has no limit or, of `usd`, no price."""

    calls: int | None
    input_tokens: int | None
    output_tokens: int | None
    usd: float | None

    def numbers(self) -> dict[str, int | float | None]:
        return {name: getattr(self, name) for name in ("calls", "input_tokens", "output_tokens", "usd")}


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
    calm = replace(
        rates,
        repairs=0,
        resends=0,
        retries=0,
        repair_bytes=0,
        template_tokens=0,
        prompt_bytes=ratios.prompt_bytes,
        reply_chars_per_token=max(1, round(ratios.bytes_per_token * ratios.reply_share)),
        count=None,
    )
    try:
        cost = analyse(typed, sizes, calm, autos, budget.depth, computer).cost
    except TooHard:
        return None
    sent = _scaled(cost.input_tokens.value, 1 / ratios.bytes_per_token)
    replied = _scaled(cost.output_tokens.value, ratios.reply_share)
    usd = None
    if sent is not None and replied is not None and rates.input_price is not None and rates.output_price is not None:
        usd = sent * rates.input_price + replied * rates.output_price
    return Likely(_scaled(cost.calls.value, 1), sent, replied, usd)


def _scaled(number: Number, ratio: float) -> int | None:
    return None if number == math.inf else math.ceil(number * ratio)
