"""A conversation with a root model, before it is rendered: who says what, and which of it is data.

Owns `Piece` and `Turn`. What comes from inputs (their contents, file names, keys of objects and heads of columns) is data;
whoever sends a turn puts it between markers, as everywhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, Literal

from lambda_rlm.data_class import dataclass
from lambda_rlm.types.show import show
from lambda_rlm.types.type import Con, Record, Type

_FEWEST: Final = 200
"""Characters of a piece that is not shortened."""

_CUT: Final = "\n…\n"
_DOCUMENT: Final = {"name", "text"}
"""The fields of a document, which are the same for every folder."""


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


def typed(type_: Type) -> Piece:
    """A type as it is shown. The fields of a record are called as the keys or columns of an input are, and so are data."""
    return beside(type_, show(type_))


def beside(type_: Type, text: str) -> Piece:
    """What is shown of a value of a type: names of fields may be in it, so that it is data where the type is."""
    return Piece(text, is_data=_has_fields(type_))


def shortened(turns: Sequence[Turn], begun: int) -> tuple[Turn, ...] | None:
    """The turns with half of the longest piece behind the first `begun` of them; None where none is long."""
    places = [(number, at) for number in range(begun, len(turns)) for at in range(len(turns[number].pieces))]
    longest = max(places, key=lambda place: len(turns[place[0]].pieces[place[1]].text), default=None)
    if longest is None:
        return None
    number, at = longest
    pieces = turns[number].pieces
    text = pieces[at].text
    if len(text) <= _FEWEST:
        return None
    half = replace(pieces[at], text=text[: len(text) // 2] + _CUT)
    turn = replace(turns[number], pieces=(*pieces[:at], half, *pieces[at + 1 :]))
    return (*turns[:number], turn, *turns[number + 1 :])


def has_data(turns: Iterable[Turn]) -> bool:
    """Something in a conversation comes from an input."""
    return any(piece.is_data for turn in turns for piece in turn.pieces)


def _has_fields(type_: Type) -> bool:
    match type_:
        case Record(fields):
            return {name for name, _ in fields} != _DOCUMENT or any(_has_fields(field) for _, field in fields)
        case Con(_, arguments):
            return any(map(_has_fields, arguments))
    return False
