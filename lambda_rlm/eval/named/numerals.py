"""Which number a reply writes, in digits of any script.

Owns the reading of thousands and decimals by what the text itself shows: two different separators, groups of exactly three, a
leading zero, an exponent. Promises exactly one number or none: one that can be read in two ways (`3.000`), that is joined
to others (`3-5`, `1/2`, a date), or is multiplied by a word (`3万`, `3 million`) gives none. JSON is read elsewhere.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.named.number_words import (
    MULTIPLES,
    MULTIPLES_BEFORE,
    NARROW,
    PERCENTS,
    PERCENTS_BEFORE,
    cased,
    is_spoiled,
)
from lambda_rlm.late_pattern import late_pattern

_NARROW: Final = "\u00a0\u2009\u202f"
"""Spaces that do not part words."""
_TOKEN = late_pattern(rf"\d+(?:(?:[.,'’_٬٫．，{NARROW}]|\{{,\}}| (?=\d{{3}}(?!\d)))\d+)*(?:[eE][-+−]?\d{{1,3}}(?![\d.,]))?")
_GROUPS: Final = "' "
"""Separators that only ever part thousands, as they are read."""
_JSON = late_pattern(r"-?(?:0|[1-9][0-9]{0,400})\.[0-9]{1,400}")
"""Decimals as JSON has them."""
_MOST_DIGITS: Final = 400
_SIGNS: Final = "-−－"
_DASHES: Final = "-−–—－‐‑~～〜"
_JOINS: Final = frozenset("/:^×÷=⁄" + _DASHES)
"""Signs that join two numbers."""
_BOUNDS: Final = frozenset("≤≥≠≪≫<＜＞±")
"""Signs that make a number a bound."""
_LETTERED: Final = ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN")
"""Scripts whose letters make one word with digits beside them (`A4`, `7th`); elsewhere a digit ends a word."""
_LOOK_BACK: Final = 8
_MOST_TIMES: Final = 8
"""How often one number may be written in a text."""
_AROUND: Final = 200
"""Characters beside a number in which a word may deny it."""
_MONEY: Final = r"(?:[A-Za-z]{0,3}[$€£¥₹₩₽₺₫₪฿₴¢]|[A-Z]{3})"
_SIGN_BEFORE = late_pattern(rf"(?<![\w)\].])(?P<sign>[-−－–]) ?{_MONEY} ?$")
"""A sign before a currency: `-$3`."""
_IN_PARENTHESES = late_pattern(rf"[^\w]*(?:{_MONEY})?[^\w(]*\( ?(?:{_MONEY})? ?$")
_CLOSED = late_pattern(rf" ?(?:{_MONEY})? ?\)")
_TAKEN_BACK = late_pattern(r"[+?？؟]|[-−－–—](?=\s|[.,;)]|$)| ?[?？؟]\s*$")
"""After a number: a bound, a minus of accounts, or a question mark."""


class UnclearNumber(ValueError):
    """A text has a number that can be read in several ways."""


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number as it is written in a text."""

    value: int | float
    is_percent: bool


def number_in(text: str, *, is_whole: bool) -> Numeral | None:
    """The one number of a text, None when there is none. `is_whole` says that a whole number is wanted, which settles `1,234`.
    Raises `UnclearNumber` for several, and for one that can be read in several ways."""
    if not is_whole and _JSON.fullmatch(text.strip()):
        return Numeral(float(text), is_percent=False)
    found: Numeral | None = None
    times = 0
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        if len(match.group()) > _MOST_DIGITS:
            raise UnclearNumber
        if _is_part_of_a_name(text, start):
            continue
        if _is_joined(text, start, end):
            raise UnclearNumber
        numeral = Numeral(_value(match.group(), text, start, end, is_whole), _is_percent(text, start, end))
        times += 1
        if (found is not None and found != numeral) or times > _MOST_TIMES or is_spoiled(text, start, end, _AROUND):
            raise UnclearNumber
        found = numeral
    return found


def _is_part_of_a_name(text: str, start: int) -> bool:
    """A letter is right before, perhaps with a dash: `A4`, `COVID-19`."""
    before = text[max(0, start - 2) : start]
    return (
        _is_letter(before[-1:]) or (before[-1:] in _DASHES and len(before) == 2 and _is_letter(before[0])) or before[-1:] == "_"
    )


def _is_letter(sign: str) -> bool:
    return sign.isalpha() and any(script in unicodedata.name(sign, "") for script in _LETTERED)


def _is_joined(text: str, start: int, end: int) -> bool:
    """What is beside a number makes it another, or part of something that is no number."""
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    if _is_numeric(before) or _is_numeric(after) or _is_letter(after) or cased(MULTIPLES).match(text, end):
        return True
    if _TAKEN_BACK.match(text, end) or _is_loss(text, start, end):
        return True
    if cased(MULTIPLES_BEFORE).search(text[max(0, start - 2 * _LOOK_BACK) : start]):
        return True
    if before in _BOUNDS or (before == ">" and "<" not in text[:start]):
        return True
    if before and before in _JOINS | {"."} and text[max(0, start - 2) : start - 1].isdigit():
        return True
    joins_after = after and (after in _JOINS or after in ".,'’*±") and text[end + 1 : end + 2].isdigit()
    return bool(joins_after) or (after == "±")


def _is_numeric(sign: str) -> bool:
    """A sign that is a number itself: `½`, `²`, `万`."""
    return sign.isnumeric()


def _is_percent(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - _LOOK_BACK) : start]
    return cased(PERCENTS).match(text, end) is not None or cased(PERCENTS_BEFORE).search(before) is not None


def _value(written: str, text: str, start: int, end: int, is_whole: bool) -> int | float:
    if len({ord(sign) - unicodedata.decimal(sign) for sign in written if sign.isdecimal()}) > 1:
        raise UnclearNumber  # digits of two scripts
    plain = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else _PLAIN.get(sign, sign) for sign in written)
    plain = plain.replace("{,}", "'")
    body, _, exponent = plain.lower().partition("e")
    if " " in body and body.count(" ") == 1 and not _is_alone(text, start, end):
        raise UnclearNumber
    whole, decimals = _parts(body, is_whole=is_whole, has_exponent=bool(exponent))
    sign = "-" if _is_negative(text, start) else ""
    if text[:start].endswith(".") and "." not in body and not text[: start - 1][-1:].isalnum():
        whole, decimals = "0", whole  # `.5`
    if decimals is None and not exponent:
        return int(sign + whole)
    return float(f"{sign}{whole}.{decimals or 0}e{exponent or 0}")


_PLAIN: Final = {"．": ".", "−": "-", **dict.fromkeys(f"’_٬，{NARROW}", "'")}


def _is_negative(text: str, start: int) -> bool:
    """A minus is right before a number or its currency. Raises `UnclearNumber` for a dash that may be one."""
    before = text[max(0, start - _LOOK_BACK) : start]
    money = _SIGN_BEFORE.search(before)
    sign = money["sign"] if money is not None else before[-1:]
    if sign == "–" or (before[-2:-1] in tuple(_SIGNS + "–") and before[-1:].isspace()):
        raise UnclearNumber
    return sign in tuple(_SIGNS) if sign else False


def _is_loss(text: str, start: int, end: int) -> bool:
    """Nothing but a number is in parentheses, and no word before them: accounts write losses so."""
    before = text[text.rfind("\n", 0, start) + 1 : start][-_LOOK_BACK * 4 :]
    return _IN_PARENTHESES.fullmatch(before) is not None and _CLOSED.match(text, end) is not None


def _is_alone(text: str, start: int, end: int) -> bool:
    """Nothing but signs is around a number: where it has a space, no word before or after is counted by a part of it."""
    return not any(sign.isalnum() for sign in text[:start] + text[end:])


def _parts(body: str, *, is_whole: bool, has_exponent: bool) -> tuple[str, str | None]:
    """The digits before and after the decimal sign, None for no such sign."""
    separators = [sign for sign in body if not sign.isdigit()]
    if not separators:
        return body, None
    kinds = set(separators)
    last = separators[-1]
    if len(kinds) > 2 or (len(kinds) == 2 and separators.count(last) > 1):
        raise UnclearNumber
    if len(kinds) == 2 or last == "٫" or (len(separators) == 1 and _is_decimal(body, last, is_whole, has_exponent)):
        if last in _GROUPS:
            raise UnclearNumber
        whole, _, decimals = body.rpartition(last)
        return _grouped(whole), decimals
    return _grouped(body), None


def _is_decimal(body: str, sign: str, is_whole: bool, has_exponent: bool) -> bool:
    """A lone separator is that of decimals."""
    if sign in _GROUPS:
        return False
    before, _, after = body.partition(sign)
    if len(after) != 3 or len(before) > 3 or before.startswith("0") or has_exponent:
        return True
    if is_whole and sign == ",":
        return False
    raise UnclearNumber


def _grouped(written: str) -> str:
    """Digits without what parts their groups: of three, or as in India of two before the last three."""
    groups = re.split(r"\D", written)
    if len(groups) == 1:
        return written
    is_by_three = 1 <= len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])
    is_by_two = 1 <= len(groups[0]) <= 2 and all(len(group) == 2 for group in groups[1:-1]) and len(groups[-1]) == 3
    if groups[0].startswith("0") or not (is_by_three or (is_by_two and "," in written)):
        raise UnclearNumber
    return "".join(groups)
