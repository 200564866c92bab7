"""What a JSON Schema says of a value, in words that a model follows.

Owns the wording of descriptions, formats, constraints, examples and defaults. Refuses nothing: what has no words here is
checked by pydantic all the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

_FORMATS: Final[Mapping[str, str]] = {
    "date": "a date, YYYY-MM-DD",
    "date-time": "a date and time, YYYY-MM-DDTHH:MM:SS, with its zone where the text gives one",
    "time": "a time, HH:MM:SS",
    "duration": "a duration in ISO 8601, such as P1DT2H30M",
    "decimal": "a decimal number in digits with a point, such as 1250.50",
    "uuid": "a UUID",
    "uri": "a URL",
    "email": "an email address",
    "path": "a path",
    "file-path": "the path of a file",
    "directory-path": "the path of a folder",
    "json-string": "JSON text",
    "base64": "in base64",
    "base64url": "in base64 for URLs",
}
_SILENT_FORMATS: Final = frozenset({"password", "binary"})
_CONSTRAINTS: Final[Mapping[str, str]] = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "pattern": "matches the pattern {}",
    "minItems": "at least {} elements",
    "maxItems": "at most {} elements",
    "minProperties": "at least {} entries",
    "maxProperties": "at most {} entries",
    "maxDigits": "at most {} digits",
    "maxDecimals": "at most {} decimals",
}
_OF_ONE: Final[Mapping[str, str]] = {
    "characters": "character",
    "elements": "element",
    "entries": "entry",
    "digits": "digit",
    "decimals": "decimal",
}
_MOST_EXAMPLES: Final = 3


def said(schema: Mapping[str, Any], name: str = "") -> Iterator[str]:
    """What a schema says of its value; `name` is what its title says nothing more than."""
    title = schema.get("title")
    if name and isinstance(title, str) and title != name:
        yield title
    if isinstance(description := schema.get("description"), str):
        yield description
    form = schema.get("format")
    if isinstance(form, str) and form not in _SILENT_FORMATS:
        yield _FORMATS.get(form, f"in the format {form}")
    is_tuple = "prefixItems" in schema
    for key, words in _CONSTRAINTS.items():
        if key in schema and not (is_tuple and key.endswith("Items")):
            value = schema[key]
            yield _counted(words, value)
    if schema.get("contentMediaType") == "application/json":
        yield _FORMATS["json-string"]
    if schema.get("uniqueItems") is True:
        yield "no two alike"
    examples = schema.get("examples")
    if isinstance(examples, list) and examples:
        yield f"for example {', '.join(map(written, examples[:_MOST_EXAMPLES]))}"


def default_said(schema: Mapping[str, Any], *, is_nullable: bool) -> Iterator[str]:
    """What a schema says of the value that counts where none is given."""
    default = schema.get("default")
    if default is not None:
        yield f"by default {written(default)}" if is_nullable else f"null means {written(default)}"


def _counted(words: str, value: Any) -> str:
    """The words with a number or a pattern in them."""
    noun = words.rpartition(" ")[2]
    if value == 1 and noun in _OF_ONE:
        words = words.removesuffix(noun) + _OF_ONE[noun]
    return words.format(value if isinstance(value, str) else written(value))


def written(value: Any) -> str:
    """A value as JSON, on one line."""
    return json.dumps(value, ensure_ascii=False, default=str)
