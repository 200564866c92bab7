"""Cells of a column of texts, read by the evidence of all of them: numbers with their units, and dates; and labels in a text.

Owns the evidence. Of numbers: which sign comes before decimals and which parts thousands. `1.234,50` tells, and so do
`0,5`, `12,25` and `1.234.567`; `1,234` alone does not, and is then read as the other cells say, or not at all. Of dates with
strokes: whether the day or the month is first; a cell such as `13/02/2023` tells it for all. Promises that nothing is guessed:
where the cells disagree, or none tells, a cell that can be read in two ways is none. A number is given with all of its digits,
`-1234.50`; its unit is what is written around it. Refuses cells with several numbers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.library.dates import date_in
from lambda_rlm.eval.library.engine import characters_of
from lambda_rlm.eval.named.labels import named
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.tariff import TARIFF
from lambda_rlm.eval.value import Text, Value, derived

Function = Callable[..., Value]

_LONGEST: Final = 80
"""Characters of a cell that is a number or a date."""
_STRETCH: Final = 1 << 10
"""Cells between two looks at the clock."""

_WIDE: Final = str.maketrans("．，－＋（）٫٬", ".,-+().,")
_MINUS: Final = "\u2212\u2013-"
"""Signs that are written for a minus, the hyphen last, as sets of characters in patterns want it."""
_GROUPING: Final = " \u00a0\u2009\u202f'\u2019_"
"""Signs that part thousands and never decimals."""
_UNIT: Final = rf"[^\d\s()+.,'\u2019/:{_MINUS}][^\d]"
_CELL: Final = (
    rf"(?P<open>\()?(?P<sign>[+{_MINUS}]?)(?P<before>[^\d()+.,{_MINUS}]{{0,12}}?)\s*(?P<inner>[+{_MINUS}]?)"
    rf"(?P<number>(?:\d[\d.,{_GROUPING}]*)?\d|\.\d+)\s*"
    rf"(?P<after>{_UNIT}{{0,30}}?(?<=[a-zA-Z])\d|{_UNIT}{{0,30}})?(?P<close>(?(open)\)))"
)
_CURRENCY: Final = r"[A-Z]{2,3}"
"""What letters may stand right before digits; others make a code of it, such as `A7`."""
_PLAIN: Final = r"[+-]?(?:\d+\.?\d*|\.\d+)[eE][+-]?\d+"
_SLASHED: Final = r"(\d{1,2})([-/])(\d{1,2})\2(\d{4})(?!\d)(.*)"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # Compiled when a cell is first read: importing the library stays cheap.
    return re.compile(pattern, re.ASCII)


class _Numeral:
    """The parts of a cell with one number: its sign, its digits as they are written, and what is around them."""

    def __init__(self, found: re.Match[str]) -> None:
        parts = found.groupdict(default="")
        is_negative = bool(parts["open"]) or any(sign in _MINUS for sign in parts["sign"] + parts["inner"])
        self.sign = "-" if is_negative else ""
        self.digits = parts["number"]
        self.unit = f"{parts['before'].strip()} {parts['after'].strip()}".strip()
        self.evidence, self.is_open = _evidence(self.digits)

    def written(self, decimal: str) -> str | None:
        """The number, where `decimal` is the sign before decimals ("" for none); None where it is not written so."""
        whole, _, fraction = self.digits.partition(decimal) if decimal else (self.digits, "", "")
        groups = re.split(rf"[.,{_GROUPING}]", whole)
        signs = set(re.findall(rf"[.,{_GROUPING}]", whole))
        is_grouped = len(groups) == 1 or (
            len(signs) == 1
            and 1 <= len(groups[0]) <= 3
            and len(groups[-1]) == 3
            and all(len(group) in (2, 3) for group in groups[1:-1])
        )
        if not is_grouped or not (fraction == "" or fraction.isdigit()):
            return None
        return self.sign + "".join(groups) + (f".{fraction}" if fraction else "")


def _evidence(digits: str) -> tuple[str, bool]:
    """The sign before decimals that a number shows, "" for none; and whether it can be read in two ways."""
    points, commas = digits.count("."), digits.count(",")
    if points and commas:
        return max(".,", key=digits.rfind), False
    if points + commas == 0:
        return "", False
    sign, other = (".", ",") if points else (",", ".")
    if points + commas > 1:
        return other, False
    whole, _, fraction = digits.partition(sign)
    is_open = len(fraction) == 3 and 1 <= len(whole) <= 3 and whole.isdigit() and whole[0] != "0"
    return ("", True) if is_open else (sign, False)


def _numeral(cell: str) -> _Numeral | str | None:
    """What a cell says: a numeral, or a number with an exponent as it is written; None for neither."""
    if len(cell) > _LONGEST:
        return None
    s = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in cell.translate(_WIDE)).strip()
    if _compiled(_PLAIN).fullmatch(s):
        return s
    found = _compiled(_CELL).fullmatch(s)
    if found is None or bool(found["open"]) != bool(found["close"]) or _is_code(found):
        return None
    return _Numeral(found)


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
    told = {numeral.evidence for numeral in numerals if isinstance(numeral, _Numeral)} - {""}
    column = told.pop() if len(told) == 1 else ""
    return [_number(numeral, column) for numeral in numerals]


def _number(numeral: _Numeral | str | None, column: str) -> tuple[str, str] | None:
    if not isinstance(numeral, _Numeral):
        return None if numeral is None else (numeral, "")
    if numeral.is_open and not column:
        return None
    decimal = column if numeral.is_open else numeral.evidence
    number = numeral.written(decimal)
    return None if number is None else (number, numeral.unit)


def dates_of(cells: Sequence[str], meter: Meter | None = None) -> list[str | None]:
    """The date of each cell of a column as YYYY-MM-DD; None for a cell that is no date, or could be two."""
    slashed = [_compiled(_SLASHED).fullmatch(cell.strip()) if len(cell) <= _LONGEST else None for cell in cells]
    is_day_first = any(found is not None and 12 < int(found[1]) <= 31 for found in slashed)
    is_month_first = any(found is not None and 12 < int(found[3]) <= 31 for found in slashed)
    dates = []
    for index, (cell, found) in enumerate(zip(cells, slashed, strict=True)):
        if meter is not None and index % _STRETCH == 0:
            meter.glance()
        s = cell.strip()
        if found is not None and is_day_first != is_month_first:
            month, day = (found[3], found[1]) if is_day_first else (found[1], found[3])
            s = f"{found[4]}-{month}-{day}{found[5]}"
        dates.append(date_in(s) if len(cell) <= _LONGEST else None)
    return dates


def read_numbers(site: Site) -> Function:
    meter, price = site.meter, TARIFF[site.primitive]

    def read(cells: list[Text]) -> list[Value]:
        """Records { number, unit }."""
        size = sum([cell.n for cell in cells])
        meter.spend(price.steps(elements=len(cells), characters=size))
        meter.allocate(price.storage(made=len(cells), written=size))
        found = numbers_of([characters_of(cell) for cell in cells], meter)
        return [
            None if number is None else ((derived(number[0], meter, cell), derived(number[1], meter, cell)),)
            for cell, number in zip(cells, found, strict=True)
        ]

    return read


def read_dates(site: Site) -> Function:
    meter, price = site.meter, TARIFF[site.primitive]

    def read(cells: list[Text]) -> list[Value]:
        size = sum([cell.n for cell in cells])
        meter.spend(price.steps(elements=len(cells), characters=size))
        meter.allocate(price.storage(made=len(cells), written=size))
        dates = dates_of([characters_of(cell) for cell in cells], meter)
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
