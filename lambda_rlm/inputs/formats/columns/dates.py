"""Dates in a column, by the order of day and month that all its rows settle.

Owns `Dates`. Promises that no date is read by itself: one order holds for all dates of a column with the same sign between
their parts (`lambda_rlm.dates`), and where rows settle none, or contradict each other, the column stays as it is written.
Refuses years of two digits, whose century nothing tells, and forms that numbers of parts have too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final, NamedTuple

from lambda_rlm.dates import NumericDate, Orders, day_in, numeric_date
from lambda_rlm.dates.names import folded, is_weekday
from lambda_rlm.inputs.formats.columns.verdict import TEXT, Verdict, many, quoted
from lambda_rlm.late_pattern import late_pattern

_TIME: Final = (
    r"(?:(?:T|,?\s+(?:at\s+)?)(?P<hour>\d{1,2}):(?P<minute>\d\d)(?P<second>:\d\d(?:[.,]\d{1,9})?)?\s*(?P<half>[ap]\.?m\.?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)?)?"
)
_WEEKDAY: Final = r"(?:(?P<weekday>[^\d\s,.]{2,14})[.,]{0,2}\s+)?"
_FORMS: Final = (
    _WEEKDAY + r"(?P<first>\d{1,2})(?P<by>[-/.])\s?(?P<last>\d{1,2})(?P=by)\s?(?P<year>\d{4}|\d\d)",
    _WEEKDAY + r"(?P<year>\d{4})(?P<by>[-/.])(?P<month>\d{1,2})(?P=by)(?P<day>\d{1,2})",
    _WEEKDAY + r"(?P<year>\d{4})\s*年\s*(?P<month>\d{1,2})\s*月\s*(?P<day>\d{1,2})\s*日",
    r"(?P<named>[^\d:]{0,40}\d{1,2}[^\d:]{1,40}\d{4}(?:\s[^\d\s:]{1,6})??)",
)
"""The last has the name of a month, and perhaps a word for "year" behind it."""
_ISO: Final = late_pattern(
    r"(?:\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?)?(?:\n|\Z))*+\Z",
    re.ASCII,
)
_RARE: Final = late_pattern(r"0000-|-02-(?:29|3)|-(?:0[469]|11)-31")
"""What not every year has, or none."""
_LONGEST: Final = 80
_MOST_HELD: Final = 50_000
_NOON: Final = 12


@lru_cache(maxsize=1)
def _forms() -> tuple[re.Pattern[str], ...]:
    # Compiled when a column may have dates: importing stays cheap.
    return tuple(re.compile(form + _TIME, re.ASCII | re.IGNORECASE) for form in _FORMS)


class Dates:
    """What was seen of dates in a column."""

    def __init__(self) -> None:
        self.fits = self.others = self.short = 0
        self.other = self.shown = ""
        self.is_iso = True
        self.orders = Orders()
        self.doubtful: dict[str, tuple[str, NumericDate]] = {}
        """By the sign between the parts, a date that may be two days."""

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
        if found is None:
            self.others += count
            self.other = self.other or cell
            return
        self.fits += count
        if found.is_short:
            self.short += count
            self.shown = self.shown or cell
        elif isinstance(found.day, NumericDate):
            self.orders.see(found.day)
            if found.day.sign not in self.doubtful and len(set(found.day.days.values())) > 1:
                self.doubtful[found.day.sign] = cell, found.day
        if self.is_iso:
            self.is_iso = isinstance(found.day, date) and _iso(found.day, found.time) == cell.replace(" ", "T")

    def verdict(self) -> Verdict:
        """How the column is read; text where there are more other cells than dates."""
        if not self.fits or self.others > self.fits:
            return TEXT
        if self.short:
            return Verdict("text", None, f"stays text: {many(self.short, 'date')} without a century ({quoted(self.shown)})")
        if self.orders.is_contradicted:
            return Verdict(
                "text", None, f"stays text: of {many(self.fits, 'date')} some begin with the day, others with the month"
            )
        for cell, found in self.doubtful.values():
            if self.orders.day(found) is None:
                reason = f"no row settles the order of day and month ({quoted(cell)})"
                return Verdict("text", None, f"stays text: in {many(self.fits, 'date')} {reason}")
        others = f"; {many(self.others, 'other cell')} as written ({quoted(self.other)})" if self.others else ""
        if self.is_iso:
            return TEXT
        return Verdict("text", _reader(self.orders), f"has {many(self.fits, 'date')}, read as YYYY-MM-DD{others}")


class _Found(NamedTuple):
    day: date | NumericDate
    time: str
    """As ISO text, "" without one."""
    is_short: bool = False
    """The year has two digits."""


def _reader(orders: Orders) -> Callable[[str], str]:
    def read(cell: str) -> str:
        found = _found(cell)
        day = None if found is None else orders.day(found.day) if isinstance(found.day, NumericDate) else found.day
        return cell if found is None or day is None else _iso(day, found.time)

    return lru_cache(_MOST_HELD)(read)


def _iso(day: date, time: str) -> str:
    return day.isoformat() + time


def _found(cell: str) -> _Found | None:
    """The date that a cell is; None for what is no date."""
    if not (len(cell) <= _LONGEST and any(map(str.isdigit, cell))):
        return None
    for form in _forms():
        if (match := form.fullmatch(cell)) is not None:
            break
    else:
        return None
    parts = match.groupdict()
    weekday, time = parts.get("weekday"), _time(parts)
    if time is None or (weekday is not None and not is_weekday(folded(weekday))):
        return None
    if "first" in parts:
        year = parts["year"]
        is_short = len(year) == 2
        found = numeric_date(parts["first"], parts["by"], parts["last"], f"20{year}" if is_short else year)
        return None if found is None else _Found(found, time, is_short)
    day = _named(parts["named"]) if "named" in parts else _of(parts["year"], parts["month"], parts["day"])
    return None if day is None else _Found(day, time)


@lru_cache(_MOST_HELD)
def _named(text: str) -> date | None:
    return day_in(text)


def _of(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _time(parts: dict[str, Any]) -> str | None:
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
