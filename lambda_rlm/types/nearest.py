"""Did-you-mean: the one known name that is nearest to a misspelled one."""

from __future__ import annotations

from collections.abc import Iterable

from lambda_rlm.diagnostics.diagnostic import Edit, QuickFix
from lambda_rlm.diagnostics.source import Span

MAX_LENGTH = 60
MAX_CANDIDATES = 500


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The only known name within a third of the letters; None when there is none, or more than one, or too many to compare.

    More than one letter apart, names must begin alike: `context` is no slip for `to_text`.
    """
    names = set(known)
    if len(name) > MAX_LENGTH or len(names) > MAX_CANDIDATES:
        return None
    limit = max(1, len(name) // 3)
    best: list[str] = []
    least = limit + 1
    for candidate in sorted(names):
        if abs(len(candidate) - len(name)) > limit or len(candidate) > MAX_LENGTH or candidate == name:
            continue
        distance = _distance(name.lower(), candidate.lower(), limit)
        if distance > 1 and candidate[:1].lower() != name[:1].lower():
            continue
        if distance < least:
            least, best = distance, [candidate]
        elif distance == least and best:
            best.append(candidate)
    return best[0] if len(best) == 1 else None


def _distance(a: str, b: str, limit: int) -> int:
    """Edit distance with swaps of neighbors (optimal string alignment), or `limit + 1` when it is larger."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        above, previous = row, before
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, previous[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
        before = above
    return row[-1]


def rename(span: Span, name: str) -> tuple[QuickFix, ...]:
    """The fix that writes another name in a place."""
    return (QuickFix(f"write `{name}`", (Edit(span, name),)),)
