"""What came of having a program written: data for a run's record.

Owns `Synthesis`, how the writing went.
"""

from __future__ import annotations

from lambda_rlm.completion import NO_USAGE, Usage
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.faults import Fault
from lambda_rlm.synth.proposing.propose import Attempt
from lambda_rlm.synth.turn import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateTried:
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
    """A written program that ran in a round, the code of the fault it stopped with, whether its answer lacks something,
    whether it only looked."""

    program: str
    round: int
    fault: str | None
    is_degraded: bool
    is_look: bool = False

    @classmethod
    def of(cls, program: str, round: int, fault: Fault | None, is_degraded: bool, is_look: bool = False) -> Ran:
        return cls(program, round, None if fault is None else fault.code, is_degraded, is_look)


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthesis:
    """How the writing went: every attempt, the rounds that ran a program, what the root model's calls used, and, where no
    program was accepted or none answered, why a fixed plan took over (`fallback`). `asked` is what the root model was asked in
    each round, without what it was shown of contents; `ran` are the programs that ran; `notes` say what was asked for and not
    done; `is_small` that the root model was shown the page as a small one is; `peek` is the characters of each input that it
    was shown; `facts` are what speaks against the answer of a written program, None where there is none."""

    attempts: tuple[Attempt, ...] = ()
    asked: tuple[tuple[Turn, ...], ...] = ()
    ran: tuple[Ran, ...] = ()
    rounds: int = 0
    calls: int = 0
    usage: Usage = NO_USAGE
    fallback: str | None = None
    candidates: tuple[CandidateTried, ...] = ()
    agreement: float | None = None
    notes: tuple[str, ...] = ()
    is_small: bool = False
    peek: int = 0
    facts: tuple[str, ...] | None = None
