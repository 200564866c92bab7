"""What bounds are held to, over programs on record: how close they must be, and how near `likely` is to what is paid."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from tests.support.closeness import Closeness

MANY: Final = 10
"""Calls from which a program without branches is held to `STRAIGHT`."""
STRAIGHT: Final = 1.3
INPUT_MEDIAN: Final = 3.0
INPUT_NINTH: Final = 10.0
DOLLARS_MEDIAN: Final = 4.0
LIKELY: Final = (0.5, 2.0)
MOST: Final = 0.9
"""The share of programs that a target of nine of ten holds for."""


def ninth(ratios: Sequence[float]) -> float:
    """What nine of ten do not exceed."""
    ordered = sorted(ratios)
    return ordered[max(0, -(-len(ordered) * 9 // 10) - 1)]


def missed(now: Sequence[tuple[str, Closeness]], before: Sequence[Closeness]) -> list[str]:
    """The targets, printed beside what they were before; those that are missed."""
    print("\n| over the programs that ask | before | now | target |")
    print("|---|---:|---:|---:|")
    wrong = []
    for what, old, new, target, is_met in _rows([one for _, one in now], before):
        print(f"| {what} | {old} | {new} | {target} |")
        if not is_met:
            wrong.append(f"{what}: {new}, not {target}")
    far = [f"{name} ({one.input.whole:.2f})" for name, one in now if is_straight(one) and one.input.whole > STRAIGHT]
    print(f"\nStraight programs above {STRAIGHT}: {', '.join(far) or 'none'}.")
    return wrong + [f"above {STRAIGHT}: {name}" for name in far]


def is_straight(one: Closeness) -> bool:
    """No call waits for a reply, none is left out, and there are ten at least."""
    return one.span <= 1 and one.calls[0] == one.calls[1] >= MANY


_Row = tuple[str, str, str, str, bool]
"""What is measured, before, now, the target, and whether it is met."""

_HELD: Final[tuple[tuple[str, Callable[[Closeness], float], float, Callable[[Sequence[float]], float]], ...]] = (
    ("input tokens, bound / used, median", lambda one: one.input.whole, INPUT_MEDIAN, statistics.median),
    ("input tokens, nine of ten", lambda one: one.input.whole, INPUT_NINTH, ninth),
    ("dollars, bound / paid, median", lambda one: one.usd.whole, DOLLARS_MEDIAN, statistics.median),
)


def _rows(now: Sequence[Closeness], before: Sequence[Closeness]) -> Iterator[_Row]:
    for what, pick, most, measure in _HELD:
        old, new = (measure([pick(one) for one in side]) for side in (before, now))
        yield what, f"{old:.1f}", f"{new:.2f}", f"≤ {most:g}", new <= most
    near = statistics.mean(LIKELY[0] <= one.likely_ratio <= LIKELY[1] for one in now)
    yield "likely / paid from 0.5 to 2", "", f"{near:.0%}", f"≥ {MOST:.0%}", near >= MOST
    untaken = statistics.mean(one.usd.untaken for one in now)
    yield "share of the dollars that untaken branches make, mean", "", f"{untaken:.0%}", "", True
