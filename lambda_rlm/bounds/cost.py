"""What a stretch of a program costs at most, component by component, as sizes.

Owns `Cost`: costs of things done after or beside each other add; of a branch or the other, the larger; of something done for
each element of a list, the total over the list. Promises that calls, tokens and money of a cost are the sum of its parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, fields, replace
from functools import reduce
from typing import Final, NamedTuple

from lambda_rlm.bounds.domain.size import ZERO, SizeBound, largest, peak
from lambda_rlm.bounds.domain.totals import total
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.source import Span

_MOST_PARTS: Final = 200
"""Parts of one choice that are told apart; what has more is one part."""


class Figures(NamedTuple):
    """What something costs in all, `money` in picodollars."""

    calls: SizeBound = ZERO
    input_tokens: SizeBound = ZERO
    output_tokens: SizeBound = ZERO
    money: SizeBound = ZERO

    @property
    def tokens(self) -> SizeBound:
        return self.input_tokens + self.output_tokens

    def plus(self, other: Figures) -> Figures:
        return Figures(*map(SizeBound.__add__, self, other))

    def larger(self, other: Figures) -> Figures:
        return Figures(*(largest(pair) for pair in zip(self, other, strict=True)))


NO_FIGURES: Final = Figures()


@dataclass(frozen=True, slots=True)
class CallSite:
    """All calls of one place, made by `function`. `prompt` and `reply` are the tokens of one of them at most. A recursion that
    may not end is one too; its function is ""."""

    figures: Figures
    prompt: SizeBound
    reply: SizeBound
    function: str

    @property
    def weight(self) -> int:
        return 1

    def with_more(self, other: CallSite) -> CallSite:
        """Both after each other."""
        prompt, reply = largest((self.prompt, other.prompt)), largest((self.reply, other.reply))
        return replace(self, figures=self.figures.plus(other.figures), prompt=prompt, reply=reply)

    def for_each(self, length: SizeBound, owner: int) -> CallSite:
        figures = Figures(*(total(size, length, owner) for size in self.figures))
        return replace(self, figures=figures, prompt=peak(self.prompt, owner), reply=peak(self.reply, owner))


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several branches, each time the program gets here: each branch by its place, with what it costs where it is the
    only one. `figures` are at least those of the dearest, and more where it may be one now and another then. Without branches
    there were too many parts to tell apart."""

    figures: Figures
    branches: tuple[tuple[Span, Parts], ...]

    @property
    def weight(self) -> int:
        """The parts inside."""
        return 1 + sum(_weight(parts) for _, parts in self.branches)

    def with_more(self, other: Choice) -> Choice:
        """Both after each other."""
        mine, its = _numbered(self.branches), _numbered(other.branches)
        branches = tuple((key[0], merged(mine.get(key, {}), its.get(key, {}))) for key in {**mine, **its})
        is_told = bool(self.branches) and bool(other.branches)
        return Choice(self.figures.plus(other.figures), branches if is_told else ())

    def for_each(self, length: SizeBound, owner: int) -> Choice:
        figures = Figures(*(total(size, length, owner) for size in self.figures))
        return Choice(figures, tuple((span, for_each(parts, length, owner)) for span, parts in self.branches))


Part = CallSite | Choice
Parts = Mapping[Span, Part]
"""What a cost is made of, by place: what is in it adds up to it."""


def merged(a: Parts, b: Parts) -> Parts:
    """The parts of two stretches after each other."""
    if not a or not b:
        return a or b
    both = dict(a)
    for span, part in b.items():
        mine = both.get(span)
        both[span] = part if mine is None else mine.with_more(part)  # type: ignore[arg-type]
    return both


def for_each(parts: Parts, length: SizeBound, owner: int) -> Parts:
    return {span: part.for_each(length, owner) for span, part in parts.items()}


def in_all(parts: Parts) -> Figures:
    """What the parts add up to."""
    return reduce(Figures.plus, (part.figures for part in parts.values()), NO_FIGURES)


def by_site(parts: Parts) -> dict[Span, Figures]:
    """What each place of a call costs at most; of branches the dearest for it."""
    sites: dict[Span, Figures] = {}
    for span, part in parts.items():
        if isinstance(part, Choice) and part.branches:
            of_branches = _joined((by_site(inner) for _, inner in part.branches), Figures.larger)
        else:
            of_branches = {span: part.figures}
        sites = _joined((sites, of_branches), Figures.plus)
    return sites


def _joined(several: Iterable[Mapping[Span, Figures]], combine: Callable[[Figures, Figures], Figures]) -> dict[Span, Figures]:
    joined: dict[Span, Figures] = {}
    for sites in several:
        for span, figures in sites.items():
            joined[span] = combine(joined[span], figures) if span in joined else figures
    return joined


def _weight(parts: Parts) -> int:
    return sum(part.weight for part in parts.values())


def _numbered(branches: tuple[tuple[Span, Parts], ...]) -> dict[tuple[Span, int], Parts]:
    """Branches of one place, such as those of a condition that holds in two ways, are told apart by their order."""
    numbered: dict[tuple[Span, int], Parts] = {}
    for span, parts in branches:
        number = 0
        while (span, number) in numbered:
            number += 1
        numbered[span, number] = parts
    return numbered


@dataclass(frozen=True, slots=True)
class Cost:
    """Upper limits, each call answered at its first attempt: what comes on top is the pool's.

    `sends` counts the requests that calls begin with; `spare` is how many more attempts the caps of each call allow,
    `spare_input` and `spare_output` their tokens, and `again` how many of them are calls of their own. `money` is in
    picodollars. What does not add up is the largest of any one: `prompt`, in characters, `depth`, of recursion, and
    `attempt_input`, `attempt_output` and `attempt_money`, of one attempt more. `parts` says where calls, tokens and money come
    from: they add up to what is here."""

    calls: SizeBound = ZERO
    again: SizeBound = ZERO
    sends: SizeBound = ZERO
    spare: SizeBound = ZERO
    input_tokens: SizeBound = ZERO
    output_tokens: SizeBound = ZERO
    money: SizeBound = ZERO
    spare_input: SizeBound = ZERO
    spare_output: SizeBound = ZERO
    prompt: SizeBound = ZERO
    depth: SizeBound = ZERO
    attempt_input: SizeBound = ZERO
    attempt_output: SizeBound = ZERO
    attempt_money: SizeBound = ZERO
    parts: Parts = field(default_factory=dict, compare=False, kw_only=True)

    def __add__(self, other: Cost) -> Cost:
        if other is FREE:
            return self
        if self is FREE:
            return other
        return Cost(
            *(getattr(self, name) + getattr(other, name) for name in _SUMMED),
            *(largest((getattr(self, name), getattr(other, name))) for name in _LARGEST),
            parts=merged(self.parts, other.parts),
        )

    @property
    def figures(self) -> Figures:
        return Figures(self.calls, self.input_tokens, self.output_tokens, self.money)

    def at_most(self, other: Cost) -> Cost:
        """The same thing, of which `other` is a limit too: the one that is lower in money, then in tokens."""

        def amount(cost: Cost) -> tuple[float, float]:
            return cost.money.value, cost.figures.tokens.value

        return other if amount(other) <= amount(self) else self

    def for_each(self, length: SizeBound, owner: int) -> Cost:
        """Once for each of the at most `length` elements of the list that owns `owner`."""
        if self is FREE:
            return self
        parts = for_each(self.parts, length, owner)
        return Cost(
            **in_all(parts)._asdict(),
            **{name: total(getattr(self, name), length, owner) for name in _SUMMED if name not in Figures._fields},
            **{name: peak(getattr(self, name), owner) for name in _LARGEST},
            parts=parts,
        )


def one_of(costs: Sequence[Cost], place: Span, branches: Sequence[Span]) -> Cost:
    """One of several ways to go on from a place, each by the place of its branch."""
    if len(costs) == 1:
        return costs[0]
    if all(cost is FREE for cost in costs):
        return FREE
    dearest = Cost(*(largest(getattr(cost, name) for cost in costs) for name in _NAMES))
    if not any(cost.parts for cost in costs):
        return dearest
    choice = Choice(dearest.figures, tuple((span, cost.parts) for span, cost in zip(branches, costs, strict=True)))
    if choice.weight > _MOST_PARTS:
        choice = Choice(dearest.figures, ())
    return replace(dearest, parts={place: choice})


@dataclass(frozen=True, slots=True)
class Overlong:
    """A prompt that may have `chars` characters where `limit` fit; its largest hole and the hole's size."""

    chars: SizeBound
    limit: int
    hole: Span | None
    hole_size: SizeBound


_NAMES = tuple(f.name for f in fields(Cost) if f.name != "parts")
_LARGEST = ("prompt", "depth", "attempt_input", "attempt_output", "attempt_money")
_SUMMED = tuple(name for name in _NAMES if name not in _LARGEST)
FREE = Cost()
