"""Text with its contents masked: letters, digits and their order go, the layout stays.

Owns `masked`. Promises that of a text nothing but this is left: for each letter of any script `a` or `A`, for each digit `9`,
white space, the 32 punctuation signs of ASCII, and `?` for every other sign; runs of one of these shortened to 3. Combining
marks, control and format characters, those that change the direction of text among them, are dropped. A tab stays a tab; every
other kind of white space, line breaks included, becomes a space.
"""

from __future__ import annotations

import re
import string
import unicodedata
from typing import Final

from lambda_rlm.late_pattern import late_pattern

LONGEST_MASK: Final = 100
"""Characters of a masked text."""

SIGNS: Final = string.punctuation
"""The signs that are shown as they are."""

_READ: Final = 100
"""Characters read for each that may be shown, so that a long run of one sign has an end."""

_RUN: Final = late_pattern(r"(.)\1{3,}", re.DOTALL)
_CACHED: Final = 0x10000


class _Mask(dict[int, str]):
    """The mask of each character by its code point."""

    def __missing__(self, code: int) -> str:
        shown = _masked_sign(chr(code))
        if code < _CACHED:
            self[code] = shown
        return shown


def _masked_sign(sign: str) -> str:
    if sign == "\t" or sign in SIGNS:
        return sign
    if sign.isspace():
        return " "
    category = unicodedata.category(sign)
    if category in ("Lu", "Lt"):
        return "A"
    by_group = {"L": "a", "N": "9", "M": "", "C": ""}
    return "?" if category in ("Cn", "Co") else by_group.get(category[0], "?")


_MASK: Final = _Mask()


def masked(text: str, longest: int = LONGEST_MASK) -> str:
    """The mask of a text, in at most `longest` characters; that of a mask is the mask itself. Of a text of more than 100
    times as many characters only the beginning is read."""
    return _RUN.sub(r"\1\1\1", text[: _READ * longest].translate(_MASK))[:longest]
