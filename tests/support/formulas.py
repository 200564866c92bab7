"""Formulas in the sizes of inputs, as the cases of `tests/conformance/bounds` state them; their grammar is in the suite's README.

Owns `value_of`. A formula is read by this parser alone: no text becomes Python code. Values are exact (`Fraction`) until `ceil` or
`floor` rounds them; `unlimited` is infinity.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final

Value = Fraction | float
"""An exact number, or `math.inf`."""

FUNCTIONS: Final[Mapping[str, Callable[..., Value]]] = {
    "ceil": lambda x: x if x == math.inf else Fraction(math.ceil(x)),
    "floor": lambda x: x if x == math.inf else Fraction(math.floor(x)),
    "min": min,
    "max": max,
}
"""The functions of a formula; `min` and `max` take any number of arguments, the others one."""


class FormulaProblem(ValueError):
    """A formula that cannot be read, or a name in it that no size has."""


def value_of(formula: str, sizes: Mapping[str, int]) -> Value:
    """The value of a formula; `sizes` maps names such as `docs`, `each(docs)` and `chars(docs)` to numbers. Raises `FormulaProblem`."""
    parser = _Parser(formula, sizes)
    value = parser.sum()
    if parser.rest.strip():
        raise FormulaProblem(f"{formula!r}: {parser.rest.strip()!r} is left over")
    return value


class _Parser:
    """Recursive descent: sum, product, factor."""

    def __init__(self, formula: str, sizes: Mapping[str, int]) -> None:
        self.formula, self.rest, self.sizes = formula, formula, sizes

    def _take(self, *expected: str) -> str | None:
        """The next sign when it is one of these."""
        stripped = self.rest.lstrip()
        if stripped[:1] and stripped[0] in expected:
            self.rest = stripped[1:]
            return stripped[0]
        return None

    def _demand(self, sign: str) -> None:
        if self._take(sign) is None:
            raise FormulaProblem(f"{self.formula!r}: expected {sign!r} before {self.rest!r}")

    def sum(self) -> Value:
        value = self.product()
        while sign := self._take("+", "-"):
            right = self.product()
            value = value + right if sign == "+" else value - right
        return value

    def product(self) -> Value:
        value = self.factor()
        while sign := self._take("*", "/"):
            right = self.factor()
            value = value * right if sign == "*" else value / right
        return value

    def factor(self) -> Value:
        if self._take("("):
            value = self.sum()
            self._demand(")")
            return value
        hit = re.match(r"\s*(?:(\d+)|((?:each|chars)\(\w+\))|([A-Za-z_]\w*))", self.rest)
        if hit is None:
            raise FormulaProblem(f"{self.formula!r}: expected a number, a name or a parenthesis before {self.rest!r}")
        self.rest = self.rest[hit.end() :]
        number, of_list, name = hit.groups()
        if number is not None:
            return Fraction(int(number))
        if name in FUNCTIONS:
            return FUNCTIONS[name](*self._arguments())
        if name == "unlimited":
            return math.inf
        size = self.sizes.get(of_list or name)
        if size is None:
            raise FormulaProblem(f"{self.formula!r}: no size is named {of_list or name!r}")
        return Fraction(size)

    def _arguments(self) -> list[Value]:
        self._demand("(")
        arguments = [self.sum()]
        while self._take(","):
            arguments.append(self.sum())
        self._demand(")")
        return arguments
