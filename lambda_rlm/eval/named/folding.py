"""Texts as they are compared without regard to how they are written: casing, width, accents of capitals, unseen signs.

Owns `folded` and `is_joined`, which says that two neighbors are of one word.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u0640\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff\U0001f3fb-\U0001f3ff]"
)
"""What changes no word: soft hyphens, marks of direction, zero widths, the Arabic stroke, variants and tones of emoji."""
_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670]")
"""Marks that capitals, or quick writing, leave out (Latin, Greek, Cyrillic, Hebrew, Arabic); elsewhere, they are vowels."""
_SPACE = re.compile(r"\s+")
_HYPHENS = re.compile("[\u2010\u2011\u2212]")
"""Signs that are written for a hyphen or minus."""
_UNSPACED: Final = (
    (0x0E00, 0x0FFF),  # Thai, Lao, Tibetan
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x1100, 0x11FF),  # Hangul, whose particles are written together with a word
    (0x2E80, 0x33FF),
    (0x3400, 0x9FFF),  # Kana and Han
    (0xA960, 0xA97F),
    (0xAC00, 0xD7FF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
"""Scripts in which no space parts words."""


def cased(text: str) -> str:
    """A text with one width, one casing and one form of each sign; accents are kept."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _SPACE.sub(" ", _HYPHENS.sub("-", _UNSEEN.sub("", plain))).strip()


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """A text as it is compared: `cased`, and without what some writers leave out."""
    plain = _ACCENTS.sub("", unicodedata.normalize("NFD", cased(text))).replace("ı", "i")
    return unicodedata.normalize("NFKC", plain)


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
