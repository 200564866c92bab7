"""Run-time values.

| type | value |
|---|---|
| Int, Float, Bool | `int`, `float`, `bool` |
| Text, Quote, enumeration | `Text` |
| List[T] | `list`, never changed once made |
| Option[T] | `None`, or the 1-tuple `(value,)` |
| record | `tuple` of the fields' values in the order of their names |
| function | a Python callable of the parameters; `async` when the arrow's effect is `llm` |

Values carry no types: the evaluator compiles against ground types and knows what is where.

A `Text` knows where it came from. Three shapes share one class: a *span* of an input (nothing is copied until somebody reads
it), a *rope* (`++`, `join`, templates: pieces, flattened once when somebody reads it) and a *flat* text with the origin of what
it was made from. Reading `.s` makes the text flat and charges the copy to the run's meter; `.n`, the length in characters,
never copies. Adding an origin is constant work per operation; walking origins is iterative.

A cut of a span is a span and a cut of a rope is a rope of the pieces that overlap it, themselves cut: neither copies, and both
keep which part came from where. A text of more characters than the run may hold bytes is refused where it is made, also where
it would share all its pieces. A rope is opened once: its pieces are then spans and flat texts only, neighbours in a document
grown together, so that cutting one to shreds costs a binary search and the pieces touched for each cut.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from sys import getrefcount
from typing import TYPE_CHECKING, Any, Final

from lambda_rlm.budget.storage import Holding, Storage
from lambda_rlm.eval.document import Document as Document
from lambda_rlm.eval.document import Stretch as Stretch
from lambda_rlm.eval.document import memory_like, memory_of
from lambda_rlm.eval.tariff import CHARACTER, PIECE_STEPS, PIECE_STORAGE
from lambda_rlm.eval.tariff import HEADER as HEADER

if TYPE_CHECKING:
    from lambda_rlm.budget.meter import Meter

Value = Any
"""A value of the language, in the representation of the table above."""

INT_LOW: Final = -(2**63)
INT_HIGH: Final = 2**63 - 1
"""The least and the greatest Int: 64 bits."""
LONG: Final = 256
"""Characters from which on a text that was made books its memory."""

LINKS: Final = 64
"""Ropes inside each other from which on they book their memory."""

ROPE: Final = 256
"""Bytes of a rope of a few pieces."""

_SPAN: Final = 96
_STRING: Final = 56
_NUMBER: Final = 32
_NODE: Final = 200
"""Bytes of a span that nobody has read, of a string without its characters, of a number, of a rope without its pieces."""

_OPENED: Final = 80
"""Bytes of a piece of an opened rope: two places, a number, and now and then a span that has grown."""

_GLANCE: Final = (1 << 16) - 1
"""Pieces between two looks at the clock while a rope is opened, less one; characters up to which a copy needs no asking."""


class Reply:
    """A model's reply to one call, and what the prompt was made from."""

    __slots__ = ("call", "prompt")

    def __init__(self, call: int, prompt: Origin | None) -> None:
        self.call = call
        self.prompt = prompt


class Derived:
    """Computed from several texts."""

    __slots__ = ("parents",)

    def __init__(self, parents: tuple[Origin, ...]) -> None:
        self.parents = parents


class Text:
    """A text of the language. `s`: its characters; `n`: how many. `origin` None means trusted: made from literals and `query`
    only."""

    __slots__ = ("n", "origin", "s", "start")

    s: str
    n: int
    origin: Origin | None
    start: int

    def __init__(self, s: str, origin: Origin | None = None) -> None:
        self.s = s
        self.n = len(s)
        self.origin = origin
        self.start = -1

    def cut(self, start: int, end: int) -> Text:
        """The characters from `start` up to `end`, which must lie inside."""
        if end - start == self.n:
            return self
        origin = self.origin
        if self.start >= 0:
            return span_of(origin, self.start + start, end - start)  # type: ignore[arg-type]
        return flat(self.s[start:end], origin, self.storage)

    @property
    def storage(self) -> Storage | None:
        """Where its memory is booked, if anywhere."""
        return None

    def memory(self) -> int:
        """About the bytes that a copy of its characters takes in memory."""
        n = self.n  # written out: an input may have a million texts
        return n if (self.origin.text if self.start >= 0 else self.s).isascii() else 2 * n  # type: ignore[union-attr]

    def footprint(self) -> int:
        """About the bytes that the text takes in memory and does not book itself. Of a short span it is unknown whether
        somebody will read it, which copies it."""
        n = self.n
        if self.start >= 0:
            if n >= LONG:
                return _SPAN + _NUMBER
            return _SPAN + (_STRING + n) // 2 if n > 1 else _SPAN
        return _SPAN - _NUMBER + _STRING + memory_of(self.s) if n else 0

    def __repr__(self) -> str:
        return f"Text({self.s!r})"


class Flat(Text):
    """A long text of its own characters: books their memory while it lives."""

    __slots__ = ("_storage", "size")

    def __init__(self, s: str, origin: Origin | None, storage: Storage) -> None:
        n = len(s)
        self.s = s
        self.n = n
        self.origin = origin
        self.start = -1
        self._storage = storage
        self.size = size = n if s.isascii() else 2 * n
        storage.hold(size)

    def __del__(self) -> None:
        self._storage.give_back(self.size)

    @property
    def storage(self) -> Storage | None:
        return self._storage

    def footprint(self) -> int:
        return _SPAN + _STRING


def flat(s: str, origin: Origin | None, storage: Storage | None) -> Text:
    """A text of these characters, which books its memory when it is long."""
    return Text(s, origin) if storage is None or len(s) < LONG else Flat(s, origin, storage)


class Passage(Text):
    """A span of a document. A class of its own, since `__getattr__` slows down every access, also to what is there."""

    __slots__ = ()

    def __getattr__(self, name: str) -> str:
        # Only reached when the slot `s` is not filled yet: a span that nobody has read.
        if name != "s":
            raise AttributeError(name)
        document = self.origin
        assert isinstance(document, Document)
        meter, n, text = document.meter, self.n, document.text
        if meter is not None:
            meter.memory -= HEADER + CHARACTER * n
            if _GLANCE < n < len(text):
                meter.storage.make_room(memory_like(text, n))
        self.s = s = text[self.start : self.start + n]
        if meter is not None and LONG <= n < len(text):
            self.__class__ = ReadPassage
            meter.storage.hold(n if s.isascii() else 2 * n)
        return s


class ReadPassage(Passage):
    """A long span that has been read: the copy books its memory."""

    __slots__ = ()

    def __del__(self) -> None:
        self.origin.meter.storage.give_back(memory_of(self.s))  # type: ignore[union-attr]


class Rope(Text):
    """Pieces in a row, which keep what came from where: `origin_of` it is itself. `links` counts the ropes in it that have not
    booked their memory, itself too; `counted` is what the analysis found, and in which vocabulary."""

    __slots__ = ("counted", "ends", "links", "meter", "pieces")

    def __init__(self, pieces: Sequence[Text], n: int, meter: Meter | None = None) -> None:
        self.n = n
        self.start = -1
        self.meter = meter
        self.ends: list[int] | None = None
        self.counted: tuple[Any, Any] | None = None
        origin, links = None, 1 + (len(pieces) >> 5)
        for piece in pieces:
            if piece.origin is not None:
                origin = JOINED
            if isinstance(piece, Rope):
                links += piece.links
        self.origin = origin
        if meter is not None:
            if n > meter.storage.limit:
                meter.storage.refuse()
            if type(pieces) is Holding:
                links = 0
            elif links >= LINKS:
                pieces, links = Holding(pieces, meter.storage, ROPE * links), 0
        self.pieces = pieces
        self.links: int = links

    def __getattr__(self, name: str) -> str:
        if name != "s":
            raise AttributeError(name)
        meter, n = self.meter, self.n
        if meter is None:
            self.s = "".join([characters(piece) for piece in self.opened()])
            return self.s
        meter.allocate(HEADER + CHARACTER * n, n)
        pieces = self.opened()
        if n >= LONG:
            meter.storage.make_room(sum([piece.memory() for piece in pieces]))
        self.s = "".join([characters(piece) for piece in pieces])
        if n >= LONG:
            self.__class__ = ReadRope
            meter.storage.hold(memory_of(self.s))
        return self.s

    def footprint(self) -> int:
        """Its own, and its part in each piece that has not booked its memory."""
        total = _STRING + self.n if self.n <= 2 * LONG else 0
        stack: list[tuple[Rope, int]] = [(self, 1)] if self.links else []
        while stack:
            rope, holders = stack.pop()
            total += _NODE // holders
            for piece in rope.pieces if len(rope.pieces) < LINKS else ():
                share = holders * (getrefcount(piece) - 2)
                if not isinstance(piece, Rope):
                    total += piece.footprint() // share
                elif piece.links:
                    stack.append((piece, share))
        return total

    def opened(self) -> Sequence[Text]:
        """The pieces from left to right, none of them empty or a rope; replaces `pieces` and fills `ends`, the places they end
        at."""
        if self.ends is None:
            pieces = _grown_together(self, self.meter)
            ends = list(accumulate([piece.n for piece in pieces]))
            if self.meter is not None and len(pieces) >= LINKS:
                self.links = 0
                pieces = Holding(pieces, self.meter.storage, _OPENED * len(pieces))
            self.pieces = pieces
            self.ends = ends
        return self.pieces

    def cut(self, start: int, end: int) -> Text:
        """The characters from `start` up to `end`, which must lie inside: a rope of the pieces that overlap, or the only
        one."""
        if start >= end:
            return EMPTY_TEXT
        if end - start == self.n:
            return self
        pieces = self.opened()
        ends = self.ends
        assert ends is not None
        first = bisect_right(ends, start)
        last = bisect_left(ends, end, first)
        before = ends[first - 1] if first else 0
        if first == last:
            return pieces[first].cut(start - before, end - before)
        meter = self.meter
        if meter is not None:
            count = last - first + 1
            meter.spend(PIECE_STEPS * count)
            meter.allocate(HEADER + PIECE_STORAGE * count)
        head, tail = pieces[first], pieces[last]
        cut = [head.cut(start - before, head.n), *pieces[first + 1 : last], tail.cut(0, end - ends[last - 1])]
        return Rope(cut, end - start, meter)


class ReadRope(Rope):
    """A long rope that has been read: the copy books its memory."""

    __slots__ = ()

    def __del__(self) -> None:
        self.meter.storage.give_back(memory_of(self.s))  # type: ignore[union-attr]


Origin = Document | Stretch | Reply | Derived | Rope

JOINED: Final = Derived(())
"""The origin that a rope of untrusted pieces has in place of itself: a text that knew itself would never die."""


def span_of(document: Document, start: int, n: int) -> Text:
    """`n` characters of a document from `start`, not copied."""
    text = Passage.__new__(Passage)
    text.n = n
    text.origin = document
    text.start = start
    return text


def pieces_of(text: Text) -> Sequence[Text]:
    """The pieces of a rope from left to right, ropes inside it opened, also when it has been read; any other text is its own
    piece."""
    return text.opened() if isinstance(text, Rope) else (text,)


def characters(piece: Text) -> str:
    """What a piece reads, without keeping a copy in it."""
    if piece.start >= 0:
        document = piece.origin
        assert isinstance(document, Document)
        return document.text[piece.start : piece.start + piece.n]
    return piece.s


def _grown_together(rope: Rope, meter: Meter | None) -> list[Text]:
    """The leaves of a rope, without empty ones; neighbours that are neighbours in a document too become one span."""
    pieces, count = _flat_pieces(rope)
    if meter is not None:
        meter.spend(PIECE_STEPS * count)
        meter.allocate(PIECE_STORAGE * count)
    leaves, last, stack = list[Text](), EMPTY_TEXT, pieces[::-1]
    while stack:
        piece = stack.pop()
        start = piece.start
        if start < 0 and isinstance(piece, Rope):
            stack.extend(reversed(piece.pieces))
        elif piece.n:
            if start > 0 and last.start >= 0 and start == last.start + last.n and piece.origin is last.origin:
                leaves[-1] = last = span_of(last.origin, last.start, last.n + piece.n)  # type: ignore[arg-type]
            else:
                leaves.append(piece)
                last = piece
                if meter is not None and not len(leaves) & _GLANCE:
                    meter.glance()
    return leaves


def _flat_pieces(rope: Rope) -> tuple[list[Text], int]:
    """The pieces of a rope, those of ropes in it in their places, and how many there are on all levels; itself where there
    are more than two, which rows of tables do not have."""
    ropes = [piece for piece in rope.pieces if isinstance(piece, Rope)]
    if any(piece.ends is None and not _LEAVES.issuperset(map(type, piece.pieces)) for piece in ropes):
        return [rope], _piece_count(rope)
    flat = [leaf for piece in rope.pieces for leaf in (piece.pieces if isinstance(piece, Rope) else (piece,))]
    return flat, len(rope.pieces) + sum([len(piece.pieces) for piece in ropes])


def _piece_count(rope: Rope) -> int:
    """The pieces on all levels of a rope, a shared one as often as it occurs; each rope is looked at once."""
    counts: dict[int, int] = {}
    stack = [(rope, False)]
    while stack:
        top, is_counted = stack.pop()
        if id(top) in counts:
            continue
        inner = [piece for piece in top.pieces if isinstance(piece, Rope)] if top.ends is None else []
        if is_counted or not inner:
            counts[id(top)] = len(top.pieces) + sum([counts[id(piece)] for piece in inner])
        else:
            stack.append((top, True))
            stack.extend([(piece, False) for piece in {id(piece): piece for piece in inner}.values()])
    return counts[id(rope)]


def origin_of(text: Text) -> Origin | None:
    """The node of provenance that stands for a text as a whole."""
    if text.start >= 0:
        return Stretch(text.origin, text.start, text.start + text.n)  # type: ignore[arg-type]
    return text if text.origin is JOINED else text.origin  # type: ignore[return-value]


EMPTY_TEXT: Final = Text("")
_LEAVES: Final = frozenset({Text, Passage})
