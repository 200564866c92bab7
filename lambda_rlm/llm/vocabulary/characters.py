"""The kinds of characters that the patterns of vocabularies distinguish.

Owns the table, a stored one of Unicode 14. So kinds and counts are the same on every version of Python, and hold for every
tokenizer whose Unicode is at least as new. Promises that a character which the table lacks has the kind `UNKNOWN`, as has half
a surrogate pair: nothing follows from either.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from importlib.resources import files
from typing import Final

UPPER: Final = "U"
LOWER: Final = "l"
ENDS_CONTRACTION: Final = "e"
"""`E` and `L`, the upper-case letters that end `'re`, `'ve` and `'ll`."""
IN_CONTRACTION: Final = "r"
"""`r`, `v` and `l`, the lower-case letters before them."""
CASELESS: Final = "o"
MARK: Final = "m"
NUMBER: Final = "d"
SPACE: Final = "s"
LINE_END: Final = "n"
APOSTROPHE: Final = "q"
SLASH: Final = "h"
OTHER: Final = "p"
UNKNOWN: Final = "x"


class Kinds(dict[int, str]):
    """A table for `str.translate`, filled as characters occur. A character becomes its kind, repeated `width` times, or as
    often as it has bytes in UTF-8 where `width` is None."""

    def __init__(self, starts: list[int], kinds: list[str], width: int | None) -> None:
        super().__init__()
        self._starts, self._kinds, self._width = starts, kinds, width

    def __missing__(self, code: int) -> str:
        kind = self._kinds[bisect_right(self._starts, code) - 1]
        times = self._width or len(chr(code).encode("utf-8", "surrogatepass"))
        self[code] = kind * times
        return self[code]


@cache
def tables() -> tuple[Kinds, Kinds]:
    """The table by characters and the one by bytes."""
    starts: list[int] = []
    kinds: list[str] = []
    for run in (files("lambda_rlm.llm.vocabulary") / "data" / "kinds.txt").read_text("ascii").split():
        starts.append(int(run[:-1], 16))
        kinds.append(run[-1])
    return Kinds(starts, kinds, 1), Kinds(starts, kinds, None)
