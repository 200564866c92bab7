"""`ask` and `run`: the commands that come to an answer."""

from __future__ import annotations

from typing import Annotated

import typer

from lambda_rlm.cli.commands.options import (
    ACCOUNT,
    ANSWER,
    BOUNDS,
    JOURNAL,
    MODEL,
    RATES,
    READING,
    ROUTE,
    WORK,
    WRITING,
    Approved,
    Chosen,
    Continued,
    Inputs,
    Json,
    Query,
    Trace,
    takes,
)
from lambda_rlm.cli.commands.table import app as app
from lambda_rlm.cli.commands.table import command


@command(epilog='Example: lambda-rlm ask "Which suppliers missed a deadline?" contracts/ --max-cost 0.50')
@takes(*MODEL, *ROUTE, "escalate", *WRITING, *BOUNDS, *ACCOUNT, *RATES, "hedge", "pool", *WORK, *ANSWER, *JOURNAL, *READING)
def ask(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="The question.", show_default=False)],
    inputs: Inputs = None,
    follows: Continued = None,
    *,
    options: Chosen,
    approved: Approved = None,
    trace: Trace = None,
    json: Json = False,
) -> None:
    """Answer a question about files, folders or rows of data.

    On a terminal, an answer that is the reply of one model call appears while it is written."""
    from lambda_rlm.cli.first_contact import begin_ask, question

    query = question(query)
    begun = begin_ask(options, approved)
    from lambda_rlm.cli.actions import ask_run  # and all that answers

    how = ask_run.How(trace=trace, json=json, approved=approved)
    raise typer.Exit(ask_run.ask(begun, query, inputs or [], options, how, follows))


@command(epilog="Example: lambda-rlm run report.lam tickets.jsonl --max-calls 200")
@takes(*MODEL, "root_model", "constrain", *BOUNDS, *ACCOUNT, *RATES, "hedge", "pool", *WORK, *ANSWER, *JOURNAL, *READING)
def run(
    program: Annotated[
        str, typer.Argument(metavar="PROGRAM", help="A .lam file, or `-` for standard input.", show_default=False)
    ],
    inputs: Inputs = None,
    query: Query = "",
    *,
    options: Chosen,
    approved: Approved = None,
    trace: Trace = None,
    json: Json = False,
) -> None:
    """Run a program on inputs.

    On a terminal, an answer that is the reply of one model call appears while it is written."""
    from lambda_rlm.cli.first_contact import begin_run

    source, begun = begin_run(program, options, approved)
    from lambda_rlm.cli.actions import ask_run  # and all that answers

    how = ask_run.How(trace=trace, json=json, approved=approved)
    raise typer.Exit(ask_run.run(begun, source, query or "", inputs or [], how))
