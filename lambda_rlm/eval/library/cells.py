"""Cells of a column of texts, read by the evidence of all of them: numbers with their units, and dates; and labels in a text.

Owns what is around a number in a cell. What a column tells of signs and orders is judged by `written_numbers` and `dates`, as
for the columns of files: `1.234,50`, `0,5` and `1.234.567` tell which sign is before decimals, `1,234` does not, and is then
read as the other cells say, or not at all; `13/02/2023` tells which of day and month is first. Promises that nothing is
guessed: where the cells disagree, or none tells, a cell that can be read in two ways is none. A number is given with all of its
digits, `-1234.50`; its unit is what is written around it. Refuses cells with several numbers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from typing import Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.dates import LONGEST, NumericDate, Orders, reading
from lambda_rlm.eval.library.engine import characters_of
from lambda_rlm.eval.named.labels import named
from lambda_rlm.eval.provenance.derived import derived
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.tariff import TARIFF
from lambda_rlm.eval.value import Text, Value
from lambda_rlm.written_numbers import SPACES, DecimalSigns, readings

Function = Callable[..., Value]

_STRETCH: Final = 1 << 10
"""Cells between two looks at the clock."""

_WIDE: Final = str.maketrans("．，－＋（）٫٬", ".,-+().'")
_MINUS: Final = "\u2212\u2013-"
"""Signs that are written for a minus, the hyphen last, as sets of characters in patterns want it."""
_AS_GROUPING: Final = str.maketrans("_", "'")
"""What programs write between thousands, beside what people do."""
_UNIT: Final = rf"[^\d\s()+.,'\u2019/:{_MINUS}][^\d]"
_CELL: Final = (
    rf"(?P<open>\()?(?P<sign>[+{_MINUS}]?)(?P<before>[^\d()+.,{_MINUS}]{{0,12}}?)\s*(?P<inner>[+{_MINUS}]?)"
    rf"(?P<number>[.,]?\d(?:[\d.,'\u2019_{SPACES}]*\d)?)\s*"
    rf"(?P<after>{_UNIT}{{0,30}}?(?<=[a-zA-Z])\d|{_UNIT}{{0,30}})?(?P<close>(?(open)\)))"
)
_CURRENCY: Final = r"[A-Z]{2,3}"
"""What letters may stand right before digits; others make a code of it, such as `A7`."""
_PLAIN: Final = r"[+-]?(?:\d+\.?\d*|\.\d+)[eE][+-]?\d+"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # Compiled when a cell is first read: importing the library stays cheap.
    return re.compile(pattern, re.ASCII)


class _Numeral:
    """The parts of a cell with one number: its sign, its digits as they are written, and what is around them."""

    def __init__(self, found: re.Match[str], *, is_settled: bool) -> None:
        parts = found.groupdict(default="")
        is_negative = bool(parts["open"]) or any(sign in _MINUS for sign in parts["sign"] + parts["inner"])
        self.sign = "-" if is_negative else ""
        self.readings = readings(parts["number"].translate(_AS_GROUPING))
        if is_settled and "." in self.readings:
            self.readings = dict.fromkeys(self.readings.keys() | {","}, self.readings["."])
        self.unit = f"{parts['before'].strip()} {parts['after'].strip()}".strip()


def _numeral(cell: str) -> _Numeral | str | None:
    """What a cell says: a numeral, or a number with an exponent as it is written; None for neither."""
    if len(cell) > LONGEST:
        return None
    s = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in cell.translate(_WIDE)).strip()
    if _compiled(_PLAIN).fullmatch(s):
        return s
    found = _compiled(_CELL).fullmatch(s)
    if found is None or bool(found["open"]) != bool(found["close"]) or _is_code(found):
        return None
    return _Numeral(found, is_settled="٫" in cell)  # it is before decimals alone, and tells nothing of other signs


def _is_code(found: re.Match[str]) -> bool:
    before = found["before"]
    is_joined = bool(before) and found.end("before") == found.start("number") and before[-1].isascii() and before[-1].isalpha()
    return is_joined and _compiled(_CURRENCY).fullmatch(before) is None


def numbers_of(cells: Sequence[str], meter: Meter | None = None) -> list[tuple[str, str] | None]:
    """The number and the unit of each cell of a column; None for a cell that is no number, or more than one."""
    numerals = []
    for index, cell in enumerate(cells):
        if meter is not None and index % _STRETCH == 0:
            meter.glance()
        numerals.append(_numeral(cell))
    signs = DecimalSigns()
    for numeral in numerals:
        if isinstance(numeral, _Numeral):
            signs.see(numeral.readings)
    return [_number(numeral, signs.settled) for numeral in numerals]


def _number(numeral: _Numeral | str | None, decimal: str | None) -> tuple[str, str] | None:
    if not isinstance(numeral, _Numeral):
        return None if numeral is None else (numeral, "")
    found = set(numeral.readings.values())
    if len(found) > 1:
        found = {numeral.readings[decimal]} if decimal is not None else set()
    return (numeral.sign + found.pop(), numeral.unit) if found else None


def dates_of(cells: Sequence[str], meter: Meter | None = None) -> list[str | None]:
    """The date of each cell of a column as YYYY-MM-DD; None for a cell that is no date, or could be two."""
    orders, dates = Orders(), list[date | NumericDate | None]()
    for index, cell in enumerate(cells):
        if meter is not None and index % _STRETCH == 0:
            meter.glance()
        found = reading(cell.strip()) if len(cell) <= LONGEST else None
        if isinstance(found, NumericDate):
            orders.see(found)
        dates.append(found)
    days = [orders.day(found) if isinstance(found, NumericDate) else found for found in dates]
    return [None if day is None else day.isoformat() for day in days]


def _charged(cells: list[Text], site: Site) -> list[str]:
    """What the cells of a column read, once the reading of them is charged."""
    price, size = TARIFF[site.primitive], sum([cell.n for cell in cells])
    site.meter.spend(price.steps(elements=len(cells), characters=size))
    site.meter.allocate(price.storage(made=len(cells), written=size))
    return [characters_of(cell) for cell in cells]


def read_numbers(site: Site) -> Function:
    meter = site.meter

    def read(cells: list[Text]) -> list[Value]:
        """Records { number, unit }."""
        found = numbers_of(_charged(cells, site), meter)
        return [
            None if number is None else ((derived(number[0], meter, cell), derived(number[1], meter, cell)),)
            for cell, number in zip(cells, found, strict=True)
        ]

    return read


def read_dates(site: Site) -> Function:
    meter = site.meter

    def read(cells: list[Text]) -> list[Value]:
        dates = dates_of(_charged(cells, site), meter)
        return [None if date is None else (derived(date, meter, cell),) for cell, date in zip(cells, dates, strict=True)]

    return read


def label_in(site: Site) -> Function:
    """The one label that a text names, read as replies to calls are."""
    meter, price = site.meter, TARIFF[site.primitive]

    def label_of(text: Text, labels: list[Text]) -> Value:
        size = sum([label.n for label in labels])
        meter.spend(price.steps(elements=len(labels), characters=size + text.n, cells=len(labels) * text.n))
        meter.allocate(price.storage(made=len(labels), written=size + text.n))
        meter.glance()
        words = {characters_of(label): label for label in labels}
        found = named(characters_of(text), {word: word for word in words})
        return None if found is None else (derived(found, meter, text, words[found]),)

    return label_of
