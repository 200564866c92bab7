"""Which label a reply names: the one reading of labels, for calls, choices, maps and fields.

Owns the rule: a reply names a label when nothing is left of it beside the label, signs around, and listed frames (`frames`); a
longer label hides the shorter ones inside it, in any casing. A line that is marked as the answer counts for a reply of several
lines. Promises that words of no list, and so a denial in any language, leave no label, and so do two labels; bounded work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from lambda_rlm.eval.named.frames import patterns
from lambda_rlm.folding import cased, folded, is_joined
from lambda_rlm.late_pattern import late_pattern

_MOST_AROUND: Final = 400
"""Characters that may stand around a label in one line or sentence."""
_MOST_LINES: Final = 64
"""Lines at the end of a reply in which a marked answer is looked for."""

_QUOTES: Final = "\"'`“”‘’„‚«»‹›「」『』*_()[]{}【】《》〈〉"
_BEFORE: Final = frozenset(" .,;:=→•·|✅✔☑➡👉。、，；：｡､・" + _QUOTES)
"""Signs before a label that say nothing."""
_AFTER: Final = frozenset(" .,;:!|✅✔☑。、，；：｡､・।" + _QUOTES)
"""Signs after a label that say nothing: no question mark, which takes it back."""
_SPACED_BEFORE: Final = frozenset("-–—#>+*")
"""Signs before a label that say nothing where a space follows: dashes and marks of headings and lists."""
_SPACED_AFTER: Final = frozenset("—#*")
"""Signs after a label that say nothing where spaces are around: no `-` and `+`, which are part of a grade or a name."""

_MOST_ATTACHED: Final = 4
"""Characters of what is written together with a label before it."""

_LOOSE = late_pattern(r"(?<=[^\W\d_])[-_ ](?=[^\W\d_])")
"""What parts the words of a label, in whichever way: `not_spam`, `not-spam`, `not spam`."""
_LONGEST_ARTICLE: Final = 4

_SEVERAL: Final = -1
"""More than one label."""

Spans = Mapping[int, Sequence[tuple[int, int]]]
"""By start: the end of each label there, and which it is."""


def named(text: str, words: Mapping[str, str]) -> str | None:
    """The one meaning of the words that a reply names, by `words`: what each word means. None for none, for
    several, and for a word beside something that is in no list."""
    if text in words:
        return words[text]
    known = _known(tuple(words.items()))
    found = _found_in_line(text, known)
    if found is None:
        found = _found_in_lines(text, known)
    return None if found is None else _meaning(text, known.alike[found], words)


def marked_answer(text: str) -> str | None:
    """The one line of a text of several that is marked as the answer, where it is the last or marked reasons follow; or the
    first, where none is marked and such reasons follow."""
    lines = _lines(text)
    marked = [number for number, line in enumerate(lines) if _is_marked(line)]
    at = marked[0] if marked else 0
    if len(lines) < 2 or len(marked) > 1 or (not marked and len(text.splitlines()) > _MOST_LINES):
        return None
    rest = lines[at + 1 :]
    is_last = not rest and bool(marked)
    return lines[at] if is_last or (rest and patterns().reason.match(_bare(rest[0])) is not None) else None


class _Known:
    """Words as they are looked for; those that are folded alike, and those that mean the same, are one."""

    def __init__(self, words: Mapping[str, str]) -> None:
        by_fold: dict[str, list[str]] = {}
        for word in words:
            if folded(word):
                by_fold.setdefault(_LOOSE.sub(" ", folded(word)), []).append(word)
        one_of: dict[object, int] = {}
        self.alike: list[list[str]] = []
        self.folds: list[tuple[str, int]] = []
        for fold, alike in by_fold.items():
            meanings = frozenset(words[word] for word in alike)
            which = one_of.setdefault(meanings if len(meanings) == 1 else fold, len(one_of))
            if which == len(self.alike):
                self.alike.append([])
            self.alike[which] += alike
            self.folds.append((fold, which))
        self.longest = max(map(len, by_fold), default=0)
        self.signed = [fold for fold in by_fold if fold[0] in "-+" and (fold[1:2].isdigit() or fold[1:] in by_fold)]
        """Numbers with a sign: whether a sign that stands apart is theirs cannot be told."""
        self.articles = [(fold, alike) for fold, alike in by_fold.items() if any(p.fullmatch(fold) for p in _frames_of(fold))]
        """Words that are frames too, such as the label `A`: beside other words they count only in their own casing."""

    def spans(self, line: str, absent: frozenset[str]) -> Spans:
        """Where each word is whole, but for what is inside a longer one, and for those that are `absent`."""
        loose = _LOOSE.sub(" ", line)
        found = sorted(
            (
                *(
                    (start, start + len(fold), which)
                    for fold, which in self.folds
                    if fold not in absent
                    for start in _places(line, loose, fold)
                ),
                *((at, at + len(signed) + 1, _SEVERAL) for signed in self.signed for at in _places_apart(line, signed)),
            ),
            key=lambda span: (span[0], -span[1]),
        )
        spans: dict[int, list[tuple[int, int]]] = {}
        reached = 0
        for start, end, which in found:
            if end > reached:
                spans.setdefault(start, []).append((end, which))
                reached = end
        return spans


@lru_cache(maxsize=256)
def _known(words: tuple[tuple[str, str], ...]) -> _Known:
    return _Known(dict(words))


def _places(line: str, loose: str, word: str) -> Iterator[int]:
    """Where a word is whole, or with what is written together with it; it is looked for in `loose`, which is the line with
    spaces for the signs that part words."""
    at = loose.find(word)
    while at >= 0:
        if _begins(line, at) and _ends(line, at + len(word)):
            yield at
        at = loose.find(word, at + 1)


def _places_apart(line: str, signed: str) -> Iterator[int]:
    """Where a number stands with its sign, and a space between them."""
    apart = f"{signed[0]} {signed[1:]}"
    at = line.find(apart)
    while at >= 0:
        if not _is_inside(line, at + len(apart)):
            yield at
        at = line.find(apart, at + 1)


def _frames_of(fold: str) -> Sequence[re.Pattern[str]]:
    """The frames that a word may be, looked for only where it is short enough to be an article."""
    return patterns().openings if len(fold) <= _LONGEST_ARTICLE and fold.isascii() and fold.isalpha() else ()


def _absent(text: str, line: str, known: _Known) -> frozenset[str]:
    """The words that are frames too, and are not there in their own casing."""
    if not known.articles or any(fold == line.strip("".join(_BEFORE | _AFTER)) for fold, _ in known.articles):
        return frozenset()
    return frozenset(
        fold for fold, alike in known.articles if not any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) for word in alike)
    )


def _begins(line: str, at: int) -> bool:
    return not _is_inside(line, at) or any(not _is_inside(line, at - size) for size in _attached_before(line, at))


def _attached_before(line: str, at: int) -> Iterator[int]:
    for pattern in patterns().attached:
        for size in range(1, _MOST_ATTACHED + 1):
            if at >= size and pattern.fullmatch(line, at - size, at):
                yield size


def _ends(line: str, at: int) -> bool:
    return not _is_inside(line, at) or any(True for _ in _frames(line, at, patterns().endings))


def _is_inside(line: str, at: int) -> bool:
    """A place is inside a word."""
    return is_joined(line[at - 1 : at] if at else "", line[at : at + 1])


def _frames(line: str, at: int, frames: Sequence[re.Pattern[str]]) -> Iterator[int]:
    """Where frames end that begin here, with a whole word."""
    is_attached = frames is patterns().attached
    for pattern in frames:
        frame = pattern.match(line, at)
        if frame is not None and frame.end() > at and (is_attached or not _is_inside(line, frame.end())):
            yield frame.end()


def _found_in_line(text: str, known: _Known) -> int | None:
    """Which word a text of one line or sentence names."""
    if len(text) > 4 * (known.longest + _MOST_AROUND):
        return None
    line = folded(text.replace("\\_", "_"))
    if len(line) > 2 * known.longest + _MOST_AROUND:
        return None
    found = _covered(line, known.spans(line, _absent(text, line, known)))
    return found.pop() if len(found) == 1 and _SEVERAL not in found else None


def _covered(line: str, spans: Spans) -> set[int]:
    """What is named in each way to see a line as labels, frames and signs, with nothing left."""
    before: dict[int, set[int | None]] = {0: {None}}
    after: dict[int, set[int | None]] = {}
    number = patterns().list_number.match(line)
    if number is not None:
        before[number.end()] = {None}
    for at in range(len(line)):
        if at in before:
            for end in _skipped(line, at, _BEFORE, _SPACED_BEFORE):
                before.setdefault(end, set()).update(before[at])
        if at in after:
            is_apart = line[at - 1] in " #*"
            for end in (*_skipped(line, at, _AFTER, _SPACED_AFTER if is_apart else frozenset()), *_closed(line, at)):
                after.setdefault(end, set()).update(after[at])
        named_here = before.get(at, set()) | after.get(at, set())
        if not named_here:
            continue
        for end in _opened(line, at):
            before.setdefault(end, set()).update(named_here)
        for end, which in spans.get(at, ()):
            after.setdefault(end, set()).update(which if other in {None, which} else _SEVERAL for other in named_here)
    return {which for which in after.get(len(line), ()) if which is not None}


def _skipped(line: str, at: int, signs: frozenset[str], spaced: frozenset[str]) -> Iterator[int]:
    sign, following = line[at], line[at + 1 : at + 2]
    if sign == "[" and line.startswith("[ ]", at):  # an empty box
        return
    if sign in signs or (sign in spaced and (not following or following == " " or following == sign)):
        yield at + 1


def _opened(line: str, at: int) -> Iterator[int]:
    """Where frames end that begin here and come before a label."""
    if not _is_inside(line, at):
        yield from _frames(line, at, patterns().openings)
        yield from _frames(line, at, patterns().attached)


def _closed(line: str, at: int) -> Iterator[int]:
    """Where frames end that begin here and come after a label."""
    yield from _frames(line, at, patterns().endings)
    if not _is_inside(line, at):
        yield from _frames(line, at, patterns().closings)


def _found_in_lines(text: str, known: _Known) -> int | None:
    """Which word a reply of several lines names: in the line that is marked as the answer, where that is the last one, or that
    or the first is followed by marked reasons that name no other."""
    lines = _lines(text)
    answers = [number for number, line in enumerate(lines) if _is_marked(line)]
    if not answers and len(lines) > 1 and len(text.splitlines()) <= _MOST_LINES:
        answers = [0]
    if not answers:
        return None
    which, rest = _found_in_line(lines[answers[0]], known), lines[answers[-1] + 1 :]
    if which is None or any(_found_in_line(lines[number], known) != which for number in answers[1:]):
        return None
    return None if rest and not _are_reasons(rest, which, known) else which


def _lines(text: str) -> list[str]:
    """The last lines of a text that have more than marks."""
    return [line for line in text.splitlines()[-_MOST_LINES:] if line.strip(" \t*_`#>-")]


def _is_marked(line: str) -> bool:
    return patterns().field.match(_bare(line)) is not None


def _are_reasons(lines: Sequence[str], which: int, known: _Known) -> bool:
    if patterns().reason.match(_bare(lines[0])) is None:
        return False
    said = folded(" ".join(lines))
    loose = _LOOSE.sub(" ", said)
    return not any(other != which and any(True for _ in _places(said, loose, fold)) for fold, other in known.folds)


def _bare(line: str) -> str:
    return folded(line[: 4 * _MOST_AROUND]).lstrip(" *_`#>-•\"'")


def _meaning(text: str, alike: Sequence[str], words: Mapping[str, str]) -> str | None:
    """What words mean that are folded alike: where they mean several things, the one that is there as it is written, else
    in any casing."""
    meanings = {words[word] for word in alike}
    if len(meanings) > 1:
        meanings = {words[word] for word in alike if word in text} or {
            words[word] for word in alike if cased(word) in cased(text)
        }
    return meanings.pop() if len(meanings) == 1 else None
