"""The settings of a resumed or replayed run: those it had, and those configured now.

Owns what of them counts. Promises that where data, keys and money go is never decided by a journal alone, which may be a
stranger's: the server, the account, headers, keys and certificates are those that are configured here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from shlex import quote
from typing import Any

from lambda_rlm.cli.actions import ask_run
from lambda_rlm.cli.exits import UsageProblem
from lambda_rlm.cli.settings import Settings
from lambda_rlm.deadline import Deadline
from lambda_rlm.inputs.reading import plain
from lambda_rlm.journal.records import Damaged, RunRow, damage
from lambda_rlm.llm.connect import default_model
from lambda_rlm.llm.providers.servers import plain_url
from lambda_rlm.llm.wrappers.model_options import OF_SERVER, UNSAID
from lambda_rlm.settings.keys import ACCOUNT, SETTINGS, Tables
from lambda_rlm.settings.sources import gathered


def _as_before(row: RunRow, options: Mapping[str, Any], here: Settings) -> Settings:
    """The settings of a run, with the options of this command; `here` are those of this command alone."""
    written = {key: value for key, value in row.what["settings"].items() if key in SETTINGS}
    before = {key: tuple(value) if isinstance(value, list) else value for key, value in written.items()}
    now = {key: value for key, value in options.items() if value is not None}
    if "base_url" not in now and plain_url(here.base_url) == before.get("base_url"):
        now["base_url"] = here.base_url  # with what was not written
    own = {
        key: getattr(here, key) for key in ("journal", "env_file", *ACCOUNT)
    }  # no file is opened that the journal alone names
    if before.keys() & {"models", *OF_SERVER}:
        asked = gathered(
            {**options, "model": before.get("model")}
        ).settings  # with what is said here of the model that was asked
        own |= {key: getattr(asked, key) for key in OF_SERVER}
        own["models"] = _trusted_tables(before.get("models"), asked.models)
    return replace(here, **{**before, **now, **own})


def _trusted_tables(kept: Any, here: Tables | None) -> Tables | None:
    """Tables of models as a run had them, with keys and trust as they are configured here alone."""
    tables = {name: {key: table[key] for key in table if key not in OF_SERVER} for name, table in (kept or {}).items()}
    for name, table in (here or {}).items():
        tables[name] = {**tables.get(name, {}), **{key: table[key] for key in OF_SERVER if key in table}}
    return tables or None


def refuse_without_key(row: RunRow, chosen: Settings) -> None:
    """Raises `UsageProblem` where a run sent headers, or a key of its own, and would go on without."""
    kept = row.what["settings"]
    name, tables = kept.get("model") or default_model(), kept.get("models") or {}
    for each, options in {name: UNSAID, **chosen.described()}.items():
        was = {**tables.get(each, {}), **(kept if each == name else {})}
        if missing := options.lacks({key: was[key] for key in OF_SERVER if was.get(key)}):
            raise UsageProblem(
                f"the run {row.id} asked {plain(each)} with {plain(missing[0])}, which is not configured here",
                "say it again: --header 'NAME: VALUE', --api-key-env NAME, --ca-bundle FILE.pem, or a table of your own file",
            )


def refuse_without_account(row: RunRow, here: Settings) -> None:
    """Raises `UsageProblem` where a run drew on an account and would go on without one."""
    recorded = row.what["settings"].get("account")
    if recorded is not None and here.account is None:
        raise UsageProblem(
            f"the run {row.id} drew on the account {plain(recorded)}, and no account is configured here",
            f"name one, with its limits: lambda-rlm resume {row.id} --account {quote(plain(recorded))} --account-cost USD",
        )


def refuse_recorded_server(row: RunRow, options: Mapping[str, Any], here: Settings) -> None:
    """Raises `UsageProblem` where the journal alone names the server: it may be a stranger's, and a key would go there."""
    recorded = row.what["settings"].get("base_url")
    if recorded is not None and options.get("base_url") is None and plain_url(here.base_url) != recorded:
        raise UsageProblem(
            f"the run {row.id} used the server {plain(recorded)}, which is not configured here",
            f"to send its data there: lambda-rlm resume {row.id} --base-url {quote(plain(recorded))}",
        )


def settled(row: RunRow, options: Mapping[str, Any], here: Settings) -> Settings:
    """The settings of a run that goes on, once they can be used; raises `UsageProblem` for a run in which they cannot. What is
    wrong with those of this command, `here`, is not the run's."""
    try:
        with damage(row.id, "settings"):
            chosen = _as_before(row, options, here)
            ask_run.prepared(chosen, Deadline(chosen.max_seconds))
            chosen.described()
    except Damaged as problem:
        raise UsageProblem(problem.message, problem.hint) from None
    return chosen
