"""Input texts and spans of them: the leaves of provenance. How much memory and how many bytes texts have."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lambda_rlm.budget.meter import Meter
    from lambda_rlm.completion import CountedText, TokenSize, Vocabulary

_BLOCK: Final = 256
"""Characters of which a document knows together how many bytes they have."""


SHORT: Final = 4_096
"""Characters of a text that is counted as a whole where nobody asks for its parts."""


class _Found:
    """What somebody asked about a text: of most texts of a list nobody asks."""

    __slots__ = ("counted", "size", "wide", "width")

    def __init__(self) -> None:
        self.counted: dict[str, CountedText] = {}
        self.size: tuple[str, TokenSize] | None = None
        self.wide: list[int] = []
        self.width = 0


class Document:
    """One input text: the leaf of provenance. `name` is the input's name, with a path inside it for texts in lists and
    records."""

    __slots__ = ("_found", "meter", "name", "text")

    def __init__(self, name: str, text: str, meter: Meter | None = None) -> None:
        self.name = name
        self.text = text
        self.meter = meter
        self._found: _Found | None = None

    def _known(self) -> _Found:
        found = self._found
        if found is None:
            found = self._found = _Found()
        return found

    @property
    def is_alike(self) -> bool:
        """A text of the same characters has the same size: it is short, and nobody has asked for parts of this one."""
        return len(self.text) <= SHORT and (self._found is None or not self._found.counted)

    def counted(self, vocabulary: Vocabulary) -> CountedText:
        """The text with its tokens, counted once for each vocabulary."""
        known = self._known().counted
        counted = known.get(vocabulary.name)
        if counted is None:
            counted = known[vocabulary.name] = vocabulary.counted(self.text)
        return counted

    def size(self, vocabulary: Vocabulary) -> TokenSize:
        """The tokens of the whole text; a short one is counted at once and not in cells, of which there may be hundreds of
        thousands of texts."""
        known = self._known()
        if len(self.text) > SHORT or vocabulary.name in known.counted:
            return self.counted(vocabulary).size
        if known.size is None or known.size[0] != vocabulary.name:
            known.size = vocabulary.name, vocabulary.size(self.text)
        return known.size[1]

    @property
    def width(self) -> int:
        """Bytes of its widest character in UTF-8. The text is read once for it, and not at all when it is ASCII."""
        known = self._known()
        if not known.width:
            known.width = width_of(self.text)
        return known.width

    def bytes_within(self, start: int, end: int) -> int:
        """The most bytes of UTF-8 that a span may have, told from blocks of characters around it: the span itself is not
        read."""
        length = end - start
        if self.width == 1:
            return length
        known = self._known()
        if not known.wide:
            blocks = (self.text[at : at + _BLOCK] for at in range(0, len(self.text), _BLOCK))
            known.wide = [0, *accumulate(len(block.encode("utf-8", "surrogatepass")) - len(block) for block in blocks)]
        wide = known.wide[-(-end // _BLOCK)] - known.wide[start // _BLOCK]
        return length + min(wide, length * (self.width - 1))

    def __repr__(self) -> str:
        return f"Document({self.name!r}, {len(self.text)} characters)"


def memory_of(s: str) -> int:
    """About the bytes that the characters of a text take in memory: one or two each."""
    return memory_like(s, len(s))


def memory_like(s: str, n: int) -> int:
    """The same for `n` characters as in a text."""
    return n if s.isascii() else 2 * n


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
