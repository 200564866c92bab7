"""A smaller language for small models: nothing in it goes on and on.

Owns the limits on how often a part may be repeated. A small model that has lost its way says the same thing over and over; under these
rules it is made to close what it has opened instead. Promises programs of the language only; many of the language's programs are
not among these. Names are left alone: see `export_names`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lambda_rlm.syntax.export_ebnf import Alt, Chars, Ebnf, Named, Repeat, Seq, Token, alt, repeat, seq
from lambda_rlm.syntax.export_rules import START

_MOST_PARTS: Final = 8
"""Items, stages of a pipe, operands of a chain, arguments, members."""

_LONGEST_LITERAL: Final = 300
"""Characters between two escapes."""

_LONGEST_SPACE: Final = 40
_MOST_ESCAPES: Final = 12


def within_bounds(rules: Mapping[str, Ebnf]) -> dict[str, Ebnf]:
    """The rules with a limit on every repetition, without comments, and with nothing after the program."""
    return {name: _limited(_without_ending(body) if name == START else body) for name, body in rules.items()}


def _without_ending(body: Ebnf) -> Ebnf:
    assert isinstance(body, Seq) and isinstance(body.parts[-1], Repeat)
    return seq(body.parts[:-1])


def _limited(part: Ebnf) -> Ebnf:
    match part:
        case Seq(parts):
            return seq(map(_limited, parts))
        case Alt(parts):
            return alt(map(_limited, parts))
        case Repeat(inner, least, most):
            return repeat(_limited(inner), least, _MOST_PARTS if most is None else most)
        case Token(inner):
            return Token(_short(inner))
    return part


def _short(part: Ebnf) -> Ebnf:
    """A token with its stretches of characters limited."""
    match part:
        case Seq(parts):
            return seq(map(_short, parts))
        case Alt(parts):
            return alt(map(_short, parts))
        case Named(name, inner) if name.startswith(("SPACE", "ANY_SPACE")) and isinstance(inner, Repeat):
            return Named(name, Repeat(_without_comments(inner.part), inner.least, _LONGEST_SPACE))
        case Named(name, inner) if name not in _NAMES:
            return Named(name, _short(inner))
        case Repeat(Chars() as inner, least, None):
            return Repeat(inner, least, _LONGEST_LITERAL)
        case Repeat(inner, least, None):
            return Repeat(_short(inner), least, _MOST_ESCAPES)
    return part


def _without_comments(gap: Ebnf) -> Ebnf:
    return gap.parts[0] if isinstance(gap, Alt) else gap


_NAMES: Final = ("NAME", "VALUE_NAME")
