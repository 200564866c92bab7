"""One part of a class as the language has it: its type, the way back, and what the host says of it.

Owns `AnswerPart` and how its notes are joined and written. Promises that whatever the host says of any part is in `guide`, on
one line for each part, in the order of the class."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.visible import visible_line
from lambda_rlm.types.type import Con, Type, option_of

KEY: Final = "x-key"
"""Where a JSON Schema has that of a dictionary's keys."""
NO_KEY: Final = "x-no-key"
"""Where it says that its values are no keys: pydantic does not read them from the text that JSON makes of a key."""
REFUSED: Final = "x-refused"
"""Where it says that a reply can give no such value, and what to use."""
GUIDE: Final = "About the answer:"
_WHOLE: Final = "the whole"

Note = tuple[str, str]
"""A place, as it is written after the name of what holds it (`.name`, `[]`, or nothing for the part itself), and words."""


@dataclass(frozen=True, slots=True)
class AnswerPart:
    """`back` makes what pydantic reads as JSON from a value of `type` in plain data; it raises `ValueError`."""

    type: Type
    back: Callable[[Any], Any]
    notes: tuple[Note, ...] = ()

    @property
    def is_option(self) -> bool:
        """A value of it may be None."""
        return isinstance(self.type, Con) and self.type.name == "Option"

    def saying(self, words: Iterable[str]) -> AnswerPart:
        """The part, with more words about itself before the others."""
        return replace(self, notes=(*(("", one) for one in words), *self.notes))

    def optional(self) -> AnswerPart:
        """The part or None."""
        return self if self.is_option else replace(self, type=option_of(self.type), back=or_none(self.back))

    def below(self, place: str) -> tuple[Note, ...]:
        """Its notes for a part that has it at a place."""
        return tuple((place + inner, words) for inner, words in self.notes)


def refusal(schema: Any) -> str | None:
    """Why a reply can give no value of a schema, and what to use; None where it can."""
    if schema.get("type") == "string" and schema.get("format") == "binary":
        return "a reply has no bytes; use str, or pydantic.Base64Bytes"
    why = schema.get(REFUSED)
    return None if why is None else str(why)


def same(value: Any) -> Any:
    """A value that needs no way back."""
    return value


def or_none(back: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A way back for values that may be None."""
    return lambda value: None if value is None else back(value)


def guide(part: AnswerPart) -> str:
    """The lines that tell a model what the host says of an answer; empty where it says nothing."""
    lines: dict[str, list[str]] = {}
    for place, words in part.notes:
        said = lines.setdefault(place.lstrip("."), [])
        line = visible_line(" ".join(words.split()))
        if line and line not in said:
            said.append(line)
    shown = [f"- {f'`{place}`' if place else _WHOLE}: {'; '.join(said)}" for place, said in lines.items() if said]
    return "\n".join([GUIDE, *shown]) if shown else ""
