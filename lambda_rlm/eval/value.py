"""Run-time values.

| type | value |
|---|---|
| Int, Float, Bool | `int`, `float`, `bool` |
| Text, Quote, enumeration | `Text` |
| List[T] | `list`, never changed once made |
| Option[T] | `None`, or the 1-tuple `(value,)` |
| record | `tuple` of the fields' values in the order of their names |
| function | a Python callable of the parameters; `async` when the arrow's effect is `llm` |

Values carry no types: the evaluator compiles against ground types and knows what stands where.

A `Text` knows where it came from. Three shapes share one class: a *span* of an input (nothing is copied until somebody reads
it), a *rope* (`++`, `join`, templates: pieces, flattened once when somebody reads it) and a *flat* text with the origin of what
it was made from. Reading `.s` makes the text flat and charges the copy to the run's meter; `.n`, the length in characters,
never copies. Adding an origin is constant work per operation; walking origins is iterative.

A cut of a span is a span and a cut of a rope is a rope of the pieces that overlap it, themselves cut: neither copies, and both
keep which part came from where. A rope is opened once: its pieces are then spans and flat texts only, neighbours in a document
grown together, so that cutting one to shreds costs a binary search and the pieces touched for each cut.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

from lambda_rlm.eval.tariff import CHARACTER, PIECE_STEPS, PIECE_STORAGE
from lambda_rlm.eval.tariff import HEADER as HEADER

if TYPE_CHECKING:
    from lambda_rlm.budget.meter import Meter

Value = Any
"""A value of the language, in the representation of the table above."""

INT_LOW: Final = -(2**63)
INT_HIGH: Final = 2**63 - 1
"""The least and the greatest Int: 64 bits."""


_BLOCK: Final = 256
"""Characters of which a document knows together how many bytes they have."""


class Document:
    """One input text: the leaf of provenance. `name` is the input's name, with a path inside it for texts in lists and
    records."""

    __slots__ = ("_wide", "_width", "meter", "name", "text")

    def __init__(self, name: str, text: str, meter: Meter | None = None) -> None:
        self.name = name
        self.text = text
        self.meter = meter
        self._width = 0
        self._wide: list[int] = []

    @property
    def width(self) -> int:
        """Bytes of its widest character in UTF-8. The text is read once for it, and not at all when it is ASCII."""
        if not self._width:
            self._width = width_of(self.text)
        return self._width

    def bytes_within(self, start: int, end: int) -> int:
        """The most bytes of UTF-8 that a span may have, told from blocks of characters around it: the span itself is not
        read."""
        length = end - start
        if self.width == 1:
            return length
        if not self._wide:
            blocks = (self.text[at : at + _BLOCK] for at in range(0, len(self.text), _BLOCK))
            self._wide = [0, *accumulate(len(block.encode("utf-8", "surrogatepass")) - len(block) for block in blocks)]
        wide = self._wide[-(-end // _BLOCK)] - self._wide[start // _BLOCK]
        return length + min(wide, length * (self.width - 1))

    def __repr__(self) -> str:
        return f"Document({self.name!r}, {len(self.text)} characters)"


def width_of(s: str) -> int:
    """Bytes of the widest character in UTF-8, 1 for the empty text."""
    if s.isascii():
        return 1
    return len(max(s).encode("utf-8", "surrogatepass"))


class Stretch:
    """A span of a document, as a node of provenance."""

    __slots__ = ("document", "end", "start")

    def __init__(self, document: Document, start: int, end: int) -> None:
        self.document = document
        self.start = start
        self.end = end


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
        return Text(self.s[start:end], origin)

    def __repr__(self) -> str:
        return f"Text({self.s!r})"


class Passage(Text):
    """A span of a document. A class of its own, since `__getattr__` slows down every access, also to what is there."""

    __slots__ = ()

    def __getattr__(self, name: str) -> str:
        # Only reached when the slot `s` is not filled yet: a span that nobody has read.
        if name != "s":
            raise AttributeError(name)
        document = self.origin
        assert isinstance(document, Document)
        if document.meter is not None:
            document.meter.allocate(HEADER + CHARACTER * self.n)
        self.s = document.text[self.start : self.start + self.n]
        return self.s


class Rope(Text):
    """Pieces in a row. Its own origin is the rope itself: the pieces keep which part came from where."""

    __slots__ = ("ends", "meter", "pieces")

    def __init__(self, pieces: Sequence[Text], n: int, meter: Meter | None = None) -> None:
        self.pieces = pieces
        self.n = n
        self.start = -1
        self.origin = self if any(p.origin is not None for p in pieces) else None
        self.meter = meter
        self.ends: list[int] | None = None

    def __getattr__(self, name: str) -> str:
        if name != "s":
            raise AttributeError(name)
        if self.meter is not None:
            self.meter.allocate(HEADER + CHARACTER * self.n)
        self.s = "".join([_characters(piece) for piece in self.opened()])
        return self.s

    def opened(self) -> Sequence[Text]:
        """The pieces from left to right, none of them empty or a rope; replaces `pieces` and fills `ends`, the places they end
        at."""
        if self.ends is None:
            pieces = _grown_together(self, self.meter)
            ends: list[int] = []
            end = 0
            for piece in pieces:
                end += piece.n
                ends.append(end)
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


Origin = Document | Stretch | Reply | Derived | Rope


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


def _characters(piece: Text) -> str:
    """What a piece reads, without keeping a copy in it."""
    if piece.start >= 0:
        document = piece.origin
        assert isinstance(document, Document)
        return document.text[piece.start : piece.start + piece.n]
    return piece.s


def _grown_together(rope: Rope, meter: Meter | None) -> list[Text]:
    """The leaves of a rope, without empty ones; neighbours that are neighbours in a document too become one span."""
    if meter is not None:
        count = _piece_count(rope)
        meter.spend(PIECE_STEPS * count)
        meter.allocate(PIECE_STORAGE * count)
    leaves: list[Text] = []
    stack: list[Text] = [rope]
    while stack:
        piece = stack.pop()
        if isinstance(piece, Rope):
            stack.extend(reversed(piece.pieces))
        elif piece.n:
            last = leaves[-1] if leaves else EMPTY_TEXT
            if last.start >= 0 and piece.start == last.start + last.n and piece.origin is last.origin:
                assert isinstance(last.origin, Document)
                leaves[-1] = span_of(last.origin, last.start, last.n + piece.n)
            else:
                leaves.append(piece)
    return leaves


def _piece_count(rope: Rope) -> int:
    """The pieces on all levels of a rope, a shared one as often as it occurs; each rope is looked at once."""
    for piece in rope.pieces:
        if isinstance(piece, Rope):
            break
    else:
        return len(rope.pieces)
    counts: dict[int, int] = {}
    stack = [rope]
    while stack:
        top = stack[-1]
        inner = [piece for piece in top.pieces if isinstance(piece, Rope)]
        unknown = [piece for piece in inner if id(piece) not in counts]
        if unknown:
            stack.extend(unknown)
        else:
            counts[id(top)] = len(top.pieces) + sum(counts[id(piece)] for piece in inner)
            stack.pop()
    return counts[id(rope)]


def origin_of(text: Text) -> Origin | None:
    """The node of provenance that stands for a text as a whole."""
    if text.start >= 0:
        return Stretch(text.origin, text.start, text.start + text.n)  # type: ignore[arg-type]
    return text.origin


def derived(s: str, *sources: Text) -> Text:
    """A flat text computed from others: covers all that they cover."""
    if len(sources) == 1:
        return Text(s, origin_of(sources[0]))
    origins = tuple(o for o in map(origin_of, sources) if o is not None)
    if not origins:
        return Text(s)
    return Text(s, origins[0] if len(origins) == 1 else Derived(origins))


EMPTY_TEXT: Final = Text("")
