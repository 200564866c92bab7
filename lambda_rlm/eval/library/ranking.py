"""Lexical search: Okapi BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009), k1 = 1.2, b = 0.75.

What a term is, `terms` says. idf(t) = ln(1 + (N − n + ½) / (n + ½)). Promises: texts that share no term
with the query are left out; the same texts give the same order, ties by index.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.library.engine import characters_of
from lambda_rlm.eval.library.order import sequence_of
from lambda_rlm.eval.library.terms import MOST_AT_ONCE, Query
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.tariff import TARIFF
from lambda_rlm.eval.value import Text, Value

K1: Final = 1.2
B: Final = 0.75

_TERM_STORAGE: Final = 256
"""Bytes for a term of the query and its forms."""

_FOLDED: Final = 8
"""Characters that are held for one of a part of a text, while it is folded and cut into terms."""


def rank(site: Site) -> Callable[..., Value]:
    meter, price = site.meter, TARIFF[site.primitive]

    def ranked(texts: list[Text], query: Text, n: int) -> list[tuple[int, float, Text]]:
        """Records { index, score, text }."""
        kept = min(len(texts), max(0, n))
        longest = max([text.n for text in texts], default=0)
        size = sum([text.n for text in texts]) + query.n
        meter.spend(price.steps(elements=len(texts), made=kept, characters=size))
        # The longest text is copied, a part of it is folded; the terms of the query are kept.
        at_once = _FOLDED * min(longest, MOST_AT_ONCE)
        meter.allocate(price.storage(made=kept, written=longest + at_once) + _TERM_STORAGE * query.n)
        scores = bm25(texts, Query(query.s, meter), meter)
        places = list(scores)
        order = sequence_of([-scores[place] for place in places], False, meter)[:kept]
        return [(places[at], scores[places[at]], texts[places[at]]) for at in order]

    return ranked


def bm25(texts: list[Text], query: Query, meter: Meter) -> dict[int, float]:
    """The scores of the texts that hold at least one of the wanted terms, by index."""
    holders: list[tuple[int, int, dict[str, float]]] = []
    total = 0
    for index, text in enumerate(texts):
        length, counts = query.held(characters_of(text), meter)
        total += length
        if counts:
            holders.append((index, length, counts))
    holding = Counter([term for _, _, counts in holders for term in counts])
    idf = {term: math.log1p((len(texts) - n + 0.5) / (n + 0.5)) for term, n in holding.items()}
    usual = total / len(texts) if texts else 1.0
    return {index: _score(counts, K1 * (1 - B + B * length / usual), idf) for index, length, counts in holders}


def _score(counts: dict[str, float], norm: float, idf: dict[str, float]) -> float:
    # fsum: the order in which a set is walked must not show in the last digit.
    return math.fsum([idf[term] * count * (K1 + 1) / (count + norm) for term, count in counts.items()])
