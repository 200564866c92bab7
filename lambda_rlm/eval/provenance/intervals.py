"""Sets of places in a text, as intervals from a start up to an end.

Owns their algebra. Promises results that are disjoint, in order and not empty.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise

Interval = tuple[int, int]


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """The same characters as disjoint intervals that do not touch, in order, none empty."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def minus(intervals: Sequence[Interval], taken: Sequence[Interval]) -> list[Interval]:
    """What of these is in none of those; both disjoint and in order."""
    remaining: list[Interval] = []
    at = 0
    for start, end in intervals:
        while at < len(taken) and taken[at][1] <= start:
            at += 1
        k = at
        while k < len(taken) and taken[k][0] < end:
            if start < taken[k][0]:
                remaining.append((start, taken[k][0]))
            start = max(start, taken[k][1])
            k += 1
        if start < end:
            remaining.append((start, end))
    return remaining


def common_to(a: Sequence[Interval], b: Sequence[Interval]) -> list[Interval]:
    """What is in both."""
    return minus(a, minus(a, b))


def meets(intervals: Sequence[Interval], start: int, end: int) -> bool:
    """Some of these disjoint intervals has a character from `start` up to `end`."""
    at = bisect_right(intervals, start, key=lambda interval: interval[1])
    return at < len(intervals) and intervals[at][0] < end


def coarsened(intervals: list[Interval], most: int) -> list[Interval]:
    """At most `most` intervals that cover these: the smallest gaps are closed."""
    if len(intervals) <= most:
        return intervals
    gaps = sorted(range(1, len(intervals)), key=lambda i: (intervals[i - 1][1] - intervals[i][0], i))
    kept = sorted(gaps[: most - 1])
    bounds = [0, *kept, len(intervals)]
    return [(intervals[a][0], intervals[b - 1][1]) for a, b in pairwise(bounds)]
