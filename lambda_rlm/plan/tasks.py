"""The tasks that the standard library has a plan for, and the program that asks a model which of them a question is.

Owns the menu. Promises that the program's answer is one entry of it and carries nothing else, whatever the question or the
inputs say. Knows nothing of how the plans work.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

DETECTION_PROGRAM: Final = "task.lam"
"""The file name of the program that asks which task a question is, as records of runs bear it."""

MENU: Final[Mapping[str, str]] = {
    "search": "find something that one place of the text says; not where that place is found only by what another place says",
    "multi_hop": "find something that takes several look-ups, one after the other, as in: where was the owner of the mill born; "
    "not where one place says all of it",
    "classify": "give each item (line, message, row, document) a label, one by one; not a number over all of them",
    "aggregate": "count or rank items: how many, how often, which most, total, average; the answer is a number or a ranking, "
    "not a list of labels",
    "pairwise": "list the pairs of items or people that go together; not single items",
    "summarise": "summarize the text, or give an overview of it; not one fact from it",
    "extract": "list all facts of one kind, as a table; not a number of them, and not one fact alone",
    "translate": "translate or rewrite the whole text; the answer is as long as the text",
    "compare": "compare two documents: what differs, what is the same; not two items within one",
    "answer": "anything else that takes reading the whole text, such as a reason or a judgement",
}
"""Each task is a file of the standard library; what it is for, in the words of a prompt."""

TASKS: Final = tuple(MENU)

ALIASES: Final[Mapping[str, str]] = {"summarize": "summarise"}
"""Other spellings of a task, wherever a person names one."""

FALLBACK: Final = "search"
"""The task assumed for a question that no one classified."""

LOOKUP: Final = "search"
"""What is left to do when a model that was shown the whole text did not find the answer in it."""

COUNTING: Final = "aggregate"
"""The task assumed for a question that is calculated over rows, where no program is written for it."""

LONG_ANSWERS: Final = frozenset({"translate"})
"""Tasks whose answer is about as long as the text."""

_OUT: Final = 16
"""Tokens of the reply: the longest name between quotes, and some to spare."""


_EXAMPLES: Final = (
    ("How many reviews are good?", "aggregate"),
    ("Who wrote the letter to Mary?", "search"),
    ("Put the text into French.", "translate"),
    ("How old is the brother of the man who built the bridge?", "multi_hop"),
    ("Name every ship with its captain and port.", "extract"),
    ("What is the book about?", "summarise"),
    ("Mark every review as good or bad.", "classify"),
    ("Is the plan in the letter a good one?", "answer"),
    ("When does the office open?", "search"),
    ("Give all payments with date and sum.", "extract"),
    ("What is different in the second report?", "compare"),
    ("Which river flows through the town where the composer was born?", "multi_hop"),
    ("Why did the hero leave?", "answer"),
    ("Find all pairs of customers who bought the same thing.", "pairwise"),
    ("What is the password of the guest network?", "search"),
)
"""Small models go by examples more than by the description of a task; without any they take most things for the first on
the list."""


def which_task() -> str:
    """The program that answers with a task; its inputs are `query` and `about`, a text that describes the inputs.

    It asks for a tool and not for a class or kind, words that small models take for the answer `classify`.
    """
    labels = "\n  | ".join(json.dumps(task) for task in TASKS)
    menu = "\\n".join(f"- {task}: {what}" for task, what in MENU.items())
    examples = "\\n".join(f"- {question} {task}" for question, task in _EXAMPLES)
    return (
        f"llm_call[{labels}](\n"
        '  f"Somebody wants something from a long text. These tools can get it:\\n\\n'
        f"{menu}\\n\\nFor example:\\n{examples}\\n\\nThe text, described:\\n{{about}}\\n\\n"
        f'Wanted: {{query}}\\n\\nThe tool that gets it:",\n  out={_OUT}\n)'
    )
