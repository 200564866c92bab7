"""Options of models, by name: from an argument of a host, from variables, and from an earlier session of a run.

Owns how the three are joined. Refuses options of a model that is not asked, since a slip in its name would leave it unsaid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lambda_rlm.llm.connect import default_model
from lambda_rlm.llm.wrappers.model_options import OF_SERVER, UNSAID, ModelOptions
from lambda_rlm.settings.keys import DESCRIBING, Tables
from lambda_rlm.settings.settings import DEFAULTS, Settings


def described(unsaid: Settings, model: object, tables: Tables | None) -> dict[str, ModelOptions]:
    """The options of models, by name. `tables` is the argument and overrides `unsaid`, the settings from variables, whose
    single options belong to `model`."""
    found = dict(unsaid.described(model if isinstance(model, str) else None))
    for name, table in (tables or {}).items():
        found[name] = ModelOptions.of({**found.get(name, UNSAID).said, **table})
    return found


def refuse_unknown(said: Mapping[str, Any]) -> None:
    """Raises `ValueError` for options of a model that is not asked, or that no model has."""
    tables = said.get("model_options") or {}
    if not isinstance(tables, Mapping):
        raise ValueError(f'model_options must be a mapping, e.g. {{"NAME": {{"window": 8192}}}}, not a {type(tables).__name__}')
    asked = (said.get("model") or default_model(), said.get("root_model"))
    names = sorted(name for name in asked if isinstance(name, str))
    for name, table in tables.items():
        if name not in names:
            raise ValueError(
                f"model_options names {name!r:.80}, which is not asked by name: {', '.join(names) or 'no model is'}"
            )
        ModelOptions.of(table)


def recorded(described: Mapping[str, ModelOptions]) -> dict[str, dict[str, Any]]:
    """What the journal keeps of it, by names that mean the same from any folder."""
    from lambda_rlm.journal.request import absolute_model

    return {absolute_model(name) or name: options.kept for name, options in described.items()}


def as_before(was: Mapping[str, Any], now: Tables | None, unsaid: Settings, *, is_replay: bool) -> Tables:
    """The options of models in an earlier session of a run, overridden by those that are given now. Keys and trust are those
    of now alone; raises `ValueError` where one is not said that the run had, unless it `is_replay`, which asks nobody."""
    tables = {name: dict(table) for name, table in (was.get("models") or {}).items()}
    top = {key: was.get(key) for key in DESCRIBING if was.get(key) is not None}
    name = was.get("model") or default_model()
    kept = {**tables, name: {**tables.get(name, {}), **top}} if top else tables
    free = {each: {key: value for key, value in table.items() if key not in OF_SERVER} for each, table in kept.items()}
    before, said = replace(DEFAULTS, model=was.get("model"), models=free).described(), now or {}
    joined = {each: {**before.get(each, UNSAID).said, **said.get(each, {})} for each in {**before, **said}}
    for each, options in described(unsaid, name, joined).items():
        if not is_replay and (missing := options.lacks(kept.get(each, {}))):
            raise ValueError(
                f"the run asked {each} with {missing[0]}, which is not configured here: model_options={{{each!r}: {{…}}}}"
            )
    return joined
