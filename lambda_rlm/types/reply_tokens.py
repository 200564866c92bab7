"""The most tokens that a reply of a type needs, where its values have a longest form: an `out` for whoever gives none.

Owns that length, once for both sides: evaluation asks with it, the analysis of bounds counts it. Counts bytes, since no
vocabulary has more tokens for a text than bytes. Promises room for what is read leniently: JSON with indentation and escapes,
digits in groups, a key and a code fence around the value, a short sentence. Text, Quote and List have no longest form: there
the default stays.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeVar

from lambda_rlm.limits import listed_share
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

Amount = TypeVar("Amount", bound=Any)
"""A number, or a size."""

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
    """The texts that a reply of a type is made of: `single` ones, and whether others are in lists."""

    single: int = 0
    are_listed: bool = False

    def together(self, tokens: Amount, one: Amount, most_ends: int) -> Amount:
        """The tokens that all of them may come to when they are read again, in a reply of so many, where one alone may come to
        `one`."""
        most: Amount = one * max(1, self.single)
        if self.are_listed:
            most = most + tokens * listed_share(most_ends)
        return most


ONE_TEXT: Final = TextsOf(1)


@lru_cache(_KEPT)
def texts_of(type_: Type) -> TextsOf:
    """The texts in a reply of a type. A label is one of the program's own and counts as none."""
    match type_:
        case Con("Text" | "Quote"):
            return TextsOf(1)
        case Con("Option", (inner,)):
            return texts_of(inner)
        case Con("List", (inner,)):
            return TextsOf(0, texts_of(inner) != TextsOf())
        case Record(fields):
            inside = [texts_of(field) for _, field in fields]
            return TextsOf(sum(texts.single for texts in inside), any(texts.are_listed for texts in inside))
        case _:
            return TextsOf()


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
