"""Dates and durations, read from the ways in which people write them, and counting in days.

Dates are read as `lambda_rlm.dates` reads them, for all functions alike, and given as YYYY-MM-DD.

Durations: `1h 30m`, `90 minutes`, `1 hour and 30 min`, `1.5 hours`, `2 days, 3 h`, `PT1H30M`, `P1DT12H`, `P2W`, `01:30:00`.
Fractions round to the nearest second, halves to even. A number without a unit and `1:30` are none: they can be read in more
ways than one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date as Date
from functools import cache
from typing import Final

from lambda_rlm.dates import LONGEST, day_in
from lambda_rlm.eval.library.engine import characters_of
from lambda_rlm.eval.provenance.derived import derived
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.tariff import TARIFF
from lambda_rlm.eval.value import Text, Value

Function = Callable[..., Value]

_LONGEST: Final = LONGEST
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_NUMBER: Final = r"\d{1,9}(?:[.,]\d{1,9})?"
_CLOCK: Final = r"(\d{1,5}):([0-5]\d):([0-5]\d)(\.\d{1,9})?"
_ISO: Final = rf"P(?=.)(?:({_NUMBER})W)?(?:({_NUMBER})D)?(?:T(?=.)(?:({_NUMBER})H)?(?:({_NUMBER})M)?(?:({_NUMBER})S)?)?"
_PART: Final = (
    r"(\d{1,9}(?:\.\d{1,9})?)\s*"
    r"(s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?|w(?:(?:ee)?ks?)?)\.?(?![a-z])(?:\s*,)?\s*(?:and\s+)?"
)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


def parse_date(site: Site) -> Function:
    meter, price = site.meter, TARIFF[site.primitive]

    def parsed(text: Text) -> Value:
        meter.spend(price.call)
        meter.allocate(price.storage_call)
        date = date_in(characters_of(text).strip()) if text.n <= _LONGEST else None
        return None if date is None else (derived(date, meter, text),)

    return parsed


def date_in(s: str) -> str | None:
    """The date that a text is, as YYYY-MM-DD."""
    day = day_in(s)
    return None if day is None else day.isoformat()


def _day(text: Text) -> Date | None:
    """The day that a text names, read as `parse_date` reads it."""
    return day_in(characters_of(text).strip()) if text.n <= _LONGEST else None


def _of_days(function: Callable[..., int]) -> Callable[[Site], Function]:
    """A number from one or two days; none where one of the texts is no date."""

    def build(site: Site) -> Function:
        meter, price = site.meter, TARIFF[site.primitive]

        def counted(*texts: Text) -> Value:
            meter.spend(price.call)
            meter.allocate(price.storage_call)
            days = [_day(text) for text in texts]
            return None if None in days else (function(*days),)

        return counted

    return build


days_between = _of_days(lambda a, b: b.toordinal() - a.toordinal())
weekday = _of_days(Date.isoweekday)
month = _of_days(lambda day: day.month)


def add_days(site: Site) -> Function:
    meter, price = site.meter, TARIFF[site.primitive]

    def later(text: Text, n: int) -> Value:
        meter.spend(price.call)
        meter.allocate(price.storage_call)
        day = _day(text)
        if day is None or not Date.min.toordinal() <= day.toordinal() + n <= Date.max.toordinal():
            return None
        return (derived(Date.fromordinal(day.toordinal() + n).isoformat(), meter, text),)

    return later


def parse_duration(site: Site) -> Function:
    meter, price = site.meter, TARIFF[site.primitive]

    def parsed(text: Text) -> Value:
        meter.spend(price.call)
        meter.allocate(price.storage_call)
        seconds = seconds_in(characters_of(text).strip()) if text.n <= _LONGEST else None
        return None if seconds is None else (seconds,)

    return parsed


def seconds_in(s: str) -> int | None:
    """The duration that a text is, in seconds."""
    clock = _compiled(_CLOCK).fullmatch(s)
    if clock is not None:
        hours, minutes, seconds, fraction = clock.groups()
        return _rounded(_nanoseconds(hours, "h") + _nanoseconds(minutes, "m") + _nanoseconds(seconds + (fraction or ""), "s"))
    iso = _compiled(_ISO).fullmatch(s.upper())
    if iso is not None:
        units = zip(iso.groups(), "wdhms", strict=True)
        return _rounded(sum([_nanoseconds(number, unit) for number, unit in units if number]))
    return _spoken(s.lower())


def _spoken(s: str) -> int | None:
    """A row of numbers with units, each unit at most once."""
    total, position, seen = 0, 0, set()
    pattern = _compiled(_PART)
    while (part := pattern.match(s, position)) is not None:
        number, unit = part[1], part[2][0]
        if unit in seen:
            return None
        seen.add(unit)
        total += _nanoseconds(number, unit)
        position = part.end()
    return _rounded(total) if seen and position == len(s) else None


def _nanoseconds(number: str, unit: str) -> int:
    whole, _, fraction = number.replace(",", ".").partition(".")
    return int(whole + fraction.ljust(9, "0")) * _SECONDS[unit]


def _rounded(nanoseconds: int) -> int:
    """Whole seconds, halves to even."""
    seconds, rest = divmod(nanoseconds, 10**9)
    return seconds + (rest * 2 > 10**9 or (rest * 2 == 10**9 and seconds % 2))
