"""Lexical search: Okapi BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009), k1 = 1.2, b = 0.75.

A term is a run of letters and digits in lower case; scripts written without spaces between words (Chinese, Japanese, Korean)
give the pairs of neighbouring characters instead. idf(t) = ln(1 + (N − n + ½) / (n + ½)). Promises: texts that share no term
with the query are left out; the same texts give the same order, ties by index.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Set
from functools import cache
from typing import Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.library.engine import characters_of
from lambda_rlm.eval.library.order import sequence_of
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.tariff import TARIFF
from lambda_rlm.eval.value import Text, Value

K1: Final = 1.2
B: Final = 0.75

_BLOCK: Final = 1 << 16
"""Characters between two looks at the clock."""

_TERM_STORAGE: Final = 128
"""Bytes for a term of the query."""

_CJK: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f"
_FIRST_CJK: Final = "\u3040"


@cache
def _run() -> re.Pattern[str]:
    return re.compile(f"[{_CJK}]+|[^\\W_{_CJK}]+")


@cache
def _gap() -> re.Pattern[str]:
    return re.compile(r"[\W_]")


def blocks(s: str) -> Iterator[str]:
    """A text in parts of some length, cut where no term is cut; a run of letters without end is one part."""
    begin = 0
    while len(s) - begin > _BLOCK:
        gap = _gap().search(s, begin + _BLOCK)
        end = gap.end() if gap is not None else len(s)
        yield s[begin:end]
        begin = end
    yield s[begin:]


def held(s: str, wanted: Set[str], meter: Meter) -> tuple[int, Counter[str]]:
    """How many terms a text has, and how often each of the wanted ones; no list of them is made."""
    total, counts = 0, Counter[str]()
    for block in blocks(s):
        meter.glance()
        lowered = block.lower()
        if lowered.isascii():
            runs: list[str] = _run().findall(lowered)
            total += len(runs)
            counts.update([run for run in runs if run in wanted])
            continue
        for match in _run().finditer(lowered):
            total += _count_run(lowered, match.start(), match.end(), wanted, counts, meter)
    return total, counts


def _count_run(s: str, start: int, end: int, wanted: Set[str], counts: Counter[str], meter: Meter) -> int:
    """How many terms a run of letters has; the wanted ones are counted."""
    if end - start < 2 or s[start] < _FIRST_CJK or not _is_cjk(s[start]):
        run = s[start:end]
        if run in wanted:
            counts[run] += 1
        return 1
    for at in range(start, end - 1, _BLOCK):
        meter.glance()
        counts.update([pair for i in range(at, min(at + _BLOCK, end - 1)) if (pair := s[i : i + 2]) in wanted])
    return end - start - 1


def terms(s: str) -> list[str]:
    """The terms of a text, in order."""
    lowered = s.lower()
    tokens: list[str] = []
    for run in _run().findall(lowered):
        is_paired = len(run) > 1 and run[0] >= _FIRST_CJK and _is_cjk(run[0])
        tokens += [run[i : i + 2] for i in range(len(run) - 1)] if is_paired else [run]
    return tokens


def _is_cjk(character: str) -> bool:
    return _cjk().match(character) is not None


@cache
def _cjk() -> re.Pattern[str]:
    return re.compile(f"[{_CJK}]")


def rank(site: Site) -> Callable[..., Value]:
    meter, price = site.meter, TARIFF[site.primitive]

    def ranked(texts: list[Text], query: Text, n: int) -> list[tuple[int, float, Text]]:
        """Records { index, score, text }."""
        kept = min(len(texts), max(0, n))
        longest = max([text.n for text in texts], default=0)
        size = sum([text.n for text in texts]) + query.n
        meter.spend(price.steps(elements=len(texts), made=kept, characters=size))
        # The longest text is copied, and may be one run of letters; the terms of the query are kept.
        meter.allocate(price.storage(made=kept, written=2 * longest) + _TERM_STORAGE * query.n)
        scores = bm25(texts, set(terms(query.s)), meter)
        places = list(scores)
        order = sequence_of([-scores[place] for place in places], False, meter)[:kept]
        return [(places[at], scores[places[at]], texts[places[at]]) for at in order]

    return ranked


def bm25(texts: list[Text], wanted: Set[str], meter: Meter) -> dict[int, float]:
    """The scores of the texts that hold at least one of the wanted terms, by index."""
    holders: list[tuple[int, int, Counter[str]]] = []
    total = 0
    for index, text in enumerate(texts):
        length, counts = held(characters_of(text), wanted, meter)
        total += length
        if counts:
            holders.append((index, length, counts))
    holding = Counter([term for _, _, counts in holders for term in counts])
    idf = {term: math.log1p((len(texts) - n + 0.5) / (n + 0.5)) for term, n in holding.items()}
    usual = total / len(texts) if texts else 1.0
    return {index: _score(counts, K1 * (1 - B + B * length / usual), idf) for index, length, counts in holders}


def _score(counts: Counter[str], norm: float, idf: dict[str, float]) -> float:
    # fsum: the order in which a set is walked must not show in the last digit.
    return math.fsum([idf[term] * count * (K1 + 1) / (count + norm) for term, count in counts.items()])
