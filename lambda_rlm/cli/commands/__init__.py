"""Every command of the command line.

Owns `COMMANDS`, the modules that add their commands to the table, in the order of `--help`, and which commands a setting is an
option of. `ask` and `run` come first: where one of them is called, the others are not loaded.
"""

from __future__ import annotations

from typing import Final

from lambda_rlm.cli.commands import ask_and_run as commands_answers
from lambda_rlm.cli.commands import audit as commands_audit
from lambda_rlm.cli.commands import bench as commands_bench
from lambda_rlm.cli.commands import export as commands_export
from lambda_rlm.cli.commands import journal as commands_journal
from lambda_rlm.cli.commands import models as commands_models
from lambda_rlm.cli.commands import policy as commands_policy
from lambda_rlm.cli.commands import programs as commands_programs
from lambda_rlm.cli.commands import routing as commands_routing
from lambda_rlm.cli.commands import settings as commands_settings
from lambda_rlm.cli.commands.options import Command
from lambda_rlm.cli.commands.table import app as app

COMMANDS: Final = (
    commands_answers,
    commands_routing,
    commands_audit,
    commands_programs,
    commands_journal,
    commands_export,
    commands_models,
    commands_bench,
    commands_settings,
    commands_policy,
)


def commands_with(key: str) -> tuple[str, ...]:
    """The commands that have an option for this setting, in the order of `--help`; none has one where only files and variables
    set it."""
    found = [command.callback for command in app.registered_commands]
    return tuple(each.name for each in found if isinstance(each, Command) and key in each.keys)
