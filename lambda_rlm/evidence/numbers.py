"""Numbers, dates and times in a text, whatever the way they are written.

Owns where numerals and dates are, and scales beside them. `1.234` is both 1234 and 1.234, as `written_numbers` reads it, and
`3/4/2023` two days (`dates`), for evidence is looked for and nothing is computed with it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final

from lambda_rlm.dates import numeric_date
from lambda_rlm.dates.names import folded, month_of
from lambda_rlm.written_numbers import readings

_NUMERAL: Final = re.compile(
    r"(?<![A-Za-z\u00c0-\u024f\u0370-\u04ff\d])(?<!\d[.,])\d{1,40}(?:[.,'’_٬٫．，\u00a0\u2009\u202f]\d{1,40}){0,12}(?: \d{3}(?!\d)){0,6}(?:[.,]\d{1,20})?"
)
_SCALE: Final = re.compile(
    r"[ \u00a0\u202f-]?(?:(?P<k>thousand|tausend|tsd|mille?\b|mil\b|mila\b|тыс|千|k\b)|(?P<x>万|萬|만)"
    r"|(?P<m>million|millió|milli[oó]n|milione|milionów|milh|mio|mln|miljo|millón|млн|миллион|m\b)"
    r"|(?P<e>亿|億|억)|(?P<b>billion|milliard|miliard|miljard|mrd|млрд|миллиард|bn\b|b\b)|(?P<p>%|٪|％|per ?cent|prozent|pour ?cent|por ?ciento|per ?cento|процент))",
    re.IGNORECASE,
)
_SCALES: Final = {"k": 3, "x": 4, "m": 6, "e": 8, "b": 9, "p": -2}
_PLAIN: Final = str.maketrans("_٬．，٫", "''.,.")
_WORDS: Final = (
    "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve",
    "null|eins|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf",
    "zéro|un|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze",
    "cero|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce",
    "zero|uno|due|tre|quattro|cinque|sei|sette|otto|nove|dieci|undici|dodici",
    "zero|um|dois|três|quatro|cinco|seis|sete|oito|nove|dez|onze|doze",
    "nul|een|twee|drie|vier|vijf|zes|zeven|acht|negen|tien|elf|twaalf",
)
_TEENS: Final = (
    "thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen", "dreizehn|vierzehn|fünfzehn|sechzehn|siebzehn|achtzehn|neunzehn",
    "treize|quatorze|quinze|seize|dix-sept|dix-huit|dix-neuf", "trece|catorce|quince|dieciséis|diecisiete|dieciocho|diecinueve",
    "tredici|quattordici|quindici|sedici|diciassette|diciotto|diciannove", "treze|catorze|quinze|dezesseis|dezessete|dezoito|dezenove",
    "dertien|veertien|vijftien|zestien|zeventien|achttien|negentien",
)  # fmt: skip
_TENS: Final = (
    "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety", "zwanzig|dreißig|vierzig|fünfzig|sechzig|siebzig|achtzig|neunzig",
    "vingt|trente|quarante|cinquante|soixante|soixante-dix|quatre-vingts|quatre-vingt-dix",
    "veinte|treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa", "venti|trenta|quaranta|cinquanta|sessanta|settanta|ottanta|novanta",
    "vinte|trinta|quarenta|cinquenta|sessenta|setenta|oitenta|noventa", "twintig|dertig|veertig|vijftig|zestig|zeventig|tachtig|negentig",
)  # fmt: skip
_ONES: Final = _WORDS[0].split("|")[1:10]
_BY_WORD: Final = {
    **{word: number for row in _WORDS for number, word in enumerate(row.split("|"))},
    **{word: number for row in _TEENS for number, word in enumerate(row.split("|"), 13)},
    **{word: 10 * ten for row in _TENS for ten, word in enumerate(row.split("|"), 2)},
    **{
        f"{ten}{by}{one}": 10 * number + more
        for number, ten in enumerate(_TENS[0].split("|"), 2)
        for more, one in enumerate(_ONES, 1)
        for by in "- "
    },
}
"""What each word says; of English also `forty-two`."""
_NUMBER_WORD: Final = re.compile(rf"\b(?:{'|'.join(sorted(_BY_WORD, key=len, reverse=True))})\b", re.IGNORECASE)
_MOST_DIGITS: Final = 60
_FAR: Final = Decimal("0.1")

_DATES: Final = re.compile(
    r"(?<!\d)(?:(?P<y>\d{4})(?:[-/.]|年|년 ?)(?P<m>\d{1,2})(?:[-/.]|月|월 ?)(?P<d>\d{1,2})(?!\d)"
    r"|(?P<a>\d{1,2})(?P<by>[-/.])\s?(?P<b>\d{1,2})(?P=by)\s?(?P<z>\d{4})(?!\d)"
    r"|(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|\.)?[ -](?:de |of )?(?P<month>[^\W\d_]{3,12})\.?,?[ -](?:de |del |of )?(?P<year>\d{4})(?!\d))"
    r"|(?P<first>[^\W\d_]{3,12})\.? (?P<day2>\d{1,2})(?:st|nd|rd|th)?,? (?P<year2>\d{4})(?!\d)",
    re.IGNORECASE,
)

_TIME: Final = re.compile(
    r"(?<![\d:.,])(?P<hour>\d{1,2})(?:(?P<by>[:.h])(?P<minute>\d{2})(?![\d:]))?(?P<half> ?[ap]\.?m\b\.?| Uhr\b)?", re.IGNORECASE
)
_HALF: Final = 12


def numerals(text: str, *, is_said: bool = False) -> Iterator[tuple[int, int, frozenset[str]]]:
    """The numbers of a text: start, end, and the values that each may have. Of what an answer has said, `3 million` is no 3."""
    for hit in _NUMERAL.finditer(text):
        scale = _SCALE.match(text, hit.end())
        spellings = _spellings(hit.group(), scale.lastgroup or "k" if scale else "", is_said)
        if spellings:
            yield hit.start(), scale.end() if scale else hit.end(), spellings
    for hit in _NUMBER_WORD.finditer(text) if is_said else ():
        if _BY_WORD[hit.group().lower()] != 1:  # which is an article, or a person
            yield hit.start(), hit.end(), frozenset((str(_BY_WORD[hit.group().lower()]),))


def words_of(number: str) -> list[str]:
    """How a small number is written as a word, in several languages."""
    return [word for word, value in _BY_WORD.items() if str(value) == number]


@lru_cache(maxsize=16_384)
def _spellings(numeral: str, scale: str, is_said: bool) -> frozenset[str]:
    """The values of a numeral before a scale (`million`), in their one spelling."""
    values = _readings(numeral)
    if scale:
        times = _SCALES[scale]
        values = {value.scaleb(times) for value in values} | (set() if is_said and times > 0 else values)
    return frozenset(map(written, values))


def written(number: Decimal) -> str:
    """One spelling for each number; its sign does not count, for words say it as often as signs."""
    try:
        plain = abs(number).normalize()
    except InvalidOperation:
        return str(number)
    return f"{plain:f}" if plain.adjusted() < _MOST_DIGITS else str(plain)


def spelled(number: int | float) -> str:
    """The spelling of a number of an answer."""
    try:
        return written(Decimal(number) if isinstance(number, int) else Decimal(repr(number)))
    except InvalidOperation:
        return str(number)


def rounds_to(exact: str, rough: str) -> bool:
    """A number is another one, rounded to its digits: a rough one ends in zeros or has fewer decimals, and is not far off."""
    a, b = Decimal(exact), Decimal(rough)
    if a == b or not a or not b or abs(a.adjusted() - b.adjusted()) > 1:
        return False
    digits = len(b.normalize().as_tuple().digits)
    if digits > 6 or digits >= len(a.normalize().as_tuple().digits):
        return False
    step = Decimal(1).scaleb(b.adjusted() - digits + 1)
    return abs(a - b) * 2 <= step and abs(a - b) <= a * _FAR


def dates(text: str) -> Iterator[tuple[int, int, frozenset[str]]]:
    """The dates and times of a text: start, end, and the days `YYYY-MM-DD`, or the time `HH:MM`, that each may be."""
    yield from _times(text)
    for hit in _DATES.finditer(text):
        part = hit.groupdict()
        if part["y"]:
            days = set(_day(part["y"], part["m"], part["d"]))
        elif part["a"]:
            found = numeric_date(part["a"], part["by"], part["b"], part["z"])
            days = set() if found is None else set(found.alone)
        else:
            days = set(_named(part["day"] or part["day2"], part["month"] or part["first"], part["year"] or part["year2"]))
        if days:
            yield hit.start(), hit.end(), frozenset(map(date.isoformat, days))


def _times(text: str) -> Iterator[tuple[int, int, frozenset[str]]]:
    for hit in _TIME.finditer(text):
        half = (hit["half"] or "").strip().lower()
        if not half and hit["by"] not in (":", "h"):
            continue
        hour, minute = int(hit["hour"]), int(hit["minute"] or 0)
        if half[:1] in ("a", "p"):
            hour = hour % _HALF + (_HALF if half[0] == "p" else 0)
        if hour <= 24 and minute < 60:
            yield hit.start(), hit.end(), frozenset((f"{hour:02}:{minute:02}",))


def _named(day: str, month: str, year: str) -> Iterator[date]:
    """The days with the name of a month, which may be two in two languages."""
    name = folded(month)
    for has_point in (False, True):
        number = month_of(name, has_point=has_point, has_sign=False)
        if number is not None:
            yield from _day(year, number, day)


def _day(year: str, month: str | int, day: str) -> Iterator[date]:
    try:
        yield date(int(year), int(month), int(day))
    except ValueError:
        return


def _readings(numeral: str) -> set[Decimal]:
    """What a numeral may say; of codes, versions and the like, which are no numbers, all digits."""
    plain = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in numeral.translate(_PLAIN))
    found = readings(plain) or {"": re.sub(r"\D", "", plain)}
    return {Decimal(number) for number in found.values() if len(number) <= _MOST_DIGITS}
