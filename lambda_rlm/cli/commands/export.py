"""`export`: the command that turns runs into training data."""

from __future__ import annotations

from typing import Annotated

import typer

from lambda_rlm.cli.commands.options import Chosen, takes
from lambda_rlm.cli.commands.table import command

_RUNS = "Run ids, their first or last characters, `last`, or `all`."


@command(epilog="Example: lambda-rlm export all --format sft --outcome answered -o programs.jsonl")
@takes("journal")
def export(
    runs: Annotated[list[str], typer.Argument(metavar="RUN…", help=_RUNS, show_default=False)],
    form: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="sft|verifiers",
            help="Output format: chat messages for fine-tuning, or rows of a verifiers environment.",
        ),
    ] = "sft",
    outcome: Annotated[
        str,
        typer.Option(
            "--outcome", metavar="answered|degraded|fault|rejected|all", help="Only export programs with this outcome."
        ),
    ] = "answered",
    file: Annotated[
        str | None, typer.Option("-o", "--output", metavar="FILE", help="Write to this file (default: standard output).")
    ] = None,
    keeps_doubles: Annotated[
        bool, typer.Option("--doubles", help="Keep programs that differ only in names, layout or comments.")
    ] = False,
    answers: Annotated[
        bool, typer.Option("--answers", help="Include the answers of the runs (they may quote inputs).")
    ] = False,
    *,
    options: Chosen,
) -> None:
    """Export programs that models wrote, as training data in JSON Lines."""
    from lambda_rlm.cli.actions import export as command

    raise typer.Exit(command.export(runs, options, form, outcome, file, keeps_doubles, answers))
