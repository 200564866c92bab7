"""JSON Schema, as far as the schemas of this repository use it: whether data is of a schema, without a library."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

_TYPES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "null": lambda data: data is None,
    "integer": lambda data: isinstance(data, int) and not isinstance(data, bool),
    "number": lambda data: isinstance(data, int | float) and not isinstance(data, bool),
    "string": lambda data: isinstance(data, str),
    "array": lambda data: isinstance(data, list),
    "object": lambda data: isinstance(data, dict),
}
_ABOUT: Final = {"$schema", "$defs", "title", "description"}


def problems(data: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """What of data is not as the schema says; a keyword that is not known here is a problem too."""
    for keyword, value in schema.items():
        if keyword not in _ABOUT:
            check = _KEYWORDS.get(keyword)
            if check is None:
                yield f"{at}: the keyword {keyword}"
            else:
                yield from check(data, value, schema, root, at)


def _ref(data: Any, value: str, schema: Mapping[str, Any], root: Mapping[str, Any], at: str) -> Iterator[str]:
    yield from problems(data, root["$defs"][value.removeprefix("#/$defs/")], root, at)


def _type(data: Any, value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str) -> Iterator[str]:
    names = [value] if isinstance(value, str) else value
    if not any(_TYPES[name](data) for name in names):
        yield f"{at}: {data!r:.60} is no {' or '.join(names)}"


def _properties(data: Any, value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str) -> Iterator[str]:
    for name, inner in value.items():
        if isinstance(data, dict) and name in data:
            yield from problems(data[name], inner, root, f"{at}/{name}")


def _required(data: Any, value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str) -> Iterator[str]:
    yield from (f"{at}: no {name}" for name in value if isinstance(data, dict) and name not in data)


def _additional(data: Any, value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str) -> Iterator[str]:
    more = {n: d for n, d in data.items() if n not in schema.get("properties", {})} if isinstance(data, dict) else {}
    for name, inner in more.items():
        yield from problems(inner, value, root, f"{at}/{name}") if value is not False else (f"{at}: {name} is not foreseen",)


def _items(data: Any, value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str) -> Iterator[str]:
    for number, inner in enumerate(data if isinstance(data, list) else ()):
        yield from problems(inner, value, root, f"{at}/{number}")


def _one_of(data: Any, value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str) -> Iterator[str]:
    found = [list(problems(data, option, root, at)) for option in value]
    if sum(not each for each in found) != 1:
        yield f"{at}: not one of {len(value)}: {min(found, key=len)[:3]}"


def _enum(data: Any, value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str) -> Iterator[str]:
    if data not in value:
        yield f"{at}: {data!r:.60} is none of {value}"


def _const(data: Any, value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str) -> Iterator[str]:
    yield from _enum(data, [value], schema, root, at)


def _minimum(data: Any, value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str) -> Iterator[str]:
    if _TYPES["number"](data) and data < value:
        yield f"{at}: {data} is below {value}"


def _pattern(data: Any, value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str) -> Iterator[str]:
    if isinstance(data, str) and not re.search(value, data):
        yield f"{at}: {data!r:.60} does not match"


_KEYWORDS: Final[Mapping[str, Callable[..., Iterator[str]]]] = {
    "$ref": _ref,
    "type": _type,
    "properties": _properties,
    "required": _required,
    "additionalProperties": _additional,
    "items": _items,
    "oneOf": _one_of,
    "enum": _enum,
    "const": _const,
    "minimum": _minimum,
    "pattern": _pattern,
}
