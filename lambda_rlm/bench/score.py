"""Scorers: what a prediction is worth against a task's gold answer, from 0 to 1.

Owns `score` and the rules, one a scorer, after those of the published benchmarks. A prediction is a text, or a list where the
gold is a set or pairs. Refuses a scorer that is not in the table with `ValueError`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import combinations
from typing import Any, Final

from lambda_rlm.llm.simulated_reader.dates import dates_in, first_date

Prediction = str | list[Any]

_EDGE: Final = " .,;:!?\"'`*[]()<>"
_FINAL: Final = re.compile(r"^\W*(?:final answer|answer)\s*:\s*(.*)$", re.IGNORECASE | re.MULTILINE)
_PHRASES: Final = ("more common", "less common", "same frequency")
_SHORT: Final = 20
_MOST_WORDS: Final = 25
_NUMBER: Final = re.compile(r"(?<![\w.])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_CORRECT: Final = re.compile(r"correct answer is:?\W*([A-D])\b", re.IGNORECASE)
_LONE: Final = re.compile(r"\b[A-D]\b")
_BETWEEN: Final = re.compile(r"[\n,;]|\band\b", re.IGNORECASE)
_BULLET: Final = re.compile(r"^\s*(?:[-*•]+|\d+[.)])\s+")
_PAIR: Final = re.compile(r"\(\s*(\d+)\s*,\s*(\d+)\s*\)")
_ALIKE: Final = 0.5
_NEAR: Final = 0.75


def score(task: Mapping[str, Any], prediction: Prediction) -> float:
    """What a prediction is worth for a task with `scorer`, `answer`, and what else its scorer needs."""
    rule = SCORERS.get(task["scorer"])
    if rule is None:
        raise ValueError(f"unknown scorer {task['scorer']!r}; choose from {', '.join(SCORERS)}")
    return rule(task, prediction)


def normalized(text: str) -> str:
    """A text without what does not matter for equality: compatibility forms, case, white space, signs at its ends."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).strip(_EDGE)


def final(prediction: str) -> str:
    """What the last line of the form "Answer: …" says, else the whole text."""
    lines = _FINAL.findall(prediction)
    return str(lines[-1]) if lines else prediction


def f1(hits: int, gold: int, predicted: int) -> float:
    """The harmonic mean of precision and recall; 1 where nothing was to be found and nothing was."""
    return 2 * hits / (gold + predicted) if gold + predicted else 1.0


def _oolong(task: Mapping[str, Any], prediction: Prediction) -> float:
    candidate, gold, kind = _candidate(_text(prediction)), str(task["answer"]), task.get("answer_type")
    if kind == "COMPARISON":
        return float(bool(candidate) and candidate.casefold() in gold.casefold())
    if kind == "NUMERIC":
        return _NEAR ** abs(int(gold) - int(candidate)) if re.fullmatch(r"[-+]?\d+", candidate) else 0.0
    if kind == "DATE":
        day = first_date(candidate)
        return float(day is not None and day == first_date(gold))
    return float(candidate.casefold() == gold.casefold())


def _candidate(prediction: str) -> str:
    _, colon, after = prediction.rpartition(":")
    if not colon:
        whole = prediction.strip()
        return whole if len(whole) < _SHORT else whole.split()[-1]
    candidate = re.sub(r"[*\[\]]", "", after).strip()
    if len(candidate) >= _SHORT:
        return next((phrase for phrase in _PHRASES if phrase in candidate.casefold()), candidate)
    return candidate


def _contains(task: Mapping[str, Any], prediction: Prediction) -> float:
    return float(str(task["answer"]).casefold() in _text(prediction).casefold())


def _exact(task: Mapping[str, Any], prediction: Prediction) -> float:
    return float(normalized(final(_text(prediction))) == normalized(str(task["answer"])))


def _alias(task: Mapping[str, Any], prediction: Prediction) -> float:
    said = final(_text(prediction))
    if len(said.split()) > _MOST_WORDS:
        return 0.0
    words = _words(said)
    return float(any(_occurs(_words(str(name)), words) for name in (task["answer"], *task.get("aliases", ()))))


def _occurs(part: list[str], words: list[str]) -> bool:
    return bool(part) and any(words[start : start + len(part)] == part for start in range(len(words) - len(part) + 1))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())


def _numeric_exact(task: Mapping[str, Any], prediction: Prediction) -> float:
    numbers = _NUMBER.findall(final(_text(prediction)))
    return float(bool(numbers) and float(numbers[-1].replace(",", "")) == float(task["answer"]))


def _choice(task: Mapping[str, Any], prediction: Prediction) -> float:
    said = _text(prediction)
    letters = _CORRECT.findall(said)[:1] or _LONE.findall(said)[-1:]
    return float([letter.upper() for letter in letters] == [str(task["answer"])])


def _set_f1(task: Mapping[str, Any], prediction: Prediction) -> float:
    parts = prediction if isinstance(prediction, list) else [_BULLET.sub("", part) for part in _BETWEEN.split(prediction)]
    said = {normalized(str(part)) for part in parts} - {""}
    gold = {normalized(str(part)) for part in task["answer"]}
    return f1(len(said & gold), len(gold), len(said))


def _pairs_f1(task: Mapping[str, Any], prediction: Prediction) -> float:
    pairs = prediction if isinstance(prediction, list) else _PAIR.findall(prediction)
    said = {_pair(first, second) for first, second in pairs}
    gold = pairs_of(task["answer"])
    return f1(len(said & gold), len(gold), len(said))


def pairs_of(answer: Mapping[str, Any] | Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """Pairs, lower number first, from their compact form: all of two different members of A ("both"), or one of A and a
    different one of B ("roles")."""
    if not isinstance(answer, Mapping):
        return {_pair(first, second) for first, second in answer}
    if answer["form"] == "both":
        return {_pair(first, second) for first, second in combinations(sorted(set(answer["A"])), 2)}
    return {_pair(first, second) for first in answer["A"] for second in answer["B"] if first != second}


def _pair(first: Any, second: Any) -> tuple[int, int]:
    low, high = sorted((int(first), int(second)))
    return low, high


def _ordered_list(task: Mapping[str, Any], prediction: Prediction) -> float:
    lines = prediction if isinstance(prediction, list) else prediction.splitlines()
    said, gold = _entries(map(str, lines)), _entries(task["answer"])
    longest = [[0] * (len(said) + 1) for _ in range(len(gold) + 1)]
    for i, wanted in enumerate(gold):
        for j, answer in enumerate(said):
            longest[i + 1][j + 1] = longest[i][j] + 1 if _alike(wanted, answer) else max(longest[i][j + 1], longest[i + 1][j])
    return f1(longest[-1][-1], len(gold), len(said))


def _entries(lines: Iterable[str]) -> list[tuple[str, Counter[str]]]:
    """The date and the words of each line that has a date."""
    entries = []
    for line in lines:
        hit = next(dates_in(line), None)
        if hit is not None:
            start, end, day = hit
            entries.append((day.isoformat(), Counter(_words(line[:start] + " " + line[end:]))))
    return entries


def _alike(wanted: tuple[str, Counter[str]], answer: tuple[str, Counter[str]]) -> bool:
    (gold_day, gold), (day, words) = wanted, answer
    return gold_day == day and f1((gold & words).total(), gold.total(), words.total()) >= _ALIKE


def _text(prediction: Prediction) -> str:
    return "\n".join(map(str, prediction)) if isinstance(prediction, list) else prediction


SCORERS: Final[dict[str, Callable[[Mapping[str, Any], Prediction], float]]] = {
    "oolong": _oolong,
    "contains": _contains,
    "exact": _exact,
    "alias": _alias,
    "numeric_exact": _numeric_exact,
    "choice": _choice,
    "set_f1": _set_f1,
    "pairs_f1": _pairs_f1,
    "ordered_list": _ordered_list,
}
