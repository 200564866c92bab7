"""Arguments that `RLM` does not have, and what to write instead.

Owns the refusal. Promises that an argument whose meaning is plain is answered with the place that it has here: a limit of a budget,
an option of a model, a key, a parameter of `ask`, an argument of `rlms`. No value is shown: it may be a key.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Final

from lambda_rlm.api.asked import OF_AN_RLM, PARAMETERS
from lambda_rlm.api.own_terms import argument_for
from lambda_rlm.budget.budget import Budget
from lambda_rlm.plan.routing_settings import Routing
from lambda_rlm.synth.writing import Writing
from lambda_rlm.types.nearest import nearest

_KEYS: Final = ("api_key", "key", "token", "api_token", "openai_api_key", "anthropic_api_key", "gemini_api_key")
_FOR_KEYS: Final = (
    "a key is a variable of the environment (OPENAI_API_KEY …); RLM(env_file=…) reads a file of them, and "
    'RLM(model_options={"NAME": {"api_key_env": "…"}}) names another variable'
)
_OF_RLMS: Final = frozenset({
    "backend", "backend_kwargs", "custom_system_prompt", "custom_tools", "environment", "environment_kwargs", "logger", "max_budget",
    "max_errors", "max_iterations", "max_timeout", "other_backends", "other_backend_kwargs", "persistent", "verbose",
})  # fmt: skip
_PARTS: Final = (("budget", Budget), ("writing", Writing), ("routing", Routing))


def refuse_unknown_arguments(names: Iterable[str]) -> None:
    """Raises `TypeError` for the first of the names that `RLM` was given and does not have."""
    for name in names:
        raise TypeError(f"RLM has no argument `{name}`{_instead(name)}")


def _instead(name: str) -> str:
    """What to write in its place; empty where that is not known."""
    if name.lower() in _KEYS:
        return f": {_FOR_KEYS}"
    if name in _OF_RLMS:
        return "; for programs written for rlms: from lambda_rlm.rlms import RLM"
    if name in PARAMETERS:
        return f"; give it to the method that asks: ask(…, {name}=…)"
    if (written := argument_for(name)) is not None:
        whole = next((f"{argument}={written}" for argument, kind in _PARTS if written.startswith(f"{kind.__name__}(")), written)
        return f"; write {whole}"
    for argument, kind in _PARTS:
        if any(field.name == name for field in fields(kind)):
            return f"; write {argument}={kind.__name__}({name}=…)"
    near = nearest(name, OF_AN_RLM)
    return "" if near is None else f"; did you mean {near}=…?"
