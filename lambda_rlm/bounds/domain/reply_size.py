"""How large a value of a type can be that is read from a text: a reply, JSON, what a host function gives.

Owns `value_of`. A typed value is read leniently, so what limits it are the fewest characters that each of its parts needs.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from lambda_rlm.bounds.domain.abstract import (
    EITHER,
    OPAQUE,
    WIDEST,
    Abstract,
    AbstractList,
    AbstractOption,
    AbstractRecord,
    Makeup,
    fresh,
    number,
    symbol,
    text_of,
)
from lambda_rlm.bounds.domain.size import UNLIMITED, SizeBound, ceil_div, size_of
from lambda_rlm.types.type import Con, Enum, Record, Type

FLAT: Final = Makeup(blocks=1)
"""What a text is made of that is one piece, of instruction or of data."""

_INT_LIMIT: Final = 2**63
"""An Int is at least minus this and less than it."""


def value_of(type_: Type, chars: SizeBound, made: Makeup = FLAT, together: SizeBound = UNLIMITED) -> Abstract:
    """Any value of a ground type whose JSON has at most `chars` characters; `made` is what each of its texts is made of, and
    where their tokens are counted, they have at most so many `together`."""
    return _value(type_, chars, _Texts(chars, chars, made, together))


class _Texts(NamedTuple):
    """The texts of a value: the most characters of one, of all, what one is made of, and the most tokens of all."""

    chars: SizeBound
    chars_together: SizeBound
    made: Makeup
    tokens_together: SizeBound

    def in_list(self, owner: int) -> _Texts:
        """Those of one element of a list: together, the elements have no more than the list."""
        one, together, made, tokens = self
        if made.counted is not None:
            made = made._replace(counted=symbol(made.counted, tokens, owner))
            tokens = symbol(tokens, tokens, owner)
        return _Texts(symbol(one, together, owner), symbol(together, together, owner), made, tokens)


def _value(type_: Type, chars: SizeBound, texts: _Texts) -> Abstract:
    match type_:
        case Con("Text" | "Quote"):
            return text_of(texts.chars, made=texts.made)
        case Enum(labels):
            lengths = [len(label) for label in labels]
            return text_of(size_of(max(lengths)), WIDEST, min(lengths), made=FLAT)
        case Con("Int"):
            return number(-_INT_LIMIT, _INT_LIMIT - 1)
        case Con("Float"):
            return number(-math.inf, math.inf)
        case Con("Bool"):
            return EITHER
        case Con("Option", (inner,)):
            return AbstractOption(_value(inner, chars, texts))
        case Con("List", (inner,)):
            owner = fresh()
            element = _value(inner, chars, texts.in_list(owner))
            return AbstractList(ceil_div(chars, _fewest_characters(inner) + 1), element, owner)
        case Record(fields):
            return AbstractRecord(tuple((name, _value(field, chars, texts)) for name, field in fields))
        case _:
            return OPAQUE


def _fewest_characters(type_: Type) -> int:
    """The fewest characters that JSON of a type has, in a list, read leniently: a number is taken as a text, one element as a
    list, a missing Option as none, and names of fields may be spelled without signs and quotes."""
    match type_:
        case Record(fields):
            needed = [(name, field) for name, field in fields if not (isinstance(field, Con) and field.name == "Option")]
            return 2 + sum(1 + sum(map(str.isalnum, name)) // 3 + _fewest_characters(field) for name, field in needed)
        case _:
            return 1
