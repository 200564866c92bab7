"""`config` and `trust`: where settings come from, and which files of projects the user trusts."""

from __future__ import annotations

from typing import Annotated

import typer

from lambda_rlm.cli.commands.help_page import CommandPage, CommandsPage
from lambda_rlm.cli.commands.options import Chosen, Json, takes
from lambda_rlm.cli.commands.table import app, command
from lambda_rlm.settings.keys import SETTINGS

config_app = typer.Typer(cls=CommandsPage, subcommand_metavar="COMMAND …", rich_markup_mode=None, help="Look at the settings.")
app.add_typer(config_app, name="config")


@config_app.callback()
def config() -> None:
    """Look at the settings."""


@config_app.command("show", cls=CommandPage, epilog="Example: lambda-rlm config show --json")
@takes(*SETTINGS)
def config_show(*, options: Chosen, json: Json = False) -> None:
    """Show each setting, where its value comes from, and what is ignored and why."""
    from lambda_rlm.cli.actions import settings as commands

    raise typer.Exit(commands.show(options, json))


@command(epilog="Example: lambda-rlm trust lambda-rlm.toml")
def trust(
    path: Annotated[
        str | None,
        typer.Argument(
            metavar="PATH",
            help="A settings file or its folder (default: the files of this project).",
            show_default=False,
        ),
    ] = None,
    revoke: Annotated[bool, typer.Option("--revoke", help="Do not trust the file any more.")] = False,
    lists: Annotated[bool, typer.Option("--list", help="List the trusted files and exit.")] = False,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Trust the settings file of a project, as it is now.

    Shows its settings and asks. A file that changes must be trusted again.
    """
    from lambda_rlm.cli.actions import settings as commands

    if lists:
        raise typer.Exit(commands.trusted(json))
    raise typer.Exit(commands.revoked(path, json) if revoke else commands.trust(path, yes, json))
