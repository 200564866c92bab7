"""Where a quote is in what the model was shown.

Owns the search for Quotes. Promises: a quote is found only where it is in a part of the prompt that came from an input (not
from a reply, nor from the program), white space normalized; where it is nowhere so, signs of print may be others (straight
quotation marks for curly ones, hyphens at line ends, ligatures, widths, accents), but no letter and no casing; the first
place wins; what is returned is the input's own text, as a span of its document wherever the place lies in one. Refuses the
empty quote.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.asking.prompt import PRICE, Prompt
from lambda_rlm.eval.document import width_of
from lambda_rlm.eval.library.extent import looking
from lambda_rlm.eval.library.occurrence import first
from lambda_rlm.eval.named.replaced_text import PrintedText
from lambda_rlm.eval.provenance.coverage import stretches
from lambda_rlm.eval.tariff import CHARACTER, HEADER
from lambda_rlm.eval.value import Derived, Document, Stretch, Text, origin_of, span_of
from lambda_rlm.late_pattern import late_pattern

Leaf = tuple[int, Text]
"""A piece of the text searched, with its offset."""

_WORD = late_pattern(r"\S+")
_MOST_SEARCHED: Final = 1_000_000
"""Characters of documents that are searched again for a quote from a text made of them."""

_SLACK: Final = 1_000


class Normalized:
    """A text with its white space normalized, and the way back to its own positions."""

    def __init__(self, text: str, meter: Meter) -> None:
        meter.allocate(HEADER + CHARACTER * len(text))
        words: list[str] = []
        self._originals, self._starts = array("q"), array("q")
        at = 0
        for batch in looking(_WORD.finditer(text), meter):
            for word in batch:
                words.append(word.group())
                self._originals.append(word.start())
                self._starts.append(at)
                at += word.end() - word.start() + 1
        self.text = " ".join(words)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The place in the text as it was that became a place of it normalized, which is not empty."""
        return self._original(start), self._original(end - 1) + 1

    def _original(self, at: int) -> int:
        word = bisect_right(self._starts, at) - 1
        return self._originals[word] + at - self._starts[word]


Form = type[Normalized] | type[PrintedText]
"""How texts are written in which a quote is looked for."""


class QuoteFinder:
    """Finds quotes in a text whose pieces are known; prepared when the first is looked for.

    What is searched is normalized once, however many quotes there are, and a quote that was looked for is known.
    """

    def __init__(self, text: str, leaves: Sequence[Leaf], meter: Meter) -> None:
        self._text = text
        self._leaves = leaves
        self._offsets = [offset for offset, _ in leaves]
        self._meter = meter
        self._regions: dict[Form, list[tuple[int, Normalized | PrintedText]]] = {}
        self._sources: dict[tuple[int, int, int, Form], Normalized | PrintedText] = {}
        self._found: dict[str, Text | None] = {}

    def find(self, quote: str) -> Text | None:
        """The first place of a quote, as the input's text; None when it is nowhere or is empty."""
        wanted = normalized(quote)
        if not wanted:
            return None
        if wanted not in self._found:
            found = self._place(wanted, Normalized)
            self._found[wanted] = found or self._place(PrintedText(wanted, self._meter).text, PrintedText)
        return self._found[wanted]

    def _place(self, wanted: str, form: Form) -> Text | None:
        if not wanted:
            return None
        if form not in self._regions:
            places = list(self.regions())
            self._meter.spend(PRICE.steps(characters=sum([end - start for start, end in places])))
            self._regions[form] = [(start, form(self._text[start:end], self._meter)) for start, end in places]
        for start, region in self._regions[form]:
            self._meter.glance()
            self._meter.spend(PRICE.steps(characters=len(region.text)))
            place = _found(wanted, region)
            if place is not None:
                return self._located(start + place[0], start + place[1], wanted, form)
        return None

    def regions(self) -> Iterator[tuple[int, int]]:
        """Longest runs of pieces that came from inputs, with the white space that is between them."""
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
        return leaf.origin is not None and next(stretches([leaf.origin], self._meter), None) is not None

    def _located(self, start: int, end: int, wanted: str, form: Form) -> Text:
        """The text at a place, as a span of a document where that says the same in characters that are no wider: bounds reckon
        with those of the prompt, and white space may be another in the document."""
        shown = self._text[start:end]
        leaves = list(self._touched(start, end))
        spans = [(leaf.origin, leaf.start + a, leaf.start + b) for leaf, a, b in leaves if leaf.start >= 0]
        if spans and len(spans) == sum(leaf.origin is not None for leaf, _, _ in leaves):
            document, first, _ = spans[0]
            last = spans[-1][2]
            if (
                isinstance(document, Document)
                and all(other is document for other, _, _ in spans)
                and 0 <= last - first <= end - start + _SLACK
                and form(document.text[first:last], self._meter).text == form(shown, self._meter).text
                and width_of(document.text[first:last]) <= width_of(shown)
            ):
                return span_of(document, first, last - first)
        origins = [origin for leaf, a, b in leaves if (origin := origin_of(leaf.cut(a, b))) is not None]
        cited = self._in_documents(stretches(origins, self._meter), wanted, form)
        if cited is not None and width_of(cited.s) <= width_of(shown):
            return cited
        return Text(shown, origins[0] if len(origins) == 1 else Derived(tuple(origins)))

    def _touched(self, start: int, end: int) -> Iterator[tuple[Text, int, int]]:
        """The pieces that a place touches, each with the part of it that does."""
        for at in range(max(0, bisect_right(self._offsets, start) - 1), bisect_left(self._offsets, end)):
            offset, leaf = self._leaves[at]
            if offset + leaf.n > start:
                yield leaf, max(0, start - offset), min(leaf.n, end - offset)

    def _in_documents(self, sources: Iterable[Stretch], wanted: str, form: Form) -> Text | None:
        """The first place of a quote in the parts of documents that a computed text was made from."""
        searched = 0
        for source in sources:
            searched += source.end - source.start
            if searched > _MOST_SEARCHED:
                return None
            self._meter.glance()
            self._meter.spend(PRICE.steps(characters=source.end - source.start))
            place = _found(wanted, self._source(source, form))
            if place is not None:
                return span_of(source.document, source.start + place[0], place[1] - place[0])
        return None

    def _source(self, source: Stretch, form: Form) -> Normalized | PrintedText:
        """A part of a document, normalized once, unless too many are."""
        key = (id(source.document), source.start, source.end, form)
        known = self._sources.get(key)
        if known is None:
            known = form(source.document.text[source.start : source.end], self._meter)
            if sum([end - start for _, start, end, _ in self._sources]) > _MOST_SEARCHED:
                self._sources.clear()
            self._sources[key] = known
        return known


def _found(wanted: str, text: Normalized | PrintedText) -> tuple[int, int] | None:
    """The place of the first occurrence of a quote in that form, in the text as it was."""
    at = first(text.text, wanted, 0, len(text.text))
    return None if at < 0 else text.original(at, at + len(wanted))


def finder_of(prompt: Prompt, meter: Meter) -> QuoteFinder:
    """The finder over everything that a prompt shows."""
    return QuoteFinder(prompt.text, prompt.leaves, meter)


def normalized(text: str) -> str:
    """A text with each run of white space as one space, none at the ends."""
    return " ".join(text.split())
