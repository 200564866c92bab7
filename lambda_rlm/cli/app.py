"""The commands and their options.

Owns the table of commands and what each exception means for the exit code. Every command returns its code; nothing else
leaves the process.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Annotated, Any, Final

import typer

from lambda_rlm.cli import exits
from lambda_rlm.cli.exits import Usage

_INPUTS: Final = "Files, folders, patterns, `-` (standard input) or name=PATH; .json .jsonl .csv become typed rows."

app = typer.Typer(
    name="lambda-rlm",
    help="Answers questions about inputs far longer than a model's window, through small checked programs.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
models_app = typer.Typer(help="The models that can be reached from here.", invoke_without_command=True, rich_markup_mode=None)
app.add_typer(models_app, name="models")

Inputs = Annotated[list[str] | None, typer.Argument(metavar="INPUT", help=_INPUTS, show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output and nothing else.")]
Model = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="The model, for example local/qwen2.5-coder-0.5b or openai/gpt-5-mini."),
]
BaseUrl = Annotated[str | None, typer.Option("--base-url", metavar="URL", help="An OpenAI-compatible server.")]
MaxCalls = Annotated[int | None, typer.Option("--max-calls", metavar="N", help="At most so many model calls.")]
MaxCost = Annotated[float | None, typer.Option("--max-cost", metavar="USD", help="At most so many US dollars.")]
MaxTokens = Annotated[int | None, typer.Option("--max-tokens", metavar="N", help="At most so many tokens, in and out.")]
MaxSeconds = Annotated[float | None, typer.Option("--max-seconds", metavar="S", help="At most so many seconds.")]
MaxDepth = Annotated[int | None, typer.Option("--max-depth", metavar="N", help="At most so many `fix` inside each other.")]
Concurrency = Annotated[int | None, typer.Option("--concurrency", metavar="N", help="At most so many calls in flight.")]
Rpm = Annotated[int | None, typer.Option("--rpm", metavar="N", help="At most so many requests a minute to a provider.")]
Tpm = Annotated[int | None, typer.Option("--tpm", metavar="N", help="At most so many tokens a minute, in and out.")]
Fuel = Annotated[int | None, typer.Option("--fuel", metavar="N", help="At most so many evaluator steps.")]
Memory = Annotated[int | None, typer.Option("--memory", metavar="BYTES", help="At most so much newly allocated storage.")]
RootModel = Annotated[
    str | None,
    typer.Option("--root-model", metavar="NAME", help="The model that writes programs; without it, the one that answers."),
]
Rounds = Annotated[int | None, typer.Option("--rounds", metavar="N", help="Programs written one after the other, at most.")]
Candidates = Annotated[int | None, typer.Option("--candidates", metavar="N", help="Programs written side by side in a round.")]
Peek = Annotated[
    int | None, typer.Option("--peek", metavar="N", help="Show who writes the program the first N characters of each input.")
]
Strict = Annotated[bool | None, typer.Option("--strict/--no-strict", help="A degraded answer is a fault.", show_default=False)]
Seed = Annotated[int | None, typer.Option("--seed", metavar="N", help="The number of the first independent sample.")]
Approve = Annotated[
    bool | None,
    typer.Option("--approve/--no-approve", help="Show the program and its bound, and ask before spending.", show_default=False),
]
Approved = Annotated[
    str | None, typer.Option("--approved", metavar="HASH", help="Run only what `check` printed this hash for.")
]
JournalFile = Annotated[str | None, typer.Option("--journal", metavar="FILE", help="The journal that runs are written to.")]
KeepsJournal = Annotated[
    bool | None,
    typer.Option("--keep-journal/--no-journal", help="Write this run to the journal, or do not.", show_default=False),
]
Cache = Annotated[
    bool | None,
    typer.Option("--cache/--no-cache", help="Keep replies, and give them again in later runs unpaid.", show_default=False),
]
Trace = Annotated[str | None, typer.Option("--trace", metavar="FILE.jsonl", help="Write what happens, one JSON object a line.")]


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False
) -> None:
    if version:
        typer.echo(f"lambda-rlm {_version()}")
        raise typer.Exit(exits.ANSWERED)
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(exits.USAGE)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("lambda-rlm")
    except PackageNotFoundError:
        return "(a checkout that is not installed)"


@app.command(epilog='Example: lambda-rlm ask "Which suppliers missed a deadline?" contracts/ --max-cost 0.50')
def ask(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="The question.", show_default=False)],
    inputs: Inputs = None,
    model: Model = None,
    base_url: BaseUrl = None,
    strategy: Annotated[
        str | None, typer.Option("--strategy", metavar="auto|direct|plan|synth", help="Which way to go.")
    ] = None,
    task: Annotated[str | None, typer.Option("--task", metavar="search|summarise", help="The plan for long inputs.")] = None,
    root_model: RootModel = None,
    rounds: Rounds = None,
    candidates: Candidates = None,
    peek: Peek = None,
    max_calls: MaxCalls = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    max_seconds: MaxSeconds = None,
    max_depth: MaxDepth = None,
    concurrency: Concurrency = None,
    rpm: Rpm = None,
    tpm: Tpm = None,
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
    json: Json = False,
) -> None:
    """Answer a question over files, folders or rows of data."""
    from lambda_rlm.cli import ask_run

    raise typer.Exit(ask_run.ask(query, inputs or [], _given(locals()), ask_run.How(trace=trace, json=json, approved=approved)))


@app.command(epilog="Example: lambda-rlm run report.lam tickets.jsonl --max-calls 200")
def run(
    program: Annotated[str, typer.Argument(metavar="PROGRAM", help="A .lam file, or `-`.", show_default=False)],
    inputs: Inputs = None,
    query: Annotated[str, typer.Option("--query", metavar="TEXT", help="What `query` is in the program.")] = "",
    model: Model = None,
    base_url: BaseUrl = None,
    root_model: RootModel = None,
    max_calls: MaxCalls = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    max_seconds: MaxSeconds = None,
    max_depth: MaxDepth = None,
    concurrency: Concurrency = None,
    rpm: Rpm = None,
    tpm: Tpm = None,
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
    json: Json = False,
) -> None:
    """Run a program."""
    from lambda_rlm.cli import ask_run

    raise typer.Exit(
        ask_run.run(program, inputs or [], query, _given(locals()), ask_run.How(trace=trace, json=json, approved=approved))
    )


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
    query: Annotated[str | None, typer.Option("--query", metavar="TEXT", help="What `query` is in the program.")] = None,
    emit: Annotated[
        str | None, typer.Option("--emit", metavar="tokens|tree|term|types|bound|plan", help="Print a stage.")
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Apply the fixes that are offered, in place.")] = False,
    model: Model = None,
    base_url: BaseUrl = None,
    max_calls: MaxCalls = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    max_depth: MaxDepth = None,
    concurrency: Concurrency = None,
    fuel: Fuel = None,
    memory: Memory = None,
    json: Json = False,
) -> None:
    """Parse and type a program, and tell what it can cost."""
    from lambda_rlm.cli import programs

    given = programs.Given(inputs or [], declare or [], size or [], query)
    raise typer.Exit(programs.check(program, given, _given(locals()), emit, fix, json))


@app.command(epilog='Example: lambda-rlm prompt --query "Which suppliers missed a deadline?" contracts/')
def prompt(
    inputs: Inputs = None,
    query: Annotated[str, typer.Option("--query", metavar="TEXT", help="The question.")] = "",
    model: Model = None,
    base_url: BaseUrl = None,
    candidates: Candidates = None,
    peek: Peek = None,
    max_calls: MaxCalls = None,
    max_cost: MaxCost = None,
    json: Json = False,
) -> None:
    """Print exactly what a model that writes programs is given."""
    from lambda_rlm.cli import written

    raise typer.Exit(written.prompt(query, inputs or [], _given(locals()), json))


@app.command(epilog="Example: lambda-rlm fmt --check *.lam")
def fmt(
    programs: Annotated[list[str], typer.Argument(metavar="PROGRAM", help="Files, or `-`.", show_default=False)],
    check: Annotated[bool, typer.Option("--check", help="Only say which files would change.")] = False,
    json: Json = False,
) -> None:
    """Put programs into the canonical form, in place."""
    from lambda_rlm.cli import programs as commands

    raise typer.Exit(commands.fmt(programs, check, json))


@app.command(epilog="Example: lambda-rlm explain E0203")
def explain(
    code: Annotated[
        str | None, typer.Argument(metavar="CODE", help="An error code; without one, all are listed.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """What an error means, with a bad and a fixed program."""
    from lambda_rlm.cli import programs

    raise typer.Exit(programs.explain(code, json))


Run = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's id, the beginning or end of one, or `last`.", show_default=False)
]


@app.command(epilog="Example: lambda-rlm runs --json")
def runs(
    most: Annotated[int, typer.Option("--most", metavar="N", help="The latest N.")] = 20,
    prune: Annotated[bool, typer.Option("--prune", help="Forget the runs that are too old, and give their room back.")] = False,
    journal: JournalFile = None,
    json: Json = False,
) -> None:
    """List the runs of the journal, the latest first."""
    from lambda_rlm.cli import journal as commands

    options = {"journal": journal}
    raise typer.Exit(commands.prune(options, json) if prune else commands.runs(options, most, json))


@app.command(epilog="Example: lambda-rlm show last --html run.html")
def show(
    run: Run,
    html: Annotated[str | None, typer.Option("--html", metavar="FILE", help="Write a page instead.")] = None,
    journal: JournalFile = None,
    json: Json = False,
) -> None:
    """Show what a run asked, what it cost, and what its answer was made from."""
    from lambda_rlm.cli import journal as commands

    raise typer.Exit(commands.show(run, {"journal": journal}, html, json))


@app.command(epilog="Example: lambda-rlm resume last --max-calls 500")
def resume(
    run: Run,
    inputs: Inputs = None,
    base_url: BaseUrl = None,
    max_calls: MaxCalls = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    max_seconds: MaxSeconds = None,
    concurrency: Concurrency = None,
    fuel: Fuel = None,
    memory: Memory = None,
    cache: Cache = None,
    journal: JournalFile = None,
    json: Json = False,
) -> None:
    """Go on with a run that stopped, without paying for any call twice."""
    from lambda_rlm.cli import journal as commands

    raise typer.Exit(commands.resume(run, inputs or [], _given(locals()), json))


@app.command(epilog="Example: lambda-rlm replay last")
def replay(run: Run, inputs: Inputs = None, journal: JournalFile = None, json: Json = False) -> None:
    """Run again from the journal, without a model, and compare call for call."""
    from lambda_rlm.cli import journal as commands

    raise typer.Exit(commands.replay(run, inputs or [], {"journal": journal}, json))


@models_app.callback(epilog="Example: lambda-rlm models get qwen2.5-coder-0.5b")
def models(context: typer.Context, json: Json = False) -> None:
    """The models that can be reached from here."""
    if context.invoked_subcommand is None:
        from lambda_rlm.cli import models as commands

        raise typer.Exit(commands.listing(json))


@models_app.command("get", epilog="Example: lambda-rlm models get qwen2.5-coder-0.5b")
def models_get(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A local model's name.", show_default=False)],
    json: Json = False,
) -> None:
    """Fetch the weights of a local model, verified by hash."""
    from lambda_rlm.cli import models as commands

    raise typer.Exit(commands.get(name, json))


def _given(options: dict[str, Any]) -> dict[str, Any]:
    """The options of a command that are settings."""
    from lambda_rlm.cli.settings import NAMES

    return {key: value for key, value in options.items() if key in NAMES}


def run_command(arguments: list[str]) -> int:
    """The exit code of a command; every failure has been told by then."""
    wants_json = "--json" in arguments
    try:
        code = typer.main.get_command(app).main(arguments, prog_name="lambda-rlm", standalone_mode=False)
        return code if isinstance(code, int) else exits.ANSWERED
    except (KeyboardInterrupt, typer.Abort):
        return _told(exits.INTERRUPTED, "interrupted", None, wants_json)
    except BrokenPipeError:
        with suppress(OSError):
            sys.stdout.close()
        return exits.ANSWERED
    except Exception as error:
        return _failed(error, wants_json)


def _failed(error: Exception, wants_json: bool) -> int:
    from lambda_rlm.faults import Fault, InternalError
    from lambda_rlm.inputs import InputProblem

    if isinstance(error, (Usage, InputProblem)):
        return _told(exits.USAGE, error.message, error.hint, wants_json)
    if isinstance(error, Fault):
        return _told(exits.FAULTED, error.message, None, wants_json, error.code)
    if hasattr(error, "format_message"):  # what the option parser refuses
        return _told(exits.USAGE, str(error.format_message()), "lambda-rlm --help", wants_json)
    if isinstance(error, InternalError):
        return _told(exits.BUG, str(error), None, wants_json)
    return _told(exits.BUG, f"internal error: {_place(error)}. Please report it with what you did.", None, wants_json)


def _told(code: int, message: str, hint: str | None, wants_json: bool, fault: str | None = None) -> int:
    from lambda_rlm.cli import screen

    if wants_json:
        from json import dumps

        error = {"message": message, "hint": hint}
        shown = {"code": fault, "message": message, "span": None} if fault else None
        screen.answer(
            dumps({"ok": False, "answer": None, "error": error, "fault": shown, "diagnostics": []}, ensure_ascii=False)
        )
    else:
        screen.complain(message if fault is None else f"[{fault}] {message}", hint)
    return code


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else ""
    return f"{type(error).__name__}: {error}{where}"
