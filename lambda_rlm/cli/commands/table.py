"""The table of commands: `app`, to which each module of commands adds its own.

Owns what stands before every command. Promises that loading it loads no command's work.
"""

from __future__ import annotations

from typing import Annotated

import typer

from lambda_rlm import __version__
from lambda_rlm.cli import exits

app = typer.Typer(
    name="lambda-rlm",
    help="Answers questions about inputs far longer than a model's window, through small checked programs.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
