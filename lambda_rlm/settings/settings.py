"""The settings of a run together, their defaults, and what the rooms below make of them.

Owns `Settings` and `DEFAULTS`. The keys and their kinds are declared in `keys`; where values come from is the business of
`variables`, `files` and `sources`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

from lambda_rlm.bounds.planner.accuracy import Accuracy
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.pool import Pool
from lambda_rlm.eval.asking.asker import AskSettings
from lambda_rlm.inputs.reading import Reading
from lambda_rlm.journal.retention import KEEP_DAYS
from lambda_rlm.llm.wrappers.limiter import Limiters
from lambda_rlm.plan.routing_settings import Routing, Strength, shares
from lambda_rlm.plan.strategy_file import task_name
from lambda_rlm.policy.gates import narrowed
from lambda_rlm.settings.keys import Keys
from lambda_rlm.settings.problem import SettingProblem
from lambda_rlm.synth.writing import Writing

_BUDGET: Final = Budget()
_ACCURACY: Final = Accuracy()
_WRITING: Final = Writing()
_ROUTING: Final = Routing()
_READING: Final = Reading()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Keys):
    """Every setting of a command, and what the rooms below make of them. `files` are the settings files that were used."""

    files: tuple[str, ...] = ()

    def accuracy(self) -> Accuracy:
        """What the planner assumes of the model; raises `SettingProblem` for shares that are none."""
        try:
            return Accuracy(
                short=self.accuracy_short,
                decay=self.accuracy_decay,
                compose=self.accuracy_compose,
                floor=self.accuracy_floor,
            )
        except ValueError as error:
            raise SettingProblem(str(error)) from None

    def writing(self) -> Writing:
        """How a root model is asked for programs; raises `SettingProblem` for numbers that are out of range."""
        try:
            return Writing(rounds=self.rounds, candidates=self.candidates, peek=self.peek)
        except ValueError as error:
            raise SettingProblem(str(error)) from None

    def reading(self, watch: Callable[[], object] | None = None) -> Reading:
        """How inputs are found and read, watched meanwhile; raises `InputProblem`."""
        return Reading(
            include=self.include,
            exclude=self.exclude,
            encoding=self.encoding,
            raw=self.raw,
            ignore=self.ignore,
            most_bytes=self.max_input,
            watch=watch,
        )

    def routing(self) -> Routing:
        """How a question finds its way; raises `SettingProblem` for shares that are none. Where a person is asked before money
        is spent, nothing is asked of a model beside the program that was shown."""
        try:
            return Routing(
                direct_share=self.direct_share,
                direct_shares={task_name(task) or task: share for task, share in shares(self.direct_shares).items()},
                strength=cast("Strength", self.strength),
                split=shares(self.split),
                escalates=self.escalate and not self.approve,
                detects=not self.approve,
            )
        except ValueError as error:
            raise SettingProblem(str(error), "e.g. --split plan=0.2 or --direct-shares summarise=0.5") from None

    def extra_attempts(self) -> Pool | None:
        """The pool of a run, None for the model's; raises `SettingProblem` for what is none."""
        try:
            return None if self.pool is None else Pool.written(self.pool)
        except ValueError as error:
            raise SettingProblem(str(error), "e.g. --pool 3 or --pool 10%") from None

    def limiters(self) -> Limiters:
        """How much each provider of a run is asked at once, and how fast."""
        return Limiters(self.concurrency, rpm=self.rpm, tpm=self.tpm)

    def budget(self) -> Budget:
        """What a run may spend, within the policy; raises `SettingProblem` for limits that are out of range, and
        `PolicyViolation`."""
        try:
            budget = Budget(
                calls=self.max_calls,
                tokens=self.max_tokens,
                usd=self.max_cost,
                seconds=self.max_seconds,
                depth=self.max_depth,
                fuel=self.fuel,
                memory=self.memory,
                concurrency=self.concurrency,
            )
        except ValueError as error:
            raise SettingProblem(str(error)) from None
        return narrowed(budget)


DEFAULTS: Final = Settings(
    model=None,
    base_url=None,
    strategy="auto",
    task=None,
    direct_share=_ROUTING.direct_share,
    direct_shares="",
    strength=_ROUTING.strength,
    split="",
    escalate=_ROUTING.escalates,
    root_model=None,
    rounds=_WRITING.rounds,
    candidates=_WRITING.candidates,
    peek=_WRITING.peek,
    constrain="auto",
    max_calls=_BUDGET.calls,
    max_cost=_BUDGET.usd,
    max_tokens=_BUDGET.tokens,
    max_seconds=_BUDGET.seconds,
    max_depth=_BUDGET.depth,
    concurrency=_BUDGET.concurrency,
    rpm=None,
    tpm=None,
    hedge=None,
    pool=None,
    fuel=_BUDGET.fuel,
    memory=_BUDGET.memory,
    strict=False,
    seed=0,
    approve=False,
    cache=False,
    journal=None,
    keeps_journal=True,
    include=_READING.include,
    exclude=_READING.exclude,
    encoding=_READING.encoding,
    raw=_READING.raw,
    ignore=_READING.ignore,
    max_input=_READING.most_bytes,
    out=AskSettings(key=b"").out,
    journal_days=KEEP_DAYS,
    accuracy_short=_ACCURACY.short,
    accuracy_decay=_ACCURACY.decay,
    accuracy_compose=_ACCURACY.compose,
    accuracy_floor=_ACCURACY.floor,
)
"""The settings where nothing is set: the defaults of the rooms that they are for."""
