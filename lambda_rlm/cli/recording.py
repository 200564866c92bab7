"""Runs of the command line in the journal.

Owns what is written of a run so that it can go on later, and how a run that ended without an answer is called. Promises that a run
whose journal cannot be begun asks no model, that an answer which is there is shown whatever becomes of the journal, and that no
key is written: of a base URL neither user nor password nor query, in messages of faults nothing of these either.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from lambda_rlm.cli import screen
from lambda_rlm.cli.exits import Usage
from lambda_rlm.cli.settings import Settings
from lambda_rlm.diagnostics import Rejected
from lambda_rlm.inputs import Inputs
from lambda_rlm.outcome import kept_json
from lambda_rlm.runtime import Run
from lambda_rlm.trace.entry import Entry
from lambda_rlm.trace.journal import Journal, Past, RunRow
from lambda_rlm.trace.run_id import run_id
from lambda_rlm.trace.store import JournalProblem
from lambda_rlm.types.show import show

_SECRET: Final = ("KEY", "TOKEN", "SECRET", "PASSWORD")
"""How names of the environment end whose values are never written."""

_SHORTEST_SECRET: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What was asked for: a question (`ask`) or a program (`run`), over inputs by their arguments."""

    kind: str
    query: str
    arguments: tuple[str, ...]
    inputs: Inputs
    program: str | None = None
    program_name: str | None = None
    resumed: RunRow | None = None
    past: Past | None = None
    is_replay: bool = False

    def data(self, chosen: Settings) -> dict[str, Any]:
        """As the journal keeps it."""
        settings = {**asdict(chosen), "base_url": plain_url(chosen.base_url)}
        settings |= {name: _absolute_model(settings[name]) for name in ("model", "root_model")}
        return {
            "kind": self.kind,
            "query": self.query,
            "arguments": [_absolute(argument) for argument in self.arguments],
            "inputs": described(self.inputs),
            "program": self.program,
            "program_name": self.program_name,
            "settings": settings,
        }


def described(inputs: Inputs) -> list[dict[str, Any]]:
    """Inputs by name, type, size and SHA-256 of their JSON; never their contents."""
    rows = []
    for name, value in inputs.values.items():
        if name != "query":
            data = json.dumps(value, ensure_ascii=False, sort_keys=True)
            digest = hashlib.sha256(data.encode("utf-8", "surrogatepass")).hexdigest()
            rows.append({"name": name, "type": show(inputs.types[name]), "characters": len(data), "sha256": digest})
    return rows


def plain_url(url: str | None) -> str | None:
    """A URL without user, password and query, where keys may stand."""
    if url is None:
        return None
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))


def secrets_of(environ: Mapping[str, str]) -> list[str]:
    """The values of variables whose names say that they are secret."""
    return [value for name, value in environ.items() if name.upper().endswith(_SECRET) and len(value) >= _SHORTEST_SECRET]


def without_secrets(told: dict[str, Any], url: str | None, environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """What came of a run, its fault without keys of the environment and secrets of the URL that a server may have repeated."""
    fault = told.get("fault")
    if fault is None:
        return told
    parts = urlsplit(url or "")
    message = str(fault["message"])
    for secret in filter(None, (*secrets_of(environ), parts.netloc.rpartition("@")[0], parts.password, parts.query)):
        message = message.replace(secret, "…")
    return {**told, "fault": {**fault, "message": message}}


def _absolute(argument: str) -> str:
    """An argument that means the same from any folder."""
    name, equals, path = argument.partition("=")
    if equals and name.isidentifier() and not Path(argument).exists():
        return f"{name}={path if path == '-' else Path(path).absolute()}"
    return argument if argument == "-" else str(Path(argument).absolute())


def _absolute_model(name: str | None) -> str | None:
    """A model's name that means the same from any folder."""
    kind, colon, path = (name or "").partition(":")
    return f"{kind}:{Path(path).absolute()}" if colon and kind in ("scripted", "recorded", "local") else name


class Recording:
    """One session of a run in the journal, or nothing where there is none."""

    def __init__(self, id: str, entry: Entry | None, url: str | None = None) -> None:
        self.id = id
        self.entry = entry
        self._url = url

    @property
    def can_go_on(self) -> bool:
        """The run is written, so that it may be resumed."""
        return self.entry is not None and self.entry.trouble is None

    def finish(self, done: Run) -> Run:
        """The run, when all of it is written."""
        if self.entry is None:
            return done
        self.entry.end("answered" if done.ok else "faulted", without_secrets(kept_json(done), self._url))
        if self.entry.trouble is not None:
            screen.say(f"warning: {self.entry.trouble.message}; this run cannot be resumed", "warning")
        return done


@contextmanager
def recording(begun: Begun, chosen: Settings) -> Iterator[Recording]:
    """Begin a run in the journal; whatever leaves without an answer is written as such. Raises `Usage`."""
    if not chosen.keeps_journal or begun.is_replay:
        yield Recording(run_id() if begun.resumed is None else begun.resumed.id, None)
        return
    entry = _entry(begun, chosen)
    try:
        yield Recording(entry.id, entry, chosen.base_url)
    except BaseException as error:
        entry.end(_state(error), None)
        raise


def _entry(begun: Begun, chosen: Settings) -> Entry:
    try:
        with Journal(chosen.journal) as journal:
            if begun.resumed is not None:
                return journal.resume(begun.resumed, begun.data(chosen))
            journal.prune(chosen.journal_days)
            return journal.begin(begun.data(chosen))
    except JournalProblem as problem:
        raise Usage(problem.message, problem.hint) from None


def _state(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    return "rejected" if isinstance(error, Rejected) else "failed"


def same_inputs(row: RunRow, inputs: Inputs) -> None:
    """Raises `Usage` when inputs are not those of a run."""
    before = {item["name"]: item for item in row.what["inputs"]}
    now = {item["name"]: item for item in described(inputs)}
    for name in before.keys() | now.keys():
        if name not in now:
            raise Usage(f"the run had an input {name!r}, which is not given", f"lambda-rlm resume {row.id} {name}=PATH")
        if name not in before:
            raise Usage(f"the run had no input {name!r}")
        if before[name]["sha256"] != now[name]["sha256"]:
            raise Usage(f"the input {name!r} is not the one of the run: it has changed", "start a new run for the new contents")


def arguments_of(row: RunRow, given: Sequence[str]) -> tuple[str, ...]:
    """The arguments of a run, or those given instead; raises `Usage` where standard input would be read a second time."""
    if given:
        return tuple(given)
    arguments = tuple(row.what["arguments"])
    if any(argument == "-" or argument.endswith("=-") for argument in arguments):
        raise Usage("the run read standard input, which is gone", f"give it again: lambda-rlm resume {row.id} context=PATH")
    return arguments
