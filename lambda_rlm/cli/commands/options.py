"""The options that commands share, each said once.

Owns their names, their help and which of them are settings.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from lambda_rlm.plan.tasks import TASKS

_INPUTS: Final = "Files, folders, patterns, `-` (standard input) or name=PATH; .json .jsonl .csv become typed rows, .pdf .docx .html their text."

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
Hedge = Annotated[
    float | None,
    typer.Option(
        "--hedge", metavar="S", help="Send a request again that has no answer after so many seconds; the first answer counts."
    ),
]
Fuel = Annotated[int | None, typer.Option("--fuel", metavar="N", help="At most so many evaluator steps.")]
Memory = Annotated[int | None, typer.Option("--memory", metavar="BYTES", help="At most so much newly allocated storage.")]
RootModel = Annotated[
    str | None,
    typer.Option("--root-model", metavar="NAME", help="The model that writes programs; without it, the one that answers."),
]
Strategy = Annotated[
    str | None,
    typer.Option(
        "--strategy", metavar="auto|direct|plan|synth", help="Which way to go; auto weighs size, task, model and cost."
    ),
]
Task = Annotated[
    str | None,
    typer.Option(
        "--task",
        metavar="|".join((*TASKS, "FILE.lam")),
        help="What the question is, or the path of a strategy (a program over context and query); without it, a model is asked where it matters.",
    ),
]
DirectShare = Annotated[
    float | None,
    typer.Option("--direct-share", metavar="SHARE", help="Straight to the model up to this share of its window (1)."),
]
DirectShares = Annotated[str | None, typer.Option("--direct-shares", metavar="TASK=SHARE,…", help="The same for single tasks.")]
Strength = Annotated[
    str | None,
    typer.Option("--strength", metavar="auto|strong|weak", help="Whether who writes programs does so well; auto judges."),
]
Split = Annotated[
    str | None,
    typer.Option("--split", metavar="WAY=SHARE,…", help="Send this share of inputs another way, to compare: plan=0.2."),
]
Escalate = Annotated[
    bool | None,
    typer.Option("--escalate/--no-escalate", help="Try a plan where a direct call finds nothing.", show_default=False),
]
Rounds = Annotated[int | None, typer.Option("--rounds", metavar="N", help="Programs written one after the other, at most.")]
Candidates = Annotated[int | None, typer.Option("--candidates", metavar="N", help="Programs written side by side in a round.")]
Peek = Annotated[
    int | None, typer.Option("--peek", metavar="N", help="Show who writes the program the first N characters of each input.")
]
Constrain = Annotated[
    str | None,
    typer.Option(
        "--constrain",
        metavar="auto|none|openai|vllm|sglang|llamacpp",
        help="How the server is asked for a program under the grammar; auto: as the model's name tells.",
    ),
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
Include = Annotated[
    list[str] | None,
    typer.Option("--include", metavar="PATTERN", help="Of a folder only such files, for example '*.md'; more than once."),
]
Exclude = Annotated[
    list[str] | None, typer.Option("--exclude", metavar="PATTERN", help="Of a folder no such files or folders; more than once.")
]
Encoding = Annotated[
    str | None,
    typer.Option(
        "--encoding", metavar="NAME", help="Of the inputs, for example cp1252; with `:replace` what is wrong is replaced."
    ),
]
Raw = Annotated[
    bool | None,
    typer.Option("--raw/--no-raw", help="Every file is the text that it is: no rows, no pages.", show_default=False),
]
Ignore = Annotated[
    bool | None,
    typer.Option("--ignore/--no-ignore", help="Leave out what is hidden or ignored, or read it too.", show_default=False),
]
MaxInput = Annotated[int | None, typer.Option("--max-input", metavar="BYTES", help="Read at most so much.")]
Run = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's id, the beginning or end of one, or `last`.", show_default=False)
]


def given(options: dict[str, Any]) -> dict[str, Any]:
    """The options of a command that are settings."""
    from lambda_rlm.cli.settings import NAMES

    # An option that may be given more than once is an empty list when it was not given.
    return {key: value for key, value in options.items() if key in NAMES and value != []}
