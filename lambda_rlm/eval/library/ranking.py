"""Lexical search: Okapi BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009), k1 = 1.2, b = 0.75.

A term is a run of letters and digits in lower case; scripts written without spaces between words (Chinese, Japanese, Korean)
give the pairs of neighbouring characters instead. idf(t) = ln(1 + (N − n + ½) / (n + ½)). Promises: texts that share no term
with the query are left out; the same texts give the same order, ties by index.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Final

from lambda_rlm.eval.library.engine import characters_of
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.tariff import TARIFF
from lambda_rlm.eval.value import Text, Value

K1: Final = 1.2
B: Final = 0.75

_CJK: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f"
_FIRST_CJK: Final = "\u3040"


@cache
def _run() -> re.Pattern[str]:
    return re.compile(f"[{_CJK}]+|[^\\W_{_CJK}]+")


def terms(s: str) -> list[str]:
    """The terms of a text, in order."""
    lowered = s.lower()
    runs: list[str] = _run().findall(lowered)
    if lowered.isascii():
        return runs
    tokens: list[str] = []
    for run in runs:
        if len(run) > 1 and run[0] >= _FIRST_CJK and _is_cjk(run[0]):
            tokens += [run[i : i + 2] for i in range(len(run) - 1)]
        else:
            tokens.append(run)
    return tokens


def _is_cjk(character: str) -> bool:
    return re.match(f"[{_CJK}]", character) is not None


def rank(site: Site) -> Callable[..., Value]:
    meter, price = site.meter, TARIFF[site.primitive]

    def ranked(texts: list[Text], query: Text, n: int) -> list[tuple[int, float, Text]]:
        """Records { index, score, text }."""
        kept = min(len(texts), max(0, n))
        size = sum([text.n for text in texts]) + query.n
        meter.spend(price.steps(elements=len(texts), made=kept, characters=size))
        meter.allocate(price.storage(made=kept))
        scores = bm25(texts, set(terms(query.s)))
        best = sorted(scores.items(), key=lambda entry: (-entry[1], entry[0]))[:kept]
        return [(index, score, texts[index]) for index, score in best]

    return ranked


def bm25(texts: list[Text], wanted: set[str]) -> dict[int, float]:
    """The scores of the texts that hold at least one of the wanted terms, by index."""
    holders: list[tuple[int, int, Counter[str]]] = []
    total = 0
    for index, text in enumerate(texts):
        held = terms(characters_of(text))
        total += len(held)
        counts = Counter([term for term in held if term in wanted])
        if counts:
            holders.append((index, len(held), counts))
    holding = Counter([term for _, _, counts in holders for term in counts])
    idf = {term: math.log1p((len(texts) - n + 0.5) / (n + 0.5)) for term, n in holding.items()}
    usual = total / len(texts) if texts else 1.0
    return {index: _score(counts, K1 * (1 - B + B * length / usual), idf) for index, length, counts in holders}


def _score(counts: Counter[str], norm: float, idf: dict[str, float]) -> float:
    # fsum: the order in which a set is walked must not show in the last digit.
    return math.fsum([idf[term] * count * (K1 + 1) / (count + norm) for term, count in counts.items()])
