"""Which part of an answer rests on which passage: claims, as stretches of the answer.

Owns `MarkedClaim`, and passages as plain mappings with the keys of `evidence`: of a run that has no evidence on record, they
are made from its citations. Promises that each passage belongs to a claim, and that claims do not overlap. A passage may name
its claim; otherwise what parts of the answer have in common with it (words and numbers, without case and width) decides, and
the whole answer is the claim where that is nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lambda_rlm.journal.records import CallRow
from lambda_rlm.journal.report.run_report import RunReport
from lambda_rlm.journal.report.tree import SHARED

Passage = Mapping[str, Any]

MOST_WORDS: Final = 300
"""Characters of an input that are shown for a citation."""

AROUND: Final = 160
"""Characters before and after a passage that are shown with it."""

_COMMON: Final = 200
"""A word that is in more parts of an answer tells nothing."""

_MOST_LIKE: Final = 20
"""Parts of an answer that rest on one passage."""

_LONGEST: Final = 2_000
"""Characters of a passage by which its claim is found."""

_NAME: Final = 300
"""Characters of a file's name or a heading."""

MOST_PASSAGES: Final = 400
MOST_ANSWER: Final = 200_000
"""Characters of an answer in which claims are looked for."""

_SENTENCE: Final = re.compile(r"[^\n.!?;。！？；।]*(?:[.!?;](?=\S)[^\n.!?;。！？；।]*)*(?:[.!?;。！？；।]+[\"'”’)\]]*|\n|$)")
_WORD: Final = re.compile(r"\w+")
_STEP: Final = re.compile(r"\[(\d+)\]|\.(\w+)")
_NUMBER_WEIGHT, _SHORT_WEIGHT, _SHORT = 4.0, 0.2, 4
_ENOUGH: Final = 0.6
"""A part of the answer is a claim of a passage when it has this share of what the best part has in common with it."""


@dataclass(frozen=True, slots=True)
class MarkedClaim:
    """Characters `start` to `end` of the answer, and the passages that they rest on, counted from 0."""

    start: int
    end: int
    passages: tuple[int, ...]


def claims(answer: str, passages: Sequence[Passage]) -> list[MarkedClaim]:
    """The claims of an answer, in its order."""
    parts = list(_parts(answer[:MOST_ANSWER]))
    weights: dict[str, list[tuple[int, float]]] = {}
    for number, (start, end) in enumerate(parts):
        for word, weight in _weights(answer[start:end]).items():
            weights.setdefault(word, []).append((number, weight))
    found: list[tuple[int, int, int]] = []
    for number, passage in enumerate(passages):
        named = str(passage.get("claim") or "")
        start = answer.find(named) if named else -1
        if start >= 0:
            found.append((start, start + len(named), number))
            continue
        like = _like(f"{named[:_LONGEST]} {str(passage.get('words') or '')[:_LONGEST]}", weights)
        found += [(*parts[one], number) for one in like] or [(0, len(answer), number)]
    return _apart(found)


def _like(words: str, weights: Mapping[str, Sequence[tuple[int, float]]]) -> list[int]:
    """The parts that have most in common with some words; `weights` has the parts of each word."""
    scores: dict[int, float] = {}
    for word in _weights(words):
        where_it_is = weights.get(word, ())
        if len(where_it_is) <= _COMMON:
            for part, weight in where_it_is:
                scores[part] = scores.get(part, 0.0) + weight
    best = max(scores.values(), default=0.0)
    return sorted(part for part, score in scores.items() if score >= _ENOUGH * best)[:_MOST_LIKE]


def _apart(found: Sequence[tuple[int, int, int]]) -> list[MarkedClaim]:
    """Claims that do not overlap: those that do are one."""
    joined: list[tuple[int, int, list[int]]] = []
    for start, end, number in sorted(found):
        if joined and start < joined[-1][1]:
            first, last, numbers = joined[-1]
            joined[-1] = (first, max(last, end), [*numbers, number])
        else:
            joined.append((start, end, [number]))
    return [MarkedClaim(start, end, tuple(dict.fromkeys(numbers))) for start, end, numbers in joined]


def passages_of(details: RunReport, inputs: Mapping[str, Any]) -> list[Passage]:
    """The passages that the answer rests on: its evidence, or else its citations with the words that are there, where the
    `inputs` are what they were."""
    outcome = details.run.outcome or {}
    kept = outcome.get("evidence")
    if isinstance(kept, list) and kept:
        return [one for one in kept if isinstance(one, Mapping) and isinstance(one.get("input"), str)][:MOST_PASSAGES]
    found: list[Passage] = []
    for cited in (outcome.get("citations") or [])[:MOST_PASSAGES]:
        text = text_at(inputs, cited["input"])
        words = None if text is None else text[cited["start"] : min(cited["end"], cited["start"] + MOST_WORDS)]
        found.append({**cited, "words": words})
    return found


def text_at(inputs: Mapping[str, Any], place: str) -> str | None:
    """The text at a place of inputs such as `context` or `context[3].text`; None where there is none."""
    name = re.split(r"[\[.]", place, maxsplit=1)[0]
    value: Any = inputs.get(name)
    for step in _STEP.finditer(place, len(name)):
        index, key = step.groups()
        if index is not None and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        elif key is not None and isinstance(value, Mapping):
            value = value.get(key)
        else:
            return None
    return value if isinstance(value, str) else None


def around(passage: Passage, inputs: Mapping[str, Any]) -> tuple[str, str, str]:
    """The text before a passage, its words, and the text after it."""
    words, text = str(passage.get("words") or ""), text_at(inputs, passage["input"])
    start, end = passage.get("start"), passage.get("end")
    if text is None or not isinstance(start, int) or not isinstance(end, int) or not 0 <= start <= end <= len(text):
        return "", words, ""
    if not words or text[start:end] != words:  # cut, or folded: the words themselves are shown as they are
        words = words or text[start : min(end, start + MOST_WORDS)]
        end = start + len(words) if text.startswith(words, start) else end
    return text[max(0, start - AROUND) : start], words, text[end : end + AROUND]


def where(passage: Passage) -> str:
    """Where a passage is: file, page, line or row, heading; else the input and the characters."""
    places = [f"{name} {passage[name]:,}" for name in ("page", "line", "row") if isinstance(passage.get(name), int)]
    if not places and isinstance(passage.get("start"), int) and isinstance(passage.get("end"), int):
        places = [f"characters {passage['start']:,}-{passage['end']:,}"]
    named, heading = passage.get("file") or passage["input"], passage.get("heading")
    return " · ".join((str(named)[:_NAME], *places, *([str(heading)[:_NAME]] if heading else [])))


def callers(passages: Sequence[Passage], details: RunReport) -> list[CallRow | None]:
    """The call of the program that read each passage: the one whose number it names, or else the first that was shown it. A
    call that shared an answer stands for the one that was asked."""
    asked = {(call.session, call.program, call.call): call for call in details.calls if call.state != SHARED}
    numbered = {call.call: call for call in asked.values() if call.program == details.program.digest}
    shown: dict[str, list[tuple[int, int, CallRow]]] = {}
    wanted = {passage["input"] for passage in passages}
    for call in details.calls:
        for name, start, end in call.shown:
            if name in wanted:
                read = asked.get((call.session, call.program, call.call), call)
                shown.setdefault(name, []).append((start, end, read))
    return [_caller(passage, numbered, shown.get(passage["input"], ())) for passage in passages]


def _caller(passage: Passage, numbered: Mapping[int, CallRow], shown: Sequence[tuple[int, int, CallRow]]) -> CallRow | None:
    named, start, end = (passage.get(key) for key in ("call", "start", "end"))
    if isinstance(named, int) and named in numbered:
        return numbered[named]
    if not isinstance(start, int) or not isinstance(end, int):
        return None
    return next((call for first, last, call in shown if first < end and start < last), None)


def _parts(answer: str) -> Iterator[tuple[int, int]]:
    """The sentences and lines of an answer, without white space around."""
    for hit in _SENTENCE.finditer(answer):
        text = hit.group()
        left = hit.start() + len(text) - len(text.lstrip())
        right = hit.start() + len(text.rstrip())
        if _WORD.search(answer, left, max(left, right)):
            yield left, right


def _weights(text: str) -> dict[str, float]:
    """How much each word of a text tells: numbers most, short words least; of scripts without spaces, pairs of signs."""
    found: dict[str, float] = {}
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        if any(sign.isdigit() for sign in word):
            found[word] = _NUMBER_WEIGHT
        elif word.isascii():
            found[word] = 1.0 if len(word) >= _SHORT else _SHORT_WEIGHT
        else:
            found |= dict.fromkeys([word, *(word[n : n + 2] for n in range(len(word) - 1))], 1.0)
    return found
