"""Settings from the environment: the variables `LAMBDA_RLM_…`, the same for both doors.

Owns which variables there are. Refuses one that is no setting: a slip in a limit must not lift it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from lambda_rlm.settings.keys import PREFIX, SETTINGS
from lambda_rlm.settings.problem import SettingProblem, did_you_mean
from lambda_rlm.settings.settings import DEFAULTS, Settings
from lambda_rlm.settings.values import of_text, valid

OTHERS: Final[Mapping[str, str]] = {
    "LAMBDA_RLM_HOME": "One folder for the journal, caches, weights and the user's own settings.",
    "LAMBDA_RLM_GGUF": "The model file of the default local model.",
    "LAMBDA_RLM_POLICY": "An organization's policy that only narrows the one of the system: PATH or PATH#sha256=….",
    "LAMBDA_RLM_THREADS": "Processor threads of a local model.",
}
"""The variables that are no settings, and what each is for."""

VARIABLES: Final[Mapping[str, str]] = {PREFIX + key.upper(): key for key in SETTINGS}
"""The setting of each variable."""


def from_variables(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The settings that variables set, by key; an empty variable sets nothing. Raises `SettingProblem`."""
    found: dict[str, Any] = {}
    for name in sorted(environ):
        text = environ[name].strip()
        if not name.startswith(PREFIX) or name in OTHERS or not text:
            continue
        if name not in VARIABLES:
            known = (*VARIABLES, *OTHERS)
            raise SettingProblem(f"unknown variable {name}", f"{did_you_mean(name, known)}See docs/settings.md, or unset it")
        setting = SETTINGS[VARIABLES[name]]
        found[setting.key] = valid(setting, of_text(setting.kind, text, name, setting.about.separator), name)
    return found


def unless_said(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of a host program that says nothing: its variables, and the defaults. Raises `SettingProblem`."""
    return replace(DEFAULTS, **from_variables(environ))
