"""One place of an input that supports a part of an answer, as a person and a program read it.

Owns `Evidence` and its JSON keys. Below everything that shows evidence.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final, Literal

from lambda_rlm.data_class import dataclass

LONGEST: Final = 300
"""The most characters of the words of one place."""

Match = Literal["exact", "value", "near", "overlap", "counted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A place of an input, and the words there, of at most 300 characters.

    `input` is the name of the input with the path to a text inside it; `start` and `end` are offsets in that text, in
    characters, as in citations. `file` is the file that it was read from, `page` the page of a PDF, `line` the line of a text
    file, `row` the row of a table, each from 1; `heading` the heading above it, or the column of a row; None where there is
    none. `call` is the number of the model call that read it, None where the program took it from the input itself.

    `claim` is the part of the answer that it supports, and `match` how: "exact" (the same words), "value" (the same number,
    date or name, perhaps written otherwise), "near" (a number that rounds to it), "overlap" (the passage that shares most words
    with it), "counted" (one of those that a count or a sum was made of)."""

    input: str
    file: str | None = None
    page: int | None = None
    line: int | None = None
    row: int | None = None
    heading: str | None = None
    start: int
    end: int
    words: str
    call: int | None = None
    claim: str = ""
    match: Match = "exact"

    def to_dict(self) -> dict[str, Any]:
        """It as JSON data."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


@dataclass(frozen=True, slots=True)
class EvidenceSet:
    """The evidence for an answer, in the order of the answer, and notes on what has none."""

    evidence: tuple[Evidence, ...] = ()
    notes: tuple[str, ...] = ()
