"""How a root model is asked for programs: settings, known before anything of the writing is loaded.

Owns `Writing`. Refuses numbers that mean nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal, get_args

from lambda_rlm.data_class import dataclass

LayoutShown = Literal["masked", "none"]
"""What of the layout of inputs a root model is shown."""

MOST_CANDIDATES: Final = 32
MOST_ROUNDS: Final = 16
REPAIRS: Final = 3
KEPT: Final = ("rounds", "candidates", "layout", "peek")
"""The settings that a journal keeps of a run, by name."""
ROUNDS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """How a root model is asked for programs.

    `rounds`: programs written one after the other at most, each told what came of those before: a next one is written only
    where a program looked, stopped at a fault of its own, or gave an answer that something speaks against; `candidates`:
    programs sampled side by side for one round, of which the `best` are run; `layout`: "masked" shows the root model how lines
    and columns of the inputs look without what they say, "none" not even that; `peek`: characters of each input that the root
    model is shown, 0 for none; `repairs`: how often a rejected program goes back; `out`: tokens of a reply; `temperature`: that
    of candidates; `depth`: how deep `rlm_call` may go.
    """

    rounds: int = ROUNDS
    candidates: int = 1
    best: int = 3
    peek: int = 0
    repairs: int = REPAIRS
    out: int = 2_048
    temperature: float = 0.8
    depth: int = 1
    layout: LayoutShown = "masked"

    @property
    def wishes(self) -> tuple[str, ...]:
        """The settings that ask for more than is usual, by name."""
        return tuple(name for name, most in (("rounds", ROUNDS), ("candidates", 1), ("peek", 0)) if getattr(self, name) > most)

    def showing(self, layout: LayoutShown | None) -> Writing:
        """The same with another layout shown; None for this one."""
        return self if layout is None else replace(self, layout=layout)

    def __post_init__(self) -> None:
        for name, low, high in (
            ("rounds", 1, MOST_ROUNDS), ("candidates", 1, MOST_CANDIDATES), ("best", 1, MOST_CANDIDATES), ("peek", 0, 10**6),
            ("repairs", 0, 10), ("out", 64, 32_768), ("depth", 0, 4),
        ):  # fmt: skip
            value = getattr(self, name)
            if not isinstance(value, int) or not low <= value <= high:
                raise ValueError(f"{name} must be an integer from {low} to {high:,}, not {value!r}")
        if self.layout not in get_args(LayoutShown):
            raise ValueError(f"layout must be one of {', '.join(get_args(LayoutShown))}, not {self.layout!r}")
