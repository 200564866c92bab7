"""What a condition tells about sizes in the branch where it holds, and where it does not.

Owns `refined`: the environment of a branch with narrower sizes, and the facts about sums of lengths that no single variable
holds. Understands comparisons of lengths, numbers and emptiness joined by `and`, `or` and `not`; anything else tells nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from lambda_rlm.cost.abstract import Abstract, AbstractList, AbstractNumber, AbstractRecord, AbstractText
from lambda_rlm.cost.size import ZERO, Number, Size, size_of, smallest
from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.syntax.term import App, Infix, Pipe, Prefix, Select, Term, TextLit, Var

Environment = Mapping[str, Abstract]
Look = Callable[[Term], Abstract]
"""The abstract value of a term that is cheap to look at again: variables, fields, numbers, lengths and their sums."""


@dataclass(frozen=True, slots=True)
class Fact:
    """`size` is at most `limit` here."""

    size: Size
    limit: Size


@dataclass(frozen=True, slots=True)
class Branch:
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

    def ways(self, condition: Term, holds: bool, branch: Branch) -> list[Branch]:
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

    def refined(self, condition: Term, holds: bool, branch: Branch) -> Branch:
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

    def _compared(self, left: Term, operator: str, right: Term, branch: Branch) -> Branch:
        """What `left operator right` tells about `left`."""
        if operator == "==" and isinstance(right, TextLit):
            return self._length_limited(left, len(right.value), size_of(len(right.value)), branch)
        if operator == "!=" and isinstance(right, TextLit) and right.value == "":
            return self._length_limited(left, 1, None, branch)
        limit = self.look(right, branch.env)
        if not isinstance(limit, AbstractNumber):
            return branch
        high = limit.high if operator in ("<", "<=", "==") else None
        if operator == "<" and high is not None and high.is_constant and high.value != math.inf:
            high = size_of(high.value - 1)
        low = limit.low + (operator == ">") if operator in (">", ">=", "==") else None
        subject = self._argument_of(left, P.LENGTH)
        if subject is not None:
            return self._length_limited(subject, low, high, branch)
        if isinstance(left, Var | Select):
            return self._changed(left, branch, lambda value: _number(value, low, high))
        if isinstance(left, Infix) and high is not None and all(op == "+" for op, _ in left.rest):
            value = self.look(left, branch.env)
            if isinstance(value, AbstractNumber):
                return replace(branch, facts=(*branch.facts, Fact(value.high, high)))
        return branch

    def _length_limited(self, subject: Term, low: Number | None, high: Size | None, branch: Branch) -> Branch:
        branch = self._changed(subject, branch, lambda value: _length(value, low, high))
        if high is not None:
            value = self.look(subject, branch.env)
            size = value.chars if isinstance(value, AbstractText) else value.length if isinstance(value, AbstractList) else None
            if size is not None:
                return replace(branch, facts=(*branch.facts, Fact(size, high)))
        return branch

    def _argument_of(self, term: Term, primitive: P) -> Term | None:
        match term:
            case App(function=Var() as f, arguments=(argument,)) if self.primitive_of(f) is primitive:
                return argument.value
            case Pipe(head=head, stages=(App(function=Var() as f, arguments=()),)) if self.primitive_of(f) is primitive:
                return head
            case _:
                return None

    def _changed(self, term: Term, branch: Branch, change: Callable[[Abstract], Abstract]) -> Branch:
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


def _number(value: Abstract, low: Number | None, high: Size | None) -> Abstract:
    if not isinstance(value, AbstractNumber):
        return value
    return AbstractNumber(
        value.low if low is None else max(value.low, low), value.high if high is None else smallest(value.high, high)
    )


def _length(value: Abstract, low: Number | None, high: Size | None) -> Abstract:
    match value:
        case AbstractText(chars, bytes_, width, least):
            chars = chars if high is None else smallest(chars, high)
            return AbstractText(chars, smallest(bytes_, chars * width), width, least if low is None else max(least, low))
        case AbstractList(length, element, owner, least):
            length = length if high is None else smallest(length, high)
            return AbstractList(length, element, owner, least if low is None else max(least, low))
        case _:
            return value
