"""The most tokens that a reply of a type needs, where its values have a longest form, and how much a reply of some tokens can
hold.

Owns that length, an `out` for whoever gives none, and what lists and texts of a reply have room for, once for both sides:
evaluation asks and reads with it, the analysis of bounds counts it. The length is in bytes, since no vocabulary has more tokens
for a text than bytes. Promises room for what is read leniently: JSON with indentation and escapes,
digits in groups, a key and a code fence around the value, a short sentence. Text, Quote and List have no longest form: there
the default stays.
"""

from __future__ import annotations

import json
from fractions import Fraction
from functools import lru_cache
from math import ceil
from typing import Final, NamedTuple

from lambda_rlm.limits import (
    LISTED_ENDS,
    MOST_REPLY,
    MOST_REPLY_ENDS,
    REPLY_CHARACTERS_PER_TOKEN,
    REPLY_ENDS,
    REPLY_PIECE,
    reply_tokens,
)
from lambda_rlm.types.type import Con, Enum, Record, Type

_WORDS: Final = 64
"""Bytes of a sentence around a value, and the token that ends a reply."""

_FENCE: Final = len("```json\n\n```")
_KEY: Final = len('{\n    "answer": ') + len("\n}")
"""What wraps a reply that is no record: `reply` is the key asked for, and models write others."""

_ENTRY: Final = len('\n    "123456": ,')
_FEW_WORDS: Final = 24
_INDENT: Final = 4
_NUMBER: Final = len('"-9,223,372,036,854,775,808.0"') + 2
"""The longest Int, with groups and a point, as a text; the longest Float, "-2.2250738585072014e-308", has fewer."""

_NOTHING: Final = len('"none"')
_KEPT: Final = 256

_PART: Final = 2
"""The fewest tokens of a value and what is behind it, or of a name and what is behind it."""

CHOICE_TOKENS: Final = 80 * 4 + len('""') + _KEY + _FENCE + _WORDS
"""The same for `llm_choose`: a number, or an option of at most 80 characters as it stands."""


def reply_out(type_: Type, default: int) -> int:
    """The tokens of a reply of a type for which a program gives no `out`: what its longest form needs, at most the default."""
    need = _reply_need(type_)
    return default if need is None else min(default, need)


def item_out(type_: Type, default: int) -> int:
    """The same for one item of `llm_map`. One item alone has room for all that surrounds it."""
    need = _value(type_, 1)
    return default if need is None else min(default, need + _ENTRY + len("{\n}") + _FENCE + _FEW_WORDS)


class TextsOf(NamedTuple):
    """The texts that a reply of a type is made of: `single` ones, and of those in lists the most for each token."""

    single: int = 0
    listed: Fraction = Fraction(0)

    def ends(self, most_ends: int) -> Fraction:
        """The tokens, for each of a reply, that texts in lists may come to beyond it when they are read again."""
        return _for_each(self.listed, most_ends)

    def pieces(self, most_ends: int) -> Fraction:
        """The bytes, for each token of a reply, of the longest counted piece of each text in its lists, all together. A text
        that has such a piece has three at least, of a token each."""
        return _for_each(self.listed / (1 + 2 * self.listed), most_ends)


def _for_each(texts: Fraction, most_ends: int) -> Fraction:
    """What so many texts for each token come to: of some length on average, and no more than the characters of a token."""
    if most_ends >= MOST_REPLY:
        return Fraction(REPLY_ENDS if texts else 0)
    return min(texts * LISTED_ENDS * most_ends / MOST_REPLY_ENDS, Fraction(REPLY_CHARACTERS_PER_TOKEN - 1))


ONE_TEXT: Final = TextsOf(1)


class ReplyRoom(NamedTuple):
    """What is read of a reply of `out` tokens, counted in the vocabulary of the model that will read it: the most tokens of
    `one` text and of all `together`, and the most bytes of the longest `pieces` of each."""

    out: int
    one: int
    together: int
    pieces: int


def reply_room(out: int, texts: TextsOf, most_ends: int) -> ReplyRoom:
    """What a reply has room for; the analysis counts the same."""
    together = out + min(REPLY_ENDS * out, most_ends * max(1, texts.single)) + ceil(out * texts.ends(most_ends))
    pieces = REPLY_PIECE * max(1, texts.single) + ceil(out * texts.pieces(most_ends))
    return ReplyRoom(out, reply_tokens(out, most_ends), together, pieces)


@lru_cache(_KEPT)
def texts_of(type_: Type) -> TextsOf:
    """The texts in a reply of a type. A label is one of the program's own and counts as none."""
    match type_:
        case Con("Text" | "Quote"):
            return TextsOf(1)
        case Con("Option", (inner,)):
            return texts_of(inner)
        case Con("List", (inner,)):
            texts = texts_of(inner)
            return TextsOf(0, max(texts.listed, Fraction(texts.single, _of_element(inner, are_filled=True))))
        case Record(fields):
            inside = [texts_of(field) for _, field in fields]
            return TextsOf(sum(texts.single for texts in inside), max((texts.listed for texts in inside), default=Fraction(0)))
        case _:
            return TextsOf()


@lru_cache(_KEPT)
def element_tokens(type_: Type) -> int:
    """The fewest tokens that an element of a type takes in a list that a model replies, with what parts it from the next: in
    compact JSON, as byte-pair vocabularies count it. So a reply of `out` tokens has lists of at most `out` by this many."""
    return _of_element(type_, are_filled=False)


def _of_element(type_: Type, *, are_filled: bool) -> int:
    """With `are_filled` no text is empty, and none is left out."""
    match type_:
        case Con("Option", (inner,)) if are_filled and texts_of(inner).single:
            return _of_element(inner, are_filled=True)
        case Con("Bool" | "Option" | "List"):  # `,true`, `,null` and `],[` are one token
            return 1
        case Record(fields):
            return max(1, sum(_of_field(field, are_filled=are_filled) for _, field in fields))
        case _:
            return _PART


def _of_field(type_: Type, *, are_filled: bool) -> int:
    """A name and what is behind it, a value and what is behind that. `":"","` is one; so is what opens and closes a list."""
    match type_:
        case Con("Option", (inner,)):
            return _of_field(inner, are_filled=True) if are_filled and texts_of(inner).single else 0
        case Con("List"):
            return _PART
        case Con("Text") if not are_filled:
            return _PART
        case Record(fields):
            return _PART + sum(_of_field(field, are_filled=are_filled) for _, field in fields)
        case _:
            return 2 * _PART


@lru_cache(_KEPT)
def _reply_need(type_: Type) -> int | None:
    need = _value(type_, 0)
    return None if need is None else need + (0 if isinstance(type_, Record) else _KEY) + _FENCE + _WORDS


def _value(type_: Type, depth: int) -> int | None:
    """The bytes of the longest value of a type as a part of JSON, so deep inside; None where there is no longest."""
    match type_:
        case Con("Bool"):
            return len('"false"')
        case Con("Int" | "Float"):
            return _NUMBER
        case Con("Option", (inner,)):
            need = _value(inner, depth)
            return None if need is None else max(need, _NOTHING)
        case Enum(labels):
            return max(map(_quoted, labels))
        case Record(fields):
            needs = [(_quoted(name), _value(field, depth + 1)) for name, field in fields]
            line = len("\n: ,") + _INDENT * (depth + 1)
            ending = len("{\n}") + _INDENT * depth
            return None if any(need is None for _, need in needs) else ending + sum(n + (v or 0) + line for n, v in needs)
        case _:
            return None


def _quoted(text: str) -> int:
    """The bytes of a text in quotes: as it stands, or with an escape for each character beyond ASCII."""
    return max(len(json.dumps(text)), len(json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass")))
