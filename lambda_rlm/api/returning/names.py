"""Names of fields as the language writes them, for names that it cannot write.

Owns the renaming: letters lose their accents, other signs become `_`, and no two names of one record become the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from lambda_rlm.late_pattern import late_pattern

_NAME: Final = late_pattern(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST: Final = 60
_LETTERS: Final = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})


def names_of(wanted: Iterable[str], otherwise: str = "field") -> dict[str, str]:
    """A name of the language for each wanted one, which is itself where that is a name; `otherwise` is what is numbered where
    no letter is left."""
    all_wanted = tuple(dict.fromkeys(wanted))
    given = {name: name for name in all_wanted if _is_name(name)}
    taken = set(given.values())
    for number, name in enumerate(all_wanted, 1):
        if name not in given:
            plain = _plain(name) or f"{otherwise}_{number}"
            given[name] = _free(plain, taken)
            taken.add(given[name])
    return {name: given[name] for name in all_wanted}


def _is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and len(name) <= _LONGEST and name != "_"


def _plain(name: str) -> str:
    """A name of ASCII letters, digits and `_`; empty where too little is left of it to be told from others."""
    folded = unicodedata.normalize("NFKD", name.translate(_LETTERS))
    letters = "".join(sign for sign in folded if not unicodedata.combining(sign))
    plain = re.sub(r"[^A-Za-z0-9]+", "_", letters).strip("_")[:_LONGEST]
    if not plain or sum(sign.isalnum() for sign in letters) > 2 * sum(sign.isalnum() for sign in plain):
        return ""
    return f"_{plain}" if plain[0].isdigit() else plain


def _free(name: str, taken: set[str]) -> str:
    """The name, numbered where it is taken."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free
