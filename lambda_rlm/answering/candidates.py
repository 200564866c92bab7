"""Programs that were accepted for one question, as rivals: how each enters the choice, and what came of it.

Owns `Accepted`, how rivals go on side by side, and the way from runs to what is reported of them. Promises that what all of
them used counts, whichever is chosen.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

import anyio

from lambda_rlm.bounds.bound import Bound
from lambda_rlm.budget.budget import Budget
from lambda_rlm.data_class import dataclass
from lambda_rlm.execution.check import Checked
from lambda_rlm.execution.run import Run
from lambda_rlm.synth.report import CandidateTried
from lambda_rlm.synth.select import UNSURE, AnsweredCandidate, Candidate, normal_form

if TYPE_CHECKING:
    from lambda_rlm.execution.prepare import Prepared


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """A program that was checked, its bound where it has rivals, what the root model says of it, and what was prepared for its
    run."""

    checked: Checked
    bound: Bound | None
    confidence: float | None
    prepared: Prepared | None = None


def candidate(number: int, accepted: Accepted) -> Candidate:
    """How an accepted program enters the choice."""
    program = accepted.checked.program
    assert program is not None
    confidence = UNSURE if accepted.confidence is None else accepted.confidence
    bound = accepted.bound
    calls, usd = (None, None) if bound is None else (bound.calls, bound.usd)
    return Candidate(number=number, normal=normal_form(program), confidence=confidence, calls=calls, usd=usd)


def affordable(ranked: Sequence[Candidate], accepted: Sequence[Accepted], left: Budget) -> list[Candidate]:
    """The first of the candidates, and of the others those whose bounds can be set aside beside it: so that none is refused
    because another one began before it."""
    chosen = list(ranked[:1])
    for number, one in enumerate(ranked):
        bound = accepted[one.number].bound
        if bound is None or bound.calls is None or bound.tokens is None or (left.usd is not None and bound.usd is None):
            continue
        usd = bound.usd or 0.0
        if number and (bound.calls > left.calls or bound.tokens > left.tokens or (left.usd is not None and usd > left.usd)):
            continue
        chosen += [one] if number else []
        left = left.minus(bound.calls, bound.tokens, usd)
    return chosen


def outcomes(candidates: Sequence[Candidate], runs: Mapping[int, Run]) -> list[AnsweredCandidate]:
    """The candidates that answered."""
    answered = ((c, runs[c.number]) for c in candidates if c.number in runs and runs[c.number].ok)
    return [AnsweredCandidate(candidate=c, value=run.value, answer=run.answer) for c, run in answered]


def tried(candidate: Candidate, accepted: Accepted, run: Run | None, is_chosen: bool) -> CandidateTried:
    """What is reported of a candidate."""
    return CandidateTried(
        program=accepted.checked.source.text,
        samples=candidate.samples,
        confidence=candidate.confidence,
        calls=candidate.calls,
        was_run=run is not None,
        answer=run.answer if run is not None and run.ok else None,
        fault=run.fault.code if run is not None and run.fault is not None else None,
        is_chosen=is_chosen,
    )


def together(runs: Sequence[Run]) -> Run:
    """The first run, with what all of them used and could have used."""
    first = runs[0]
    if len(runs) == 1:
        return first
    bounds = [run.bound for run in runs if run.bound is not None]
    bound = None if len(bounds) < len(runs) else reduce(add, bounds)
    likely = [run.likely for run in runs if run.likely is not None]
    return replace(
        first,
        usage=reduce(add, (run.usage for run in runs)),
        bound=bound,
        likely=None if len(likely) < len(runs) else reduce(add, likely),
        admitted="likely" if any(run.admitted == "likely" for run in runs) else "proved",
    )


async def each(job: Callable[[int], Awaitable[None]], numbers: Iterable[int]) -> None:
    """All jobs at once; the first that fails ends the others, and leaves as itself, not in a group."""
    failures: list[Exception] = []

    async def one(number: int) -> None:
        try:
            await job(number)
        except Exception as failure:  # noqa: BLE001 - raised again below, outside the group
            failures.append(failure)
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for number in numbers:
            group.start_soon(one, number)
    if failures:
        raise failures[0]
