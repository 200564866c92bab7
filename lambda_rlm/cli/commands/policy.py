"""`policy`: what an organization allows here."""

from __future__ import annotations

import typer

from lambda_rlm.cli.commands.help_page import CommandPage, CommandsPage
from lambda_rlm.cli.commands.options import Json
from lambda_rlm.cli.commands.table import app

policy_app = typer.Typer(
    cls=CommandsPage, subcommand_metavar="COMMAND …", rich_markup_mode=None, help="Look at the policy of the organization."
)
app.add_typer(policy_app, name="policy")


@policy_app.callback()
def policy() -> None:
    """Look at the policy of the organization."""


@policy_app.command("show", cls=CommandPage, epilog="Example: lambda-rlm policy show --json")
def policy_show(json: Json = False) -> None:
    """Show what holds, and in which file it is written."""
    from lambda_rlm.cli.actions import policy as commands

    raise typer.Exit(commands.show(json))
