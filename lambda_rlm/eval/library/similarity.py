"""How alike two texts are: 1 − Levenshtein distance / longer length.

The distance is computed by bit vectors over Python's long integers (Myers 1999, in the form of Hyyrö 2003): a row of the table
for each character of the longer text, all its cells at once. Charged by the number of cells before.
"""

from __future__ import annotations

from collections.abc import Callable

from lambda_rlm.eval.library.engine import characters_of
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.tariff import TARIFF
from lambda_rlm.eval.value import Text, Value


def similarity(site: Site) -> Callable[..., Value]:
    meter, price = site.meter, TARIFF[site.primitive]

    def alikeness(a: Text, b: Text) -> float:
        meter.spend(price.steps(characters=a.n + b.n, cells=a.n * b.n))
        longer = max(a.n, b.n)
        return 1.0 - distance(characters_of(a), characters_of(b)) / longer if longer else 1.0

    return alikeness


def distance(a: str, b: str) -> int:
    """The least number of characters to insert, delete or replace that turn `a` into `b`."""
    if a == b:
        return 0
    if len(a) > len(b):
        a, b = b, a
    if not a:
        return len(b)
    places: dict[str, int] = {}
    for i, character in enumerate(a):
        places[character] = places.get(character, 0) | 1 << i
    every = (1 << len(a)) - 1
    last = 1 << len(a) - 1
    rises, falls, score = every, 0, len(a)
    for character in b:
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
