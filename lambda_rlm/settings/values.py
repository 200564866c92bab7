"""A value of a setting, checked and in the kind that its key has.

Owns what each kind looks like in files, variables and options. Refuses a value of another kind, a number out of its range and a
word that is no choice, naming where it was found.
"""

from __future__ import annotations

from collections.abc import Callable
from json import loads
from math import inf
from pathlib import Path
from typing import Any, Final

from lambda_rlm.llm.wrappers.model_options import ModelOptions
from lambda_rlm.plan.strategy_file import is_path, task_name
from lambda_rlm.settings.keys import DESCRIBING, SETTINGS, Setting
from lambda_rlm.settings.problem import SettingProblem, did_you_mean

_KIND_NAMES: Final = {
    int: "a whole number",
    float: "a number",
    str: "text",
    bool: "true or false",
    tuple: "a list of strings",
    dict: "a table",
}


def valid(setting: Setting, value: Any, where: str, folder: Path | None = None) -> Any:
    """The value in the kind that its key has; numbers written as texts in a file are refused. `folder` is where a path
    starts."""
    key, kind, about = setting.key, setting.kind, setting.about
    if kind is dict or about.is_secret:
        return _tables(value, where, folder) if kind is dict else _described(key, value, where)
    if kind is tuple and isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if about.may_be_count and type(value) is int:
        value = str(value)
    fits = isinstance(value, (int, float) if kind is float else kind)
    if not fits or (isinstance(value, bool) and kind is not bool):
        raise SettingProblem(f"{where}: {key} must be {_KIND_NAMES[kind]}, not {value!r}")
    if kind is float and _is_too_large(value):
        raise SettingProblem(f"{where}: {key} is too large")
    if about.may_be_zero and not 0 <= value < inf:
        raise SettingProblem(f"{where}: {key} must be a number of at least 0, not {value!r}")
    if about.is_positive and not value > 0:
        raise SettingProblem(f"{where}: {key} must be more than 0, not {value!r}")
    if about.is_positive and value == inf and not about.may_be_endless:
        raise SettingProblem(f"{where}: {key} must be finite, not {value!r}")
    value = _placed(setting, value, folder)
    if about.choices and value not in about.choices and not (about.takes_path and is_path(value)):
        more = ", or the path of a program (./mine.lam)" if about.takes_path else ""
        near = did_you_mean(value, about.choices)
        choices = f"{near}{'C' if near else 'c'}hoose from {', '.join(about.choices)}{more}"
        raise SettingProblem(f"unknown {key if where == setting.flag else f'{key} in {where}'} {value!r}", choices)
    return value


def _placed(setting: Setting, value: Any, folder: Path | None) -> Any:
    """A value that is a path, or may be one, from the folder of its file."""
    if setting.about.is_file and folder is not None:
        return str(folder / Path(value).expanduser())
    if setting.about.takes_path:
        return task_name(folder / value if folder is not None and is_path(value) else value)
    return value


def _described(key: str, value: Any, where: str) -> Any:
    """What is said of a model, as its options have it: their errors show no key."""
    try:
        return getattr(ModelOptions.of({key: value}), key)
    except ValueError as error:
        raise SettingProblem(f"{where}: {error}") from None


def _is_too_large(value: int | float) -> bool:
    """A whole number of a file may have any number of digits, and a float has not."""
    try:
        float(value)
    except OverflowError:
        return True
    return False


def _tables(value: Any, where: str, folder: Path | None) -> dict[str, dict[str, Any]]:
    """The tables of models, each checked on its own and together."""
    if not isinstance(value, dict) or not all(isinstance(table, dict) for table in value.values()):
        raise SettingProblem(f'{where}: models must be tables by the names of models, e.g. [models."openai/gpt-5-mini"]')
    found: dict[str, dict[str, Any]] = {}
    for name, table in value.items():
        here = f"{where}: model {name!r}"
        found[name] = {}
        for written, given in table.items():
            key = written.replace("-", "_")
            if key not in DESCRIBING:
                hint = did_you_mean(key, DESCRIBING)
                raise SettingProblem(f"unknown setting {written!r} in {here}", f"{hint}Choose from {', '.join(DESCRIBING)}")
            found[name][key] = valid(SETTINGS[key], given, here, folder)
        try:
            ModelOptions.of(found[name])
        except ValueError as error:
            raise SettingProblem(f"{here}: {error}") from None
    return found


def of_text(kind: type, text: str, where: str, separator: str = ",") -> Any:
    """The value that a text of a variable means; `separator` is what is between the texts of a list."""
    if kind is bool:
        if text.lower() in ("1", "true", "yes", "on"):
            return True
        if text.lower() in ("0", "false", "no", "off"):
            return False
        raise SettingProblem(f"{where} must be true or false, not {text!r}")
    if kind is dict:
        try:
            return loads(text)
        except (ValueError, RecursionError):
            raise SettingProblem(f"{where} must be JSON", '{"NAME": {"window": 8192}}') from None
    if kind is tuple:
        return tuple(part.strip() for part in text.split(separator) if part.strip())
    read: Callable[[str], Any] = kind
    try:
        return read(text.replace("_", "")) if kind is not str else text
    except ValueError:
        raise SettingProblem(f"{where} must be {_KIND_NAMES[kind]}, not {text!r}") from None
