"""The search for the evidence of an answer: part by part, in what is nearest to each first.

Owns `EvidenceSearch`. Refuses to make evidence up: what nothing supports has a note.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from lambda_rlm.evidence.answer import Basis, Leaf
from lambda_rlm.evidence.choose import Claim, Place, places_for, shared
from lambda_rlm.evidence.counted import counted, labelled, number_cells
from lambda_rlm.evidence.folded import fold
from lambda_rlm.evidence.needles import (
    VALUES,
    Needle,
    content_words,
    is_truth,
    needles_of,
    parts_of_answer,
    says_nothing,
)
from lambda_rlm.evidence.numbers import spelled
from lambda_rlm.evidence.parts import SourcePart
from lambda_rlm.evidence.placing import ROW, Placing
from lambda_rlm.evidence.record import LONGEST, Evidence, EvidenceSet, Match
from lambda_rlm.evidence.scope import Scope
from lambda_rlm.evidence.windows import window
from lambda_rlm.graphemes import begun
from lambda_rlm.inputs.formats.extracted import FilePlaces

MOST_CLAIMS: Final = 100
"""Parts of an answer for which evidence is looked for."""
MOST_COUNTED: Final = 5
"""Passages that are cited of those that a count or a sum was made of."""
_LONGEST_CLAIM: Final = 200
_MOST_UNSUPPORTED: Final = 3


class EvidenceSearch:
    """One search for the evidence of an answer."""

    def __init__(self, basis: Basis, places: Mapping[str, FilePlaces]) -> None:
        self.basis = basis
        self.placing = Placing(places, basis.documents)
        self.query = content_words(basis.query)
        self.evidence: dict[tuple[str, int, int, str], Evidence] = {}
        self.notes: list[str] = []
        self.unsupported: list[str] = []
        self.computed: list[str] = []
        self.is_cut = not basis.is_whole
        self.left = MOST_CLAIMS
        self._scopes: dict[tuple[SourcePart, ...] | frozenset[int], Scope] = {}
        self._labels: dict[tuple[str, frozenset[int]], int] = {}

    def found(self) -> EvidenceSet:
        """The evidence for all parts of the answer, and notes."""
        leaves = self.basis.leaves
        beside: dict[tuple[int, ...], list[str]] = {}
        for leaf in leaves:
            beside.setdefault(leaf.entry, []).append(str(leaf.said))
        for leaf in leaves:
            others = [said for said in beside[leaf.entry] if said != str(leaf.said)]
            if self.left <= 0:
                self.notes.append(f"evidence was looked for in the first {MOST_CLAIMS} parts of the answer")
                break
            self._look(leaf, others)
        if self.computed:
            one = len(set(self.computed)) == 1
            was, them = ("was", "it") if one else ("were", "them")
            self.notes.append(f"{_some(self.computed)} {was} computed by the program; no passage comes to {them}")
        if self.unsupported:
            self.notes.append(f"no passage with these words: {_some([f'“{said}”' for said in self.unsupported])}")
        if self.is_cut:
            self.notes.append("evidence was looked for in a part of what was read")
        return EvidenceSet(tuple(self.evidence.values()), tuple(dict.fromkeys(self.notes)))

    def _look(self, leaf: Leaf, others: Sequence[str]) -> None:
        context = [*content_words(*others, leaf.field.replace("_", " ")), *self.query]
        if leaf.kind == "cut":
            self.left -= 1
            self._cut(leaf)
        elif leaf.kind == "number":
            self.left -= 1
            self._number(leaf, context)
        elif leaf.kind == "label":
            self.left -= 1
            self._label(leaf)
        elif leaf.kind == "truth":
            self.left -= 1
            self._truth(leaf, "yes" if leaf.said else "no")
        else:
            self._text(leaf, context)

    def _cut(self, leaf: Leaf) -> None:
        """What the program cut out of an input, or a quote, is its own evidence."""
        for passage in leaf.passages:
            start, end = window(passage.text, passage.start, passage.end, passage.start, passage.end)
            self._add(self._read_by(passage), start, end, str(leaf.said), "exact")

    def _number(self, leaf: Leaf, context: Sequence[str]) -> None:
        said = leaf.said
        assert isinstance(said, int | float)
        if leaf.is_computed and not leaf.calls:
            self._count(said, str(said))
            return
        needle = Needle("number", str(said), frozenset((spelled(said),)))
        self._support(leaf, Claim(str(said), [needle], (), context))

    def _count(self, said: int | float, claim: str) -> None:
        """Cite what a computed number was made of."""
        found = counted(said, f"{self.basis.query} {claim}", self.basis)
        if found is None:
            if self.basis.shown:  # without a call, all is the program's own
                self.computed.append(str(said))
            return
        for passage in found.passages[:MOST_COUNTED]:
            start, end = window(passage.text, passage.start, passage.end, passage.start, passage.end)
            self._add(passage, start, end, claim, "counted")
        more = len(found.passages) - MOST_COUNTED
        passages = "passage" if len(found.passages) == 1 else "passages"
        tail = f"; the first {MOST_COUNTED} are shown, and {more:,} more" if more > 0 else ""
        self.notes.append(f"{said} is made of {len(found.passages):,} {passages} ({found.what}){tail}")

    def _label(self, leaf: Leaf) -> None:
        """A label goes back to the item that got it, or to the passage that was read for it."""
        label = str(leaf.said)
        key = (label, leaf.calls)
        total = sum(one.kind == "label" and (one.said, one.calls) == key for one in self.basis.leaves)
        number = self._labels.get(key, 0)
        self._labels[key] = number + 1
        passage = labelled(label, number, total, leaf.calls, self.basis)
        scope = self._scope((passage,) if passage is not None else self.basis.shown)
        places = places_for(Claim(label, needles_of(label), content_words(label), self.query), scope)
        if not places and passage is not None and passage.end - passage.start <= LONGEST:
            self._add(passage, passage.start, passage.end, label, "overlap")
        else:
            self._take(places or shared(self.query, (), scope), scope, label)

    def _truth(self, leaf: Leaf, said: str) -> None:
        """A yes or no has no words of its own: the passage that shares most with the question."""
        scope = next((scope for scope in self._tiers(leaf, ()) if scope.text), self._scope(self.basis.shown))
        self._take(shared(self.query, (), scope), scope, said)

    def _text(self, leaf: Leaf, context: Sequence[str]) -> None:
        text = str(leaf.said)
        if says_nothing(text):
            self.left -= 1
            return
        if is_truth(text):
            self.left -= 1
            self._truth(leaf, text)
            return
        is_own = len(leaf.calls) == 1 and self.basis.replies.get(next(iter(leaf.calls)), "").strip() == text.strip()
        for part in parts_of_answer(text, self.left):
            self.left -= 1
            needles = needles_of(part)
            computed = [] if is_own else [one for one in needles if one.kind == "number" and not self._is_read(one, leaf)]
            for number in computed:
                value = min(number.readings, key=len)
                self._count(float(value) if "." in value else int(value), part)
            if computed:
                needles = [one for one in needles if one not in computed and one.kind != "whole"]
            if (leaf.calls or leaf.passages) and (needles or not computed):
                self._support(leaf, Claim(part, needles, content_words(part), context))

    def _is_read(self, needle: Needle, leaf: Leaf) -> bool:
        """A number of a text that a program put together was read, and not computed, where it is in a reply or a cut."""
        read = [reply for call in self._all_calls(leaf) if (reply := self.basis.replies.get(call)) is not None]
        read += [
            passage.text[passage.start : passage.end] for passage in leaf.passages if passage.end - passage.start <= LONGEST
        ]
        return any(needle.said in text or fold(needle.said) in fold(text) for text in read)

    def _support(self, leaf: Leaf, claim: Claim) -> None:
        """Look in what is nearest to a value first."""
        for scope in self._tiers(leaf, claim.needles):
            self.is_cut = self.is_cut or scope.is_cut
            places = places_for(claim, scope)
            if places:
                self._take(places, scope, claim.said)
                self._tell_what_lacks(claim, places)
                return
        self.unsupported.append(_short(claim.said))

    def _tell_what_lacks(self, claim: Claim, places: Sequence[Place]) -> None:
        """Numbers, dates and quotes of a claim that are at none of its places, but for those of the question."""
        if any(place.match not in ("value", "exact") or not place.has for place in places):
            return
        has = frozenset(number for place in places for number in place.has)
        if any(claim.needles[number].kind == "whole" for number in has):
            return
        query = fold(self.basis.query)
        for number, needle in enumerate(claim.needles):
            is_telling = needle.kind in VALUES and any(map(str.isdigit, needle.said))
            if (is_telling or needle.kind == "quote") and number not in has and fold(needle.said) not in query:
                self.unsupported.append(_short(needle.said))

    def _tiers(self, leaf: Leaf, needles: Sequence[Needle]) -> Iterator[Scope]:
        """Passages from near to far: those that the program or the call of this value read; those of calls whose replies have
        the same words; those of all calls below; the numbers of rows."""
        basis, calls = self.basis, leaf.calls
        near = tuple(passage for call in sorted(calls) for passage in basis.parts.get(call, ()))
        if leaf.passages or near:
            yield self._scope((*leaf.passages, *near))
        below = self._all_calls(leaf) - calls
        said = [needle.said for needle in needles]
        telling = {call for call in below if any(one in fold(basis.replies.get(call, "")) for one in said)}
        for chosen in (telling, below - telling):
            passages = tuple(passage for call in sorted(chosen) for passage in basis.parts.get(call, ()))
            if passages:
                yield self._scope(passages)
        if basis.tables:
            yield self._scope(tuple(number_cells(basis.tables, None)))
        if leaf.is_computed and basis.parts.get(None):
            yield self._scope(basis.parts[None])

    def _all_calls(self, leaf: Leaf) -> frozenset[int]:
        """The calls of a value, and all whose replies these read."""
        calls, stack = set(leaf.calls), list(leaf.calls)
        while stack:
            for call in self.basis.below.get(stack.pop(), ()):
                if call not in calls:
                    calls.add(call)
                    stack.append(call)
        return frozenset(calls)

    def _scope(self, passages: tuple[SourcePart, ...]) -> Scope:
        known = self._scopes.get(passages)
        if known is None:
            known = self._scopes[passages] = Scope(passages, self._row)
        return known

    def _row(self, passage: SourcePart) -> str:
        """The row of rows that a passage is a cell of: names of columns, and what is in them."""
        place = ROW.match(passage.name)
        table = None if place is None else self.basis.tables.get(place["input"])
        if place is None or table is None or int(place["row"]) >= len(table):
            return ""
        return " ".join(
            f"{column.replace('_', ' ')} {str(cell)[:LONGEST]}" for column, cell in table[int(place["row"])].items()
        )

    def _take(self, places: Sequence[Place], scope: Scope, said: str) -> None:
        if not places:
            self.unsupported.append(_short(said))
        for place in places:
            passage, start, end = scope.origin(place.start, place.end)
            self._add(self._read_by(passage), start, end, said, place.match)

    def _read_by(self, passage: SourcePart) -> SourcePart:
        """The passage with the call that read it, where only the program's own way to it is known."""
        if passage.call is not None:
            return passage
        readers = (one for one in self.basis.shown if one.name == passage.name)
        reader = next((one.call for one in readers if one.start <= passage.start and passage.end <= one.end), None)
        return passage if reader is None else passage._replace(call=reader)

    def _add(self, passage: SourcePart, start: int, end: int, claim: str, match: Match) -> None:
        key = (passage.name, start, end, claim)
        if key not in self.evidence:
            self.evidence[key] = self.placing.evidence(passage, start, end, _short(claim), match)


def _some(names: Sequence[str]) -> str:
    """The first of some things, each once, and how many more there are."""
    each = list(dict.fromkeys(names))
    more = len(each) - _MOST_UNSUPPORTED
    return ", ".join(each[:_MOST_UNSUPPORTED]) + (f" and {more:,} more" if more > 0 else "")


def _short(said: str) -> str:
    """A part of an answer as it is named."""
    return said if len(said) <= _LONGEST_CLAIM else begun(said, _LONGEST_CLAIM - 1) + "…"
