"""How many tokens the texts of a run have, and how many stretches of data a prompt can show of them.

Owns `makeup_of`: real texts to what the analysis knows of them beside their characters. A text is counted piece by piece, since
a prompt may put marks between any two. Spans of a document are counted from the document, which is read once for each
vocabulary. Promises to read no text that nobody has read, and to charge nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from lambda_rlm.bounds.domain.abstract import Makeup
from lambda_rlm.bounds.domain.makeup import added, instruction_size
from lambda_rlm.bounds.domain.size import SizeBound
from lambda_rlm.completion import TokenSize, Vocabulary
from lambda_rlm.eval.document import Document
from lambda_rlm.eval.value import Rope, Text, span_of
from lambda_rlm.limits import MOST_BLOCKS

_MOST_PIECES: Final = 4_096
"""A text of more pieces is counted by its bytes."""


def makeup_of(
    texts: Sequence[Text],
    in_bytes: Sequence[int],
    vocabulary: Vocabulary | None,
    varied: Callable[[Sequence[int]], SizeBound],
) -> Makeup:
    """What any of some texts is made of, which have so many bytes; `varied` makes a size of the tokens of each."""
    makings = [_making(text, size, vocabulary) for text, size in zip(texts, in_bytes, strict=True)]
    blocks = max((making.blocks for making in makings), default=0)
    is_worded = any(making.is_worded for making in makings)
    if vocabulary is None:
        return Makeup(None, 0, None, blocks, is_worded)
    piece = max((making.size.piece for making in makings), default=0)
    tokens = varied([making.size.tokens for making in makings])
    return Makeup(tokens, piece, _most(texts, vocabulary), blocks, is_worded)


class _Making(NamedTuple):
    """What one text is made of."""

    size: TokenSize
    blocks: int
    is_worded: bool


def _making(text: Text, in_bytes: int, vocabulary: Vocabulary | None) -> _Making:
    if not isinstance(text, Rope):
        is_data = text.origin is not None
        return _Making(_size(text, vocabulary), int(is_data and text.n > 0), not is_data and _has_letters(text))
    if text.counted is None or text.counted[0] is not vocabulary:
        text.counted = (vocabulary, _making_of_rope(text, in_bytes, vocabulary))
    return text.counted[1]


def _making_of_rope(text: Rope, in_bytes: int, vocabulary: Vocabulary | None) -> _Making:
    pieces = _pieces(text)
    if pieces is None:
        return _Making(TokenSize(in_bytes, 0), MOST_BLOCKS, is_worded=True)
    blocks, is_open, is_worded = 0, False, False
    for piece in pieces:
        if piece.origin is not None:
            blocks, is_open = blocks + (not is_open), True
        elif _has_letters(piece):
            is_open, is_worded = False, True
    size = added(_size(piece, vocabulary) for piece in pieces)
    return _Making(TokenSize(min(size.tokens, in_bytes), size.piece), min(blocks, MOST_BLOCKS), is_worded)


def _pieces(rope: Rope) -> list[Text] | None:
    """The pieces of a rope from left to right, none of them empty or a rope, neighbours in a document as one; None where they
    are too many to be looked at."""
    pieces: list[Text] = []
    stack: list[Text] = [rope]
    looked_at = 0
    while stack:
        piece = stack.pop()
        looked_at += 1
        if looked_at > _MOST_PIECES or (isinstance(piece, Rope) and len(piece.pieces) > _MOST_PIECES):
            return None
        if isinstance(piece, Rope):
            stack.extend(reversed(piece.pieces))
        elif piece.n and pieces and _follows(piece, pieces[-1]):
            pieces[-1] = span_of(pieces[-1].origin, pieces[-1].start, pieces[-1].n + piece.n)  # type: ignore[arg-type]
        elif piece.n:
            pieces.append(piece)
    return pieces


def _follows(piece: Text, last: Text) -> bool:
    return piece.start >= 0 and last.start >= 0 and piece.origin is last.origin and piece.start == last.start + last.n


def _has_letters(text: Text) -> bool:
    return any(map(str.isalpha, text.s))


def _size(text: Text, vocabulary: Vocabulary | None) -> TokenSize:
    if vocabulary is None or not text.n:
        return TokenSize(0, 0)
    document = text.origin
    if text.start >= 0 and isinstance(document, Document):
        if text.n == len(document.text):
            return document.size(vocabulary)
        return document.counted(vocabulary).part(text.start, text.start + text.n)
    if document is not None:
        return vocabulary.size(text.s)
    return instruction_size(vocabulary, text.s)


def _most(texts: Sequence[Text], vocabulary: Vocabulary) -> Callable[[int], int] | None:
    """The most tokens of parts, where all texts are spans of one document."""
    documents = {text.origin if text.start >= 0 else None for text in texts}
    document = documents.pop() if len(documents) == 1 else None
    return document.counted(vocabulary).most if isinstance(document, Document) else None
