"""The day that a text names, in the ways in which people and logs write dates.

Owns `day_in`, and `reading` for who reads a column. Read are, with a weekday, a time of day and a time zone beside them,

- ISO 8601 (`2023-01-06`, `20230106T1000Z`, `2023-W01-5`, `2023-006`), `2023/1/6`, `2023. 1. 6.`, `2023年1月6日`, `2023년 1월 6일`;
- logs and mail (`Fri Jan  6 10:00:00 2023 +0100`, `06/Jan/2023:10:00:00 +0000`, `Fri, 6 Jan 2023 10:00 GMT`, `06-Jan-23`);
- names of months in some fifty languages, with ordinals and words between (`the 6th of January 2023`, `6 de enero de 2023`);
- `6.1.2023` (with points the day comes first, where it can), `31.12.23` (of two digits each);
- `13/01/2023`, `12/31/23`: with strokes only where it can be read in one way;
- counts of seconds only in a form that says so: `@1672999200`, `1672999200 +0100` (git), `/Date(1672999200000)/`;
- Japanese eras, years of the Republic of China (民國), and years of the Buddhist era beside a Thai month.

Promises that what has two readings has none: `03/04/2023`, `6 Jan 55` (years 50 to 68 of two digits), a month's name that is
October in one language and November in another; and that the day is the one written, in the time zone written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache, lru_cache
from typing import Final

from lambda_rlm.dates.clock import without_clock
from lambda_rlm.dates.names import folded, is_weekday, month_of
from lambda_rlm.dates.orders import NumericDate
from lambda_rlm.late_pattern import late_pattern

LONGEST: Final = 80
"""The most characters of a text that is read as a date."""

_MOST_HELD: Final = 1 << 14
"""Dates of numbers that are kept: columns have the same ones again and again."""
_DIGIT: Final = late_pattern(r"\d")
_ISO: Final = late_pattern(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_BRACKETS: Final = ("[]", "<>", "()", '""', "''")
_EASTERN_WEEKDAY: Final = r"(?:星期|礼拜|禮拜|周|週)[一二三四五六日天]|[月火水木金土日]曜日?|[월화수목금토일]요일"
_NUMERALS: Final = dict(zip("〇零一二三四五六七八九元", (0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1), strict=True))
_WRITTEN_OUT: Final = late_pattern(r"[〇零一二三四五六七八九十元]+(?=\s?[年月日号號])")
_Reader = Callable[[re.Match[str], bool], date | NumericDate | None]
_Forms = tuple[tuple[str, _Reader], ...]
_ORD: Final = r"(?:(?:st|nd|rd|th|er|re|eme|e|o|a|-?(?:го|е|ое|an|en|i|ei|a|e)|\.-?(?:an|en|a|e)?)(?![^\W\d_]))?"
_NAME: Final = r"(?P<name>[^\d\s,/()\[\]:;-](?:[^\d,/()\[\]:;-]{0,40}[^\d\s,/()\[\]:;'-])?)"
_LEAD: Final = r"(?:(?:the|el|le|lo|il|la|den|der|die|am|on|de|dia|o|os|dnia|dne|af|vom|ngay|tanggal|วันที่|ที่|في|ב)\s?(?=\d))?"
_TAIL: Final = r"(?:\s?(?:г|года|р|року|r|roku|m|d|م|h\.?e|a\.?d|c\.?e|年)\.?)?"
_COUNTED: Final = late_pattern(r"@(\d{1,11})(?:\.\d{1,9})?()|(\d{9,10}) ([+-]\d{4})|/?date\((\d{12,13})([+-]\d{4})?\)/?")
_ERAS: Final = {
    "明治": (1868, date(1873, 1, 1), date(1912, 7, 29)),  # the calendar of today begins in its sixth year
    "大正": (1912, date(1912, 7, 30), date(1926, 12, 24)),
    "昭和": (1926, date(1926, 12, 25), date(1989, 1, 7)),
    "平成": (1989, date(1989, 1, 8), date(2019, 4, 30)),
    "令和": (2019, date(2019, 5, 1), date.max),
    "民国": (1912, date(1912, 1, 1), date.max),
    "民國": (1912, date(1912, 1, 1), date.max),
}


def day_in(text: str) -> date | None:
    """The day that a text is, and nothing beside it; None for what is no date or has two readings."""
    found = reading(text)
    if not isinstance(found, NumericDate):
        return found
    return next(iter(found.alone)) if len(found.alone) == 1 else None


def reading(text: str) -> date | NumericDate | None:
    """What a text is: a day, or three numbers that may be several days, which a column of them settles; None for no date."""
    if len(text) > LONGEST:
        return None
    iso = _ISO.fullmatch(text)
    if iso is not None:
        return _day(iso[1], iso[2], iso[3])
    if len(text) < 6 or not (_DIGIT.search(text) or "年" in text):
        return None
    plain = folded(text)
    if "年" in plain:
        plain = _WRITTEN_OUT.sub(_in_digits, plain)
    if plain[:1] in "@/d1234567890" and (counted := _counted(plain)) is not None:
        return counted
    rest, has_clock = without_clock(_bare(plain))
    found = _formed(rest, has_clock)
    if found is None:
        bare = _without_weekday(rest)
        found = None if bare == rest else _formed(bare, has_clock)
    return None if found is None or _may_be_persian(text, found) else found


def _day(year: str | int, month: str | int, day: str | int) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _bare(text: str) -> str:
    """Without brackets or quotes around it, and the sign that ends a sentence."""
    around = text[:1] + text[-1:]
    return (text[1:-1] if around in _BRACKETS and text[0] not in text[1:-1] else text).strip().rstrip(".,;")


def _in_digits(match: re.Match[str]) -> str:
    """A number in Chinese signs, as digits: a year sign by sign, a day by tens."""
    tens, has_ten, ones = match[0].rpartition("十")
    if not has_ten:
        return "".join(str(_NUMERALS[sign]) for sign in match[0])
    return str(_NUMERALS.get(tens, 1) * 10 + _NUMERALS.get(ones, 0))


def _formed(text: str, has_clock: bool) -> date | NumericDate | None:
    """What the first form that a text without clock has says."""
    text = text.rstrip(".")
    digits = len(text) - len(text.lstrip("0123456789"))
    for form, read in _forms()[digits if digits in (1, 2, 4) else 3 if digits > 4 else 0]:
        match = form.fullmatch(text)
        if match is not None:
            return read(match, has_clock)
    return None


def _without_weekday(text: str) -> str:
    """Without one weekday at the beginning, at the end or in parentheses."""
    bare = (
        text
        if text.isascii()
        else re.sub(
            rf"\s?[(]\s?(?:{_EASTERN_WEEKDAY}|[月火水木金土日一二三四五六월화수목금토])\s?[)]|,?\s?(?:{_EASTERN_WEEKDAY}),?",
            " ",
            text,
            count=1,
        )
    )
    if bare != text:
        return bare.strip()
    inside = re.search(r"[(]([^()\d]{2,30})[)]$", text)
    if inside is not None and is_weekday(inside[1]):
        return text[: inside.start()].strip()
    words = text.split()
    for length in (2, 1):
        if len(words) > length:
            if is_weekday(" ".join(words[:length]).rstrip(".,")):
                return " ".join(words[length:])
            if is_weekday(" ".join(words[-length:]).rstrip(".,")):
                return " ".join(words[:-length]).rstrip(",")
    head, comma, rest = text.partition(",")
    return rest.strip() if comma and is_weekday(head) else text


def _may_be_persian(text: str, found: date | NumericDate) -> bool:
    """Digits of Arabic or Persian, and a year that their own calendars have today."""
    days = found.days.values() if isinstance(found, NumericDate) else (found,)
    return any(1300 <= day.year < 1500 for day in days) and any("\u0660" <= sign <= "\u06f9" for sign in text)


@cache
def _forms() -> tuple[tuple[tuple[re.Pattern[str], _Reader], ...], ...]:
    """By how many digits a text begins with: none, a day (1 or 2), a year (4), and 3 for more."""
    # Compiled when a date is first read: importing the library stays cheap.
    y, month, day = r"(?P<year>\d{4})", r"(?P<month>\d{1,2})", r"(?P<day>\d{1,2})"
    named = rf"{day}(?P<after>{_ORD}[\s./,-]*){_NAME}(?P<before>[\s.,/-]*)(?:{y}|'?(?P<short>\d\d)){_TAIL}"
    eastern = rf"(?P<era>[^\W\d_]{{2,4}})?\s?(?P<year>\d{{1,4}})\s?[年년]\s?{month}\s?[月월]\s?{day}\s?[日일号號]?"
    vietnamese = rf"(?:ngay )?{day} thang {month},?(?: nam)? {y}"
    word_first: _Forms = (
        (rf"{_LEAD}{named}", _named),
        (rf"{_NAME}[\s./-]*{day}{_ORD}(?:,\s?|\s|[-/.]\s?){y}{_TAIL}", _named),
        (rf"{_NAME}[\s./-]*{day}{_ORD}(?:,\s?'?|\s?'|-)(?P<short>\d\d)", _named),
        (r"d:(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?:\d{4}|\d{6})?(?:z|[+-]\d\d'?\d\d)?'?", _plain),
        (eastern, _eastern),
        (rf"(?P<era>[^\W\d_]{{2,4}})(?P<year>\d{{1,3}})[./-]{month}[./-]{day}", _eastern),
        (vietnamese, _plain),
    )
    day_first: _Forms = (
        (r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d\d)", _numbers),
        (rf"{day}\.\s?{month}\.\s?{y}{_TAIL}", _plain),
        (named, _named),
        (vietnamese, _plain),
    )
    year_first: _Forms = (
        (rf"{y}(?P<by>[-/_]){month}(?P=by){day}(?:z|[+-]\d\d:\d\d)?", _plain),
        (rf"{y}\.\s?{month}\.\s?{day}", _plain),
        (rf"{y}:(?P<month>\d\d):(?P<day>\d\d)", lambda match, has_clock: _plain(match) if has_clock else None),
        (r"(\d{4})-?w(\d\d)-?([1-7])", _of_week),
        (r"(\d{4})-(\d{3})", _of_year),
        (eastern, _eastern),
        (rf"{y}[\s.,/-]*{_NAME}[\s./-]*{day}(?:{_ORD}|\s?d)", _named),
        (rf"{y}\.?\s(?:gada|m\.)\s{day}(?P<after>\.\s){_NAME}", _named),
    )
    long: _Forms = (
        (
            r"(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)(?:[t _-]?(?:[01]\d|2[0-4])[0-5]\d(?:[0-5]\d(?:[.,]\d+)?)?)?"
            r"(?:z| ?(?:utc|gmt)| ?[+-]\d\d:?\d\d)?",
            _plain,
        ),
    )
    groups = (word_first, day_first, day_first, long, year_first)
    return tuple(tuple((re.compile(form), read) for form, read in group) for group in groups)


def _plain(match: re.Match[str], _has_clock: bool = False) -> date | None:
    return _day(match["year"], match["month"], match["day"])


def _numbers(match: re.Match[str], has_clock: bool) -> NumericDate | None:
    """Day, month and year of numbers alone, but for what is written as numbers of parts, versions and sort codes of banks
    are."""
    first, sign, second, year = match.groups()
    is_dated = len(year) == 4 or (len(first) == len(second) == 2 if sign == "." else sign == "/" or has_clock)
    return numeric_date(first, sign, second, year) if is_dated else None


@lru_cache(_MOST_HELD)
def numeric_date(first: str, sign: str, second: str, third: str) -> NumericDate | None:
    """Three numbers with a sign between them, the year in its place at the end or of two digits; None for no day."""
    year = _whole_year(third)
    found = {
        "dmy": None if year is None else _day(year, second, first),
        "mdy": None if year is None else _day(year, first, second),
    }
    if len(third) == 2 and len(first) == 2 and (start := _whole_year(first)) is not None:
        found["ymd"] = _day(start, second, third)
    days = {order: day for order, day in found.items() if day is not None}
    return NumericDate(sign, days) if days else None


def _whole_year(digits: str) -> int | None:
    """A year of four digits, or of two where the conventions (POSIX, mail) agree on its century."""
    year = int(digits)
    if len(digits) == 4:
        return year
    return None if 50 <= year <= 68 else year + (2000 if year < 50 else 1900)


def _of_week(match: re.Match[str], _has_clock: bool) -> date | None:
    try:
        return date.fromisocalendar(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def _of_year(match: re.Match[str], _has_clock: bool) -> date | None:
    first = _day(match[1], 1, 1)
    day = None if first is None or match[2] == "000" else first + timedelta(int(match[2]) - 1)
    return None if day is None or day.year != int(match[1]) else day


def _eastern(match: re.Match[str], _has_clock: bool) -> date | None:
    """Year, month and day, the year of an era where one is named."""
    era, year, month = match["era"], int(match["year"]), match["month"]
    if era is None or era in ("公元", "西暦", "서기", "西元"):
        return _day(year, month, match["day"]) if len(match["year"]) == 4 else None
    known = _ERAS.get(era.removeprefix("中华").removeprefix("中華"))
    day = None if known is None else _day(known[0] + year - 1, month, match["day"])
    return day if known is not None and day is not None and known[1] <= day <= known[2] else None


def _named(match: re.Match[str], _has_clock: bool) -> date | None:
    parts = match.groupdict()
    name, after, before = match["name"], parts.get("after") or "", parts.get("before") or ""
    signs = bool(after.strip() or before.strip())
    month = month_of(name, has_point="." in after and "-" not in after and before.strip() != ".", has_sign=signs)
    year = int(parts["year"]) if parts.get("year") else _whole_year(parts.get("short") or "")
    if month is None or year is None:
        return None
    is_thai = any("\u0e00" <= sign <= "\u0e7f" for sign in name)
    return _day(year - 543 if is_thai and year >= 2400 else year, month, match["day"])


def _counted(text: str) -> date | None:
    """The day of a count of seconds, in a form that nothing else has; of milliseconds between strokes."""
    match = _COUNTED.fullmatch(text)
    if match is None:
        return None
    seconds = int(match[1] or match[3] or int(match[5]) // 1000)
    offset = match[4] or "+0000"
    minutes = int(offset[1:3]) * 60 + int(offset[3:])
    if minutes > 14 * 60:
        return None
    zone = timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).astimezone(zone).date()
