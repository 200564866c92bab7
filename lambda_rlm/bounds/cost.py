"""What a stretch of a program costs at most, component by component, as sizes.

Owns `Cost`: costs of things done after or beside each other add; of a branch or the other, the larger; of something done for
each element of a list, the total over the list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields

from lambda_rlm.bounds.domain.size import ZERO, SizeBound, largest, peak, total
from lambda_rlm.diagnostics.source import Span

Sites = Mapping[Span, tuple[SizeBound, SizeBound]]
"""Per place of a model call, its calls and its tokens."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Upper limits, each call answered at its first attempt: what comes on top is the pool's.

    `sends` counts the requests that calls begin with; `spare` is how many more attempts the caps of each call allow, and
    `again` how many of these are calls of their own. `money` is in picodollars. What does not add up is the largest of any one:
    `prompt`, in characters, `depth`, of recursion, and `attempt_input`, `attempt_output` and `attempt_money`, of one attempt
    more. `sites` says which places calls and tokens come from."""

    calls: SizeBound = ZERO
    again: SizeBound = ZERO
    sends: SizeBound = ZERO
    spare: SizeBound = ZERO
    input_tokens: SizeBound = ZERO
    output_tokens: SizeBound = ZERO
    money: SizeBound = ZERO
    prompt: SizeBound = ZERO
    depth: SizeBound = ZERO
    attempt_input: SizeBound = ZERO
    attempt_output: SizeBound = ZERO
    attempt_money: SizeBound = ZERO
    sites: Sites = field(default_factory=dict, compare=False, kw_only=True)

    def __add__(self, other: Cost) -> Cost:
        if other is FREE:
            return self
        if self is FREE:
            return other
        return Cost(
            *(getattr(self, name) + getattr(other, name) for name in _SUMMED),
            *(largest((getattr(self, name), getattr(other, name))) for name in _LARGEST),
            sites=_merged(self.sites, other.sites, lambda a, b: a + b),
        )

    def either(self, other: Cost) -> Cost:
        """One or the other."""
        sizes = (largest((getattr(self, name), getattr(other, name))) for name in _NAMES)
        return Cost(*sizes, sites=_merged(self.sites, other.sites, lambda a, b: largest((a, b))))

    def at_most(self, other: Cost) -> Cost:
        """The same thing, of which `other` is a limit too: component by component the lower one."""
        names = ((getattr(self, name), getattr(other, name)) for name in _NAMES)
        return Cost(*(mine if mine.value <= theirs.value else theirs for mine, theirs in names), sites=other.sites)

    def for_each(self, length: SizeBound, owner: int) -> Cost:
        """Once for each of the at most `length` elements of the list that owns `owner`."""
        if self is FREE:
            return self
        return Cost(
            *(total(getattr(self, name), length, owner) for name in _SUMMED),
            *(peak(getattr(self, name), owner) for name in _LARGEST),
            sites=_changed(self.sites, lambda size: total(size, length, owner)),
        )


def _merged(a: Sites, b: Sites, combine: Callable[[SizeBound, SizeBound], SizeBound]) -> Sites:
    if not a or not b:
        return a or b
    merged = dict(a)
    for span, (calls, tokens) in b.items():
        mine = merged.get(span)
        merged[span] = (calls, tokens) if mine is None else (combine(mine[0], calls), combine(mine[1], tokens))
    return merged


def _changed(sites: Sites, change: Callable[[SizeBound], SizeBound]) -> Sites:
    return {span: (change(calls), change(tokens)) for span, (calls, tokens) in sites.items()}


@dataclass(frozen=True, slots=True)
class Overlong:
    """A prompt that may have `chars` characters where `limit` fit; its largest hole and the hole's size."""

    chars: SizeBound
    limit: int
    hole: Span | None
    hole_size: SizeBound


_NAMES = tuple(f.name for f in fields(Cost) if f.name != "sites")
_LARGEST = ("prompt", "depth", "attempt_input", "attempt_output", "attempt_money")
_SUMMED = tuple(name for name in _NAMES if name not in _LARGEST)
FREE = Cost()
