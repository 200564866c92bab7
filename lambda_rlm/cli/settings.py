"""The settings of a command: from its options, variables and files.

Owns the messages about them: settings that were ignored, files that were used, and the server that data goes to.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from shlex import quote
from typing import Any

from lambda_rlm.cli.display import screen
from lambda_rlm.inputs.reading import plain
from lambda_rlm.llm.connect import default_model
from lambda_rlm.llm.providers.servers import server_of
from lambda_rlm.settings.settings import DEFAULTS as DEFAULTS
from lambda_rlm.settings.settings import Settings as Settings
from lambda_rlm.settings.sources import Disregarded, gathered


def settings(options: Mapping[str, Any], environ: Mapping[str, str] = os.environ, here: Path | None = None) -> Settings:
    """The settings of this call; options that are None are absent. Says on standard error which settings of files do not count.
    Raises `SettingProblem`."""
    found = gathered(options, environ, here)
    for one in found.ignored:
        screen.say(f"warning: {told(one)}", "warning")
    return found.settings


def server(chosen: Settings) -> str | None:
    """Where data goes: the server or provider of the model, and that of the root model where it is another; None where all is
    asked in this process."""
    names = (chosen.model or default_model(), *filter(None, [chosen.root_model]))
    return ", ".join(dict.fromkeys(found for name in names if (found := server_of(name, chosen.base_url)))) or None


def announced(chosen: Settings, is_new: bool) -> None:
    """Say on standard error which settings files were used and where data goes, where one of both is not the default, or where
    a run goes on (it is not `is_new`)."""
    where = server(chosen)
    if chosen.model is None and (name := default_model()).startswith("local/"):
        screen.say(f"note: {name} answers, a very small model; to choose another: --model NAME", "dim")
    parts = [f"settings from {', '.join(map(plain, chosen.files))}"] if chosen.files else []
    if where is not None and (chosen.files or chosen.base_url is not None or not is_new):
        parts.append(f"data goes to {plain(where)}")
    if parts:
        screen.say("; ".join(parts), "dim")


def told(ignored: Disregarded) -> str:
    """Which settings of a file were ignored, why, and what to type."""
    keys = ", ".join(sorted(ignored.values)) or "all settings"
    file = plain(str(ignored.file))
    advice = "" if ignored.is_foreign else f"; to trust this file: lambda-rlm trust {quote(file)}"
    return f"ignored {keys} in {file}: {ignored.why}{advice}"
