"""Every command of the command line.

Owns `COMMANDS`, the modules that add their commands to the table, in the order of `--help`. `ask` and `run` stand first: where one
of them is called, the others are not loaded.
"""

from __future__ import annotations

from typing import Final

from lambda_rlm.cli import (
    commands_answers,
    commands_audit,
    commands_bench,
    commands_export,
    commands_journal,
    commands_models,
    commands_programs,
    commands_routing,
)
from lambda_rlm.cli.table import app as app

COMMANDS: Final = (
    commands_answers,
    commands_routing,
    commands_audit,
    commands_programs,
    commands_journal,
    commands_export,
    commands_models,
    commands_bench,
)
