"""`check`, `prompt`, `fmt`, `explain`, `grammar`: the commands about programs that run nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from lambda_rlm.cli.commands.options import BUDGET, FOUND, MODEL, READING, WORK, Chosen, Inputs, Json, takes
from lambda_rlm.cli.commands.table import app


@app.command(epilog="Example: lambda-rlm check report.lam --size context=10MB,100MB")
@takes(*MODEL, "hedge", *BUDGET, "max_depth", "concurrency", *WORK, *READING)
def check(
    program: Annotated[str, typer.Argument(metavar="PROGRAM", help="A .lam file, or `-`.", show_default=False)],
    inputs: Inputs = None,
    declare: Annotated[
        list[str] | None, typer.Option("--declare", metavar="'NAME: TYPE'", help="An input by its type, without data.")
    ] = None,
    size: Annotated[
        list[str] | None,
        typer.Option(
            "--size",
            metavar="NAME=SIZE[,SIZE…]",
            help="An input by its size, without data: 10MB, 20000 (characters), 1000x6KB (a list).",
        ),
    ] = None,
    unread: Annotated[
        bool, typer.Option("--unread", help="Take the sizes of the inputs from the file system, without reading them.")
    ] = False,
    query: Annotated[str | None, typer.Option("--query", metavar="TEXT", help="What `query` is in the program.")] = None,
    emit: Annotated[
        str | None, typer.Option("--emit", metavar="tokens|tree|term|types|bound|plan", help="Print a stage.")
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Apply the fixes that are offered, in place.")] = False,
    *,
    options: Chosen,
    json: Json = False,
) -> None:
    """Parse and type a program, and tell what it can cost."""
    from lambda_rlm.cli.actions import programs

    facts = programs.CheckRequest(inputs or [], declare or [], size or [], query, unread)
    raise typer.Exit(programs.check(program, facts, options, emit, fix, json))


@app.command(epilog="Example: lambda-rlm inputs contracts/ --exclude '*.min.js'")
@takes(*FOUND, "raw", "ignore", "max_input")
def inputs(
    inputs: Inputs = None,
    *,
    options: Chosen,
    json: Json = False,
) -> None:
    """List what would be read, and what is left out and why. Reads nothing."""
    from lambda_rlm.cli.actions import inputs as listing

    raise typer.Exit(listing.inputs(inputs or ["."], options, json))


@app.command(epilog='Example: lambda-rlm prompt --query "Which suppliers missed a deadline?" contracts/')
@takes(*MODEL, "root_model", "candidates", "peek", "constrain", "max_calls", "max_cost", *READING)
def prompt(
    inputs: Inputs = None,
    query: Annotated[str, typer.Option("--query", metavar="TEXT", help="The question.")] = "",
    *,
    options: Chosen,
    json: Json = False,
) -> None:
    """Print exactly what a model that writes programs is given."""
    from lambda_rlm.cli.actions import prompt as written

    raise typer.Exit(written.prompt(query, inputs or [], options, json))


@app.command(epilog="Example: lambda-rlm fmt --check *.lam")
def fmt(
    programs: Annotated[list[str], typer.Argument(metavar="PROGRAM", help="Files, or `-`.", show_default=False)],
    check: Annotated[bool, typer.Option("--check", help="Only say which files would change.")] = False,
    json: Json = False,
) -> None:
    """Put programs into the canonical form, in place."""
    from lambda_rlm.cli.actions import programs as commands

    raise typer.Exit(commands.fmt(programs, check, json))


@app.command(epilog="Example: lambda-rlm explain E0203")
def explain(
    code: Annotated[
        str | None, typer.Argument(metavar="CODE", help="An error code; without one, all are listed.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """What an error means, with a bad and a fixed program."""
    from lambda_rlm.cli.actions import programs

    raise typer.Exit(programs.explain(code, json))


@app.command(epilog="Example: lambda-rlm grammar --format gbnf > program.gbnf")
def grammar(
    form: Annotated[
        str, typer.Option("--format", metavar="lark|llguidance|openai|gbnf", help="The form that a decoder takes.")
    ] = "lark",
    json: Json = False,
) -> None:
    """Print the one grammar in the form that a constrained decoder takes."""
    from lambda_rlm.cli.actions import programs

    raise typer.Exit(programs.grammar(form, json))
