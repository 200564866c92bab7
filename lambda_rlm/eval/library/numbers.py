"""Functions of numbers. An Int outside 64 bits, a Float that is not finite and a division by zero are faults."""

from __future__ import annotations

import math
from collections.abc import Callable

from lambda_rlm.eval import wording
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.tariff import TARIFF
from lambda_rlm.eval.value import INT_HIGH, INT_LOW, Value
from lambda_rlm.types.type import FLOAT, Type

Function = Callable[..., Value]


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
nearest = _rounding(round)
floor = _rounding(math.floor)
ceiling = _rounding(math.ceil)
to_int = _rounding(int)
