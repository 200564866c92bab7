"""The best places of some passages for a part of an answer.

Owns `Claim`, `Place` and the choice. Promises work that is linear in the passages: of a thing that occurs everywhere, the
places near the rarest words of the question are looked at. Refuses a place that shares too little with the claim.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence, Set
from dataclasses import replace
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.evidence.folded import fold, terms
from lambda_rlm.evidence.needles import ABOUT, CONTEXT, VALUES, WEIGHTS, Needle
from lambda_rlm.evidence.numbers import rounds_to, words_of
from lambda_rlm.evidence.record import Match
from lambda_rlm.evidence.scope import Scope
from lambda_rlm.evidence.windows import window
from lambda_rlm.folding import is_joined

MOST_PLACES: Final = 3
"""FilePlaces for one part of an answer, which may join facts."""

_MOST_TRIED: Final = 200
_ANCHORS: Final = 6
_NEAR: Final = 400
_BEFORE, _AFTER = 200, 120
_OUTSIDE: Final = 0.4
_LEAST_SHARE: Final = 0.5
_LEAST_WORDS: Final = 2
_STEM: Final = 5
_LARGE: Final = 5
"""A number of at least so many digits that ends in zeros is taken for a rounded one."""
_SMALL_SCOPE: Final = 600
"""Characters of passages from which on a value needs more than itself to be found in them."""
_BESIDE_SMALL: Final = 0.15
"""The share of the words of a claim and its question that is beside a number below 1,000."""
_UNIT, _NARROW, _ABOVE, _PHRASE = 40, 60, 80, 3
_OF_CODES: Final = frozenset("/_.:\\@")
_SHORT: Final = 3
"""Letters up to which a word is no part of another one."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A part of an answer: what it says, the things in it to look for, its own words, and those of the question and of what is
    said beside it."""

    said: str
    needles: Sequence[Needle]
    words: Sequence[str]
    context: Sequence[str]


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the scope's text that is shown, what it is worth, and the needles that it has."""

    start: int
    end: int
    match: Match
    score: float
    has: frozenset[int] = frozenset()


def places_for(claim: Claim, scope: Scope) -> list[Place]:
    """The places that support a claim, the best first; none where nothing does. A passage with most words of a claim and
    another number, date or quote supports it not."""
    if not scope.text:
        return []
    hits = [_hits(needle, scope) for needle in claim.needles]
    for number, needle in enumerate(claim.needles):
        if needle.kind == "whole" and hits[number] and (best := _best(claim, scope, hits, [number], "exact")):
            return [best] if _is_enough(claim, best, scope) else []
    strong = [number for number, needle in enumerate(claim.needles) if needle.kind != "whole" and hits[number]]
    found: list[Place] = []
    while strong and len(found) < MOST_PLACES:
        best = _best(claim, scope, hits, strong, "value")
        if best is None:
            break
        if _is_enough(claim, best, scope):
            quoted = any(claim.needles[number].kind == "quote" for number in best.has)
            found.append(replace(best, match="exact") if quoted else best)
        strong = [number for number in strong if number not in best.has]
    values = frozenset(number for number, needle in enumerate(claim.needles) if needle.kind in VALUES)
    if values and not any(values & place.has for place in found):
        return _rounded(claim, scope)
    if found:
        return found
    names = frozenset(word for needle in claim.needles if needle.kind == "name" for word in terms(needle.said))
    return shared(claim.words, claim.context, scope, names)


def shared(words: Sequence[str], context: Sequence[str], scope: Scope, names: Set[str] = frozenset()) -> list[Place]:
    """The passage that shares most of some words, where that is enough of them; those of `names` have no other endings."""
    total = sum(map(scope.weight, words))
    anchors = sorted((word for word in words if scope.folded.count(word)), key=scope.folded.count)[:_ANCHORS]
    best: Place | None = None
    for anchor in anchors:
        for start, end in scope.folded.find(anchor, _MOST_TRIED // _ANCHORS):
            low, high = window(scope.text, *scope.bounds(start), start, end)
            inner = fold(scope.text[low:high])
            common = [word for word in words if (is_whole_in if word in names else is_in)(word, inner)]
            share = sum(map(scope.weight, common)) / total
            if share >= _LEAST_SHARE and len(common) >= _LEAST_WORDS:
                place = Place(low, high, "overlap", share + 0.1 * _context(context, scope, low, high, inner))
                best = place if best is None or place.score > best.score else best
    return [] if best is None else [best]


def is_in(word: str, folded_text: str) -> bool:
    """A word is in a folded text, perhaps with another ending; a number or a short word as one of its own."""
    if word.isdigit() or (len(word) <= _SHORT and word.isascii()):
        return is_whole_in(word, folded_text)
    return word in folded_text or (len(word) > _STEM and word[:-2] in folded_text)


def is_whole_in(word: str, folded_text: str) -> bool:
    """A word is in a folded text, and not within another one."""
    at = folded_text.find(word)
    while at >= 0:
        end = at + len(word)
        if not is_joined(folded_text[at - 1 : at], word[0]) and not is_joined(word[-1], folded_text[end : end + 1]):
            return True
        at = folded_text.find(word, end)
    return False


def _hits(needle: Needle, scope: Scope) -> list[tuple[int, int]]:
    """Where a needle is, in order."""
    if needle.kind in ("date", "number"):
        known = scope.days if needle.kind == "date" else scope.numbers
        places = [known.get(value, []) for value in needle.readings]
        if needle.kind == "number":
            words = [word for one in needle.readings for word in words_of(one)]
            words += [needle.said] if any(map(str.isalpha, needle.said)) else []
            places += [list(scope.folded.find(fold(word), _MOST_TRIED)) for word in words]
        found = [some for some in places if some] or [known[value] for value in needle.rest if value in known]
        return found[0] if len(found) == 1 else sorted({place for some in found for place in some})
    return list(scope.folded.find(needle.said, 10 * _MOST_TRIED))


def _best(
    claim: Claim, scope: Scope, hits: Sequence[Sequence[tuple[int, int]]], wanted: Sequence[int], match: Match
) -> Place | None:
    """The best place of those where one of the wanted needles is; the first of equals."""
    best: Place | None = None
    tried: set[tuple[int, int]] = set()
    for number in wanted:
        for start, end in _few(hits[number], claim, scope):
            place = window(scope.text, *scope.bounds(start), start, end)
            if place in tried:
                continue
            tried.add(place)
            has = frozenset(other for other in wanted if _holds(hits[other], *place)) | {number}
            score = sum(WEIGHTS[claim.needles[other].kind] for other in has)
            score += CONTEXT * _context([*claim.context, *claim.words], scope, *place)
            if best is None or score > best.score + 1e-9:
                best = Place(*place, match, score, has)
    return best


def _few(places: Sequence[tuple[int, int]], claim: Claim, scope: Scope) -> Sequence[tuple[int, int]]:
    """FilePlaces that are worth a look: all of a few; of many, the first, and those near the rarest words beside them."""
    if len(places) <= _MOST_TRIED:
        return places
    chosen = set(range(_MOST_TRIED // 4))
    known = [word for word in claim.context if scope.folded.count(word)]
    for word in sorted(known, key=scope.folded.count)[:_ANCHORS]:
        for start, _ in scope.folded.find(word, _MOST_TRIED // _ANCHORS):
            low = bisect_left(places, (start - _NEAR, 0))
            chosen.update(range(low, min(len(places), bisect_right(places, (start + _NEAR, 0)), low + _ANCHORS)))
    return [places[number] for number in sorted(chosen)]


def _holds(places: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """One of some places, in order, is within a part of the text."""
    at = bisect_left(places, (start, 0))
    return at < len(places) and places[at][1] <= end


def _context(words: Sequence[str], scope: Scope, start: int, end: int, inner: str | None = None) -> float:
    """How much of some words, from 0 to 1, is at a place and, with less weight, around it."""
    total = sum(map(scope.weight, words))
    if not total:
        return 0.0
    inner = (fold(scope.text[start:end]) if inner is None else inner) + f" {scope.row(start)}"
    low, high = scope.bounds(start)
    outer = fold(scope.text[max(low, start - _BEFORE) : min(high, end + _AFTER)])
    found = sum(scope.weight(word) * (1.0 if is_in(word, inner) else _OUTSIDE if is_in(word, outer) else 0.0) for word in words)
    return found / total


def _is_enough(claim: Claim, place: Place, scope: Scope) -> bool:
    """Any number occurs somewhere in a long text: near it there must be a word of the claim or the question, beside its unit,
    if the text has one at all. Near a name there must be at least half of these words."""
    strongest = [claim.needles[number] for number in place.has]
    is_whole = any(needle.kind in ("whole", "quote") for needle in strongest)
    if is_whole and any(len(terms(needle.said)) >= _PHRASE for needle in strongest):
        return True
    inner = _beside(place, scope)
    if all(needle.kind == "name" for needle in strongest):
        is_code = any(any(map(str.isdigit, needle.said)) or not _OF_CODES.isdisjoint(needle.said) for needle in strongest)
        named = {word for needle in strongest for word in terms(needle.said)}
        asked = [word for word in claim.context if word not in named]
        return is_code or any(_share(words, scope, inner) >= _LEAST_SHARE for words in (claim.words, asked))
    own = {word for needle in strongest if needle.kind in VALUES for word in terms(fold(needle.said))}
    known = [word for word in (*claim.context, *claim.words) if word not in own and scope.folded.count(word)]
    units = {word for needle in strongest for word in _after(needle.said, claim.said)}
    beside = [word for word in known if word not in units] or known
    is_small = all(needle.kind == "number" and needle.said.isdigit() and len(needle.said) < len("1000") for needle in strongest)
    if len(scope.text) <= _SMALL_SCOPE or not beside:
        return not is_small or len(scope.text) <= _SMALL_SCOPE
    share = _share(beside, scope, inner)
    if is_whole:
        return share > 0
    return share >= _BESIDE_SMALL if is_small else share > 0


def _beside(place: Place, scope: Scope) -> str:
    """The folded text of a place, with what is right above it where it is a short line, as those of forms and tables are."""
    more = _ABOVE if place.end - place.start < _NARROW else 0
    above = fold(scope.text[max(scope.bounds(place.start)[0], place.start - more) : place.end])
    return f"{above} {scope.row(place.start)}"


def _after(said: str, claim: str) -> list[str]:
    """The word after a value in a claim."""
    return terms(fold(claim.partition(said)[2][:_UNIT]))[:1]


def _share(words: Sequence[str], scope: Scope, inner: str) -> float:
    """How much of some words, from 0 to 1, is in a folded part of the text."""
    total = sum(map(scope.weight, words))
    return sum(scope.weight(word) for word in words if is_in(word, inner)) / total if total else 0.0


def _rounded(claim: Claim, scope: Scope) -> list[Place]:
    """The best place of a number that rounds to one of the claim's, with words of the claim or question beside it."""
    numbers = [needle for needle in claim.needles if needle.kind == "number"]
    is_about = ABOUT.search(claim.said) is not None
    rough = [one for needle in numbers for one in needle.readings if is_about or "." in one or len(one) >= _LARGE]
    exact = [value for value in scope.numbers if any(rounds_to(value, one) for one in rough)] if rough else []
    best: Place | None = None
    for value in exact:
        for start, end in scope.numbers[value][:_ANCHORS]:
            place = window(scope.text, *scope.bounds(start), start, end)
            score = _context([*claim.context, *claim.words], scope, *place)
            if score > 0 and (best is None or score > best.score):
                best = Place(*place, "near", score)
    return [] if best is None else [best]
