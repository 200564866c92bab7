"""What each call of a run has read and replied, for whoever looks up afterwards where an answer comes from.

Owns `Exchanges`. Promises memory that has a limit, whatever a run asks: beyond `MOST_PARTS` parts of inputs nothing is kept.
Refuses to keep texts: a part is a place in an input.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.value import Document, Rope, Stretch, Text, Value

MOST_PARTS: Final = 50_000
"""Parts of inputs that are kept of all calls together."""

_ITEM_PARTS: Final = 8
"""Parts that are kept of one item."""

_LONGEST: Final = 200
"""Characters of a reply to one item that is kept as what was said of it."""


@dataclass(frozen=True, slots=True)
class AnsweredCall:
    """One call that was answered: the parts of inputs in its prompt, and its reply as it came."""

    call: int
    shown: Sequence[Stretch]
    reply: str


@dataclass(frozen=True, slots=True)
class Judgment:
    """What a reply says of one item, or of all that its call has read: a label, a number, true or false."""

    call: int
    said: str | int | float | bool
    parts: Sequence[Stretch]


@dataclass(slots=True)
class Exchanges:
    """The calls of one run that were answered, in the order of their replies. `is_whole` says that none is left out."""

    calls: list[AnsweredCall] = field(default_factory=list)
    judgments: list[Judgment] = field(default_factory=list)
    is_whole: bool = True
    _room: int = MOST_PARTS

    def note(self, call: int, shown: Sequence[Stretch], items: Sequence[Text], reply: str, value: Value) -> None:
        """A call was answered; `items` are those of a prompt that asks about each by its number."""
        if self.judged(call, shown, items, value):
            self.calls.append(AnsweredCall(call, shown, reply))

    def judged(self, call: int, shown: Sequence[Stretch], items: Sequence[Text], value: Value) -> bool:
        """A place in the data got an answer, that of a call of its own or one that it shares; whether there was room to keep
        it."""
        parts = len(shown) + len(items) + 1
        if parts > self._room:
            self.is_whole = False
            return False
        self._room -= parts
        if not items:
            self._judge(call, value, shown)
        elif isinstance(value, Mapping):
            for number, said in sorted(value.items()):
                if 0 < number <= len(items):
                    self._judge(call, said, parts_of(items[number - 1]))
        return True

    def _judge(self, call: int, value: Value, parts: Sequence[Stretch]) -> None:
        if isinstance(value, tuple) and len(value) == 1:
            value = value[0]
        said = value.s if isinstance(value, Text) and value.start < 0 else value
        if isinstance(said, str | int | float) and (not isinstance(said, str) or len(said) <= _LONGEST):
            self.judgments.append(Judgment(call, plain_number(said) if not isinstance(said, str) else said, parts))


def plain_number(number: int | float) -> int | float:
    """A number or truth value without what it knows of its origin."""
    if isinstance(number, bool):
        return number
    return int(number) if isinstance(number, int) else float(number)


def parts_of(text: Text) -> list[Stretch]:
    """The first places of inputs that a text is made of."""
    pieces: Iterable[Text] = text.pieces if isinstance(text, Rope) else (text,)
    found: list[Stretch] = []
    for piece in pieces:
        if piece.start >= 0 and piece.n:
            document = piece.origin
            assert isinstance(document, Document)
            found.append(Stretch(document, piece.start, piece.start + piece.n))
        elif isinstance(piece.origin, Document):
            found.append(Stretch(piece.origin, 0, len(piece.origin.text)))
        elif isinstance(piece.origin, Stretch):
            found.append(piece.origin)
        if len(found) >= _ITEM_PARTS:
            break
    return found
