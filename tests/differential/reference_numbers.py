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


def number_in(text: str) -> tuple[Fraction, bool] | None:
    """The number that a text is with decimal and grouping signs, by trying each pair of signs, and whether it has decimals;
    None where they disagree."""
    text = text.strip()
    is_negative, body = text[:1] in ("-", "−") and text != "", text[1:] if text[:1] in ("-", "+", "−") else text
    if not body or body[-1] not in "0123456789":
        return None
    found = {one for point in ".," for by in (*".,'’ \u00a0\u2009\u202f", "") if (one := _by(body, point, by)) is not None}
    if len(found) != 1:
        return None
    value, has_decimals = found.pop()
    return -value if is_negative else value, has_decimals


def _by(body: str, point: str, by: str) -> tuple[Fraction, bool] | None:
    if by == point or any(sign not in f"0123456789{point}{by}" for sign in body) or body.count(point) > 1:
        return None
    whole, _, part = body.partition(point)
    if by and by in part:
        return None
    groups = whole.split(by) if by else [whole]
    sizes = [len(group) for group in groups]
    western = 1 <= sizes[0] <= 3 and all(size == 3 for size in sizes[1:])
    indian = by == "," and 1 <= sizes[0] <= 2 and all(size == 2 for size in sizes[1:-1]) and sizes[-1] == 3
    if len(groups) > 1 and not (western or indian):
        return None
    digits = "".join(groups)
    if digits.startswith("0") and digits != "0":
        return None
    return Fraction(int(digits + part), 10 ** len(part)), part != ""
