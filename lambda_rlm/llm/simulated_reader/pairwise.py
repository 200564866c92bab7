"""Questions after all pairs of users whose lines meet conditions on their labels.

Owns `Condition`, what one user's lines must have, and `Pairing`, a question understood, with its answer over labelled lines.
The wordings are the twenty of OOLONG-Pairs. A clause on all instances of a label holds for a user without any.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from itertools import combinations
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.llm.simulated_reader.dates import first_date
from lambda_rlm.llm.simulated_reader.instances import LABELS, Instance

_LABEL: Final = "(" + "|".join(LABELS) + ")"
_EITHER: Final = re.compile(rf"at least one instance with an? {_LABEL} or (?:an? )?{_LABEL}")
_DATED: Final = re.compile(
    rf"all instances that are an? {_LABEL} for both users must be (after|before) ([A-Z][a-z]+ \d+, \d{{4}})"
)
_ROLES: Final = re.compile(r"such that one user has (.+?), and the other user has (.+?)\. Each of the questions", re.DOTALL)
_NEEDED: Final = re.compile(rf"(?:(at least|exactly) (one|two) instances? with |and (one) with ){_LABEL}")
_NUMBERS: Final = {"one": 1, "two": 2}

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Needed:
    """At least, or exactly, N instances of one of some labels."""

    labels: frozenset[str]
    times: int = 1
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """What the lines of one user must have; `dated` are a label and the day before or after which all its lines must be."""

    needed: tuple[Needed, ...]
    dated: tuple[str, bool, date] | None = None

    def holds(self, lines: list[Instance]) -> bool:
        """These lines, all of one user, meet the condition."""
        return all(self._has(needed, lines) for needed in self.needed) and self._is_in_time(lines)

    def _has(self, needed: Needed, lines: list[Instance]) -> bool:
        count = sum(line.label in needed.labels for line in lines)
        return count == needed.times if needed.is_exact else count >= needed.times

    def _is_in_time(self, lines: list[Instance]) -> bool:
        if self.dated is None:
            return True
        label, is_after, day = self.dated
        return all(line.day > day if is_after else line.day < day for line in lines if line.label == label)


@dataclass(frozen=True, slots=True)
class Pairing:
    """A question: the condition of one user and that of the other, equal where both must meet the same."""

    first: Condition
    second: Condition

    def pairs(self, lines: Iterable[Instance]) -> list[Pair]:
        """All pairs, lower user first, in ascending order."""
        users: dict[int, list[Instance]] = {}
        for line in lines:
            users.setdefault(line.user, []).append(line)
        first = {user for user, theirs in users.items() if self.first.holds(theirs)}
        second = {user for user, theirs in users.items() if self.second.holds(theirs)}
        if self.first == self.second:
            return list(combinations(sorted(first), 2))
        return sorted({(min(a, b), max(a, b)) for a in first for b in second if a != b})


def pairing_of(question: str) -> Pairing | None:
    """A question of this kind, understood; None for another."""
    if "list all pairs of user IDs" not in question:
        return None
    roles = _ROLES.search(question)
    if roles:
        return Pairing(_roles(roles[1]), _roles(roles[2]))
    either = _EITHER.search(question)
    if either is None:
        return None
    both = Condition((Needed(frozenset(either.groups())),), _dated(question))
    return Pairing(both, both)


def _roles(words: str) -> Condition:
    return Condition(
        tuple(Needed(frozenset({hit[4]}), _NUMBERS[hit[2] or hit[3]], hit[1] == "exactly") for hit in _NEEDED.finditer(words))
    )


def _dated(question: str) -> tuple[str, bool, date] | None:
    hit = _DATED.search(question)
    day = first_date(hit[3]) if hit else None
    return (hit[1], hit[2] == "after", day) if hit and day else None


def written(pairs: Iterable[Pair]) -> str:
    """Pairs as a reply lists them."""
    return "\n".join(f"({first}, {second})" for first, second in pairs)
