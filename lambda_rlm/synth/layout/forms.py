"""The shapes that masked lines or values have, and how many have each.

Owns `common_forms`. Masks that differ only in the words and numbers between their signs are one shape, so that what is shown of
a log is how its lines are built, and of no single line what it says. Promises shapes that are made of masks alone, in an order
that depends on nothing else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.synth.masked import masked

_READ: Final = 8
"""Characters of a line or value that are looked at for each that may be shown: runs are cut."""

_LEAST: Final = 0.01
"""The share that a shape must have to be shown."""

_COVERED: Final = 0.5
_WORTH: Final = 0.05
"""The share that a shape must have where all that are shown cover less than half."""

_USUAL: Final = 0.05
"""The share that a kind of words must have at a place."""

_PART: Final = late_pattern(r"[aA9]+(?: +[aA9]+)*|(.)\1*", re.DOTALL)
_SPACES: Final = late_pattern("( +)")
_WORDS: Final = "w"


@dataclass(frozen=True, slots=True)
class MaskedForm:
    """A shape, and the share in percent of the lines or values that have it. `mask` has what is usual at each place; with
    `is_cut` they go on."""

    mask: str
    percent: int
    is_cut: bool = False

    def begins(self, other: MaskedForm) -> bool:
        """Whether another has this shape."""
        own, theirs = _outline(_parts(self.mask)), _outline(_parts(other.mask))
        return theirs == own or (self.is_cut and theirs.startswith(own))


def common_forms(masks: Sequence[str], most: int, longest: int, beginnings: Sequence[int] = ()) -> tuple[MaskedForm, ...]:
    """The `most` common shapes of some masks (see `mask_of`), the commonest first, in at most `longest` characters. Where these
    cover less than half of the masks, the shapes of their beginnings, of the first number of parts in `beginnings` whose shapes
    do."""
    counts = Counter(masks)
    parts = {mask: _parts(mask) for mask in counts}
    whole = _grouped(parts, counts, most, longest, None)
    for forms in (whole, *(_grouped(parts, counts, most, longest, length) for length in beginnings)):
        if sum(form.percent for form in forms) >= 100 * _COVERED:
            return forms
    return tuple(form for form in whole if form.percent >= 100 * _WORTH)


def mask_of(text: str, longest: int) -> str:
    """The mask of a line or value: one sign more than is shown, so that it is seen to go on."""
    return masked(text[: _READ * longest], longest + 1)


def percent(count: int, total: int) -> int:
    """A share in whole percent."""
    return round(100 * count / total) if total else 0


@dataclass(slots=True)
class _Group:
    """Masks that differ only in the words and numbers between their signs, and in how long runs of a sign are: what each
    place of their outline has, and how many there are; `going_on` of them are longer than the outline."""

    places: list[Counter[str]]
    count: int = 0
    going_on: int = 0

    def form(self, longest: int, total: int) -> MaskedForm:
        mask = "".join(map(_typical, self.places))
        return MaskedForm(mask[:longest], percent(self.count, total), len(mask) > longest or 2 * self.going_on > self.count)


def _typical(place: Counter[str]) -> str:
    """What is usual at a place, word by word, among what has the commonest number of words."""
    rows: dict[int, list[tuple[list[str], int]]] = {}
    for part, count in place.items():
        words = _SPACES.split(part)
        rows.setdefault(len(words), []).append((words, count))
    commonest = max(rows.values(), key=lambda row: sum(count for _, count in row))
    found = [Counter[str]() for _ in commonest[0][0]]
    for words, count in commonest:
        for words_here, word in zip(found, words, strict=True):
            words_here[word] += count
    return "".join(map(_widest, found))


def _widest(words: Counter[str]) -> str:
    """The commonest word of the usual kind with the most kinds of signs: a name of letters and digits is one, though some are
    digits alone."""
    kinds: Counter[frozenset[str]] = Counter()
    for word, count in words.items():
        kinds[frozenset(word)] += count
    usual = [kind for kind, count in kinds.items() if count >= _USUAL * words.total()]
    widest = max(usual or kinds, key=lambda kind: (len(kind), kinds[kind]))
    return next(word for word, _ in words.most_common() if frozenset(word) == widest)


def _grouped(
    parts: Mapping[str, list[str]], counts: Counter[str], most: int, longest: int, length: int | None
) -> tuple[MaskedForm, ...]:
    groups: dict[str, _Group] = {}
    for mask, count in counts.items():
        shown = parts[mask][:length]
        group = groups.setdefault(_outline(shown), _Group([Counter() for _ in shown]))
        for place, part in zip(group.places, shown, strict=True):
            place[part] += count
        group.count += count
        group.going_on += count * (len(parts[mask]) > len(shown) or len(mask) > longest)
    total = counts.total()
    common = sorted(groups.values(), key=lambda group: -group.count)[:most]
    return tuple(group.form(longest, total) for group in common if group.count >= _LEAST * total)


def _parts(mask: str) -> list[str]:
    """A mask in pieces: each row of words and numbers, and each run of a sign."""
    return [found.group() for found in _PART.finditer(mask)]


def _outline(parts: Sequence[str]) -> str:
    return "".join(_WORDS if part[0] in "aA9" else part[0] for part in parts)
