"""`route`: which way a question would go."""

from __future__ import annotations

from typing import Annotated

import typer

from lambda_rlm.cli.commands.options import (
    BaseUrl,
    Candidates,
    Constrain,
    DirectShare,
    DirectShares,
    Encoding,
    Exclude,
    Hedge,
    Ignore,
    Include,
    Inputs,
    Json,
    MaxCalls,
    MaxCost,
    MaxInput,
    MaxTokens,
    Model,
    Peek,
    Raw,
    RootModel,
    Rounds,
    Split,
    Strategy,
    Strength,
    Task,
    given,
)
from lambda_rlm.cli.commands.table import app


@app.command(epilog='Example: lambda-rlm route "Which suppliers missed a deadline?" contracts/ --max-cost 0.50')
def route(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="The question.", show_default=False)],
    inputs: Inputs = None,
    model: Model = None,
    base_url: BaseUrl = None,
    strategy: Strategy = None,
    task: Task = None,
    direct_share: DirectShare = None,
    direct_shares: DirectShares = None,
    strength: Strength = None,
    split: Split = None,
    root_model: RootModel = None,
    hedge: Hedge = None,
    rounds: Rounds = None,
    candidates: Candidates = None,
    peek: Peek = None,
    constrain: Constrain = None,
    max_calls: MaxCalls = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    include: Include = None,
    exclude: Exclude = None,
    encoding: Encoding = None,
    raw: Raw = None,
    ignore: Ignore = None,
    max_input: MaxInput = None,
    json: Json = False,
) -> None:
    """Tell which way a question would go, why, and what each way would cost at worst. Asks no model."""
    from lambda_rlm.cli.actions import route as ways

    raise typer.Exit(ways.route(query, inputs or [], given(locals()), json))
