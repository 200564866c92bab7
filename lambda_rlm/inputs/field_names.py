"""Identifiers for what the data calls its fields: keys of objects, heads of columns, names of inputs.

Owns `FieldNames`, one for all inputs that are read together. Promises that a key has the same identifier wherever it occurs,
that no two keys share one, and that the key is kept beside it. What is an identifier keeps its name, unless an input before
made that name of another key. Of other keys the letters lose their accents (`Größe` is `Grosse`), what is still no letter,
digit or `_` becomes `_`, and a leading digit gets `_` before it; a key of which nothing is left is a `field`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from lambda_rlm.graphemes import begun
from lambda_rlm.late_pattern import late_pattern

LONGEST_KEY: Final = 200
"""Characters of a key that are kept beside its identifier."""

_IDENTIFIER: Final = late_pattern(r"[A-Za-z_][A-Za-z0-9_]{0,63}\Z")
_OTHERS: Final = late_pattern(r"[^A-Za-z0-9_]+")
_STEM: Final = 60
_LONGER: Final = 3
"""How many times as long as its key an identifier may be: how much data of a type fits into some JSON is bounded by its
identifiers, and the JSON may have the keys."""
_SURROGATE: Final = late_pattern("[\ud800-\udfff]")
_PLAIN: Final = str.maketrans(
    {
        "ß": "ss",
        "ẞ": "SS",
        "æ": "ae",
        "Æ": "AE",
        "œ": "oe",
        "Œ": "OE",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "Đ": "D",
    }
    | {"ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ħ": "h", "Ħ": "H", "ı": "i", "ŋ": "ng", "Ŋ": "Ng"}
)
"""Latin letters that have no accent to lose."""


class FieldNames:
    """The identifiers that keys have got so far."""

    def __init__(self, otherwise: str = "field") -> None:
        self._otherwise = otherwise
        self._of: dict[str, str] = {}
        self._keys: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def of(self, keys: Sequence[str]) -> dict[str, str]:
        """The identifier of each key of one record."""
        own = {key for key in keys if _IDENTIFIER.match(key) and key != "_" and self._keys.get(key, key) == key}
        for key in own:
            self._of[key] = self._keys[key] = key
        return {key: self._of.get(key) or self._made(key) for key in keys}

    def tried(self) -> FieldNames:
        """These names, to be changed apart from them."""
        copy = FieldNames(self._otherwise)
        copy.become(self)
        return copy

    def become(self, other: FieldNames) -> None:
        """Take over the names that were tried."""
        self._of, self._keys, self._counts = dict(other._of), dict(other._keys), dict(other._counts)

    def _made(self, key: str) -> str:
        stem = stem_of(key, self._otherwise)
        name = stem
        while name in self._keys:
            self._counts[stem] = self._counts.get(stem, 1) + 1
            name = f"{stem}_{self._counts[stem]}"
        self._of[key], self._keys[name] = name, key
        return name


def stem_of(key: str, otherwise: str) -> str:
    """An identifier for a key, by its letters alone."""
    letters = key[: 4 * _STEM]
    if not letters.isascii():
        letters = unicodedata.normalize("NFKD", letters.translate(_PLAIN))
        letters = "".join([sign for sign in letters if not unicodedata.combining(sign)]).translate(_PLAIN)
    stem = _OTHERS.sub("_", letters)[: min(_STEM, _LONGER * len(key))].strip("_") or otherwise
    return f"_{stem}" if stem[0].isdigit() else stem


def kept_key(key: str) -> str:
    """A key as it is kept beside its identifier: cut, and without what no encoding could carry."""
    key = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", key)
    return key if len(key) <= LONGEST_KEY else begun(key, LONGEST_KEY - 1) + "…"


def field_names(keys: Iterable[str], otherwise: str = "field") -> dict[str, str]:
    """An identifier for each key of one record alone; `otherwise` is that of a key without a letter."""
    return FieldNames(otherwise).of(list(keys))
