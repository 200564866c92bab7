"""How a root model is asked for programs: settings, known before anything of the writing is loaded.

Owns `Writing`. Refuses numbers that mean nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MOST_CANDIDATES: Final = 32
MOST_ROUNDS: Final = 16
REPAIRS: Final = 3
ROUNDS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """How a root model is asked for programs.

    `rounds`: programs written one after the other at most, each told what came of those before: a next one is written only
    where a program looked, stopped at a fault of its own, or gave an answer that something speaks against; `candidates`:
    programs sampled side by side for one round, of which the `best` are run; `peek`: characters of each input that the root
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

    @property
    def wishes(self) -> tuple[str, ...]:
        """The settings that ask for more than is usual, by name."""
        return tuple(name for name, most in (("rounds", ROUNDS), ("candidates", 1), ("peek", 0)) if getattr(self, name) > most)

    def __post_init__(self) -> None:
        for name, low, high in (
            ("rounds", 1, MOST_ROUNDS), ("candidates", 1, MOST_CANDIDATES), ("best", 1, MOST_CANDIDATES), ("peek", 0, 10**6),
            ("repairs", 0, 10), ("out", 64, 32_768), ("depth", 0, 4),
        ):  # fmt: skip
            value = getattr(self, name)
            if not isinstance(value, int) or not low <= value <= high:
                raise ValueError(f"{name} must be an integer from {low} to {high:,}, not {value!r}")
