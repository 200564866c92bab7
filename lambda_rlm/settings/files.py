"""Files of settings: the user's own, and those of the projects that the current folder is in.

Owns which files are read, in which order, and which of them are trusted. In each folder from the current one upward
`lambda-rlm.toml` counts before `[tool.lambda-rlm]` of `pyproject.toml`; a nearer folder counts before one above it, key by key.
Refuses unknown keys and values of a wrong kind, naming the file; in a file of another user it ignores them.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.settings.keys import SETTINGS
from lambda_rlm.settings.problem import SettingProblem, did_you_mean
from lambda_rlm.settings.trust import config_folder, contents, is_trusted, trusted_paths
from lambda_rlm.settings.values import valid

OWN: Final = "config.toml"
PROJECT: Final = ("lambda-rlm.toml", "pyproject.toml")
"""The names of files of a project, the nearer one first."""

NOT_TRUSTED: Final = "not trusted"
CHANGED: Final = "changed since it was trusted"


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """A file, its settings by key, its bytes, and why it is not trusted, None where it is. Of a file of another user nothing
    counts (`is_foreign`); `is_own` is the user's own file."""

    path: Path
    values: Mapping[str, Any]
    data: bytes
    distrust: str | None
    is_foreign: bool = False
    is_own: bool = False


def settings_files(here: Path, environ: Mapping[str, str] = os.environ) -> list[SettingsFile]:
    """The files that hold settings, the one that counts least first. Raises `SettingProblem`."""
    folder = config_folder(environ)
    paths = [each / name for each in (here, *here.parents) for name in PROJECT]
    projects = [found for path in paths if path.is_file() for found in _read(path, folder)]
    own = folder / OWN
    return [*(_read(own, folder, is_own=True) if own.is_file() else ()), *reversed(projects)]


def settings_file(path: Path, environ: Mapping[str, str] = os.environ) -> SettingsFile:
    """One file of a project, by its path. Raises `SettingProblem`."""
    if path.name not in PROJECT:
        raise SettingProblem(f"not a settings file of a project: {path}", f"its name is {' or '.join(PROJECT)}")
    found = next(_read(path, config_folder(environ)), None)
    if found is None:
        raise SettingProblem(f"{path} has no table [tool.lambda-rlm]")
    return found


def _read(path: Path, folder: Path, is_own: bool = False) -> Iterator[SettingsFile]:
    """The file; nothing where it has no table of ours."""
    data, foreign = contents(path)
    values: dict[str, Any] = {}
    try:
        table: Any = _toml(path, data)
        if path.name == "pyproject.toml":
            table = _table(table, "tool", path).get("lambda-rlm")
            if table is None:
                return
        values = _checked(table, str(path), path.parent)
    except SettingProblem:
        if foreign is None:
            raise
    distrust = foreign or (None if is_own or is_trusted(path, data, folder) else _why(path, folder))
    yield SettingsFile(path, values, data, distrust, is_foreign=foreign is not None, is_own=is_own)


def _why(path: Path, folder: Path) -> str:
    return CHANGED if os.path.abspath(path) in trusted_paths(folder) else NOT_TRUSTED


def _toml(path: Path, data: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else error
        raise SettingProblem(f"cannot read the settings in {path}: {why}") from None


def _table(table: Any, name: str, path: Path) -> dict[str, Any]:
    found = table.get(name, {})
    if not isinstance(found, dict):
        raise SettingProblem(f"{name} in {path} is not a table")
    return found


def _checked(table: Any, where: str, folder: Path) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise SettingProblem(f"{where} is not a table of settings")
    found: dict[str, Any] = {}
    for written, value in table.items():
        key = written.replace("-", "_")
        if key not in SETTINGS:
            raise SettingProblem(f"unknown setting {written!r} in {where}", did_you_mean(key, SETTINGS).strip() or None)
        found[key] = valid(SETTINGS[key], value, where, folder)
    return found
