"""How library functions about numbers change their limits.

Owns `NUMBER`, a table as `TEXT` is one for texts.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

from lambda_rlm.bounds.domain.abstract import AbstractNumber, integer
from lambda_rlm.bounds.domain.size import ONE, UNLIMITED, SizeBound, ceil_div, largest, size_of, smallest
from lambda_rlm.bounds.transfer.forms import SizeTransfer
from lambda_rlm.syntax.primitive import Primitive as P


def _extreme(a: AbstractNumber, b: AbstractNumber, is_max: bool) -> AbstractNumber:
    is_int = a.is_int and b.is_int
    if is_max:
        return AbstractNumber(max(a.low, b.low), largest((a.high, b.high)), is_int)
    return AbstractNumber(min(a.low, b.low), smallest(a.high, b.high), is_int)


def magnitude(n: AbstractNumber) -> SizeBound:
    """The largest |n|."""
    return UNLIMITED if n.low == -math.inf else largest((n.high, size_of(abs(min(0, n.low)))))


def divide(a: AbstractNumber, b: AbstractNumber) -> AbstractNumber:
    """a / b or a div b."""
    if b.low <= 0:
        low = 0 if a.low >= 0 and b.low >= 0 else -math.inf
        # A Float divisor may lie between 0 and 1: only whole ones, at least 1, keep the size.
        return AbstractNumber(low, UNLIMITED)
    divisor = b.low
    high = ceil_div(a.high, int(divisor)) if divisor >= 1 and divisor != math.inf else UNLIMITED
    low = a.low // b.high.value if a.low >= 0 else (a.low if divisor >= 1 else -math.inf)
    return AbstractNumber(low, high)


def _round(x: AbstractNumber, digits: AbstractNumber | None = None) -> AbstractNumber:
    """To decimals, or to an Int: half of one away at most. With digits below 0, as far as x is from 0."""
    if digits is None:
        return integer(x.high + ONE, x.low - 1)
    if digits.low >= 0:
        return AbstractNumber(x.low - 1, x.high + ONE)
    return AbstractNumber(min(0, x.low * 2), x.high * 2 + ONE)


NUMBER: Final[dict[P, SizeTransfer]] = {
    P.ABS: lambda x: AbstractNumber(0, magnitude(x), x.is_int),
    P.MIN: lambda a, b: _extreme(a, b, False),
    P.MAX: lambda a, b: _extreme(a, b, True),
    P.ROUND: _round,
    P.FLOOR: lambda x: integer(x.high, x.low - 1),
    P.CEIL: lambda x: integer(x.high + ONE, x.low),
    P.DIV: lambda a, b: replace(divide(a, b), is_int=True),
    P.TO_FLOAT: lambda x: replace(x, is_int=False),
    P.TO_INT: lambda x: integer(x.high, math.floor(x.low) if x.low != -math.inf else x.low),
    P.CLAMP: lambda x, low, high: AbstractNumber(
        max(low.low, min(x.low, high.low)),
        largest((low.high, smallest(x.high, high.high))),
        x.is_int and low.is_int and high.is_int,
    ),
}
