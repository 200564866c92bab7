"""How many tokens the texts of a run have, and how many stretches of data a prompt can show of them.

Owns `tally_of` and `tally_of_column`: real texts to what the analysis knows of them. Texts of the same characters are counted
once, and so are the pieces of ropes: a rope is counted piece by piece, since a prompt may put marks between any two. Spans of a
document are counted from the document, which is read once for each vocabulary. Promises to read no span that nobody has read,
and to charge nothing but the reading of ropes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from operator import mul
from typing import Final, NamedTuple

from lambda_rlm.bounds.domain.abstract import Makeup
from lambda_rlm.bounds.domain.makeup import instruction_size
from lambda_rlm.bounds.domain.size import SizeBound
from lambda_rlm.completion import TokenSize, Vocabulary
from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.document import Document, width_of
from lambda_rlm.eval.rows import TableValue
from lambda_rlm.eval.value import Rope, Text, span_of
from lambda_rlm.limits import MOST_BLOCKS

_MOST_PIECES: Final = 4_096
"""A text of more pieces is counted by its bytes."""

_NOTHING: Final = TokenSize(0, 0)


class SizeRange(NamedTuple):
    """The least and the most of some numbers, and all together; 0 each where there are none."""

    least: int
    most: int
    total: int


class Tally(NamedTuple):
    """Some texts: their characters, their bytes in UTF-8 (of a span, at most) and how many of these are beyond one a character,
    the bytes of the widest character, their tokens and longest piece, the stretches of data and whether there are words of an
    instruction in one. `most` tells the most tokens of parts, where all texts are spans of one document."""

    chars: SizeRange
    in_bytes: SizeRange
    beyond: SizeRange
    width: int
    tokens: SizeRange
    piece: int
    blocks: int
    is_worded: bool
    most: Callable[[int], int] | None

    def makeup(self, vocabulary: Vocabulary | None, varied: Callable[[SizeRange], SizeBound]) -> Makeup:
        """What any of the texts is made of; `varied` makes a size of the tokens of each."""
        if vocabulary is None:
            return Makeup(None, 0, None, self.blocks, self.is_worded)
        return Makeup(varied(self.tokens), self.piece, self.most, self.blocks, self.is_worded)


def tally_of(texts: Sequence[Text], vocabulary: Vocabulary | None) -> Tally:
    """What some texts come to, counted by a vocabulary; without one, they have no tokens."""
    data: dict[str, int] = {}
    own: dict[str, int] = {}
    singly: list[Text] = []
    for text in texts:
        document = text.origin
        if isinstance(text, Rope):
            singly.append(text)
        elif text.start >= 0:
            whole = document.text  # type: ignore[union-attr]
            if text.n == len(whole) and document.is_alike:  # type: ignore[union-attr]
                data[whole] = data.get(whole, 0) + 1
            else:
                singly.append(text)
        else:
            alike = own if document is None else data
            alike[text.s] = alike.get(text.s, 0) + 1
    count = _Count(vocabulary)
    count.add_all(data, is_data=True)
    count.add_all(own, is_data=False)
    for text in singly:
        count.add_one(text)
    return count.tally(_most(texts, vocabulary))


def tally_of_column(rows: TableValue, at: int, vocabulary: Vocabulary | None) -> Tally:
    """The same of the texts of a field that are there. Long ones are counted where they are, since their parts may be, too."""
    sums, is_data = rows.sums(at), rows.is_read(at)
    if is_data and (sums.present == 1 or sums.has_long):
        return tally_of(rows.texts(at), vocabulary)

    def counted() -> Tally:
        count = _Count(vocabulary)
        count.add_all(rows.counts(at), is_data)
        return count.tally(None)

    name = None if vocabulary is None else vocabulary.name
    return rows.once(("tally", rows.fields[at][0].name, is_data, name), counted)


@dataclass(slots=True)
class _Count:
    """Texts while they are added up: what each has, and how often it is there. `data` and `own` are the sizes of texts and
    pieces that came from outside, and of those of the program with whether they have letters."""

    vocabulary: Vocabulary | None
    data: dict[str, TokenSize] = field(default_factory=dict)
    own: dict[str, tuple[TokenSize, bool]] = field(default_factory=dict)
    chars: list[int] = field(default_factory=list)
    in_bytes: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    width: int = 1
    piece: int = 0
    blocks: int = 0
    is_worded: bool = False

    def add_all(self, alike: Mapping[str, int], is_data: bool) -> None:
        """Texts by their characters, each so many times."""
        self.chars += map(len, alike)
        self.times += alike.values()
        for s in alike:
            if s.isascii():
                self.in_bytes.append(len(s))
            else:
                self.in_bytes.append(len(s.encode("utf-8", "surrogatepass")))
                self.width = max(self.width, width_of(s))
            if not is_data:
                size, has_letters = self.own_size(s)
                self.is_worded |= has_letters
            else:
                size = self.data_size(s)
                self.blocks |= s != ""
            self.tokens.append(size.tokens)
            self.piece = max(self.piece, size.piece)

    def add_one(self, text: Text) -> None:
        """A rope, or a span that may be a part of its document."""
        in_bytes, width = _bytes(text)
        if not isinstance(text, Rope):
            making = _Making(self.span_size(text), int(text.n > 0), False)
        elif text.counted is None or text.counted[0] is not self.vocabulary:
            making = self._rope(text, in_bytes)
            text.counted = (self.vocabulary, making)
        else:
            making = text.counted[1]
        self.chars.append(text.n)
        self.times.append(1)
        self.in_bytes.append(in_bytes)
        self.width = max(self.width, width)
        self.tokens.append(making.size.tokens)
        self.piece = max(self.piece, making.size.piece)
        self.blocks = max(self.blocks, making.blocks)
        self.is_worded |= making.is_worded

    def tally(self, most: Callable[[int], int] | None) -> Tally:
        """What all of them come to."""
        chars, in_bytes, times = self.chars, self.in_bytes, self.times
        beyond = [size - n for size, n in zip(in_bytes, chars, strict=True)] if self.width > 1 else [0] * len(chars)
        return Tally(
            chars=_amount(chars, times),
            in_bytes=_amount(in_bytes, times),
            beyond=_amount(beyond, times),
            width=self.width,
            tokens=_amount(self.tokens, times),
            piece=self.piece,
            blocks=self.blocks,
            is_worded=self.is_worded,
            most=most,
        )

    def data_size(self, s: str) -> TokenSize:
        """The size of a text that came from outside."""
        size = self.data.get(s)
        if size is None:
            size = self.data[s] = _NOTHING if self.vocabulary is None or not s else self.vocabulary.size(s)
        return size

    def own_size(self, s: str) -> tuple[TokenSize, bool]:
        """The size of a text of the program, and whether it has letters."""
        known = self.own.get(s)
        if known is None:
            size = _NOTHING if self.vocabulary is None or not s else instruction_size(self.vocabulary, s)
            known = self.own[s] = size, any(map(str.isalpha, s))
        return known

    def span_size(self, text: Text) -> TokenSize:
        """The size of a span of a document."""
        document = text.origin
        assert isinstance(document, Document)
        if self.vocabulary is None or not text.n:
            return _NOTHING
        if text.n < len(document.text):
            return document.counted(self.vocabulary).part(text.start, text.start + text.n)
        return self.data_size(document.text) if document.is_alike else document.size(self.vocabulary)

    def _rope(self, text: Rope, in_bytes: int) -> _Making:
        pieces = _pieces(text)
        if pieces is None:
            return _Making(TokenSize(in_bytes, 0), MOST_BLOCKS, is_worded=True)
        tokens = longest = blocks = 0
        is_open, is_worded = False, False
        for piece in pieces:
            if piece.origin is not None:
                blocks, is_open = blocks + (not is_open), True
                size = self.span_size(piece) if piece.start >= 0 else self.data_size(piece.s)
            else:
                size, has_letters = self.own.get(piece.s) or self.own_size(piece.s)
                if has_letters:
                    is_open, is_worded = False, True
            tokens += size.tokens
            longest = max(longest, size.piece)
        return _Making(TokenSize(min(tokens, in_bytes), longest), min(blocks, MOST_BLOCKS), is_worded)


class _Making(NamedTuple):
    """What one text is made of."""

    size: TokenSize
    blocks: int
    is_worded: bool


def _amount(numbers: Sequence[int], times: Iterable[int]) -> SizeRange:
    return SizeRange(min(numbers, default=0), max(numbers, default=0), sum(map(mul, numbers, times)))


def _bytes(text: Text) -> tuple[int, int]:
    """Bytes in UTF-8 (of a span, at most) and those of the widest character; a span of a document is not read."""
    document = text.origin
    if text.start >= 0 and isinstance(document, Document):
        return document.bytes_within(text.start, text.start + text.n), document.width
    s = text.s
    if s.isascii():
        return text.n, 1
    return len(s.encode("utf-8", "surrogatepass")), width_of(s)


def _pieces(rope: Rope) -> Sequence[Text] | None:
    """The pieces of a rope from left to right, none of them empty or a rope, neighbours in a document as one; None where they
    are too many to be looked at."""
    if rope.ends is not None:  # they are so
        return rope.pieces if len(rope.pieces) < _MOST_PIECES else None
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


def _most(texts: Sequence[Text], vocabulary: Vocabulary | None) -> Callable[[int], int] | None:
    """The most tokens of parts, where all texts are spans of one document."""
    if vocabulary is None:
        return None
    documents = {text.origin if text.start >= 0 else None for text in texts}
    document = documents.pop() if len(documents) == 1 else None
    return document.counted(vocabulary).most if isinstance(document, Document) else None
