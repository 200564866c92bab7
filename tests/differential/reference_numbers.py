"""Percentiles, and numbers as they are written, by exact fractions."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any


def percentile(list: list[Any], p: Any) -> Any:
    if not list or p < 0 or p > 100:
        return None
    ordered, place = sorted(map(Fraction, list)), (len(list) - 1) * Fraction(p) / 100
    below, above = ordered[math.floor(place)], ordered[math.ceil(place)]
    return (float(below * (1 - place % 1) + above * (place % 1)),)


def format_number(x: Any, digits: int | None = None) -> str:
    if isinstance(x, float) and (abs(x) >= 1e21 or (digits is None and abs(x) >= 1e16) or (digits is None and "e" in repr(x))):
        return repr(x)
    if digits is None:
        whole, _, part = repr(x).partition(".")
        return _grouped(whole.lstrip("-"), part, "-" if whole.startswith("-") else "")
    digits = max(0, min(digits, 20))
    exact = round(Fraction(x) * 10**digits)
    shown = str(abs(exact)).rjust(digits + 1, "0")
    return _grouped(shown[: len(shown) - digits], shown[len(shown) - digits :], "-" if exact < 0 else "")


def _grouped(whole: str, part: str, sign: str) -> str:
    first = len(whole) % 3 or 3
    groups = [whole[:first], *(whole[at : at + 3] for at in range(first, len(whole), 3))]
    return sign + ",".join(groups) + ("." + part if part else "")
