"""Operators on numbers and comparisons, as closures chosen by the shapes of their operands.

Owns `+ - * / %`, negation and the six comparisons. Promises that an Int outside 64 bits, a Float that is not finite and a
division by zero are faults; reads constants, slots and fields in place, since a call of a closure costs more than the sum.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval import wording
from lambda_rlm.eval.compile.compiled import Compiled, Frame, Run, raising
from lambda_rlm.eval.value import INT_HIGH, INT_LOW

FLOAT_HIGH: Final = sys.float_info.max

Fail = Callable[[], Any]


def arithmetic(op: str, a: Compiled, b: Compiled, is_float: bool, span: Span) -> Run:
    """`a op b` on two Ints or two Floats; `/` gives a Float from either."""
    if op == "/" or op == "%":
        return _quotient(op, a, b, span)
    low, high, fail = _range(is_float, span)
    return {"+": _sum, "-": _difference, "*": _product}[op](a, b, low, high, fail)


def negation(a: Compiled, is_float: bool, span: Span) -> Run:
    """`-a`; the least Int has no opposite."""
    run = a.run
    if is_float:
        return lambda e: -run(e)
    _, high, fail = _range(False, span)
    return lambda e: r if (r := -run(e)) <= high else fail()


def _range(is_float: bool, span: Span) -> tuple[Any, Any, Fail]:
    if is_float:
        return -FLOAT_HIGH, FLOAT_HIGH, raising(partial(wording.float_range, span))
    return INT_LOW, INT_HIGH, raising(partial(wording.int_range, span))


def _sum(a: Compiled, b: Compiled, low: Any, high: Any, fail: Fail) -> Run:
    i, j, m, n, x, y = a.slot, b.slot, a.field, b.field, a.run, b.run
    k = b.constant[0] if b.constant is not None else None
    match a.shape + b.shape:
        case "SS":
            return lambda e: r if low <= (r := e[i] + e[j]) <= high else fail()
        case "SK":
            return lambda e: r if low <= (r := e[i] + k) <= high else fail()
        case "FK":
            return lambda e: r if low <= (r := e[i][m] + k) <= high else fail()
        case "FF":
            return lambda e: r if low <= (r := e[i][m] + e[j][n]) <= high else fail()
        case "SF":
            return lambda e: r if low <= (r := e[i] + e[j][n]) <= high else fail()
        case "SN":
            return lambda e: r if low <= (r := e[i] + y(e)) <= high else fail()
        case "NS":
            return lambda e: r if low <= (r := x(e) + e[j]) <= high else fail()
        case "NK":
            return lambda e: r if low <= (r := x(e) + k) <= high else fail()
    return lambda e: r if low <= (r := x(e) + y(e)) <= high else fail()


def _difference(a: Compiled, b: Compiled, low: Any, high: Any, fail: Fail) -> Run:
    i, j, m, n, x, y = a.slot, b.slot, a.field, b.field, a.run, b.run
    k = b.constant[0] if b.constant is not None else None
    match a.shape + b.shape:
        case "SS":
            return lambda e: r if low <= (r := e[i] - e[j]) <= high else fail()
        case "SK":
            return lambda e: r if low <= (r := e[i] - k) <= high else fail()
        case "FK":
            return lambda e: r if low <= (r := e[i][m] - k) <= high else fail()
        case "FF":
            return lambda e: r if low <= (r := e[i][m] - e[j][n]) <= high else fail()
        case "SN":
            return lambda e: r if low <= (r := e[i] - y(e)) <= high else fail()
        case "NS":
            return lambda e: r if low <= (r := x(e) - e[j]) <= high else fail()
        case "NK":
            return lambda e: r if low <= (r := x(e) - k) <= high else fail()
    return lambda e: r if low <= (r := x(e) - y(e)) <= high else fail()


def _product(a: Compiled, b: Compiled, low: Any, high: Any, fail: Fail) -> Run:
    i, j, m, n, x, y = a.slot, b.slot, a.field, b.field, a.run, b.run
    k = b.constant[0] if b.constant is not None else None
    match a.shape + b.shape:
        case "SS":
            return lambda e: r if low <= (r := e[i] * e[j]) <= high else fail()
        case "SK":
            return lambda e: r if low <= (r := e[i] * k) <= high else fail()
        case "FK":
            return lambda e: r if low <= (r := e[i][m] * k) <= high else fail()
        case "FF":
            return lambda e: r if low <= (r := e[i][m] * e[j][n]) <= high else fail()
        case "SN":
            return lambda e: r if low <= (r := e[i] * y(e)) <= high else fail()
        case "NS":
            return lambda e: r if low <= (r := x(e) * e[j]) <= high else fail()
        case "NK":
            return lambda e: r if low <= (r := x(e) * k) <= high else fail()
    return lambda e: r if low <= (r := x(e) * y(e)) <= high else fail()


def _quotient(op: str, a: Compiled, b: Compiled, span: Span) -> Run:
    """`/` and `%`. A constant divisor that is not 0 needs no test; a remainder is never larger than the divisor."""
    zero = raising(partial(wording.by_zero, span, op))
    i, x, y = a.slot, a.run, b.run
    k = b.constant[0] if b.constant is not None else 0
    if op == "%":
        if k:
            return (lambda e: e[i] % k) if a.shape == "S" else (lambda e: x(e) % k)
        return lambda e: p % q if [p := x(e), q := y(e)][1] else zero()
    return _division(x, y, zero, raising(partial(wording.float_range, span)))


def _division(x: Run, y: Run, zero: Fail, fail: Fail) -> Run:
    def divide(e: Frame) -> float:
        p = x(e)
        q = y(e)
        if not q:
            zero()
        r: float = p / q
        if not -FLOAT_HIGH <= r <= FLOAT_HIGH:
            fail()
        return r

    return divide
