"""What programs cut away from the inputs before a model saw it.

Owns `Cuts`, which records every `take`, `take_last` and `slice` of a text, and counts the characters of the inputs that were
cut from a text of which another part was in a prompt, and that were in no prompt themselves.
Promises constant work for each cut, and a number that does not depend on the schedule. Refuses to guess: what is cut from
replies, or from texts that were computed and not cut out of an input, is in no place of an input and is not counted.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Final

from lambda_rlm.eval.provenance.intervals import Interval, common_to, meets, minus, union
from lambda_rlm.eval.value import Document, Rope, Stretch, Text, origin_of
from lambda_rlm.syntax.primitive import Primitive

CUTTING: Final = frozenset((Primitive.TAKE, Primitive.TAKE_LAST, Primitive.SLICE))
"""The library functions that a text is shortened with."""

Shown = Callable[[Document], Sequence[Interval]]
"""The parts of a document that have stood in prompts: disjoint, in order."""


class Cuts:
    """The cuts of one run. `inner` counts what sub-runs have dropped."""

    __slots__ = ("_ropes", "_spans", "inner")

    def __init__(self) -> None:
        self._spans: dict[Document, array[int]] = {}
        self._ropes: dict[int, tuple[Rope, list[Text]]] = {}
        self.inner = 0

    def note(self, whole: Text, kept: Text) -> None:
        """A text was cut; `kept` is what is left of it, and not empty."""
        if whole.start >= 0:
            document = whole.origin
            assert isinstance(document, Document)
            row = self._spans.get(document)
            if row is None:
                row = self._spans[document] = array("q")
            row.extend((whole.start, whole.start + whole.n, kept.start, kept.start + kept.n))
        elif isinstance(whole, Rope) and whole.origin is not None:
            self._ropes.setdefault(id(whole), (whole, []))[1].append(kept)

    def characters(self, shown: Shown) -> int:
        """How many characters were cut away before a prompt, and never shown."""
        lost: dict[Document, list[Interval]] = {}
        for document, row in self._spans.items():
            seen = shown(document)
            starts, ends = [start for start, _ in seen], [end for _, end in seen]
            parts = lost[document] = []
            for at in range(0, len(row) if seen else 0, 4):
                start, end = row[at + 2], row[at + 3]
                first = bisect_right(ends, start)  # as `meets`, without a call: a long input may be cut a million times
                if first < len(starts) and starts[first] < end:
                    parts += ((row[at], start), (end, row[at + 1]))
        for rope, kept in self._ropes.values():
            for document, parts in _lost(rope, kept, shown).items():
                lost.setdefault(document, []).extend(parts)
        return self.inner + sum(
            end - start for document, parts in lost.items() for start, end in minus(union(parts), shown(document))
        )


def _lost(rope: Rope, kept: Sequence[Text], shown: Shown) -> dict[Document, list[Interval]]:
    """What some cut of a rope, of which a kept part was shown, has left out."""
    common: dict[Document, list[Interval]] | None = None
    for text in kept:
        parts = _parts(text)
        if any(meets(shown(document), start, end) for document, rows in parts.items() for start, end in rows):
            common = parts if common is None else {d: common_to(rows, parts.get(d, [])) for d, rows in common.items()}
    if common is None:
        return {}
    return {document: minus(rows, common.get(document, [])) for document, rows in _parts(rope).items()}


def _parts(text: Text) -> dict[Document, list[Interval]]:
    """The stretches of documents that the pieces of a text are, or were computed from. A text that was cut has its pieces
    opened."""
    by_document: dict[Document, list[Interval]] = {}
    for piece in text.pieces if isinstance(text, Rope) else (text,):
        origin = origin_of(piece)
        if isinstance(origin, Document):
            origin = Stretch(origin, 0, len(origin.text))
        if isinstance(origin, Stretch):
            by_document.setdefault(origin.document, []).append((origin.start, origin.end))
    return {document: union(rows) for document, rows in by_document.items()}
