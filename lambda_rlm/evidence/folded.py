"""A text without regard to how it is written, with the way back to its own characters.

Owns `Folded`. Texts are folded, and cut into words, as search does it (`lambda_rlm.folding`, `eval.library.terms`). Promises
that offsets lead back to whole characters of the original, with their marks; time linear in the text.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final

from lambda_rlm.eval.library.terms import words_in
from lambda_rlm.folding import ATTACHED, is_joined, marked, marks, unmarked

_SHORT: Final = 32
_MOST_HITS: Final = 50_000


def fold(text: str) -> str:
    """A text as it is compared: casing, width, marks, typographic signs and white space are one."""
    return _short(text) if len(text) <= _SHORT and not text.isascii() else _folded(text)


def _folded(text: str) -> str:
    return " ".join(unmarked(marked(text)).split())


@lru_cache(maxsize=65_536)
def _short(text: str) -> str:
    return _folded(text)


def terms(text: str) -> list[str]:
    """The words of a folded text; of scripts without spaces, pairs of neighbors."""
    found, runs = words_in(text)
    for run in runs:
        found += [run[at : at + 2] for at in range(len(run) - 1)] or [run]
    return found


class Folded:
    """A text, folded. `text` has one space for each run of white space."""

    def __init__(self, original: str) -> None:
        # Pieces of the original that became pieces of the text; each sign one sign, or the whole for the whole.
        self._starts, self._ends, self._places = array("q"), array("q"), array("q")
        self._pieces: list[str] = []
        self._size = 0
        plain = {sign: " " if sign.isspace() else fold(sign) for sign in set(original)}
        signs = str.maketrans(plain)
        at = 0
        for hit in _uneven(original, plain).finditer(original):
            self._add(at, hit.start(), original[at : hit.start()].translate(signs))
            at = hit.end()
            is_space = hit[0][0].isspace() or hit[0][-1].isspace()
            is_between = self._size > 0 and at < len(original)
            self._add(hit.start(), at, (" " if is_between else "") if is_space else fold(hit[0]))
        self._add(at, len(original), original[at:].translate(signs))
        self.text = "".join(self._pieces)
        self._pieces.clear()

    def _add(self, start: int, end: int, folded: str) -> None:
        if folded:
            self._starts.append(start)
            self._ends.append(end)
            self._places.append(self._size)
            self._pieces.append(folded)
            self._size += len(folded)

    def find(self, phrase: str, most: int) -> Iterator[tuple[int, int]]:
        """The first places of a folded phrase as words of their own, as offsets in the original."""
        at = self.text.find(phrase) if phrase else -1
        for _ in range(_MOST_HITS):
            if at < 0 or most <= 0:
                return
            end = at + len(phrase)
            is_whole = not is_joined(self.text[at - 1 : at], phrase[0]) and not is_joined(phrase[-1], self.text[end : end + 1])
            if is_whole:
                most -= 1
                yield self._at(at)[0], self._at(end - 1)[1]
            at = self.text.find(phrase, at + 1)

    def count(self, phrase: str) -> int:
        """How often a folded phrase occurs, as a part of words too."""
        return self.text.count(phrase)

    def _at(self, place: int) -> tuple[int, int]:
        """What of the original became a place of the text, as a span."""
        number = bisect_right(self._places, place) - 1
        start, end, first = self._starts[number], self._ends[number], self._places[number]
        after = self._places[number + 1] if number + 1 < len(self._places) else self._size
        is_even = after - first == end - start
        return (start + place - first, start + place - first + 1) if is_even else (start, end)


def _uneven(original: str, plain: dict[str, str]) -> re.Pattern[str]:
    """What does not fold sign by sign: white space in runs, signs that become none or several, and marks with their letters."""
    unseen = "".join(re.escape(sign) for sign, folded in plain.items() if not folded)
    longer = "".join(re.escape(sign) for sign, folded in plain.items() if len(folded) > 1)
    is_composed = unicodedata.is_normalized("NFC", original)
    joining = unseen + "".join(re.escape(sign) for sign in plain if (_attached() if is_composed else _joining()).match(sign))
    forms = [rf"\A[\s{unseen}]*\s", rf"\s[\s{unseen}]*\Z", rf"\s[\s{unseen}]*\s"]
    forms += [rf"\S?[{joining}]+"] if joining else []
    forms += [rf"[{longer}]"] if longer else []
    return re.compile("|".join(forms))


@cache
def _attached() -> re.Pattern[str]:
    return re.compile(f"[{ATTACHED}]")


@cache
def _joining() -> re.Pattern[str]:
    return re.compile(f"[{marks()}{ATTACHED}]")
