"""The six benchmarks by plans and by programs on record: scores, calls and tokens, likely and at worst.

`python benchmarks/against_plans.py [NAME…] [--sizes 8K,32K] [--limit 5]` prints the table of docs/evaluation.md. The simulated reader is the
leaf model; the root model replies with the program in `on_record/` for the wording of the question, its names filled in, where what
it was sent names every function that the program uses. The benchmark's own plan answers the same tasks without a root model.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Final

import anyio

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from lambda_rlm.answering.ask import ask  # noqa: E402
from lambda_rlm.answering.question import Question, Setup  # noqa: E402
from lambda_rlm.bench.benchmarks import BENCHMARKS  # noqa: E402
from lambda_rlm.bench.score import score  # noqa: E402
from lambda_rlm.bench.task import Task, tokens_of  # noqa: E402
from lambda_rlm.execution.execute import Options  # noqa: E402
from lambda_rlm.execution.run import Run  # noqa: E402
from lambda_rlm.inputs import from_values  # noqa: E402
from lambda_rlm.llm.simulated import SimulatedModel  # noqa: E402
from tests.support.computed_rows import Written  # noqa: E402

FOLDER: Final = Path(__file__).with_name("on_record")
HEADING: Final = re.compile(r"^## (.+)$", re.MULTILINE)
OPTIONS: Final = Options(is_estimated=True)
FIGURES: Final = ("score", "calls", "likely", "bound", "tokens", "likely tokens", "bound tokens", "writing")


@dataclass(frozen=True, slots=True)
class Took:
    """What a task came to. `likely` and `bound` are of the program that answered, before its first call; `writing` are tokens of
    the root model."""

    score: float
    calls: int
    likely: float
    bound: float
    tokens: int
    likely_tokens: float
    bound_tokens: float
    writing: int


def program(benchmark: str, question: str) -> str:
    """The program on record for a question; raises `LookupError` where there is none of its wording."""
    common, *sections = HEADING.split((FOLDER / f"{benchmark}.lam").read_text(encoding="utf-8"))
    for wording, text in zip(sections[::2], sections[1::2], strict=True):
        if hit := re.search(wording, question):
            return re.sub(r"<<(\d)>>", lambda place: hit[int(place[1])], common + text).strip()
    raise LookupError(f"no program is on record for {question!r}")


async def took(task: Task, way: str, leaf: SimulatedModel) -> Took:
    """What a task came to by the plan or by the program; a run that ends otherwise raises."""
    question = Question(query=task.question, inputs=from_values(task.inputs()), task=BENCHMARKS[task.benchmark].strategy)
    if way == "plan":
        run = await ask(question, Setup(leaf=leaf, choice="plan", options=OPTIONS))
    else:
        root = Written({task.question: program(task.benchmark, task.question)})
        run = await ask(question, Setup(leaf=leaf, root=root, choice="synth", options=OPTIONS))
        written = run.synthesis
        if root.lacks or written is None or written.fallback is not None:
            attempts = () if written is None else written.attempts
            raise RuntimeError(f"{task.id}: {root.lacks or [attempt.codes for attempt in attempts]}")
    if run.fault is not None:
        raise RuntimeError(f"{task.id}: {run.fault}")
    return _of(task, run)


def _of(task: Task, run: Run) -> Took:
    likely, bound, writing = run.likely, run.bound, run.synthesis
    assert bound is not None
    assert likely is not None
    return Took(
        score=100 * score(task.gold, run.answer),
        calls=run.usage.calls,
        likely=likely.calls or 0,
        bound=float(bound.calls or 0),
        tokens=run.usage.input_tokens + run.usage.output_tokens,
        likely_tokens=(likely.input_tokens or 0) + (likely.output_tokens or 0),
        bound_tokens=float(bound.tokens or 0),
        writing=0 if writing is None else writing.usage.input_tokens + writing.usage.output_tokens,
    )


def rows(names: list[str], sizes: list[int], limit: int) -> Iterator[str]:
    """The lines of the table, each as soon as it is known."""
    yield "| benchmark | length | way | " + " | ".join(FIGURES) + " |"
    yield "|---|---|---|" + "---:|" * len(FIGURES)
    for name in names:
        for size in sizes:
            tasks = BENCHMARKS[name].make(size, limit, 0)
            for way in ("plan", "program"):
                all_of = [anyio.run(took, task, way, SimulatedModel.named("sim:")) for task in tasks]
                means = [mean(getattr(one, field) for one in all_of) for field in Took.__slots__]
                figures = [f"{value:,.1f}" for value in means[:4]] + [f"{value:,.0f}" for value in means[4:]]
                yield f"| `{name}` | {tasks[0].length} | {way} | " + " | ".join(figures) + " |"


def main() -> int:
    """The exit code."""
    reader = argparse.ArgumentParser(description="Plans and programs")
    reader.add_argument("names", nargs="*", default=list(BENCHMARKS))
    reader.add_argument("--sizes", default="8K,32K")
    reader.add_argument("--limit", type=int, default=5)
    given = reader.parse_args()
    for line in rows(given.names, [tokens_of(size) for size in given.sizes.split(",")], given.limit):
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
