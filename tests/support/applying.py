"""Applying the library's functions outside a program."""

from __future__ import annotations

from typing import Any

from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval.library import IMPLEMENTATIONS
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.value import Document, Text, Value, span_of
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.types.type import BOOL, FLOAT, INT, TEXT, Type, Variable, list_of

SPAN = Span(0, 4)


def meter(**limits: Any) -> Meter:
    return Meter(Budget(**limits))


def document(text: str, account: Meter | None = None) -> Text:
    """A text that is the whole of an input."""
    return span_of(Document("context", text, account), 0, len(text))


def type_of(value: Value) -> Type:
    """The type of an argument, as far as a test needs it; records and options are given by hand."""
    match value:
        case bool():
            return BOOL
        case int():
            return INT
        case float():
            return FLOAT
        case Text():
            return TEXT
        case list():
            return list_of(type_of(value[0]) if value else Variable(0))
    raise TypeError(f"give the type of {value!r}")


def lifted(value: Value) -> Value:
    """A Python string, or the strings of a list, as texts."""
    if isinstance(value, str):
        return Text(value)
    return [Text(item) if isinstance(item, str) else item for item in value] if isinstance(value, list) else value


def apply(
    name: str,
    *arguments: Value,
    types: tuple[Type, ...] | None = None,
    result: Type = TEXT,
    account: Meter | None = None,
    literals: tuple[object, ...] = (),
) -> Value:
    """What the function gives for the arguments; strings among them are taken as texts."""
    values = [lifted(argument) for argument in arguments]
    primitive = Primitive(name)
    parameters = types or tuple(map(type_of, values))
    site = Site(primitive, parameters, result, SPAN, account or meter(), literals)
    return IMPLEMENTATIONS[primitive](site)(*values)


def read(value: Value) -> Value:
    """Texts as Python strings, lists and tuples through and through."""
    if isinstance(value, Text):
        return value.s
    if isinstance(value, list):
        return [read(item) for item in value]
    return tuple(map(read, value)) if isinstance(value, tuple) else value


def is_unread_span(text: Text) -> bool:
    """Whether a text is a span of a document of which no character has been copied."""
    try:
        object.__getattribute__(text, "s")
    except AttributeError:
        return text.start >= 0
    return False
