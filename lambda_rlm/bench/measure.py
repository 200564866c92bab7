"""A benchmark asked of a model: each task's score and what it took.

Owns `TaskResult`, what came of one task, and `Summary` over those of one length. Promises that a fault is reported and counts
as a score of 0, that a wrong set-up (a key, a server, an unknown model) ends the benchmark at its first task, and that the gold
is seen by the scorer only.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import field
from math import ceil
from typing import Any, Final

from lambda_rlm.answering.ask import ask
from lambda_rlm.answering.question import Question, Setup
from lambda_rlm.bench.score import score
from lambda_rlm.bench.task import Task
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import NO_USAGE, Model
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.faults import Fault
from lambda_rlm.execution.execute import Options
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs import Inputs, from_values
from lambda_rlm.llm.failures import BAD_SIMULATION, KEY_REFUSED, NO_ENGINE, NO_WEIGHTS, UNKNOWN_MODEL, UNREACHABLE
from lambda_rlm.plan.router import Choice
from lambda_rlm.plan.routing_settings import Routing
from lambda_rlm.synth.writing import Writing

NAIVE_PIECE: Final = 20_000
"""Characters of a piece where a text is cut without thought, each piece is asked, and the answers are merged."""

SHOWN_ANSWER: Final = 2_000
"""A list of pairs may have a million."""

_WRONG_SETUP: Final = frozenset({UNREACHABLE, KEY_REFUSED, UNKNOWN_MODEL, BAD_SIMULATION, NO_WEIGHTS, NO_ENGINE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How tasks are asked: by which strategy, within which budget for each; `root` writes programs (None: the model that
    answers). `is_task_said` says that the plan of `task` is wanted, where a route is chosen."""

    strategy: Choice
    task: str
    budget: Budget
    options: Options
    routing: Routing = field(default_factory=Routing)
    writing: Writing = field(default_factory=Writing)
    root: Model | None = None
    is_task_said: bool = True

    def setup(self, model: Model) -> Setup:
        """What tasks are answered with, by this model."""
        return Setup(
            leaf=model,
            root=self.root,
            budget=self.budget,
            choice=self.strategy,
            routing=self.routing,
            writing=self.writing,
            options=self.options,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResult:
    """What came of a task. `bound` is the most calls that were proved before the first, None where nothing was; what writing a
    program used is in it and in the other figures, as it was; `naive` is how many calls it takes to ask each of the pieces of
    `NAIVE_PIECE` characters and to merge; `fallback` is why the plan answered where a program was to be written, None where it
    did not."""

    task: Task
    score: float
    answer: str | None
    fault: str | None
    calls: int
    bound: int | None
    naive: int
    input_tokens: int
    output_tokens: int
    usd: float | None
    seconds: float
    degraded: bool
    route: str
    fallback: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Means over the tasks of one length, `score` as a share of 100; `bound` is None where one of them had none."""

    length: str
    tasks: int
    score: float
    calls: float
    bound: float | None
    naive: float
    tokens: float
    usd: float | None
    seconds: float
    faults: int


async def measure(tasks: Iterable[Task], model: Model, way: Way) -> AsyncIterator[TaskResult]:
    """What comes of each task, one after the other; raises `Fault` for a wrong set-up."""
    for task in tasks:
        inputs = from_values(task.inputs())
        try:
            run = await ask(
                Question(query=task.question, inputs=inputs, task=way.task, is_task_said=way.is_task_said), way.setup(model)
            )
        except Rejected as refused:
            yield _refused(task, inputs, refused)
            continue
        if run.fault is not None and run.fault.code in _WRONG_SETUP:
            raise run.fault
        yield _asked(task, inputs, run)


def summaries(asked: Sequence[TaskResult]) -> list[Summary]:
    """One for each length, in the order of sizes."""
    by_length: dict[str, list[TaskResult]] = {}
    for one in sorted(asked, key=lambda one: (one.task.unit, one.task.size)):
        by_length.setdefault(one.task.length, []).append(one)
    return [_summary(length, group) for length, group in by_length.items()]


def macro_average(rows: Sequence[Summary]) -> float:
    """The mean over lengths."""
    return sum(row.score for row in rows) / len(rows) if rows else 0.0


def _asked(task: Task, inputs: Inputs, run: Run) -> TaskResult:
    fault: Fault | None = run.fault
    spent, written = run.usage, run.synthesis
    calls, used = (0, NO_USAGE) if written is None else (written.calls, written.usage)
    return TaskResult(
        task=task,
        score=0.0 if fault is not None else score(task.gold, run.answer),
        answer=None if fault is not None else run.answer,
        fault=None if fault is None else f"[{fault.code}] {fault.message}",
        calls=spent.calls + calls,
        bound=None if run.bound is None or run.bound.calls is None else int(run.bound.calls) + calls,
        naive=naive_calls(inputs.values["context"]),
        input_tokens=spent.input_tokens + used.input_tokens,
        output_tokens=spent.output_tokens + used.output_tokens,
        usd=None if spent.usd is None or used.cost is None else spent.usd + used.cost,
        seconds=spent.seconds,
        degraded=run.degraded,
        route=run.route,
        fallback=None if written is None else written.fallback,
    )


def _refused(task: Task, inputs: Inputs, refused: Rejected) -> TaskResult:
    """A task that may cost more than its budget: nothing was asked."""
    first = refused.diagnostics[0]
    return TaskResult(
        task=task,
        score=0.0,
        answer=None,
        fault=f"[{first.code}] {first.message}",
        calls=0,
        bound=None,
        naive=naive_calls(inputs.values["context"]),
        input_tokens=0,
        output_tokens=0,
        usd=0.0,
        seconds=0.0,
        degraded=False,
        route="",
    )


def naive_calls(context: Any) -> int:
    """One call for each piece, and one to merge where there are several."""
    characters = len(context) if isinstance(context, str) else sum(len(row["name"]) + len(row["text"]) for row in context)
    pieces = max(1, ceil(characters / NAIVE_PIECE))
    return pieces + (pieces > 1)


def _summary(length: str, group: list[TaskResult]) -> Summary:
    def mean(values: Iterable[float]) -> float:
        return sum(values) / len(group)

    bounds = [one.bound for one in group if one.bound is not None]
    prices = [one.usd for one in group if one.usd is not None]
    return Summary(
        length=length,
        tasks=len(group),
        score=100 * mean(one.score for one in group),
        calls=mean(one.calls for one in group),
        bound=mean(bounds) if len(bounds) == len(group) else None,
        naive=mean(one.naive for one in group),
        tokens=mean(one.input_tokens + one.output_tokens for one in group),
        usd=mean(prices) if len(prices) == len(group) else None,
        seconds=mean(one.seconds for one in group),
        faults=sum(one.fault is not None for one in group),
    )


def measured_json(asked: Sequence[TaskResult], rows: Sequence[Summary]) -> Mapping[str, Any]:
    """What was measured, as JSON data; of an answer its first `SHOWN_ANSWER` characters."""
    names = (
        "score",
        "fault",
        "calls",
        "bound",
        "naive",
        "input_tokens",
        "output_tokens",
        "usd",
        "degraded",
        "route",
        "fallback",
    )
    return {
        "macro_average": round(macro_average(rows), 2),
        "lengths": [{name: getattr(row, name) for name in Summary.__dataclass_fields__} for row in rows],
        "tasks": [
            {
                "id": one.task.id,
                "length": one.task.length,
                "size": one.task.size,
                "unit": one.task.unit,
                "seconds": round(one.seconds, 3),
                "answer": one.answer if one.answer is None else one.answer[:SHOWN_ANSWER],
                "answer_characters": len(one.answer or ""),
                **{name: getattr(one, name) for name in names},
            }
            for one in asked
        ],
    }
