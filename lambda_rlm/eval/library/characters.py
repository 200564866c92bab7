"""Which characters the named sets of patterns hold, in every script.

Owns `NAMED`, by Unicode's properties as Python has them: a word is made of letters, marks, numbers, connecting signs and the
two joiners that stand inside words of Arabic and Indic scripts; a digit is a decimal digit of any script; white space is
Unicode's. A set of the form `[:name:]` is the one of POSIX, carried over to Unicode.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from unicodedata import category

from lambda_rlm.late_pattern import late_pattern

LINE_ENDS: Final = "\n\r\x85\u2028\u2029"
"""Each ends a line, and so does `\\r\\n` as one."""

FAR_LINE_ENDS: Final = LINE_ENDS[2:]
LINE_END: Final = late_pattern("\r\n|[\n\r\x85\u2028\u2029]")
_JOINERS: Final = "\u200c\u200d"


def is_word(c: str) -> bool:
    """Whether a character can be part of a word."""
    return c.isalnum() or c == "_" or c in _JOINERS or category(c) in ("Mn", "Mc", "Me", "Pc")


def is_space(c: str) -> bool:
    """Whether a character is white space. Python counts four separators of records too, Unicode does not."""
    return c.isspace() and not "\x1c" <= c <= "\x1f"


def _is_letter(c: str) -> bool:
    return c.isalpha() or category(c) in ("Mn", "Mc", "Me", "Nl")


def _is_sign(c: str) -> bool:
    return category(c)[0] in "PS"


def _is_seen(c: str) -> bool:
    return not is_space(c) and category(c) not in ("Cc", "Cn", "Cs")


Predicate = Callable[[str], bool]
NAMED: Final[dict[str, Predicate]] = {
    "w": is_word,
    "d": str.isdecimal,
    "s": is_space,
    ".": lambda c: c not in LINE_ENDS,
    "[:alnum:]": lambda c: _is_letter(c) or c.isdecimal(),
    "[:alpha:]": _is_letter,
    "[:ascii:]": str.isascii,
    "[:blank:]": lambda c: c == "\t" or category(c) == "Zs",
    "[:cntrl:]": lambda c: category(c) == "Cc",
    "[:digit:]": str.isdecimal,
    "[:graph:]": _is_seen,
    "[:lower:]": str.islower,
    "[:print:]": lambda c: _is_seen(c) or category(c) == "Zs",
    "[:punct:]": _is_sign,
    "[:space:]": is_space,
    "[:upper:]": str.isupper,
    "[:word:]": is_word,
    "[:xdigit:]": lambda c: c in "0123456789abcdefABCDEF",
}
"""The sets by the names that patterns give them; `.` is what it means without the flag `s`."""


def holds(name: str, c: str, *, folds: bool) -> bool:
    """Whether a named set holds a character; `\\W` and `[:^alpha:]` are the complements of `\\w` and `[:alpha:]`."""
    if name in ("W", "D", "S"):
        return not NAMED[name.lower()](c)
    if name.startswith("[:^"):
        return not holds("[:" + name[3:], c, folds=folds)
    if folds and name in ("[:lower:]", "[:upper:]"):
        return c.islower() or c.isupper()
    return NAMED[name](c)
