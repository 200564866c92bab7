"""Which way a question goes: straight to the model, or through a strategy of the standard library.

Owns the choice and the sizes that a strategy is given. Promises a reason in words with every choice. Asks no model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from lambda_rlm.completion import ModelProfile
from lambda_rlm.plan.measure import Measure

Choice = Literal["auto", "direct", "plan", "synth"]
CHOICES: Final[tuple[Choice, ...]] = ("auto", "direct", "plan", "synth")

TASKS: Final = ("search", "summarise")
"""Strategies for texts longer than the window; each is a file of the standard library."""

_OUT: Final = 1_024
"""Tokens left for the reply to a direct call."""
_AROUND: Final = 400
"""Tokens left for what stands around the text in a prompt."""
_MOST_READ: Final = 8_000
_MOST_PIECE: Final = 24_000
_MOST_READ_SMALL: Final = 3_000
_SMALL_WINDOW: Final = 16_384
_CAUTION: Final = 0.8
"""Some stretches of a text have shorter tokens than those that were looked at."""


@dataclass(frozen=True, slots=True)
class Route:
    """A strategy's name (a file of the standard library), why it was chosen, and the numbers it is given."""

    strategy: str
    reason: str
    sizes: Mapping[str, int] = field(default_factory=dict)


def route(measure: Measure, query_tokens: int, profile: ModelProfile, choice: Choice = "auto", task: str = "search") -> Route:
    """The way for a question about inputs of this size; raises `ValueError` for an unknown choice or task."""
    if choice not in CHOICES:
        raise ValueError(f"unknown strategy {choice!r}; there are {', '.join(CHOICES)}")
    if task not in TASKS:
        raise ValueError(f"unknown task {task!r}; there are {', '.join(TASKS)}")
    needed = measure.tokens + 2 * query_tokens + _AROUND + min(_OUT, profile.room // 4)
    about = "" if measure.is_exact else "about "
    size = f"the inputs have {about}{measure.tokens:,} tokens, the window of {profile.name} {profile.window:,}"
    if choice == "direct":
        return Route("direct", "as asked for")
    if choice in ("plan", "synth"):
        return Route(task, "as asked for", sizes(measure, query_tokens, profile))
    if needed <= profile.room:
        return Route("direct", size)
    return Route(task, size, sizes(measure, query_tokens, profile))


def sizes(measure: Measure, query_tokens: int, profile: ModelProfile) -> dict[str, int]:
    """`reading`: the characters of chosen passages that a strategy shows the model at once; `piece`: those of one piece where
    the whole text is read. Never more than is sure to fit.

    Weak models with small windows are shown less than would fit: they answer better and sooner.
    """
    free = profile.room - 2 * query_tokens - _AROUND - min(_OUT, profile.room // 4)
    sure = int(free * profile.min_chars_per_token)
    is_small = profile.window <= _SMALL_WINDOW

    def characters(most: int) -> int:
        tokens = max(100, min(most, free))
        return max(200, min(sure, int(tokens * measure.characters_per_token * _CAUTION)))

    reading = characters(_MOST_READ_SMALL if is_small else _MOST_READ)
    return {"reading": reading, "piece": reading if is_small else characters(_MOST_PIECE)}
