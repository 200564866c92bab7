"""Templates over many elements: the texts of a template for a whole list, with no closure entered for an element.

Owns `template_over`, for templates whose holes are texts and Ints in the fields of the elements, or the elements themselves.
Promises the ropes, the charges and the reading of `joining.template`, run for one element after the other; which it falls back
to wherever a text is empty, long or put together itself, nothing in a row came from outside, a number was replied, or the fuel
might run out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Final

from lambda_rlm.budget.meter import STRETCH, Meter
from lambda_rlm.eval.compile.batches.loops import are_many
from lambda_rlm.eval.compile.closures.joining import FLAT, glued
from lambda_rlm.eval.compile.compiled import Compiled
from lambda_rlm.eval.holding import gathered
from lambda_rlm.eval.library.structure import is_text
from lambda_rlm.eval.tariff import CHARACTER, SLOT
from lambda_rlm.eval.value import EMPTY_TEXT, HEADER, JOINED, LINKS, Passage, Rope, Text, Value
from lambda_rlm.types.type import INT, Type

_new = object.__new__

Show = Callable[[Value], Text]
Row = tuple[int, int, bool]
Many = Callable[[list[Value]], list[Value]]
_FEW_LINKED: Final = 32 * (LINKS - 1)
"""Pieces of a rope that books no memory, fewer than this."""
_PLAIN: Final = frozenset({Text, Passage})


def template_over(
    pieces: Sequence[str | None], holes: Sequence[tuple[Compiled, Type]], shows: Sequence[Show], meter: Meter
) -> tuple[int, Many] | None:
    """The slot of the elements, and what gives the texts of a list of them, the holes being where no piece is; None where the
    template has other holes."""
    slots = {code.slot for code, _ in holes}
    if len(slots) != 1 or slots == {-1} or not 1 < len(pieces) < _FEW_LINKED or "" in pieces:
        return None
    if not all(is_text(type_) or type_ == INT for _, type_ in holes):
        return None
    texts = [EMPTY_TEXT if piece is None else Text(piece) for piece in pieces]
    places = [at for at, piece in enumerate(pieces) if piece is None]
    rows = [(at, code.field, type_ == INT) for at, (code, type_) in zip(places, holes, strict=True)]
    together = _together(texts, rows, meter)
    one = _one_by_one(texts, rows, shows, meter)

    def of_part(xs: list[Value]) -> list[Value]:
        made = together(xs) if are_many(len(xs)) else None
        return one(xs) if made is None else made

    def many(xs: list[Value]) -> list[Value]:
        return of_part(xs) if len(xs) <= STRETCH else gathered(map(of_part, meter.stretches(xs)), meter)

    return slots.pop(), many


def _one_by_one(texts: list[Text], rows: list[Row], shows: Sequence[Show], meter: Meter) -> Many:
    holes = [(at, field, show) for (at, field, _), show in zip(rows, shows, strict=True)]

    def values(xs: list[Value]) -> list[Value]:
        made = []
        for x in xs:
            pieces = texts[:]
            for at, field, show in holes:
                pieces[at] = show(x if field < 0 else x[field])
            made.append(glued(pieces, meter))
        return made

    return values


def _together(texts: list[Text], rows: list[Row], meter: Meter) -> Callable[[list[Value]], list[Value] | None]:
    count = len(texts)
    least = sum([text.n for text in texts])
    size = HEADER + SLOT * count

    def values(xs: list[Value]) -> list[Value] | None:
        columns: list[Iterable[Text]] = [repeat(text) for text in texts]
        strings: list[Iterable[str]] = [repeat(text.s) for text in texts]
        lengths: list[list[int]] = []
        is_foreign = False
        for at, field, is_int in rows:
            column = xs if field < 0 else [x[field] for x in xs]
            if is_int:
                if set(map(type, column)) != {int}:
                    return None
                strings[at] = written = list(map(str, column))
                column = _numbers(written)
            elif not _PLAIN.issuperset(map(type, column)):
                return None
            else:
                is_foreign = is_foreign or None not in [text.origin for text in column]
            columns[at] = column
            lengths.append([text.n for text in column])
        total = list(map(sum, zip(*lengths, repeat(least), strict=False)))
        if not is_foreign or min(map(min, lengths)) == 0 or max(total) > min(FLAT, meter.storage.limit):
            return None
        if meter.fuel < count * len(xs):
            return None
        meter.fuel -= count * len(xs)
        meter.memory -= size * len(xs) + CHARACTER * sum(total)
        for at, _, is_int in rows:
            if not is_int:
                strings[at] = [text.s for text in columns[at]]
        return _ropes(zip(*columns, strict=False), total, map("".join, zip(*strings, strict=False)), meter)

    return values


def _numbers(strings: Iterable[str]) -> list[Text]:
    """As `told.written` makes the texts of numbers that nobody replied."""
    made = []
    for s in strings:
        text = _new(Text)
        text.s = s
        text.n = len(s)
        text.origin = None
        text.start = -1
        made.append(text)
    return made


def _ropes(rows: Iterable[tuple[Text, ...]], sizes: list[int], strings: Iterable[str], meter: Meter) -> list[Value]:
    """Ropes that have been read, of a few pieces each of which some came from outside."""
    made: list[Value] = []
    append = made.append
    for pieces, n, s in zip(rows, sizes, strings, strict=False):
        rope = _new(Rope)
        rope.pieces = pieces
        rope.n = n
        rope.s = s
        rope.start = -1
        rope.origin = JOINED
        rope.meter = meter
        rope.ends = rope.counted = None
        rope.links = 1 + (len(pieces) >> 5)
        append(rope)
    return made
