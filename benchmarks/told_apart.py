"""How well a model tells tasks apart: questions about all ten, asked for as `ask` does.

python benchmarks/told_apart.py local/qwen2.5-coder-1.5b
"""

from __future__ import annotations

import sys
from typing import Final

import anyio

from lambda_rlm.answering.detect import detect
from lambda_rlm.answering.question import Question, Setup
from lambda_rlm.inputs import from_values
from lambda_rlm.llm.connect import connect

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


async def main(name: str) -> None:
    model, right = connect(name), 0
    for task, question in QUESTIONS:
        asked = Question(query=question, inputs=from_values({"context": "x" * 300_000}))
        found = await detect(asked, Setup(leaf=model))
        right += found.task == task
        print(f"{'right' if found.task == task else 'wrong':6} {task:10} {found.task or found.why:10} {question}", flush=True)
    print(f"{right} of {len(QUESTIONS)}")
    await model.aclose()


if __name__ == "__main__":
    anyio.run(main, sys.argv[1] if sys.argv[1:] else "local/qwen2.5-coder-0.5b")
