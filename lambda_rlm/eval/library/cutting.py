"""Cutting texts to size: `chunk`, `windows`, `split`, `pack`.

Promises: pieces of an input are spans, never copies; chunking is lossless, no piece is longer than asked, and there are no more
pieces than if each but the last had at least seven eighths of that, so their number follows from the length alone. Within this
no cut falls inside a grapheme: a letter and its marks, a flag, `\\r\\n`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.library.characters import LINE_ENDS
from lambda_rlm.eval.library.extent import Range, copied, extent, paced, pieces
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.tariff import TARIFF, Price
from lambda_rlm.eval.value import Rope, Text, Value
from lambda_rlm.graphemes import STEPS, whole, whole_after

_SENTENCE_ENDS = (". ", "! ", "? ", ".\t", "。", "！", "？")
_WORD_ENDS = (" ", "\t", "\u3000")
_PARAGRAPH_ENDS = ("\n\n", "\n\r\n", "\r\r", "\u2028\u2028", "\u2029")

_SLACK: Final = 8
"""A piece may be shorter than asked by this part of its size, an eighth, to end with a paragraph, line, sentence or word."""


@dataclass(frozen=True, slots=True)
class PieceEnds:
    """What ends a line or a paragraph somewhere in a text: no other is looked for."""

    lines: str
    paragraphs: tuple[str, ...]


def ends_in(s: str, begin: int, end: int) -> PieceEnds:
    """The ends that are between two places."""
    lines = "".join([c for c in ("\n\r" if s.isascii() else LINE_ENDS) if s.find(c, begin, end) >= 0])
    return PieceEnds(lines, tuple([c for c in _PARAGRAPH_ENDS if set(c) <= set(lines)]))


def cut_before(s: str, lowest: int, highest: int, known: PieceEnds) -> int:
    """The best place to cut, from `lowest` to `highest`: after the last paragraph, line, sentence or word end, else
    `highest`."""
    if known.lines == "\n":
        line = s.rfind("\n", max(0, lowest - 1), highest) + 1
    else:
        line = _line_cut(s, lowest, highest, known.lines)
    if line > 0:
        paragraph = max([_after(s, end, lowest, line) for end in known.paragraphs], default=-1)
        return paragraph if paragraph >= 0 else line
    for ends in (_SENTENCE_ENDS, _WORD_ENDS):
        best = max([at + len(end) for end in ends if (at := s.rfind(end, max(0, lowest - len(end)), highest)) >= 0], default=-1)
        if best >= 0:
            return best
    return highest


def _after(s: str, end: str, lowest: int, highest: int) -> int:
    """Behind the last occurrence of an end that is behind `lowest` or at it, and not behind `highest`; -1 for none."""
    at = s.rfind(end, max(0, lowest - len(end)), highest)
    return at + len(end) if at >= 0 else -1


def _line_cut(s: str, lowest: int, highest: int, ends: str) -> int:
    """Behind the last line end, as `_after`; never between `\\r` and `\\n`."""
    is_inside = s[highest - 1 : highest + 1] == "\r\n"
    return max([_after(s, end, lowest, highest - (is_inside and end == "\r")) for end in ends], default=-1)


def chunk_ranges(s: str, begin: int, end: int, size: int, overlap: int = 0) -> Iterator[Range]:
    """Where the pieces of s[begin:end] are; each begins `overlap` characters before the end of the one before, or fewer where
    that would be inside a grapheme."""
    slack = size // _SLACK
    left = most_pieces(end - begin, size, overlap)
    is_ascii, known = s.isascii(), ends_in(s, begin, end)
    while end - begin > size:
        left -= 1
        highest = begin + size
        lowest = highest - slack
        cut = cut_before(s, lowest, highest, known) if slack else highest
        if not is_ascii or s[cut - 1] == "\r":
            # The pieces that are left may have to hold more, as long as they can.
            spared = end - size - (left - 1) * (size - slack)
            cut = whole(s, cut, lowest if overlap else max(begin + 1, min(lowest, spared)))
        yield begin, cut
        begin = cut - overlap
        if overlap and (not is_ascii or s[begin - 1] == "\r"):
            begin = whole_after(s, begin, cut)
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
    if not s.isascii():
        site.meter.spend(2 * STEPS * count)
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
            if not s.isascii():
                meter.spend(STEPS * most_pieces(text.n, size))
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
