"""`export`: the command that turns runs into training data."""

from __future__ import annotations

from typing import Annotated

import typer

from lambda_rlm.cli.commands.options import Chosen, takes
from lambda_rlm.cli.commands.table import app

_RUNS = "Ids of runs, the beginning or end of one, `last`, or `all`."


@app.command(epilog="Example: lambda-rlm export all --format sft --outcome answered -o programs.jsonl")
@takes("journal")
def export(
    runs: Annotated[list[str], typer.Argument(metavar="RUN…", help=_RUNS, show_default=False)],
    form: Annotated[str, typer.Option("--format", metavar="sft|verifiers", help="Chats, or rows of an environment.")] = "sft",
    outcome: Annotated[
        str, typer.Option("--outcome", metavar="answered|degraded|fault|rejected|all", help="Only programs that came to this.")
    ] = "answered",
    file: Annotated[str | None, typer.Option("-o", "--output", metavar="FILE", help="Write there, not on the screen.")] = None,
    keeps_doubles: Annotated[
        bool, typer.Option("--doubles", help="Keep programs that differ in names, layout and comments alone.")
    ] = False,
    answers: Annotated[bool, typer.Option("--answers", help="Put the runs' answers in: these may quote inputs.")] = False,
    *,
    options: Chosen,
) -> None:
    """Write programs that models wrote as training data, one JSON object a line."""
    from lambda_rlm.cli.actions import export as command

    raise typer.Exit(command.export(runs, options, form, outcome, file, keeps_doubles, answers))
