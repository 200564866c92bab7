"""Where a quote is in what the model was shown.

Owns the search for Quotes. Promises: a quote is found only if it stands, white space normalized, in a part of the prompt that
came from an input (not from a reply, nor from the program); the first place wins; what is returned is the input's own text,
as a span of its document wherever the place lies in one. Refuses the empty quote.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.asking.prompt import PRICE, Prompt
from lambda_rlm.eval.provenance.coverage import stretches
from lambda_rlm.eval.value import Derived, Document, Stretch, Text, origin_of, span_of

Leaf = tuple[int, Text]
"""A piece of the text searched, with its offset."""

_WORD = re.compile(r"\S+")
_MOST_SEARCHED: Final = 1_000_000
"""Characters of documents that are searched again for a quote from a text made of them."""
_MOST_PATTERN_WORDS: Final = 64
"""A quote of more words is looked for in a normalized copy instead."""

_SLACK: Final = 1_000


class Normalized:
    """A text with its white space normalized, and the way back to its own positions."""

    def __init__(self, text: str) -> None:
        words = list(_WORD.finditer(text))
        self.text = " ".join([word.group() for word in words])
        self._originals = [word.start() for word in words]
        self._starts: list[int] = []
        at = 0
        for word in words:
            self._starts.append(at)
            at += word.end() - word.start() + 1

    def find(self, quote: str) -> tuple[int, int] | None:
        """The place of the first occurrence of a normalized quote, in the text as it was."""
        at = self.text.find(quote)
        return None if at < 0 else (self._original(at), self._original(at + len(quote) - 1) + 1)

    def _original(self, at: int) -> int:
        word = bisect_right(self._starts, at) - 1
        return self._originals[word] + at - self._starts[word]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A normalized quote, and for a short one a pattern that finds it in any text as it is."""

    text: str
    pattern: re.Pattern[str] | None

    def place(self, text: str, start: int, end: int) -> tuple[int, int] | None:
        """The first place of the quote between two positions of a text."""
        if self.pattern is not None:
            match = self.pattern.search(text, start, end)
            return None if match is None else match.span()
        place = Normalized(text[start:end]).find(self.text)
        return None if place is None else (start + place[0], start + place[1])


def _wanted(quote: str) -> _Wanted:
    words = quote.split()
    short = len(words) <= _MOST_PATTERN_WORDS
    return _Wanted(" ".join(words), re.compile(r"\s+".join(map(re.escape, words))) if short else None)


class QuoteFinder:
    """Finds quotes in a text whose pieces are known; prepared when the first is looked for."""

    def __init__(self, text: str, leaves: Sequence[Leaf], meter: Meter) -> None:
        self._text = text
        self._leaves = leaves
        self._meter = meter
        self._regions: list[tuple[int, int]] | None = None

    def find(self, quote: str) -> Text | None:
        """The first place of a quote, as the input's text; None when it stands nowhere or is empty."""
        wanted = _wanted(quote)
        if not wanted.text:
            return None
        if self._regions is None:
            self._regions = list(self._input_regions())
        for start, end in self._regions:
            self._meter.spend(PRICE.steps(characters=end - start))
            place = wanted.place(self._text, start, end)
            if place is not None:
                return self._located(*place, wanted)
        return None

    def _input_regions(self) -> Iterator[tuple[int, int]]:
        """Longest runs of pieces that came from inputs, with the white space that stands between them."""
        start = end = -1
        for offset, leaf in self._leaves:
            if self._is_from_input(leaf):
                start = offset if start < 0 else start
                end = offset + leaf.n
            elif start >= 0 and not (leaf.origin is None and leaf.s.isspace()):
                yield start, end
                start = -1
        if start >= 0:
            yield start, end

    def _is_from_input(self, leaf: Text) -> bool:
        if leaf.start >= 0:
            return True
        return leaf.origin is not None and next(stretches([leaf.origin], self._meter, through_replies=False), None) is not None

    def _located(self, start: int, end: int, wanted: _Wanted) -> Text:
        """The text at a place, as a span of a document where that says the same."""
        leaves = list(self._touched(start, end))
        spans = [(leaf.origin, leaf.start + a, leaf.start + b) for leaf, a, b in leaves if leaf.start >= 0]
        if spans and len(spans) == sum(leaf.origin is not None for leaf, _, _ in leaves):
            document, first, _ = spans[0]
            last = spans[-1][2]
            if (
                isinstance(document, Document)
                and all(other is document for other, _, _ in spans)
                and 0 <= last - first <= end - start + _SLACK
                and normalized(document.text[first:last]) == wanted.text
            ):
                return span_of(document, first, last - first)
        origins = [origin for leaf, a, b in leaves if (origin := origin_of(leaf.cut(a, b))) is not None]
        cited = self._in_documents(stretches(origins, self._meter, through_replies=False), wanted)
        return cited or Text(self._text[start:end], origins[0] if len(origins) == 1 else Derived(tuple(origins)))

    def _touched(self, start: int, end: int) -> Iterator[tuple[Text, int, int]]:
        """The pieces that a place touches, each with the part of it that does."""
        for offset, leaf in self._leaves:
            if offset < end and offset + leaf.n > start:
                yield leaf, max(0, start - offset), min(leaf.n, end - offset)

    def _in_documents(self, sources: Iterable[Stretch], wanted: _Wanted) -> Text | None:
        """The first place of a quote in the parts of documents that a computed text was made from."""
        searched = 0
        for source in sources:
            searched += source.end - source.start
            if searched > _MOST_SEARCHED:
                return None
            self._meter.spend(PRICE.steps(characters=source.end - source.start))
            place = wanted.place(source.document.text, source.start, source.end)
            if place is not None:
                return span_of(source.document, place[0], place[1] - place[0])
        return None


def finder_of(prompt: Prompt, meter: Meter) -> QuoteFinder:
    """The finder over everything that a prompt shows."""
    return QuoteFinder(prompt.text, prompt.leaves, meter)


def normalized(text: str) -> str:
    """A text with each run of white space as one space, none at the ends."""
    return " ".join(text.split())
