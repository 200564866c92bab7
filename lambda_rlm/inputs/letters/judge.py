"""Which encoding bytes are in, judged by the letters and short words of the languages that each encoding gives.

Owns `judged`. Each encoding that can decode a sample gives a text; of each text the likelihood of its letters is computed in
every language, and what no word has counts against it: a sign inside a word, a capital after a small letter, two scripts in one
word. Promises that encodings which give the same text are one, and how likely the best text is beside the others.
"""

from __future__ import annotations

import codecs
import math
import unicodedata
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.inputs.letters.languages import KnownLanguage, languages
from lambda_rlm.late_pattern import late_pattern

ENCODINGS: Final = {
    "cp1252": 0.0,
    **dict.fromkeys(("cp1250", "cp1251", "cp932", "gb18030", "cp949", "big5", "euc_jp"), -0.7),
    **dict.fromkeys(("cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp874", "iso8859_2"), -1.0),
    **dict.fromkeys(("iso8859_15", "koi8_r", "koi8_u", "iso8859_5", "iso8859_7", "iso8859_9", "iso8859_13", "cp866"), -1.5),
    **dict.fromkeys(("cp1258", "cp850", "cp852", "cp437", "cp857", "cp775", "cp737", "cp862", "iso8859_6", "iso8859_8"), -2.5),
    **dict.fromkeys(("iso8859_16", "mac_roman", "mac_latin2", "mac_cyrillic"), -3.0),
}
"""What files are met in, and how much less often than cp1252 (natural logarithms)."""

_SIGNS: Final = frozenset("\u00a0“”„‘’‚«»–—…€§°·•©®£½¼¾²³±×¿¡ºªµ‹›™†№、。，「」『』！？：；（）・～．،؛؟")
_TYPOGRAPHIC: Final = "“”„‘’–—…€"
_OPENING: Final = {"‚": "‘’", "„": "“”", "‹": "›"}
"""Low quotation marks and those that close them."""
_SIGN: Final = -3.5
_IN_WORDS: Final = frozenset("’'·\u00ad\u200c\u200d")
_ODD: Final = -9.0
"""What no text has: control characters, private ones, signs of no use."""
_BROKEN: Final = -4.5
"""What no word has."""
_FINAL: Final = "ςםןץףך"
"""Letters that only end a word."""
_ODD_OF_THOUSANDS: Final = -14.0
"""The same of a sign of two bytes and more, as bytes of another encoding give them."""
_NEIGHBORS: Final = -2.0
"""Two letters beyond ASCII side by side in Latin script, where few letters are such."""
_CAPITAL: Final = -1.0
"""A capital; less, after another one."""
_WORD: Final = 1.3
_MOST_WORDS: Final = 10
_SAMPLE: Final = 6_000
_LINE: Final = 1_500
_LEAST: Final = 3
"""The fewest letters beyond ASCII that tell an encoding."""
_LEAST_WIDE: Final = 8
"""The fewest that tell text of two bytes a character where no byte is zero: any two bytes are a sign of Chinese or Korean."""
_ASCII_SIGN: Final = -3.0
"""An ASCII character; it is there for all encodings, but for those in which its byte is half of another."""
_WORST: Final = -6.0
"""Of a letter, on average: beneath it, the bytes are no text of a language that is known here."""
_WIDE: Final = ("utf_16_le", "utf_16_be")
_MARGIN: Final = 0.5
"""How much more likely each letter must be for text of two bytes a character, whose bytes are ASCII in part."""
_WORDS: Final = late_pattern(r"[^\W\d_]+")
_HIGH: Final = late_pattern(rb"[\x80-\xff]")
_END: Final = late_pattern(rb"[\x00-\x3f]")


_Scored = tuple[float, float, float, tuple[str, ...]]
"""How likely a text is, the letters that say so, how likely its ASCII and how usual its encodings are, and these."""


@dataclass(frozen=True, slots=True)
class LetterJudgment:
    """The encodings that give the most likely text, the usual one first; how likely that text is (0 to 1); the next best
    encoding; and whether the letters are enough to rely on it."""

    encodings: tuple[str, ...]
    likelihood: float
    rival: str | None
    is_enough: bool


def judged(data: bytes) -> LetterJudgment | None:
    """What the letters of bytes say; None where no encoding gives a text of a known language."""
    lines = _sample(data)
    texts: dict[str, list[str]] = {}
    for encoding in ENCODINGS:
        text = _decoded(lines, encoding)
        if text is not None:
            texts.setdefault(text, []).append(encoding)
    scored = sorted(
        ((*_score(text), ENCODINGS[names[0]] + _ascii(text), tuple(names)) for text, names in texts.items()),
        key=_total,
        reverse=True,
    )
    narrow = _average(scored[0]) if scored else -math.inf
    for encoding in _WIDE:
        text = _wide(data, encoding)
        wide = (0.0, 0.0) if text is None else _score(text)
        if wide[1] >= _LEAST_WIDE and wide[0] / wide[1] > max(_WORST, narrow + _MARGIN):
            return LetterJudgment((encoding,), 0.99, scored[0][3][0] if scored else None, True)
    if not scored or narrow < _WORST:
        return None
    best = scored[0]
    others = [math.exp(max(-60.0, _total(other) - _total(best))) for other in scored[1:]]
    rival = scored[1][3][0] if len(scored) > 1 else None
    return LetterJudgment(best[3], min(0.99, 1 / (1 + sum(others))), rival, best[1] >= _LEAST)


def is_of_known_language(text: str) -> bool:
    """The letters of a text are those of a language that is known here, and enough to tell."""
    likelihood, letters = _score(text[:_SAMPLE])
    return letters >= _LEAST_WIDE and likelihood / letters > _WORST


def _average(scored: _Scored) -> float:
    """For each letter: what encodings of two bytes and of one can be compared by."""
    return scored[0] / max(1, scored[1])


def _total(scored: _Scored) -> float:
    return scored[0] + scored[2]


def _sample(data: bytes) -> list[bytes]:
    """Lines with bytes beyond ASCII, from the start and from the middle on, cut where no character of two bytes is."""
    lines: list[bytes] = []
    halves = ((0, _SAMPLE),) if len(data) <= _SAMPLE else ((0, _SAMPLE // 2), (_boundary(data, len(data) // 2), _SAMPLE // 2))
    for position, room in halves:
        while room > 0 and (hit := _HIGH.search(data, position)) is not None:
            start = max(position, data.rfind(b"\n", position, hit.start()) + 1, hit.start() - _LINE)
            end = data.find(b"\n", hit.start(), hit.start() + _LINE)
            if end < 0:
                end = _boundary(data, min(len(data), hit.start() + _LINE))
            lines.append(data[start : min(end, start + 2 * _LINE)])
            room -= len(lines[-1])
            position = max(end, hit.end())
    return lines


def _boundary(data: bytes, position: int) -> int:
    """The next place where a line begins, or, where that is far, a byte that is no part of a longer character."""
    line = data.find(b"\n", position, position + _LINE)
    if line >= 0:
        return line + 1
    cut = _END.search(data, position, position + _LINE)
    return len(data) if cut is None else cut.start()


def _decoded(lines: list[bytes], encoding: str) -> str | None:
    """The lines as a text; the last character of a line that was cut may be half of one."""
    decoder = codecs.getincrementaldecoder(encoding)
    try:
        return "\n".join(decoder().decode(line) for line in lines)
    except UnicodeError:
        return None


def _wide(data: bytes, encoding: str) -> str | None:
    """Text of two bytes a character, where no byte order mark or zero says so: only where all letters are of the East."""
    head = data[: _SAMPLE // 2 * 2]
    if len(data) % 2:
        return None
    try:
        text = head.decode(encoding)
    except UnicodeError:
        return None
    eastern = sum(
        "\u3000" <= sign <= "\u9fff" or "\uff00" <= sign <= "\uffef" or "\uac00" <= sign <= "\ud7a3" or sign.isascii()
        for sign in text
    )
    return text if eastern > 0.95 * len(text) else None


def _score(text: str) -> tuple[float, float]:
    """How likely a text is in the language that fits it best (a natural logarithm), and how many letters beyond ASCII it has.

    One of thousands counts twice; beside letters, typographic signs and known words count, too.
    """
    marks = Counter(sign for sign in text if sign > "\x7f")
    letters = {sign: count for sign, count in marks.items() if _is_letter(sign) or unicodedata.category(sign)[0] == "M"}
    words = Counter(_WORDS.findall(text.lower()))
    signs = sum(count * (_SIGN if sign in _SIGNS else _ODD) for sign, count in marks.items() if sign not in letters)
    weight = sum(count * (2 if sign >= "\u2e80" else 1) for sign, count in letters.items())
    weight += sum(marks[sign] for sign in _TYPOGRAPHIC) if weight else 0
    best, hits = max(_in_language(letters, words, language) for language in languages())
    return best + signs + _broken(text), weight + min(hits, 4) / 4 if weight else 0


def _in_language(letters: dict[str, int], words: Counter[str], language: KnownLanguage) -> tuple[float, int]:
    """How likely the letters and words are, and how many of the words are the language's."""
    likelihood = sum(count * _letter(sign, language) for sign, count in letters.items())
    hits = sum(words[word] for word in language.words)
    return likelihood + _WORD * min(_MOST_WORDS, hits), hits


@lru_cache(maxsize=100_000)
def _letter(sign: str, language: KnownLanguage) -> float:
    small = sign.lower()
    known = language.letters.get(small)
    if known is not None:
        return known if small == sign else known + _CAPITAL
    if _script(sign) == language.script:
        return language.unlisted
    return _ODD if sign < "\u2e80" else _ODD_OF_THOUSANDS


@lru_cache(maxsize=50_000)
def _script(sign: str) -> str:
    return unicodedata.name(sign, "?").split()[0]


def _ascii(text: str) -> float:
    """How likely what is ASCII in a text is; control characters are in none."""
    return sum(_ASCII_SIGN if sign >= " " else 0.0 if sign in "\t\n\f\r\x1b" else _ODD for sign in text if sign < "\x7f")


def _broken(text: str) -> float:
    """What speaks against a text by what is side by side in it."""
    wrong = sum(max(0, text.count(sign) - sum(map(text.count, ends))) for sign, ends in _OPENING.items())
    capitals, neighbors = 0, 0
    for before, sign in pairwise(text):
        if before < "\x80" and sign < "\x80":
            continue
        if _is_letter(before) and _is_letter(sign):
            is_mixed = before.isascii() != sign.isascii() and _script(sign if before.isascii() else before) != "LATIN"
            wrong += is_mixed or (before.islower() and sign.isupper())
            wrong += before in _FINAL
            capitals += before.isupper() and sign.isupper() and sign > "\x7f"
            neighbors += before > "\x7f" and sign > "\x7f" and _script(before) == _script(sign) == "LATIN"
        elif (_is_letter(before) and (_is_stray(sign) or sign in "¡¿")) or (_is_letter(sign) and _is_stray(before)):
            wrong += 1
    return wrong * _BROKEN - 0.9 * capitals * _CAPITAL + neighbors * _NEIGHBORS


def _is_letter(sign: str) -> bool:
    return sign.isalpha() and sign not in "ºªµ"


def _is_stray(sign: str) -> bool:
    """A sign that is not beside letters in a text: no punctuation."""
    return sign > "\x7f" and sign not in _IN_WORDS and (unicodedata.category(sign)[0] in "SNC" or sign in "ºª")
