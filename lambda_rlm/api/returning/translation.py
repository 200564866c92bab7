"""From a JSON Schema to a type of the language, with the way back.

Owns `translated`. Promises that each value of the type is read back as JSON which pydantic then validates, and that what the
schema says in words or numbers is in the notes. Refuses, as a `TypeError` that names the place and says what to use, what no
reply can give: bytes, objects without fields, and what has no JSON at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from lambda_rlm.api.returning.answer_part import KEY, NO_KEY, AnswerPart, Note, refusal, same
from lambda_rlm.api.returning.json_text import any_value, by_schema, reached
from lambda_rlm.api.returning.labels import labelled
from lambda_rlm.api.returning.names import names_of
from lambda_rlm.api.returning.wording import default_said, said
from lambda_rlm.types.type import BOOL, FLOAT, INT, TEXT, Enum, Record, Type, list_of

_PLAIN: Final = {"string": TEXT, "integer": INT, "number": FLOAT, "boolean": BOOL}
_WORDS_FOR: Final = {"string": "text", "integer": "whole_number", "number": "number", "boolean": "yes_or_no", "array": "list"}
_MOST_PARTS: Final = 1_000
_REF: Final = "#/$defs/"
_SAID: Final = ("title", "description", "default", "examples", "$defs")
_MORE: Final = "more"
_BOTH: Final = "x-whole-or-not"
_EXACT: Final = 2.0**53
"""From here on not every whole number is a float."""


class TooLarge(TypeError):
    """A type has more parts or levels than the language can write."""


def translated(schema: Mapping[str, Any], name: str, most: int) -> AnswerPart:
    """The part for a schema of a class of this name; what is nested more than `most` deep in it is a text with JSON. Raises
    `TypeError`, and what a schema that is none makes of it."""
    return _Translation(schema.get("$defs", {}), most).part(schema, name)


class _Translation:
    """One class, and how much of it was gone through."""

    def __init__(self, defs: Mapping[str, Any], most: int) -> None:
        self.defs = defs
        self.most = most
        self.nesting = 0
        self.parts = 0
        self.recursive = {name for name in defs if name in reached(name, defs)}

    def part(self, schema: Any, place: str, title: str = "") -> AnswerPart:
        """The part for a schema at a place; `title` is the name that it has there."""
        self.parts += 1
        if self.parts > _MOST_PARTS:
            raise TooLarge(f"{place}: the class has more than {_MOST_PARTS:,} parts; ask for less at a time")
        if schema is True:
            schema = {}
        if len(schema.get("allOf", ())) == 1:
            schema = {**schema["allOf"][0], **{key: one for key, one in schema.items() if key != "allOf"}}
        if (why := refusal(schema)) is not None:
            raise TypeError(f"{place}: {why}")
        self.nesting += 1
        try:
            return self._of(schema, place).saying(said(schema, title))
        finally:
            self.nesting -= 1

    def _of(self, schema: Mapping[str, Any], place: str) -> AnswerPart:
        name = str(schema.get("$ref")).removeprefix(_REF)
        if name in self.recursive or (self.nesting > self.most and self._is_made_of_parts(schema)):
            return by_schema({key: one for key, one in schema.items() if key not in _SAID}, self.defs).saying(
                said(self.defs[name]) if name in self.defs else ()
            )
        if "$ref" in schema:
            return self.part(self.defs[name], place)
        if "enum" in schema or "const" in schema:
            return labelled(schema["enum"] if "enum" in schema else [schema["const"]], place)
        options = schema.get("anyOf") or schema.get("oneOf")
        if options:
            return self._union(options, place)
        kind = schema.get("type")
        if isinstance(kind, list):
            return self._union([{**schema, "type": one} for one in kind], place)
        if kind == "array":
            return self._tuple(schema, place) if schema.get("prefixItems") else self._list(schema, place)
        if kind == "object":
            return self._record(schema, place) if schema.get("properties") else self._dictionary(schema, place)
        return self._plain(schema, kind, place)

    def _is_made_of_parts(self, schema: Mapping[str, Any]) -> bool:
        options = schema.get("anyOf") or schema.get("oneOf")
        if options:
            return len([one for one in options if one.get("type") != "null"]) > 1
        named = self.defs.get(str(schema.get("$ref")).removeprefix(_REF), schema)
        has_parts: bool = named.get("type") in ("array", "object")
        return has_parts or (named is not schema and self._is_made_of_parts(named))

    def _plain(self, schema: Mapping[str, Any], kind: Any, place: str) -> AnswerPart:
        if kind is None:
            return any_value()
        if kind not in _PLAIN:
            raise TypeError(f"{place}: unsupported type ({kind!r:.80}); use str, a number, a list or a model")
        return AnswerPart(_PLAIN[kind], _exact if schema.get(_BOTH) else same)

    def _list(self, schema: Mapping[str, Any], place: str) -> AnswerPart:
        if schema.get("maxItems") == 0:
            raise TypeError(f"{place}: it can only be empty; leave it out")
        element = self.part(schema.get("items", True), f"{place}[]")
        return AnswerPart(list_of(element.type), _each(element.back), element.below("[]"))

    def _tuple(self, schema: Mapping[str, Any], place: str) -> AnswerPart:
        """A record of the elements, by their titles or numbers; those beyond are a list of its own."""
        given = schema["prefixItems"]
        wanted = [
            str(one.get("title", f"item_{n}")) if isinstance(one, Mapping) else f"item_{n}" for n, one in enumerate(given, 1)
        ]
        if len(set(wanted)) < len(wanted):
            wanted = [f"item_{n}" for n in range(1, len(given) + 1)]
        rest = schema.get("items") if schema.get("maxItems") != len(given) else None
        names = list(names_of([*wanted, *([_MORE] if rest else [])], "item").values())
        parts = [self.part(one, f"{place}[{index}]", wanted[index]) for index, one in enumerate(given)]
        fewest = schema.get("minItems", len(given))
        parts = [one if index < fewest else one.optional() for index, one in enumerate(parts)]
        if rest:
            parts.append(self._list({"items": rest}, place))
        backs = [one.back for one in parts]
        notes = tuple(note for name, one in zip(names, parts, strict=True) for note in one.below(f".{name}"))
        return AnswerPart(_record(names, parts), partial(_elements, names, backs, bool(rest), fewest), notes)

    def _record(self, schema: Mapping[str, Any], place: str) -> AnswerPart:
        properties, required = schema["properties"], set(schema.get("required", ()))
        names, parts = names_of(properties), list[AnswerPart]()
        notes, fields, sure = list[Note](), list[tuple[str, str, Callable[[Any], Any], bool]](), dict[str, Any]()
        for own, one in properties.items():
            name, part = names[own], self.part(one, f"{place}.{own}", own)
            words = [f"named {own}"] if name != own else []
            is_left_out = own not in required and (not part.is_option or "default" not in one)
            if own not in required:
                words += default_said(one, is_nullable=part.is_option)
                part = part.optional()
                if "const" in one and "default" in one:
                    sure[own] = one["const"]
            notes += [(f".{name}", word) for word in words]
            notes += part.below(f".{name}")
            fields.append((own, name, part.back, is_left_out))
            parts.append(part)
        return AnswerPart(_record(list(names.values()), parts), partial(_fields, fields, sure), tuple(notes))

    def _dictionary(self, schema: Mapping[str, Any], place: str) -> AnswerPart:
        """A list of its keys with their values."""
        values = schema.get("additionalProperties")
        if values is None or values is False:
            raise TypeError(f"{place}: it has no fields to ask for; give it some, or use dict[str, …]")
        of_keys = schema.get(KEY) or {"type": "string"}
        keys = self.part(of_keys, f"{place} (its keys)")
        if self.defs.get(str(of_keys.get("$ref")).removeprefix(_REF), of_keys).get(NO_KEY):
            raise TypeError(f"{place}: the keys of a dictionary must be texts; use int, or labels that are texts")
        if not (isinstance(keys.type, Enum) or keys.type in _PLAIN.values()):
            raise TypeError(f"{place}: the keys of a dictionary must be texts, numbers or labels; use a list of models")
        value = self.part(values, f"{place}[…]")
        notes = (("", "one element for each key"), *keys.below("[].key"), *value.below("[].value"))
        type_ = list_of(_record(["key", "value"], [keys, value]))
        return AnswerPart(type_, partial(_entries, keys.back, value.back), notes)

    def _union(self, options: Sequence[Any], place: str) -> AnswerPart:
        """A record with a place for each kind of value, all but one of which are None."""
        flat = list(_flat(options))
        others = [one for one in flat if one.get("type") != "null"]
        is_nullable = len(others) < len(flat)
        if not others:
            raise TypeError(f"{place}: only None fits; leave it out, or use str")
        if len(others) == 1:
            part = self.part(others[0], place)
            return part.optional() if is_nullable else part
        if all("enum" in one or "const" in one for one in others):
            values = [value for one in others for value in (one["enum"] if "enum" in one else [one["const"]])]
            part = labelled(values, place)
            return part.optional() if is_nullable else part
        whole = next((one for one in others if _is_just(one, "integer")), None)
        number = next((one for one in others if _is_just(one, "number")), None)
        if whole is not None and number is not None:  # one number, which is both
            return self._union(
                [one for one in flat if one is not whole and one is not number] + [{"type": "number", _BOTH: True}], place
            )
        names, parts = _kinds(others), [self.part(one, place) for one in others]
        type_ = _record(names, [one.optional() for one in parts])
        words = f"exactly one of {', '.join(f'`{name}`' for name in names)} is given; the others are null"
        notes = [("", words), *(note for name, one in zip(names, parts, strict=True) for note in one.below(f".{name}"))]
        union = AnswerPart(
            type_, partial(_one_of, {name: one.back for name, one in zip(names, parts, strict=True)}), tuple(notes)
        )
        return union.optional() if is_nullable else union


def _record(names: Sequence[str], parts: Sequence[AnswerPart]) -> Type:
    return Record(tuple((name, part.type) for name, part in zip(names, parts, strict=True)))


def _flat(options: Sequence[Any]) -> list[Mapping[str, Any]]:
    """The options, those of a union among them one by one."""
    flat: list[Mapping[str, Any]] = []
    for one in options:
        inner = one.get("anyOf") or one.get("oneOf")
        flat += _flat(inner) if inner and not said_anything(one) else [one]
    return flat


def said_anything(schema: Mapping[str, Any]) -> bool:
    """A schema of a union has words of its own."""
    return next(said(schema), None) is not None


def _kinds(options: Sequence[Mapping[str, Any]]) -> list[str]:
    """A name for each option of a union: that of its class, or of what it is."""
    wanted: list[str] = []
    for one in options:
        ref = str(one.get("$ref", "")).removeprefix(_REF)
        label = "label" if "enum" in one or "const" in one else None
        kind = ref or one.get("title") or label or one.get("format") or _WORDS_FOR.get(str(one.get("type")), "value")
        name = str(kind)
        wanted.append(name if name not in wanted else f"{name}_{len(wanted) + 1}")
    return list(names_of(wanted, "kind").values())


def _is_just(schema: Mapping[str, Any], kind: str) -> bool:
    """A schema says that its value is of a kind and nothing else."""
    return schema.get("type") == kind and schema.keys() <= {"type", "title"}


def _exact(value: float) -> int | float:
    """A number that may be whole or not; raises `ValueError` where it is not known which one was meant."""
    if abs(value) >= _EXACT:
        raise ValueError(f"{value:g} is too large for a type that is whole or not; use int, or float")
    return int(value) if value.is_integer() else value


def _each(back: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return same if back is same else lambda values: [back(value) for value in values]


def _fields(
    fields: Sequence[tuple[str, str, Callable[[Any], Any], bool]], sure: Mapping[str, Any], value: Mapping[str, Any]
) -> dict[str, Any]:
    """The fields that have a value, and those that can have one only: pydantic tells the classes of a union apart by them."""
    made = {own: back(value[name]) for own, name, back, is_left_out in fields if not (is_left_out and value[name] is None)}
    return {**{own: one for own, one in sure.items() if own not in made}, **made}


def _elements(
    names: Sequence[str], backs: Sequence[Callable[[Any], Any]], has_more: bool, fewest: int, value: Mapping[str, Any]
) -> list[Any]:
    made = [back(value[name]) for name, back in zip(names, backs, strict=True)]
    if has_more:
        return [*made[:-1], *made[-1]]
    while len(made) > fewest and value[names[len(made) - 1]] is None:
        made.pop()
    return made


def _entries(
    key_of: Callable[[Any], Any], value_of: Callable[[Any], Any], entries: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for entry in entries:
        key = key_of(entry["key"])
        name = key if isinstance(key, str) else json.dumps(key)
        if name in made:
            raise ValueError(f"the key {name!r:.200} is given twice")
        made[name] = value_of(entry["value"])
    return made


def _one_of(backs: Mapping[str, Callable[[Any], Any]], value: Mapping[str, Any]) -> Any:
    given = [name for name in backs if value[name] is not None]
    if len(given) != 1:
        raise ValueError(f"exactly one of {', '.join(backs)} must be given, not {', '.join(given) or 'none'}")
    return backs[given[0]](value[given[0]])
