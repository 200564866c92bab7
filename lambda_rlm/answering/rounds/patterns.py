"""Which of the texts and patterns that a program looks for are nowhere in its inputs.

Owns `unmatched` and `texts_in`. Promises an end: inputs beyond `MOST_CHARACTERS` are not searched, no pattern that takes more
than `MOST_WORK`, and no more than `MOST` texts or patterns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any, Final

from lambda_rlm.answering.rounds.written import Written
from lambda_rlm.eval.library.engine import Pattern
from lambda_rlm.eval.library.machine import BadPattern
from lambda_rlm.table import Table

MOST: Final = 8
MOST_CHARACTERS: Final = 20_000_000
MOST_WORK: Final = 1 << 30
"""Instructions times characters: about a second at worst."""


def unmatched(said: Written, values: Mapping[str, Any]) -> list[str]:
    """The patterns that match no part of an input, and the texts that are in none whatever their case."""
    patterns, texts = list(islice(said.patterns, MOST)), list(islice(said.texts, MOST))
    if not (patterns or texts):
        return []
    whole = _joined(values)
    if whole is None:
        return []
    folded = whole.casefold() if texts else ""
    return [*(one for one in patterns if not _matches(one, whole)), *(one for one in texts if one.casefold() not in folded)]


def _joined(values: Mapping[str, Any]) -> str | None:
    """All texts of the inputs in lines; None where that is too much."""
    parts: list[str] = []
    size = 0
    for text in texts_in(list(values.values())):
        parts.append(text)
        size += len(text)
        if size > MOST_CHARACTERS:
            return None
    return "\n".join(parts)


def texts_in(value: Any) -> Iterator[str]:
    """All texts in plain data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Table):
        yield from value.texts()
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)
    elif isinstance(value, dict):
        yield from texts_in(list(value.values()))


def _matches(pattern: str, text: str) -> bool:
    """Whether a pattern matches anywhere, also at a line; one that the engine refuses, or takes long for, counts as
    matching."""
    with suppress(BadPattern):
        compiled = Pattern(pattern, is_multi_line=True)
        return compiled.followed * len(text) > MOST_WORK or compiled.occurs(text)
    return True
