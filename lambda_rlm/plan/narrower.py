"""Other numbers for a strategy, to be tried in turn where its usual ones cost more than the budget allows.

Owns these steps and their wording. Promises that the numbers which the strategy's file names are among them, so that a plan
which fits with those is found. Knows no costs: whoever bounds the plans takes the first that fits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from lambda_rlm.plan.plan import numbers
from lambda_rlm.plan.router import Route

_PIECE: Final = "piece"
_READING: Final = "reading"
_LOOKS: Final = "second_look"
"""How many pieces a strategy that chooses what it reads goes through one by one."""

_NAMED: Final = {
    _READING: "excerpts of {:,} characters",
    _PIECE: "pieces of {:,} characters",
    _LOOKS: "at most {:,} pieces in a second look",
}
_PARTS: Final = (2, 4)
_FEWER: Final = 4


def narrower(route: Route) -> Iterator[Route]:
    """The route with other numbers, none twice. Larger pieces come first, which are fewer calls for as much text: one that may
    not fit the window is refused by its bound. Then, of a strategy that chooses what it reads, smaller ones, and fewer of
    them; one that reads everything gets no cheaper by those, and only its own numbers are tried."""
    own = numbers(route)
    usual = {name: size for name, size in route.sizes.items() if name in own}
    least = {name: min(size, own[name]) for name, size in usual.items()}
    steps: list[Mapping[str, int]] = []
    if _PIECE in usual:
        steps += [{**usual, _PIECE: usual[_PIECE] * 2}]
    if _READING in usual:
        steps += [{name: max(least[name], size // part) for name, size in usual.items()} for part in _PARTS]
    steps += [least]
    if own.get(_LOOKS, 0) > _FEWER:
        fewer = {_LOOKS: own[_LOOKS] // _FEWER}
        steps += [{**usual, **fewer}, {**least, **fewer}]
    for number, step in enumerate(steps):
        if step != usual and step not in steps[:number]:
            yield replace(route, sizes={**route.sizes, **step})


def told(usual: Route, route: Route) -> str:
    """What is other than usual in a narrower route."""
    own = numbers(route)
    changed = {name: size for name, size in route.sizes.items() if size != usual.sizes.get(name, own.get(name, size))}
    words = [
        f"{_NAMED[name].format(size)} instead of {usual.sizes.get(name, own[name]):,}"
        for name, size in changed.items()
        if name in own and name in _NAMED
    ]
    return f"to fit the budget, `{route.strategy}` reads {', '.join(words)}"
