"""What texts are made of once they are put together, cut, or written in a program: their tokens and their stretches of data.

Owns the rules of a vocabulary's measure (`TokenSize`): what is put together adds its tokens and has the larger piece; a part is
cut at two places, each inside one piece. Refuses what changes characters: that is counted by its bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

from lambda_rlm.bounds.domain.abstract import AbstractText, Makeup, lower
from lambda_rlm.bounds.domain.size import (
    UNLIMITED,
    ZERO,
    Number,
    SizeBound,
    ceil_div,
    largest,
    multiply_numbers,
    size_of,
    smallest,
    times,
)
from lambda_rlm.completion import TokenSize, Vocabulary
from lambda_rlm.limits import MOST_BLOCKS

NOTHING: Final = Makeup(blocks=0, is_worded=False)
"""What the empty text is made of."""

DATA: Final = Makeup(blocks=1, is_worded=False)
"""What a text of an input or a reply is made of, of which no tokens are known."""

INSTRUCTION: Final = Makeup(blocks=0)
"""What a text is made of that is trusted."""

LETTERLESS: Final = AbstractText(ZERO, ZERO, 1, 0, ZERO, NOTHING)
"""What is between items and options: numbers, brackets and line ends, whose size is counted apart."""

_CUTS: Final = 2
"""Places at which a part is cut out of a text."""


def put_together(texts: Sequence[AbstractText]) -> Makeup:
    """What texts, one after the other, are made of."""
    counted = None
    if any(text.made.counted is not None for text in texts):
        counted = ZERO
        for text in texts:
            counted = counted + text.tokens
    blocks, is_open = 0, False
    for text in texts:
        made = text.made
        if made.is_worded:
            blocks, is_open = blocks + made.blocks, False
        elif made.blocks and not is_open:
            blocks, is_open = blocks + made.blocks, True
    is_worded = any(text.made.is_worded for text in texts)
    piece = max((text.made.piece for text in texts), default=0)
    return Makeup(counted, piece, None, min(blocks, MOST_BLOCKS), is_worded)


def joined(element: AbstractText, tokens: SizeBound, separator: AbstractText, joints: SizeBound) -> Makeup:
    """What the texts of a list are made of, joined at `joints` places: each is like `element`, and together they have at most
    `tokens` tokens."""
    made, between = element.made, separator.made
    counted = tokens + times(joints, separator.tokens) if are_counted(element, separator) else None
    blocks: Number = max(made.blocks, between.blocks)
    is_worded = made.is_worded or between.is_worded
    if is_worded:
        blocks = multiply_numbers(made.blocks + between.blocks, joints.value)
    return Makeup(counted, max(made.piece, between.piece), None, int(min(blocks, MOST_BLOCKS)), is_worded)


def part_of(text: AbstractText, chars: SizeBound, cuts: int = _CUTS, whole: Number = 0) -> Makeup:
    """What a stretch of a text is made of that has at most `chars` characters and is cut out at `cuts` places. A text of at
    most `whole` characters is not cut; of any others, the first `whole` characters and one more are less than all: so of many
    texts no more are cut than their characters allow."""
    made = text.made
    if made.counted is None or (whole and text.chars.value <= whole):
        return shortened(made, chars)
    cut = size_of(cuts * made.piece) if made.cut is None else made.cut * cuts
    if whole and whole != math.inf and made.cut is None:
        cut = smallest(cut, ceil_div(text.chars * int(cut.value), int(whole) + 1))
    return shortened(made._replace(counted=text.tokens + cut), chars)


def shortened(made: Makeup, chars: SizeBound) -> Makeup:
    """The same, of a text of which is known that it has at most N characters."""
    if made.counted is None or made.most is None or chars.value == UNLIMITED.value:
        return made
    return made._replace(counted=lower(made.counted, size_of(made.most(int(chars.value)))))


def parts_tokens(text: AbstractText, cuts: SizeBound) -> SizeBound:
    """The tokens of stretches of a text that do not overlap, all together; `cuts` are the places where one of them ends."""
    return text.tokens + cuts * text.made.piece if text.made.piece else text.tokens


def either(a: AbstractText, b: AbstractText, counted: SizeBound | None) -> Makeup:
    """What one of two texts is made of; `counted` are the tokens of one of them."""
    first, second = a.made, b.made
    most = first.most if first.most == second.most else None
    return Makeup(
        counted,
        max(first.piece, second.piece),
        most,
        max(first.blocks, second.blocks),
        first.is_worded or second.is_worded,
    )


def are_counted(a: AbstractText, b: AbstractText) -> bool:
    """Of one of them more is known than its bytes."""
    return a.made.counted is not None or b.made.counted is not None


def of_either(a: AbstractText, b: AbstractText) -> Makeup:
    """What one of two texts is made of."""
    return either(a, b, largest((a.tokens, b.tokens)) if are_counted(a, b) else None)


def changed(*texts: AbstractText) -> Makeup:
    """What a text is made of whose characters were made from those of others, or one of these as it is."""
    return Makeup(None, 0, None, max([1, *(text.made.blocks for text in texts)]), True)


def literal_text(s: str, vocabulary: Vocabulary | None = None) -> AbstractText:
    """A text of the program."""
    encoded = len(s.encode("utf-8", "surrogatepass"))
    width = max((len(c.encode("utf-8", "surrogatepass")) for c in set(s)), default=1)
    counted, piece = None, 0
    if vocabulary is not None:
        size = instruction_size(vocabulary, s)
        counted, piece = size_of(size.tokens), size.piece
    made = Makeup(counted, piece, None, 0, any(map(str.isalpha, s)))
    return AbstractText(SizeBound(len(s)), SizeBound(encoded), width, len(s), SizeBound(encoded - len(s)), made)


def instruction_size(vocabulary: Vocabulary, s: str) -> TokenSize:
    """The size of a text that is instruction, cut wherever a prompt may cut it: what begins a line and has no letters becomes
    data where data follows it."""
    stretches: list[str] = []
    for line in s.split("\n"):
        is_lead = line[:1] != "" and not line[0].isalpha()
        if stretches and not is_lead:
            stretches[-1] += "\n" + line
        elif stretches:
            stretches[-1] += "\n"
            stretches.append(line)
        else:
            stretches.append(line)
    return added(vocabulary.size(stretch) for stretch in stretches if stretch)


def added(sizes: Iterable[TokenSize]) -> TokenSize:
    """The size of what is put together of texts of these sizes."""
    tokens = piece = 0
    for size in sizes:
        tokens, piece = tokens + size.tokens, max(piece, size.piece)
    return TokenSize(tokens, piece)
