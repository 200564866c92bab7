"""How many programs of a strong model are accepted that has seen the page of the language and nothing else.

`first_sight/tasks.jsonl` holds questions, each with the shapes and sizes of its inputs; `first_sight/replies.jsonl` what a
strong model replied, a conversation each. `python benchmarks/first_sight.py` judges the replies as synthesis does, on inputs of those
sizes, and counts those accepted at first try and after one repair. `--prompts FOLDER` writes what is to be asked next, a file for each
conversation that has not ended; `--replies FILE` takes the replies of another model.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import anyio

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from lambda_rlm.answering.question import Deadline, Question, Setup  # noqa: E402
from lambda_rlm.answering.root_model import rendered  # noqa: E402
from lambda_rlm.answering.sub_model import with_solver  # noqa: E402
from lambda_rlm.answering.vet import Vetting, judging  # noqa: E402
from lambda_rlm.answering.writing_bound import task_of  # noqa: E402
from lambda_rlm.bench.words import prose  # noqa: E402
from lambda_rlm.budget.budget import Budget  # noqa: E402
from lambda_rlm.budget.meter import Meter  # noqa: E402
from lambda_rlm.completion import NO_USAGE, Completion, ModelProfile, StopReason  # noqa: E402
from lambda_rlm.execution.execute import Options  # noqa: E402
from lambda_rlm.inputs import from_values  # noqa: E402
from lambda_rlm.llm.scripted import ScriptedModel  # noqa: E402
from lambda_rlm.synth.proposing.propose import Attempt, propose  # noqa: E402
from lambda_rlm.synth.reference import shown_to  # noqa: E402
from lambda_rlm.synth.task import first_turn  # noqa: E402
from lambda_rlm.synth.turn import Turn  # noqa: E402

FOLDER: Final = Path(__file__).with_suffix("")
LEAF: Final = ScriptedModel(
    (), ModelProfile(name="leaf", window=32_768, max_output=8_192, input_price=2.5e-7, output_price=2e-6)
)
REPAIRS: Final = 1
LEAST: Final = (0.95, 0.99)
"""The shares that are accepted at first try and after a repair; with fewer the exit code is 1."""


class Unanswered(Exception):
    """A conversation for which no reply is on record."""


@dataclass
class Judged:
    """What came of a question: its attempts, and the conversation that waits for a reply."""

    attempts: list[Attempt] = field(default_factory=list)
    waits: tuple[Turn, ...] | None = None

    def is_accepted(self, repairs: int) -> bool:
        return any(not attempt.codes for attempt in self.attempts[: repairs + 1])


def made(shape: dict[str, Any]) -> Any:
    """An input of a shape: a text of so many `chars`, of one `line` or in prose; documents; or `rows`, over and over."""
    if "rows" in shape:
        return [shape["rows"][number % len(shape["rows"])] for number in range(shape["count"])]
    if "names" in shape:
        return [{"name": shape["names"].format(number), "text": text(shape["chars"])} for number in range(shape["count"])]
    return text(shape["chars"], shape.get("line"))


def text(characters: int, line: str | None = None) -> str:
    piece = "\n\n".join(prose(20_000, Random(1))) if line is None else line
    return ((piece + "\n") * (characters // (len(piece) + 1) + 1))[:characters]


async def judged(task: dict[str, Any], replies: list[str]) -> Judged:
    """Hold the conversation as synthesis would, with the replies on record."""
    given = from_values({name: made(shape) for name, shape in task["inputs"].items()})
    question = Question(query=task["query"], inputs=given)
    inputs = question.bound_inputs
    budget = Budget(calls=task.get("calls", Budget().calls))
    setup = Setup(leaf=LEAF, budget=budget, options=Options(key=b"key"))
    judge = Vetting(
        leaf=LEAF,
        options=with_solver(setup),
        account=Meter(budget),
        meter=judging(budget, inputs, 1 + REPAIRS),
        deadline=Deadline(None),
    )
    found, waiting = Judged(), iter(replies)

    async def ask(turns: tuple[Turn, ...]) -> Completion:
        reply = next(waiting, None)
        if reply is None:
            found.waits = turns
            raise Unanswered
        return Completion(reply, NO_USAGE, StopReason.STOP, "on record")

    opening = (first_turn(task_of(question, setup)),)
    with suppress(Unanswered):
        await propose(
            opening,
            ask,
            lambda source: judge.checked(source, inputs),
            lambda checked: judge.vetted(checked, inputs),
            repairs=REPAIRS,
            on_attempt=found.attempts.append,
        )
    return found


def prompt(turns: tuple[Turn, ...]) -> str:
    """A conversation as text, as a model is sent it."""
    page, examples = shown_to(is_small=False)
    messages, _ = rendered((*examples, *turns), page, b"")
    return "\n\n".join(f"=== {message.role} ===\n{message.content}" for message in messages) + "\n"


def main() -> int:
    """The exit code."""
    reader = argparse.ArgumentParser(description="Programs of a strong model at first sight of the language")
    reader.add_argument("--replies", type=Path, default=FOLDER / "replies.jsonl")
    reader.add_argument("--prompts", type=Path)
    given = reader.parse_args()
    tasks = [json.loads(line) for line in (FOLDER / "tasks.jsonl").read_text().splitlines()]
    lines = given.replies.read_text().splitlines() if given.replies.exists() else []
    replies = {row["id"]: row["replies"] for row in map(json.loads, lines)}
    found = {task["id"]: anyio.run(judged, task, replies.get(task["id"], [])) for task in tasks}
    if given.prompts:
        given.prompts.mkdir(parents=True, exist_ok=True)
        for name, one in found.items():
            if one.waits is not None:
                (given.prompts / f"{name}.txt").write_text(prompt(one.waits))
    for name, one in found.items():
        if not one.is_accepted(0):
            print(name, " then ".join(" ".join(a.codes) or "accepted" for a in one.attempts) or "no reply")
    fixes = Counter(fix for one in found.values() for attempt in one.attempts for fix in attempt.fixes)
    shares = [sum(one.is_accepted(repairs) for one in found.values()) / len(found) for repairs in range(REPAIRS + 1)]
    print(f"of {len(found)} programs {shares[0]:.0%} are accepted at first try, {shares[1]:.0%} after one repair")
    print(f"slips put right without asking: {sum(fixes.values())}")
    return 0 if all(share >= least for share, least in zip(shares, LEAST, strict=True)) else 1


if __name__ == "__main__":
    sys.exit(main())
