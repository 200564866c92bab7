"""Sizes that vary over the elements of a list, and their sums.

Owns `symbol`, `total`, and `Renewal` for a list that becomes another. Promises upper limits; where sizes share a sum (the texts
in the records of one reply), it counts once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import field
from itertools import count as numbers

from lambda_rlm.bounds.domain.size import (
    ZERO,
    Atom,
    Extreme,
    Product,
    Quotient,
    SizeBound,
    Symbol,
    as_size,
    ceil_div,
    closer,
    inside,
    peak,
    smallest,
    times,
)
from lambda_rlm.data_class import dataclass

_SERIALS = numbers(1)


def fresh() -> int:
    """A number for a symbol or an owner that no other has."""
    return next(_SERIALS)


def total(size: SizeBound, count: SizeBound, owner: int) -> SizeBound:
    """Upper limit of Σ size(σᵢ) over the at most `count` elements of the list that owns the symbols σ.

    Sums are exact for the linear part: a sum that symbols of one group share counts as often as the largest of their
    coefficients. Σ⌈xᵢ/k⌉ ≤ ⌈Σxᵢ/k⌉ + count; Σ max ≤ the sum of the sums; Σ min ≤ the least of the sums; and nothing is more
    than count times its peak.
    """
    at_most = times(count, peak(size, owner))
    if size.constant == math.inf or owner not in size.owners:
        return at_most
    size = _as_grouped(size, count, owner)
    summed = times(count, SizeBound(size.constant))
    shared: dict[int, tuple[SizeBound, int]] = {}
    for atom, coefficient in size.terms:
        if isinstance(atom, Symbol) and atom.group and atom.owner == owner and atom.sum is not None:
            sum_, most = shared.get(atom.group, (atom.sum, 0))
            shared[atom.group] = closer(sum_, atom.sum), max(most, coefficient)
        else:
            summed = summed + _total_atom(atom, count, owner) * coefficient
    for sum_, most in shared.values():
        summed = summed + sum_ * most
    return closer(summed, at_most)


def _as_grouped(size: SizeBound, count: SizeBound, owner: int) -> SizeBound:
    """A size that is no smaller: of the least of several sizes that of the smallest sum, if that has symbols of a group, which
    may share it with the rest."""
    choices = {atom for atom, _ in size.terms if _may_be_grouped(atom, owner)}
    if not choices:
        return size
    changed = SizeBound(size.constant)
    for atom, coefficient in size.terms:
        part = as_size(atom)
        if atom in choices:
            assert isinstance(atom, Extreme)
            least = min(sorted(atom.sizes, key=str), key=lambda option: total(option, count, owner).value)
            part = _as_grouped(least, count, owner) if _has_group(least, owner) else part
        changed = changed + part * coefficient
    return changed


def _may_be_grouped(atom: Atom, owner: int) -> bool:
    """The least of several sizes of which one at least has symbols of a group."""
    return isinstance(atom, Extreme) and not atom.is_largest and any(_has_group(option, owner) for option in atom.sizes)


def _has_group(size: SizeBound, owner: int) -> bool:
    return any(isinstance(atom, Symbol) and atom.group and atom.owner == owner for atom, _ in size.terms)


def _total_atom(atom: Atom, count: SizeBound, owner: int) -> SizeBound:
    if owner not in inside(atom)[1]:
        return times(count, as_size(atom))
    match atom:
        case Symbol(sum=SizeBound() as sum_):
            return sum_
        case Quotient(size, divisor):
            return ceil_div(total(size, count, owner), divisor) + count
        case Extreme(is_largest=True, sizes=sizes):
            summed = ZERO
            for size in sorted(sizes, key=str):
                summed = summed + total(size, count, owner)
            return summed
        case Extreme(sizes=sizes):
            return smallest(*(total(size, count, owner) for size in sizes))
        case Product(left, right):
            return closer(
                times(total(left, count, owner), peak(right, owner)), times(peak(left, owner), total(right, count, owner))
            )
        case _:
            return times(count, as_size(atom))


def _shared_sum(size: SizeBound, owner: int) -> tuple[int, SizeBound] | None:
    """The group of a size that is one symbol of it, and what the symbols of the group have together."""
    if len(size.terms) == 1 and not size.constant:
        atom, coefficient = size.terms[0]
        if coefficient == 1 and isinstance(atom, Symbol) and atom.owner == owner and atom.group and atom.sum is not None:
            return atom.group, atom.sum
    return None


def symbol(peak_: SizeBound, sum_: SizeBound, owner: int, group: int = 0) -> SizeBound:
    """A size that varies over the elements of a list: at most `peak_` in each, `sum_` in all, together with the other sizes of
    its group."""
    if peak_.value == 0 or sum_.value == 0:
        return ZERO
    highest = sum_ if sum_.value < peak_.value else peak_
    return SizeBound(0, ((Symbol("element", fresh(), owner, peak=highest, sum=sum_, group=group), 1),))


@dataclass(frozen=True, slots=True)
class Renewal:
    """The sizes of a list's elements, made those of another list in which they are."""

    owner: int
    groups: dict[int, int] = field(default_factory=dict)
    """What was shared in the old list is shared in the new one, with nothing else."""

    def size(
        self, size: SizeBound, old: int, count: SizeBound, highest: SizeBound, summed: Callable[[SizeBound], SizeBound]
    ) -> SizeBound:
        """A size of the at most `count` elements of the old list, at most `highest` in each of the new one; `summed` gives what
        a sum over the old list is over the new one."""
        shared = _shared_sum(size, old)
        if shared is None:
            return symbol(highest, summed(total(size, count, old)), self.owner)
        group, sum_ = shared
        return symbol(highest, summed(sum_), self.owner, self.groups.setdefault(group, fresh()))
