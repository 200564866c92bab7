"""What reading a file in a format gives: a text, or data with types.

Owns `ExtractedText`, `Rows`, `FilePlaces` and the limits and words that formats share. Below every format and the registry of
formats.
"""

from __future__ import annotations

from typing import Any, Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.inputs.problem import InputProblem

MOST_CHARACTERS: Final = 200_000_000
"""The maximum length of the text of one document."""


@dataclass(frozen=True, slots=True)
class ExtractedText:
    """The text of a document; `notes` say what of it was not read. `pages` are the pages that have text, each as the offset
    where it begins and its number; `headings` the headings, each as its offset and its words."""

    text: str
    notes: tuple[str, ...] = ()
    pages: tuple[tuple[int, int], ...] = ()
    headings: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FilePlaces:
    """Where the text of an input is in the file that it was read from. With `has_lines` the lines of the text are those of the
    file; `pages` and `headings` are as those of an `ExtractedText`."""

    file: str
    has_lines: bool = True
    pages: tuple[tuple[int, int], ...] = ()
    headings: tuple[tuple[int, str], ...] = ()


MOST_HEADINGS: Final = 2_000
LONGEST_HEADING: Final = 200
"""Headings of one document that are kept, and the characters of each."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Plain data (as JSON has it), or a `Table` whose columns are judged already; `notes` say what a person should know of how
    it was read, `made` how many bytes of memory were counted for it (0: nobody counted)."""

    data: Any
    notes: tuple[str, ...] = ()
    made: int = 0


def unsound(kind: str, name: str, reason: str) -> InputProblem:
    """The problem of a file that claims to be of a kind ("a PDF") and cannot be read as one."""
    return InputProblem(f"cannot read {name} as {kind}: {reason}", "save it again, or as plain text", f"damaged: {kind}")


def is_out_of_memory(error: Exception) -> bool:
    """The error means that memory was refused; libxml2 has no words for that."""
    return isinstance(error, MemoryError) or str(error).startswith(
        ("unknown error", "Memory allocation failed", "out of memory")
    )
