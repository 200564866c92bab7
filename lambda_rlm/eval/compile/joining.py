"""`++`, templates, and the equality and order of values that are no numbers.

Owns how texts and lists are put together. Promises: a long text is never copied by joining (a rope holds its pieces), a short one
is flat at once, so that a rope has few pieces for its length; lists are charged before they are copied; comparing walks no more
than it has charged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.compile.code import Compiled, Frame, Run, charge
from lambda_rlm.eval.library.structure import equality, is_text, weight
from lambda_rlm.eval.value import EMPTY_TEXT, HEADER, Rope, Text, Value
from lambda_rlm.types.type import Type

FLAT = 512
"""Texts up to this length are flat as soon as they are joined."""


def glued(pieces: Sequence[Text], meter: Meter) -> Text:
    """The texts in a row."""
    pieces = [piece for piece in pieces if piece.n]
    if len(pieces) < 2:
        return pieces[0] if pieces else EMPTY_TEXT
    charge(meter, len(pieces), HEADER + 8 * len(pieces))
    n = sum([piece.n for piece in pieces])
    rope = Rope(pieces, n, meter)
    if n <= FLAT:
        meter.allocate(4 * n)
        s = "".join([piece.s for piece in pieces])
        if rope.origin is None:
            return Text(s)
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
        charge(meter, n, 8 * n + HEADER)
        out: list[Value] = []
        for items in lists:
            out += items
        return out

    return run


def compared(op: str, a: Compiled, b: Compiled, type_: Type, meter: Meter) -> Run:
    """`a op b` on values that are neither numbers nor truth values."""
    if is_text(type_):
        return _texts(op, a, b, meter)
    weigh, equal, x, y = weight(type_), equality(type_), a.run, b.run
    is_equality = op == "=="

    def run(e: Frame) -> bool:
        p, q = x(e), y(e)
        meter.spend(min(weigh(p), weigh(q)))
        return equal(p, q) is is_equality

    return run


_LONG = 256
"""Texts of more characters are charged for being compared, beyond the step of the operator."""


def _texts(op: str, a: Compiled, b: Compiled, meter: Meter) -> Run:
    if op in ("==", "!="):
        if b.constant is not None:
            return _equal_constant(a, b.constant[0], op == "==", meter)
        return _equal(a.run, b.run, op == "==", meter)
    x, y = a.run, b.run

    def read(e: Frame) -> tuple[str, str]:
        p, q = x(e), y(e)
        meter.spend(min(p.n, q.n) >> 6)
        return p.s, q.s

    match op:
        case "<":
            return lambda e: (r := read(e))[0] < r[1]
        case "<=":
            return lambda e: (r := read(e))[0] <= r[1]
        case ">":
            return lambda e: (r := read(e))[0] > r[1]
        case _:
            return lambda e: (r := read(e))[0] >= r[1]


def _equal_constant(a: Compiled, text: Text, wanted: bool, meter: Meter) -> Run:
    n, s = text.n, text.s
    if n > _LONG:
        return _equal(a.run, lambda e: text, wanted, meter)
    i, k, x = a.slot, a.field, a.run
    match a.shape, wanted:
        case "F", True:
            return lambda e: (t := e[i][k]).n == n and t.s == s
        case "S", True:
            return lambda e: (t := e[i]).n == n and t.s == s
        case _, True:
            return lambda e: (t := x(e)).n == n and t.s == s
        case _:
            return lambda e: (t := x(e)).n != n or t.s != s


def _equal(x: Run, y: Run, wanted: bool, meter: Meter) -> Run:
    def run(e: Frame) -> bool:
        p, q = x(e), y(e)
        if p is q:
            return wanted
        n = p.n
        if n != q.n:
            return not wanted
        if n > _LONG:
            meter.spend(n >> 6)
        return (p.s == q.s) is wanted

    return run
