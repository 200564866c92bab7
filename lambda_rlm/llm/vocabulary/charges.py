"""What a text is charged for its tokens: charges add up, wherever the texts are put.

Owns the measure. A text is split at its seams (`seams`). Its first and its last piece are charged by their bytes, and so is a
piece of more than `LONGEST_PIECE` bytes; every other piece is charged by its tokens. Since each byte is a token of its own, no
text has more tokens than bytes. Promises:

(a) A text that is put together of texts v₁ … vₙ has at most the sum of their charges. The seams inside each vᵢ are seams of the
    whole, and a piece between two of them has the same tokens in both. Between the last seam inside one vᵢ and the first
    inside a later one there are only last and first pieces, which have at most their bytes however they merge.
(b) Any part of a text is charged at most `tokens + 2 · piece`, where `piece` is the most bytes of a piece that was charged by
    its tokens. The inner pieces of the part are pieces of the text, which pays at least as much for them. The first piece of
    the part is the end of a piece of the text: if that was charged by its bytes, it has paid for this one; if not, it has at
    most `piece` bytes. The same holds for the last.

Neither tokens(a) + tokens(b), nor that plus a constant, bounds tokens(ab): merging is neither monotone nor subadditive.
Refuses to hand over a long piece: the tokenizer is slow on very long words, and breaks down on a million spaces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from lambda_rlm.completion import TokenSize
from lambda_rlm.llm.vocabulary.seams import SeamRule

LONGEST_PIECE: Final = 256
"""Bytes of a piece that is charged by its tokens."""
LONGEST_EXACT: Final = 20_000
"""Bytes of a piece that is counted where a text is counted by itself."""
_STRETCH: Final = 1 << 16
_CELL: Final = 4096


class Cell(NamedTuple):
    """Neighboring pieces, `size` bytes in all. `piece` is the most bytes of one of them, or 0 for a single piece that is
    charged by its bytes."""

    text: str
    size: int
    piece: int


class Charges:
    """The charges of one vocabulary, by its seams and a counter of the tokens of short texts, made at the first one."""

    def __init__(self, rule: SeamRule, counter: Callable[[], Callable[[str], int]]) -> None:
        self._rule = rule
        self._counter = counter

    def exact(self, text: str) -> int:
        """The tokens of a text by itself; pieces of more than `LONGEST_EXACT` bytes count by their bytes."""
        tokens = 0
        for stretch in self._stretches(text, _CELL):
            if byte_count(stretch) <= LONGEST_EXACT:  # then no piece of it has more
                tokens += self._counter()(stretch)
            else:
                tokens += sum(self.of_cell(cell) for cell in self.cells(stretch, _CELL, LONGEST_EXACT))
        return tokens

    def size(self, text: str, *, joins_before: bool = True, joins_after: bool = True) -> TokenSize:
        """The charge of a text. An end that does not join another text must be a seam of the text that it is a part of."""
        if 0 < len(text) <= _CELL:
            short = self._short(text, int(joins_before), int(joins_after))
            if short is not None:
                return short
        start = self._rule.after(text, 1) if joins_before and text else 0
        end = self._rule.last(text) if joins_after else len(text)
        if start > end:
            return TokenSize(byte_count(text), 0)
        tokens, piece = byte_count(text[:start]) + byte_count(text[end:]), 0
        for cell in self.cells(text[start:end], _CELL):
            tokens += self.of_cell(cell)
            piece = max(piece, cell.piece)
        return TokenSize(tokens, piece)

    def _short(self, text: str, before: int, after: int) -> TokenSize | None:
        """The same of a short text, which is split and counted once; `before` and `after` are how many pieces at its ends join
        another text. None where a piece in between is charged by its bytes."""
        lengths, widths = self._rule.pieces(text)
        if len(lengths) < before + after:
            return TokenSize(widths[0], 0)
        inner = widths[before : len(widths) - after]
        piece = max(inner, default=0)
        if piece > LONGEST_PIECE:
            return None
        start, end = sum(lengths[:before]), len(text) - sum(lengths[len(lengths) - after :])
        tokens = self._counter()(text[start:end]) if inner else 0
        return TokenSize(sum(widths) - sum(inner) + tokens, piece)

    def of_cell(self, cell: Cell) -> int:
        return self._counter()(cell.text) if cell.piece else cell.size

    def cells(self, text: str, least: int, longest: int = LONGEST_PIECE) -> Iterator[Cell]:
        """A text in cells of at least `least` characters; a piece of more than `longest` bytes is a cell of its own."""
        for stretch in self._stretches(text, _STRETCH):
            at = start = size = piece = 0
            for length, width in zip(*self._rule.pieces(stretch), strict=True):
                if width > longest:
                    if at > start:
                        yield Cell(stretch[start:at], size, piece)
                    yield Cell(stretch[at : at + length], width, 0)
                    at = start = at + length
                    size = piece = 0
                    continue
                at, size, piece = at + length, size + width, max(piece, width)
                if at - start >= least:
                    yield Cell(stretch[start:at], size, piece)
                    start, size, piece = at, 0, 0
            if at > start:
                yield Cell(stretch[start:at], size, piece)

    def _stretches(self, text: str, least: int) -> Iterator[str]:
        """A text cut at the first seams behind at least so many characters."""
        start = 0
        while start < len(text):
            end = self._rule.after(text, start + least)
            yield text[start:end]
            start = end


def byte_count(text: str) -> int:
    """The bytes of a text in UTF-8; half a surrogate pair has three."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
