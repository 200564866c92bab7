"""What kind of thing a question is asked of: rows, lines of one form, prose, documents or code.

Owns `kind_of`. Promises to look at a few stretches of each text, so that a large input costs no more than a small one, and to
decide by the shapes of lines, whatever is written in them: a line is reduced to its runs of letters and digits and the signs
between them. Refuses nothing: what looks like nothing else is prose.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.table import are_documents, is_list

InputKind = Literal["rows", "lines", "prose", "documents", "code"]
"""`rows`: data with fields; `lines`: a log, a list or a table as text, a line for each entry; `documents`: several texts."""

_STRETCH: Final = 20_000
_MOST_LINES: Final = 200
"""Of each stretch."""
_DOCUMENTS: Final = 5
"""Texts that are looked at among several."""
_LEAST_LINES: Final = 3
_MOST_FORMS: Final = 3
"""Forms of lines that entries of one log may have."""
_SHARE: Final = 0.6
_HEAD: Final = 8
_LONGEST_LINE: Final = 2_000

_LIST_MARK: Final = late_pattern(r"\s*(?:[-*•]|\d{1,3}[.)])\s+")
_RUNS: Final = (
    (late_pattern(r"[^\W\d_]*[A-Z]{3,}[^\W\d_]*"), "A"),
    (late_pattern(r"[^\W\d_]+"), "a"),
    (late_pattern(r"\d+"), "9"),
    (late_pattern(r"\s+"), " "),
)
_STRUCTURE: Final = late_pattern(r"[9A|:：=\[\]<>{}/#@_]")
"""What the beginning of an entry has and that of a sentence seldom has."""
_SEPARATORS: Final = ("\t", "|", ";", ",")
_SENTENCE_COMMAS: Final = late_pattern(r"[,;] |\. ")

_CODE_SUFFIX: Final = late_pattern(
    r"\.(?:py|pyi|js|mjs|jsx|tsx?|java|kt|scala|go|rs|c|h|cc|cpp|hpp|cs|rb|php|swift|m|lua|pl|sh|bash|ps1|r|jl|hs|ml|ex|exs|clj"
    r"|sql|vue|dart|zig|lam)$",
    re.IGNORECASE,
)
_CODE_LINE: Final = late_pattern(
    r"[{};]\s*$|\)\s*:\s*$|^\s*(?:#include|import |from \S+ import|package |using |def |class |func |fn |function |public |private "
    r"|return\b|const |let |var |if\s*\(|for\s*\(|while\s*\(|elif |else:|try:|@\w+|//|/\*|end$|[\w.\[\]]+ [-+*/|]?= \S)"
    r"|^\s+[\w.]+\(.*\)\s*$"
)
_CODE_SHARE: Final = 0.45
_JSON_LINE: Final = late_pattern(r"^\s*(?:[\[{].*[\]}],?|\"[^\"]*\": .*)\s*$")


def kind_of(inputs: Mapping[str, Any]) -> InputKind:
    """The kind of all inputs but the question: `rows` where any of them has fields, else that of the largest."""
    others = [value for name, value in inputs.items() if name != "query"]
    kinds = [_kind(value) for value in others]
    if "rows" in kinds:
        return "rows"
    if len(kinds) < 2:
        return kinds[0] if kinds else "prose"
    return kinds[max(range(len(kinds)), key=lambda number: _size(others[number]))]


def _kind(value: Any) -> InputKind:
    if isinstance(value, str):
        return _kind_of_text(value)
    if not is_list(value) or not value:
        return "rows"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "lines" if max(map(len, _some(value))) <= _LONGEST_LINE else "documents"
    if not are_documents(value):
        return "rows"
    return _kind_of_documents([(str(item["name"]), str(item["text"])) for item in _some(value)])


def _kind_of_documents(documents: Sequence[tuple[str, str]]) -> InputKind:
    """Files are code by their names; several logs are one."""
    if sum(_CODE_SUFFIX.search(name) is not None for name, _ in documents) * 2 > len(documents):
        return "code"
    kinds = Counter(_kind_of_text(text) for _, text in documents)
    most, count = kinds.most_common(1)[0]
    return most if most in ("lines", "code") and count * 2 > len(documents) else "documents"


def _kind_of_text(text: str) -> InputKind:
    lines = _lines(text)
    if len(lines) < _LEAST_LINES:
        return "prose"
    if _share(lines, _JSON_LINE) >= _SHARE:
        return "lines"
    if _share(lines, _CODE_LINE) >= _CODE_SHARE:
        return "code"
    return "lines" if _is_separated(lines) or _is_of_few_forms(lines) else "prose"


def _lines(text: str) -> list[str]:
    """Whole lines from the start, the middle and the end of a text, those without words left out."""
    if len(text) <= 3 * _STRETCH:
        lines = text.splitlines()[: 3 * _MOST_LINES]
    else:
        middle = len(text) // 2
        stretches = (text[:_STRETCH], text[middle : middle + _STRETCH], text[-_STRETCH:])
        first, second, third = (stretch.splitlines() for stretch in stretches)
        lines = [*first[:-1][:_MOST_LINES], *second[1:-1][:_MOST_LINES], *third[1:][:_MOST_LINES]]
    return [line for line in lines if any(character.isalnum() for character in line)]


def _share(lines: Sequence[str], form: re.Pattern[str]) -> float:
    return sum(form.search(line[:_LONGEST_LINE]) is not None for line in lines) / len(lines)


def _is_separated(lines: Sequence[str]) -> bool:
    """Most lines have the same number of one separator, which is no comma or semicolon of a sentence."""
    for sign in _SEPARATORS:
        counts = Counter(line.count(sign) for line in lines)
        number, count = counts.most_common(1)[0]
        least = 1 if sign in "\t|" else 2
        if number >= least and count >= 0.8 * len(lines):
            spaced = sum(len(_SENTENCE_COMMAS.findall(line)) for line in lines)
            if sign in "\t|" or spaced < 0.5 * number * len(lines):
                return True
    return False


def _is_of_few_forms(lines: Sequence[str]) -> bool:
    """Most lines begin in one of a few forms, with signs that sentences do not begin with."""
    heads = Counter(_head(line) for line in lines)
    entries = sorted((count for head, count in heads.items() if _STRUCTURE.search(head)), reverse=True)
    return sum(entries[:_MOST_FORMS]) >= _SHARE * len(lines)


def _head(line: str) -> str:
    """How a line begins, as runs: `2026-03-04 ERROR x` is `9-9-9 A `."""
    head = _LIST_MARK.sub("", line[:120], count=1)
    for run, sign in _RUNS:
        head = run.sub(sign, head)
    return head[:_HEAD]


def _some(items: Sequence[Any]) -> list[Any]:
    """Items from the whole of a list."""
    step = max(1, len(items) // _DOCUMENTS)
    return list(items[::step][:_DOCUMENTS])


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if is_list(value):
        return sum(map(_size, value))
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    return 1
