"""Letters and signs of a program that a person takes for others: a Cyrillic letter in a Latin word, a wide quote.

Owns the notes about them, and about letters that turn the order of a line. They are possible in texts and comments only, where
they may be meant: nothing is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from lambda_rlm.diagnostics.visible import named

_WORD: Final = re.compile(r"[^\W\d_]+")
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")
_ALIKE: Final = frozenset(
    ("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "FULLWIDTH", "MATHEMATICAL", "DESERET", "GEORGIAN", "OSAGE")
)
"""Scripts with letters that look Latin, by the first word of their characters' names."""

_SIGNS: Final = {
    "\u037e": ";", "\u2236": ":", "\ua789": ":", "\u01c3": "!", "\u2223": "|", "\u01c0": "|", "\u2215": "/", "\u2044": "/",
    "\u2212": "-", "\u2010": "-", "\u2011": "-", "\u02ba": '"', "\u2033": '"', "\u201f": '"', "\u02ee": '"', "\u29f5": "\\",
}  # fmt: skip


def look_alikes(text: str) -> Iterator[str]:
    """A note for each word of several scripts and each sign that looks like one of the language, with its line."""
    if text.isascii():
        return
    yield from _turned(text)
    for number, line in enumerate(text.split("\n"), 1):
        if line.isascii():
            continue
        for hit in _WORD.finditer(line):
            word = hit.group()
            foreign = next((letter for letter in word if _looks_latin(letter)), None)
            if foreign is not None and any(_is_latin(letter) for letter in word):
                yield f"line {number:,} has letters of several scripts in one word: {word}, with {named(foreign)}"
        for hit in _NOT_ASCII.finditer(line):
            sign = _sign(hit.group())
            if sign is not None:
                yield f"line {number:,} has {named(hit.group())}, which looks like `{sign}` and is not"


def _turned(text: str) -> Iterator[str]:
    """One note for all lines with letters that are written from right to left."""
    lines = [number for number, line in enumerate(text.split("\n"), 1) if any(map(_is_turned, _NOT_ASCII.findall(line)))]
    if lines:
        more = f" and {len(lines) - 1:,} more" if len(lines) > 1 else ""
        yield f"line {lines[0]:,}{more}: letters written from right to left, which a terminal may show in another order"


def _is_turned(letter: str) -> bool:
    return unicodedata.bidirectional(letter) in ("R", "AL")


def _is_latin(letter: str) -> bool:
    return letter.isascii() or unicodedata.name(letter, "").startswith("LATIN")


def _looks_latin(letter: str) -> bool:
    return not letter.isascii() and unicodedata.name(letter, "").split(" ")[0] in _ALIKE


def _sign(character: str) -> str | None:
    """The sign of the language that a character looks like."""
    plain = _SIGNS.get(character) or unicodedata.normalize("NFKC", character)
    is_sign = len(plain) == 1 and plain.isascii() and plain.isprintable() and not plain.isalnum() and not plain.isspace()
    return plain if is_sign else None
