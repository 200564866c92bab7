"""The two tasks of the published λ-RLM code, with our plans: calls promised before the run and calls made by it.

`python benchmarks/reference_tasks.py` prints both tables and fails when a run makes more calls than were promised, or 40 of them.
A text of 1,000,000 characters; a window of 100,000 characters, which here is one of 50,000 tokens of which two characters each
are sure. The other code's figures are published facts about it, not measured here: it plans k* = 20, τ* = 50,000 and d = 1, so
20 leaves and a call that finds the task; its pieces end at word boundaries, most are a little longer than τ*, and each of those
is cut in 20 again.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anyio

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from lambda_rlm.answering.ask import ask  # noqa: E402
from lambda_rlm.answering.question import Question, Setup  # noqa: E402
from lambda_rlm.budget.budget import Budget  # noqa: E402
from lambda_rlm.completion import ModelProfile  # noqa: E402
from lambda_rlm.execution.check import check  # noqa: E402
from lambda_rlm.execution.execute import execute  # noqa: E402
from lambda_rlm.execution.run import Run  # noqa: E402
from lambda_rlm.inputs import from_values  # noqa: E402
from lambda_rlm.llm.scripted import ScriptedModel  # noqa: E402

CHARACTERS: Final = 1_000_000
WINDOW: Final = 100_000
MOST_CALLS: Final = 40
REFERENCE: Final = (("summarise", 21, 291), ("question answering", 21, 580))

PROFILE: Final = ModelProfile(name="window of 100,000 characters", window=WINDOW // 2, max_output=4_096)

SUMMARISE: Final = """let notes = chunk(context, auto) |> map(fn(part) => llm_call(f"Summarise in 80 words:\\n{part}", out=160));
tree_fold(notes, auto, fn(group) => {
  let together = join(group, "\\n\\n");
  llm_call(f"Merge into one summary:\\n{together}", out=160)
}) ?? "nothing"
"""
"""The plan that a model or a person would write, its numbers left to the planner."""

ANSWER: Final = """let solve = fix solve(p) =>
  if length(p) <= auto then llm_call(f"Answer from the text, or reply: not found.\\n\\n{query}\\n\\n{p}", out=100)
  else {
    let answers = split(p, auto) |> map(solve) |> join("\\n");
    llm_call(f"Make one answer of these.\\n\\n{query}\\n\\n{answers}", out=100)
  };
solve(context)
"""
"""Equation (4) of the paper, its k* and τ* left to the planner."""


@dataclass(frozen=True, slots=True)
class Task:
    """One run: of the standard library's strategy for a task, or of a program with `auto`."""

    name: str
    plan: str
    query: str
    strategy: str = ""
    program: str = ""


TASKS: Final = (
    Task("summarise", "stdlib/summarise", "Summarise.", strategy="summarise"),
    Task("summarise", "chunk, tree_fold with auto", "Summarise.", program=SUMMARISE),
    Task("question answering", "stdlib/search, words found", "Where does the beekeeper live?", strategy="search"),
    Task("question answering", "stdlib/search, no word found", "Who exactly?", strategy="search"),
    Task("question answering", "fix, split with auto", "Where does the beekeeper live?", program=ANSWER),
)


def text() -> str:
    """So many characters of sentences, no two pieces alike."""
    sentences = (
        f"On day {i} the beekeeper of house {i % 977} wrote {i * 7919 % 10_007} lines. " for i in range(CHARACTERS // 40)
    )
    return "".join(sentences)[:CHARACTERS]


def run(task: Task) -> Run:
    """The run of a task, by a model whose replies are as long as they may be."""
    model = ScriptedModel.from_rules([("", "word " * 100)], PROFILE)
    if task.strategy:
        question = Question(query=task.query, inputs=from_values({"context": text()}), task=task.strategy)
        return anyio.run(lambda: ask(question, Setup(leaf=model)))
    admitted = check(task.program).admit(Budget(), PROFILE)
    return anyio.run(lambda: execute(admitted, {"context": text(), "query": task.query}, model))


def main() -> int:
    """The exit code."""
    print(f"{CHARACTERS:,} characters, a window of {WINDOW:,}\n\nthe published code\n{'task':<20}{'promised':>10}{'made':>8}")
    for name, promised, made in REFERENCE:
        print(f"{name:<20}{promised:>10}{made:>8}")
    print(f"\nλ-RLM here\n{'task':<20}{'plan':<30}{'promised':>10}{'made':>8}")
    is_fine = True
    for task in TASKS:
        done = run(task)
        bound = done.bound.calls if done.bound is not None else None
        calls = done.usage.calls
        is_fine = is_fine and done.fault is None and bound is not None and calls <= bound and calls < MOST_CALLS
        print(f"{task.name:<20}{task.plan:<30}{bound!s:>10}{calls:>8}")
    return 0 if is_fine else 1


if __name__ == "__main__":
    sys.exit(main())
