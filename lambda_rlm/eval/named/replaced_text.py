"""A text in which some places are written otherwise, and the way back to the places of the original.

Owns `ReplacedText`, and `PrintedText`, by which quotes are looked for: signs as they are typed (`folding.printed`), words
that were parted at the end of a line in one piece, and one form for what parts words. Promises that a place leads back to
whole signs of the original, with their marks; time linear in the text.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable
from functools import cache
from typing import Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.tariff import CHARACTER, HEADER, SLOT
from lambda_rlm.folding import ATTACHED, marks, printed, unspaced
from lambda_rlm.late_pattern import late_pattern

_GAP = late_pattern(r"[-\s.]{2,}|[^\S ]|-")
"""What is between words where it may be written otherwise: not a space or a dot alone."""
_BATCH: Final = 4_096
_MARKS: Final = 2 * 3 * 8 + 2 * SLOT + HEADER
"""Bytes that a replacement takes."""
_STEPS: Final = 4
"""Fuel for a replacement, beside a fourth for each character."""


class ReplacedText:
    """A text in which every match of a pattern is replaced, and the way back."""

    def __init__(self, original: str, pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str], meter: Meter) -> None:
        # From each start on, the text is what is in the original; or, where that ends behind, all is for that stretch.
        self._starts, self._originals, self._ends = array("q", [0]), array("q", [0]), array("q", [0])
        parts: list[str] = []
        at = behind = number = 0
        meter.allocate(HEADER + CHARACTER * len(original))
        meter.spend(len(original) >> 2)
        for number, match in enumerate(pattern.finditer(original), 1):
            if number % _BATCH == 0:
                meter.glance()
                _charge(_BATCH, meter)
            new, (begin, end) = replace(match), match.span()
            if new == match[0]:
                continue
            parts += original[behind:begin], new
            at += begin - behind
            after = at + len(new)
            self._starts.extend((at, after))
            self._originals.extend((begin, end))
            self._ends.extend((end, end))
            at, behind = after, end
        _charge(number % _BATCH, meter)
        self.text = "".join([*parts, original[behind:]]) if parts else original

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The place of the original that became a place of the text, which is not empty."""
        first = bisect_right(self._starts, start) - 1
        last = bisect_right(self._starts, end - 1) - 1
        is_whole = self._ends[last] > self._originals[last]
        return (
            self._originals[first] + (0 if self._ends[first] > self._originals[first] else start - self._starts[first]),
            self._ends[last] if is_whole else self._originals[last] + end - self._starts[last],
        )


def _charge(replacements: int, meter: Meter) -> None:
    meter.spend(_STEPS * replacements)
    meter.allocate(_MARKS * replacements)


class PrintedText:
    """A text as quotes of it are looked for where it is not there word for word."""

    def __init__(self, original: str, meter: Meter) -> None:
        self._signs = _with_plain_signs(original, meter)
        typed = self._signs.text if self._signs is not None else original
        is_spaced = typed.isascii() or _unspaced().search(typed) is None
        self._gaps = ReplacedText(typed, _GAP if is_spaced else _unspaced_gap(), _gap, meter)
        self.text = self._gaps.text

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The place of the original that became a place of the text, which is not empty."""
        start, end = self._gaps.original(start, end)
        return (start, end) if self._signs is None else self._signs.original(start, end)


def _with_plain_signs(original: str, meter: Meter) -> ReplacedText | None:
    """A text whose signs are those that are typed; None where they are so already."""
    signs = set(original)
    joining = "".join(sorted(sign for sign in signs if not sign.isascii() and _joining().match(sign)))
    changed = "".join(sorted(sign for sign in signs if printed(sign) != sign and sign not in joining))
    if not joining and not changed:
        return None
    alone = [f"[{re.escape(changed)}]"] if changed else []
    with_marks = [f".?[{re.escape(joining)}]+"] if joining else []
    pattern = re.compile("|".join(with_marks + alone), re.DOTALL)
    known: dict[str, str] = {}

    def plain(match: re.Match[str]) -> str:
        sign = match[0]
        if sign not in known:
            known[sign] = printed(sign)
        return known[sign]

    return ReplacedText(original, pattern, plain, meter)


@cache
def _joining() -> re.Pattern[str]:
    return re.compile(f"[{marks()}{ATTACHED}]")


@cache
def _unspaced() -> re.Pattern[str]:
    return re.compile(f"[{unspaced()}]")


@cache
def _unspaced_gap() -> re.Pattern[str]:
    return re.compile(rf"{_GAP.pattern}|(?<=[{unspaced()}]) (?=[{unspaced()}])")


def _gap(match: re.Match[str]) -> str:
    """What parts two words, in one form: nothing for a hyphen between letters and for space between words that need none,
    and no space around dashes and three dots."""
    gap, text = match[0], match.string
    before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
    if "." in gap:
        left, _, right = gap.partition(".")
        return "..." if "." in right else _between(left) + "." + _between(right)
    if "-" in gap and all(not sign or sign.isalpha() for sign in (before, after)):
        return ""
    if "-" not in gap and before and after and _unspaced().match(before) and _unspaced().match(after):
        return ""
    return _between(gap)


def _between(gap: str) -> str:
    return "-" if "-" in gap else " " if gap else ""
