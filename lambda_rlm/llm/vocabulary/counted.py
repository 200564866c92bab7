"""A long text whose tokens were counted once, in cells.

Owns the sums over cells and what follows from them: the charge of any part of the text, and the most that a part of a given
length is charged. Holds five numbers for each cell, of 8 characters in short texts and of 128 in very long ones.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import cached_property
from itertools import accumulate
from operator import add

from lambda_rlm.completion import TokenSize
from lambda_rlm.llm.vocabulary.charges import Charges, byte_count

_FINEST, _COARSEST = 8, 128
_CELLS = 1 << 16


class CountedCells:
    """A `CountedText`. Its cells begin at seams, so a cell that lies inside a part of the text costs the same there."""

    def __init__(self, charges: Charges, text: str) -> None:
        self._charges = charges
        self._text = text
        self._marks, self._sums, self._pieces, self._cut = (array("q", (0,)), array("q", (0,)), array("q"), array("q"))
        self._inside = 0
        self._most: dict[int, int] = {}
        bytes_so_far = 0
        for cell in charges.cells(text, min(_COARSEST, max(_FINEST, len(text) // _CELLS))):
            tokens = charges.of_cell(cell)
            self._marks.append(self._marks[-1] + len(cell.text))
            self._sums.append(self._sums[-1] + tokens)
            self._pieces.append(cell.piece)
            # In a cell that is cut, one piece costs its bytes instead of its tokens.
            self._cut.append(min(cell.size, tokens + cell.piece))
            self._inside = max(self._inside, min(cell.size, tokens + 2 * cell.piece))
            bytes_so_far += cell.size
        self._bytes = bytes_so_far

    @cached_property
    def size(self) -> TokenSize:
        return self.part(0, len(self._text))

    def part(self, start: int, end: int) -> TokenSize:
        """The charge of the characters from `start` up to `end`: the whole cells are summed, the ends counted again."""
        start, end, _ = slice(start, end).indices(len(self._text))
        first, last = bisect_right(self._marks, start), bisect_left(self._marks, end) - 1
        if first > last:
            return self._charges.size(self._text[start:end])
        left = self._charges.size(self._text[start : self._marks[first]], joins_after=False)
        right = self._charges.size(self._text[self._marks[last] : end], joins_before=False)
        tokens = left.tokens + self._sums[last] - self._sums[first] + right.tokens
        return TokenSize(tokens, max(left.piece, right.piece, max(self._pieces[first:last], default=0)))

    def most(self, characters: int) -> int:
        """At least what any part of at most N characters is charged.

        Such a part lies in one cell, or begins in a cell a and ends in a later one b, with at least one character in each: so b
        begins at most `characters - 2` behind a's end. It costs cut(a) + (the sum of the cells between) + cut(b). With
        S(k) the sum of the cells before k, that is cut(a) - S(a + 1) + (S(b) + cut(b)); the last term is not monotone in b, so
        the largest up to the last b in reach is taken.
        """
        if characters not in self._most:
            self._most[characters] = self._find_most(characters)
        return self._most[characters]

    def _find_most(self, characters: int) -> int:
        reach = characters - 2
        marks, sums, ends = self._marks, self._sums, self._ends
        found = self._inside
        last = 0
        for cell, cut in enumerate(self._cut):
            limit = marks[cell + 1] + reach
            while last + 1 < len(ends) and marks[last + 1] <= limit:
                last += 1
            if last > cell:
                found = max(found, cut - sums[cell + 1] + ends[last])
        return max(0, min(found, self._bytes, characters * self._width))

    @cached_property
    def _ends(self) -> array[int]:
        """S(b) + cut(b), the largest so far."""
        terms: Iterable[int] = map(add, self._sums, self._cut)
        return array("q", accumulate(terms, max))

    @cached_property
    def _width(self) -> int:
        """The most bytes of one character."""
        return byte_count(max(self._text, default=""))
