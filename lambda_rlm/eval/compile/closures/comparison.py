"""Equality and order, as closures chosen by the shapes of their operands.

Owns the six comparisons. Reads constants, slots and fields in place; promises that comparing walks no more than it has charged.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.compile.compiled import Compiled, Frame, Run
from lambda_rlm.eval.library.structure import SHIFT, equality, is_text, weight
from lambda_rlm.eval.value import Text
from lambda_rlm.types.type import Type

FREE_LENGTH: Final = 256
"""Texts of more characters are charged for being compared, beyond the step of the operator."""


def comparison(op: str, a: Compiled, b: Compiled) -> Run:
    """`a op b` on two Ints, Floats or Bools."""
    if a.shape == "K" and b.shape in "SF":
        a, b = b, a
        op = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(op, op)
    return _COMPARE[op](a, b)


def compared(op: str, a: Compiled, b: Compiled, type_: Type, meter: Meter) -> Run:
    """`a op b` on values that are neither numbers nor truth values."""
    if is_text(type_):
        return _compared_texts(op, a, b, meter)
    weigh, equal, x, y = weight(type_), equality(type_), a.run, b.run
    is_equality = op == "=="

    def run(e: Frame) -> bool:
        p, q = x(e), y(e)
        meter.spend(min(weigh(p), weigh(q)))
        return equal(p, q) is is_equality

    return run


def _compared_texts(op: str, a: Compiled, b: Compiled, meter: Meter) -> Run:
    if op in ("==", "!="):
        if b.constant is not None:
            return _equal_to_text(a, b.constant[0], op == "==", meter)
        return _equal_texts(a.run, b.run, op == "==", meter)
    x, y = a.run, b.run
    if b.constant is not None and b.constant[0].n < 1 << SHIFT:
        return _ordered_by_text(op, x, b.constant[0].s)

    def read(e: Frame) -> tuple[str, str]:
        p, q = x(e), y(e)
        meter.spend(min(p.n, q.n) >> SHIFT)
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


def _ordered_by_text(op: str, x: Run, s: str) -> Run:
    """`a op "…"`, the text so short that comparing it charges nothing."""
    match op:
        case "<":
            return lambda e: x(e).s < s
        case "<=":
            return lambda e: x(e).s <= s
        case ">":
            return lambda e: x(e).s > s
        case _:
            return lambda e: x(e).s >= s


def _equal_to_text(a: Compiled, text: Text, wanted: bool, meter: Meter) -> Run:
    n, s = text.n, text.s
    if n > FREE_LENGTH:
        return _equal_texts(a.run, lambda e: text, wanted, meter)
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


def _equal_texts(x: Run, y: Run, wanted: bool, meter: Meter) -> Run:
    def run(e: Frame) -> bool:
        p, q = x(e), y(e)
        if p is q:
            return wanted
        n = p.n
        if n != q.n:
            return not wanted
        if n > FREE_LENGTH:
            meter.spend(n >> SHIFT)
        return (p.s == q.s) is wanted

    return run


def _equal(a: Compiled, b: Compiled) -> Run:
    i, j, m, n, x, y = a.slot, b.slot, a.field, b.field, a.run, b.run
    k = b.constant[0] if b.constant is not None else None
    match a.shape + b.shape:
        case "SS":
            return lambda e: e[i] == e[j]
        case "SK":
            return lambda e: e[i] == k
        case "FK":
            return lambda e: e[i][m] == k
        case "FF":
            return lambda e: e[i][m] == e[j][n]
        case "SF":
            return lambda e: e[i] == e[j][n]
        case "FS":
            return lambda e: e[i][m] == e[j]
        case "NK":
            return lambda e: x(e) == k
    return lambda e: x(e) == y(e)


def _unequal(a: Compiled, b: Compiled) -> Run:
    i, j, m, n, x, y = a.slot, b.slot, a.field, b.field, a.run, b.run
    k = b.constant[0] if b.constant is not None else None
    match a.shape + b.shape:
        case "SS":
            return lambda e: e[i] != e[j]
        case "SK":
            return lambda e: e[i] != k
        case "FK":
            return lambda e: e[i][m] != k
        case "FF":
            return lambda e: e[i][m] != e[j][n]
        case "NK":
            return lambda e: x(e) != k
    return lambda e: x(e) != y(e)


def _less(a: Compiled, b: Compiled) -> Run:
    i, j, m, n, x, y = a.slot, b.slot, a.field, b.field, a.run, b.run
    k = b.constant[0] if b.constant is not None else None
    match a.shape + b.shape:
        case "SS":
            return lambda e: e[i] < e[j]
        case "SK":
            return lambda e: e[i] < k
        case "FK":
            return lambda e: e[i][m] < k
        case "FF":
            return lambda e: e[i][m] < e[j][n]
        case "NK":
            return lambda e: x(e) < k
    return lambda e: x(e) < y(e)


def _at_most(a: Compiled, b: Compiled) -> Run:
    i, j, m, n, x, y = a.slot, b.slot, a.field, b.field, a.run, b.run
    k = b.constant[0] if b.constant is not None else None
    match a.shape + b.shape:
        case "SS":
            return lambda e: e[i] <= e[j]
        case "SK":
            return lambda e: e[i] <= k
        case "FK":
            return lambda e: e[i][m] <= k
        case "FF":
            return lambda e: e[i][m] <= e[j][n]
        case "NK":
            return lambda e: x(e) <= k
    return lambda e: x(e) <= y(e)


def _more(a: Compiled, b: Compiled) -> Run:
    i, j, x, y = a.slot, b.slot, a.run, b.run
    m, k = a.field, b.constant[0] if b.constant is not None else None
    match a.shape + b.shape:
        case "SK":
            return lambda e: e[i] > k
        case "FK":
            return lambda e: e[i][m] > k
        case "SS":
            return lambda e: e[i] > e[j]
        case "NK":
            return lambda e: x(e) > k
    return lambda e: x(e) > y(e)


def _at_least(a: Compiled, b: Compiled) -> Run:
    i, j, x, y = a.slot, b.slot, a.run, b.run
    m, k = a.field, b.constant[0] if b.constant is not None else None
    match a.shape + b.shape:
        case "SK":
            return lambda e: e[i] >= k
        case "FK":
            return lambda e: e[i][m] >= k
        case "SS":
            return lambda e: e[i] >= e[j]
        case "NK":
            return lambda e: x(e) >= k
    return lambda e: x(e) >= y(e)


_COMPARE: dict[str, Callable[[Compiled, Compiled], Run]] = {
    "==": _equal,
    "!=": _unequal,
    "<": _less,
    "<=": _at_most,
    ">": _more,
    ">=": _at_least,
}
