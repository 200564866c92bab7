"""The type of an answer, as a host program gives it: a type of the language as text, or a class of Python.

Owns `Returns` and the translation of pydantic's JSON Schema. Promises that the answer is an instance of what was asked for,
with all that its validators demand. Refuses, as a `TypeError` that names the place, what the language has no type for:
recursion, dictionaries with any keys, unions, and constraints that no type expresses.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.raised import raised
from lambda_rlm.types.parse_type import parse_type
from lambda_rlm.types.show import show
from lambda_rlm.types.type import BOOL, FLOAT, INT, TEXT, Enum, Record, Type, list_of, option_of

_PLAIN: Final = {"string": TEXT, "integer": INT, "number": FLOAT, "boolean": BOOL}
_SILENT: Final = frozenset({"title", "description", "default", "examples", "$defs"})


@dataclass(frozen=True, slots=True)
class Returns:
    """A type, and what makes the value of one from plain data; that raises `ValueError`. Data is read as JSON: of a Python
    value a strict class would want an enumeration's member or a tuple, which no program gives."""

    type: Type
    made: Callable[[Any], Any]


def returns_of(wanted: Any) -> Returns:
    """What `returns=` means; raises `TypeError`."""
    if isinstance(wanted, str):
        try:
            return Returns(parse_type(wanted), lambda value: value)
        except Rejected as rejected:
            raise TypeError(f"returns={wanted!r}: {rejected.diagnostics[0].message}") from None
    from pydantic import PydanticUserError, TypeAdapter

    try:
        adapter: TypeAdapter[Any] = TypeAdapter(wanted)
        schema = adapter.json_schema()
    except PydanticUserError as error:
        raise TypeError(f"returns={wanted!r}: {error.message}") from None
    except Exception as error:  # noqa: BLE001 - a class of the host's says by itself what its schema is
        raise TypeError(f"returns={type(wanted).__name__}: its schema cannot be made ({raised(error)})") from None
    try:
        type_ = _translated(schema, schema.get("$defs", {}), getattr(wanted, "__name__", repr(wanted)), ())
        spoken = _spoken(type_)
    except (LookupError, AttributeError, RecursionError) as error:
        raise TypeError(f"returns={type(wanted).__name__}: its schema cannot be read ({raised(error)})") from None
    return Returns(spoken, lambda value: adapter.validate_json(json.dumps(value)))


def _spoken(type_: Type) -> Type:
    """The type, when a program can write it; its fields are names of the language then."""
    try:
        return parse_type(show(type_))
    except Rejected as rejected:
        raise TypeError(f"returns: {rejected.diagnostics[0].message} in {show(type_)}") from None


def _translated(schema: Mapping[str, Any], defs: Mapping[str, Any], place: str, inside: tuple[str, ...]) -> Type:
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        if name in inside:
            raise TypeError(f"{place}: {name} is recursive; recursive types are not supported")
        return _translated(defs[name], defs, place, (*inside, name))
    if "anyOf" in schema:
        _only(schema, {"anyOf"}, place)
        others = [one for one in schema["anyOf"] if one.get("type") != "null"]
        if len(others) != 1 or len(schema["anyOf"]) != 2:
            raise TypeError(f"{place}: the only supported union is one type and None")
        return option_of(_translated(others[0], defs, place, inside))
    if "enum" in schema or "const" in schema:
        _only(schema, {"enum", "const", "type"}, place)
        labels = schema["enum"] if "enum" in schema else [schema["const"]]
        if not labels or not all(isinstance(label, str) and label for label in labels):
            raise TypeError(f"{place}: the values of an enumeration must be non-empty strings")
        return Enum(tuple(sorted(set(labels))))
    return _of_kind(schema, defs, place, inside)


def _of_kind(schema: Mapping[str, Any], defs: Mapping[str, Any], place: str, inside: tuple[str, ...]) -> Type:
    kind = schema.get("type")
    if not isinstance(kind, str | None):
        raise TypeError(f"{place}: unsupported type ({kind!r:.80})")
    if kind in _PLAIN:
        _only(schema, {"type"}, place)
        return _PLAIN[kind]
    if kind == "array" and "items" in schema:
        _only(schema, {"type", "items"}, place)
        return list_of(_translated(schema["items"], defs, f"{place}[]", inside))
    if kind == "object" and "properties" in schema:
        _only(schema, {"type", "properties", "required", "additionalProperties"}, place)
        if schema.get("additionalProperties"):
            raise TypeError(f"{place}: additional properties are not supported")
        fields = {name: _translated(one, defs, f"{place}.{name}", inside) for name, one in schema["properties"].items()}
        return Record(tuple(sorted(fields.items())), tuple(fields))
    raise TypeError(f"{place}: unsupported type ({kind or 'any value'})")


def _only(schema: Mapping[str, Any], known: set[str], place: str) -> None:
    """Refuse what would be checked by nobody while the answer is asked for."""
    unknown = sorted(schema.keys() - known - _SILENT)
    if unknown:
        raise TypeError(f"{place}: the constraint `{unknown[0]}` is not supported; check the answer in your own code")
