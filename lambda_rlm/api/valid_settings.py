"""Settings of a host program, looked at when an `RLM` is made, so that a slip shows there and not at the first question.

Owns the look. Promises that what the table of settings knows is held to its rules, whoever says it, and that each refusal names
the argument, the value and what it may be: `ValueError` for a value, `TypeError` for something of another kind. An argument
that there is not is answered with the place that its meaning has here, and without its value, which may be a key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from lambda_rlm.accounts.account import Account
from lambda_rlm.api.asked import OF_AN_RLM, PARAMETERS
from lambda_rlm.api.own_terms import argument_for
from lambda_rlm.budget.budget import Budget
from lambda_rlm.inputs.reading import Format
from lambda_rlm.plan.routing_settings import Routing
from lambda_rlm.settings.keys import SETTINGS
from lambda_rlm.settings.values import valid
from lambda_rlm.synth.writing import Writing
from lambda_rlm.types.hosted import HostFunction
from lambda_rlm.types.nearest import nearest

_IN_THE_TABLE: Final = ("admit", "strategy", "constrain", "hedge", "rpm", "tpm", "seed", "strict", "task")
_KINDS: Final[Mapping[str, tuple[str, tuple[type, ...]]]] = {
    "base_url": ("a str", (str,)),
    "account": ("an Account", (Account,)),
    "budget": ("a Budget", (Budget,)),
    "routing": ("a Routing", (Routing,)),
    "writing": ("a Writing", (Writing,)),
    "task": ("a str or a Path", (str, Path)),
    "cache": ("True, False or a path", (bool, str, Path)),
    "journal": ("True, False or a path", (bool, str, Path)),
}
_ELEMENTS: Final[Mapping[str, tuple[str, type]]] = {
    "primitives": ("functions made by lambda_rlm.primitive", HostFunction),
    "formats": ("Format objects", Format),
}

_BY_PARTS: Final = {"budget": "Budget", "routing": "Routing", "writing": "Writing", "account": "Account"}
_OF_A_MODEL: Final = ("profile", "count_tokens", "complete", "aclose")

_KEY_NAMES: Final = ("api_key", "key", "token", "api_token", "openai_api_key", "anthropic_api_key", "gemini_api_key")
_FOR_KEY_NAMES: Final = (
    "a key is a variable of the environment (OPENAI_API_KEY …); RLM(env_file=…) reads a file of them, and "
    'RLM(model_options={"NAME": {"api_key_env": "…"}}) names another variable'
)
_OF_RLMS: Final = frozenset({
    "backend", "backend_kwargs", "custom_system_prompt", "custom_tools", "environment", "environment_kwargs", "logger", "max_budget",
    "max_errors", "max_iterations", "max_timeout", "other_backends", "other_backend_kwargs", "persistent", "verbose",
})  # fmt: skip
_HOLDERS: Final = (("budget", Budget), ("writing", Writing), ("routing", Routing))


def refuse_invalid(said: Mapping[str, Any]) -> None:
    """Look at what a host says, None where it says nothing. Raises `ValueError` and `TypeError`."""
    given = {key: value for key, value in said.items() if value is not None}
    for key, (kind, types) in _KINDS.items():
        if key in given and not isinstance(given[key], types):
            raise TypeError(f"{key} must be {kind}, not {given[key]!r:.80}{_instead(key, given[key])}")
    for key in ("model", "root_model"):
        if isinstance(given.get(key), str) and not given[key].strip():
            raise ValueError(f"{key} is an empty text; give the name of a model, or None for the default model")
        if key in given and not isinstance(given[key], str) and (lack := _lack(given[key])):
            raise TypeError(
                f"{key} must be the name of a model, or an object with the methods of `Model`, not {given[key]!r:.80}, {lack}"
            )
    for key in _IN_THE_TABLE:
        if key in given and not isinstance(given[key], Path):
            setting = SETTINGS[key]
            valid(setting, given[key], setting.flag if setting.about.choices else f"RLM({key}=…)")


def several(key: str, value: Any) -> tuple[Any, ...]:
    """The elements of `primitives` or `formats`, which may be any iterable. Raises `TypeError`."""
    elements, type_ = _ELEMENTS[key]
    if isinstance(value, type_) or not isinstance(value, Iterable) or isinstance(value, str):
        raise TypeError(f"{key} must be a list of {elements}, not {value!r:.80}; write {key}=[…]")
    found = tuple(value)
    for element in found:
        if not isinstance(element, type_):
            raise TypeError(f"{key} must be {elements}, not {element!r:.80}")
    return found


def _instead(key: str, value: object) -> str:
    """How a value of another kind would be written as one of the right kind, where that is plain."""
    if key not in _BY_PARTS:
        return ""
    if isinstance(value, Mapping) and value and all(isinstance(name, str) and name.isidentifier() for name in value):
        return f"; write {_BY_PARTS[key]}({', '.join(f'{name}={part!r:.40}' for name, part in value.items())})"
    if key == "account" and isinstance(value, str | Path):
        return f"; write Account(path={str(value)!r:.80}, usd=…)"
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"; write Budget(usd={value!r}) or Budget(calls={value!r})" if is_number and key == "budget" else ""


def _lack(model: object) -> str:
    """Why an object is no model; empty where it may be one. Its attributes are not read: they may be code of the host."""
    if isinstance(model, type):
        return f"which is a class: make one, {model.__name__}(…)"
    there = dir(model)
    missing = [name for name in _OF_A_MODEL if name not in there]
    return "" if "complete" in there else f"which has no {', '.join(missing)}"


def refuse_unknown_arguments(names: Iterable[str]) -> None:
    """Raises `TypeError` for the first of the names that `RLM` was given and does not have."""
    for name in names:
        raise TypeError(f"RLM has no argument `{name}`{_written(name)}")


def _written(name: str) -> str:
    """What to write in its place; empty where that is not known."""
    if name.lower() in _KEY_NAMES:
        return f": {_FOR_KEY_NAMES}"
    if name in _OF_RLMS:
        return "; for programs written for rlms: from lambda_rlm.rlms import RLM"
    if name in PARAMETERS:
        return f"; give it to the method that asks: ask(…, {name}=…)"
    if (written := argument_for(name)) is not None:
        whole = next(
            (f"{argument}={written}" for argument, kind in _HOLDERS if written.startswith(f"{kind.__name__}(")), written
        )
        return f"; write {whole}"
    for argument, kind in _HOLDERS:
        if any(field.name == name for field in fields(kind)):
            return f"; write {argument}={kind.__name__}({name}=…)"
    near = nearest(name, OF_AN_RLM)
    return "" if near is None else f"; did you mean {near}=…?"
