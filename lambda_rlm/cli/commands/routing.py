"""`route`: the route of a question."""

from __future__ import annotations

from typing import Annotated

import typer

from lambda_rlm.cli.commands.options import BUDGET, MODEL, READING, ROUTE, WRITING, Chosen, Continued, Inputs, Json, takes
from lambda_rlm.cli.commands.table import command


@command(epilog='Example: lambda-rlm route "Which suppliers missed a deadline?" contracts/ --max-cost 0.50')
@takes(*MODEL, *ROUTE, *WRITING, "hedge", "pool", *BUDGET, "admit", "journal", *READING)
def route(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="The question.", show_default=False)],
    inputs: Inputs = None,
    follows: Continued = None,
    *,
    options: Chosen,
    json: Json = False,
) -> None:
    """Show the route of a question, and what each would cost at most.

    Also shows the reason. Asks no model.
    """
    from lambda_rlm.cli.actions import route as ways

    raise typer.Exit(ways.route(query, inputs or [], options, json, follows))
