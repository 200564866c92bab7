"""How well a model tells tasks apart: questions about all ten, asked for as `ask` does.

python benchmarks/told_apart.py local/qwen2.5-coder-1.5b
python benchmarks/told_apart.py openai/gpt-5-mini --routing

The 31 questions here have one task each. With `--routing` it is the 200 of `benchmarks/routing`, each over inputs of its own shape;
of some of these more than one task is right.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import anyio

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from lambda_rlm.answering.detect import detect  # noqa: E402
from lambda_rlm.answering.question import Question, Setup  # noqa: E402
from lambda_rlm.inputs import Inputs, from_values  # noqa: E402
from lambda_rlm.llm.connect import connect  # noqa: E402
from tests.support.routing_cases import cases, smaller  # noqa: E402
from tests.support.routing_inputs import made  # noqa: E402

QUESTIONS: Final = (
    ("search", "On board which ship was the author a naturalist?"),
    ("search", "What is the capital of the country described?"),
    ("search", "In which year was the mill built?"),
    ("search", "Who signed the contract?"),
    ("search", "What is the magic number for Oslo?"),
    ("search", "Where does Ann keep her bees?"),
    ("multi_hop", "Where was the author of the book that Ann gave to Bob born?"),
    ("multi_hop", "What is the population of the country whose capital hosted the 1970 exhibition?"),
    ("multi_hop", "Which president gave the address in the year when the ship's captain died?"),
    ("classify", "Label each message as question, complaint or praise."),
    ("classify", "Say for each line whether it is positive or negative."),
    ("classify", "Assign every ticket to one of the categories billing, bug or other."),
    ("aggregate", "How many of the questions are about a location?"),
    ("aggregate", "Which label occurs most often?"),
    ("aggregate", "How often is a refund asked for?"),
    ("aggregate", "Which user sent the most complaints?"),
    ("pairwise", "List all pairs of users who both asked about a location."),
    ("pairwise", "Which pairs of employees share a project?"),
    ("summarise", "Summarise the book."),
    ("summarise", "Give me an overview of the report in five sentences."),
    ("summarise", "What is this text about?"),
    ("summarise", "tl;dr"),
    ("extract", "List all persons with their birth dates."),
    ("extract", "Make a table of all invoices with number, date and amount."),
    ("extract", "Which deadlines are named, and for whom?"),
    ("translate", "Translate the text into German."),
    ("translate", "Rewrite the whole letter in plain English."),
    ("compare", "What changed between the two versions of the contract?"),
    ("compare", "How do the two reports differ?"),
    ("answer", "Why did the author change his mind about species?"),
    ("answer", "Is the argument of the essay convincing?"),
)
"""None of them is an example in the prompt."""


Asked = tuple[frozenset[str], str, Inputs]
"""The right tasks, a question, and its inputs."""


def short() -> Iterator[Asked]:
    """The questions above, over a text that says nothing."""
    for task, question in QUESTIONS:
        yield frozenset({task}), question, from_values({"context": "x" * 300_000})


def routing() -> Iterator[Asked]:
    """The questions with routes, those that the router was not developed with first."""
    for name in ("held_out", "questions"):
        for case in cases(name):
            yield case.tasks, case.question, made(smaller(case.shape, 300_000))


async def main(name: str, asked: Iterable[Asked]) -> None:
    model, came = connect(name), list[bool]()
    for tasks, question, inputs in asked:
        found = await detect(Question(query=question, inputs=inputs), Setup(leaf=model))
        is_right = found.task in tasks
        came.append(is_right)
        wanted, told = " or ".join(sorted(tasks)), found.task or found.why
        print(f"{'right' if is_right else 'wrong':6} {wanted:10} {told:10} {question}", flush=True)
    print(f"{sum(came)} of {len(came)}")
    await model.aclose()


if __name__ == "__main__":
    reader = argparse.ArgumentParser(description="Tasks of questions")
    reader.add_argument("model", nargs="?", default="local/qwen2.5-coder-0.5b")
    reader.add_argument("--routing", action="store_true")
    given = reader.parse_args()
    anyio.run(main, given.model, routing() if given.routing else short())
