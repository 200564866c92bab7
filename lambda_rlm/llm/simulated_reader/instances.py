"""Lines with a question on each, its date and its user: `Date: Jun 20, 2022 || User: 81618 || Instance: What is an isthmus ?`.

Owns their reading, with the label that the key has for the question.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.llm.simulated_reader.dates import first_date
from lambda_rlm.llm.simulated_reader.key import AnswerKey

LABELS: Final = ("numeric value", "human being", "location", "entity", "description and abstract concept", "abbreviation")
LINE: Final = re.compile(r"Date: ([^|\n]+?) *\|\| *User: (\d+) *\|\| *Instance: ([^\n]+)")


@dataclass(frozen=True, slots=True)
class Instance:
    """One line; `label` is None where the key does not know the question."""

    line: str
    day: date
    user: int
    text: str
    label: str | None


def instances(data: str, key: AnswerKey) -> list[Instance]:
    """The lines that are whole, in order."""
    found = []
    for hit in LINE.finditer(data):
        day = first_date(hit[1])
        if day is not None:
            text = hit[3].strip()
            found.append(Instance(hit[0], day, int(hit[2]), text, key.label(text)))
    return found
