"""Texts as they are compared without regard to how they are written: casing, width, accents, signs of print, unseen signs.

Owns the one table of what is written in several ways, and the forms made of it: `cased` and `folded` for labels, where a dash
and a letter may be all that parts two of them; `printed` for quotes, which keeps casing; `marked` and `unmarked` for search.
Says also which neighbors are of one word (`is_joined`). The way back to the places of the original is in
`eval.named.replaced_text`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Final

from lambda_rlm.late_pattern import late_pattern

UNSEEN: Final = (
    "\u00ad\u034f\u061c\u0640\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff\U0001f3fb-\U0001f3ff"
)
_UNSEEN = late_pattern(f"[{UNSEEN}]")
"""What changes no word: soft hyphens, marks of direction, zero widths, the Arabic stroke, variants and tones of emoji."""
ACCENTS: Final = (
    "\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
)
_ACCENTS = late_pattern(f"[{ACCENTS}]")
"""Marks that capitals, or quick writing, leave out (Latin, Greek, Cyrillic, Hebrew, Arabic); elsewhere, they are vowels."""
_NUKTAS = late_pattern("[\u093c\u09bc\u0a3c\u0abc\u0b3c]")
"""Dots under letters of India, which are often not typed."""
_SPACE = late_pattern(r"\s+")
_HYPHENS = late_pattern("[\u2010\u2011\u2212]")
"""Signs that are written for a hyphen or minus."""
_PRINTED: Final = {
    "'": "\u2018\u2019\u201a\u201b\u2032\u2035\u02b9\u02bb\u02bc\u02bd\u02c8\u02ca\u02cb\u2039\u203a\u00b4\u05f3\uff07\ua78b\ua78c",
    '"': "\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb\u301d\u301e\u301f\u02ba\u05f4\uff02",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\u2e3a\u2e3b\ufe58\ufe63\uff0d\u05be\u30a0",
}
"""Signs of print, by the plain sign that is typed for them."""
_LETTERS: Final = {
    "ı": "i", "ł": "l", "đ": "d", "ð": "d", "ø": "o", "æ": "ae", "œ": "oe", "þ": "th", "ħ": "h", "ŧ": "t", "ŋ": "n", "ß": "ss",
    "ی": "ي", "ى": "ي", "ې": "ي", "ک": "ك", "ہ": "ه", "ھ": "ه", "ە": "ه", "ة": "ه", "ۀ": "ه", "ٱ": "ا",
    "ँ": "ं", "ঁ": "ং", "ґ": "г",
}  # fmt: skip
"""Small letters that no mark makes, by what is typed for them where the keyboard has none; in Arabic, those of neighbors."""
_UNSPACED: Final = (
    (0x0E00, 0x0FFF),  # Thai, Lao, Tibetan
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19FF),  # Tai Le, New Tai Lue
    (0x1A20, 0x1AAF),  # Tai Tham
    (0x1B00, 0x1B7F),  # Balinese
    (0x1100, 0x11FF),  # Hangul, whose particles are written together with a word
    (0x2E80, 0x33FF),
    (0x3400, 0x9FFF),  # Kana and Han
    (0xA960, 0xA97F),
    (0xA980, 0xA9FF),  # Javanese, and more of Burmese
    (0xAA60, 0xAADF),  # and of Tai Viet
    (0xAC00, 0xD7FF),
    (0xF900, 0xFAFF),
    (0x1B000, 0x1B16F),
    (0x20000, 0x3FFFF),
)
"""Scripts in which no space parts words."""
_LARGE: Final = 5_000
"""Blocks of more characters have letters alone."""
_FEW: Final = 64
"""Signs that are sooner replaced one after the other than all at once."""
ATTACHED: Final = "\uff9e\uff9f\u1160-\u11ff\ud7b0-\ud7ff"
"""Signs that make one letter with that before them, and are no marks: of half-width kana, and parts of Hangul."""


def cased(text: str) -> str:
    """A text with one width, one casing and one form of each sign; accents are kept."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _SPACE.sub(" ", _HYPHENS.sub("-", _UNSEEN.sub("", plain))).strip()


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """A text as labels are compared: `cased`, and without what some writers leave out."""
    plain = _ACCENTS.sub("", unicodedata.normalize("NFD", cased(text))).replace("ı", "i")
    return unicodedata.normalize("NFKC", plain)


def printed(text: str) -> str:
    """A text as it is typed, in its own casing: one width, straight quotation marks, no accents, nothing unseen."""
    if text.isascii():
        return text
    plain = _wide_as_typed(text)
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", plain)))


def marked(text: str) -> str:
    """A text as it is searched, with the accents of its letters: in small letters, of one width, nothing unseen."""
    if text.isascii():
        return text.lower()
    plain = _wide_as_typed(text).casefold()
    return plain if plain.isascii() else unicodedata.normalize("NFKC", plain)


def unmarked(text: str) -> str:
    """What `marked` gave, without what is left out by who types in haste, and with one letter for those that look alike."""
    if text.isascii():
        return text
    beyond = [
        sign for sign in set(text) if not (sign.isascii() or "\u3000" <= sign <= "\u9fff")
    ]  # no Kana and no Han has marks
    changed = {sign: bare for sign in beyond if (bare := _bare(sign)) != sign}
    if len(changed) > _FEW:
        return text.translate({ord(sign): bare for sign, bare in changed.items()})
    for sign, bare in changed.items():
        text = text.replace(sign, bare)
    return text


def _wide_as_typed(text: str) -> str:
    """A text in one width, as it is typed; what a sign of several is made of may be signs of print again (`ŉ`, `⁻`)."""
    return _typed(unicodedata.normalize("NFKC", _typed(text)))


def _typed(text: str) -> str:
    """A text with the signs that are typed for those of print, and without unseen ones."""
    signs = _signs()
    for sign in signs.keys() & set(text):
        text = text.replace(sign, signs[sign])
    return text


@lru_cache(maxsize=1 << 16)
def _bare(sign: str) -> str:
    """A sign of a text that is searched, by what is typed for it."""
    digit = unicodedata.decimal(sign, None)
    if digit is not None:
        return str(digit)
    letters = _NUKTAS.sub("", _ACCENTS.sub("", unicodedata.normalize("NFD", sign)))
    return "".join(_LETTERS.get(letter, letter) for letter in unicodedata.normalize("NFC", letters))


@cache
def _signs() -> dict[str, str]:
    """Signs of print and their plain forms; unseen signs, those that join letters too, and none."""
    plain = {sign: plain for plain, signs in _PRINTED.items() for sign in signs}
    codes = (*range(0x2070), *range(0xFE00, 0xFF00), *range(0x1F3FB, 0x1F400))
    return plain | dict.fromkeys((chr(code) for code in codes if _UNSEEN.match(chr(code))), "") | {"\u200d": ""}


@cache
def marks(*, is_wide: bool = True) -> str:
    """All marks (category M), as the inside of a class of a pattern; without those beyond U+FFFF, it is much quicker."""
    blocks = (*range(0x300, 0x3100), *range(0xA660, 0xAC00), *range(0xFB00, 0xFE30))
    wide = range(0x10000, 0x1F000) if is_wide else ()
    return _class(code for code in (*blocks, *wide) if unicodedata.category(chr(code))[0] == "M")


@cache
def unspaced() -> str:
    """Letters, marks and digits of the scripts in which no space parts words, as the inside of a class of a pattern."""
    small = (code for first, last in _UNSPACED if last - first < _LARGE for code in range(first, last + 1))
    large = "".join(f"{chr(first)}-{chr(last)}" for first, last in _UNSPACED if last - first >= _LARGE)
    return large + _class(code for code in small if unicodedata.category(chr(code))[0] in "LMN")


def _class(codes: Iterable[int]) -> str:
    """Characters as ranges of a class of a pattern; their codes rise."""
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


def is_joined(before: str, after: str) -> bool:
    """Two neighboring signs are of one word; an empty one is the end of the text."""
    if not before or not after:
        return False
    if unicodedata.category(after)[0] == "M" or "\u200d" in (before, after):
        return True
    return _is_spaced(before) and _is_spaced(after)


def _is_spaced(sign: str) -> bool:
    """A letter or digit of a script that parts words by spaces."""
    if not (sign.isalnum() or unicodedata.category(sign)[0] == "M"):
        return False
    code = ord(sign)
    return not any(first <= code <= last for first, last in _UNSPACED)
