"""Models that were measured: what each did, where that is written down, and since when.

Owns the table. Promises that every row has a source that can be read and run again, and that what was not measured is None.
Refuses guesses: those are the business of `strength`.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from lambda_rlm.data_class import dataclass
from lambda_rlm.late_pattern import late_pattern

StrengthClass = Literal["strong", "medium", "weak"]
"""How well a model writes programs: `strong` for any question, `medium` where something is to be calculated, `weak` not well
enough."""


@dataclass(frozen=True, slots=True)
class MeasuredModel:
    """What a model did. `name` is how its plain name begins; `strength` and `tells_tasks_apart` are None where that was not
    measured; `source` says where the figures are, `date` (YYYY-MM-DD) when they were taken."""

    name: str
    strength: StrengthClass | None
    tells_tasks_apart: bool | None
    source: str
    date: str


MEASURED: Final = (
    MeasuredModel(
        "qwen2.5-coder-0.5b",
        "weak",
        False,
        "docs/constrained-decoding.md: 13 of 100 programs admitted at first try, 20 after a repair; docs/routing.md: 118 of 200 "
        "questions taken for their task",
        "2026-11-30",
    ),
    MeasuredModel("qwen2.5-coder-1.5b", None, True, "docs/routing.md: 130 of 200 questions taken for their task", "2026-11-30"),
)

_MAKER: Final = late_pattern(r"^.*[/]")


def measured(name: str) -> MeasuredModel | None:
    """The row of a model by its name, whoever serves it; None for a model that was not measured."""
    plain = _MAKER.sub("", name.lower()).replace(":", "-")
    return next((row for row in MEASURED if re.match(rf"{re.escape(row.name)}(?![\w.])", plain)), None)
