"""`runs`, `show`, `resume`, `replay`: the commands about runs that were made."""

from __future__ import annotations

from typing import Annotated

import typer

from lambda_rlm.cli.commands.options import ACCOUNT, BUDGET, RATES, WORK, Chosen, Inputs, Json, Run, takes
from lambda_rlm.cli.commands.table import command
from lambda_rlm.settings.keys import DESCRIBING


@command(epilog="Example: lambda-rlm runs --since 7d --sum --by model")
@takes("journal")
def runs(
    most: Annotated[
        int | None,
        typer.Option(
            "--most",
            metavar="N",
            help="Only the latest N runs (default: 20; with --since, --by or --sum, all).",
            show_default=False,
        ),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="WHEN", help="Only runs that began since then: 2026-11-01, 7d, 24h or 30m.")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="route|task|split|model|day",
            help="Compare runs by route, task, arm of a split, model or day; with --sum, add up what they used.",
        ),
    ] = None,
    sum: Annotated[bool, typer.Option("--sum", help="Add up calls, tokens and cost of all calls of these runs.")] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Delete runs older than journal_days, and free the disk space.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check that no record was changed, removed, inserted or reordered.")
    ] = False,
    *,
    options: Chosen,
    json: Json = False,
) -> None:
    """List the runs in the journal, the latest first."""
    from lambda_rlm.cli.actions import journal as commands

    if verify:
        raise typer.Exit(commands.verify(options, json))
    raise typer.Exit(commands.prune(options, json) if prune else commands.runs(options, most, by, json, since, sum))


@command(epilog="Example: lambda-rlm show last --html run.html")
@takes("journal")
def show(
    run: Run,
    html: Annotated[str | None, typer.Option("-o", "--html", metavar="FILE", help="Write an HTML page to this file.")] = None,
    whole: Annotated[bool, typer.Option("--all", help="Show every call and every part, however many.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Do not cut prompts and replies (with --json: include the prompts).")
    ] = False,
    sent: Annotated[
        bool, typer.Option("--sent", help="Show which parts of which files each call sent to which server and model.")
    ] = False,
    *,
    options: Chosen,
    json: Json = False,
) -> None:
    """Show the calls of a run with prompts and replies, its cost and its sources."""
    from lambda_rlm.cli.actions import show as commands

    raise typer.Exit(commands.show(run, options, html, json, whole, sent, full))


@command(epilog="Example: lambda-rlm resume last --max-calls 500")
@takes(
    "base_url", *DESCRIBING, "env_file", *BUDGET, "admit", "max_seconds", *ACCOUNT, *RATES, "pool", *WORK, "cache", "journal"
)
def resume(
    run: Run,
    inputs: Inputs = None,
    *,
    options: Chosen,
    json: Json = False,
) -> None:
    """Resume a stopped run without paying again for finished calls."""
    from lambda_rlm.cli.actions import journal as commands

    raise typer.Exit(commands.resume(run, inputs or [], options, json))


@command(epilog="Example: lambda-rlm replay last")
@takes("journal")
def replay(run: Run, inputs: Inputs = None, *, options: Chosen, json: Json = False) -> None:
    """Repeat a run from the journal, without a model, and compare each call."""
    from lambda_rlm.cli.actions import journal as commands

    raise typer.Exit(commands.replay(run, inputs or [], options, json))
