"""`check`, `prompt`, `fmt`, `explain`, `grammar`: the commands about programs that run nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from lambda_rlm.cli.commands.options import (
    BOUNDS,
    FOUND,
    MODEL,
    READING,
    WORK,
    WRITING,
    Chosen,
    Continued,
    Inputs,
    Json,
    Query,
    takes,
)
from lambda_rlm.cli.commands.table import command


@command(epilog="Example: lambda-rlm check report.lam --size context=10MB,100MB")
@takes(*MODEL, "root_model", "constrain", *BOUNDS, "concurrency", "hedge", "pool", *WORK, "strict", "seed", "cache", *READING)
def check(
    program: Annotated[
        str, typer.Argument(metavar="PROGRAM", help="A .lam file, or `-` for standard input.", show_default=False)
    ],
    inputs: Inputs = None,
    declare: Annotated[
        list[str] | None,
        typer.Option("--declare", metavar="'NAME: TYPE'", help="Declare an input by its type, without data (repeatable)."),
    ] = None,
    size: Annotated[
        list[str] | None,
        typer.Option(
            "--size",
            metavar="NAME=SIZE[,SIZE…]",
            help="Declare an input by its size, without data: 10MB, 20000 (characters), 1000x6KB (a list of documents, texts or rows).",
        ),
    ] = None,
    unread: Annotated[bool, typer.Option("--unread", help="Use the file sizes of the inputs, without reading them.")] = False,
    query: Query = None,
    emit: Annotated[
        str | None,
        typer.Option(
            "--emit", metavar="tokens|tree|term|types|bound|cost|plan", help="Print this stage of the checker and exit."
        ),
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Apply the suggested fixes to the file.")] = False,
    *,
    options: Chosen,
    json: Json = False,
) -> None:
    """Check a program: syntax, types and a bound on its cost."""
    from lambda_rlm.cli.actions import programs

    facts = programs.CheckRequest(inputs or [], declare or [], size or [], query, unread)
    raise typer.Exit(programs.check(program, facts, options, emit, fix, json))


@command(epilog="Example: lambda-rlm inputs contracts/ --exclude '*.min.js'")
@takes(*FOUND, "stdin_format", "raw", "ignore", "max_input")
def inputs(
    inputs: Inputs = None,
    *,
    options: Chosen,
    json: Json = False,
) -> None:
    """List the files that would be read, and those skipped and why."""
    from lambda_rlm.cli.actions import inputs as listing

    raise typer.Exit(listing.inputs(inputs or ["."], options, json))


@command(epilog='Example: lambda-rlm prompt --query "Which suppliers missed a deadline?" contracts/')
@takes(*MODEL, *WRITING, "max_calls", "max_cost", "journal", *READING)
def prompt(
    inputs: Inputs = None,
    query: Annotated[str, typer.Option("-q", "--query", metavar="TEXT", help="The question.")] = "",
    follows: Continued = None,
    *,
    options: Chosen,
    json: Json = False,
) -> None:
    """Print the exact prompt of the root model."""
    from lambda_rlm.cli.actions import prompt as written

    raise typer.Exit(written.prompt(query, inputs or [], options, json, follows))


@command(epilog="Example: lambda-rlm fmt --check *.lam")
def fmt(
    programs: Annotated[
        list[str], typer.Argument(metavar="PROGRAM…", help="The .lam files, or `-` for standard input.", show_default=False)
    ],
    check: Annotated[bool, typer.Option("--check", help="List the files that would change; change nothing.")] = False,
    json: Json = False,
) -> None:
    """Format programs in place."""
    from lambda_rlm.cli.actions import programs as commands

    raise typer.Exit(commands.fmt(programs, check, json))


@command(epilog="Example: lambda-rlm explain E0203")
def explain(
    code: Annotated[
        str | None, typer.Argument(metavar="CODE", help="An error code (default: list all codes).", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """Explain an error code, with a bad and a fixed program."""
    from lambda_rlm.cli.actions import programs

    raise typer.Exit(programs.explain(code, json))


@command(epilog="Example: lambda-rlm grammar --format gbnf > program.gbnf")
def grammar(
    form: Annotated[
        str, typer.Option("--format", metavar="lark|llguidance|openai|gbnf", help="The format of the decoder.")
    ] = "lark",
    json: Json = False,
) -> None:
    """Print the grammar of the language for a constrained decoder."""
    from lambda_rlm.cli.actions import programs

    raise typer.Exit(programs.grammar(form, json))
