"""`check`, `prompt`, `fmt`, `explain`, `grammar`: the commands about programs that run nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from lambda_rlm.cli.commands.options import (
    BaseUrl,
    Candidates,
    Concurrency,
    Constrain,
    Encoding,
    Exclude,
    Fuel,
    Hedge,
    Ignore,
    Include,
    Inputs,
    Json,
    MaxCalls,
    MaxCost,
    MaxDepth,
    MaxInput,
    MaxTokens,
    Memory,
    Model,
    Peek,
    Raw,
    RootModel,
    given,
)
from lambda_rlm.cli.commands.table import app


@app.command(epilog="Example: lambda-rlm check report.lam --size context=10MB,100MB")
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
    model: Model = None,
    base_url: BaseUrl = None,
    hedge: Hedge = None,
    max_calls: MaxCalls = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    max_depth: MaxDepth = None,
    concurrency: Concurrency = None,
    fuel: Fuel = None,
    memory: Memory = None,
    include: Include = None,
    exclude: Exclude = None,
    encoding: Encoding = None,
    raw: Raw = None,
    ignore: Ignore = None,
    max_input: MaxInput = None,
    json: Json = False,
) -> None:
    """Parse and type a program, and tell what it can cost."""
    from lambda_rlm.cli.actions import programs

    facts = programs.CheckRequest(inputs or [], declare or [], size or [], query, unread)
    raise typer.Exit(programs.check(program, facts, given(locals()), emit, fix, json))


@app.command(epilog="Example: lambda-rlm inputs contracts/ --exclude '*.min.js'")
def inputs(
    inputs: Inputs = None,
    include: Include = None,
    exclude: Exclude = None,
    raw: Raw = None,
    ignore: Ignore = None,
    max_input: MaxInput = None,
    json: Json = False,
) -> None:
    """List what would be read, and what is left out and why. Reads nothing."""
    from lambda_rlm.cli.actions import inputs as listing

    raise typer.Exit(listing.inputs(inputs or ["."], given(locals()), json))


@app.command(epilog='Example: lambda-rlm prompt --query "Which suppliers missed a deadline?" contracts/')
def prompt(
    inputs: Inputs = None,
    query: Annotated[str, typer.Option("--query", metavar="TEXT", help="The question.")] = "",
    model: Model = None,
    base_url: BaseUrl = None,
    root_model: RootModel = None,
    candidates: Candidates = None,
    peek: Peek = None,
    constrain: Constrain = None,
    max_calls: MaxCalls = None,
    max_cost: MaxCost = None,
    include: Include = None,
    exclude: Exclude = None,
    encoding: Encoding = None,
    raw: Raw = None,
    ignore: Ignore = None,
    max_input: MaxInput = None,
    json: Json = False,
) -> None:
    """Print exactly what a model that writes programs is given."""
    from lambda_rlm.cli.actions import prompt as written

    raise typer.Exit(written.prompt(query, inputs or [], given(locals()), json))


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
