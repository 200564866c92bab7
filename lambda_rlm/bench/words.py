"""The matter that generated benchmarks are made of: running text, and names that nobody bears.

Owns the pool, part of Charles Darwin, On the Origin of Species (public domain, after the edition of Standard Ebooks, CC0), and
the making of names. Promises that equal seeds give equal matter.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from random import Random
from typing import Final

CHARACTERS_PER_TOKEN: Final = 4.5
"""Of the pool's prose, about."""

_END: Final = re.compile(r"(?<=[.!?])[\"'”’)]*\s+(?=[\"'“‘(]?[A-Z])")
_FIRST: Final = (
    "Al",
    "Bran",
    "Cor",
    "Dal",
    "El",
    "Fen",
    "Gar",
    "Hal",
    "Ist",
    "Jor",
    "Kel",
    "Lor",
    "Mar",
    "Nor",
    "Or",
    "Pel",
    "Ros",
    "Sel",
)
_MIDDLE: Final = ("a", "e", "i", "o", "en", "ar", "il", "on", "u", "es")
_LAST: Final = (
    "ford",
    "wick",
    "ham",
    "stead",
    "mere",
    "by",
    "combe",
    "dale",
    "gate",
    "port",
    "thorpe",
    "well",
    "mouth",
    "bury",
)


@cache
def sentences() -> tuple[str, ...]:
    """The sentences of the pool, each on one line."""
    packed = (files("lambda_rlm.bench") / "pool" / "origin.txt.gz").read_bytes()
    text = " ".join(gzip.decompress(packed).decode("utf-8").split())
    return tuple(sentence for sentence in _END.split(text) if sentence)


def prose(characters: int, random: Random) -> list[str]:
    """Consecutive sentences of about N characters, from a place that is drawn; the pool again from its start when it
    ends."""
    pool = sentences()
    at, taken, out = random.randrange(len(pool)), 0, []
    while taken < characters:
        out.append(pool[at % len(pool)])
        taken += len(out[-1]) + 1
        at += 1
    return out


def names(random: Random) -> Iterator[str]:
    """Names of one word, no two alike."""
    every = [f"{first}{middle}{last}" for first in _FIRST for middle in _MIDDLE for last in _LAST]
    random.shuffle(every)
    return iter(every)
