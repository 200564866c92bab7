"""The library's commonest functions of a text, over many texts at a time, their other argument constant.

Owns `OVER_MANY`, for loops whose whole body is such a call: no closure is entered for an element. Promises the values and the
charges of the function called once for each, in the order of the texts; fuel is charged before, storage batch by batch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

from lambda_rlm.eval.library.engine import KEPT_STORAGE, Pattern, characters_of, compiled
from lambda_rlm.eval.library.extent import BATCH, copied
from lambda_rlm.eval.library.occurrence import FEW, first
from lambda_rlm.eval.library.regex import occurring
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.tariff import TARIFF
from lambda_rlm.eval.value import EMPTY_TEXT, Passage, Text, Value
from lambda_rlm.syntax.primitive import Primitive as P

Many = Callable[[list[Text]], list[Value]]


def take(site: Site, constant: Value) -> Many:
    price, meter, most = TARIFF[P.TAKE], site.meter, max(0, constant)
    note = None if site.cuts is None else site.cuts.note
    header, rate = price.storage_call, price.storage_written

    def batch(texts: list[Text]) -> list[Value]:
        heads: list[Value] = []
        append, new, spans = heads.append, Passage.__new__, 0
        for text in texts:
            if text.n <= most:
                append(text)
            elif text.start >= 0 < most:
                # As `span_of`, without a call for each.
                span = new(Passage)
                span.n = most
                span.origin = text.origin
                span.start = text.start
                append(span)
                spans += 1
                if note is not None:
                    note(text, span)
            elif most:
                meter.allocate(header + rate * copied(text, most))
                append(kept := text.cut(0, most))
                if note is not None:
                    note(text, kept)
            else:
                append(EMPTY_TEXT)
        meter.allocate(header * spans)
        return heads

    def run(texts: list[Text]) -> list[Value]:
        meter.spend(price.call * len(texts))
        if len(texts) <= BATCH:
            return batch(texts)
        return [cut for at in range(0, len(texts), BATCH) for cut in batch(texts[at : at + BATCH])]

    return run


def matches(site: Site, constant: Value) -> Many:
    price, meter = TARIFF[P.MATCHES], site.meter
    source: str = constant.s
    chosen: list[Pattern] = []

    def batch(texts: list[Text], longest: int, pattern: Pattern) -> list[Value]:
        literal = pattern.literal
        if literal is not None and longest * len(literal) <= FEW:
            return [literal in characters_of(text) for text in texts]
        if literal is not None:
            return [first(characters_of(text), literal, 0, text.n) >= 0 for text in texts]
        # `characters_of` written out: a call for each text would cost as much as the search.
        strings = [t.origin.text[t.start : t.start + t.n] if t.start >= 0 else t.s for t in texts]  # type: ignore[union-attr]
        most, brief = pattern.most, pattern.brief
        if longest <= most and "".join(strings).isascii():
            needed = pattern.needed
            return [needed in s and brief(s) is not None for s in strings]
        return [brief(s) is not None if len(s) <= most and s.isascii() else occurring(pattern, s, site) for s in strings]

    def run(texts: list[Text]) -> list[Value]:
        if not texts:
            return []
        if not chosen:
            meter.allocate(KEPT_STORAGE)
            chosen.append(compiled(source, site))
            meter.spend(chosen[0].size)
        call, kilo = price.call, chosen[0].kilo(price.kilo, with_groups=False)
        sizes = Counter([text.n for text in texts])
        meter.spend(sum([count * (call + (kilo * n + 1023 >> 10)) for n, count in sizes.items()]))
        longest = max(sizes)
        found: list[Value] = []
        for at in range(0, len(texts), BATCH):
            meter.glance()
            found += batch(texts[at : at + BATCH], longest, chosen[0])
        return found

    return run


OVER_MANY: Final[dict[P, Callable[[Site, Value], Many]]] = {P.TAKE: take, P.MATCHES: matches}
