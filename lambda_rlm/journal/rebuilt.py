"""Prompts, which are not on record, found again: the run is made again over its inputs, with the replies that are.

Owns `Rebuilt` and all that finds it but the settings. Promises that a prompt is the one that was sent, since its digest is the
one on record; that no model is opened or asked; and that each input which is not what it was is named, with its file and since
when. An input that is missing is empty here, so that prompts without it are found all the same. Refuses to guess contents.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from os import walk
from pathlib import Path
from time import localtime, strftime
from typing import Any, Final

from anyio.lowlevel import checkpoint

from lambda_rlm.completion import Completion, CompletionRequest, Message, Model
from lambda_rlm.data_class import dataclass
from lambda_rlm.events import CallStarted, Event
from lambda_rlm.inputs import InputProblem, Inputs
from lambda_rlm.journal.records import RunRow
from lambda_rlm.journal.report.sent import paths_of
from lambda_rlm.journal.request import Before, described, named_as_before
from lambda_rlm.llm.failures import FATES, NOT_RECORDED, failure
from lambda_rlm.llm.wrappers.absent import AsItWas, profile_of
from lambda_rlm.llm.wrappers.remembered import Remembered
from lambda_rlm.types.parse_type import parse_type

_TURNS: Final = 50
"""Turns of the event loop in which nothing else is asked, before a question without a reply fails: others are heard first."""

_NAMED: Final = 3
"""Files of one input that are named; of more, the number."""

_WALKED: Final = 10_000
"""Files of a folder that are looked at."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """`prompts` are messages by the digest of their question, `inputs` the values of those that are what they were, and
    `troubles` says of each other input, or of the run, why something is missing."""

    prompts: Mapping[str, tuple[Message, ...]] = field(default_factory=dict, repr=False)
    inputs: Mapping[str, Any] = field(default_factory=dict, repr=False)
    troubles: tuple[str, ...] = ()


@dataclass(slots=True)
class PromptsHeard:
    """A `Tracer` that keeps the prompts of some questions, by their digest; `heard` counts all."""

    wanted: Collection[str]
    prompts: dict[str, tuple[Message, ...]] = field(default_factory=dict)
    heard: int = 0

    def __call__(self, event: Event) -> None:
        if isinstance(event, CallStarted):
            self.heard += 1
            if event.request.digest in self.wanted:
                self.prompts[event.request.digest] = event.request.messages


@dataclass(frozen=True, slots=True)
class Rebuilding(Before):
    """A run that is made again for its prompts. `heard` is told of each question."""

    heard: PromptsHeard | None = None

    def model(self, opened: Callable[[], Model], role: str, *, is_replay: bool) -> Model:
        """A stand-in for the model of this role, with the replies on record; raises `KeyError`, `TypeError` and `ValueError`
        where its figures are not on record."""
        profile = profile_of(self.row.what["profiles"][role])
        assert self.heard is not None
        return Remembered(_Unanswered(AsItWas(None, profile), self.past.failures, self.heard), self.past.replies)


class _Unanswered(AsItWas):
    """Fails as the questions did on record; one that is not on record fails when nothing else is asked any more."""

    def __init__(self, model: AsItWas, failures: Mapping[str, str], heard: PromptsHeard) -> None:
        super().__init__(None, model.profile)
        self._failures = failures
        self._heard = heard

    async def complete(self, request: CompletionRequest) -> Completion:
        code = self._failures.get(request.digest, NOT_RECORDED)
        before = -1
        while before != self._heard.heard:
            before = self._heard.heard
            for _ in range(_TURNS):
                await checkpoint()
        raise failure(code if code in FATES else NOT_RECORDED, "no reply is on record", is_billable=False)


def rebuilding(before: Before, wanted: Iterable[str]) -> tuple[Rebuilding, PromptsHeard]:
    """A run to be made again for the prompts of some questions, and what hears them."""
    heard = PromptsHeard(frozenset(wanted))
    return Rebuilding(before.row, before.past, before.program, heard), heard


def read_again(row: RunRow, read: Callable[[Sequence[str]], Inputs]) -> tuple[Inputs, Rebuilt]:
    """The inputs of a run as they are now, and which of them are what they were; those that are missing are empty. `read` reads
    what arguments name. Raises `InputProblem` where that cannot be."""
    answers = {one.get("name") for one in row.what.get("earlier") or ()}
    before = {part["name"]: part for part in row.what["inputs"] if part["name"] not in answers}
    found, troubles = Inputs({}, {}), []
    for name, arguments in _groups(row.what.get("arguments") or ()).items():
        try:
            if any(path == "-" for path in paths_of(arguments).get(name, ())):
                raise InputProblem("it was read from standard input, which is not on record")
            one = named_as_before(row, read(arguments))
            found = _joined(found, one)
        except InputProblem as problem:
            troubles.append(f"input {name!r}: {_missing(row, paths_of(arguments).get(name, []), problem)}")
    now = {part["name"]: part["sha256"] for part in described(found)}
    fitting = {name: found.values[name] for name in now if name in before and before[name]["sha256"] == now[name]}
    for name, part in before.items():
        if name not in now:
            found = _joined(found, _empty(name, part["type"]))
            if not any(line.startswith(f"input {name!r}:") for line in troubles):
                troubles.append(f"input {name!r}: it was given by a Python program, and contents are not on record")
        elif name not in fitting:
            troubles.append(f"input {name!r}: {_changed(row, name)}")
    return found, Rebuilt(inputs=fitting, troubles=tuple(troubles))


def _groups(arguments: Sequence[str]) -> dict[str, list[str]]:
    """The arguments of each input."""
    found: dict[str, list[str]] = {}
    for argument in arguments:
        (name,) = paths_of([argument])
        found.setdefault(name, []).append(argument)
    return found


def _joined(one: Inputs, other: Inputs) -> Inputs:
    return replace(
        one,
        values={**one.values, **other.values},
        types={**one.types, **other.types},
        documents=one.documents | other.documents,
    )


def _empty(name: str, type_: str) -> Inputs:
    """An input with nothing in it; raises `InputProblem` for a type that has no such value."""
    if type_ != "Text" and not type_.startswith("List["):
        raise InputProblem(f"the input {name!r} is missing, and its type {type_} has no empty value")
    return Inputs({name: "" if type_ == "Text" else []}, {name: parse_type(type_)})


def _missing(row: RunRow, paths: Sequence[str], problem: InputProblem) -> str:
    """Why an input cannot be read."""
    gone = [path for path in paths if path != "-" and not Path(path).exists()]
    return (
        f"{_listed(gone)} {'is' if len(gone) == 1 else 'are'} gone since the run of {_date(row.started)}"
        if gone
        else problem.message
    )


def _changed(row: RunRow, name: str) -> str:
    """Which file of an input changed since the run, and when."""
    paths = paths_of(row.what.get("arguments") or ()).get(name, [])
    later = {path: when for path, when in _files(paths) if when > row.started}
    roots = [row.what.get("folder") or ".", *paths]
    part = next(one for one in row.what["inputs"] if one["name"] == name)
    gone = [one for one in part.get("files") or () if not any(Path(root, one).exists() for root in roots)]
    parts = []
    if later:
        when = f"on {_date(max(later.values()))}"
        parts.append(f"{_listed(list(later))} changed {when}, after the run of {_date(row.started)}")
    if gone:
        parts.append(f"{_listed(gone)} {'is' if len(gone) == 1 else 'are'} gone since the run of {_date(row.started)}")
    where = _listed(paths) if paths else "it"
    return "; ".join(parts) or f"{where} is not what the run of {_date(row.started)} read, though its date says so"


def _files(paths: Sequence[str]) -> Iterator[tuple[str, float]]:
    """The files that an input is read from, and when each was written."""
    left = _WALKED
    for path in paths:
        inside = (str(Path(folder, file)) for folder, _, files in walk(path) for file in sorted(files))
        for file in inside if Path(path).is_dir() else [path]:
            left -= 1
            if left < 0:
                return
            try:
                yield file, Path(file).stat().st_mtime
            except OSError:
                continue


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _date(seconds: float) -> str:
    return strftime("%Y-%m-%d %H:%M:%S", localtime(seconds))
