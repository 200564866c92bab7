"""The table of commands: `app`, to which each module of commands adds its own.

Owns `command`, which adds one, and the options before every command. Promises that loading it loads no command's work.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from lambda_rlm import __version__
from lambda_rlm.cli import exits
from lambda_rlm.cli.commands.help_page import CommandPage, CommandsPage

app = typer.Typer(
    name="lambda-rlm",
    help="Answer questions about inputs far longer than a model's context window, with a cost bound proved before the first call.",
    cls=CommandsPage,
    subcommand_metavar="COMMAND …",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def command(*, epilog: str) -> Callable[[Callable[..., None]], Any]:
    """Add a command to the table; `epilog` is its example."""
    return app.command(cls=CommandPage, epilog=epilog)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False
) -> None:
    if version:
        typer.echo(f"lambda-rlm {__version__}")
        raise typer.Exit(exits.ANSWERED)
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(exits.USAGE)
