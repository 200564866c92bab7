"""Putting things in order, with a look at the clock now and then.

Python sorts a list in one go, half a minute for the longest there may be. Here runs are sorted and then merged two by two: its
sort finds the two runs in what it is given, and merges them in linear time.
"""

from __future__ import annotations

from typing import Any, Final

from lambda_rlm.budget.meter import Meter

_RUN: Final = 1 << 15
"""Elements that are sorted in one go."""


def sequence_of(keys: list[Any], is_falling: bool, meter: Meter) -> list[int]:
    """The places of the keys in the order of the keys; equal ones stay as they are."""
    key = keys.__getitem__
    runs: list[list[int]] = []
    for at in range(0, len(keys), _RUN):
        meter.glance()
        runs.append(sorted(range(at, min(at + _RUN, len(keys))), key=key, reverse=is_falling))
    while len(runs) > 1:
        merged = []
        for at in range(0, len(runs), 2):
            meter.glance()
            merged.append(sorted([place for run in runs[at : at + 2] for place in run], key=key, reverse=is_falling))
        runs = merged
    return runs[0] if runs else []
