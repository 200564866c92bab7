"""Dates in running English text.

Owns the few forms in which the benchmarks write them: `2024-01-15`, `Jan 15, 2024`, `15 January 2024`, `01/15/2024` (month
first). A day that no month has is no date.
"""

from __future__ import annotations

import re
from calendar import month_abbr, month_name
from collections.abc import Iterator
from datetime import date
from typing import Final

MONTHS: Final = tuple(month_name[1:])
_NUMBERS: Final = {name[:3].casefold(): number for number, name in enumerate(month_abbr) if name}
_NAME: Final = r"(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_FORMS: Final = (
    r"\b(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})\b",
    r"\b(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})\b",
    rf"\b{_NAME}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})\b",
    rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{_NAME},?\s+(?P<year>\d{{4}})\b",
)
_PATTERNS: Final = tuple(re.compile(form, re.IGNORECASE) for form in _FORMS)


def dates_in(text: str) -> Iterator[tuple[int, int, date]]:
    """Start, end and value of each date, in the order of the text."""
    dates = []
    for pattern in _PATTERNS:
        for hit in pattern.finditer(text):
            parts = hit.groupdict()
            month = int(parts["month"]) if parts.get("month") else _NUMBERS[parts["name"].casefold()]
            try:
                dates.append((hit.start(), hit.end(), date(int(parts["year"]), month, int(parts["day"]))))
            except ValueError:
                continue
    yield from sorted(dates)


def first_date(text: str) -> date | None:
    """The first date of a text."""
    return next((value for _, _, value in dates_in(text)), None)
