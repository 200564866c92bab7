"""Taking a text apart at separators: `split_on`.

Owns what a separator is: a line feed in it stands for `\\r\\n` too. Promises that what is cut out of a span is a span again,
and that a short text is taken apart with no object beside its parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from lambda_rlm.eval.library.extent import Range, copied, extent, looking, pieces
from lambda_rlm.eval.library.occurrence import count, occurrences
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.tariff import TARIFF
from lambda_rlm.eval.value import Passage, Text, Value

_BRIEF: Final = 256
"""Characters up to which a part of an input is taken apart in one go."""

_new = object.__new__


def split_on(site: Site) -> Callable[..., Value]:
    price, meter = TARIFF[site.primitive], site.meter
    call, kilo, brief = price.call, price.kilo, _split_brief(site)

    def split_at(text: Text, sep: Text) -> list[Text]:
        n, m = text.n, sep.n
        meter.fuel -= call + (kilo * (n + m) + 1023 >> 10)
        if meter.fuel < 0:
            meter.out_of_fuel()
        s, begin, end = extent(text)
        if begin == text.start and n <= _BRIEF and 0 < m <= _BRIEF and "\n" not in sep.s:
            return brief(text, s, begin, end, sep.s)
        is_joined = "\n" in sep.s and "\r" not in sep.s and s.find("\r\n", begin, end) >= 0
        if is_joined:
            meter.spend(price.kilo * text.n + 1023 >> 10)
            found = sum([len(batch) for batch in looking(_separators_at_line_ends(s, sep.s, begin, end), meter)])
        else:
            found = count(s, sep.s, begin, end) if sep.n else 0
        meter.spend(price.made * (found + 1))
        meter.allocate(price.storage(made=found + 1, written=copied(text, text.n) if found else 0))
        if not found:
            return [text]
        between = _between_line_ends(s, sep.s, begin, end) if is_joined else _between(s, sep.s, begin, end)
        return [cut for batch in looking(between, meter) for cut in pieces(text, batch)]

    return split_at


def _separators_at_line_ends(s: str, sep: str, begin: int, end: int) -> Iterator[Range]:
    """Where separators begin and end, with `\\r\\n` for a line feed as well: looked for where each is one, and moved by
    that."""
    moved = begin
    line_end = s.find("\r\n", begin, end)

    def original(place: int) -> int:
        nonlocal moved, line_end
        while 0 <= line_end < place + moved:
            moved += 1
            line_end = s.find("\r\n", line_end + 2, end)
        return place + moved

    unified = s[begin:end].replace("\r\n", "\n")
    for position in occurrences(unified, sep, 0, len(unified)):
        yield original(position), original(position + len(sep))


def _between_line_ends(s: str, sep: str, begin: int, end: int) -> Iterator[Range]:
    for here, behind in _separators_at_line_ends(s, sep, begin, end):
        yield begin, here
        begin = behind
    yield begin, end


def _between(s: str, sep: str, begin: int, end: int) -> Iterator[Range]:
    for position in occurrences(s, sep, begin, end):
        yield begin, position
        begin = position + len(sep)
    yield begin, end


def _split_brief(site: Site) -> Callable[[Text, str, int, int, str], list[Text]]:
    """The same for a short span, once its characters are charged: a table has a hundred thousand lines."""
    price, meter = TARIFF[site.primitive], site.meter
    made, header, each = price.made, price.storage_call, price.storage_made

    def split_brief(text: Text, s: str, begin: int, end: int, sep: str) -> list[Text]:
        found = s.count(sep, begin, end) + 1
        meter.fuel -= made * found
        if meter.fuel < 0:
            meter.out_of_fuel()
        meter.memory -= header + each * found
        if meter.memory < 0:
            meter.out_of_memory()
        if found == 1:
            return [text]
        parts: list[Text] = []
        document, size, find = text.origin, len(sep), s.find
        while True:
            stop = find(sep, begin, end)
            part = _new(Passage)
            part.origin = document
            part.start = begin
            parts.append(part)
            if stop < 0:
                part.n = end - begin
                return parts
            part.n = stop - begin
            begin = stop + size

    return split_brief
