"""A type as it is sent to a model: JSON Schema where the provider enforces one, and a compact description for all.

Owns `shape_of`: how a reply of a ground type is asked for and read. Promises schemas in the subset that providers share
(every field required and in the order in which the program wrote it, no other fields, an object at the top: what is no record
is wrapped as `{"reply": …}`), in which an enumeration is always an `enum`; Bool,
enumerations and options of them are `choices`, since a bare label is what small models get right. Refuses functions.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Final

from lambda_rlm.diagnostics.faults import InternalError
from lambda_rlm.eval.asking.coerce import REPLY
from lambda_rlm.eval.asking.read_reply import read_choice, read_structured
from lambda_rlm.eval.asking.shape import TEXT_SHAPE, ReplyReading, ReplyShape
from lambda_rlm.eval.named.truth import TRUTHS
from lambda_rlm.eval.value import Value
from lambda_rlm.types.reply_tokens import TextsOf, texts_of
from lambda_rlm.types.type import BOOL, QUOTE, TEXT, Con, Enum, Record, Type, as_written

NONE_LABEL: Final = "none"

_KEPT_SHAPES: Final = 256
"""Shapes of types that are kept: the types of one program are few."""


def shape_of(type_: Type) -> ReplyShape:
    """How a reply of a ground type without functions is asked for and read."""
    return _shape_of(type_, as_written(type_))


@lru_cache(maxsize=_KEPT_SHAPES)
def _shape_of(type_: Type, key: str) -> ReplyShape:
    """Kept by the type as it is written, too: equal ones are asked for in the order of their fields."""
    if type_ == TEXT:
        return TEXT_SHAPE
    choices = choices_of(type_)
    if choices is not None:
        return ReplyShape(
            key,
            read_choice(choices, _choice_value(type_), _synonyms(type_)),
            choice_instruction(choices),
            choices=choices,
            texts=TextsOf(),
        )
    return ReplyShape(
        key,
        read_structured(type_),
        structure_instruction(type_),
        schema=json_schema(type_),
        has_quotes=mentions(type_, QUOTE),
        texts=texts_of(type_),
    )


def choices_of(type_: Type) -> tuple[str, ...] | None:
    """The texts that a reply of this type may be, when these are few and known."""
    match type_:
        case Enum(labels):
            return labels
        case Con("Bool"):
            return ("yes", "no")
        case Con("Option", (inner,)) if isinstance(inner, Enum) or inner == BOOL:
            labels = choices_of(inner) or ()
            return None if NONE_LABEL in [label.casefold() for label in labels] else (*labels, NONE_LABEL)
        case _:
            return None


def choice_instruction(choices: tuple[str, ...]) -> str:
    """The line that asks for one of a few labels."""
    return f"Reply with exactly one of these, without a remark: {', '.join(_quoted(choice) for choice in choices)}."


def structure_instruction(type_: Type) -> str:
    """The lines that ask for JSON of a type."""
    shape = notation(type_) if isinstance(type_, Record) else f'{{"{REPLY}": {notation(type_)}}}'
    line = f"Reply with JSON of this shape and nothing else: {shape}"
    return f"{line}\nA quote is copied word for word from the text." if mentions(type_, QUOTE) else line


def notation(type_: Type) -> str:
    """A type in the compact words that a model is shown."""
    match type_:
        case Con("Int"):
            return "whole number"
        case Con("Float"):
            return "number"
        case Con("Bool"):
            return "true or false"
        case Con("Text"):
            return '"text"'
        case Con("Quote"):
            return '"quote"'
        case Con("List", (element,)):
            return f"[{notation(element)}, …]"
        case Con("Option", (inner,)):
            shown = notation(inner)
            return shown if shown.endswith(" or null") else f"{shown} or null"
        case Enum(labels):
            return " or ".join(_quoted(label) for label in labels)
        case Record():
            return "{" + ", ".join(f"{_quoted(name)}: {notation(field)}" for name, field in type_.in_order) + "}"
        case _:
            raise _no_data(type_)


def json_schema(type_: Type) -> dict[str, Any]:
    """The JSON Schema of a whole reply."""
    if isinstance(type_, Record):
        return schema_part(type_)
    return _object({REPLY: schema_part(type_)})


def schema_part(type_: Type) -> dict[str, Any]:
    """The JSON Schema of a value inside a reply."""
    match type_:
        case Con("Int"):
            return {"type": "integer"}
        case Con("Float"):
            return {"type": "number"}
        case Con("Bool"):
            return {"type": "boolean"}
        case Con("Text"):
            return {"type": "string"}
        case Con("Quote"):
            return {"type": "string", "description": "copied word for word from the text"}
        case Con("List", (element,)):
            return {"type": "array", "items": schema_part(element)}
        case Con("Option", (Con("Option") as inner,)):
            return schema_part(inner)
        case Con("Option", (inner,)):
            return {"anyOf": [schema_part(inner), {"type": "null"}]}
        case Enum(labels):
            return {"type": "string", "enum": list(labels)}
        case Record():
            return _object({name: schema_part(field) for name, field in type_.in_order})
        case _:
            raise _no_data(type_)


def keyed_schema(type_: Type, keys: list[str]) -> dict[str, Any]:
    """The JSON Schema of an object with a value of one type under each key."""
    part = schema_part(type_)
    if not isinstance(type_, Record | Con) or type_ in (TEXT, QUOTE, BOOL):
        return _object(dict.fromkeys(keys, part))
    schema = _object({key: {"$ref": "#/$defs/item"} for key in keys})
    return {**schema, "$defs": {"item": part}}


def mentions(type_: Type, part: Type) -> bool:
    """A type occurs in another."""
    if type_ == part:
        return True
    match type_:
        case Con(_, arguments):
            return any(mentions(argument, part) for argument in arguments)
        case Record(fields):
            return any(mentions(field, part) for _, field in fields)
        case _:
            return False


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _choice_value(type_: Type) -> Any:
    def value(label: str, reading: ReplyReading) -> Value:
        match type_:
            case Con("Bool"):
                return label == "yes"
            case Con("Option", (inner,)):
                if label == NONE_LABEL:
                    return None
                return (label == "yes" if inner == BOOL else reading.label(label),)
            case _:
                return reading.label(label)

    return value


def _synonyms(type_: Type) -> dict[str, str]:
    """Other words for the choices that a type's values are asked for by."""
    match type_:
        case Con("Bool"):
            return dict(TRUTHS)
        case Con("Option", (inner,)):
            return {"null": NONE_LABEL, "nil": NONE_LABEL, **_synonyms(inner)}
        case _:
            return {}


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _no_data(type_: Type) -> InternalError:
    return InternalError("asking a model", f"a reply of the type {type_!r} was asked for")
