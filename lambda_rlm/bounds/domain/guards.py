"""What a condition tells about sizes in the branch where it holds, and where it does not.

Owns `refined`: the environment of a branch with narrower sizes, and the facts about sums of lengths that no single variable
holds. Understands comparisons of lengths, numbers and emptiness joined by `and`, `or` and `not`; anything else tells nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from lambda_rlm.bounds.domain.abstract import Abstract, AbstractList, AbstractNumber, AbstractRecord, AbstractText, text_of
from lambda_rlm.bounds.domain.makeup import shortened
from lambda_rlm.bounds.domain.size import ZERO, Number, SizeBound, size_of, smallest
from lambda_rlm.data_class import dataclass
from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.syntax.term import App, Infix, Pipe, Prefix, Select, Term, TextLit, Var

Environment = Mapping[str, Abstract]
Look = Callable[[Term], Abstract]
"""The abstract value of a term that is cheap to look at again: variables, fields, numbers, lengths and their sums."""


Place = tuple[str, ...]
"""A name, or a field under one: what a fact is about. Sizes would not do: two values may have the same limit."""


@dataclass(frozen=True, slots=True)
class Fact:
    """The lengths of what is at these places are together at most `limit` here."""

    places: tuple[Place, ...]
    limit: SizeBound

    def speaks_of(self, names: frozenset[str]) -> bool:
        return any(place[0] in names for place in self.places)

    def left(self, operands: Sequence[tuple[Place | None, SizeBound]]) -> SizeBound | None:
        """The sum of these operands' sizes when the fact's are among them: its limit and the rest; else None."""
        rest = list(operands)
        for place in self.places:
            same_place = next((operand for operand in rest if operand[0] == place), None)
            if same_place is None:
                return None
            rest.remove(same_place)
        size = self.limit
        for _, other in rest:
            size = size + other
        return size


def place_of(term: Term) -> Place | None:
    """The place that a name, or a field under one, denotes."""
    path: list[str] = []
    while isinstance(term, Select):
        path.append(term.field)
        term = term.record
    return (term.name, *reversed(path)) if isinstance(term, Var) else None


@dataclass(frozen=True, slots=True)
class GuardedBranch:
    """The environment and the facts of a branch."""

    env: Environment
    facts: tuple[Fact, ...]


_MOST_WAYS: Final = 4
"""Conditions that can hold in more ways are not taken apart."""

_MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_OPPOSITE: Final = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


class Guard:
    """Reads conditions; `primitive_of` tells which names are the library's, `look` the sizes of simple terms."""

    def __init__(self, primitive_of: Callable[[Var], P | None], look: Callable[[Term, Environment], Abstract | None]) -> None:
        self.primitive_of = primitive_of
        self.look = look

    def ways(self, condition: Term, holds: bool, branch: GuardedBranch) -> list[GuardedBranch]:
        """The ways in which a condition can come to hold, or not to: `a and b` fails by a, or by b where a holds."""
        match condition:
            case Prefix(operator="not", term=term):
                return self.ways(term, not holds, branch)
            case Infix(first=first, rest=rest) if rest[0][0] == ("or" if holds else "and") and len(rest) < _MOST_WAYS:
                ways, whole = [], branch
                for term in (first, *(term for _, term in rest)):
                    ways += self.ways(term, holds, branch)
                    branch = self.refined(term, not holds, branch)
                return ways if len(ways) <= _MOST_WAYS and any(way != ways[0] for way in ways) else [whole]
            case _:
                return [self.refined(condition, holds, branch)]

    def refined(self, condition: Term, holds: bool, branch: GuardedBranch) -> GuardedBranch:
        match condition:
            case Prefix(operator="not", term=term):
                return self.refined(term, not holds, branch)
            case Infix(first=first, rest=rest) if rest[0][0] == ("and" if holds else "or"):
                for term in (first, *(term for _, term in rest)):
                    branch = self.refined(term, holds, branch)
                return branch
            case Infix(first=left, rest=((operator, right),)) if operator in _MIRRORED:
                operator = operator if holds else _OPPOSITE[operator]
                branch = self._compared(left, operator, right, branch)
                return self._compared(right, _MIRRORED[operator], left, branch)
            case _:
                subject = self._argument_of(condition, P.IS_EMPTY)
                if subject is None:
                    return branch
                return (
                    self._length_limited(subject, 0, ZERO, branch) if holds else self._length_limited(subject, 1, None, branch)
                )

    def _compared(self, left: Term, operator: str, right: Term, branch: GuardedBranch) -> GuardedBranch:
        """What `left operator right` tells about `left`."""
        if operator == "==" and isinstance(right, TextLit):
            return self._length_limited(left, len(right.value), size_of(len(right.value)), branch)
        if operator == "!=" and isinstance(right, TextLit) and right.value == "":
            return self._length_limited(left, 1, None, branch)
        limit = self.look(right, branch.env)
        if not isinstance(limit, AbstractNumber):
            return branch
        high = limit.high if operator in ("<", "<=", "==") else None
        low = limit.low if operator in (">", ">=", "==") else None
        subject = self._argument_of(left, P.LENGTH)
        if subject is not None:
            if operator == "<" and high is not None and high.is_number:
                high = size_of(high.value - 1)
            return self._length_limited(subject, low if low is None else low + (operator == ">"), high, branch)
        if isinstance(left, Var | Select):
            return self._changed(left, branch, lambda value: _number(value, low, high))
        if isinstance(left, Infix) and high is not None and all(op == "+" for op, _ in left.rest):
            return self._sum_limited((left.first, *(term for _, term in left.rest)), high, branch)
        return branch

    def _sum_limited(self, terms: Sequence[Term], high: SizeBound, branch: GuardedBranch) -> GuardedBranch:
        """length(a) + length(b) + … is at most `high`; what is no length may be left out when it is at least 0."""
        places: list[Place] = []
        for term in terms:
            subject = self._argument_of(term, P.LENGTH)
            place = None if subject is None else place_of(subject)
            if place is not None and place[0] in branch.env:
                places.append(place)
                continue
            value = self.look(term, branch.env)
            if not isinstance(value, AbstractNumber) or value.low < 0:
                return branch
        return replace(branch, facts=(*branch.facts, Fact(tuple(places), high))) if places else branch

    def _length_limited(
        self, subject: Term, low: Number | None, high: SizeBound | None, branch: GuardedBranch
    ) -> GuardedBranch:
        return self._changed(subject, branch, lambda value: with_length(value, low, high))

    def _argument_of(self, term: Term, primitive: P) -> Term | None:
        match term:
            case App(function=Var() as f, arguments=(argument,)) if self.primitive_of(f) is primitive:
                return argument.value
            case Pipe(head=head, stages=(App(function=Var() as f, arguments=()),)) if self.primitive_of(f) is primitive:
                return head
            case _:
                return None

    def _changed(self, term: Term, branch: GuardedBranch, change: Callable[[Abstract], Abstract]) -> GuardedBranch:
        """The branch in which the value that a variable or a field of one stands for is changed."""
        path: list[str] = []
        while isinstance(term, Select):
            path.append(term.field)
            term = term.record
        if not isinstance(term, Var) or term.name not in branch.env:
            return branch
        changed = _at(branch.env[term.name], path[::-1], change)
        return replace(branch, env={**branch.env, term.name: changed})


def _at(value: Abstract, path: list[str], change: Callable[[Abstract], Abstract]) -> Abstract:
    if not path:
        return change(value)
    if not isinstance(value, AbstractRecord):
        return value
    return AbstractRecord(tuple((n, _at(v, path[1:], change) if n == path[0] else v) for n, v in value.fields))


def _number(value: Abstract, low: Number | None, high: SizeBound | None) -> Abstract:
    if not isinstance(value, AbstractNumber):
        return value
    least = value.low if low is None else max(value.low, low)
    return AbstractNumber(least, value.high if high is None else smallest(value.high, high), value.is_int)


def with_length(value: Abstract, low: Number | None, high: SizeBound | None) -> Abstract:
    """A text or a list of at least and at most so many characters or elements."""
    match value:
        case AbstractText(chars, bytes_, width, least, beyond, made):
            if high is not None:
                chars = smallest(chars, high)
                made = shortened(made, chars)
            return text_of(chars, width, least if low is None else max(least, low), bytes_, beyond, made=made)
        case AbstractList(length, element, owner, least):
            length = length if high is None else smallest(length, high)
            return AbstractList(length, element, owner, least if low is None else max(least, low))
        case _:
            return value
