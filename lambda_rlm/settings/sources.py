"""All places of settings joined, each value with where it comes from: the user's file, files of projects, variables, options.

Owns the order in which places count and what of a project file that nobody trusted counts: free settings, and others where they
make a run stricter. Promises that what does not count is named in `ignored`, never dropped silently.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lambda_rlm.data_class import dataclass
from lambda_rlm.llm.connect import default_model
from lambda_rlm.settings.about import Trust
from lambda_rlm.settings.files import SettingsFile, settings_files
from lambda_rlm.settings.keys import PREFIX, SETTINGS, Tables
from lambda_rlm.settings.settings import DEFAULTS, Settings
from lambda_rlm.settings.values import valid
from lambda_rlm.settings.variables import from_variables


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from: its kind (`default`, `user file`, `project file`, `variable`, `option`), and the file, variable
    or option; None for a default."""

    kind: str
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Disregarded:
    """The settings of a file that do not count, and why."""

    file: Path
    values: Mapping[str, Any]
    why: str
    is_foreign: bool = False


@dataclass(frozen=True, slots=True)
class Sources:
    """The settings, the origin of each by key, and what was ignored."""

    settings: Settings
    origins: Mapping[str, Origin]
    ignored: tuple[Disregarded, ...]


_DEFAULT = Origin("default")


def gathered(options: Mapping[str, Any], environ: Mapping[str, str] = os.environ, here: Path | None = None) -> Sources:
    """The settings of a command; options that are None are absent. Raises `SettingProblem`."""
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    ignored: list[Disregarded] = []
    for file in settings_files(here or Path.cwd(), environ):
        counted, rest = _counting(file, {key: values.get(key, getattr(DEFAULTS, key)) for key in file.values})
        if "models" in counted and "models" in values:
            counted["models"] = _joined(values["models"], counted["models"])
        values |= counted
        origins |= dict.fromkeys(counted, Origin("user file" if file.is_own else "project file", str(file.path)))
        if rest or file.is_foreign:
            ignored.append(Disregarded(file.path, rest, file.distrust or "", file.is_foreign))
    for key, value in from_variables(environ).items():
        values[key] = _joined(values[key], value) if key == "models" and key in values else value
        origins[key] = Origin("variable", PREFIX + key.upper())
    for key, value in options.items():
        if value is not None:
            values[key] = valid(SETTINGS[key], value, SETTINGS[key].flag)
            origins[key] = Origin("option", SETTINGS[key].flag)
    _tell_of_model(values, origins, environ)
    used = {origin.place for origin in origins.values() if origin.kind.endswith(" file") and origin.place is not None}
    chosen = replace(DEFAULTS, **values, files=tuple(sorted(used)))
    return Sources(chosen, {key: origins.get(key, _DEFAULT) for key in SETTINGS}, _left(ignored, origins))


def _joined(before: Tables, nearer: Tables) -> Tables:
    """Tables of models, key by key."""
    return {**before, **{name: {**before.get(name, {}), **table} for name, table in nearer.items()}}


def _tell_of_model(values: dict[str, Any], origins: dict[str, Origin], environ: Mapping[str, str]) -> None:
    """What the table of the model that answers says counts, unless a variable or an option says it."""
    tables = values.get("models")
    table = tables.get(values.get("model") or default_model(environ), {}) if tables else {}
    for key, value in table.items():
        if origins.get(key, _DEFAULT).kind not in ("variable", "option"):
            values[key], origins[key] = value, origins["models"]


def _counting(file: SettingsFile, otherwise: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values of a file that count, and those that do not; `otherwise` has what counts without the file."""
    counted: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for key, value in file.values.items():
        setting, before = SETTINGS[key], otherwise[key]
        is_harmless = setting.counts is Trust.FREE or (setting.counts is Trust.STRICTER and setting.is_stricter(value, before))
        if file.distrust is None or (is_harmless and not file.is_foreign):
            counted[key] = value
        elif value != before:
            rest[key] = value
    return counted, rest


def _left(ignored: list[Disregarded], origins: Mapping[str, Origin]) -> tuple[Disregarded, ...]:
    """What was ignored, without what an option or a variable sets anyway."""
    said = {key for key, origin in origins.items() if origin.kind in ("variable", "option")}
    left = [replace(one, values={key: value for key, value in one.values.items() if key not in said}) for one in ignored]
    return tuple(one for one in left if one.values or one.is_foreign)
