"""Decimal and grouping signs of numbers as people write them: 1,234.50, 1.234,50, 12,34,567, 1'234.

Owns the two readings of digits with signs between them, and which of them a single text settles. A column settles more than one
text does; `inputs` judges columns.
"""

from __future__ import annotations

import re
from typing import Final

SPACES: Final = "\u0020\u00a0\u2009\u202f"
"""White space that groups digits: also the one where no line may end, the thin one, and both at once."""
_WHOLE: Final = r"0|[1-9][0-9]*|[1-9][0-9]{{0,2}}(?:(?P<by>[{by}'’" + SPACES + r"])[0-9]{{3}}(?:(?P=by)[0-9]{{3}})*)"
READINGS: Final = {
    ".": re.compile(rf"(?:{_WHOLE.format(by=',')}|[1-9][0-9]?(?:,[0-9]{{2}})+,[0-9]{{3}})?(?:\.[0-9]+)?"),
    ",": re.compile(rf"(?:{_WHOLE.format(by='.')})?(?:,[0-9]+)?"),
}
"""Digits by the sign before decimals: whole numbers in groups of three, in the Indian way with a comma, or without groups."""
_GROUPS: Final = str.maketrans("", "", f"'’{SPACES}")
_SIGNED: Final = re.compile(rf"([-+−]?)([.,]?[0-9](?:[0-9.,'’{SPACES}]*[0-9])?)")


def plain_digits(digits: str, sign: str) -> str:
    """The digits as programs write them; `sign` is that before decimals."""
    body = digits.translate(_GROUPS)
    return body.replace(",", "") if sign == "." else body.replace(".", "").replace(",", ".")


def settled_number(text: str) -> str | None:
    """The number that a text is, as programs write it; None for no number, and where a sign may be before decimals or between
    groups (1,234)."""
    match = _SIGNED.fullmatch(text)
    if match is None:
        return None
    found = {plain_digits(match[2], sign) for sign, form in READINGS.items() if form.fullmatch(match[2])}
    return None if len(found) != 1 else f"{'-' if match[1] in ('-', '−') else ''}{found.pop()}"
