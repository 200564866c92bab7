"""`audit`: what a log of past prompts says about routing."""

from __future__ import annotations

from typing import Annotated

import typer

from lambda_rlm.cli.commands.options import FOUND, MODEL, Chosen, Json, takes
from lambda_rlm.cli.commands.table import app


@app.command(epilog="Example: lambda-rlm audit requests.jsonl --models openai/gpt-5-mini,local/qwen2.5-coder-0.5b")
@takes(*MODEL, "task", "direct_share", "direct_shares", "strength", "root_model", *FOUND, "ignore")
def audit(
    logs: Annotated[
        list[str],
        typer.Argument(
            metavar="LOG", help="JSON Lines, a prompt a line, packed by gzip or not, a folder, or `-`.", show_default=False
        ),
    ],
    models: Annotated[
        list[str] | None,
        typer.Option("--models", metavar="NAME[,NAME…]", help="The models whose windows and prices count; more than once."),
    ] = None,
    field: Annotated[
        str | None, typer.Option("--field", metavar="KEY", help="Where the prompt of a row is, for example data.prompt.")
    ] = None,
    *,
    options: Chosen,
    json: Json = False,
) -> None:
    """Measure a log of past prompts: lengths against windows, the way each would go, likely cost. Asks no model."""
    from lambda_rlm.cli.actions import audit as command

    raise typer.Exit(command.audit(logs, models or [], field, options, json))
