"""Which part of an answer rests on which passage: claims, as stretches of the answer.

Owns `MarkedClaim`, and passages as plain mappings with the keys of `evidence`: of a run from before evidence was on record,
they are made from its citations. Promises that claims do not overlap, and that nothing is guessed: a passage belongs to the
claim that it names, and to the whole answer where no passage names a part of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.folding import is_joined
from lambda_rlm.journal.records import CallRow
from lambda_rlm.journal.report.run_report import RunReport
from lambda_rlm.journal.report.tree import SHARED
from lambda_rlm.table import is_list

Passage = Mapping[str, Any]

MOST_WORDS: Final = 300
"""Characters of an input that are shown for a citation."""

AROUND: Final = 160
"""Characters before and after a passage that are shown with it."""

_NAME: Final = 300
"""Characters of a file's name or a heading."""

MOST_PASSAGES: Final = 400
MOST_ANSWER: Final = 200_000
"""Characters of an answer in which claims are looked for."""

_STEP: Final = re.compile(r"\[(\d{1,15})\]|\.(\w+)")
_MOST_TRIED: Final = 1_000
"""Places of one claim that are looked at, most of them within other words."""

_IN_JSON: Final = {"yes": "true", "no": "false"}


@dataclass(frozen=True, slots=True)
class MarkedClaim:
    """Characters `start` to `end` of the answer, and the passages that they rest on, counted from 0."""

    start: int
    end: int
    passages: tuple[int, ...]


def claims(answer: str, passages: Sequence[Passage]) -> list[MarkedClaim]:
    """The claims of an answer, in its order. A claim that is there as often as it has passages has one each time."""
    by_name: dict[str, list[int]] = {}
    for number, passage in enumerate(passages):
        by_name.setdefault(str(passage.get("claim") or ""), []).append(number)
    found: list[tuple[int, int, int]] = []
    for name, numbers in by_name.items():
        places = list(islice(_places(answer[:MOST_ANSWER], name), len(numbers) + 1))
        if places:
            is_each = len(places) == len(numbers)
            found += [(*places[at if is_each else 0], number) for at, number in enumerate(numbers)]
    whole = [MarkedClaim(0, len(answer), tuple(range(len(passages))))] if passages else []
    return _apart(found) or whole


def _places(answer: str, name: str) -> Iterator[tuple[int, int]]:
    """Where a claim is in an answer, which may have it as JSON: as words of its own, and no number within another."""
    is_cut = name.endswith("…") and name not in answer
    plain = name[:-1] if is_cut else name
    for said in (plain, json.dumps(plain, ensure_ascii=False)[1:-1], _IN_JSON.get(plain, "")):
        places = [(at, at + len(said)) for at in _hits(answer, said) if _is_own(answer, at, at + len(said), is_cut=is_cut)]
        if places:
            yield from places
            return


def _hits(answer: str, said: str) -> Iterator[int]:
    at = answer.find(said) if said else -1
    for _ in range(_MOST_TRIED):
        if at < 0:
            return
        yield at
        at = answer.find(said, at + len(said))


def _is_own(answer: str, start: int, end: int, *, is_cut: bool) -> bool:
    before, after = answer[max(0, start - 2) : start], answer[end : end + 2]
    if is_joined(before[-1:], answer[start]) or (not is_cut and is_joined(answer[end - 1], after[:1])):
        return False
    is_decimal = before[:1].isdigit() and before[1:] in (".", ",") and answer[start].isdigit()
    return not (is_decimal or (answer[end - 1].isdigit() and after[:1] in (".", ",") and after[1:].isdigit()))


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
    """The passages that the answer rests on: its evidence, also where that is none; of a run from before evidence was on
    record its citations, with the words that are there where the `inputs` are what they were."""
    outcome = details.run.outcome or {}
    kept = outcome.get("evidence")
    if isinstance(kept, list):
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
        if index is not None and is_list(value) and int(index) < len(value):
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
