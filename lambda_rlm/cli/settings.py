"""Settings: from files, the environment and the command line, the nearest wins.

Owns the defaults and where settings are looked for: options of the command line, then `LAMBDA_RLM_…` variables, then
`lambda-rlm.toml`, then `[tool.lambda-rlm]` of `pyproject.toml`, each file in the current folder or the nearest above it. They
are read once, here, into a frozen dataclass. Refuses unknown keys and values of a wrong kind, naming the file, variable or
option. The keys and their kinds are declared in `setting_keys`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, cast

from lambda_rlm.bounds.planner.accuracy import Accuracy
from lambda_rlm.budget.budget import Budget
from lambda_rlm.cli.exits import UsageProblem
from lambda_rlm.cli.setting_keys import SETTINGS, Keys, Setting
from lambda_rlm.cli.suggestions import did_you_mean, unknown
from lambda_rlm.eval.asking.asker import AskSettings
from lambda_rlm.inputs.reading import Reading
from lambda_rlm.journal.retention import KEEP_DAYS
from lambda_rlm.llm.wrappers.limiter import Limiters
from lambda_rlm.plan.routing_settings import Routing, Strength, shares
from lambda_rlm.plan.strategy_file import is_path, task_name
from lambda_rlm.synth.writing import Writing

_PREFIX: Final = "LAMBDA_RLM_"
_BUDGET: Final = Budget()
_ACCURACY: Final = Accuracy()
_WRITING: Final = Writing()
_ROUTING: Final = Routing()
_READING: Final = Reading()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Keys):
    """Every setting of a command, and what the rooms below make of them."""

    def accuracy(self) -> Accuracy:
        """What the planner assumes of the model; raises `UsageProblem` for shares that are none."""
        try:
            return Accuracy(
                short=self.accuracy_short,
                decay=self.accuracy_decay,
                compose=self.accuracy_compose,
                floor=self.accuracy_floor,
            )
        except ValueError as error:
            raise UsageProblem(str(error)) from None

    def writing(self) -> Writing:
        """How a root model is asked for programs; raises `UsageProblem` for numbers that are out of range."""
        try:
            return Writing(rounds=self.rounds, candidates=self.candidates, peek=self.peek)
        except ValueError as error:
            raise UsageProblem(str(error)) from None

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
        """How a question finds its way; raises `UsageProblem` for shares that are none. Where a person is asked before money is
        spent, nothing is asked of a model beside the program that was shown."""
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
            raise UsageProblem(str(error), "e.g. --split plan=0.2 or --direct-shares summarise=0.5") from None

    def limiters(self) -> Limiters:
        """How much each provider of a run is asked at once, and how fast."""
        return Limiters(self.concurrency, rpm=self.rpm, tpm=self.tpm)

    def budget(self) -> Budget:
        """What a run may spend; raises `UsageProblem` for limits that are out of range."""
        try:
            return Budget(
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
            raise UsageProblem(str(error)) from None


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


def settings(options: Mapping[str, Any], environ: Mapping[str, str] = os.environ, here: Path | None = None) -> Settings:
    """The settings of this call; options that are None are absent. Raises `UsageProblem`."""
    found = _from_files(here or Path.cwd())
    for key, setting in SETTINGS.items():
        variable = _PREFIX + key.upper()
        text = environ.get(variable, "").strip()
        if text:
            found[key] = _valid(setting, _of_text(setting.kind, text, variable), variable)
    for key, value in options.items():
        if value is not None:
            found[key] = _valid(SETTINGS[key], value, SETTINGS[key].flag)
    return replace(DEFAULTS, **found)


def _from_files(here: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    project = _nearest(here, "pyproject.toml")
    if project is not None:
        table = _toml(project).get("tool", {}).get("lambda-rlm", {})
        found |= _checked(table, f"[tool.lambda-rlm] of {project}", project.parent)
    own = _nearest(here, "lambda-rlm.toml")
    if own is not None:
        found |= _checked(_toml(own), str(own), own.parent)
    return found


def _nearest(here: Path, name: str) -> Path | None:
    return next((folder / name for folder in (here, *here.parents) if os.path.isfile(folder / name)), None)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageProblem(f"cannot read the settings in {path}: {error}") from None


def _checked(table: Any, where: str, folder: Path) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise UsageProblem(f"{where} is not a table of settings")
    found: dict[str, Any] = {}
    for written, value in table.items():
        key = written.replace("-", "_")
        if key not in SETTINGS:
            raise UsageProblem(f"unknown setting {written!r} in {where}", did_you_mean(key, SETTINGS).strip() or None)
        found[key] = _valid(SETTINGS[key], value, where, folder)
    return found


def _valid(setting: Setting, value: Any, where: str, folder: Path | None = None) -> Any:
    """The value in the kind that its key has; numbers written as texts in a file are refused."""
    key, kind, about = setting.key, setting.kind, setting.about
    if kind is tuple and isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        return tuple(value)
    fits = isinstance(value, (int, float) if kind is float else kind)
    if not fits or (isinstance(value, bool) and kind is not bool):
        raise UsageProblem(f"{where}: {key} must be {_KIND_NAMES[kind]}, not {value!r}")
    if about.is_positive and not value > 0:
        raise UsageProblem(f"{where}: {key} must be more than 0, not {value!r}")
    if about.takes_path:
        value = task_name(folder / value if folder is not None and is_path(value) else value)
    if about.choices and value not in about.choices and not (about.takes_path and is_path(value)):
        more = ", or the path of a program (./mine.lam)" if about.takes_path else ""
        raise unknown(f"{key} in {where}" if where != setting.flag else key, value, about.choices, more)
    return value


def _of_text(kind: type, text: str, where: str) -> Any:
    if kind is bool:
        if text.lower() in ("1", "true", "yes", "on"):
            return True
        if text.lower() in ("0", "false", "no", "off"):
            return False
        raise UsageProblem(f"{where} must be true or false, not {text!r}")
    if kind is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    read: Callable[[str], Any] = kind
    try:
        return read(text.replace("_", "")) if kind is not str else text
    except ValueError:
        raise UsageProblem(f"{where} must be {_KIND_NAMES[kind]}, not {text!r}") from None


_KIND_NAMES: Final = {int: "a whole number", float: "a number", str: "text", bool: "true or false", tuple: "a list of strings"}
