"""`++`, templates, and the equality and order of values that are no numbers.

Owns how texts and lists are put together. Promises: a long text is never copied by joining (a rope holds its pieces), a short
one is flat at once, so that a rope has few pieces for its length; lists are charged before they are copied; comparing walks no
more than it has charged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lambda_rlm.budget.meter import Meter
from lambda_rlm.budget.storage import Holding
from lambda_rlm.eval.compile.compiled import Frame, Run, charge
from lambda_rlm.eval.holding import MANY, measure
from lambda_rlm.eval.provenance.told import trusted
from lambda_rlm.eval.tariff import CHARACTER, SLOT
from lambda_rlm.eval.value import EMPTY_TEXT, HEADER, JOINED, LINKS, Origin, Rope, Text, Value

_new = object.__new__

FLAT = 512
"""Texts up to this length are flat as soon as they are joined."""


def glued(pieces: Sequence[Text], meter: Meter) -> Text:
    """The texts in a row."""
    n = links = 0
    is_trusted = is_flat = is_full = True
    for piece in pieces:  # one loop and no call for each: a long list is put together row by row
        size = piece.n
        if not size:
            is_full = False
            continue
        n += size
        is_trusted = is_trusted and piece.origin is None
        if type(piece) is not Text:
            is_flat = False
            if isinstance(piece, Rope):
                links += piece.links
    if not is_full:
        pieces = [piece for piece in pieces if piece.n]
    count = len(pieces)
    if count < 2:
        return pieces[0] if pieces else EMPTY_TEXT
    charge(meter, count, HEADER + SLOT * count)
    if is_trusted and is_flat and n <= min(FLAT, meter.storage.limit):
        # No number is in it that a model replied, and nothing came from outside: no rope is needed to tell.
        meter.memory -= CHARACTER * n
        return Text("".join([piece.s for piece in pieces]))
    rope = _rope(pieces, n, None if is_trusted else JOINED, links + 1 + (count >> 5), meter)
    if n <= FLAT:
        meter.memory -= CHARACTER * n
        s = "".join([piece.s for piece in pieces])
        if is_trusted:
            return trusted(s, pieces)
        rope.s = s
    return rope


def _rope(pieces: Sequence[Text], n: int, origin: Origin | None, links: int, meter: Meter) -> Rope:
    """As `Rope` makes one, of what is known of the pieces."""
    if links >= LINKS or n > meter.storage.limit:
        return Rope(pieces, n, meter)
    rope = _new(Rope)
    rope.pieces = pieces
    rope.n = n
    rope.start = -1
    rope.origin = origin
    rope.meter = meter
    rope.ends = rope.counted = None
    rope.links = links
    return rope


def template(parts: Sequence[str | tuple[Run, Callable[[Value], Text]]], meter: Meter) -> Run:
    """`f"…{hole}…"`: each hole with the function that shows its value."""
    row = [Text(part) if isinstance(part, str) else EMPTY_TEXT for part in parts]
    holes = [(at, *part) for at, part in enumerate(parts) if not isinstance(part, str)]

    def run(e: Frame) -> Text:
        pieces = row[:]
        for at, hole, show in holes:
            pieces[at] = show(hole(e))
        return glued(pieces, meter)

    return run


def joined(parts: Sequence[Run], is_texts: bool, meter: Meter) -> Run:
    """`a ++ b ++ …` on texts or lists."""
    if is_texts:
        return lambda e: glued([part(e) for part in parts], meter)

    def run(e: Frame) -> list[Value]:
        lists = [part(e) for part in parts]
        n = sum(map(len, lists))
        meter.spend(n)
        meter.allocate(SLOT * n + HEADER)
        if n < MANY:
            return [item for items in lists for item in items]
        out = Holding((), meter.storage, 0)
        for items in lists:
            out += items
        out.grow((), measure(out))
        return out

    return run
