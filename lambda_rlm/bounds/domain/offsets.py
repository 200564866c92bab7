"""How far apart two whole numbers are that contain the same name: `slice(t, at - 200, at + 5000)` is bounded wherever `at`
is.

Owns `distance`. Reads sums and differences of one name and written numbers, and `max` and `min` with anything; anything else
tells nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from lambda_rlm.bounds.domain.guards import Place, place_of
from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.syntax.term import App, Infix, IntLit, Select, Term, Var

PrimitiveOf = Callable[[Var], P | None]


def distance(start: object, end: object, primitive_of: PrimitiveOf) -> int | None:
    """The most by which `end` is more than `start`, at least 0; None when nothing is known of it."""
    low, high = _offset(start, P.MAX, primitive_of), _offset(end, P.MIN, primitive_of)
    if low is None or high is None or low[0] != high[0]:
        return None
    return max(0, high[1] - low[1])


def _offset(term: object, choice: P, primitive_of: PrimitiveOf) -> tuple[Place, int] | None:
    """A place, and how far from its number a term is: at least so far where the `choice` is `max`, at most where it is
    `min`."""
    match term:
        case Var() | Select():
            place = place_of(term)
            return None if place is None else (place, 0)
        case Infix(first=first, rest=rest) if all(op in "+-" for op, _ in rest):
            return _sum([("+", first), *rest], choice, primitive_of)
        case App(function=Var() as f, arguments=arguments) if primitive_of(f) is choice:
            offsets = (_offset(argument.value, choice, primitive_of) for argument in arguments)
            return next((one for one in offsets if one is not None), None)
        case _:
            return None


def _sum(terms: list[tuple[str, Term]], choice: P, primitive_of: PrimitiveOf) -> tuple[Place, int] | None:
    place: Place | None = None
    offset = 0
    for op, term in terms:
        if isinstance(term, IntLit):
            offset += term.value if op == "+" else -term.value
            continue
        placed = _offset(term, choice, primitive_of) if op == "+" and place is None else None
        if placed is None:
            return None
        place, offset = placed[0], offset + placed[1]
    return None if place is None else (place, offset)
