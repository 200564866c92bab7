"""The settings of a run together, their defaults, and what the rooms below make of them.

Owns `Settings` and `DEFAULTS`. The keys and their kinds are declared in `keys`; where values come from is the business of
`variables`, `files` and `sources`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, Final, cast

from lambda_rlm.accounts.account import Account
from lambda_rlm.accounts.book import Per
from lambda_rlm.bounds.planner.accuracy import Accuracy
from lambda_rlm.budget.budget import Admission, Budget
from lambda_rlm.budget.pool import Pool
from lambda_rlm.data_class import dataclass
from lambda_rlm.inputs.reading import Reading
from lambda_rlm.journal.retention import KEEP_DAYS
from lambda_rlm.limits import OUT
from lambda_rlm.llm.connect import default_model
from lambda_rlm.llm.wrappers.limiter import Limiters
from lambda_rlm.llm.wrappers.model_options import ModelOptions
from lambda_rlm.plan.routing_settings import Routing, Strength, shares
from lambda_rlm.plan.strategy_file import task_name
from lambda_rlm.policy.gates import allows_layout, narrowed
from lambda_rlm.settings.keys import DESCRIBING, READING, Keys
from lambda_rlm.settings.problem import SettingProblem
from lambda_rlm.synth.writing import LayoutShown, Writing

_BUDGET: Final = Budget()
_ACCURACY: Final = Accuracy()
_WRITING: Final = Writing()
_ROUTING: Final = Routing()
_READING: Final = Reading()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Keys):
    """Every setting of a command, and what the rooms below make of them. `files` are the settings files that were used."""

    files: tuple[str, ...] = ()

    def described(self, model: str | None = None) -> Mapping[str, ModelOptions]:
        """What is said of models, by their names; what is no table's is said of `model` (None: the one that answers). Raises
        `SettingProblem` for numbers that no model has."""
        own = {key: getattr(self, key) for key in DESCRIBING if getattr(self, key) is not None}
        try:
            tables: dict[str, Mapping[str, Any]] = dict(self.models or {})
            if own:
                name = model or self.model or default_model()
                tables[name] = {**tables.get(name, {}), **own}
            return {name: ModelOptions.of(table) for name, table in tables.items()}
        except (TypeError, ValueError) as error:  # of a journal, the values may be anything
            raise SettingProblem(str(error)) from None

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
        """How a root model is asked for programs, within the policy; raises `SettingProblem` for numbers that are out of range,
        and `PolicyViolation`."""
        try:
            layout = cast("LayoutShown", self.layout if allows_layout() else "none")
            return Writing(rounds=self.rounds, candidates=self.candidates, layout=layout, peek=self.peek)
        except ValueError as error:
            raise SettingProblem(str(error)) from None

    def reading(self, watch: Callable[[], object] | None = None) -> Reading:
        """How inputs are found and read, watched meanwhile; raises `InputProblem`."""
        return Reading(
            include=self.include,
            exclude=self.exclude,
            encoding=self.encoding,
            stdin_format=self.stdin_format,
            raw=self.raw,
            ignore=self.ignore,
            most_bytes=self.max_input,
            watch=watch,
        )

    def reading_as(self, kept: Mapping[str, Any], said: Collection[str] = ()) -> Settings:
        """These, with the settings by which inputs were read before, as they were `kept`, but for those that are `said` now."""
        was: dict[str, Any] = {key: kept[key] for key in READING if key in kept and key not in said}
        was = {key: tuple(value) if isinstance(value, list) else value for key, value in was.items()}
        return replace(self, **was)

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

    def purse(self) -> Account | None:
        """The account that runs draw on; raises `SettingProblem` for limits that are out of range, or without an account."""
        limits = (self.account_cost, self.account_calls, self.account_tokens)
        if self.account is None:
            if limits != (None, None, None):
                raise SettingProblem("there are limits of an account, but no account", "name its file: --account FILE")
            return None
        per = None if self.account_per == "ever" else cast("Per", self.account_per)
        try:
            return Account(path=self.account, usd=limits[0], calls=limits[1], tokens=limits[2], per=per)
        except ValueError as error:
            raise SettingProblem(str(error), "e.g. --account-cost 5") from None

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
                admit=cast("Admission | None", self.admit),
            )
        except ValueError as error:
            raise SettingProblem(str(error)) from None
        return narrowed(budget)


DEFAULTS: Final = Settings(
    model=None,
    base_url=None,
    window=None,
    max_output=None,
    price_in=None,
    price_out=None,
    timeout=None,
    thinking=None,
    temperature=None,
    headers=None,
    api_key_env=None,
    ca_bundle=None,
    models=None,
    env_file=None,
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
    layout=_WRITING.layout,
    peek=_WRITING.peek,
    constrain="auto",
    max_calls=_BUDGET.calls,
    max_cost=_BUDGET.usd,
    max_tokens=_BUDGET.tokens,
    max_seconds=_BUDGET.seconds,
    max_depth=_BUDGET.depth,
    concurrency=_BUDGET.concurrency,
    admit=_BUDGET.admit,
    rpm=None,
    tpm=None,
    hedge=None,
    pool=None,
    account=None,
    account_cost=None,
    account_calls=None,
    account_tokens=None,
    account_per="day",
    fuel=_BUDGET.fuel,
    memory=_BUDGET.memory,
    strict=False,
    evidence=True,
    seed=0,
    approve=False,
    cache=False,
    journal=None,
    keeps_journal=True,
    include=_READING.include,
    exclude=_READING.exclude,
    encoding=_READING.encoding,
    stdin_format=_READING.stdin_format,
    raw=_READING.raw,
    ignore=_READING.ignore,
    max_input=_READING.most_bytes,
    out=OUT,
    journal_days=KEEP_DAYS,
    accuracy_short=_ACCURACY.short,
    accuracy_decay=_ACCURACY.decay,
    accuracy_compose=_ACCURACY.compose,
    accuracy_floor=_ACCURACY.floor,
)
"""The settings where nothing is set: the defaults of the rooms that they are for."""
