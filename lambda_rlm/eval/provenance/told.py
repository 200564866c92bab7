"""Numbers that a model replied: plain numbers that know where they came from.

Owns `ToldInt` and `ToldFloat`, their arithmetic, and `NumberText`, the text that one of them is written as. Promises that they
compute, compare and hash as the numbers that they are. A number as it was replied goes back to the prompt of its reply; one
that was computed from it goes back to `COMPUTED`, which stands for everything that the model was shown: no chain grows with a
sum. Refuses to make a number data: it stays trusted in a prompt, since its type leaves no room for instructions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, overload

from lambda_rlm.eval.value import Derived, Origin, Text

_new = object.__new__

COMPUTED: Final = Derived(())
"""The origin of what was computed from replies: everything that the model was shown."""


def _carrying(name: str) -> Callable[..., Any]:
    of_ints, of_floats = getattr(int, name), getattr(float, name)

    def operate(number: Any, *others: Any) -> Any:
        result = (of_ints if isinstance(number, int) else of_floats)(number, *others)
        if result is NotImplemented and others and isinstance(others[0], float):
            result = of_floats(float(number), *others)
        return told(result, COMPUTED) if type(result) in (int, float) else result

    return operate


class _Told:
    """The arithmetic of numbers that know where they came from."""

    __add__ = _carrying("__add__")
    __radd__ = _carrying("__radd__")
    __sub__ = _carrying("__sub__")
    __rsub__ = _carrying("__rsub__")
    __mul__ = _carrying("__mul__")
    __rmul__ = _carrying("__rmul__")
    __floordiv__ = _carrying("__floordiv__")
    __rfloordiv__ = _carrying("__rfloordiv__")
    __truediv__ = _carrying("__truediv__")
    __rtruediv__ = _carrying("__rtruediv__")
    __mod__ = _carrying("__mod__")
    __rmod__ = _carrying("__rmod__")
    __neg__ = _carrying("__neg__")
    __abs__ = _carrying("__abs__")


class ToldInt(_Told, int):
    """An Int as a model replied it, or computed from one."""

    origin: Origin

    def __reduce__(self) -> tuple[Any, ...]:
        return int, (int(self),)


class ToldFloat(_Told, float):
    """A Float as a model replied it, or computed from one."""

    origin: Origin

    def __reduce__(self) -> tuple[Any, ...]:
        return float, (float(self),)


class NumberText(Text):
    """A number as it is written: a trusted text that knows, in `told`, where the number came from."""

    __slots__ = ("told",)

    def __init__(self, s: str, told: Origin) -> None:
        super().__init__(s)
        self.told = told


@overload
def told(number: int, origin: Origin) -> ToldInt: ...


@overload
def told(number: float, origin: Origin) -> ToldFloat: ...


def told(number: int | float, origin: Origin) -> ToldInt | ToldFloat:
    """The number, from an origin."""
    made = ToldInt(number) if isinstance(number, int) else ToldFloat(number)
    made.origin = origin
    return made


def told_origin(value: object) -> Origin | None:
    """Where a number, or the text of one, came from, if that is known."""
    return value.origin if isinstance(value, ToldInt | ToldFloat) else value.told if isinstance(value, NumberText) else None


def written(s: str, number: object) -> Text:
    """The text of a number."""
    if type(number) is int or type(number) is float:
        text = _new(Text)  # as `Text`, without a call: a template shows a number in every row
        text.s = s
        text.n = len(s)
        text.origin = None
        text.start = -1
        return text
    origin = told_origin(number)
    return Text(s) if origin is None else NumberText(s, origin)


def trusted(s: str, pieces: Iterable[Text]) -> Text:
    """A text made of trusted pieces, which knows the numbers in it."""
    origins = [origin for piece in pieces if (origin := told_origin(piece)) is not None]
    return NumberText(s, origins[0] if len(origins) == 1 else Derived(tuple(origins))) if origins else Text(s)
