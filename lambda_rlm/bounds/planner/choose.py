"""The planner: the number for each `auto` of a program, when the sizes of the inputs are known.

Owns `choose`. It minimises the program's own bound, so one search serves the paper's plan (k*, τ*) and any program that a model
writes: among the numbers for which every prompt fits the window and the budget holds, those whose likely accuracy reaches the
floor, and of these the cheapest in US dollars, or in tokens where there is no price, then the one with the shortest chain of
calls. Coordinate descent on a geometric grid that gets finer; it starts from the defaults and keeps the best it has seen, and
it stops after a fixed amount of work, so that the choice is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from math import ceil, inf
from typing import Final, NamedTuple, Protocol

from lambda_rlm.bounds.admit import ENDLESS, OVER_BUDGET, TOO_HARD, UNFIT, UNLIMITED_COST, Bounded, bounded, refusals
from lambda_rlm.bounds.domain.abstract import Abstract
from lambda_rlm.bounds.planner.accuracy import Accuracy
from lambda_rlm.bounds.planner.autos import LEAST_CHARACTERS, AutoPlace, places, room, text_size
from lambda_rlm.bounds.rates import Rates
from lambda_rlm.bounds.staging import Computer
from lambda_rlm.budget.budget import Budget
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.types.typed import Typed

_WORK: Final = 2_400_000
"""Evaluator steps that one choice may take."""

_VISIT: Final = 1_000
"""Evaluator steps that take as long as the analysis of one term."""

_FEWEST: Final = 12
"""Candidates that staging must leave time for."""

_COUNTS: Final = (2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64)
_LEAST: Final = _COUNTS[0]
_MOST_PIECES: Final = 64
_MOST_ITEMS: Final = 32
"""Items of one batch or prompt: models lose some of a longer list, and the model of accuracy does not know it."""

_SIZES: Final = 8
"""Text sizes of the first sweeps: twice what the window has room for beside a long reply, halved again and again."""

_FINER: Final = (2**0.5, 2**0.25, 2**0.125)
_FINEST: Final = 100
"""Of an accuracy below the floor, hundredths count; closer ones are one."""

_ROUNDING: Final = 1e-6

Autos = Mapping[int, int]


class TrialComputer(Protocol):
    """Computes what needs no reply, as staging does, for one choice after the other; `steps` is what that took so far."""

    @property
    def steps(self) -> int: ...

    def computer(self, autos: Autos) -> Computer: ...


@dataclass(frozen=True, slots=True)
class NumberTried:
    """One number for an `auto`, the others being as chosen, and what the program's bound is with it.

    `against` says what rules it out: "window", "recursion", "no limit", "budget", "accuracy", or "" for nothing.
    """

    number: int
    usd: float | None
    tokens: int | None
    calls: int | None
    span: int | None
    accuracy: float
    against: str


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """What was chosen for one `auto`, what else was tried, and which limit holds the number where it is: one that rules out
    everything cheaper, or "cost" where nothing is cheaper."""

    place: AutoPlace
    number: int
    tried: tuple[NumberTried, ...]
    limit: str


@dataclass(frozen=True, slots=True)
class PlannerChoice:
    """The number of each `auto` by the term's identity, why, and how likely the answer is right."""

    autos: Autos
    rows: tuple[ChoiceRow, ...]
    accuracy: float
    reason: str
    source: SourceFile = field(repr=False)


class _Rank(NamedTuple):
    """Smaller is better."""

    refused: int
    shortfall: int
    cost: float
    chain: float
    calls: float


class _Trial(NamedTuple):
    rank: _Rank
    tried: NumberTried


def choose(
    typed: Typed,
    sizes: Mapping[str, Abstract],
    rates: Rates,
    budget: Budget,
    accuracy: Accuracy | None = None,
    rehearsal: TrialComputer | None = None,
) -> PlannerChoice:
    """The numbers for inputs of these sizes; with a rehearsal, what needs no reply is computed on the real ones."""
    search = _Search(typed, sizes, replace(rates, count=None), budget, accuracy or Accuracy(), rehearsal)
    return search.chosen()


class _Search:
    """One choice: the trials made, by their numbers, and the best so far."""

    def __init__(
        self,
        typed: Typed,
        sizes: Mapping[str, Abstract],
        rates: Rates,
        budget: Budget,
        accuracy: Accuracy,
        rehearsal: TrialComputer | None,
    ) -> None:
        self.typed, self.sizes, self.rates, self.budget = typed, sizes, rates, budget
        self.accuracy, self.rehearsal = accuracy, rehearsal
        self.places = places(typed)
        self.trials: dict[tuple[int, ...], _Trial] = {}
        self.visits = 0

    def chosen(self) -> PlannerChoice:
        size = text_size(self.rates.window, self.rates.max_output, self.rates.min_chars_per_token)
        best = tuple(place.count or size for place in self.places)
        self._rehearse_or_not(best)
        best = self._together(best)
        for grid in (self._coarse, *([self._coarse] if len(best) > 1 else []), *map(_finer, _FINER)):
            best = self._swept(best, grid)
        return self._explained(best)

    # ── the search ──

    def _rehearse_or_not(self, start: tuple[int, ...]) -> None:
        """Where computing what needs no reply takes so long that few candidates could be looked at, sizes alone must do, if by
        them the start is no worse."""
        trial = self._try(start)
        if self.rehearsal is None or self.rehearsal.steps < _WORK // _FEWEST:
            return
        self.rehearsal, kept = None, self.rehearsal
        self.trials.clear()
        if self._try(start).rank.refused > trial.rank.refused:
            self.rehearsal, self.trials = kept, {start: trial}

    def _together(self, best: tuple[int, ...]) -> tuple[int, ...]:
        """The best start: with all text sizes alike, which for numbers that depend on each other is one step for both."""
        for size in self._sizes():
            numbers = tuple(size if place.count is None else n for place, n in zip(self.places, best, strict=True))
            if self._is_spent():
                break
            best = min(best, numbers, key=lambda candidate: self._try(candidate).rank)
        return best

    def _sizes(self) -> list[int]:
        largest = 2 * room(self.rates.window, self.rates.max_output, self.rates.min_chars_per_token)
        return [max(LEAST_CHARACTERS, largest >> i) for i in range(_SIZES)]

    def _swept(self, best: tuple[int, ...], grid: Callable[[AutoPlace, int], Sequence[int]]) -> tuple[int, ...]:
        for i, place in enumerate(self.places):
            for number in grid(place, best[i]):
                numbers = (*best[:i], number, *best[i + 1 :])
                if numbers not in self.trials and self._is_spent():
                    return best
                mine, other = self._try(numbers).rank, self._try(best).rank
                # Of counts that are alike the largest: it leaves more ways open to the other numbers.
                if mine < other or (mine == other and place.count is not None and number > best[i]):
                    best = numbers
        return best

    def _coarse(self, place: AutoPlace, _: int) -> Sequence[int]:
        if place.count is not None:
            return [n for n in _COUNTS if n <= _most(place)]
        return self._sizes()

    def _is_spent(self) -> bool:
        steps = self.rehearsal.steps if self.rehearsal is not None else 0
        return self.visits * _VISIT + steps >= _WORK

    def _try(self, numbers: tuple[int, ...]) -> _Trial:
        trial = self.trials.get(numbers)
        if trial is None:
            trial = self.trials[numbers] = self._tried(numbers)
        return trial

    def _tried(self, numbers: tuple[int, ...]) -> _Trial:
        autos = self._autos(numbers)
        computer = self.rehearsal.computer(autos) if self.rehearsal is not None else None
        try:
            program = bounded(self.typed, self.sizes, self.rates, autos, self.budget, computer)
        except Rejected as rejected:
            self.visits += _WORK // _VISIT
            against = _LIMITS.get(rejected.diagnostics[0].code, "no limit")
            return _Trial(_Rank(1, _FINEST, inf, inf, inf), NumberTried(0, None, None, None, None, 0.0, against))
        self.visits += program.visits
        return self._judged(program)

    def _judged(self, program: Bounded) -> _Trial:
        bound, refused = program.bound, refusals(program, self.budget)
        likely = self.accuracy.of(bound, self.rates)
        shortfall = max(0, ceil((self.accuracy.floor - likely) * _FINEST - _ROUNDING))
        cost = bound.usd if bound.usd else bound.tokens
        against = _LIMITS.get(refused[0].code, "budget") if refused else "accuracy" if shortfall else ""
        rank = _Rank(len(refused), shortfall, *(inf if x is None else x for x in (cost, bound.span, bound.calls)))
        return _Trial(rank, NumberTried(0, bound.usd, bound.tokens, bound.calls, bound.span, likely, against))

    def _autos(self, numbers: tuple[int, ...]) -> dict[int, int]:
        return {id(place.auto): number for place, number in zip(self.places, numbers, strict=True)}

    # ── what is told of it ──

    def _explained(self, best: tuple[int, ...]) -> PlannerChoice:
        trial = self._try(best)
        rows = tuple(self._row(i, best) for i in range(len(best)))
        return PlannerChoice(self._autos(best), rows, trial.tried.accuracy, self._reason(trial), self.typed.program.source)

    def _row(self, i: int, best: tuple[int, ...]) -> ChoiceRow:
        beside = {
            numbers[i]: trial
            for numbers, trial in self.trials.items()
            if numbers[:i] == best[:i] and numbers[i + 1 :] == best[i + 1 :]
        }
        own = beside[best[i]].rank
        ruled_out = [n for n, trial in beside.items() if trial.tried.against and (trial.rank.cost < own.cost or n > best[i])]
        nearest = min(ruled_out, key=lambda n: (max(n, best[i]) / min(n, best[i]), n), default=best[i])
        held = beside[nearest].tried.against
        tried = tuple(replace(beside[number].tried, number=number) for number in sorted(beside))
        return ChoiceRow(self.places[i], best[i], tried, held or "cost")

    def _reason(self, trial: _Trial) -> str:
        count, floor = len(self.trials), self.accuracy.floor
        if trial.rank.refused:
            return f"none of the {count} tried is admitted; this is the closest"
        if trial.rank.shortfall:
            return f"no choice reaches a likely accuracy of {floor:.2f}; this is the closest, at {trial.tried.accuracy:.2f}"
        ended = " (the search stopped early)" if self._is_spent() else ""
        what = "US dollars" if trial.tried.usd else "tokens"
        return (
            f"of {count} tried{ended}, the cheapest in {what} that fits the context window and the budget with a likely accuracy of at least "
            f"{floor:.2f}; it has {trial.tried.accuracy:.2f}"
        )


_LIMITS: Final = {
    UNFIT: "window",
    UNLIMITED_COST: "no limit",
    ENDLESS: "recursion",
    OVER_BUDGET: "budget",
    TOO_HARD: "no limit",
}


def _most(place: AutoPlace) -> int:
    return _MOST_PIECES if place.function in ("split", "tree_fold") else _MOST_ITEMS


def _finer(factor: float) -> Callable[[AutoPlace, int], Sequence[int]]:
    """Numbers on both sides, nearer the smaller the factor."""

    def near(place: AutoPlace, number: int) -> Sequence[int]:
        if place.count is not None:
            step = max(1, round(number * (factor - 1)))
            return [n for n in (number - step, number + step) if _LEAST <= n <= _most(place)]
        return [max(LEAST_CHARACTERS, int(number / factor)), int(number * factor)]

    return near
