"""A smaller language for small models: nothing in it goes on and on.

Owns the limits on how often a part may be repeated and how deep expressions may be in each other. A small model that has
lost its way says the same thing over and over, in a row or each time within the last; under these rules it is made to close
what it has opened instead. Promises programs of the language only; many of the language's programs are not among these.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lambda_rlm.syntax.export.ebnf import (
    Alt,
    Chars,
    Ebnf,
    LexedText,
    NamedPart,
    Ref,
    Repeat,
    Seq,
    alt,
    chars,
    repeat,
    seq,
    text,
)
from lambda_rlm.syntax.export.rules import START

_MOST_PARTS: Final = (8, 6, 5, 4, 4, 3, 3, 2, 2)
"""At each depth: items, stages of a pipe, arguments, members, besides the first."""

_MOST_OPERANDS: Final = 2
"""Operands of a chain besides the first."""

_MOST_STEPS: Final = 3
"""Fields and calls of a value, one after the other."""

_CHAIN: Final = 3
"""How much deeper the other operand of a `??` stands: it is an expression, which may go on with one itself."""

_LISTING: Final = (",", "|>", "|")

_LONGEST_LITERAL: Final = 300
"""Characters between two escapes."""

_LONGEST_NAME: Final = 14
"""Tokens of the model's vocabulary, white space before it included. A limit on characters would make a lexer's state of each
length: see `names_without`. It is more than all white space and the longest word could take: llguidance breaks off, and the
model writes freely, where the limit falls on the end of a word that may go on as a name."""

_LONGEST_NUMBER: Final = 9
_LONGEST_SPACE: Final = 8
_MOST_ESCAPES: Final = 12
"""Of a text; of a template, holes as well."""
_DIGITS: Final = chars([(ord("0"), ord("9"))])
_NAMES: Final = ("NAME", "VALUE_NAME")


def within_bounds(rules: Mapping[str, Ebnf]) -> dict[str, Ebnf]:
    """The rules with a limit on every repetition and on every recursion, without comments, and with nothing after the
    program."""
    return _Levels(rules).all()


class _Levels:
    """Each rule once for each depth it can be at: a rule stands one deeper in itself, and in those that come after it."""

    def __init__(self, rules: Mapping[str, Ebnf]) -> None:
        self._rules = rules
        self._order = {name: at for at, name in enumerate(rules)}
        self._made: dict[tuple[str, int], Ebnf | None] = {}

    def all(self) -> dict[str, Ebnf]:
        self._body(START, 0)
        rules = {_name(rule, depth): body for (rule, depth), body in self._made.items() if body is not None}
        return {START: rules.pop(START), **rules}

    def _body(self, rule: str, depth: int) -> Ebnf | None:
        """A rule at a depth; None where it holds nothing there, since all it stands for is deeper than may be."""
        if depth >= len(_MOST_PARTS):
            return None
        if (rule, depth) not in self._made:
            whole = self._rules[rule]
            self._made[rule, depth] = self._limited(_without_ending(whole) if rule == START else whole, rule, depth)
        return self._made[rule, depth]

    def _limited(self, part: Ebnf, rule: str, depth: int) -> Ebnf | None:
        match part:
            case Seq(parts):
                kept = [self._limited(inner, rule, depth) for inner in parts]
                return None if None in kept else seq(inner for inner in kept if inner is not None)
            case Alt(parts):
                some = [left for inner in parts if (left := self._limited(inner, rule, depth)) is not None]
                return alt(some) if some else None
            case Repeat(Seq((LexedText(), Ref(other))) as inner, 0, 1) if other == rule:
                return _optional(self._limited(inner, rule, depth + _CHAIN - 1))
            case Repeat(inner, least, most):
                some_of = self._limited(inner, rule, depth)
                if some_of is None:
                    return Seq(()) if least == 0 else None
                return repeat(some_of, least, _most(inner, depth) if most is None else most)
            case Ref(other):
                below = depth + (self._order[other] <= self._order[rule])
                return None if self._body(other, below) is None else Ref(_name(other, below))
            case LexedText(inner):
                return LexedText(_short(inner), _LONGEST_NAME if _has_name(inner) else None)
        return part


def _most(part: Ebnf, depth: int) -> int:
    """How often a part may be repeated: most often what is in a list, least often operators, fields and calls."""
    first = part.parts[0] if isinstance(part, Seq) else part
    if isinstance(part, Seq) and isinstance(first, Alt):
        return _MOST_ESCAPES
    if isinstance(first, Alt):
        return min(_MOST_STEPS, _MOST_PARTS[depth])
    is_chain = isinstance(first, LexedText) and not _lists(first)
    return min(_MOST_OPERANDS, _MOST_PARTS[depth]) if is_chain else _MOST_PARTS[depth]


def _lists(token: LexedText) -> bool:
    """Whether a token, after white space, is one of the signs between things of which there may be many."""
    written = token.part
    return isinstance(written, Seq) and any(seq(written.parts[1:]) == text(sign) for sign in _LISTING)


def _name(rule: str, depth: int) -> str:
    return f"{rule}_{depth}" if depth else rule


def _optional(part: Ebnf | None) -> Ebnf:
    return Seq(()) if part is None else repeat(part, 0, 1)


def _without_ending(body: Ebnf) -> Ebnf:
    assert isinstance(body, Seq) and isinstance(body.parts[-1], Repeat)
    return seq(body.parts[:-1])


def _short(part: Ebnf) -> Ebnf:
    """A token with its stretches of characters limited."""
    match part:
        case Seq(parts):
            return seq(map(_short, parts))
        case Alt(parts):
            return alt(map(_short, parts))
        case NamedPart(name, inner) if name.startswith(("SPACE", "ANY_SPACE")) and isinstance(inner, Repeat):
            return NamedPart(name, Repeat(_without_comments(inner.part), inner.least, _LONGEST_SPACE))
        case NamedPart(name, inner) if name not in _NAMES:
            return NamedPart(name, _short(inner))
        case Repeat(Chars() as inner, least, None):
            return Repeat(inner, least, _LONGEST_NUMBER if inner == _DIGITS else _LONGEST_LITERAL)
        case Repeat(inner, least, most):
            return Repeat(_short(inner), least, _MOST_ESCAPES if most is None else most)
    return part


def _has_name(part: Ebnf) -> bool:
    match part:
        case NamedPart(name, _):
            return name in _NAMES
        case Seq(parts) | Alt(parts):
            return any(map(_has_name, parts))
    return False


def _without_comments(gap: Ebnf) -> Ebnf:
    return gap.parts[0] if isinstance(gap, Alt) else gap
