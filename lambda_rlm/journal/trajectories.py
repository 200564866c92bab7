"""Programs that root models wrote, as examples to train a model from: one JSON object for each.

Owns `Trajectory`, how a run of the journal becomes some, and their two forms. Promises that a row holds no contents of inputs
save what the author put into a program or the run's owner asked for (`answers`), that no two rows of one outcome have programs
which differ in bound names, layout and comments alone, and that the markers of data are made without the installation's key.
Refuses to call an answer right: nobody has said so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import Any, Final, Literal

from lambda_rlm.answering.root_model import rendered
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.journal.records import RunRow
from lambda_rlm.syntax.parse import parse
from lambda_rlm.synth.reference import shown_to
from lambda_rlm.synth.select import normal_form
from lambda_rlm.synth.turn import Piece, Turn

Outcome = Literal["answered", "degraded", "fault", "rejected"]
Form = Literal["sft", "verifiers"]

OUTCOMES: Final[tuple[Outcome, ...]] = ("answered", "degraded", "fault", "rejected")
"""What came of a program, the best first: an answer, one that lacks something, a fault of its run, or no run at all."""

FORMS: Final[tuple[Form, ...]] = ("sft", "verifiers")
TASK: Final = "lambda-rlm"
"""The name of the task in rows, by which a file of them is known."""

_FIRST_ROW: Final = re.compile(rb'\{("example_id": [0-9]{1,20}, )?"task": "lambda-rlm", ')
_NO_KEY: Final = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trajectory:
    """One program, what its author had been asked, and what came of it. `codes` are those of the diagnostics that it was
    rejected for, or of the fault of its run; `answer` is what the whole run answered, with the last program that did."""

    run: str
    query: str
    asked: tuple[Turn, ...]
    program: str
    outcome: Outcome
    codes: tuple[str, ...] = ()
    fixes: tuple[str, ...] = ()
    round: int = 1
    is_last: bool = False
    answer: str | None = None
    inputs: tuple[Mapping[str, Any], ...] = ()
    root_model: str | None = None
    peek: int = 0
    has_small_author: bool = False

    @property
    def messages(self) -> list[dict[str, str]]:
        """What the author was sent, without what it was shown of contents, and without a thought that it was asked for."""
        page, examples = shown_to(is_small=self.has_small_author)
        messages, _ = rendered((*examples, *self.asked), page, _NO_KEY)
        return [{"role": message.role, "content": message.content} for message in messages]

    @property
    def about(self) -> dict[str, Any]:
        """What is known of it, as JSON data."""
        return {
            "run": self.run,
            "round": self.round,
            "outcome": self.outcome,
            "codes": list(self.codes),
            "fixes": list(self.fixes),
            "query": self.query,
            "inputs": [dict(part) for part in self.inputs],
            "root_model": self.root_model,
            "peek": self.peek,
        }


def trajectories(row: RunRow) -> list[Trajectory]:
    """The programs that were written in a run, in the order of their writing; none where none was written."""
    outcome = row.outcome or {}
    found = outcome.get("synthesis") or {}
    asked = [tuple(map(_turn, turns)) for turns in found.get("asked", ())]
    ran = {(item["round"], item["program"]): item for item in found.get("ran", ())}
    answers = [item for item in ran.values() if item["program"] == outcome.get("program") and not item.get("look")]
    last = max((item["round"] for item in answers if item["fault"] is None), default=None)
    settings = row.what.get("settings") or {}
    made = []
    for attempt in found.get("written", ()):
        number = attempt.get("round", 1)
        what = _outcome(attempt, ran.get((number, attempt["program"])))
        if what is None or not attempt["program"] or number > len(asked):
            continue
        is_last = number == last and attempt["program"] == outcome.get("program")
        made.append(
            Trajectory(
                run=row.id,
                query=str(row.what.get("query") or ""),
                asked=asked[number - 1],
                program=attempt["program"],
                outcome=what[0],
                codes=what[1],
                fixes=tuple(attempt["fixes"]),
                round=number,
                is_last=is_last,
                answer=outcome.get("answer") if is_last else None,
                inputs=tuple(_described(part) for part in row.what.get("inputs") or ()),
                root_model=_model(settings.get("root_model") or settings.get("model")),
                peek=settings.get("peek") or 0,
                has_small_author=bool(found.get("is_small")),
            )
        )
    return made


def distinct(found: Iterable[Trajectory]) -> Iterator[Trajectory]:
    """The first of those that have one outcome and one normalised program."""
    seen: set[tuple[str, str]] = set()
    for one in found:
        key = one.outcome, _normal(one.program)
        if key not in seen:
            seen.add(key)
            yield one


def row(one: Trajectory, form: Form, number: int, *, answers: bool = False) -> dict[str, Any]:
    """A trajectory as the JSON object of a line; `number` counts the lines."""
    completion = [{"role": "assistant", "content": one.program}]
    if form == "sft":
        shown = {"answer": one.answer} if answers else {}
        return {"task": TASK, "messages": one.messages + completion, **one.about, **shown}
    return {
        "example_id": number,
        "task": TASK,
        "prompt": one.messages,
        "completion": completion,
        "answer": (one.answer or "") if answers else "",
        "reward": 1.0 if one.outcome == "answered" else 0.0,
        "info": json.dumps(one.about, ensure_ascii=False),
    }


def is_export(head: bytes) -> bool:
    """Whether a file that begins so holds such rows."""
    return _FIRST_ROW.match(head) is not None


def _outcome(attempt: Mapping[str, Any], ran: Mapping[str, Any] | None) -> tuple[Outcome, tuple[str, ...]] | None:
    """What came of a program, and its codes; None for one that was accepted and not run, or that only looked."""
    if attempt["codes"]:
        return "rejected", tuple(attempt["codes"])
    if ran is None or ran.get("look"):
        return None
    if ran["fault"] is not None:
        return "fault", (ran["fault"],)
    return ("degraded" if ran["degraded"] else "answered"), ()


def _turn(data: Mapping[str, Any]) -> Turn:
    return Turn(data["role"], tuple(Piece(text, is_data) for text, is_data in data["pieces"]))


def _described(part: Mapping[str, Any]) -> dict[str, Any]:
    return {name: part[name] for name in ("name", "type", "characters")}


def _model(name: str | None) -> str | None:
    """A model's name, without the folders of one that is a file."""
    kind, colon, path = (name or "").partition(":")
    return f"{kind}:{PurePath(path).name}" if colon else name


def _normal(program: str) -> str:
    """The program's normal form; its text, where it is none."""
    try:
        return normal_form(parse(SourceFile("program", program)))
    except Rejected:
        return " ".join(program.split())
