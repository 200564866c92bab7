"""The tokens of a prompt of a root model: by its bytes where these admit it, else counted.

Owns the rule. A vocabulary takes longer to load than all else that goes before the first request, and none makes more tokens
of a text than it has bytes. So bytes do where they fit the window beside a reply, nothing is limited in dollars that tokens
cost, and the limit in tokens is far from them. Where that does not hold, and of a model that counts by itself, the tokens are
counted.
"""

from __future__ import annotations

from typing import Final

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import Message, Model
from lambda_rlm.limits import CHAT_TOKENS, MESSAGE_TOKENS
from lambda_rlm.llm.tokens import utf8_bound

_MANY: Final = 1_000
"""Prompts of this size that have to be within the budget, so that none is refused for having been counted by its bytes."""


def prompt_tokens(model: Model, messages: tuple[Message, ...], out: int, budget: Budget, *, is_counted: bool = False) -> int:
    """The tokens that are set aside for a prompt with a reply of at most `out`, within a budget; with `is_counted` never its
    bytes."""
    most = None if is_counted else _most(model, messages)
    if most is not None and most + out <= model.profile.room and budget.usd is None and _MANY * most <= budget.tokens:
        return most
    return model.count_tokens(messages)


def fits(model: Model, messages: tuple[Message, ...], out: int) -> bool:
    """Whether a prompt fits the window beside a reply of `out` tokens."""
    most, room = _most(model, messages), model.profile.room
    return (most is not None and most + out <= room) or model.count_tokens(messages) + out <= room


def _most(model: Model, messages: tuple[Message, ...]) -> int | None:
    """The most tokens that a prompt has; None where the model is quick to count them."""
    if not getattr(model, "counts_by_vocabulary", False):
        return None
    return utf8_bound(messages, model.profile) + MESSAGE_TOKENS * len(messages) + CHAT_TOKENS
