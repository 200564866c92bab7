"""What a column is found to be: a type, how its cells are read, and what a person should know of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.graphemes import begun
from lambda_rlm.table import ColumnKind


@dataclass(frozen=True, slots=True)
class Verdict:
    """`kind` is "text", "int", "float" or "bool"; `read` gets a cell that is neither blank nor a word for a missing value,
    without white space around it, and is None where cells stay as they are written. `note` says what was found, after the name
    of the column."""

    kind: ColumnKind
    read: Callable[[str], Any] | None = None
    note: str | None = None


TEXT: Final = Verdict("text")


def quoted(cell: str) -> str:
    """A cell in a note."""
    return repr(cell if len(cell) <= 40 else f"{begun(cell, 40)}…")


def many(count: int, one: str) -> str:
    """So many of something, in words."""
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"
