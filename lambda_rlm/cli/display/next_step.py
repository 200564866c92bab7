"""What a person can do after a run has stopped.

Owns the advice for each fault: raise the limit that was reached, read what the program does wrong, or resume. Refuses to
advise resuming after a fault of the program itself, which would only come again.
"""

from __future__ import annotations

from shlex import quote
from typing import Final

from lambda_rlm.budget.meter import OUT_OF_ATTEMPTS, OUT_OF_CALLS, OUT_OF_FUEL, OUT_OF_MONEY, OUT_OF_TOKENS, TOO_DEEP
from lambda_rlm.budget.storage import OUT_OF_MEMORY
from lambda_rlm.diagnostics.faults import OUT_OF_TIME
from lambda_rlm.eval.wording import BY_ZERO, FLOAT_RANGE, INT_RANGE, ITEM_TOO_LONG, NO_SOLVER, NOT_SHORTER, NOT_TRUSTED

RAISED: Final = {
    OUT_OF_FUEL: "--fuel",
    OUT_OF_MEMORY: "--memory",
    OUT_OF_CALLS: "--max-calls",
    OUT_OF_TOKENS: "--max-tokens",
    OUT_OF_MONEY: "--max-cost",
    OUT_OF_TIME: "--max-seconds",
    OUT_OF_ATTEMPTS: "--pool",
}
"""The limits that a resumed run can be given anew, each by the code of its fault, with its option."""

_OF_THE_PROGRAM: Final = frozenset({INT_RANGE, FLOAT_RANGE, BY_ZERO, NOT_SHORTER, ITEM_TOO_LONG, NO_SOLVER, NOT_TRUSTED})


def resuming(run: str, journal: str | None, options: str = "") -> str:
    """How to resume a run; names the journal where it is not at its default place."""
    place = "" if journal is None else f" --journal {quote(journal)}"
    return f"resume without paying again for finished calls: lambda-rlm resume {run}{options}{place}"


def after_fault(code: str, run: str | None, journal: str | None) -> str | None:
    """The advice after the fault `code`; `run` is the id of a run that was paid for and can be resumed."""
    if code in _OF_THE_PROGRAM:
        return f"for an explanation with examples: lambda-rlm explain {code}"
    if code == TOO_DEEP:
        return "recurse on several pieces at each level (split, chunk), so that a few levels are enough"
    option = RAISED.get(code)
    if option is None:
        return None if run is None else f"to {resuming(run, journal)}"
    return f"raise {option}" if run is None else f"raise {option} and {resuming(run, journal, f' {option} N')}"
