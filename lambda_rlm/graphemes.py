"""Where a text may be cut without cutting a character as people see it: Unicode's extended grapheme clusters.

Owns `whole`, `whole_after` and `begun`, for who cuts a text to a size. A letter stays with its marks, `\\r` with `\\n`, and
what is drawn as one sign (a flag, an emoji of several people, a syllable of Hangul or of an Indic script) stays one. Loads
nothing where the text is ASCII at the cut.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

_FARTHEST: Final = 64
"""Characters before and behind a cut that are looked at: what is longer than that may be cut."""

_FLAGS: Final = "".join(map(chr, range(0x1F1E6, 0x1F200)))
_MOST_FLAGS: Final = 512
"""Letters of flags in a row, of which each second one ends a flag, that are counted."""

STEPS: Final = 140
"""What a look costs at worst, in steps of the tariff."""


def whole(s: str, at: int, lowest: int = 0) -> int:
    """The last place up to `at`, and not before `lowest`, where no grapheme is cut; `at` itself where there is none."""
    if not 0 < at < len(s):
        return at
    before, after = s[at - 1], s[at]
    if before.isascii() and after.isascii():
        return at - 1 if (before, after) == ("\r", "\n") and at > lowest else at
    apart, grapheme = _patterns()
    start = at
    while start > max(0, at - _FARTHEST) and apart(s, start - 1) is None:
        start -= 1
    if s[start] in _FLAGS:
        start -= _flags_before(s, start) % 2
    # A part is looked at: in the whole text, each sign of a long row of flags would be counted from the first one on.
    part, place = s[start : at + 1], start
    while place < at and (end := start + grapheme(part, place - start).end()) <= at:
        place = end
    is_sure = place > start or start == 0 or apart(s, start - 1) is not None
    return place if is_sure and place >= lowest else at


def _flags_before(s: str, at: int) -> int:
    """How many letters that make flags, two at a time, are right before a place."""
    before = s[max(0, at - _MOST_FLAGS) : at]
    return len(before) - len(before.rstrip(_FLAGS))


def whole_after(s: str, at: int, highest: int) -> int:
    """The first place from `at` on, and not after `highest`, where no grapheme is cut."""
    place = whole(s, at)
    if place == at:
        return at
    return min(highest, at + 1 if s[at] == "\n" else place + _patterns()[1](s[place : place + _FARTHEST * 2]).end())


def begun(text: str, longest: int) -> str:
    """The beginning of a text, of at most so many characters; where its first grapheme is longer, what fits of that."""
    return text if len(text) <= longest else text[: whole(text, longest, 1)]


@cache
def _patterns() -> tuple[Any, Any]:
    """Matches two characters that are surely apart; matches a grapheme."""
    import regex

    single = r"\p{GCB=Other}\p{GCB=LV}\p{GCB=LVT}"
    ends = r"\p{GCB=LF}\p{GCB=Control}"
    return regex.compile(rf"[{single}][{single}{ends}\p{{GCB=L}}\p{{GCB=CR}}]|[{ends}](?s:.)").match, regex.compile(r"\X").match
