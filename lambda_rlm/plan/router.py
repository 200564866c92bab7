"""Which way a question goes: straight to the model, through a strategy of the standard library, or by a program written for it.

Owns the choice and the sizes that a strategy is given. Promises a reason in words with every choice, and that what fits goes
straight to the model unless something else is asked for. Asks no model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

from lambda_rlm.completion import ModelProfile
from lambda_rlm.events import Way
from lambda_rlm.plan.measure import Measure
from lambda_rlm.plan.routing_settings import Routing
from lambda_rlm.plan.strategy_file import StrategyFile, is_path
from lambda_rlm.plan.strength import is_strong, tells_tasks_apart
from lambda_rlm.plan.tasks import FALLBACK, LONG_ANSWERS, OPEN, TASKS

Choice = Literal["auto", "direct", "plan", "synth"]
CHOICES: Final[tuple[Choice, ...]] = ("auto", "direct", "plan", "synth")

_OUT: Final = 1_024
"""Tokens left for the reply to a direct call."""
_AROUND: Final = 400
"""Tokens left for what surrounds the text in a prompt."""
_MOST_READ: Final = 8_000
_MOST_PIECE: Final = 24_000
_MOST_READ_SMALL: Final = 3_000
_SMALL_WINDOW: Final = 16_384
_CAUTION: Final = 0.8
"""Some stretches of a text have shorter tokens than those that were looked at."""


@dataclass(frozen=True, slots=True)
class Route:
    """A strategy's name (a file of the standard library, or with `own` of somebody's own), why it was chosen, and the numbers
    it is given."""

    strategy: str
    reason: str
    sizes: Mapping[str, int] = field(default_factory=dict)
    own: StrategyFile | None = None


@dataclass(frozen=True, slots=True)
class Preference:
    """A way and why it is the one to take, or the next when those before it cost too much."""

    way: Way
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A question as the router sees it.

    `leaf` answers, `root` writes programs; `choice` is the way that was asked for, `task` what is known of the question,
    `split` the way that the inputs go in a comparison. `own` is the strategy where `task` is the path of one: a question goes
    that way unless another is asked for. Raises `ValueError` for an unknown choice or task.
    """

    measure: Measure
    query_tokens: int
    leaf: ModelProfile
    root: ModelProfile
    choice: Choice = "auto"
    task: str | None = None
    split: Way | None = None
    routing: Routing = field(default_factory=Routing)
    own: StrategyFile | None = None

    def __post_init__(self) -> None:
        if self.choice not in CHOICES:
            raise ValueError(f"unknown strategy {self.choice!r}; choose from {', '.join(CHOICES)}")
        if self.task is not None and self.task not in TASKS and not is_path(self.task):
            raise ValueError(
                f"unknown task {self.task!r}; choose from {', '.join(TASKS)}, or give the path of a program (./mine.lam)"
            )

    def ways(self) -> tuple[Preference, ...]:
        """The ways to go, the best first; one whose bound is over the budget leaves the question to the next."""
        if self.choice != "auto":
            return (Preference(self.choice, "the strategy was set"),)
        if self._is_own:
            return (Preference("plan", "a strategy file was given"),)
        own = self._own()
        if self.split is None or (self.split == "direct" and not self._fits_window):
            return own
        return (
            Preference(self.split, "chosen by its share of the split"),
            *(other for other in own if other.way != self.split),
        )

    @property
    def needs_task(self) -> bool:
        """Any way but the direct one has to wait until it is known which task the question is."""
        return self.task is None and self.choice != "synth"

    @property
    def why_unasked(self) -> str | None:
        """What keeps a model from being asked for the task, None for nothing."""
        if not self.routing.detects:
            return "no model call is allowed before approval"
        if self.leaf_tells_tasks_apart or tells_tasks_apart(self.root):
            return None
        return f"{self.root.name} is too small to classify tasks"

    @property
    def leaf_tells_tasks_apart(self) -> bool:
        """The model that answers, which is the cheaper one, can be asked for the task too."""
        return tells_tasks_apart(self.leaf)

    def route(self, preference: Preference) -> Route:
        """The strategy of a way; of a written program, that of the plan which stands in for it."""
        if preference.way == "direct":
            return Route("direct", preference.reason)
        strategy = Path(self.task).name if self.task is not None and self._is_own else self.task or FALLBACK
        given = sizes(self.measure, self.query_tokens, self.leaf)
        return Route(strategy, preference.reason, given, self.own if self._is_own else None)

    def with_task(self, task: str) -> Case:
        return replace(self, task=task)

    def _own(self) -> tuple[Preference, ...]:
        """The router's own preferences."""
        size = self._size
        if self._fits:
            return Preference("direct", size), Preference("plan", f"{size}; a strategy reads less per call")
        last = (Preference("direct", "the inputs fit the context window"),) if self._fits_window else ()
        if not self._is_strong:
            return Preference("plan", f"{size}; a fixed strategy suits {self.root.name}"), *last
        written = Preference("synth", f"{size}; {self.root.name} is capable of writing programs")
        if self.task in OPEN or (self.task is None and FALLBACK in OPEN):
            return written, Preference("plan", "a fixed strategy is cheaper"), *last
        task = self.task or FALLBACK
        return Preference("plan", f"{size}; the strategy for {task} covers the question"), written, *last

    @property
    def _is_own(self) -> bool:
        return self.task is not None and is_path(self.task)

    @property
    def _is_strong(self) -> bool:
        strength = self.routing.strength
        return is_strong(self.root) if strength == "auto" else strength == "strong"

    @property
    def _needed(self) -> int:
        """Tokens of a prompt with everything, and of its reply: without the words around them, so no more than there are.
        Whether a prompt that is close to the window fits it is known when it is counted, before it is sent."""
        return self.measure.tokens + 2 * self.query_tokens + _reply(self.leaf)

    @property
    def _fits_window(self) -> bool:
        return self._needed <= self.leaf.room

    @property
    def _fits(self) -> bool:
        """The inputs go straight to the model, where nobody asks for another way."""
        if self.task in LONG_ANSWERS and self.measure.tokens > _reply(self.leaf):
            return False
        return self._needed <= self.leaf.room * self.routing.share(self.task)

    @property
    def _size(self) -> str:
        about, share = "" if self.measure.is_exact else "about ", self.routing.share(self.task)
        window = f"the context window of {self.leaf.name} is {self.leaf.window:,}"
        of_it = "" if share == 1 else f" (usable share: {share:g})"
        reply = ""
        if self._fits_window and self.task in LONG_ANSWERS and self.measure.tokens > _reply(self.leaf):
            reply = f", a reply at most {_reply(self.leaf):,}"
        return f"the inputs have {about}{self.measure.tokens:,} tokens, {window}{of_it}{reply}"


def route(
    measure: Measure, query_tokens: int, profile: ModelProfile, choice: Choice = "auto", task: str | None = None
) -> Route:
    """The strategy for a question about inputs of this size to a model that writes no programs, before anything is known of
    costs."""
    case = Case(
        measure=measure,
        query_tokens=query_tokens,
        leaf=profile,
        root=profile,
        choice=choice,
        task=task,
        routing=Routing(strength="weak"),
    )
    return case.route(case.ways()[0])


def sizes(measure: Measure, query_tokens: int, profile: ModelProfile) -> dict[str, int]:
    """`reading`: the characters of chosen passages that a strategy shows the model at once; `piece`: those of one piece where
    the whole text is read. Never more than is sure to fit.

    Weak models with small windows are shown less than would fit: they answer better and sooner.
    """
    free = profile.room - 2 * query_tokens - _AROUND - _reply(profile)
    sure = int(free * profile.min_chars_per_token)
    is_small = profile.window <= _SMALL_WINDOW

    def characters(most: int) -> int:
        tokens = max(100, min(most, free))
        return max(200, min(sure, int(tokens * measure.characters_per_token * _CAUTION)))

    reading = characters(_MOST_READ_SMALL if is_small else _MOST_READ)
    return {"reading": reading, "piece": reading if is_small else characters(_MOST_PIECE)}


def _reply(profile: ModelProfile) -> int:
    """Tokens of a reply to a direct call."""
    return min(_OUT, profile.max_output, profile.room // 4)
