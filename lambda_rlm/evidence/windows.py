"""The words around a place that are shown: whole lines or sentences where they are short enough.

Owns the cut. Promises at most `LONGEST` characters, the place among them where it is no longer itself, and no cut within what a
reader takes for one sign.
"""

from __future__ import annotations

import re
from typing import Final

from lambda_rlm.evidence.record import LONGEST
from lambda_rlm.graphemes import whole, whole_after

_END: Final = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s)|[。！？।؟]+[」』”]*|[\r\n]")


def window(text: str, low: int, high: int, start: int, end: int) -> tuple[int, int]:
    """The part of `text[low:high]` that is shown for the place from `start` up to `end`."""
    end = min(end, high)
    if end - start > LONGEST:
        return _trimmed(text, start, _cut_back(text, start, start + LONGEST))
    room = LONGEST - (end - start)
    before, after = text[max(low, start - room) : start], text[end : min(high, end + room)]
    line_start = start - len(before) + max(before.rfind("\n"), before.rfind("\r")) + 1
    reaches_start = line_start > start - len(before) or start - len(before) == low
    hit = re.search(r"[\r\n]", after)
    line_end = end + (hit.start() if hit else len(after))
    reaches_end = hit is not None or end + len(after) == high
    if reaches_start and reaches_end and line_end - line_start <= LONGEST:
        return _trimmed(text, line_start, line_end)
    return _sentence(text, line_start, line_end, start, end, reaches_start)


def _sentence(text: str, low: int, high: int, start: int, end: int, reaches_start: bool) -> tuple[int, int]:
    """The sentence around a place within a long line, or as much of it as may be shown."""
    ends = [hit.end() for hit in _END.finditer(text, low, high)]
    first = max((at for at in ends if at <= start), default=low if reaches_start else -1)
    last = min((at for at in ends if at >= end), default=-1)
    if last < 0:
        last = high if high - max(first, low) <= LONGEST else -1
    if first >= 0 and last >= 0 and last - first <= LONGEST:
        return _trimmed(text, first, last)
    half = (LONGEST - (end - start)) // 2
    left = first if first >= 0 and start - first <= half else _word_start(text, max(low, start - half), start)
    right = last if 0 <= last <= left + LONGEST else _cut_back(text, end, min(high, left + LONGEST))
    return _trimmed(text, left, max(right, end))


def _word_start(text: str, at: int, before: int) -> int:
    """The first beginning of a word from a place on; the place itself, or the sign after it, where there is none."""
    hit = re.compile(r"\s+").search(text, at, before)
    if hit is not None:
        return hit.end()
    return whole_after(text, at, before)


def _cut_back(text: str, low: int, at: int) -> int:
    """The last end of a sentence, else of a word, else of a sign, before a place."""
    if at >= len(text) or text[at].isspace():
        return at
    ends = [hit.end() for hit in _END.finditer(text, max(low, at - LONGEST // 2), at)]
    if ends:
        return ends[-1]
    space = max(text.rfind(" ", low, at), text.rfind("\n", low, at), text.rfind("\t", low, at))
    if space > low + (at - low) // 2:
        return space
    return whole(text, at, low + 1)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Without white space at the ends."""
    while end > start and text[end - 1].isspace():
        end -= 1
    while start < end and text[start].isspace():
        start += 1
    return start, end
