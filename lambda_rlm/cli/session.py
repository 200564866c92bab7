"""Runs of the command line in the journal.

Owns what was asked for on a command line, in a form from which it can be asked for again from any folder, and how trouble with the
journal is told: before the run as wrong usage, after it as a warning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lambda_rlm.answering.ask import PastRoute, taken
from lambda_rlm.cli.display import screen
from lambda_rlm.cli.exits import UsageProblem
from lambda_rlm.cli.settings import Settings
from lambda_rlm.execution.run_id import run_id
from lambda_rlm.inputs import Inputs
from lambda_rlm.journal.journal import RunRow
from lambda_rlm.journal.session import Before, RunRecording, absolute_model, begin, described, plain_url
from lambda_rlm.journal.store import JournalProblem
from lambda_rlm.types.show import show
from lambda_rlm.types.type import Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What was asked for: a question (`ask`) or a program (`run`), over inputs by their arguments."""

    kind: str
    query: str
    arguments: tuple[str, ...]
    inputs: Inputs
    program: str | None = None
    program_name: str | None = None
    returns: Type | None = None
    before: Before | None = None
    is_replay: bool = False

    def taken(self) -> PastRoute | None:
        """The way that the run went before, where it goes on or is replayed."""
        found = self.before
        return None if found is None else taken(found.row.what.get("routed"), found.program, is_replay=self.is_replay)

    def data(self, chosen: Settings) -> dict[str, Any]:
        """As the journal keeps it."""
        settings = {**asdict(chosen), "base_url": plain_url(chosen.base_url)}
        settings |= {name: absolute_model(settings[name]) for name in ("model", "root_model")}
        return {
            "kind": self.kind,
            "query": self.query,
            "arguments": [_absolute(argument) for argument in self.arguments],
            "inputs": described(self.inputs),
            "program": self.program,
            "program_name": self.program_name,
            "returns": None if self.returns is None else show(self.returns),
            "settings": settings,
        }


def _absolute(argument: str) -> str:
    """An argument that means the same from any folder."""
    name, equals, path = argument.partition("=")
    if equals and name.isidentifier() and not Path(argument).exists():
        return f"{name}={path if path == '-' else Path(path).absolute()}"
    return argument if argument == "-" else str(Path(argument).absolute())


@contextmanager
def recording(begun: Begun, chosen: Settings) -> Iterator[RunRecording]:
    """Begin a run in the journal; whatever leaves without an answer is written as such. Raises `UsageProblem`."""
    row = None if begun.before is None else begun.before.row
    if not chosen.keeps_journal or begun.is_replay:
        yield RunRecording(run_id() if row is None else row.id)
        return
    try:
        record = begin(chosen.journal, begun.data(chosen), row, days=chosen.journal_days, url=chosen.base_url)
    except JournalProblem as problem:
        raise UsageProblem(problem.message, problem.hint) from None
    try:
        yield record
    except BaseException as error:
        record.abandon(error)
        raise
    finally:
        if record.trouble is not None:
            screen.say(f"warning: {record.trouble}", "warning")


def arguments_of(row: RunRow, given: Sequence[str]) -> tuple[str, ...]:
    """The arguments of a run, or those given instead; raises `UsageProblem` where standard input would be read a second time."""
    if given:
        return tuple(given)
    arguments = tuple(row.what["arguments"])
    if any(argument == "-" or argument.endswith("=-") for argument in arguments):
        raise UsageProblem(
            "the run read standard input, which is gone", f"give it again: lambda-rlm resume {row.id} context=PATH"
        )
    return arguments
