"""What came of having a program written: data for a run's record.

Owns `Writing`, how it is to be done, and `Synthesis`, how it went.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lambda_rlm.completion import NO_USAGE, Usage
from lambda_rlm.faults import Fault
from lambda_rlm.synth.propose import REPAIRS, Attempt
from lambda_rlm.synth.turn import Turn

MOST_CANDIDATES: Final = 32
MOST_ROUNDS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """How a root model is asked for programs.

    `rounds`: programs written one after the other, each told what came of those before; `candidates`: programs sampled side by
    side for one round, of which the `best` are run; `peek`: characters of each input that the root model is shown, 0 for none;
    `repairs`: how often a rejected program goes back; `out`: tokens of a reply; `temperature`: that of candidates; `depth`: how
    deep `rlm_call` may go.
    """

    rounds: int = 1
    candidates: int = 1
    best: int = 3
    peek: int = 0
    repairs: int = REPAIRS
    out: int = 2_048
    temperature: float = 0.8
    depth: int = 1

    def __post_init__(self) -> None:
        for name, low, high in (
            ("rounds", 1, MOST_ROUNDS), ("candidates", 1, MOST_CANDIDATES), ("best", 1, MOST_CANDIDATES), ("peek", 0, 10**6),
            ("repairs", 0, 10), ("out", 64, 32_768), ("depth", 0, 4),
        ):  # fmt: skip
            value = getattr(self, name)
            if not isinstance(value, int) or not low <= value <= high:
                raise ValueError(f"{name} must be a whole number from {low} to {high:,}, not {value!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A candidate: how many samples gave it, its stated confidence, its bound, and what came of it when it was run."""

    program: str
    samples: int
    confidence: float
    calls: int | None
    was_run: bool = False
    answer: str | None = None
    fault: str | None = None
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Ran:
    """A written program that ran in a round, the code of the fault it stopped with, whether its answer lacks something."""

    program: str
    round: int
    fault: str | None
    is_degraded: bool

    @classmethod
    def of(cls, program: str, round: int, fault: Fault | None, is_degraded: bool) -> Ran:
        return cls(program, round, None if fault is None else fault.code, is_degraded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthesis:
    """How the writing went: every attempt, the rounds that ran a program, what the root model's calls used, and, where no
    program was accepted, why a fixed plan took over (`fallback`). `asked` is what the root model was asked in each round, without
    what it was shown of contents; `ran` are the programs that ran; `notes` say what was asked for and
    not done."""

    attempts: tuple[Attempt, ...] = ()
    asked: tuple[tuple[Turn, ...], ...] = ()
    ran: tuple[Ran, ...] = ()
    rounds: int = 0
    calls: int = 0
    usage: Usage = NO_USAGE
    fallback: str | None = None
    candidates: tuple[Tried, ...] = ()
    agreement: float | None = None
    notes: tuple[str, ...] = ()
