"""`audit`: what a log of past prompts says about routing."""

from __future__ import annotations

from typing import Annotated

import typer

from lambda_rlm.cli.commands.options import FOUND, MODEL, Chosen, Json, takes
from lambda_rlm.cli.commands.table import command


@command(epilog="Example: lambda-rlm audit requests.jsonl --models openai/gpt-5-mini,local/qwen2.5-coder-0.5b")
@takes(*MODEL, "task", "direct_share", "direct_shares", "strength", "root_model", *FOUND, "ignore")
def audit(
    logs: Annotated[
        list[str],
        typer.Argument(
            metavar="LOG…",
            help="JSON Lines with one prompt per line (gzip is fine), a folder of such files, or `-`.",
            show_default=False,
        ),
    ],
    models: Annotated[
        list[str] | None,
        typer.Option("--models", metavar="NAME[,NAME…]", help="Models to compare, by context window and price (repeatable)."),
    ] = None,
    field: Annotated[
        str | None, typer.Option("--field", metavar="KEY", help="The field that holds the prompt, e.g. data.prompt.")
    ] = None,
    *,
    options: Chosen,
    json: Json = False,
) -> None:
    """Measure a log of past prompts: lengths, routes, likely cost.

    Compares the lengths with the context window of each model. Asks no model.
    """
    from lambda_rlm.cli.actions import audit as command

    raise typer.Exit(command.audit(logs, models or [], field, options, json))
