"""What a question asks for: something to be calculated, something to be understood by reading, or neither for sure.

Owns the judgement, by the words of the question in the languages of `question_words`. Promises that no model is asked, that
accents and case make no difference, and that over rows and lines a word of calculation counts more than one of reading, since
nobody calculates well by reading. Knows no examples: where no such word is, it is left open.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final, Literal

from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.plan.input_kind import InputKind
from lambda_rlm.plan.question_words import LANGUAGES, QuestionWords

Asks = Literal["computes", "reads", "open"]

_NUMBER: Final = (
    r"(?:\d+|one|two|three|four|five|six|ten|zwei|drei|vier|funf|zehn|deux|trois|quatre|cinq|dix|dos|tres|cuatro|cinco|diez)"
)

_LENGTH_OF_ANSWER: Final = late_pattern(
    r"\b(?:in|within|at most|no more than|up to|max(?:imum|imal)?|less than|under|about|approximately|hochstens|maximal|etwa"
    r"|en|au plus|environ|como mucho|como maximo|unas?)?\s*(?:the\s)?"
    rf"(?:{_NUMBER}|a few|ein paar|wenigen|quelques|pocas|unas)\s+(?:\w+\s)?"
    r"(?:sentences?|words?|lines?|paragraphs?|bullets?|points?|pages?|satzen?|worte[rn]?|zeilen|absatzen?|stichpunkten?"
    r"|phrases?|mots|lignes|paragraphes|frases?|oraciones|palabras|lineas|parrafos|puntos)\b"
    r"(?!\s+(?:contain|mention|have|has|are|start|end))"
    r"(?:\s+(?:au plus|au maximum|at most|hochstens|como mucho|or (?:less|fewer))\b)?"
)
"""How long the answer is to be, which says nothing of what it is about."""

_BETWEEN: Final = r"\s{2,}"


def _any_of(kind: Callable[[QuestionWords], str]) -> re.Pattern[str]:
    """Words of one kind in all languages."""
    found = []
    for words in LANGUAGES.values():
        start = r"(?<![a-z0-9])" if words.has_spaces else ""
        found.append(f"{start}(?:{'|'.join(re.split(_BETWEEN, kind(words).strip()))})")
    return late_pattern("|".join(found))


_LOOKED_AT: Final = 2_000
"""Characters of a question from its start, and as many from its end; the middle may be a document."""

_BEGINNING: Final = 30
"""Characters within which a question says that it wants to be read to."""

_CALCULATION: Final = _any_of(lambda words: words.calculates)
_AMOUNT: Final = _any_of(lambda words: words.amounts)
_COUNTING: Final = _any_of(lambda words: words.counts)
_GROUPING: Final = _any_of(lambda words: words.groups)
_READING: Final = _any_of(lambda words: words.reads)


def asks(query: str, kind: InputKind, *, is_short: bool) -> Asks:
    """What a question about inputs of this kind asks for. In a short text an amount is a fact that is read, and only counting
    is a calculation; over rows, lines and long inputs any amount is, but where the question is one of understanding. Over
    rows and lines that is said first: later in the question the same words may be what is looked for."""
    if len(query) > 2 * _LOOKED_AT:
        query = f"{query[:_LOOKED_AT]} \n {query[-_LOOKED_AT:]}"
    words = _LENGTH_OF_ANSWER.sub(" ", plain(query))
    reading = _READING.search(words)
    if kind in ("rows", "lines"):
        if any(form.search(words) for form in (_CALCULATION, _AMOUNT, _GROUPING)):
            return "computes"
        return "reads" if reading is not None and reading.start() < _BEGINNING else "open"
    if reading is not None:
        return "reads"
    forms = (_COUNTING,) if is_short else (_COUNTING, _CALCULATION, _AMOUNT)
    return "computes" if any(form.search(words) for form in forms) else "open"


def plain(text: str) -> str:
    """A text in small letters without accents, its quotation marks and spaces of one kind."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("\u2019", "'"))
    return " ".join("".join(sign for sign in decomposed if not unicodedata.combining(sign)).split())
