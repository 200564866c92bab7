"""What a command line asks for, in a form from which it can be asked for again from any folder.

Owns how arguments and settings become a `RunRequest`. Refuses to read standard input a second time.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lambda_rlm.answering.question import Question
from lambda_rlm.cli.exits import UsageProblem
from lambda_rlm.cli.settings import Settings
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.inputs import Inputs
from lambda_rlm.journal.records import RunRow
from lambda_rlm.journal.request import RunRequest
from lambda_rlm.settings.keys import SETTINGS


def requested(
    query: str, inputs: Inputs, arguments: Sequence[str], chosen: Settings, program: SourceFile | None = None
) -> RunRequest:
    """A question, or with `program` a program, over the inputs that the arguments name."""
    return RunRequest(
        question=Question(query=query, inputs=inputs, task=chosen.task),
        program=program,
        arguments=tuple(map(_absolute, arguments)),
        settings={key: getattr(chosen, key) for key in SETTINGS},
        folder=str(Path.cwd()) if any(map(_is_relative, arguments)) else None,
    )


def _absolute(argument: str) -> str:
    """An argument that means the same from any folder."""
    name, equals, path = argument.partition("=")
    if equals and name.isidentifier() and not Path(argument).exists():
        return f"{name}={path if path == '-' else Path(path).absolute()}"
    return argument if argument == "-" else str(Path(argument).absolute())


def _is_relative(argument: str) -> bool:
    """Documents that come of it are named from the current folder."""
    return argument != "-" and argument != _absolute(argument)


def arguments_of(row: RunRow, now: Sequence[str], again: str | None = None) -> tuple[str, ...]:
    """The arguments of a run, or those of this command; raises `UsageProblem` where standard input would be read a second
    time. `again` says how to give an input called NAME anew, None where the run itself goes on."""
    if now:
        return tuple(now)
    arguments = tuple(row.what["arguments"])
    if any(argument == "-" or argument.endswith("=-") for argument in arguments):
        raise UsageProblem(
            "the run read standard input, which is no longer available",
            f"name the input: {(again or f'lambda-rlm resume {row.id} NAME=PATH').replace('NAME', 'context')}",
        )
    return arguments
