"""The settings of a command: from its options, variables and files.

Owns the messages about them: settings that were ignored, files that were used, and the server that data goes to.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from shlex import quote
from typing import Any

from lambda_rlm.accounts.account import Account
from lambda_rlm.cli.display import screen
from lambda_rlm.cli.exits import UsageProblem
from lambda_rlm.diagnostics.faults import AccountUsedUp
from lambda_rlm.inputs.reading import plain
from lambda_rlm.llm.connect import default_model
from lambda_rlm.llm.providers.servers import plain_url, recipients_of, server_of
from lambda_rlm.llm.wrappers.model_headers import names_only
from lambda_rlm.settings.env_file import load_keys, named_file
from lambda_rlm.settings.keys import ACCOUNT, SETTINGS
from lambda_rlm.settings.settings import DEFAULTS as DEFAULTS
from lambda_rlm.settings.settings import Settings as Settings
from lambda_rlm.settings.sources import Disregarded, gathered


def settings(options: Mapping[str, Any], environ: Mapping[str, str] = os.environ, here: Path | None = None) -> Settings:
    """The settings of this call; options that are None are absent. Says on standard error which settings of files do not count.
    Raises `SettingProblem`."""
    found = gathered(options, environ, here)
    file = found.settings.env_file
    if file is not None and environ is os.environ:
        read = load_keys(named_file(file, found.origins["env_file"].kind == "option"))
        if read.loaded:
            found = gathered(options, environ, here)  # a key decides which model is asked where none is named
        if read.other:
            screen.say(f"note: not keys, so not used from {plain(file)}: {', '.join(read.other)}", "dim")
    for one in found.ignored:
        screen.say(f"warning: {told(one)}", "warning")
    return found.settings


def server(chosen: Settings) -> str | None:
    """Where data goes: the server or provider of the model, and that of the root model where it is another; None where all is
    asked in this process."""
    names = (chosen.model or default_model(), *filter(None, [chosen.root_model]))
    return ", ".join(dict.fromkeys(found for name in names if (found := server_of(name, chosen.base_url)))) or None


def usable_account(chosen: Settings) -> Account | None:
    """The account that runs draw on, None where there is none. Raises `UsageProblem`, before anything is asked, for one that
    cannot be used, and `SettingProblem`."""
    account = chosen.purse()
    if account is not None:
        try:
            account.left  # noqa: B018 - opens the file
        except AccountUsedUp as unusable:
            raise UsageProblem(unusable.message) from None
    return account


def to_be_repeated(chosen: Settings) -> str:
    """The options without which `resume` refuses to go on with a run: it sends nothing to a server, and pays from no account,
    that only a journal names."""
    here = gathered({}).settings
    found = []
    if chosen.base_url is not None and plain_url(chosen.base_url) != plain_url(here.base_url):
        found.append(("base_url", plain_url(chosen.base_url)))
    if chosen.account is not None:
        found += [(key, said) for key in ACCOUNT if (said := getattr(chosen, key)) != getattr(here, key)]
    found += [("headers", f"{name}: …") for name in names_only(chosen.headers) if name not in names_only(here.headers)]
    found += [(key, said) for key in ("api_key_env", "ca_bundle") if (said := getattr(chosen, key)) != getattr(here, key)]
    return "".join(f" {SETTINGS[key].flag} {quote(plain(str(said)))}" for key, said in found)


def announced(chosen: Settings, is_new: bool) -> None:
    """Say on standard error which settings files were used and where data goes, where one of both is not the default, or where
    a run goes on (it is not `is_new`)."""
    where = server(chosen)
    if chosen.model is None and (name := default_model()).startswith("local/"):
        screen.say(f"note: {name} answers, a very small model; to choose another: --model NAME", "dim")
    parts = [f"settings from {', '.join(map(plain, chosen.files))}"] if chosen.files else []
    is_elsewhere = any(one.host for one in recipients_of(chosen.model or default_model(), chosen.base_url))
    if where is not None and (chosen.files or is_elsewhere or not is_new):
        parts.append(f"data goes to {plain(where)}")
    if parts:
        screen.say("; ".join(parts), "dim")


def told(ignored: Disregarded) -> str:
    """Which settings of a file were ignored, why, and what to type."""
    keys = ", ".join(sorted(ignored.values)) or "all settings"
    file = plain(str(ignored.file))
    advice = "" if ignored.is_foreign else f"; to trust this file: lambda-rlm trust {quote(file)}"
    return f"ignored {keys} in {file}: {ignored.why}{advice}"
