"""Decimal and grouping signs of numbers as people write them: 1,234.50, 1.234,50, 12,34,567, 1'234.

Owns the two readings of digits with signs between them, and what settles which of them is meant: a single text, or the texts of
a column together. Whoever reads numbers of people, in files, in cells or in a text, reads them by this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lambda_rlm.late_pattern import late_pattern

SPACES: Final = "\u0020\u00a0\u2009\u202f"
"""White space that groups digits: also the one where no line may end, the thin one, and both at once."""
_WHOLE: Final = r"0|[1-9][0-9]*|[1-9][0-9]{{0,2}}(?:(?P<by>[{by}'’" + SPACES + r"])[0-9]{{3}}(?:(?P=by)[0-9]{{3}})*)"
_READINGS: Final = {
    ".": late_pattern(rf"(?:{_WHOLE.format(by=',')}|[1-9][0-9]?(?:,[0-9]{{2}})+,[0-9]{{3}})?(?:\.[0-9]+)?"),
    ",": late_pattern(rf"(?:{_WHOLE.format(by='.')})?(?:,[0-9]+)?"),
}
"""Digits by the sign before decimals: whole numbers in groups of three, in the Indian way with a comma, or without groups."""
_GROUPS: Final = str.maketrans("", "", f"'’{SPACES}")
_SIGNED: Final = late_pattern(rf"([-+−]?)([.,]?[0-9](?:[0-9.,'’{SPACES}]*[0-9])?)")


class DecimalSigns:
    """Which sign the numbers of a column have before decimals."""

    def __init__(self) -> None:
        self.told: set[str] = set()
        """The signs of which some number tells that it is the one."""

    def see(self, readings: Mapping[str, str]) -> None:
        """Take notice of the readings of a number."""
        if len(readings) == 1:
            self.told.update(readings)

    @property
    def settled(self) -> str | None:
        """The sign that some number tells and none contradicts."""
        return next(iter(self.told)) if len(self.told) == 1 else None


def readings(digits: str) -> dict[str, str]:
    """What digits with signs between them may be, as programs write it, by the sign before decimals; empty for no number."""
    return {sign: plain_digits(digits, sign) for sign, form in _READINGS.items() if form.fullmatch(digits)}


def plain_digits(digits: str, sign: str) -> str:
    """The digits as programs write them; `sign` is that before decimals."""
    body = digits.translate(_GROUPS)
    return body.replace(",", "") if sign == "." else body.replace(".", "").replace(",", ".")


def settled_number(text: str) -> str | None:
    """The number that a text is, as programs write it; None for no number, and where a sign may be before decimals or between
    groups (1,234)."""
    match = _SIGNED.fullmatch(text)
    found = set() if match is None else set(readings(match[2]).values())
    return None if match is None or len(found) != 1 else f"{'-' if match[1] in ('-', '−') else ''}{found.pop()}"
