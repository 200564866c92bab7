"""`models`: what can be reached from here."""

from __future__ import annotations

from typing import Annotated

import typer

from lambda_rlm.cli.commands.options import Json
from lambda_rlm.cli.commands.table import app

models_app = typer.Typer(help="The models that can be reached from here.", invoke_without_command=True, rich_markup_mode=None)
app.add_typer(models_app, name="models")


@models_app.callback(epilog="Example: lambda-rlm models get qwen2.5-coder-0.5b")
def models(context: typer.Context, json: Json = False) -> None:
    """The models that can be reached from here."""
    if context.invoked_subcommand is None:
        from lambda_rlm.cli.actions import models as commands

        raise typer.Exit(commands.listing(json))


@models_app.command("get", epilog="Example: lambda-rlm models get qwen2.5-coder-0.5b")
def models_get(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A local model's name.", show_default=False)],
    json: Json = False,
) -> None:
    """Fetch the weights of a local model, verified by hash."""
    from lambda_rlm.cli.actions import models as commands

    raise typer.Exit(commands.get(name, json))
