"""A small vocabulary with nasty merges, for properties over many texts.

Its seams are before every space and every `>` that follow another character: a piece is spaces and a word. What a piece costs
is one token or each of its bytes, as a hash of it decides, so that tokens of parts say nothing of those of the whole: longer
may be cheaper, and two together dearer than each alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from zlib import crc32

from lambda_rlm.completion import TokenSize

LONGEST_PIECE = 12
_PIECE = re.compile(r" *>?[^ >]*")
_MOST_WORK = 30_000


def bytes_of(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def pieces(text: str) -> list[str]:
    return [piece for piece in _PIECE.findall(text) if piece]


def _exact(piece: str) -> int:
    size = bytes_of(piece)
    return 1 if size <= LONGEST_PIECE and crc32(piece.encode("utf-8", "surrogatepass")) % 3 else size


@dataclass(frozen=True)
class Words:
    """The vocabulary."""

    name: str = "words"

    def exact(self, text: str) -> int:
        return sum(map(_exact, pieces(text)))

    def size(self, text: str) -> TokenSize:
        found = pieces(text)
        inner = [piece for piece in found[1:-1] if bytes_of(piece) <= LONGEST_PIECE]
        charged = bytes_of(text) - sum(map(bytes_of, inner)) + sum(map(_exact, inner))
        return TokenSize(charged, max(map(bytes_of, inner), default=0))

    def counted(self, text: str) -> CountedWords:
        return CountedWords(self, text)


@dataclass(eq=False)
class CountedWords:
    """A text, counted."""

    vocabulary: Words
    text: str
    known: dict[int, int] = field(default_factory=dict)

    @property
    def size(self) -> TokenSize:
        return self.vocabulary.size(self.text)

    def part(self, start: int, end: int) -> TokenSize:
        return self.vocabulary.size(self.text[start:end])

    def most(self, characters: int) -> int:
        """By trying all parts; of a long text the most bytes that a part may have."""
        n = len(self.text)
        characters = min(n, characters)
        if characters not in self.known:
            if n * characters * characters > _MOST_WORK:
                self.known[characters] = max((bytes_of(self.text[i : i + characters]) for i in range(n)), default=0)
            else:
                parts = (self.text[i:j] for i in range(n) for j in range(i, min(n, i + characters) + 1))
                self.known[characters] = max((self.vocabulary.size(part).tokens for part in parts), default=0)
        return self.known[characters]


WORDS = Words()
