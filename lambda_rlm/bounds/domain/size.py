"""Sizes: upper limits as expressions in the sizes of the inputs.

Owns `SizeBound`, a number at least 0 that only grows when its symbols grow: a linear form over symbols and a few other atoms
(⌈s/k⌉, max, min, products). Every size has a value for the inputs at hand and a closed form to print. No operation makes a size
smaller than the truth; where there is no exact form it gives a larger one. `UNLIMITED` is the size of what has no limit.

A symbol is the size of an input, or of the one element that stands for all elements of a list; the latter knows its peak (the
largest any element can be) and its sum over the list, which is what turns `chunk |> map(llm_call)` from n² into n: see `total`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Final

from lambda_rlm.data_class import dataclass

Number = int | float
"""A whole number, or `math.inf`."""

LARGEST: Final = 10**30
"""Sizes beyond it are said to be unlimited, so that no number here grows long."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A size with a name and the largest it can be.

    `owner` is 0 for an input; otherwise it tells the list for whose elements the symbol stands, and `sum` limits its sum over
    that list, together with the other symbols of its `group` (0: none). Symbols with one owner need not stand for the same
    element: nothing here relies on it.
    """

    name: str
    id: int
    owner: int = 0
    peak: SizeBound = field(compare=False, repr=False, kw_only=True)
    sum: SizeBound | None = field(default=None, compare=False, repr=False, kw_only=True)
    group: int = field(default=0, compare=False, repr=False, kw_only=True)

    @property
    def value(self) -> Number:
        return self.peak.value

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Quotient:
    """⌈size / divisor⌉."""

    size: SizeBound
    divisor: int

    @property
    def value(self) -> Number:
        return ceil_number(self.size.value, self.divisor)

    def __str__(self) -> str:
        is_sum = len(self.size.terms) + (self.size.constant > 0) > 1
        return f"ceil({f'({self.size})' if is_sum else self.size} / {self.divisor})"


@dataclass(frozen=True, slots=True)
class Extreme:
    """The largest or smallest of several."""

    is_largest: bool
    sizes: frozenset[SizeBound]

    @property
    def value(self) -> Number:
        return (max if self.is_largest else min)(s.value for s in self.sizes)

    def __str__(self) -> str:
        return f"{'max' if self.is_largest else 'min'}({', '.join(sorted(map(str, self.sizes)))})"


@dataclass(frozen=True, slots=True)
class Product:
    """Two sizes multiplied."""

    left: SizeBound
    right: SizeBound

    @property
    def value(self) -> Number:
        return multiply_numbers(self.left.value, self.right.value)

    def __str__(self) -> str:
        return " * ".join(f"({s})" if len(s.terms) + (s.constant > 0) > 1 else str(s) for s in (self.left, self.right))


_NOBODY: Final[frozenset[int]] = frozenset()
Atom = Symbol | Quotient | Extreme | Product


@dataclass(frozen=True, slots=True)
class SizeBound:
    """constant + Σ coefficient · atom. `value`, `weight` (how many atoms, all levels) and `owners` (of symbols, all levels) are
    worked out when it is made, and so is its hash."""

    constant: Number
    terms: tuple[tuple[Atom, int], ...] = ()
    value: Number = field(init=False, compare=False, repr=False)
    weight: int = field(init=False, compare=False, repr=False)
    owners: frozenset[int] = field(init=False, compare=False, repr=False)
    hashed: int = field(init=False, compare=False, repr=False)
    shown: str | None = field(init=False, compare=False, repr=False, default=None)

    def __post_init__(self) -> None:
        value, weight, owners = self.constant, 1, _NOBODY
        for atom, coefficient in self.terms:
            value += multiply_numbers(atom.value, coefficient)
            its_weight, its_owners = inside(atom)
            weight, owners = weight + its_weight, owners | its_owners
        object.__setattr__(self, "value", value if value <= LARGEST else math.inf)
        object.__setattr__(self, "weight", weight)
        object.__setattr__(self, "owners", owners)
        object.__setattr__(self, "hashed", hash((self.constant, self.terms)))

    def __hash__(self) -> int:
        return self.hashed

    @property
    def is_constant(self) -> bool:
        return not self.terms

    @property
    def is_number(self) -> bool:
        return not self.terms and self.constant != math.inf

    def __add__(self, other: SizeBound) -> SizeBound:
        if other.constant == 0 and not other.terms:
            return self
        if self.constant == 0 and not self.terms:
            return other
        if self.constant == math.inf or other.constant == math.inf:
            return UNLIMITED
        terms = dict(self.terms)
        for atom, coefficient in other.terms:
            terms[atom] = terms.get(atom, 0) + coefficient
        return _combined(self.constant + other.constant, terms)

    def __mul__(self, factor: int) -> SizeBound:
        if factor == 1:
            return self
        if factor == 0:
            return ZERO
        if self.constant == math.inf:
            return UNLIMITED
        return _combined(self.constant * factor, {atom: c * factor for atom, c in self.terms})

    def options(self) -> list[SizeBound] | None:
        """The sizes of which it is the largest, when it is one."""
        for i, (atom, coefficient) in enumerate(self.terms):
            if coefficient == 1 and isinstance(atom, Extreme) and atom.is_largest:
                rest = SizeBound(self.constant, self.terms[:i] + self.terms[i + 1 :])
                return [option + rest for option in sorted(atom.sizes, key=str)]
        return None

    def __str__(self) -> str:
        if self.shown is None:
            object.__setattr__(self, "shown", self._written())
        assert self.shown is not None
        return self.shown

    def _written(self) -> str:
        if self.constant == math.inf:
            return "unlimited"
        parts = [str(atom) if c == 1 else f"{c} * {_grouped(atom)}" for atom, c in self.terms]
        if self.constant or not parts:
            parts.append(str(self.constant))
        return " + ".join(parts)


ZERO: Final = SizeBound(0)
ONE: Final = SizeBound(1)
UNLIMITED: Final = SizeBound(math.inf)

_HEAVIEST: Final = 200
"""Atoms in one size; a heavier one is replaced by its value, which loses the closed form and nothing else."""


def named(name: str, value: Number) -> SizeBound:
    """The size of an input, as a symbol that prints as its name."""
    return SizeBound(0, ((Symbol(name, 0, peak=size_of(value)), 1),)) if value else ZERO


def size_of(number: Number) -> SizeBound:
    """A number as a size; a fraction counts as the next whole one."""
    return UNLIMITED if number == math.inf else SizeBound(max(0, math.ceil(number)))


def multiply_numbers(a: Number, b: Number) -> Number:
    """a · b, where nothing times infinity is nothing."""
    return 0 if a == 0 or b == 0 else a * b


def ceil_number(number: Number, divisor: int) -> Number:
    """⌈number / divisor⌉."""
    return number if number == math.inf else -(-int(number) // divisor)


def times(a: SizeBound, b: SizeBound) -> SizeBound:
    """a · b."""
    if a.is_number:
        return b * int(a.constant)
    if b.is_number:
        return a * int(b.constant)
    if a == UNLIMITED or b == UNLIMITED:
        return UNLIMITED
    return as_size(Product(*sorted((a, b), key=str)))


def ceil_div(a: SizeBound, divisor: int) -> SizeBound:
    """⌈a / divisor⌉ for a divisor of at least 1."""
    if divisor <= 1:
        return a
    if a.is_constant:
        return size_of(ceil_number(a.constant, divisor))
    return as_size(Quotient(a, divisor))


def largest(sizes: Iterable[SizeBound]) -> SizeBound:
    """The largest of several; of none, 0."""
    return _extreme(set(sizes), is_largest=True) or ZERO


def smallest(*sizes: SizeBound) -> SizeBound:
    """The smallest of several."""
    return _extreme(set(sizes), is_largest=False) or UNLIMITED


def substitute(size: SizeBound, values: Mapping[Symbol, SizeBound]) -> SizeBound:
    """The size with symbols replaced."""
    changed = SizeBound(size.constant)
    for atom, coefficient in size.terms:
        changed = changed + _substituted(atom, values) * coefficient
    return changed


def _substituted(atom: Atom, values: Mapping[Symbol, SizeBound]) -> SizeBound:
    match atom:
        case Symbol():
            return values.get(atom, as_size(atom))
        case Quotient(size, divisor):
            return ceil_div(substitute(size, values), divisor)
        case Extreme(is_largest, sizes):
            return _extreme({substitute(size, values) for size in sizes}, is_largest) or ZERO
        case Product(left, right):
            return times(substitute(left, values), substitute(right, values))


def less(a: SizeBound, b: SizeBound) -> SizeBound | None:
    """a − b where every coefficient of b is in a; else None."""
    if b.constant > a.constant or a.constant == math.inf:
        return None
    terms = dict(a.terms)
    for atom, coefficient in b.terms:
        left = terms.pop(atom, 0) - coefficient
        if left < 0:
            return None
        if left:
            terms[atom] = left
    return _combined(a.constant - b.constant, terms)


def closer(a: SizeBound, b: SizeBound) -> SizeBound:
    """Of two limits of one thing the one that is lower for the inputs at hand, the simpler one when they are equal."""
    return min(a, b, key=lambda s: (s.value, s.weight))


def peak(size: SizeBound, owner: int) -> SizeBound:
    """The size with every symbol of a list's elements at its largest."""
    if owner not in size.owners:
        return size
    return _rewritten(size, owner, {})


def depends(size: SizeBound, owner: int) -> bool:
    """A symbol of this owner occurs in it."""
    return owner in size.owners


def _rewritten(size: SizeBound, owner: int, seen: dict[SizeBound, SizeBound]) -> SizeBound:
    if not depends(size, owner):
        return size
    rewritten = seen.get(size)
    if rewritten is None:
        rewritten = SizeBound(size.constant)
        for atom, coefficient in size.terms:
            rewritten = rewritten + _rewritten_atom(atom, owner, seen) * coefficient
        seen[size] = rewritten
    return rewritten


def _rewritten_atom(atom: Atom, owner: int, seen: dict[SizeBound, SizeBound]) -> SizeBound:
    match atom:
        case Symbol():
            return atom.peak if atom.owner == owner else as_size(atom)
        case Quotient(size, divisor):
            return ceil_div(_rewritten(size, owner, seen), divisor)
        case Extreme(is_largest, sizes):
            return _extreme({_rewritten(size, owner, seen) for size in sizes}, is_largest) or ZERO
        case Product(left, right):
            return times(_rewritten(left, owner, seen), _rewritten(right, owner, seen))


def as_size(atom: Atom) -> SizeBound:
    """An atom alone."""
    return _combined(0, {atom: 1})


def _combined(constant: Number, terms: dict[Atom, int]) -> SizeBound:
    ordered = terms.items() if len(terms) < 2 else sorted(terms.items(), key=lambda term: str(term[0]))
    size = SizeBound(constant, tuple(ordered))
    if size.constant > LARGEST or any(coefficient > LARGEST for _, coefficient in size.terms):
        return UNLIMITED
    if size.weight > _HEAVIEST:
        return size_of(size.value)
    return size


def _extreme(sizes: set[SizeBound], is_largest: bool) -> SizeBound | None:
    if not sizes:
        return None
    if all(not size.terms for size in sizes):
        return (max if is_largest else min)(sizes, key=lambda size: size.constant)
    if UNLIMITED in sizes:
        if is_largest:
            return UNLIMITED
        sizes.discard(UNLIMITED)
        if not sizes:
            return UNLIMITED
    kept = {s for s in sizes if not any(o is not s and (_dominates(o, s) if is_largest else _dominates(s, o)) for o in sizes)}
    if len(kept) == 1:
        return kept.pop()
    return as_size(Extreme(is_largest, frozenset(kept)))


def _dominates(a: SizeBound, b: SizeBound) -> bool:
    """a ≥ b whatever the symbols are, as far as coefficients tell."""
    if a.constant < b.constant:
        return False
    of_a = dict(a.terms)
    return all(of_a.get(atom, 0) >= coefficient for atom, coefficient in b.terms)


def inside(atom: Atom) -> tuple[int, frozenset[int]]:
    """The weight of an atom and the owners of its symbols."""
    match atom:
        case Symbol():
            return 1, frozenset((atom.owner,))
        case Quotient(size):
            return 1 + size.weight, size.owners
        case Extreme(sizes=sizes):
            return 1 + sum(s.weight for s in sizes), _NOBODY.union(*(s.owners for s in sizes))
        case Product(left, right):
            return 1 + left.weight + right.weight, left.owners | right.owners


def _grouped(atom: Atom) -> str:
    return f"({atom})" if isinstance(atom, Product) else str(atom)
