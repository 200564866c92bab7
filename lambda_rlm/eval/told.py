"""Numbers that a model replied: plain numbers that know where they came from.

Owns `ToldInt` and `ToldFloat`, their arithmetic, and `NumberText`, the text that one of them is written as. Promises that they
compute, compare and hash as the numbers that they are. A number as it was replied goes back to the prompt of its reply; one
that was computed from it goes back to `COMPUTED`, which stands for everything that the model was shown: no chain grows with a
sum. Refuses to make a number data: it stays trusted in a prompt, since its type leaves no room for instructions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, overload

from lambda_rlm.eval.value import Derived, Origin, Text

COMPUTED: Final = Derived(())
"""The origin of what was computed from replies: everything that the model was shown."""


def _carrying(kind: type, name: str) -> Callable[..., Any]:
    plain = getattr(kind, name, None) or getattr(float, name)

    def operate(number: Any, *others: Any) -> Any:
        result = plain(number, *others)
        if result is NotImplemented and others and isinstance(others[0], float):
            result = getattr(float, name)(float(number), *others)
        return told(result, COMPUTED) if type(result) in (int, float) else result

    return operate


class ToldInt(int):
    """An Int as a model replied it, or computed from one."""

    origin: Origin

    __add__ = _carrying(int, "__add__")
    __radd__ = _carrying(int, "__radd__")
    __sub__ = _carrying(int, "__sub__")
    __rsub__ = _carrying(int, "__rsub__")
    __mul__ = _carrying(int, "__mul__")
    __rmul__ = _carrying(int, "__rmul__")
    __floordiv__ = _carrying(int, "__floordiv__")
    __rfloordiv__ = _carrying(int, "__rfloordiv__")
    __truediv__ = _carrying(int, "__truediv__")
    __rtruediv__ = _carrying(int, "__rtruediv__")
    __mod__ = _carrying(int, "__mod__")
    __rmod__ = _carrying(int, "__rmod__")
    __neg__ = _carrying(int, "__neg__")
    __abs__ = _carrying(int, "__abs__")

    def __reduce__(self) -> tuple[Any, ...]:
        return int, (int(self),)


class ToldFloat(float):
    """A Float as a model replied it, or computed from one."""

    origin: Origin

    __add__ = _carrying(float, "__add__")
    __radd__ = _carrying(float, "__radd__")
    __sub__ = _carrying(float, "__sub__")
    __rsub__ = _carrying(float, "__rsub__")
    __mul__ = _carrying(float, "__mul__")
    __rmul__ = _carrying(float, "__rmul__")
    __floordiv__ = _carrying(float, "__floordiv__")
    __rfloordiv__ = _carrying(float, "__rfloordiv__")
    __truediv__ = _carrying(float, "__truediv__")
    __rtruediv__ = _carrying(float, "__rtruediv__")
    __mod__ = _carrying(float, "__mod__")
    __rmod__ = _carrying(float, "__rmod__")
    __neg__ = _carrying(float, "__neg__")
    __abs__ = _carrying(float, "__abs__")

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
    origin = told_origin(number)
    return Text(s) if origin is None else NumberText(s, origin)


def trusted(s: str, pieces: Iterable[Text]) -> Text:
    """A text made of trusted pieces, which knows the numbers in it."""
    origins = [origin for piece in pieces if (origin := told_origin(piece)) is not None]
    return NumberText(s, origins[0] if len(origins) == 1 else Derived(tuple(origins))) if origins else Text(s)
