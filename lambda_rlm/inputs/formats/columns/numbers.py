"""Numbers in a column, with the decimal and grouping signs that all its rows settle.

Owns `Numbers`. Promises that no digit is lost: whole numbers beyond 64 bits, whole numbers among fractions beyond what a Float
holds exactly, codes with leading zeros, versions and phone numbers leave their column a text, and so does a sign that may
divide thousands or begin decimals as far as rows tell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from math import isfinite
from typing import Final

from lambda_rlm.inputs.formats.columns.verdict import TEXT, Verdict, many, quoted
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.written_numbers import SPACES, DecimalSigns, plain_digits, readings

PLAIN_NUMBER: Final = r"-?(?:(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,17}(?:[eE][+-]?[0-9]{1,2})?|[eE][+-][0-9]{1,2})?|\.[0-9]{1,17})"
"""A number as programs write it, of at most 15 digits before the point; in RE2's words too."""
_WHOLE: Final = "0|-?[1-9][0-9]{0,14}"
_NO_LAST_ZERO: Final = PLAIN_NUMBER.replace("[0-9]{1,17}", "(?:[0-9]|[0-9]{1,16}[1-9])")
_PLAIN: Final = late_pattern(rf"(?:{PLAIN_NUMBER}(?:\n|\Z))*+\Z")
"""Numbers on lines, as programs write them."""
_MONEY: Final = r"R\$|[$€£¥₹₽₩₺₫₪฿₴₦₱]|kr\.?|zł|Kč|Ft|lei|USD|EUR|GBP|JPY|CNY|INR|CHF|CAD|AUD|BRL|MXN|SEK|NOK|DKK|PLN|CZK|HUF|RUB|TRY|KRW|ZAR"
_WRITTEN: Final = late_pattern(
    rf"(?P<open>\()?(?P<sign>[-+−–－])?(?:(?P<before>{_MONEY})[{SPACES}]?(?P<inner>[-−])?)?(?P<body>[.,]?[0-9](?:[0-9.,'’{SPACES}]*[0-9])?)"
    rf"(?P<power>[eE][+-]?[0-9]{{1,3}})?(?:[{SPACES}]?(?P<after>%|{_MONEY}))?(?P<behind>-)?(?P<close>\))?"
)
_NO_GROUP: Final = late_pattern(r"^(?!-?[1-9][0-9]{0,2}\.[0-9]{3}$)[^\n]*[.eE]", re.MULTILINE)
_DOTTED: Final = late_pattern(r"[^\n]*\.[^\n]*")
_WITHOUT_SIGNS: Final = late_pattern(r"-?(?:[0-9]+|[0-9]*\.[0-9]+)")
_FRACTION: Final = late_pattern(r"[.eE]")
_ADDRESS: Final = late_pattern(r"[0-9]{3}(?:\.[0-9]{3}){3}")
_NO_VERSION: Final = late_pattern(r"^(?:-|[0-9]{4}|\.|[0-9]+\.[0-9]{4}|[^\n]*[eE])", re.MULTILINE)
_ONE_PLACE: Final = late_pattern(r"^[0-9]+\.[0-9]$", re.MULTILINE)
_LAST_ZERO: Final = late_pattern(r"^[0-9]+\.[0-9]+0$", re.MULTILINE)
_LONGEST: Final = 400
"""Characters of a number: a Float has at most 309 digits before the point."""
_INT_LIMIT: Final = 2**63
_EXACT: Final = 2**53
"""Whole numbers up to here are exact as a Float."""
_FLOAT_DIGITS: Final = 17
"""A Float has no more."""
_PHONE: Final = 7
"""Digits from which on a whole number after a plus, or in groups of the same length everywhere, may be a phone number."""


class Numbers:
    """What was seen of numbers in a column."""

    def __init__(self) -> None:
        self.fits = self.others = 0
        self.other = ""
        self.decimals = DecimalSigns()
        self.signs: set[str] = set()
        self.has_fraction = {".": False, ",": False}
        self.largest = {".": 0, ",": 0}
        """Of whole numbers, without their sign."""
        self.units: dict[str, int] = {}
        self.changed, self.example, self.dotted = 0, "", ""
        self.rounded = 0
        self.codes = self.powers = self.phones = self.enclosed = self.addresses = 0
        self.grouped: set[int] | None = set()
        """The numbers of digits of whole numbers whose groups have spaces between them; None where others are among them."""
        self.may_be_versions = True
        self.has_one_place = self.has_last_zero = False

    def see(self, cells: Sequence[str], counts: Sequence[int]) -> None:
        """Take notice of filled cells, each as often as it counts."""
        joined = "\n".join(cells)
        if not (_PLAIN.match(joined) and joined.count("\n") == len(cells) - 1):
            for cell, count in zip(cells, counts, strict=True):
                self._see(cell, count)
            return
        self.fits += sum(counts)
        self.grouped = None if cells else self.grouped
        if _FRACTION.search(joined):
            self.has_fraction["."] = True
            self.signs.add(".")
            if "." not in self.decimals.told and _NO_GROUP.search(joined):
                self.decimals.told.add(".")
            if "." not in self.decimals.told and not self.dotted and (dotted := _DOTTED.search(joined)) is not None:
                self.dotted = dotted[0]
            self._see_versions(joined)

    @property
    def known_form(self) -> str:
        """The pattern of further numbers that tell nothing but how many there are, in RE2's words."""
        if "." not in self.decimals.told or not self.has_fraction["."]:
            return _WHOLE
        if not self.may_be_versions:
            return PLAIN_NUMBER
        return _WHOLE if self.has_last_zero else _NO_LAST_ZERO

    def see_plain(self, count: int) -> None:
        """Take notice of so many numbers of the `known_form`."""
        self.fits += count
        self.grouped = None if count else self.grouped

    def _see_versions(self, joined: str) -> None:
        if self.may_be_versions and not _NO_VERSION.search(joined):
            self.has_one_place = self.has_one_place or _ONE_PLACE.search(joined) is not None
            self.has_last_zero = self.has_last_zero or _LAST_ZERO.search(joined) is not None
        else:
            self.may_be_versions = False

    def _see(self, cell: str, count: int) -> None:
        match = _WRITTEN.fullmatch(cell) if len(cell) <= _LONGEST else None
        worlds = {} if match is None or not _is_sound(match) else readings(match["body"])
        numbers = {sign: _signed(match, digits) for sign, digits in worlds.items() if match is not None}
        if match is None or not worlds or not all(map(isfinite, map(float, numbers.values()))):
            self.others += count
            self.other = self.other or cell
            self.codes += count if cell.isdigit() and cell.isascii() and len(cell) <= _LONGEST else 0
            return
        self.fits += count
        self.decimals.see(worlds)
        self.signs.update(sign for sign in ".," if sign in match["body"])
        for sign, number in numbers.items():
            self.has_fraction[sign] = self.has_fraction[sign] or _FRACTION.search(number) is not None
            whole = int(number.partition(".")[0].lstrip("-") or 0) if match["power"] is None else 0
            if whole > _EXACT and "." in number and int(abs(float(number))) == whole:
                whole = 0  # as programs write what is a Float already
            self.largest[sign] = max(self.largest[sign], whole - (number[0] == "-"))
        self._see_form(match, count)

    def _see_form(self, match: re.Match[str], count: int) -> None:
        """Take notice of what is around the digits and between them."""
        cell, body, digits = match[0], match["body"], sum(map(str.isdigit, match["body"]))
        is_whole = not {".", ","} & set(body)
        self.enclosed += count if match["open"] else 0
        self.addresses += count if _ADDRESS.fullmatch(body) else 0
        self.powers += count if match["power"] and is_whole and match["power"][1].isdigit() else 0
        self.phones += count if match["sign"] == "+" and is_whole and digits >= _PHONE else 0
        if is_whole and not body.isdigit() and not {"'", "’"} & set(body) and self.grouped is not None:
            self.grouped.add(digits)
        else:
            self.grouped = None
        unit = match["before"] or match["after"] or ""
        if unit:
            self.units[unit] = self.units.get(unit, 0) + count
        if "." in body:
            self._see_versions(cell)
        if _WITHOUT_SIGNS.fullmatch(cell):
            self.rounded += count if len(body.replace(".", "").strip("0")) > _FLOAT_DIGITS else 0
        else:
            self.changed += count
            self.example = self.example or cell

    @property
    def settled(self) -> str | None:
        """The decimal sign that the rows of the column settle; None where they settle none."""
        return None if self.others or not self.signs else self.decimals.settled

    def verdict(self, evidence: frozenset[str], delimiter: str | None) -> Verdict:
        """How the column is read; text where some cell is no number. `evidence` has the decimal signs that other columns
        settle."""
        if not self.fits:
            return TEXT
        if self.others:
            is_noted = self.fits >= self.others and self.codes < self.others
            first = f"{self.others:,} of {many(self.fits + self.others, 'cell')} no numbers (first: {quoted(self.other)})"
            return Verdict("text", None, f"stays text: {first}") if is_noted else TEXT
        doubt = self._doubt()
        if doubt is None:
            sign = self._sign(evidence, delimiter)
            doubt = (
                self._loss(sign) if sign else f"signs may be decimal or grouping signs ({quoted(self.example or self.dotted)})"
            )
        if doubt is not None:
            return Verdict("text", None, f"stays text: {doubt}")
        return self._numbers(sign or ".")

    def _doubt(self) -> str | None:
        """Why the numbers may be none."""
        doubts = {
            "some numbers have units that others do not have": self.units and list(self.units.values()) != [self.fits],
            "the numbers may be phone numbers": self.phones or self._may_be_phones(),
            "values like 12E5 may be codes": self.powers,
            "the numbers may be addresses": self.addresses == self.fits,
            "all numbers are in parentheses, which may mark notes": self.enclosed == self.fits,
            "the numbers may be versions": self.may_be_versions and self.has_one_place and self.has_last_zero,
        }
        return next((reason for reason, holds in doubts.items() if holds), None)

    def _may_be_phones(self) -> bool:
        return self.grouped is not None and len(self.grouped) == 1 and min(self.grouped) >= _PHONE

    def _sign(self, evidence: frozenset[str], delimiter: str | None) -> str | None:
        """The decimal sign; None where nothing settles it."""
        if self.decimals.told:
            return self.decimals.settled
        if not self.signs:
            return "."
        told = evidence | ({"."} if delimiter == "," else set())
        if len(told) == 1:
            return next(iter(told))
        return "." if not told and self.signs == {"."} and delimiter != ";" else None

    def _loss(self, sign: str) -> str | None:
        """What reading the numbers with a decimal sign would lose."""
        if self.has_fraction[sign]:
            return "whole numbers exceed what a Float holds exactly" if self.largest[sign] > _EXACT else None
        return "integers exceed 64 bits" if self.largest[sign] >= _INT_LIMIT else None

    def _numbers(self, sign: str) -> Verdict:
        is_float = self.has_fraction[sign]
        note = None
        is_plain = sign == "." and not self.changed
        if not is_plain:
            example = self.example or self.dotted
            match = _WRITTEN.fullmatch(example)
            shown = "" if match is None else f" ({quoted(example)} is {_plain(match, sign)})"
            note = f"has numbers with signs, read with {'a point' if sign == '.' else 'a comma'} before decimals{shown}"
        if is_float and self.rounded:
            digits = f"{many(self.rounded, 'number')} of more digits than the {_FLOAT_DIGITS} that a Float keeps"
            note = f"has {digits}" if note is None else f"{note}; {digits}"
        plain = float if is_float else int
        return Verdict("float" if is_float else "int", plain if is_plain else _reader(sign, plain), note)


def _is_sound(match: re.Match[str]) -> bool:
    """At most one sign of a negative number, and one unit; parentheses on both sides."""
    negative = [match["sign"], match["inner"], match["behind"], match["open"]]
    has_both = (match["open"] is None) == (match["close"] is None)
    return has_both and sum(one is not None for one in negative) <= 1 and not (match["before"] and match["after"])


def _plain(match: re.Match[str], sign: str) -> str:
    """The number as programs write it."""
    return _signed(match, plain_digits(match["body"], sign))


def _signed(match: re.Match[str], digits: str) -> str:
    is_negative = match["open"] or match["behind"] or match["inner"] or match["sign"] not in (None, "+")
    return f"{'-' if is_negative else ''}{digits}{match['power'] or ''}"


def _reader(sign: str, plain: Callable[[str], int | float]) -> Callable[[str], int | float]:
    def read(cell: str) -> int | float:
        match = _WRITTEN.fullmatch(cell)
        return plain(cell if match is None else _plain(match, sign))

    return read
