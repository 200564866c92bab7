"""A text without regard to how it is written, with the way back to its own characters.

Owns `Folded`, the one place where this room folds text. Promises that offsets lead back to whole characters of the original.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from lambda_rlm.eval.named.folding import folded, is_joined

_SHORT: Final = 32
_MOST_HITS: Final = 50_000
_WORD: Final = re.compile(r"\S+")
_GAP: Final = re.compile(r"\s{2,}|^\s|\s\Z")
_SPACE: Final = re.compile(r"\s")
_SIGNS: Final = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛ʼ′‵＇`´", "'"),
        **dict.fromkeys("“”„‟«»″❝❞「」『』＂", '"'),
        **dict.fromkeys("‐‑‒–—―−﹣－", "-"),
        "…": "...",
    }
)
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Signs of scripts that part no words by spaces: Thai, Lao, Burmese, Khmer, Kana and Han."""
_TERM: Final = re.compile(r"[^\W_]+(?:['\u0300-\u036f][^\W_]+)*")


def fold(text: str) -> str:
    """A text as it is compared: casing, width, marks, typographic signs and white space are one."""
    if text.isascii():
        return " ".join(text.translate(_SIGNS).lower().split())
    return _word(text) if len(text) <= _SHORT else folded(text.translate(_SIGNS))


@lru_cache(maxsize=65_536)
def _word(text: str) -> str:
    return folded(text.translate(_SIGNS))


def terms(text: str) -> list[str]:
    """The words of a folded text; of scripts without spaces, pairs of neighbors."""
    found: list[str] = []
    for word in _TERM.findall(text):
        if word.isascii() or not _UNSPACED.search(word):
            found.append(word)
        else:
            found += [word[at : at + 2] for at in range(len(word) - 1)] or [word]
    return found


class Folded:
    """A text, folded. `text` has one space for each run of white space."""

    def __init__(self, original: str) -> None:
        self._original = original
        self._starts, self._spans = array("q"), (array("q"), array("q"))
        table = {ord(sign): fold(sign) for sign in set(original) if not sign.isspace()}
        if all(len(sign) == 1 for sign in table.values()):
            self._pieces(original.translate(table))
        else:
            self._words(original)

    def _pieces(self, folded: str) -> None:
        """Each sign has become one sign: the text is in pieces between longer runs of white space."""
        self._is_even = True
        pieces: list[str] = []
        at = start = 0
        for hit in _GAP.finditer(folded):
            at = self._piece(pieces, folded, start, hit.start(), at)
            start = hit.end()
        self._piece(pieces, folded, start, len(folded), at)
        self.text = _SPACE.sub(" ", " ".join(pieces))

    def _piece(self, pieces: list[str], folded: str, start: int, end: int, at: int) -> int:
        """Take up a piece that is at `at` in the text; where the next one is."""
        if start == end:
            return at
        pieces.append(folded[start:end])
        self._add(start, end, at)
        return at + end - start + 1

    def _words(self, original: str) -> None:
        self._is_even = False
        words: list[str] = []
        at = 0
        for hit in _WORD.finditer(original):
            word = fold(hit.group())
            if word:
                words.append(word)
                self._add(hit.start(), hit.end(), at)
                at += len(word) + 1
        self.text = " ".join(words)

    def _add(self, start: int, end: int, at: int) -> None:
        self._spans[0].append(start)
        self._spans[1].append(end)
        self._starts.append(at)

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
        """The character of the original that a folded one came from, as a span."""
        number = bisect_right(self._starts, place) - 1
        start, end = self._spans[0][number], self._spans[1][number]
        within = place - self._starts[number]
        word = "" if self._is_even else self._original[start:end]
        if len(fold(word)) == len(word):
            return start + within, start + within + 1
        for at in range(1, len(word) + 1):
            if len(fold(word[:at])) > within:
                return start + at - 1, start + at
        return end - 1, end
