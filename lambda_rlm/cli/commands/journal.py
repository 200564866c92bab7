"""`runs`, `show`, `resume`, `replay`: the commands about runs that were made."""

from __future__ import annotations

from typing import Annotated

import typer

from lambda_rlm.cli.commands.options import BUDGET, RATES, WORK, Chosen, Inputs, Json, Run, takes
from lambda_rlm.cli.commands.table import app


@app.command(epilog="Example: lambda-rlm runs --json")
@takes("journal")
def runs(
    most: Annotated[
        int | None, typer.Option("--most", metavar="N", help="The latest N: 20, of a comparison all.", show_default=False)
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="route|task|split", help="What the runs came to, by the way they went.")
    ] = None,
    prune: Annotated[bool, typer.Option("--prune", help="Forget the runs that are too old, and give their room back.")] = False,
    *,
    options: Chosen,
    json: Json = False,
) -> None:
    """List the runs of the journal, the latest first."""
    from lambda_rlm.cli.actions import journal as commands

    raise typer.Exit(commands.prune(options, json) if prune else commands.runs(options, most, by, json))


@app.command(epilog="Example: lambda-rlm show last --html run.html")
@takes("journal")
def show(
    run: Run,
    html: Annotated[str | None, typer.Option("--html", metavar="FILE", help="Write a page instead.")] = None,
    whole: Annotated[bool, typer.Option("--all", help="Fold and leave out nothing.")] = False,
    *,
    options: Chosen,
    json: Json = False,
) -> None:
    """Show what a run asked, what it cost, and what its answer was made from."""
    from lambda_rlm.cli.actions import journal as commands

    raise typer.Exit(commands.show(run, options, html, json, whole))


@app.command(epilog="Example: lambda-rlm resume last --max-calls 500")
@takes("base_url", *BUDGET, "max_seconds", *RATES, *WORK, "cache", "journal")
def resume(
    run: Run,
    inputs: Inputs = None,
    *,
    options: Chosen,
    json: Json = False,
) -> None:
    """Go on with a run that stopped, without paying for any call twice."""
    from lambda_rlm.cli.actions import journal as commands

    raise typer.Exit(commands.resume(run, inputs or [], options, json))


@app.command(epilog="Example: lambda-rlm replay last")
@takes("journal")
def replay(run: Run, inputs: Inputs = None, *, options: Chosen, json: Json = False) -> None:
    """Run again from the journal, without a model, and compare call for call."""
    from lambda_rlm.cli.actions import journal as commands

    raise typer.Exit(commands.replay(run, inputs or [], options, json))
