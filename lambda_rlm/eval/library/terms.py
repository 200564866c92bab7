"""The terms of a text, by which it is searched.

Owns what a term is. Where spaces part words: a run of letters, marks and digits, folded (`lambda_rlm.folding`), so that a
query without accents, or of another width, finds it. In scripts that have no such spaces: two neighboring signs, and in
alphabets three as well; a mark belongs to the sign before it. Promises that a form which differs from that of the query
counts for a little less than the form itself; that a word in capitals is a term of its own, and so is a small
word that is written as a name (`Who wrote It?`); that a word parted by a hyphen at
the end of a line is a term beside its parts. Reads a part of a text at a time: a run of more than 2^17 characters is cut.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.library.small_words import ELIDED, QUESTIONS, small_words
from lambda_rlm.folding import marked, marks, unmarked, unspaced
from lambda_rlm.late_pattern import late_pattern

MOST_AT_ONCE: Final = 1 << 17
"""The most characters of a text that are folded at once."""

_BLOCK: Final = 1 << 16
"""Characters between two looks at the clock, and those up to the next space."""

_OTHERWISE: Final = 0.9
"""What a term counts that is written otherwise than in the query, with other accents."""

_FAR: Final = 60
"""Characters of the half of a word before a hyphen at the end of a line."""

_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_SHORTEST: Final = 5
"""Letters of a word in which two letters may be written for an umlaut."""

_SPACE = late_pattern(r"\s")
_PLAIN_RUN = late_pattern(r"[^\W_]+")
_LAST_RUN = late_pattern(r"[^\W_]+\Z")
_LINE_HYPHENS: Final = ("-\n", "-\r\n", "\u2010\n", "\u2010\r\n", "\u00ad\n", "\u00ad\r\n")
_LINE_HYPHEN = late_pattern(r"(?<=[^\W\d_])[-\u2010\u00ad]\r?\n[ \t]*(?=[^\W\d_])")
_BEHIND_A_WORD = late_pattern(r"(?<=[^\W_] )[^\W_]+")
_UMLAUT_IN_TWO = late_pattern("(?<!q)([aou])e")
_HAN: Final = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_NO_ALPHABET = late_pattern(f"[{_HAN}\u3005-\u30ff\uac00-\ud7ff]")
_BETWEEN_HAN = late_pattern(
    f"[^{_HAN}]|[的了是在有和与與吗嗎呢吧着著把被从從到对對也都就不很这這那谁誰我你他她它们們个個里裡哪几幾]"
)
"""Signs of Japanese and Chinese that end a word and begin none: an ideograph between two of them is a word alone."""


class Query:
    """What is searched for: the wanted terms with the forms in which the query has them, and its words in capitals, and
    small ones that are written as names.

    Small words count only where the query has no others.
    """

    def __init__(self, text: str, meter: Meter) -> None:
        self.forms: dict[str, set[str]] = {}
        self._spelled: dict[str, str] = {}
        """The wanted term for the other spelling of a word, with two letters for an umlaut or the reverse."""
        self.capitals: set[str] = set()
        self._sized: dict[int, set[str]] = {}
        """The terms of scripts without spaces, by the number of their signs."""
        words, written, runs = set[str](), set[str](), list[str]()
        for block in blocks(ELIDED.sub(" ", text)):
            meter.glance()
            written.update(words_in(block)[0])
            exact = _marked(block, meter)
            words.update(words_in(exact)[0])
            runs += words_in(unmarked(exact))[1]
        capitals = {word for word in written if len(word) > 1 and word.isupper()}
        if len(written) == 1 or any(not word.isupper() and word != word.upper() for word in written):
            self.capitals = capitals  # and not where the whole query is in capitals
        asked = [part for run in runs for part in QUESTIONS.split(run) if part]
        small = small_words(words)
        said = words - small
        if any(word[0].islower() for word in written):  # and not where all words are written as in a title
            self.capitals |= {word for word in _BEHIND_A_WORD.findall(text) if word[0].isupper() and word.lower() in small}
        if not said and not asked and (len(words) == 1 or not self.capitals):
            said, asked = words, runs
        self._add(said, asked)
        self._wanted = self.forms.keys() | self._spelled.keys()
        self._grams = [_gram(size, {gram[0] for gram in grams}) for size, grams in sorted(self._sized.items())]

    def _add(self, words: Iterable[str], runs: Iterable[str]) -> None:
        for run in words:
            term = unmarked(run)
            self.forms.setdefault(term, set()).add(run)
            other = _otherwise(run, term)
            if other is not None:
                self._spelled.setdefault(other, term)
        for run in runs:
            for size, gram in _wanted_grams(run):
                self._sized.setdefault(size, set()).add(gram)
                self.forms.setdefault(gram, set()).add(gram)

    def held(self, text: str, meter: Meter) -> tuple[int, dict[str, float]]:
        """How many terms a text has, and what the wanted ones in it count together; no list of all is made."""
        total, counts = 0, dict[str, float]()
        for block in blocks(text):
            meter.glance()
            exact = _marked(block, meter)
            bare = unmarked(exact)
            words, runs = words_in(bare)
            total += len(words)
            self._weigh([word for word in words if word in self._wanted], exact if exact != bare else None, counts)
            for run in runs:
                total += max(1, len(run) - 1)
                for grams in self._grams:
                    for gram, number in Counter(filter(self.forms.__contains__, grams.findall(run))).items():
                        counts[gram] = counts.get(gram, 0) + number
            if self.capitals:
                for word in words_in(block)[0]:
                    if word in self.capitals:
                        counts[word] = counts.get(word, 0) + 1
        return total, counts

    def _weigh(self, hits: list[str], exact: str | None, counts: dict[str, float]) -> None:
        """Add what words of a block count; `exact` is the block with its accents, where it has some."""
        if not hits:
            return
        written = None if exact is None else Counter(words_in(exact)[0])
        for word, number in Counter(hits).items():
            term = word if word in self.forms else self._spelled[word]
            forms = self.forms[term] if term == word else ()
            same = (number if term in forms else 0) if written is None else min(number, sum([written[form] for form in forms]))
            counts[term] = counts.get(term, 0) + same + _OTHERWISE * (number - same)


def blocks(s: str) -> Iterator[str]:
    """A text in parts of some length, cut at spaces where there are any in time."""
    begin = 0
    while len(s) - begin > _BLOCK:
        space = _SPACE.search(s, begin + _BLOCK, begin + MOST_AT_ONCE)
        end = space.end() if space is not None else min(len(s), begin + MOST_AT_ONCE)
        yield s[begin:end]
        begin = end
    yield s[begin:]


def _marked(block: str, meter: Meter) -> str:
    """A part of a text as it is searched, with its accents; folding, and all that follows, takes longer beyond ASCII."""
    exact = marked(block + _rejoined(block))
    if not exact.isascii():
        meter.spend(max(len(block), len(exact)))
    return exact


def _rejoined(block: str) -> str:
    """The words that hyphens at ends of lines part, each in one piece, with a space before each."""
    if not any(end in block for end in _LINE_HYPHENS):
        return ""
    words = [""]
    for hyphen in _LINE_HYPHEN.finditer(block):
        start = hyphen.start()
        before, after = _LAST_RUN.search(block, max(0, start - _FAR), start), _PLAIN_RUN.match(block, hyphen.end())
        words.append((before[0] if before else "") + (after[0] if after else ""))
    return " ".join(words)


def words_in(s: str) -> tuple[list[str], list[str]]:
    """The words of a text that spaces part, and the runs of signs of other scripts."""
    if s.isascii():
        return _PLAIN_RUN.findall(s), []
    is_wide = _is_wide(max(s))
    if _unspaced().search(s) is None:
        return _spaced_run(is_wide=is_wide).findall(s), []
    found = _run(is_wide=is_wide).findall(s)
    return [word for word, _ in found if word], [run for _, run in found if run]


def _is_wide(sign: str) -> bool:
    return sign > "\uffff"


@cache
def _unspaced() -> re.Pattern[str]:
    return re.compile(f"[{unspaced()}]")


@cache
def _spaced_run(*, is_wide: bool) -> re.Pattern[str]:
    return re.compile(f"[^\\W_]+(?:[{marks(is_wide=is_wide)}]+[^\\W_]*)*")


@cache
def _run(*, is_wide: bool) -> re.Pattern[str]:
    """A word in the first group, or a run of signs of scripts without spaces in the second."""
    letter, mark = f"[^\\W_{unspaced()}]", marks(is_wide=is_wide)
    return re.compile(f"({letter}+(?:[{mark}]+{letter}*)*)|([{unspaced()}][{unspaced()}{mark}]*)")


@cache
def _sign(*, is_wide: bool) -> re.Pattern[str]:
    """A sign with its marks."""
    return re.compile(f".[{marks(is_wide=is_wide)}]*", re.DOTALL)


def _gram(size: int, first: set[str]) -> re.Pattern[str]:
    """Every group of `size` neighboring signs that begins with one of `first`, each sign with its marks; groups overlap."""
    mark = f"[{marks(is_wide=_is_wide(max(first)))}]*"
    return re.compile(f"(?=([{re.escape(''.join(sorted(first)))}]{mark}(?:.{mark}){{{size - 1}}}))", re.DOTALL)


def _wanted_grams(run: str) -> Iterator[tuple[int, str]]:
    """The terms of a run of signs of a query, each with its number of signs."""
    signs = _sign(is_wide=_is_wide(max(run))).findall(run)
    if len(signs) == 1:
        yield 1, signs[0]
        return
    for size in (2,) if _NO_ALPHABET.search(run) else (2, 3):
        for at in range(len(signs) - size + 1):
            yield size, "".join(signs[at : at + size])
    for part in _BETWEEN_HAN.split(run):
        if len(part) == 1:
            yield 1, part


def _otherwise(run: str, term: str) -> str | None:
    """A word with two letters for each umlaut, or the reverse; None where it has neither."""
    spelled = run.translate(_UMLAUTS)
    if spelled != run:
        return unmarked(spelled)
    if len(term) < _SHORTEST or not term.isascii():
        return None
    other = _UMLAUT_IN_TWO.sub(r"\1", term)
    return other if other != term else None
