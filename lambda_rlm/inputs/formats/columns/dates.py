"""Dates in a column, by the order of day and month that all its rows settle.

Owns `Dates`. Promises that no date is read by itself: one order holds for all dates of a column with the same sign between
their parts, and where rows settle none the column stays as it is written. Between points the day comes first, unless rows
contradict. Refuses years of two digits, whose century nothing tells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final

from lambda_rlm.inputs.formats.columns.verdict import TEXT, Verdict, many, quoted

_TIME: Final = (
    r"(?:(?:T|,?\s+(?:at\s+)?)(?P<hour>\d{1,2}):(?P<minute>\d\d)(?P<second>:\d\d(?:[.,]\d{1,9})?)?\s*(?P<half>[ap]\.?m\.?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)?)?"
)
_NAMES: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH: Final = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAY: Final = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
_DAY: Final = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_FORMS: Final = (
    r"(?P<first>\d{1,2})(?P<by>[-/.])\s?(?P<last>\d{1,2})(?P=by)\s?(?P<year>\d{4}|\d\d)",
    r"(?P<year>\d{4})(?P<by>[-/.])(?P<month>\d{1,2})(?P=by)(?P<day>\d{1,2})",
    r"(?P<year>\d{4})\s*年\s*(?P<month>\d{1,2})\s*月\s*(?P<day>\d{1,2})\s*日",
    rf"{_MONTH}\s+{_DAY}(?:,\s*|\s+)(?P<year>\d{{4}})",
    rf"{_DAY}(?:\s+(?:of\s+)?|-){_MONTH}(?:,?\s+|-)(?P<year>\d{{4}})",
)
_ISO: Final = re.compile(
    r"(?:\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?)?(?:\n|\Z))*+\Z",
    re.ASCII,
)
_RARE: Final = re.compile(r"0000-|-02-(?:29|3)|-(?:0[469]|11)-31")
"""What not every year has, or none."""
_LONGEST: Final = 80
_MOST_HELD: Final = 50_000
_NOON: Final = 12


@lru_cache(maxsize=1)
def _forms() -> tuple[re.Pattern[str], ...]:
    # Compiled when a column may have dates: importing stays cheap.
    return tuple(re.compile(_WEEKDAY + form + _TIME, re.ASCII | re.IGNORECASE) for form in _FORMS)


class Dates:
    """What was seen of dates in a column."""

    def __init__(self) -> None:
        self.fits = self.others = self.short = 0
        self.other = self.shown = ""
        self.is_iso = True
        self.orders: dict[str, set[bool]] = {}
        """By the sign between the parts, the orders that dates are settled by: True where the day comes first."""
        self.doubtful: dict[str, str] = {}
        """By that sign, a date that can be read in both orders as two days."""

    def see(self, cells: Sequence[str], counts: Sequence[int]) -> None:
        """Take notice of filled cells, each as often as it counts."""
        joined = "\n".join(cells)
        seen = list(zip(cells, counts, strict=True))
        if self.is_iso and _ISO.match(joined) and joined.count("\n") == len(cells) - 1:
            rare = [(cell, count) for cell, count in seen if _RARE.search(cell)] if _RARE.search(joined) else []
            self.fits += sum(counts) - sum(count for _, count in rare)
            seen = rare
        for cell, count in seen:
            self._see(cell, count)

    def _see(self, cell: str, count: int) -> None:
        found = _found(cell)
        if found is None or (isinstance(found, tuple) and not (_is_day(*found[1:4]) or _is_day(found[1], found[3], found[2]))):
            self.others += count
            self.other = self.other or cell
            return
        self.fits += count
        if isinstance(found, str):
            self.is_iso = self.is_iso and found == cell.replace(" ", "T")
            return
        self.is_iso = False
        by, year, month, day, _ = found
        if year < 100:
            self.short += count
            self.shown = self.shown or cell
        elif month != day:
            first, last = _is_day(year, day, month), _is_day(year, month, day)
            if first and last:
                self.doubtful.setdefault(by, cell)
            else:
                self.orders.setdefault(by, set()).add(first)

    def verdict(self) -> Verdict:
        """How the column is read; text where there are more other cells than dates."""
        if not self.fits or self.others > self.fits:
            return TEXT
        if self.short:
            return Verdict("text", None, f"stays text: {many(self.short, 'date')} without a century ({quoted(self.shown)})")
        against = next((by for by, orders in self.orders.items() if len(orders) > 1), None)
        if against is not None:
            return Verdict(
                "text", None, f"stays text: of {many(self.fits, 'date')} some begin with the day, others with the month"
            )
        day_first = {by: True in orders for by, orders in self.orders.items()}
        for by, cell in self.doubtful.items():
            if by not in day_first and by != ".":
                reason = f"no row settles the order of day and month ({quoted(cell)})"
                return Verdict("text", None, f"stays text: in {many(self.fits, 'date')} {reason}")
        others = f"; {many(self.others, 'other cell')} as written ({quoted(self.other)})" if self.others else ""
        if self.is_iso:
            return TEXT
        return Verdict("text", _reader(day_first), f"has {many(self.fits, 'date')}, read as YYYY-MM-DD{others}")


def _reader(day_first: dict[str, bool]) -> Callable[[str], str]:
    def read(cell: str) -> str:
        found = _found(cell)
        if found is None or isinstance(found, str):
            return found or cell
        by, year, month, day, time = found
        if day_first.get(by, True):
            month, day = day, month
        return f"{year:04}-{month:02}-{day:02}{time}" if _is_day(year, month, day) else cell

    return lru_cache(_MOST_HELD)(read)


def _found(cell: str) -> str | tuple[str, int, int, int, str] | None:
    """The date as ISO text; where it depends on the order, its sign, its year, its first and second number, and the time; None
    for what is no date."""
    if not (len(cell) <= _LONGEST and any(map(str.isdigit, cell))):
        return None
    for form in _forms():
        if (match := form.fullmatch(cell)) is not None:
            break
    else:
        return None
    parts = match.groupdict()
    time = _time(parts)
    if time is None:
        return None
    if parts.get("first") is not None:
        return parts["by"], int(parts["year"]), int(parts["first"]), int(parts["last"]), time
    name = parts.get("name")
    month = int(parts["month"]) if name is None else _NAMES.index(name[:3].lower()) + 1
    year, day = int(parts["year"]), int(parts["day"])
    return f"{year:04}-{month:02}-{day:02}{time}" if _is_day(year, month, day) else None


def _time(parts: dict[str, str | Any]) -> str | None:
    """The time after a date as ISO text, "" without one; None for none that there is."""
    if parts["hour"] is None:
        return ""
    hour, minute, half = int(parts["hour"]), int(parts["minute"]), parts["half"]
    if half is not None:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if half[0] in "pP" else 0)
    second = (parts["second"] or "").replace(",", ".")
    if hour > 23 or minute > 59 or second[1:3] > "60":
        return None
    zone = (parts["zone"] or "").upper().replace("UTC", "Z").replace("GMT", "Z")
    zone = f"{zone[:3]}:{zone[-2:]}" if len(zone) > 1 else zone
    return f"T{hour:02}:{minute:02}{second}{zone}"


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(2000 + year if year < 100 else year, month, day)
    except ValueError:
        return False
    return True
