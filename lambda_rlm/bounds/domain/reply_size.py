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
    AbstractText,
    Makeup,
    number,
    text_of,
)
from lambda_rlm.bounds.domain.makeup import literal_text
from lambda_rlm.bounds.domain.size import UNLIMITED, SizeBound, ceil_div, largest, size_of, smallest
from lambda_rlm.bounds.domain.totals import fresh, symbol
from lambda_rlm.types.reply_tokens import element_tokens
from lambda_rlm.types.type import Con, Enum, Record, Type

FLAT: Final = Makeup(blocks=1)
"""What a text is made of that is one piece, of instruction or of data."""

_INT_LIMIT: Final = 2**63
"""An Int is at least minus this and less than it."""


class ReplyHeld(NamedTuple):
    """What is held of a reply where it is read: by its `tokens` how many elements its lists have; what its texts are made of,
    the tokens of all and the bytes of the longest pieces of all `together`, where they are counted; the widest character of a
    `quote`."""

    tokens: SizeBound = UNLIMITED
    made: Makeup = FLAT
    together: SizeBound = UNLIMITED
    pieces: SizeBound = UNLIMITED
    quote: int = WIDEST


NOT_HELD: Final = ReplyHeld()
"""What is read from a text that is no reply."""


def value_of(type_: Type, chars: SizeBound, held: ReplyHeld = NOT_HELD) -> Abstract:
    """Any value of a ground type whose JSON has at most `chars` characters."""
    return _value(type_, chars, _Texts(held, chars, chars))


class _Texts(NamedTuple):
    """The texts of a value, or of an element of the list with an owner: the most characters of one, and of all."""

    held: ReplyHeld
    chars: SizeBound
    chars_together: SizeBound
    owner: int = 0
    groups: tuple[int, int, int] = (0, 0, 0)
    """Of the characters, the tokens and the pieces of all texts of an element."""

    def one(self) -> tuple[SizeBound, Makeup]:
        """The characters of one text, and what it is made of."""
        made = self.held.made
        if not self.owner:
            return self.chars, made
        chars, tokens, pieces = self.groups
        if made.counted is not None:
            counted = symbol(made.counted, self.held.together, self.owner, tokens)
            made = made._replace(counted=counted, cut=symbol(size_of(made.piece), self.held.pieces, self.owner, pieces))
        return symbol(self.chars, self.chars_together, self.owner, chars), made

    def in_list(self, owner: int) -> _Texts:
        """Those of one element of a list: together, the elements have no more than the list, and share that among all
        fields."""
        held, most = self.held, self.chars_together
        if self.owner:
            chars, tokens, pieces = self.groups
            most = symbol(most, most, self.owner, chars)
            together = symbol(held.together, held.together, self.owner, tokens)
            held = held._replace(together=together, pieces=symbol(held.pieces, held.pieces, self.owner, pieces))
        return _Texts(held, self.chars, most, owner, (fresh(), fresh(), fresh()))


def _value(type_: Type, chars: SizeBound, texts: _Texts) -> Abstract:
    match type_:
        case Con("Text" | "Quote" as name):
            most, made = texts.one()
            return text_of(most, texts.held.quote if name == "Quote" else WIDEST, made=made)
        case Enum(labels):
            known = [literal_text(label) for label in labels]
            chars, bytes_, beyond = (
                largest(sizes) for sizes in zip(*((one.chars, one.bytes, one.beyond) for one in known), strict=True)
            )
            low = min(one.low for one in known)
            return AbstractText(chars, bytes_, max(one.width for one in known), low, beyond, FLAT)
        case Con("Int"):
            return number(-_INT_LIMIT, _INT_LIMIT - 1, is_int=True)
        case Con("Float"):
            return number(-math.inf, math.inf)
        case Con("Bool"):
            return EITHER
        case Con("Option", (inner,)):
            return AbstractOption(_value(inner, chars, texts))
        case Con("List", (inner,)):
            owner = fresh()
            most = smallest(ceil_div(chars, _fewest_characters(inner) + 1), ceil_div(texts.held.tokens, element_tokens(inner)))
            return AbstractList(most, _value(inner, chars, texts.in_list(owner)), owner)
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
