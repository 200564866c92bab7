"""What a person can do after a run has stopped.

Owns the advice for each fault: raise the limit that was reached, read what the program does wrong, or resume. Refuses to
advise resuming after a fault of the program itself, which would only come again.
"""

from __future__ import annotations

from math import ceil, floor, log10
from shlex import quote
from typing import Final

from lambda_rlm.budget.meter import OUT_OF_ATTEMPTS, OUT_OF_CALLS, OUT_OF_FUEL, OUT_OF_MONEY, OUT_OF_TOKENS, TOO_DEEP
from lambda_rlm.budget.price import dollars
from lambda_rlm.budget.storage import OUT_OF_MEMORY
from lambda_rlm.diagnostics.faults import OUT_OF_TIME
from lambda_rlm.eval.wording import BY_ZERO, FLOAT_RANGE, INT_RANGE, ITEM_TOO_LONG, NO_SOLVER, NOT_SHORTER, NOT_TRUSTED
from lambda_rlm.execution.run import Run

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

_PAID: Final = (OUT_OF_CALLS, OUT_OF_TOKENS, OUT_OF_MONEY)
"""What a run that began as likely may stop at: its budget for models."""

_OF_THE_PROGRAM: Final = frozenset({INT_RANGE, FLOAT_RANGE, BY_ZERO, NOT_SHORTER, ITEM_TOO_LONG, NO_SOLVER, NOT_TRUSTED})


def resuming(run: str, journal: str | None, options: str = "") -> str:
    """How to resume a run; names the journal where it is not at its default place."""
    place = "" if journal is None else f" --journal {quote(journal)}"
    return f"resume without paying again for finished calls: lambda-rlm resume {run}{options}{place}"


def after_fault(
    code: str | None, run: str | None, journal: str | None, done: Run | None = None, options: str = ""
) -> str | None:
    """The advice after the fault `code`, None for one that no option of a run helps; `run` is the id of a run that was paid for
    and can be resumed, with these `options`, `done` what came of it."""
    if code is None:
        return None if run is None else f"when the account has more, {resuming(run, journal, options)}"
    if code in _OF_THE_PROGRAM:
        return f"for an explanation with examples: lambda-rlm explain {code}"
    if code == TOO_DEEP:
        return "recurse on several pieces at each level (split, chunk), so that a few levels are enough"
    option = RAISED.get(code)
    if option is None:
        return None if run is None else f"to {resuming(run, journal, options)}"
    if run is None:
        return f"raise {option}"
    kept = "" if done is None or code not in _PAID else f"{_paid(done)} paid and kept; "
    enough = "N" if done is None else _enough(code, done) or "N"
    return f"{kept}raise {option} and {resuming(run, journal, f'{options} {option} {enough}')}"


def _paid(done: Run) -> str:
    calls = min(done.usage.calls, done.usage.attempts) + (0 if done.synthesis is None else done.synthesis.calls)
    usd = done.usage.usd
    cost = f", {dollars(usd)}," if usd else ""
    return f"{calls:,} {'call' if calls == 1 else 'calls'}{cost} {'is' if calls == 1 and not cost else 'are'}"


def _enough(code: str, done: Run) -> str | None:
    """A limit with which a run that stopped at its budget completes: its bound, and at least twice what it used."""
    if code not in _PAID:
        return None
    used, most, written = _figures(code, done)
    number = max(2 * used, most) + written
    if not number:
        return None
    if code != OUT_OF_MONEY:
        return str(round(number))
    digits = 1 - floor(log10(number))
    return f"{ceil(number * 10**digits) / 10**digits:.{max(2, digits)}f}"


def _figures(code: str, done: Run) -> tuple[float, float, float]:
    """What the run of a program used and could have used of a limit, and what writing the program used of it."""
    usage, written = done.usage, None if done.synthesis is None else done.synthesis.usage
    if code == OUT_OF_CALLS:
        most = None if done.bound is None else done.bound.calls
        return usage.calls, most or 0, 0 if done.synthesis is None else done.synthesis.calls
    if code == OUT_OF_TOKENS:
        most = None if done.bound is None else done.bound.tokens
        wrote = 0 if written is None else written.input_tokens + written.output_tokens
        return usage.input_tokens + usage.output_tokens, most or 0, wrote
    usd = None if done.bound is None else done.bound.usd
    return usage.usd or 0, usd or 0, 0 if written is None else written.cost or 0
