"""What was asked for in a run, as the journal keeps it, and what the journal has of a run to resume.

Owns `RunRequest`, in which a new question, one that goes on and one that is replayed look alike, whoever asks; and `Before`.
Promises that what is kept can be asked for again from any folder, and that neither contents of inputs nor keys in a URL are in
it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lambda_rlm.answering.question import Question
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import NO_USAGE, Model
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.resumed import Resumed, past_route
from lambda_rlm.inputs import InputProblem, Inputs
from lambda_rlm.llm.providers.servers import plain_url
from lambda_rlm.llm.wrappers.model_headers import without_values
from lambda_rlm.table import are_documents
from lambda_rlm.types.show import show

if TYPE_CHECKING:
    from lambda_rlm.execution.run import RunOrigin
    from lambda_rlm.journal.followed import Followed
    from lambda_rlm.journal.journal import Journal, Past
    from lambda_rlm.journal.records import CallRow, RunRow

_MOST_FILES: Final = 10_000
"""Files of one input whose names are kept."""

_NEEDED: Final = frozenset(("query", "inputs", "program", "program_name", "settings"))
"""What must be on record of a run that goes on."""


@dataclass(frozen=True, slots=True)
class Before:
    """What the journal has of a run that goes on or is replayed. `program` is the one that it ran, the one that asked for the
    task not counted; None where several were begun or a root model wrote them: then these turns are taken again, with the
    replies that are there."""

    row: RunRow
    past: Past
    program: SourceFile | None

    def model(self, opened: Callable[[], Model], role: str, *, is_replay: bool) -> Model:
        """The model of this run in a role, which gives again what was paid for. A replay asks nobody: there it need not be
        reached."""
        from lambda_rlm.llm.wrappers.absent import as_it_was
        from lambda_rlm.llm.wrappers.remembered import Remembered

        if not is_replay:
            return Remembered(opened(), self.past.replies)
        was = as_it_was(opened, (self.row.what.get("profiles") or {}).get(role))
        return Remembered(was, self.past.replies, self.past.failures)

    def raised(self, budget: Budget) -> tuple[int, float | None]:
        """The calls and dollars that a budget has more than that of the first session; None where that said nothing of
        dollars."""
        from lambda_rlm.journal.journal import granted

        first = granted(self.row.what)
        calls, usd = first["max_calls"], first["max_cost"]
        dollars = None if usd is None or budget.usd is None else budget.usd - usd
        return (0 if calls is None else budget.calls - calls), dollars


def before(journal: Journal, name: str) -> Before:
    """A run by its name (see `Journal.run`); raises `JournalProblem`, also for a run whose records are not as they were
    written."""
    row = journal.run(name)
    journal.intact(row.id)
    return _earlier(journal, row)


def _earlier(journal: Journal, row: RunRow) -> Before:
    from lambda_rlm.journal.records import Damaged
    from lambda_rlm.plan.tasks import DETECTION_PROGRAM

    if not row.what.keys() >= _NEEDED:
        raise Damaged(row.id, "a part of it is missing")
    programs = [program for program in journal.programs(row.id) if program.name != DETECTION_PROGRAM]
    is_planned = len(programs) == 1 and not any(call.program == "" for call in journal.calls(row.id))
    return Before(row, journal.past(row.id), programs[0] if is_planned else None)


def whole(journal: Journal, name: str) -> tuple[Before, list[CallRow]]:
    """A run with all its replies, those of calls that failed included, and its calls: a replay fails as it did. It compares
    with what is on record, as it was written or not."""
    from lambda_rlm.journal.report.run_report import latest

    earlier = _earlier(journal, journal.run(name))
    run = earlier.row.id
    past = replace(earlier.past, replies=journal.replies(run), extra=journal.extra_before(run))
    return replace(earlier, past=past), list(latest(journal.calls(earlier.row.id)))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """A question, or with `program` a program, over inputs. `arguments` are those of a command line that give the same inputs
    from any folder; `settings` are in the keys of the command line, models by name or as they are; `before` is what came of the
    run in earlier sessions, `follows` another run, which its question follows; a replay asks no model. `folder` is the one that
    documents are named from, None where the arguments were absolute."""

    question: Question
    program: SourceFile | None = None
    arguments: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    before: Before | None = None
    is_replay: bool = False
    follows: Followed | None = None
    folder: str | None = None

    @property
    def run_followed(self) -> str | None:
        """The id of the run that its question follows."""
        if self.follows is not None:
            return self.follows.run
        return None if self.before is None else (self.before.row.what.get("follows") or {}).get("run")

    def following(self, followed: Followed) -> RunRequest:
        """The request with its question as one that follows that run."""
        from lambda_rlm.answering.follow_up import follow_up

        question = follow_up(self.question, followed.earlier)
        return replace(self, question=question, follows=replace(followed, earlier=question.earlier))

    def as_before(self, before: Before) -> RunRequest:
        """The request of a run that goes on or is replayed: its question follows what it followed."""
        from lambda_rlm.answering.follow_up import follow_up
        from lambda_rlm.journal.followed import earlier_in

        return replace(self, question=follow_up(self.question, earlier_in(before.row)), before=before)

    def origin(self, value: Any) -> RunOrigin:
        """What the run keeps, with its answer, for a question that follows it."""
        from lambda_rlm.execution.run import RunOrigin

        before, question = () if self.follows is None else self.follows.sources, self.question
        return RunOrigin(
            query=question.query,
            value=value,
            inputs=question.inputs,
            earlier=question.earlier,
            arguments=self.arguments,
            sources=tuple(dict.fromkeys((*before, *self.arguments))),
        )

    def resumed(self, before: Before, budget: Budget) -> Resumed:
        """The past of the run, for a session on this budget."""
        return Resumed(
            autos=before.past.autos,
            spent=NO_USAGE if self.is_replay else before.past.spent,
            raised=before.raised(budget),
            route=past_route(before.row.what.get("routed"), before.program, is_replay=self.is_replay),
            extra=before.past.extra,
        )

    def as_kept(self) -> dict[str, Any]:
        """The request as the journal keeps it. Goes through all inputs, to describe them."""
        question, models = self.question, {role: self.settings.get(role) for role in ("model", "root_model")}
        objects = [model.profile.name for model in models.values() if model is not None and not isinstance(model, str)]
        settings = {key: without_values(key, value) for key, value in self.settings.items()}
        names = {role: absolute_model(model) if isinstance(model, str) else None for role, model in models.items()}
        return {
            "kind": "ask" if self.program is None else "run",
            "query": question.query,
            "arguments": list(self.arguments),
            "inputs": _with_files(described(question.inputs), question.inputs, self.arguments),
            "program": None if self.program is None else self.program.text,
            "program_name": None if self.program is None else self.program.name,
            "returns": None if question.returns is None else show(question.returns),
            **({"guide": question.guide} if question.guide else {}),
            "primitives": [function.name for function in question.inputs.functions],
            "settings": {**settings, **names, "base_url": plain_url(self.settings.get("base_url"))},
            **({"model_object": objects[0]} if objects else {}),
            **({} if self.folder is None else {"folder": self.folder}),
            **({} if self.follows is None else self.follows.as_kept()),
        }


def described(inputs: Inputs) -> list[dict[str, Any]]:
    """Inputs by name, type, size (of what is no text, that of its JSON) and SHA-256 of their JSON; never their contents."""
    rows = []
    for name, value in inputs.values.items():
        if name != "query":
            digest = inputs.digest(name)
            size = len(value) if isinstance(value, str) else digest.characters
            rows.append({"name": name, "type": show(inputs.types[name]), "characters": size, "sha256": digest.sha256})
    return rows


def _with_files(rows: list[dict[str, Any]], inputs: Inputs, arguments: Sequence[str]) -> list[dict[str, Any]]:
    """What describes inputs, with the names of the files where one was read from several: those are names that this program
    made, and no cells."""
    from lambda_rlm.journal.report.sent import paths_of

    paths = paths_of(arguments)
    for row in rows:
        given, value = paths.get(row["name"], []), inputs.values[row["name"]]
        is_many = len(given) > 1 or any(Path(path).is_dir() for path in given)
        if is_many and are_documents(value):
            row["files"] = [str(one["name"]) for one in value[:_MOST_FILES]]
    return rows


def named_as_before(row: RunRow, inputs: Inputs) -> Inputs:
    """Inputs that were read by the arguments of a run, which are absolute, their documents named as in the run."""
    folder = row.what.get("folder")
    if folder is None:
        return inputs
    start = folder.rstrip("/") + "/"
    named = {
        name: [{**one, "name": one["name"].removeprefix(start)} for one in inputs.values[name]] for name in inputs.documents
    }
    return replace(inputs, values={**inputs.values, **named})


def same_inputs(row: RunRow, inputs: Inputs, again: str | None = None) -> None:
    """Raises `InputProblem` when inputs are not those of a run, which answers that it took over do not count to. `again` says
    how to give an input called NAME anew; None where the run itself goes on, which takes no other."""
    answers = {one.get("name") for one in row.what.get("earlier") or ()}
    before = {item["name"]: item for item in row.what["inputs"] if item["name"] not in answers}
    now = {item["name"]: item for item in described(inputs.without_answers())}
    for name in before.keys() | now.keys():
        if name not in now:
            hint = (again or f"lambda-rlm resume {row.id} NAME=PATH").replace("NAME", name)
            raise InputProblem(f"missing input {name!r}, which the run had", hint)
        if name not in before:
            raise InputProblem(f"the run had no input {name!r}")
        if before[name]["sha256"] != now[name]["sha256"]:
            message = f"the input {name!r} has changed since the run"
            hint = "start a new run for the changed input" if again is None else f"as it is now: {again.replace('NAME', name)}"
            raise InputProblem(message, hint)


def absolute_model(name: str | None) -> str | None:
    """A model's name that means the same from any folder."""
    kind, colon, path = (name or "").partition(":")
    return f"{kind}:{Path(path).absolute()}" if colon and kind in ("scripted", "recorded", "local") else name
