"""Which way a question goes: straight to the model, through a strategy of the standard library, or by a program written for
it.

Owns the choice and the sizes that a strategy is given. Promises a reason in words with every choice; that a root model which
can write programs is asked for one, except where a short input only has to be read, nothing may be asked before approval, or
a person named the task; and that for one which cannot, what fits goes straight to the model. Asks no model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from lambda_rlm.completion import ModelProfile
from lambda_rlm.data_class import dataclass
from lambda_rlm.plan.input_kind import InputKind
from lambda_rlm.plan.measure import LateCount, LateMeasure, Measure
from lambda_rlm.plan.routing_settings import Routing
from lambda_rlm.plan.self_tests import SelfTest
from lambda_rlm.plan.strategy_file import StrategyFile, is_path

if TYPE_CHECKING:
    from lambda_rlm.events import Way
    from lambda_rlm.plan.intent import Asks
    from lambda_rlm.plan.strength import Ability

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

_PAGE: Final = 3_000
"""Tokens that a root model is sent for a program, as a rule."""
_PROGRAM: Final = 400
"""Tokens of a program, as a rule."""
_DEARER: Final = 3
"""A direct call cannot go wrong on the way to the answer: it is taken while it likely costs at most this many times what
writing a program and reading what that chooses do."""


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

    `query` is what is asked, `kind` what it is asked of. `leaf` answers, `root` writes programs, with what self-tests found
    of either. `choice` is the way that was asked for, `task` what is known of the question (`is_said` by a person, else by a
    model), `earlier_task` the strategy that answered the question which this one follows, `split` the way that the inputs go
    in a comparison. `own` is the strategy where `task` is the path of one: a question goes that way unless another is asked
    for. Raises `ValueError` for an unknown choice or task."""

    measure: Measure | LateMeasure
    query_tokens: int | LateCount
    leaf: ModelProfile
    root: ModelProfile
    query: str = ""
    kind: InputKind = "prose"
    choice: Choice = "auto"
    task: str | None = None
    is_said: bool = True
    earlier_task: str | None = None
    split: Way | None = None
    routing: Routing = field(default_factory=Routing)
    own: StrategyFile | None = None
    leaf_tested: SelfTest | None = None
    root_tested: SelfTest | None = None

    def __post_init__(self) -> None:
        from lambda_rlm.plan.tasks import TASKS

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
        """A plan has to wait until it is known which task the question is."""
        return self.task is None and self.choice in ("auto", "plan")

    @property
    def why_unasked(self) -> str | None:
        """What keeps a model from being asked for the task, None for nothing."""
        if not self.routing.detects:
            return "no model call is allowed before approval"
        if self.earlier_task is not None and not self.ability.writes:
            return "the question that this one follows was of that task"
        if self.leaf_tells_tasks_apart or self.ability.tells_tasks_apart:
            return None
        return f"{self.root.name} is too small to classify tasks"

    @property
    def leaf_tells_tasks_apart(self) -> bool:
        """The model that answers, which is the cheaper one, can be asked for the task too."""
        from lambda_rlm.plan.strength import ability

        return ability(self.leaf, tested=self.leaf_tested).tells_tasks_apart

    @property
    def ability(self) -> Ability:
        """What the root model is trusted with."""
        from lambda_rlm.plan.strength import ability

        return ability(self.root, self.routing.strength, self.root_tested)

    @property
    def asks(self) -> Asks:
        """What the question asks for."""
        from lambda_rlm.plan.intent import asks

        return asks(self.query, self.kind, is_short=self._is_short)

    @property
    def assumed(self) -> str:
        """The task that is assumed where nobody says it: that of the question before, for a root model that writes no programs;
        a search calculates nothing, so it is no stand-in for a program that would."""
        from lambda_rlm.plan.tasks import COUNTING, FALLBACK

        if not self.ability.writes:
            return self.earlier_task or FALLBACK
        return COUNTING if self._calculates else FALLBACK

    def route(self, preference: Preference) -> Route:
        """The strategy of a way; of a written program, that of the plan which stands in for it."""
        if preference.way == "direct":
            return Route("direct", preference.reason)
        strategy = Path(self.task).name if self.task is not None and self._is_own else self.task or self.assumed
        given = sizes(self.measure, self._query_tokens, self.leaf)
        return Route(strategy, preference.reason, given, self.own if self._is_own else None)

    def with_task(self, task: str) -> Case:
        """The case with what a model said of the task, or what is assumed. A search is no answer to what is to be calculated
        over rows, for a root model that could do it."""
        from lambda_rlm.plan.tasks import COUNTING, FALLBACK

        if task == FALLBACK and self._is_for_program and self._calculates and self.ability.writes:
            task = COUNTING
        return replace(self, task=task, is_said=False)

    def _own(self) -> tuple[Preference, ...]:
        """The router's own preferences."""
        able = self.ability
        if not able.writes:
            return self._of_weak()
        last = () if self._calculates and self._is_for_program else self._last
        written = (Preference("synth", f"{self._asked}; {self._writer}"),) if self.routing.detects else ()
        if self.task is not None and self.is_said:
            named = f"{self._size}; the task {self.task} was named"
            is_direct = bool(last) and self._fits
            return self._direct(named) if is_direct else (Preference("plan", named), *written, *last)
        if self._is_direct:
            return (*self._direct(f"{self._size}; {self._asked}"), *written)
        if able.strength == "medium" and not self._calculates:
            return Preference("plan", f"{self._size}; {self._asked}; {self._writer}"), *written, *last
        return *written, Preference("plan", f"{self._asked}; a fixed strategy stands in for a program"), *last

    @property
    def _is_direct(self) -> bool:
        """The model that answers reads all of it: the input is short, and nothing is to be calculated."""
        if self._is_for_program:
            return self.asks == "reads" and self._is_short
        return self._is_short and self.asks != "computes"

    def _of_weak(self) -> tuple[Preference, ...]:
        """The preferences where the root model is not trusted to write programs."""
        if self._fits:
            return self._direct(self._size)
        return Preference("plan", f"{self._size}; a fixed strategy suits {self.root.name} ({self.ability.why})"), *self._last

    def _direct(self, reason: str) -> tuple[Preference, ...]:
        direct = Preference("direct", reason)
        if self.measure.characters == 0:  # a strategy has nothing to read, and would answer that the text is empty
            return (direct,)
        return direct, Preference("plan", f"{self._size}; a strategy reads less per call")

    @property
    def _last(self) -> tuple[Preference, ...]:
        return (Preference("direct", "the inputs fit the context window"),) if self._fits_window else ()

    @property
    def _is_for_program(self) -> bool:
        """A program takes the inputs apart by their fields or lines, without a model."""
        return self.kind in ("rows", "lines")

    @property
    def _calculates(self) -> bool:
        """The answer is taken to be calculated: the question says so, or does not say that the rows only are to be read."""
        return self.asks == "computes" or (self._is_for_program and self.asks == "open")

    @property
    def _is_short(self) -> bool:
        """The inputs go straight to the model, and reading all of them costs little more than a program would."""
        return self._fits and self._is_cheap

    @property
    def _is_cheap(self) -> bool:
        read, leaf, root = sizes(self.measure, self._query_tokens, self.leaf)["reading"], self.leaf, self.root
        excerpts = read / self.measure.characters_per_token
        thought = root.thought(_PROGRAM) // 2
        if leaf.input_price and root.input_price and root.output_price is not None:
            written = _PAGE * root.input_price + (_PROGRAM + thought) * root.output_price + excerpts * leaf.input_price
            return self.measure.tokens * leaf.input_price <= _DEARER * written
        return self.measure.tokens <= _DEARER * (_PAGE + _PROGRAM + excerpts)

    @property
    def _asked(self) -> str:
        """What the question asks for, and of what, in words."""
        shown = "lines of one form" if self.kind == "lines" else self.kind
        if self.asks == "computes":
            return f"the question asks for a calculation over {shown}"
        if self.asks == "reads":
            return f"the question asks for reading {shown}"
        return f"the question may need a calculation over {shown}" if self._is_for_program else f"a question about {shown}"

    @property
    def _writer(self) -> str:
        able = self.ability
        return f"{self.root.name} writes programs ({able.strength}: {able.why})"

    @property
    def _is_own(self) -> bool:
        return self.task is not None and is_path(self.task)

    @property
    def _needed(self) -> int:
        """Tokens of a prompt with everything, and of its reply: without the words around them, so no more than there are.
        Whether a prompt that is close to the window fits it is known when it is counted, before it is sent."""
        return self.measure.tokens + 2 * self._query_tokens + _reply(self.leaf)

    @property
    def _query_tokens(self) -> int:
        return self.query_tokens if isinstance(self.query_tokens, int) else self.query_tokens.tokens

    def _is_within(self, room: float) -> bool:
        """Whether a prompt with everything, and its reply, are within so many tokens: by words and bytes where these decide."""
        asked = self.query_tokens if isinstance(self.query_tokens, int) else self.query_tokens.most
        if self.measure.least + _reply(self.leaf) > room:
            return False
        return self.measure.most + 2 * asked + _reply(self.leaf) <= room or self._needed <= room

    @property
    def _fits_window(self) -> bool:
        return self._is_within(self.leaf.room)

    @property
    def _fits(self) -> bool:
        """The inputs go straight to the model, where nobody asks for another way."""
        from lambda_rlm.plan.tasks import LONG_ANSWERS

        if self.task in LONG_ANSWERS and self.measure.tokens > _reply(self.leaf):
            return False
        return self._is_within(self.leaf.room * self.routing.share(self.task))

    @property
    def _size(self) -> str:
        from lambda_rlm.plan.tasks import LONG_ANSWERS

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


def sizes(measure: Measure | LateMeasure, query_tokens: int, profile: ModelProfile) -> dict[str, int]:
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
