r"""Seams: places where a vocabulary splits every text that has the same two characters side by side.

A tokenizer splits a text into words with a pattern, and each word into tokens by itself. Owns, for the patterns of o200k_base
and cl100k_base, between which kinds of characters no word goes on. Promises, for a text x with the seams h₁ < … < hₖ,

    tokens(x) = tokens(x[:h₁]) + tokens(x[h₁:h₂]) + … + tokens(x[hₖ:])

Proof. Let c be the character before a seam and d the one after it. (i) No path through a pattern consumes c and then d: the
rules below leave out every pair that neighboring elements of the pattern allow. So neither a word nor an attempt at one holds
both. (ii) Words follow each other without gaps, so one begins at the seam. The patterns never look behind, so the rest is split
as if the text began there. (iii) The text before a seam is split as if it ended there: by (i) an attempt that reaches d fails,
as it does at the end of a text. What looks ahead without consuming, `(?!\S)` and `$`, does so after white space, and c is
not white space. (iv) Tokens are made inside words. ∎

A seam depends on two characters only. So a part of a text has the seams of the text, and so has a text that is put together of
others, which may add some where they meet. Refuses every other pattern: `rule_of` has no rule for it.
"""

from __future__ import annotations

import re
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.llm.vocabulary.characters import (
    APOSTROPHE,
    CASELESS,
    ENDS_CONTRACTION,
    IN_CONTRACTION,
    LINE_END,
    LOWER,
    MARK,
    NUMBER,
    OTHER,
    SLASH,
    SPACE,
    UPPER,
    tables,
)

O200K_PATTERN: Final = "|".join(
    (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"\p{N}{1,3}",
        r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    )
)
CL100K_PATTERN: Final = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
)

_WIDE_LOOK: Final = 1 << 22

_UPPER: Final = UPPER + ENDS_CONTRACTION
_LOWER: Final = LOWER + IN_CONTRACTION
_LETTERS: Final = _UPPER + _LOWER + CASELESS
_SIGNS: Final = MARK + OTHER + APOSTROPHE + SLASH
_WHITE: Final = SPACE + LINE_END


def _between(before: str, behind: str) -> str:
    return f"(?<=[{before}])(?=[{behind}])"


_NUMBERS_AND_SIGNS: Final = (
    _between(NUMBER, _LETTERS + _SIGNS + _WHITE),
    # A sign may begin a word, and end one together with line ends and slashes.
    _between(_SIGNS, NUMBER + SPACE),
)

_SEAMS: Final = {
    O200K_PATTERN: (
        _between(_LETTERS, NUMBER + _WHITE + OTHER + SLASH),
        # A contraction has any case: `we'rE` is one word.
        _between(LOWER, _UPPER),
        _between(IN_CONTRACTION, UPPER),
        *_NUMBERS_AND_SIGNS,
    ),
    CL100K_PATTERN: (_between(_LETTERS, NUMBER + _WHITE + _SIGNS), *_NUMBERS_AND_SIGNS),
}


@dataclass(frozen=True, slots=True)
class SeamRule:
    """Where the seams of a pattern are."""

    seam: re.Pattern[str]

    def pieces(self, text: str) -> tuple[list[int], list[int]]:
        """The pieces of a text between its seams: the characters of each, and its bytes of UTF-8."""
        by_characters, by_bytes = tables()
        characters = list(map(len, self.seam.split(text.translate(by_characters))))
        if text.isascii():
            return characters, characters
        # No rule has a seam between two characters of one kind, so one that is written several times adds none.
        return characters, list(map(len, self.seam.split(text.translate(by_bytes))))

    def after(self, text: str, place: int) -> int:
        """The first seam at `place` (at least 1) or behind it, the end of the text where there is none."""
        width = 64
        while place < len(text):
            hit = self.seam.search(text[place - 1 : place + width].translate(tables()[0]), 1)
            if hit is not None:
                return place - 1 + hit.start()
            place, width = place + width, min(2 * width, _WIDE_LOOK)
        return len(text)

    def last(self, text: str) -> int:
        """The last seam of a text, 0 where there is none."""
        end, width = len(text), 64
        while end > 0:
            start = max(0, end - width)
            pieces = self.seam.split(text[start : end + 1].translate(tables()[0]))
            if len(pieces) > 1:
                return min(end + 1, len(text)) - len(pieces[-1])
            end, width = start, min(2 * width, _WIDE_LOOK)
        return 0


_RULES: Final = {pattern: SeamRule(late_pattern("|".join(seams))) for pattern, seams in _SEAMS.items()}


def rule_of(pattern: str) -> SeamRule | None:
    """The rule of a pattern as a tokenizer writes it, None where it is not one of those that are proved."""
    return _RULES.get(pattern)
