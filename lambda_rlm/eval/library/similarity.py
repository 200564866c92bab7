"""How alike two texts are: 1 − Levenshtein distance / longer length, of both folded as they are for search.

The distance is computed by bit vectors over Python's long integers (Myers 1999, in the form of Hyyrö 2003): a row of the table
for each character of the longer text, all its cells at once. Charged by the number of cells before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.library.engine import characters_of
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.tariff import CHARACTER, HEADER, TARIFF
from lambda_rlm.eval.value import Text, Value
from lambda_rlm.folding import marked, unmarked

_ROWS: Final = 12
"""Rows of the table that are at hand at once."""

_CELLS: Final = 1 << 24
"""Cells of the table between two looks at the clock."""


def similarity(site: Site) -> Callable[..., Value]:
    meter, price = site.meter, TARIFF[site.primitive]

    def alikeness(a: Text, b: Text) -> float:
        meter.spend(price.steps(characters=a.n + b.n))
        meter.allocate(CHARACTER * (a.n + b.n))
        one, other = (unmarked(marked(characters_of(text))) for text in (a, b))
        meter.allocate(CHARACTER * max(0, len(one) + len(other) - a.n - b.n))
        meter.spend(price.cells * len(one) * len(other) + 63 >> 6)
        longer, shorter = max(len(one), len(other)), min(len(one), len(other))
        # A row of bits for each letter of the shorter text, and for as many rows of the table as are at hand.
        letters = len(set(one if len(one) <= len(other) else other))
        meter.allocate((letters + _ROWS) * (HEADER + (shorter >> 3)))
        return 1.0 - distance(one, other, meter) / longer if longer else 1.0

    return alikeness


def distance(a: str, b: str, meter: Meter | None = None) -> int:
    """The least number of characters to insert, delete or replace that turn `a` into `b`."""
    if a == b:
        return 0
    if len(a) > len(b):
        a, b = b, a
    if not a:
        return len(b)
    places = _places(a)
    every = (1 << len(a)) - 1
    last = 1 << len(a) - 1
    rises, falls, score = every, 0, len(a)
    stride = max(1, _CELLS // len(a))
    for row, character in enumerate(b):
        if row % stride == 0 and meter is not None:
            meter.glance()
        equal = places.get(character, 0)
        diagonal = (((equal & rises) + rises) ^ rises) | equal | falls
        up = falls | ~(diagonal | rises) & every
        down = rises & diagonal
        if up & last:
            score += 1
        elif down & last:
            score -= 1
        up = up << 1 | 1
        rises = (down << 1 | ~(diagonal | up)) & every
        falls = up & diagonal & every
    return score


def _places(a: str) -> dict[str, int]:
    """For each character of a text the bits of its places."""
    by_character: dict[str, list[int]] = {}
    for i, character in enumerate(a):
        by_character.setdefault(character, []).append(i)
    places: dict[str, int] = {}
    for character, indices in by_character.items():
        bits = bytearray((indices[-1] >> 3) + 1)
        for i in indices:
            bits[i >> 3] |= 1 << (i & 7)
        places[character] = int.from_bytes(bits, "little")
    return places
