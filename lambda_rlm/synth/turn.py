"""A conversation with a root model, before it is rendered: who says what, and which of it is data.

Owns `Piece` and `Turn`. What comes from inputs (their contents, their file names) is data; whoever sends a turn puts it
between markers, as everywhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a turn that is all instruction or all data."""

    text: str
    is_data: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side says. The model's own turns are sent as they were."""

    role: Literal["user", "assistant"]
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """All of it, unrendered."""
        return "".join(piece.text for piece in self.pieces)


def said(role: Literal["user", "assistant"], text: str) -> Turn:
    """A turn without data."""
    return Turn(role, (Piece(text),))
