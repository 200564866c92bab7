"""Where the characters of a text are, so that it can be searched and cut without being copied.

Owns the one way in which the library reads texts: `extent` gives a string and two positions in it. For a span of an input the
string is the whole document, so searching must always be told where to begin and to end. Positions found there are cut by
`pieces`, which makes spans of spans, ropes of ropes, and copies only of texts that are flat already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.holding import gathered
from lambda_rlm.eval.tariff import Price
from lambda_rlm.eval.value import Document, Passage, Rope, Text, flat

T = TypeVar("T")

BATCH = 4096
"""How many pieces are charged for at a time when their number is not known before."""

Range = tuple[int, int]


def extent(text: Text) -> tuple[str, int, int]:
    """A string and where in it the text begins and ends; nothing is copied for a span."""
    if text.start >= 0:
        document = text.origin
        assert isinstance(document, Document)
        return document.text, text.start, text.start + text.n
    return text.s, 0, text.n


def copied(text: Text, size: int) -> int:
    """How many characters are written when `size` characters of the text are cut out of it: none for spans and ropes."""
    return 0 if text.start >= 0 or isinstance(text, Rope) else size


def piece(text: Text, begin: int, end: int) -> Text:
    """The part of a text between two positions of its `extent`."""
    return text.cut(begin - text.start, end - text.start) if text.start >= 0 else text.cut(begin, end)


def pieces(text: Text, ranges: Iterable[Range]) -> list[Text]:
    """The parts of a text between pairs of positions of its `extent`."""
    if text.start >= 0:
        return _spans(text, ranges)
    if isinstance(text, Rope):
        cut = text.cut
        return [cut(begin, end) for begin, end in ranges]
    s, origin, storage = text.s, text.origin, text.storage
    return [flat(s[begin:end], origin, storage) for begin, end in ranges]


def _spans(text: Text, ranges: Iterable[Range]) -> list[Text]:
    # As `span_of`, without a call for each: a long input has a million lines.
    document = text.origin
    spans: list[Text] = []
    append = spans.append
    new = Passage.__new__
    for begin, end in ranges:
        span = new(Passage)
        span.n = end - begin
        span.origin = document
        span.start = begin
        append(span)
    return spans


def looking(items: Iterator[T], meter: Meter) -> Iterator[list[T]]:
    """What an iterator gives, a batch at a time, with a look at the clock between batches."""
    while batch := list(islice(items, BATCH)):
        meter.glance()
        yield batch


def paced(ranges: Iterable[Range], meter: Meter) -> Iterator[Range]:
    """The same ranges, with a look at the clock now and then: of a long text there are millions."""
    for batch in looking(iter(ranges), meter):
        yield from batch


def charged_pieces(text: Text, ranges: Iterator[Range], price: Price, meter: Meter) -> list[Text]:
    """`pieces` for a number of ranges that nobody knows yet: charged batch by batch."""

    def batches() -> Iterator[list[Text]]:
        while batch := list(islice(ranges, BATCH)):
            meter.spend(price.made * len(batch))
            written = copied(text, sum([end - begin for begin, end in batch]))
            meter.allocate(price.storage_made * len(batch) + price.storage_written * written)
            yield pieces(text, batch)

    return gathered(batches(), meter)
