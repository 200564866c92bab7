"""`ask` and `run`: the commands that come to an answer."""

from __future__ import annotations

from typing import Annotated

import typer

from lambda_rlm.cli.commands.options import (
    Approve,
    Approved,
    BaseUrl,
    Cache,
    Candidates,
    Concurrency,
    Constrain,
    DirectShare,
    DirectShares,
    Encoding,
    Escalate,
    Exclude,
    Fuel,
    Hedge,
    Ignore,
    Include,
    Inputs,
    JournalFile,
    Json,
    KeepsJournal,
    MaxCalls,
    MaxCost,
    MaxDepth,
    MaxInput,
    MaxSeconds,
    MaxTokens,
    Memory,
    Model,
    Peek,
    Raw,
    RootModel,
    Rounds,
    Rpm,
    Seed,
    Split,
    Strategy,
    Strength,
    Strict,
    Task,
    Tpm,
    Trace,
    given,
)
from lambda_rlm.cli.commands.table import app as app


@app.command(epilog='Example: lambda-rlm ask "Which suppliers missed a deadline?" contracts/ --max-cost 0.50')
def ask(
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
    escalate: Escalate = None,
    root_model: RootModel = None,
    rounds: Rounds = None,
    candidates: Candidates = None,
    peek: Peek = None,
    constrain: Constrain = None,
    max_calls: MaxCalls = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    max_seconds: MaxSeconds = None,
    max_depth: MaxDepth = None,
    concurrency: Concurrency = None,
    rpm: Rpm = None,
    tpm: Tpm = None,
    hedge: Hedge = None,
    fuel: Fuel = None,
    memory: Memory = None,
    strict: Strict = None,
    seed: Seed = None,
    approve: Approve = None,
    approved: Approved = None,
    cache: Cache = None,
    journal: JournalFile = None,
    keeps_journal: KeepsJournal = None,
    trace: Trace = None,
    include: Include = None,
    exclude: Exclude = None,
    encoding: Encoding = None,
    raw: Raw = None,
    ignore: Ignore = None,
    max_input: MaxInput = None,
    json: Json = False,
) -> None:
    """Answer a question over files, folders or rows of data."""
    from lambda_rlm.cli.actions import ask_run

    raise typer.Exit(ask_run.ask(query, inputs or [], given(locals()), ask_run.How(trace=trace, json=json, approved=approved)))


@app.command(epilog="Example: lambda-rlm run report.lam tickets.jsonl --max-calls 200")
def run(
    program: Annotated[str, typer.Argument(metavar="PROGRAM", help="A .lam file, or `-`.", show_default=False)],
    inputs: Inputs = None,
    query: Annotated[str, typer.Option("--query", metavar="TEXT", help="What `query` is in the program.")] = "",
    model: Model = None,
    base_url: BaseUrl = None,
    root_model: RootModel = None,
    constrain: Constrain = None,
    max_calls: MaxCalls = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    max_seconds: MaxSeconds = None,
    max_depth: MaxDepth = None,
    concurrency: Concurrency = None,
    rpm: Rpm = None,
    tpm: Tpm = None,
    hedge: Hedge = None,
    fuel: Fuel = None,
    memory: Memory = None,
    strict: Strict = None,
    seed: Seed = None,
    approve: Approve = None,
    approved: Approved = None,
    cache: Cache = None,
    journal: JournalFile = None,
    keeps_journal: KeepsJournal = None,
    trace: Trace = None,
    include: Include = None,
    exclude: Exclude = None,
    encoding: Encoding = None,
    raw: Raw = None,
    ignore: Ignore = None,
    max_input: MaxInput = None,
    json: Json = False,
) -> None:
    """Run a program."""
    from lambda_rlm.cli.actions import ask_run

    raise typer.Exit(
        ask_run.run(program, inputs or [], query, given(locals()), ask_run.How(trace=trace, json=json, approved=approved))
    )
