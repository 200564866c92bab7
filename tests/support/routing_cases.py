"""Questions with the routes that are right for them (`benchmarks/routing`), and the route that the product takes.

`chosen` is the router's own choice, where every way is within the budget. `taken` is that of `ask` itself, up to the first call for
an answer or for a program, which bounds a plan on the inputs: the models here reply with the task where one asks for it, and fail for
good at everything else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import anyio

from lambda_rlm.answering.ask import ask
from lambda_rlm.answering.question import Question, Setup, case_of
from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, StopReason, Usage
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.events import Event, Routed
from lambda_rlm.inputs import Inputs
from lambda_rlm.llm.failures import UNKNOWN_MODEL, failure
from lambda_rlm.plan.tasks import TASKS
from tests.support.routing_inputs import made

FOLDER: Final = Path(__file__).resolve().parents[2] / "benchmarks" / "routing"

ROOTS: Final = {
    "strong": ModelProfile("openai/gpt-5", 272_000, 128_000, input_price=1.25e-6, output_price=1e-5, is_constrained=True),
    "medium": ModelProfile("openai/gpt-5-mini", 272_000, 128_000, input_price=2.5e-7, output_price=2e-6, is_constrained=True),
    "weak": ModelProfile("local/qwen2.5-coder-1.5b", 32_768, 4_096, input_price=0.0, output_price=0.0, is_constrained=True),
}
"""By strength: a model that answers and writes programs, where it can."""

LANGUAGES: Final = ("en", "de", "fr", "es", "zh")
_FAR_OVER: Final = 600_000
ROWS: Final = frozenset({"table", "log"})


@dataclass(frozen=True, slots=True)
class RoutingCase:
    """A question, the shape of its inputs, and the routes that are right for each strength of root model. `asks` is "compute"
    or "read", `task` the strategy that suits best, `group` the paraphrases that it is one of."""

    id: str
    kind: str
    language: str
    asks: str
    question: str
    shape: Mapping[str, Any]
    task: str
    wanted: Mapping[str, tuple[str, ...]]

    @property
    def computes_over_rows(self) -> bool:
        """What must not be left to a model's mental arithmetic, nor to a search for one place."""
        return self.asks == "compute" and self.shape["kind"] in ROWS

    @property
    def tasks(self) -> frozenset[str]:
        """The strategies that suit it."""
        plans = {
            route.removeprefix("plan:") for routes in self.wanted.values() for route in routes if route.startswith("plan:")
        }
        return frozenset({self.task, *plans})

    def breaks_the_rule(self, root: str, route: str) -> bool:
        """A weak model reads short rows itself: it can do nothing better."""
        return self.computes_over_rows and route in {"direct", "plan:search"} and route not in self.wanted[root]


class Undisturbed:
    """A model that says which task a question is, where it is asked for that, and fails for good at everything else."""

    def __init__(self, profile: ModelProfile, task: str) -> None:
        self.profile, self.task = profile, task

    async def complete(self, request: CompletionRequest) -> Completion:
        if request.choices is not None and set(request.choices) >= set(TASKS):
            return Completion(self.task, Usage(1, 1), StopReason.STOP, self.profile.name)
        raise failure(UNKNOWN_MODEL, "the route is known, and nothing else was to be found out")

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return sum(len(message.content) // 4 + 4 for message in messages)

    async def aclose(self) -> None:
        """Nothing to close."""


def cases(name: str) -> list[RoutingCase]:
    """The cases of a file: `held_out`, `questions`, or `paraphrases`, ten for each of its lines."""
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [case for line in lines for case in _cases_of(json.loads(line))]


def _cases_of(row: Mapping[str, Any]) -> Iterator[RoutingCase]:
    wanted = {root: tuple(routes) for root, routes in row["wanted"].items()}
    for question in row.get("questions") or [row["question"]]:
        yield RoutingCase(row["id"], row["kind"], row["language"], row["asks"], question, row["input"], row["task"], wanted)


def smaller(shape: Mapping[str, Any], most: int | None) -> Mapping[str, Any]:
    """A shape with at most this number of characters, about."""
    if most is None or shape["chars"] <= most:
        return shape
    part = most / shape["chars"]
    tables = [{**table, "rows": max(1, int(table["rows"] * part))} for table in shape.get("tables", ())]
    rows = None if shape["rows"] is None else max(2, int(shape["rows"] * part))
    return {**shape, "chars": most, "rows": rows, **({"tables": tables} if tables else {})}


def chosen(case: RoutingCase, root: str, most_characters: int | None = None) -> str:
    """The route that the router prefers with a model of this strength: `direct`, `plan:TASK` or `synth`."""
    inputs = _inputs(json.dumps(smaller(case.shape, most_characters)))
    question = Question(query=case.question, inputs=inputs)
    found = case_of(question, Setup(leaf=Undisturbed(ROOTS[root], case.task)))
    if found.ways()[0].way == "plan" and found.needs_task:  # it may go another way when the task is known
        found = found.with_task(case.task if found.why_unasked is None else found.assumed)
    preferred = found.ways()[0]
    return f"plan:{found.route(preferred).strategy}" if preferred.way == "plan" else preferred.way


class Known(Exception):
    """A program is about to be written: nothing more is to be found out."""


def _until_writing(event: Event) -> None:
    if isinstance(event, Routed):
        raise Known


def taken(case: RoutingCase, root: str, most_characters: int | None = None) -> str:
    """The route of `ask` with a model of this strength: `direct`, `plan:TASK` or `synth`, or `refused`.

    Inputs are cut to `most_characters`; for a weak model to a few times its window, since to bound a plan for more takes long and
    changes nothing.
    """
    most = most_characters or (_FAR_OVER if root == "weak" else None)
    question = Question(query=case.question, inputs=_inputs(json.dumps(smaller(case.shape, most))))
    try:
        run = anyio.run(ask, question, Setup(leaf=Undisturbed(ROOTS[root], case.task), tracer=_until_writing))
    except Known:
        return "synth"
    except Rejected:
        return "refused"
    return "direct" if run.route == "direct" else f"plan:{run.route}"


@lru_cache(maxsize=4)
def _inputs(shape: str) -> Inputs:
    return made(json.loads(shape))
