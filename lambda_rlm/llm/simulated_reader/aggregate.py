"""Questions about the labels of many lines: counts, comparisons, most and least common, by user, by month and by date.

Owns `AggregateQuestion`, a question of this kind understood, and its answer over labelled lines. The wordings are those of
OOLONG.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from enum import Enum
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.llm.simulated_reader.dates import MONTHS, dates_in
from lambda_rlm.llm.simulated_reader.instances import LABELS, Instance

_NAMED: Final = re.compile(r"label '?(" + "|".join(LABELS) + r")'?")
_USERS: Final = re.compile(r"associated with user IDs ([\d, ]+)")
_MONTH: Final = re.compile(r"instances that occur in (" + "|".join(MONTHS) + r") of any year")
_BETWEEN: Final = re.compile(r"instances that occur between (.+?) and (.+?), inclusive")
_TIMES: Final = re.compile(r"represented exactly (\d+) times")
_TWO_USERS: Final = re.compile(r"User (\d+) or User (\d+)")
_PARTED: Final = re.compile(r"before (\d{4}-\d\d-\d\d), as compared to after")
PHRASES: Final = ("more common", "less common", "the same frequency")
PHRASES_AS: Final = ("more common than", "less common than", "same frequency as")

Answer = tuple[str, Sequence[str]]
"""The answer in the form asked for, and plausible wrong ones in the same form."""


class Kind(Enum):
    """What is asked, by what the wording of such a question has in it; tried in this order."""

    COUNT = "how many data points should be classified as label"
    BEFORE_AND_AFTER = "the same frequency before"
    COMPARE = "or the same frequency as label"
    MOST_COMMON = "which of the labels is the most common"
    LEAST_COMMON = "which of the labels is the least common"
    SECOND_USER = "which user is represented the second most often"
    FIRST_USER = "which user is represented most often"
    USER_WITH_MOST = "which user has the most instances with the label"
    USER_WITH_MORE = "which user has more instances with the label"
    MOST_FREQUENT_DATE = "which date is represented most often"
    DATES_REPRESENTED = "how many dates are represented exactly"
    FIRST_MONTH = "In which month did the label"
    MONTHS_OF_ONE = "the single most frequently occuring label"
    MONTHS_OF_TWO = "occur more frequently than the label"


@dataclass(frozen=True, slots=True)
class AggregateQuestion:
    """A question: its text, the labels it names, the two users or the number or the day it names, and which lines it is
    about."""

    kind: Kind
    question: str
    labels: tuple[str, ...]
    users: frozenset[int]
    month: int | None
    between: tuple[date, date] | None

    def answer(self, lines: Iterable[Instance]) -> Answer | None:
        """The answer over these lines; None where there is none, or several."""
        return _SOLVED[self.kind](self, [line for line in lines if self._keeps(line)])

    @property
    def two_users(self) -> tuple[str, ...]:
        hit = _TWO_USERS.search(self.question)
        return hit.groups() if hit else ()

    @property
    def times(self) -> int:
        hit = _TIMES.search(self.question)
        return int(hit[1]) if hit else 1

    @property
    def parted(self) -> str:
        """The day that parts the lines, as the question writes it."""
        hit = _PARTED.search(self.question)
        return hit[1] if hit else ""

    def _keeps(self, line: Instance) -> bool:
        return (
            (not self.users or line.user in self.users)
            and (self.month is None or line.day.month == self.month)
            and (self.between is None or self.between[0] <= line.day <= self.between[1])
        )


def tally_of(question: str) -> AggregateQuestion | None:
    """A question of this kind, understood; None for another."""
    kind = next((kind for kind in Kind if kind.value in question), None)
    if kind is None:
        return None
    before_form = question.split("Give your final answer")[0]
    users = _USERS.search(question)
    month = _MONTH.search(question)
    between = _BETWEEN.search(question)
    days = [day for _, _, day in dates_in(between[0])] if between else []
    return AggregateQuestion(
        kind,
        question,
        tuple(dict.fromkeys(_NAMED.findall(before_form))),
        frozenset(map(int, users[1].replace(",", " ").split())) if users else frozenset(),
        MONTHS.index(month[1]) + 1 if month else None,
        (days[0], days[1]) if len(days) == 2 else None,
    )


def _count(tally: AggregateQuestion, lines: list[Instance]) -> Answer:
    return _number(sum(line.label == tally.labels[0] for line in lines))


def _compare(tally: AggregateQuestion, lines: list[Instance]) -> Answer:
    first, second = tally.labels[:2]
    counts = Counter(line.label for line in lines)
    return _phrased(f"Answer: {first} is {{}} {second}", PHRASES_AS, counts[first], counts[second])


def _before_and_after(tally: AggregateQuestion, lines: list[Instance]) -> Answer:
    day, label = date.fromisoformat(tally.parted), tally.labels[0]
    early, late = [line for line in lines if line.day < day], [line for line in lines if line.day > day]

    def share(part: list[Instance]) -> float:
        return sum(line.label == label for line in part) / max(1, len(part))

    return _phrased(f"Answer: {label} is {{}} before {tally.parted}", PHRASES, share(early), share(late))


def _label(most: bool) -> Callable[[AggregateQuestion, list[Instance]], Answer | None]:
    def solve(tally: AggregateQuestion, lines: list[Instance]) -> Answer | None:
        counts = Counter({} if most else dict.fromkeys(LABELS, 0))
        counts.update(line.label for line in lines if line.label)
        return _extreme("Label: {}", counts, LABELS, 0 if most else -1)

    return solve


def _user(place: int) -> Callable[[AggregateQuestion, list[Instance]], Answer | None]:
    def solve(tally: AggregateQuestion, lines: list[Instance]) -> Answer | None:
        wanted = tally.labels[:1]
        users = Counter(str(line.user) for line in lines if not wanted or line.label == wanted[0])
        if tally.two_users:
            users = Counter({user: users[user] for user in tally.two_users})
        return _extreme("User: {}", users, tuple(users), place)

    return solve


def _date(tally: AggregateQuestion, lines: list[Instance]) -> Answer | None:
    days = Counter(f"{line.day:%m/%d/%Y}" for line in lines)
    return _extreme("Date: {}", days, tuple(days), 0)


def _dates_represented(tally: AggregateQuestion, lines: list[Instance]) -> Answer:
    days = Counter(line.day for line in lines)
    return _number(sum(times == tally.times for times in days.values()))


def _months(lines: list[Instance]) -> dict[tuple[int, int], Counter[str | None]]:
    months: dict[tuple[int, int], Counter[str | None]] = {}
    for line in lines:
        months.setdefault((line.day.year, line.day.month), Counter())[line.label] += 1
    return dict(sorted(months.items()))


def _first_month(tally: AggregateQuestion, lines: list[Instance]) -> Answer | None:
    first, second = tally.labels[:2]
    months = _months(lines)
    names = [f"Answer: {MONTHS[month - 1]} {year}" for year, month in months]
    for name, counts in zip(names, months.values(), strict=True):
        if counts[first] > counts[second]:
            return name, [other for other in names if other != name]
    return None


def _months_of_one(tally: AggregateQuestion, lines: list[Instance]) -> Answer:
    label = tally.labels[0]
    return _number(
        sum(all(counts[label] > counts[other] for other in LABELS if other != label) for counts in _months(lines).values())
    )


def _months_of_two(tally: AggregateQuestion, lines: list[Instance]) -> Answer:
    first, second = tally.labels[:2]
    return _number(sum(counts[first] > counts[second] for counts in _months(lines).values()))


def _number(number: int) -> Answer:
    reach = max(2, number // 5)
    wrong = [near for near in range(max(0, number - reach), number + reach + 1) if near != number]
    return f"Answer: {number}", [f"Answer: {near}" for near in wrong]


def _phrased(form: str, phrases: Sequence[str], first: float, second: float) -> Answer:
    right = 0 if first > second else 1 if first < second else 2
    return form.format(phrases[right]), [form.format(phrase) for i, phrase in enumerate(phrases) if i != right]


def _extreme(form: str, counts: Counter[str], all_of_them: Sequence[str], place: int) -> Answer | None:
    """The one at a place among those with most; None for a tie."""
    ranked = counts.most_common()
    if len(ranked) <= max(place, 0):
        return None
    winner, times = ranked[place]
    if sum(other == times for _, other in ranked) > 1:
        return None
    return form.format(winner), [form.format(name) for name in all_of_them if name != winner]


_SOLVED: Final[dict[Kind, Callable[[AggregateQuestion, list[Instance]], Answer | None]]] = {
    Kind.COUNT: _count,
    Kind.BEFORE_AND_AFTER: _before_and_after,
    Kind.COMPARE: _compare,
    Kind.MOST_COMMON: _label(most=True),
    Kind.LEAST_COMMON: _label(most=False),
    Kind.SECOND_USER: _user(1),
    Kind.FIRST_USER: _user(0),
    Kind.USER_WITH_MOST: _user(0),
    Kind.USER_WITH_MORE: _user(0),
    Kind.MOST_FREQUENT_DATE: _date,
    Kind.DATES_REPRESENTED: _dates_represented,
    Kind.FIRST_MONTH: _first_month,
    Kind.MONTHS_OF_ONE: _months_of_one,
    Kind.MONTHS_OF_TWO: _months_of_two,
}
