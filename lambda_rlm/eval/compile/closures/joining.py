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
from lambda_rlm.eval.value import EMPTY_TEXT, HEADER, Rope, Text, Value

FLAT = 512
"""Texts up to this length are flat as soon as they are joined."""


def glued(pieces: Sequence[Text], meter: Meter) -> Text:
    """The texts in a row."""
    pieces = [piece for piece in pieces if piece.n]
    if len(pieces) < 2:
        return pieces[0] if pieces else EMPTY_TEXT
    charge(meter, len(pieces), HEADER + SLOT * len(pieces))
    n = 0
    is_trusted = is_flat = True
    for piece in pieces:
        n += piece.n
        is_trusted = is_trusted and piece.origin is None
        is_flat = is_flat and type(piece) is Text
    if is_trusted and is_flat and n <= min(FLAT, meter.storage.limit):
        # No number is in it that a model replied, and nothing came from outside: no rope is needed to tell.
        meter.memory -= CHARACTER * n
        return Text("".join([piece.s for piece in pieces]))
    rope = Rope(pieces, n, meter)
    if n <= FLAT:
        meter.memory -= CHARACTER * n
        s = "".join([piece.s for piece in pieces])
        if rope.origin is None:
            return trusted(s, pieces)
        rope.s = s
    return rope


def template(parts: Sequence[str | tuple[Run, Callable[[Value], Text]]], meter: Meter) -> Run:
    """`f"…{hole}…"`: each hole with the function that shows its value."""
    rows = [(None, _no_show, Text(part)) if isinstance(part, str) else (part[0], part[1], EMPTY_TEXT) for part in parts]

    def run(e: Frame) -> Text:
        return glued([text if hole is None else show(hole(e)) for hole, show, text in rows], meter)

    return run


def _no_show(value: Value) -> Text:
    return EMPTY_TEXT


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
