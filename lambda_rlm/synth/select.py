"""Among several candidate programs: which are the same, which to run, and which answer to take (2603.15653).

Owns the order and the choice. Promises that programs which differ in bound names, layout and comments alone count as one, that
nothing depends on the order in which candidates came back, and that each choice can be told in figures.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.syntax.alpha import renamed
from lambda_rlm.syntax.printing.pretty import pretty
from lambda_rlm.syntax.term import Program

_NOWHERE = SourceFile("program", "")
"""The formatter keeps blank lines of the text that a program comes from."""

UNSURE = 0.5
"""The confidence of a candidate that states none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A program that was accepted: its normal form, how many samples gave it, their mean confidence, what it can cost at
    most."""

    number: int
    normal: str
    samples: int = 1
    confidence: float = UNSURE
    calls: int | None = None
    usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredCandidate:
    """A candidate that was run and answered."""

    candidate: Candidate
    value: Any
    answer: str


def normal_form(program: Program) -> str:
    """The program's text with its own names numbered, without comments and blank lines."""
    return pretty(replace(renamed(program), source=_NOWHERE))


def merge(candidates: Sequence[Candidate]) -> list[Candidate]:
    """One candidate for each normal form, in the order of their numbers."""
    groups: dict[str, list[Candidate]] = {}
    for candidate in sorted(candidates, key=lambda c: c.number):
        groups.setdefault(candidate.normal, []).append(candidate)
    return [_merged(group) for group in groups.values()]


def rank(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The most promising first: those that more samples gave; then by their places in confidence and in static cost, added
    up."""
    confident = _places(candidates, lambda c: (-c.confidence,))
    cheap = _places(candidates, lambda c: (_or_endless(c.usd), _or_endless(c.calls)))
    return sorted(candidates, key=lambda c: (-c.samples, confident[c.number] + cheap[c.number], cheap[c.number], c.number))


def choose(outcomes: Sequence[AnsweredCandidate]) -> AnsweredCandidate:
    """The answer that most samples agree on; among these the most confident, then the shortest, program. Raises
    `ValueError` for none."""
    if not outcomes:
        raise ValueError("no outcome to choose from")
    votes: dict[str, int] = {}
    for outcome in outcomes:
        votes[_vote(outcome)] = votes.get(_vote(outcome), 0) + outcome.candidate.samples

    def order(outcome: AnsweredCandidate) -> tuple[int, float, int, int]:
        candidate = outcome.candidate
        return -votes[_vote(outcome)], -candidate.confidence, len(candidate.normal), candidate.number

    return min(outcomes, key=order)


def agreement(outcomes: Sequence[AnsweredCandidate], chosen: AnsweredCandidate) -> float:
    """The share of all samples that ran whose answer is the chosen one."""
    same = sum(o.candidate.samples for o in outcomes if _vote(o) == _vote(chosen))
    return same / sum(o.candidate.samples for o in outcomes)


def _merged(group: Sequence[Candidate]) -> Candidate:
    first = group[0]
    confidence = sum(candidate.confidence for candidate in group) / len(group)
    return Candidate(
        number=first.number, normal=first.normal, samples=len(group), confidence=confidence, calls=first.calls, usd=first.usd
    )


def _places(candidates: Sequence[Candidate], key: Callable[[Candidate], tuple[float, ...]]) -> dict[int, int]:
    """The place of each candidate by a key, the least first; equals share one."""
    order = sorted(set(map(key, candidates)))
    return {candidate.number: order.index(key(candidate)) for candidate in candidates}


def _or_endless(cost: float | None) -> float:
    return float("inf") if cost is None else cost


def _vote(outcome: AnsweredCandidate) -> str:
    """Answers that differ in case, white space and end marks alone agree."""
    if isinstance(outcome.value, str):
        return " ".join(outcome.value.casefold().split()).strip(" .!")
    return json.dumps(outcome.value, sort_keys=True, ensure_ascii=False)
