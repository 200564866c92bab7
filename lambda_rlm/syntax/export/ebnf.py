"""Grammars as expressions over characters and rules: what the exports are computed with.

Owns the algebra and its laws. Promises that every constructor keeps the language: what is made simpler stays equal. Knows no
form in which a grammar is written, and nothing of λ-RLM.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from typing import Final

from lambda_rlm.data_class import dataclass

LAST_CHARACTER: Final = 0x10FFFF


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of some ranges, which are sorted and do not touch."""

    ranges: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Seq:
    """One part after the other; without parts it is the empty text."""

    parts: tuple[Ebnf, ...]


@dataclass(frozen=True, slots=True)
class Alt:
    """One of several parts."""

    parts: tuple[Ebnf, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part again and again; `most` is None where there is no limit."""

    part: Ebnf
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class LexedText:
    """A stretch of text that a lexer takes at once, without a rule in it. `most` is how many tokens of its model's vocabulary a
    decoder may spend on it, None for any number."""

    part: Ebnf
    most: int | None = None


@dataclass(frozen=True, slots=True)
class NamedPart:
    """An expression without rules that has a name of its own, to be written once; the name says which it is."""

    name: str
    part: Ebnf = field(compare=False)


@dataclass(frozen=True, slots=True)
class Ref:
    """What a rule stands for."""

    rule: str


Ebnf = Chars | Seq | Alt | Repeat | LexedText | NamedPart | Ref
EMPTY: Final = Seq(())


def chars(ranges: Iterable[tuple[int, int]], *, negated: bool = False) -> Chars:
    """A class of characters."""
    joined: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return Chars(_complement(joined) if negated else tuple(joined))


def without(these: Chars, others: Chars) -> Chars:
    """The characters of one class that are not in another."""
    return chars((*_complement(these.ranges), *others.ranges), negated=True)


def complement(these: Chars) -> Chars:
    """All other characters."""
    return Chars(_complement(these.ranges))


def _complement(ranges: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    gaps, at = [], 0
    for low, high in ranges:
        if at < low:
            gaps.append((at, low - 1))
        at = high + 1
    return (*gaps, (at, LAST_CHARACTER)) if at <= LAST_CHARACTER else tuple(gaps)


def text(word: str) -> Ebnf:
    """Just this text."""
    return seq(Chars(((ord(character), ord(character)),)) for character in word)


def seq(parts: Iterable[Ebnf]) -> Ebnf:
    """A sequence, those within it laid open."""
    flat: list[Ebnf] = []
    for part in parts:
        flat += part.parts if isinstance(part, Seq) else (part,)
    return flat[0] if len(flat) == 1 else Seq(tuple(flat))


def alt(parts: Iterable[Ebnf]) -> Ebnf:
    """A choice, those within it laid open; an empty one makes the rest optional."""
    flat: dict[Ebnf, None] = {}
    for part in parts:
        flat |= dict.fromkeys(part.parts if isinstance(part, Alt) else (part,))
    if EMPTY in flat:
        rest = [part for part in flat if part != EMPTY]
        return repeat(alt(rest), 0, 1) if rest else EMPTY
    if not flat:
        raise ValueError("a choice among nothing")
    return next(iter(flat)) if len(flat) == 1 else Alt(tuple(flat))


def repeat(part: Ebnf, least: int, most: int | None) -> Ebnf:
    """A repetition; one of a repetition is a single one where that says the same."""
    if part == EMPTY or most == 0:
        return EMPTY
    if (least, most) == (1, 1):
        return part
    if isinstance(part, Repeat) and part.most is None and part.least <= 1 and least <= 1:
        return Repeat(part.part, min(part.least, least), None)
    return Repeat(part, least, most)


def optional(part: Ebnf) -> Ebnf:
    return repeat(part, 0, 1)


def is_nullable(part: Ebnf) -> bool:
    """Whether the empty text is one of an expression's; no rule and no token stands for the empty text."""
    match part:
        case Seq(parts):
            return all(map(is_nullable, parts))
        case Alt(parts):
            return any(map(is_nullable, parts))
        case Repeat(inner, least, _):
            return least == 0 or is_nullable(inner)
        case NamedPart(_, inner):
            return is_nullable(inner)
    return False


def rules_in(part: Ebnf) -> tuple[str, ...]:
    """The rules that an expression names, each time it does; a token names none."""
    match part:
        case Ref(rule):
            return (rule,)
        case Seq(parts) | Alt(parts):
            return tuple(rule for inner in parts for rule in rules_in(inner))
        case Repeat(inner, _, _):
            return rules_in(inner)
    return ()


def restricted(part: Ebnf, forbidden: Chars) -> Ebnf | None:
    """The texts of an expression without rules that hold no forbidden character; None where there are none."""
    match part:
        case Chars():
            allowed = without(part, forbidden)
            return allowed if allowed.ranges else None
        case Seq(parts):
            kept = [restricted(inner, forbidden) for inner in parts]
            return None if None in kept else seq(inner for inner in kept if inner is not None)
        case Alt(parts):
            some = [left for inner in parts if (left := restricted(inner, forbidden)) is not None]
            return alt(some) if some else None
        case Repeat(inner, least, most):
            rest = restricted(inner, forbidden)
            if rest is None:
                return EMPTY if least == 0 else None
            return repeat(rest, least, most)
        case NamedPart(_, inner):
            return part if restricted(inner, forbidden) == inner else restricted(inner, forbidden)
    return None
