"""Functions of numbers. An Int outside 64 bits, a Float that is not finite and a division by zero are faults."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from lambda_rlm.eval import wording
from lambda_rlm.eval.provenance.told import written
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.tariff import TARIFF
from lambda_rlm.eval.value import INT_HIGH, INT_LOW, Text, Value
from lambda_rlm.limits import MOST_DECIMALS
from lambda_rlm.types.type import FLOAT, Type

Function = Callable[..., Value]

_HUGE: Final = 10.0**21
"""From here on a Float is written with an exponent, whatever decimals are asked for."""

_MOST_DIGITS: Final = 400


def is_float(type_: Type) -> bool:
    """Whether values of the type are Floats."""
    return type_ == FLOAT


def whole(value: int, site: Site) -> int:
    """An Int, if it fits 64 bits; else a fault."""
    if INT_LOW <= value <= INT_HIGH:
        return value
    raise wording.int_range(site.span, site.primitive)


def _numeric(function: Function) -> Callable[[Site], Function]:
    """A function that cannot fail, charged."""

    def build(site: Site) -> Function:
        meter, call = site.meter, TARIFF[site.primitive].call

        def charged(*numbers: Value) -> Value:
            meter.fuel -= call
            if meter.fuel < 0:
                meter.out_of_fuel()
            return function(*numbers)

        return charged

    return build


def _rounding(function: Callable[[float], int]) -> Callable[[Site], Function]:
    """From a number to an Int: nothing to do for an Int, a fault for a Float that is too large."""

    def build(site: Site) -> Function:
        meter, call = site.meter, TARIFF[site.primitive].call
        is_whole = not is_float(site.parameters[0])

        def rounded(x: Value) -> int:
            meter.spend(call)
            return x if is_whole else whole(function(x), site)

        return rounded

    return build


def nearest(site: Site) -> Function:
    """To an Int, or with digits to a Float of at most as many decimals: correctly rounded, halves to even."""
    if len(site.parameters) == 1:
        return _rounding(round)(site)
    whole_or_fault, meter, steps = _rounding(round)(site), site.meter, TARIFF[site.primitive].steps(made=1)

    def rounded(x: Value, digits: int | None) -> Value:
        if digits is None:
            return whole_or_fault(x)
        meter.spend(steps)
        try:
            # Beyond these every Float stays as it is, or becomes 0; and 0 has no sign.
            return round(float(x), max(-_MOST_DIGITS, min(digits, _MOST_DIGITS))) + 0.0
        except OverflowError:
            raise wording.float_range(site.span) from None

    return rounded


def format_number(site: Site) -> Function:
    meter, price = site.meter, TARIFF[site.primitive]
    is_real = is_float(site.parameters[0])

    def formatted(x: Value, digits: int | None = None) -> Text:
        meter.spend(price.call)
        s = _separated(float(x) if is_real else int(x), digits)
        meter.allocate(price.storage(written=len(s)))
        return written(s, x)

    return formatted


def _separated(x: float, digits: int | None) -> str:
    """With commas between thousands. An Int never passes through a Float, which has no room for all of its digits."""
    if digits is None or abs(x) >= _HUGE:
        return f"{x:,}"
    digits = max(0, min(digits, MOST_DECIMALS))
    if isinstance(x, int):
        return f"{x:,}" + ("." + "0" * digits if digits else "")
    # z: what rounds to zero has no sign.
    return f"{x:z,.{digits}f}"


def absolute(site: Site) -> Function:
    meter, call = site.meter, TARIFF[site.primitive].call
    is_real = is_float(site.parameters[0])

    def without_sign(x: Value) -> Value:
        meter.spend(call)
        return abs(x) if is_real else whole(abs(x), site)

    return without_sign


def divide(site: Site) -> Function:
    meter, call = site.meter, TARIFF[site.primitive].call

    def quotient(a: int, b: int) -> int:
        meter.spend(call)
        if b == 0:
            raise wording.by_zero(site.span, site.primitive)
        return whole(a // b, site)

    return quotient


smaller = _numeric(lambda a, b: b if b < a else a)
larger = _numeric(lambda a, b: b if b > a else a)
clamp = _numeric(lambda x, low, high: max(low, min(x, high)))
to_float = _numeric(float)
floor = _rounding(math.floor)
ceiling = _rounding(math.ceil)
to_int = _rounding(int)
