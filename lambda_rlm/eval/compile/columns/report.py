"""Which terms ran by columns, and why others did not; and the switch for comparing both ways.

Owns `COLUMNS`, `WORTH` and `watched`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.syntax.primitive import Primitive

COLUMNS: Final[ContextVar[bool]] = ContextVar("columns", default=True)
"""Whether programs that are compiled may run by columns."""


@dataclass(frozen=True, slots=True)
class Worth:
    """From when on a term is tried: so many rows, so many of which share the values that a closure reads, on average."""

    rows: int = 64
    sharing: int = 4


_USUAL: Final = Worth()
WORTH: Final[ContextVar[Worth]] = ContextVar("worth", default=_USUAL)
"""Chosen by what is faster; tests try everything."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A term that was tried by columns; `why` it did not run so, empty where it did."""

    primitive: Primitive
    span: Span
    why: str


_WATCHED: Final[ContextVar[list[Tried] | None]] = ContextVar("watched", default=None)


@contextmanager
def watched() -> Iterator[list[Tried]]:
    """The terms that are tried by columns while this is open, in order."""
    tried: list[Tried] = []
    token = _WATCHED.set(tried)
    try:
        yield tried
    finally:
        _WATCHED.reset(token)


def noted(primitive: Primitive, span: Span, why: str) -> None:
    """A term was tried."""
    tried = _WATCHED.get()
    if tried is not None:
        tried.append(Tried(primitive, span, why))
