"""`models`: the models that are available."""

from __future__ import annotations

from typing import Annotated

import typer

from lambda_rlm.cli.commands.help_page import CommandPage, CommandsPage
from lambda_rlm.cli.commands.options import ACCOUNT, BUDGET, RATES, Chosen, Json, takes
from lambda_rlm.cli.commands.table import app
from lambda_rlm.settings.keys import DESCRIBING

models_app = typer.Typer(cls=CommandsPage, invoke_without_command=True, subcommand_metavar="[COMMAND …]", rich_markup_mode=None)
app.add_typer(models_app, name="models")


@models_app.callback(epilog="Example: lambda-rlm models get qwen2.5-coder-0.5b")
def models(context: typer.Context, json: Json = False) -> None:
    """List the available models, with context windows and prices."""
    if context.invoked_subcommand is None:
        from lambda_rlm.cli.actions import models as commands

        raise typer.Exit(commands.listing(json))


@models_app.command("get", cls=CommandPage, epilog="Example: lambda-rlm models get qwen2.5-coder-0.5b")
def models_get(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of a local model.", show_default=False)],
    json: Json = False,
) -> None:
    """Download the weights of a local model (SHA-256 verified)."""
    from lambda_rlm.cli.actions import models as commands

    raise typer.Exit(commands.get(name, json))


@models_app.command("test", cls=CommandPage, epilog="Example: lambda-rlm models test openai/gpt-5-mini --max-cost 0.20")
@takes("base_url", *DESCRIBING, *BUDGET, *ACCOUNT, *RATES, "hedge", "pool", "constrain", "seed", "approve")
def models_test(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of a model.", show_default=False)],
    *,
    options: Chosen,
    json: Json = False,
) -> None:
    """Ask a model ten questions with known answers.

    Can it write programs, tell tasks apart, keep to types? The maximum cost is shown before the first call. The router uses
    the result, until the page of the language changes.
    """
    from lambda_rlm.cli.actions import model_test as commands

    raise typer.Exit(commands.test(name, options, json))
