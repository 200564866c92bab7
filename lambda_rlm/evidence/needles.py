"""What of a part of an answer can be looked for: its words as they are, what it quotes, its dates, numbers, names and codes.

Owns `Needle` and how answers are taken apart. Refuses what every text has: a yes, a no, a single small word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Final, Literal

from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.named.truth import TRUTHS
from lambda_rlm.evidence.folded import fold, terms
from lambda_rlm.evidence.numbers import dates, numerals, written
from lambda_rlm.evidence.record import LONGEST

Kind = Literal["whole", "quote", "date", "number", "name"]
WEIGHTS: Final[dict[Kind, float]] = {"whole": 12.0, "quote": 10.0, "date": 6.0, "number": 5.0, "name": 4.0}
"""What finding one of a kind is worth; all words that a place shares with the question are worth at most `CONTEXT`."""
CONTEXT: Final = 4.0
VALUES: Final = frozenset[Kind](("quote", "date", "number"))
"""Kinds without which a place does not say what a part of an answer says."""
MOST_NEEDLES: Final = 12
MOST_WORDS: Final = 40
_MOST_READ: Final = 4_000
"""Characters of one part of an answer in which its things are looked for."""

_QUOTED: Final = re.compile(r"[\"“„«「『]([^\"“”„«»「」『』\n]{3,300})[\"”“»」』]|‘([^‘’\n]{3,300})’")
_NAME: Final = re.compile(
    r"(?<![\w'’])[^\W\d_a-z][\w'’-]*(?:(?: (?:de|da|von|van|der|del|di|la|le|of|bin|al))? [^\W\d_a-z][\w'’.-]*)*"
)
_CODE: Final = re.compile(
    r"(?<!\w)[^\W\d]\w+(?:[/_.:\\-]{1,2}\w{2,}){1,12}|(?<!\w)(?=[\w./-]{0,61}\d)(?=[\w./-]{0,61}[^\W\d_])[\w][\w./-]{1,60}\w|[\w.+-]{1,60}@[\w.-]{3,60}|https?://\S{4,200}"
)
_AMOUNT: Final = re.compile(r"\d[\d.,]*[^\W\d_]{1,4}\Z")
"""What looks like a code and may be a number with its unit: `250mg`, `$4.2bn`."""
_COMPOUND: Final = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)+\Z")
"""A word with hyphens, which is no code."""
_CASED: Final = re.compile(r"[A-Za-z\u00c0-\u024f\u0370-\u03ff\u0400-\u04ff]")
ABOUT: Final = re.compile(
    r"\b(?:about|around|approximately|roughly|nearly|almost|over|more than|some|circa|ca\b|etwa|rund|ungefähr|fast|environ|près de|unos|unas|"
    r"casi|aproximadamente|cerca|quasi|ongeveer|около|почти|приблизительно|около)|[~≈约約]|大约|およそ|약 ",
    re.IGNORECASE,
)
"""Words that say that a number is rounded."""
_HIRAGANA: Final = re.compile("[\u3041-\u309f]")
_EDGE: Final = " \t\r\n.,;:!?\"'“”„‘’«»()[]{}*_`#>-–—•|。、！？「」『』"
_SENTENCE: Final = re.compile(r"(?<=[.!?])[\"”’)]?\s+(?=[^\W\d_a-z\"“(])|(?<=[。！？])")
_BULLET: Final = re.compile(r"^\s*(?:[-*•]|\d{1,3}[.)])\s+")
_NOTHING_WORDS: Final = (
    "not found|nothing found|none|null|unknown|n/a|not stated|not specified|not mentioned|no answer|the text is empty|no information|"
    "i don't know|i do not know|keine angabe|nicht gefunden|nicht angegeben|ich weiß es nicht|non trouvé|inconnu|je ne sais pas|"
    "no encontrado|desconocido|no lo sé|non trovato|não encontrado|не найдено|не знаю|未找到|没有找到|不知道|不明|見つかりません|わかりません|"
    "모릅니다|لا أعرف|bilmiyorum|nie wiem"
)
_NOTHING: Final = frozenset(map(fold, _NOTHING_WORDS.split("|")))
_STOP_WORDS: Final = (
    "a an and are as at be been but by can did do does for from had has have he her his how i in into is it its many me more most much my "
    "no nor not of on one or our she so some than that the their them then there these they this to up was we were what when where which "
    "who whom whose why will with would you your about after also before during only since until der die das ein eine einen einem einer und ist sind war waren wie was wer wann wo den dem "
    "des im in mit von zu auf für nicht le la les un une des du et est sont était en que qui dans pour par sur quel quelle el los las una "
    "y es son de que en por para con se su cuál seit nach vor depuis desde il lo gli e è di che per non o os as um uma é do da em no na het een en is van op"
)
STOP: Final = frozenset(map(fold, _STOP_WORDS.split()))
"""Words that say nothing by themselves, folded."""


@dataclass(frozen=True, slots=True)
class Needle:
    """One thing to look for: folded words, or a date or number in its one spelling. `rest` are readings of a number that count
    where it has no other: those of `75 %` as 75."""

    kind: Kind
    said: str
    readings: frozenset[str] = frozenset()
    rest: frozenset[str] = frozenset()


def parts_of_answer(text: str, most: int) -> Iterator[str]:
    """An answer as its lines, and long lines as their sentences; at most `most` of them."""
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            continue
        for part in _SENTENCE.split(line) if len(line) > 60 else (line,):
            plain = _BULLET.sub("", part).strip()
            if plain:
                most -= 1
                if most < 0:
                    return
                yield plain


def needles_of(text: str) -> list[Needle]:
    """What of a part of an answer can be looked for, the strongest first."""
    text = text[:_MOST_READ]
    whole = fold(text.strip(_EDGE))
    is_words = is_telling(whole) and len(whole) <= LONGEST and not is_one_value(text)
    found = [Needle("whole", whole)] if is_words else []
    quotes = (fold((hit[1] or hit[2]).strip(_EDGE)) for hit in _QUOTED.finditer(text))
    found += [Needle("quote", quoted) for quoted in quotes if is_telling(quoted)]
    taken: list[tuple[int, int]] = []
    for start, end, days in dates(text):
        found.append(Needle("date", text[start:end], days))
        taken.append((start, end))
    for hit in _CODE.finditer(text):
        is_code = not (_AMOUNT.match(hit.group()) or _COMPOUND.match(hit.group()))
        if is_code and not _is_within(hit.span(), taken):
            found.append(Needle("name", fold(hit.group())))
            taken.append(hit.span())
    numbers = [one for one in numerals(text, is_said=True) if not _is_within(one[:2], taken)]
    found += [number_needle(text[start:end], values) for start, end, values in numbers]
    for hit in _NAME.finditer(text):
        name = fold(hit.group().strip(_EDGE))
        if len(name) > 1 and name not in STOP and not _is_within(hit.span(), taken):
            found.append(Needle("name", name))
    return list(dict.fromkeys(found))[:MOST_NEEDLES]


def number_needle(said: str, values: frozenset[str]) -> Needle:
    """A number to look for; of a share its value comes first, then its figure."""
    shares = frozenset(value for value in values if written(Decimal(value).scaleb(2)) in values)
    return Needle("number", said, shares or values, values - shares if shares else frozenset())


def is_one_value(text: str) -> bool:
    """A text is one number or date and nothing else."""
    plain = text.strip(_EDGE)
    return any(end - start == len(plain) for start, end, _ in (*numerals(plain), *dates(plain)))


def is_telling(phrase: str) -> bool:
    """A folded phrase says something that not every text does."""
    if phrase in truths() or phrase in _NOTHING or phrase in STOP:
        return False
    return len(phrase) > 2 or any(sign.isdigit() or not _CASED.match(sign) for sign in phrase if sign.isalnum())


def says_nothing(text: str) -> bool:
    """An answer says that there is none."""
    return fold(text.strip(_EDGE)) in _NOTHING


def is_truth(text: str) -> bool:
    """An answer is a yes or a no."""
    return fold(text.strip(_EDGE)) in truths()


@cache
def truths() -> frozenset[str]:
    """Words for yes and no, folded."""
    return frozenset(map(fold, TRUTHS))


def content_words(*texts: str) -> list[str]:
    """The folded words that say something, each once."""
    words = dict.fromkeys(word for text in texts for word in terms(fold(text)) if word not in STOP)
    words = dict.fromkeys(word for word in words if not _HIRAGANA.search(word)) or words  # which are endings beside other signs
    return [word for word in words if len(word) > 1 or not word.isascii() or word.isdigit()][:MOST_WORDS]


def _is_within(span: tuple[int, int], taken: list[tuple[int, int]]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in taken)
