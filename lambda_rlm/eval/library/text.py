"""Texts as strings of characters: searching literally, changing, taking apart at separators, joining.

Promises: nothing is copied out of a span that is only searched; what is cut out of one is a span again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from lambda_rlm.budget.meter import LARGE, Meter
from lambda_rlm.budget.storage import Holding
from lambda_rlm.eval.document import memory_like
from lambda_rlm.eval.holding import MANY, measure
from lambda_rlm.eval.library.characters import FAR_LINE_ENDS, LINE_END, LINE_ENDS
from lambda_rlm.eval.library.extent import Range, charged_pieces, copied, extent, looking, piece, pieces
from lambda_rlm.eval.library.occurrence import FEW, count, first, occurrences, replaced, split
from lambda_rlm.eval.library.structure import shown
from lambda_rlm.eval.provenance.derived import derived, derived_from
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.tariff import SLOT, TARIFF
from lambda_rlm.eval.value import EMPTY_TEXT, Passage, Rope, Text, Value
from lambda_rlm.late_pattern import late_pattern

Function = Callable[..., Value]

_WORD: Final = late_pattern(r"\S+")
_END: Final = r"(?:\r\n?+|[\n\x85\u2028\u2029])"
_BLANK: Final = r"[^\S\r\n\x85\u2028\u2029]*+"
_BLANK_LINES: Final = late_pattern(f"{_END}(?:{_BLANK}{_END})++|\u2029")
_BLANK_LINES_OF_ASCII: Final = late_pattern(r"(?:\r\n?+|\n)(?:[ \t\v\f\x1c-\x1f]*+(?:\r\n?+|\n))++")
_OTHER_LINE_ENDS: Final = "\r" + FAR_LINE_ENDS
_STRIDE: Final = 256
_AT_ONCE: Final = 1 << 18
"""Characters that are replaced between two looks at the clock."""
_WIDENS: Final = 3
"""A letter has at most this many characters in the other case."""


def trim(site: Site) -> Function:
    price, meter = TARIFF[site.primitive], site.meter
    call, kilo = price.call, price.kilo

    def trim_text(text: Text) -> Text:
        n = text.n
        meter.fuel -= call + (kilo * n + 1023 >> 10)
        if meter.fuel < 0:
            meter.out_of_fuel()
        s, begin, end = extent(text)
        if n <= _STRIDE and len(s[begin:end].strip()) == n:
            return text
        begin, end = _trimmed(s, begin, end)
        if end - begin == n:
            return text
        meter.allocate(price.storage(written=copied(text, end - begin)))
        return piece(text, begin, end)

    return trim_text


def _trimmed(s: str, begin: int, end: int) -> Range:
    """The range without white space at both ends, read a stride at a time."""
    while begin < end:
        stride = s[begin : min(begin + _STRIDE, end)]
        blank = len(stride) - len(stride.lstrip())
        begin += blank
        if blank < len(stride):
            break
    while begin < end:
        stride = s[max(begin, end - _STRIDE) : end]
        blank = len(stride) - len(stride.rstrip())
        end -= blank
        if blank < len(stride):
            break
    return begin, end


def _cased(change: Callable[[str], str]) -> Callable[[Site], Function]:
    def build(site: Site) -> Function:
        price, meter = TARIFF[site.primitive], site.meter
        call, kilo, header, rate = price.call, price.kilo, price.storage_call, price.storage_written

        def cased(text: Text) -> Text:
            n = text.n
            meter.fuel -= call + (kilo * n + 1023 >> 10)
            if meter.fuel < 0:
                meter.out_of_fuel()
            s = text.s
            size = header + rate * (n if s.isascii() else _WIDENS * n)
            meter.memory -= size
            if size > LARGE:
                meter.storage.make_room(memory_like(s, n))
            changed = change(s)
            return text if changed == s else derived_from(text, changed, meter.storage)

        return cased

    return build


lower = _cased(str.lower)
upper = _cased(str.upper)


def contains(site: Site) -> Function:
    meter, call, kilo = site.meter, TARIFF[site.primitive].call, TARIFF[site.primitive].kilo

    def contains_part(text: Text, part: Text) -> bool:
        meter.fuel -= call + (kilo * (text.n + part.n) + 1023 >> 10)
        if meter.fuel < 0:
            meter.out_of_fuel()
        if text.n * part.n <= FEW:
            if text.start >= 0:
                document = text.origin
                return document.text.find(part.s, text.start, text.start + text.n) >= 0  # type: ignore[union-attr]
            return part.s in text.s
        s, begin, end = extent(text)
        return first(s, part.s, begin, end) >= 0

    return contains_part


def _edge(method: Callable[..., bool]) -> Callable[[Site], Function]:
    def build(site: Site) -> Function:
        meter, call, kilo = site.meter, TARIFF[site.primitive].call, TARIFF[site.primitive].kilo

        def has_edge(text: Text, part: Text) -> bool:
            m, n, begin = part.n, text.n, text.start
            meter.fuel -= call + (kilo * m + 1023 >> 10)
            if meter.fuel < 0:
                meter.out_of_fuel()
            if m > n:
                return False
            if begin >= 0:  # as `extent`, without a call
                return method(text.origin.text, part.s, begin, begin + n)  # type: ignore[union-attr]
            return method(text.s, part.s)

        return has_edge

    return build


starts_with = _edge(str.startswith)
ends_with = _edge(str.endswith)


def find(site: Site) -> Function:
    price, meter = TARIFF[site.primitive], site.meter
    storage = price.storage()

    def find_part(text: Text, part: Text) -> Value:
        meter.spend(price.steps(characters=text.n + part.n))
        meter.allocate(storage)
        s, begin, end = extent(text)
        position = first(s, part.s, begin, end)
        return None if position < 0 else (position - begin,)

    return find_part


def find_all(site: Site) -> Function:
    price, meter = TARIFF[site.primitive], site.meter

    def find_parts(text: Text, part: Text) -> list[int]:
        meter.spend(price.steps(characters=text.n + part.n))
        if not part.n:
            return []
        s, begin, end = extent(text)
        found = count(s, part.s, begin, end)
        meter.spend(price.made * found)
        meter.allocate(price.storage(made=found))
        places = occurrences(s, part.s, begin, end)
        return [position - begin for batch in looking(places, meter) for position in batch]

    return find_parts


def replace(site: Site) -> Function:
    price, meter = TARIFF[site.primitive], site.meter

    def replace_parts(text: Text, old: Text, new: Text) -> Text:
        meter.spend(price.steps(characters=text.n + old.n + new.n))
        s, begin, end = extent(text)
        found = count(s, old.s, begin, end) if old.n else 0
        if not found:
            return text
        size = text.n + found * (new.n - old.n)
        meter.spend(price.kilo * size + 1023 >> 10)
        meter.allocate(price.storage(written=size), size if s.isascii() and new.s.isascii() else 2 * size)
        return derived("".join(_replaced(s, old.s, new.s, begin, end, meter)), meter, text, new)

    return replace_parts


def _replaced(s: str, old: str, new: str, begin: int, end: int, meter: Meter) -> Iterator[str]:
    """The parts of a text with each occurrence replaced, from left to right; a look at the clock between them."""
    size = max(_AT_ONCE, 2 * len(old))
    while end - begin > size:
        *whole, rest = split(s[begin : begin + size], old)
        # An occurrence may begin in the last characters and end behind them.
        kept = min(len(rest), len(old) - 1)
        yield new.join([*whole, rest[: len(rest) - kept]])
        begin += size - kept
        meter.glance()
    yield replaced(s[begin:end], old, new)


def repeat(site: Site) -> Function:
    price, meter = TARIFF[site.primitive], site.meter

    def repeat_text(text: Text, n: int) -> Text:
        n = max(0, n)
        size = n * text.n
        meter.allocate(price.storage(written=size), n * text.memory())
        meter.spend(price.steps(characters=size))
        return derived(text.s * n, meter, text) if size else EMPTY_TEXT

    return repeat_text


def lines(site: Site) -> Function:
    price, meter = TARIFF[site.primitive], site.meter

    def text_lines(text: Text) -> list[Text]:
        meter.spend(price.steps(characters=text.n))
        s, begin, end = extent(text)
        count = s.count("\n", begin, end) + 1
        returns = sum([s.count(c, begin, end) for c in ("\r" if s.isascii() else _OTHER_LINE_ENDS)])
        meter.spend(price.made * (count + returns))
        meter.allocate(price.storage(made=count + returns, written=copied(text, text.n)))
        if returns:
            return pieces(text, _lines_returned(s, begin, end))
        return _line_spans(text) if text.start >= 0 else pieces(text, _lines(s, begin, end))

    return text_lines


def _lines(s: str, begin: int, end: int) -> Iterator[Range]:
    find_end = s.find
    while begin < end:
        stop = find_end("\n", begin, end)
        if stop < 0:
            stop = end
        yield begin, stop
        begin = stop + 1


def _line_spans(text: Text) -> list[Text]:
    """As `pieces` of `_lines` for a span, in one loop: a long input has a million lines."""
    document = text.origin
    s, begin, end = extent(text)
    find_end, new = s.find, Passage.__new__
    lines: list[Text] = []
    append = lines.append
    while begin < end:
        stop = find_end("\n", begin, end)
        if stop < 0:
            stop = end
        line = new(Passage)
        line.n = stop - begin
        line.origin = document
        line.start = begin
        append(line)
        begin = stop + 1
    return lines


def _lines_returned(s: str, begin: int, end: int) -> Iterator[Range]:
    for stop in LINE_END.finditer(s, begin, end):
        yield begin, stop.start()
        begin = stop.end()
    if begin < end:
        yield begin, end


def words(site: Site) -> Function:
    price, meter = TARIFF[site.primitive], site.meter

    def text_words(text: Text) -> list[Text]:
        meter.spend(price.steps(characters=text.n))
        meter.allocate(price.storage())
        s, begin, end = extent(text)
        return charged_pieces(text, (word.span() for word in _WORD.finditer(s, begin, end)), price, meter)

    return text_words


def paragraphs(site: Site) -> Function:
    price, meter = TARIFF[site.primitive], site.meter

    def text_paragraphs(text: Text) -> list[Text]:
        meter.spend(price.steps(characters=text.n))
        meter.allocate(price.storage())
        s, begin, end = extent(text)
        return charged_pieces(text, _paragraphs(s, begin, end), price, meter)

    return text_paragraphs


def _paragraphs(s: str, begin: int, end: int) -> Iterator[Range]:
    for blank in (_BLANK_LINES_OF_ASCII if s.isascii() else _BLANK_LINES).finditer(s, begin, end):
        yield from _paragraph(s, begin, blank.start())
        begin = blank.end()
    yield from _paragraph(s, begin, end)


def _paragraph(s: str, begin: int, end: int) -> Iterator[Range]:
    while begin < end and s[begin] in LINE_ENDS:
        begin += 1
    while begin < end and s[end - 1] in LINE_ENDS:
        end -= 1
    first, last = _trimmed(s, begin, end)
    if first < last:
        yield begin, end


def join(site: Site) -> Function:
    price, meter = TARIFF[site.primitive], site.meter

    def join_texts(texts: list[Text], sep: Text) -> Text:
        count = len(texts)
        meter.spend(price.steps(elements=count))
        meter.allocate(price.storage(made=count))
        if count < 2:
            return texts[0] if texts else EMPTY_TEXT
        n = sum([text.n for text in texts]) + (count - 1) * sep.n
        if not n:
            return EMPTY_TEXT
        row = texts
        if sep.n:
            row = [sep] * (2 * count - 1)
            row[::2] = texts
        if count >= MANY and type(row) is not Holding:
            row = Holding(row, meter.storage, measure(texts) + SLOT * len(row))
        return Rope(row, n, meter)

    return join_texts


def to_text(site: Site) -> Function:
    price, meter = TARIFF[site.primitive], site.meter
    show = shown(site.parameters[0])

    def show_value(value: Value) -> Text:
        meter.spend(price.call)
        meter.allocate(price.storage_call)
        return show(value)

    return show_value
