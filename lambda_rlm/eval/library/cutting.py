"""Cutting texts to size: `chunk`, `windows`, `split`, `pack`.

Promises: pieces of an input are spans, never copies; chunking is lossless, no piece is longer than asked, every piece but the
last has at least seven eighths of it, so that the number of pieces follows from the length alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.library.extent import Range, copied, extent, paced, pieces
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.tariff import TARIFF, Price
from lambda_rlm.eval.value import Rope, Text, Value

_SENTENCE_ENDS = (". ", "! ", "? ", ".\t", "。", "！", "？")
_WORD_ENDS = (" ", "\t", "\u3000")

_SLACK: Final = 8
"""A piece may be shorter than asked by this part of its size, an eighth, to end with a paragraph, line, sentence or word."""


def cut_before(s: str, lowest: int, highest: int) -> int:
    """The best place to cut, from `lowest` to `highest`: after the last paragraph, line, sentence or word end, else
    `highest`."""
    line = s.rfind("\n", lowest - 1 if lowest else 0, highest)
    if line >= 0:
        paragraph = s.rfind("\n\n", max(0, lowest - 2), line + 1)
        if s[line - 1 : line] == "\r":
            blank = s.rfind("\n\r\n", max(0, lowest - 3), line + 1)
            paragraph = max(paragraph, blank + 1 if blank >= 0 else -1)
        return paragraph + 2 if paragraph >= 0 else line + 1
    for ends in (_SENTENCE_ENDS, _WORD_ENDS):
        best = max([at + len(end) for end in ends if (at := s.rfind(end, max(0, lowest - len(end)), highest)) >= 0], default=-1)
        if best >= 0:
            return best
    return highest


def chunk_ranges(s: str, begin: int, end: int, size: int, overlap: int = 0) -> Iterator[Range]:
    """Where the pieces of s[begin:end] are; each begins `overlap` characters before the end of the one before."""
    slack = size // _SLACK
    while end - begin > size:
        highest = begin + size
        cut = cut_before(s, highest - slack, highest) if slack else highest
        yield begin, cut
        begin = cut - overlap
    if begin < end:
        yield begin, end


def most_pieces(n: int, size: int, overlap: int = 0) -> int:
    """The largest number of pieces that `n` characters can give."""
    if n <= size:
        return 1 if n else 0
    step = size - size // _SLACK - overlap
    return -(-(n - overlap) // step)


def _chunked(text: Text, size: int, overlap: int, site: Site, price: Price) -> list[Text]:
    count = most_pieces(text.n, size, overlap)
    overlap = overlap if count > 1 else 0
    site.meter.spend(price.steps(made=count, characters=text.n))
    written = copied(text, text.n + count * overlap)
    site.meter.allocate(price.storage(made=count, written=written))
    s, begin, end = extent(text)
    if text.n <= size:
        return [text] if text.n else []
    return pieces(text, paced(chunk_ranges(s, begin, end, size, overlap), site.meter))


def chunk(site: Site) -> Callable[..., Value]:
    price = TARIFF[site.primitive]

    def chunk_text(text: Text, size: int) -> list[Text]:
        return _chunked(text, max(1, size), 0, site, price)

    return chunk_text


def windows(site: Site) -> Callable[..., Value]:
    price = TARIFF[site.primitive]

    def window_text(text: Text, size: int, overlap: int) -> list[Text]:
        size = max(1, size)
        return _chunked(text, size, max(0, min(overlap, size // 2)), site, price)

    return window_text


def split(site: Site) -> Callable[..., Value]:
    price = TARIFF[site.primitive]
    meter = site.meter

    def split_text(text: Text, k: int) -> list[Text]:
        n = text.n
        k = min(max(1, k), n)
        meter.spend(price.steps(made=k))
        meter.allocate(price.storage(made=k, written=copied(text, n)))
        if k <= 1:
            return [text] if n else []
        _, begin, _ = extent(text)
        return pieces(text, paced(((begin + n * i // k, begin + n * (i + 1) // k) for i in range(k)), meter))

    return split_text


def pack(site: Site) -> Callable[..., Value]:
    price = TARIFF[site.primitive]
    meter = site.meter

    def pack_texts(texts: list[Text], size: int, sep: Text) -> list[Text]:
        size = max(1, size)
        total = sum([text.n for text in texts])
        long = [text for text in texts if text.n > size]
        count = len(texts) + sum([most_pieces(text.n, size) for text in long])
        meter.spend(price.steps(elements=len(texts), made=count, characters=total))
        meter.allocate(price.storage(made=count, written=sum([copied(text, text.n) for text in long])))
        return [_joined(group, sep, site) for group in _groups(_fitting(texts, size, meter), size, sep.n)]

    return pack_texts


def _fitting(texts: list[Text], size: int, meter: Meter) -> list[Text]:
    fitting: list[Text] = []
    for text in texts:
        if text.n > size:
            s, begin, end = extent(text)
            fitting += pieces(text, paced(chunk_ranges(s, begin, end, size), meter))
        else:
            fitting.append(text)
    return fitting


def _groups(texts: list[Text], size: int, between: int) -> list[list[Text]]:
    groups: list[list[Text]] = []
    room = -1
    for text in texts:
        need = text.n + between
        if groups and need <= room:
            groups[-1].append(text)
            room -= need
        else:
            groups.append([text])
            room = size - text.n
    return groups


def _joined(group: list[Text], sep: Text, site: Site) -> Text:
    if len(group) == 1:
        return group[0]
    row = [group[0]]
    for text in group[1:]:
        row += (sep, text) if sep.n else (text,)
    return Rope(row, sum([text.n for text in row]), site.meter)
