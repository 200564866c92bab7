"""Types and effects as immutable data.

Owns the shapes that inference computes and that later passes read. Mutable inference state lives in `unify`, never here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """What running a function may do besides computing a value."""

    PURE = "pure"
    LLM = "llm"


@dataclass(frozen=True, slots=True)
class EffectVariable:
    """An effect not yet known, or quantified in a scheme."""

    id: int


AnyEffect = Effect | EffectVariable


@dataclass(frozen=True, slots=True)
class Con:
    """A named type: `Int Float Bool Text Quote` without arguments, `List Option` with one."""

    name: str
    arguments: tuple[Type, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """A structural record; fields sorted by name, which is also their order in run-time values."""

    fields: tuple[tuple[str, Type], ...]

    def field(self, name: str) -> Type | None:
        return next((type_ for n, type_ in self.fields if n == name), None)

    def index(self, name: str) -> int:
        """Position of a field in run-time values; raises `ValueError` when there is none."""
        return [n for n, _ in self.fields].index(name)


@dataclass(frozen=True, slots=True)
class Enum:
    """An enumeration of text labels; labels are sorted, so that equality is equality of sets."""

    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Arrow:
    """A function type. All parameters by place; the effect is that of applying it."""

    parameters: tuple[Type, ...]
    result: Type
    effect: AnyEffect = Effect.PURE


@dataclass(frozen=True, slots=True)
class Variable:
    """A type not yet known, or quantified in a scheme."""

    id: int


@dataclass(frozen=True, slots=True)
class Erroneous:
    """The type of a term that has a reported mistake; fits everywhere, so that one mistake gives one message."""


Type = Con | Record | Enum | Arrow | Variable | Erroneous

INT = Con("Int")
FLOAT = Con("Float")
BOOL = Con("Bool")
TEXT = Con("Text")
QUOTE = Con("Quote")


def list_of(element: Type) -> Con:
    return Con("List", (element,))


def option_of(element: Type) -> Con:
    return Con("Option", (element,))


def record_of(**fields: Type) -> Record:
    return Record(tuple(sorted(fields.items())))
