"""Types and effects as immutable data.

Owns the shapes that inference computes and that later passes read, and how they are written: `repr` of a type is the type as
the language writes it. Mutable inference state lives in `unify`, never here.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from enum import StrEnum

from lambda_rlm.data_class import dataclass


class Effect(StrEnum):
    """What running a function may do besides computing a value."""

    PURE = "pure"
    LLM = "llm"


@dataclass(frozen=True, slots=True)
class EffectVariable:
    """An effect not yet known, or quantified in a scheme."""

    id: int


AnyEffect = Effect | EffectVariable


class _Written:
    """A type whose `repr` is the type as the language writes it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return _Writer(self).written(self)


@dataclass(frozen=True, slots=True, repr=False)
class Con(_Written):
    """A named type: `Int Float Bool Text Quote` without arguments, `List Option` with one."""

    name: str
    arguments: tuple[Type, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Record(_Written):
    """A structural record; fields sorted by name, which is also their order in run-time values.

    `order` has the names as the program wrote them, () for sorted ones: a model is asked for them in this order. `called` has,
    of the fields of an input whose name in the data is no identifier, that name. Neither is part of the type: records that
    differ in them alone are equal.
    """

    fields: tuple[tuple[str, Type], ...]
    order: tuple[str, ...] = dataclasses.field(default=(), compare=False)
    called: tuple[tuple[str, str], ...] = dataclasses.field(default=(), compare=False)

    @property
    def in_order(self) -> tuple[tuple[str, Type], ...]:
        """The fields as the program wrote them."""
        if not self.order:
            return self.fields
        types = dict(self.fields)
        return tuple([(name, types[name]) for name in self.order])

    def changed(self, change: Callable[[Type], Type]) -> Record:
        """The record with another type for each field."""
        return Record(tuple([(name, change(type_)) for name, type_ in self.fields]), self.order, self.called)

    def field(self, name: str) -> Type | None:
        return next((type_ for n, type_ in self.fields if n == name), None)

    def index(self, name: str) -> int:
        """Position of a field in run-time values; raises `ValueError` when there is none."""
        return [n for n, _ in self.fields].index(name)


@dataclass(frozen=True, slots=True, repr=False)
class Enum(_Written):
    """An enumeration of text labels; labels are sorted, so that equality is equality of sets."""

    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Arrow(_Written):
    """A function type. All parameters by place; the effect is that of applying it."""

    parameters: tuple[Type, ...]
    result: Type
    effect: AnyEffect = Effect.PURE


@dataclass(frozen=True, slots=True, repr=False)
class Variable(_Written):
    """A type not yet known, or quantified in a scheme."""

    id: int


@dataclass(frozen=True, slots=True, repr=False)
class Erroneous(_Written):
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
    return Record(tuple(sorted(fields.items())), tuple(fields))


def as_written(type_: Type) -> str:
    """A type as the language writes it, but fields in the order of the program: equal for types that are asked for alike."""
    return _Writer(type_, in_order=True).written(type_)


class VariableNames:
    """Names of type variables: a, b, c … in the order they are met."""

    def __init__(self) -> None:
        self.of: dict[object, str] = {}

    def name(self, key: object) -> str:
        if key not in self.of:
            n = len(self.of)
            self.of[key] = "abcdefghijklmnopqrstuvwxyz"[n % 26] + (str(n // 26) if n >= 26 else "")
        return self.of[key]


class _Writer:
    """One type as text. An effect is written where a model is asked, or where it depends on that of another function in the
    type."""

    def __init__(self, whole: object, *, in_order: bool = False) -> None:
        self.in_order = in_order
        self.names = VariableNames()
        self.effects: dict[int, str] = {}
        self.counts: dict[int, int] = {}
        self._count(whole)

    def _count(self, type_: object) -> None:
        match type_:
            case Con(_, arguments):
                inside: tuple[Type, ...] = arguments
            case Record(fields):
                inside = tuple(field for _, field in fields)
            case Arrow(parameters, result, effect):
                inside = (*parameters, result)
                if isinstance(effect, EffectVariable):
                    self.counts[effect.id] = self.counts.get(effect.id, 0) + 1
            case _:
                return
        for part in inside:
            self._count(part)

    def written(self, type_: object) -> str:
        match type_:
            case Con(name, arguments):
                return name + (f"[{', '.join(self.written(a) for a in arguments)}]" if arguments else "")
            case Record(fields):
                listed = type_.in_order if self.in_order else fields
                return "{ " + ", ".join(f"{n}: {self.written(t)}" for n, t in listed) + " }"
            case Enum(labels):
                return " | ".join(json.dumps(label, ensure_ascii=False) for label in sorted(labels))
            case Arrow(parameters, result, effect):
                shown = ", ".join(self.written(p) for p in parameters)
                own = self._effect(effect)
                given = self.written(result)
                return f"({shown}) -> {f'({given})' if own and isinstance(result, Arrow) else given}{own}"
            case Variable():
                return self.names.name(type_.id)
            case _:
                return "?"

    def _effect(self, effect: AnyEffect) -> str:
        if isinstance(effect, EffectVariable):
            if self.counts.get(effect.id, 0) < 2:
                return ""
            name = "e" if not self.effects else f"e{len(self.effects) + 1}"
            return f" ! {self.effects.setdefault(effect.id, name)}"
        return " ! llm" if effect is Effect.LLM else ""


def without_quotes(type_: Type) -> Type:
    """The type that an answer has as an input: nobody vouches any more that a text was quoted."""
    match type_:
        case Con("Quote"):
            return TEXT
        case Con(name, arguments):
            return Con(name, tuple(map(without_quotes, arguments)))
        case Record():
            return type_.changed(without_quotes)
    return type_
