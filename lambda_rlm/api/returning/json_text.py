"""Values that no type of the language has, as JSON in a text.

Owns the part for them: any value, classes that hold themselves, and what is nested too deeply for a type. Promises that a text
which gives a key twice, or is more than one value, is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lambda_rlm.api.returning.answer_part import AnswerPart, refusal
from lambda_rlm.api.returning.wording import written
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.types.type import TEXT

_FENCE: Final = late_pattern(r"^[ \t]*```.*$", re.MULTILINE)
_REF: Final = "#/$defs/"


def any_value() -> AnswerPart:
    """A part whose value is any JSON."""
    return AnswerPart(TEXT, read_json, (("", "any value, as JSON text"),))


def by_schema(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> AnswerPart:
    """A part whose value is JSON by a schema, which may refer to itself; `defs` are the definitions that it may name. Raises
    `TypeError` where it holds what no JSON has."""
    needed = sorted({name for one in _references(schema) for name in (one, *reached(one, defs))})
    for name, one in [("", schema), *((name, defs[name]) for name in needed)]:
        for field, inner in _fields_of(one):
            if (why := refusal(inner)) is not None:
                raise TypeError(f"{name}.{field}: {why}" if name else f"{field}: {why}")
    whole = {**_plain(schema), **({"$defs": {name: _plain(defs[name]) for name in needed}} if needed else {})}
    return AnswerPart(TEXT, read_json, (("", f"JSON text by the JSON Schema {written(whole)}"),))


def _fields_of(schema: Any, field: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each schema within one, with the field that it belongs to."""
    if isinstance(schema, list):
        for one in schema:
            yield from _fields_of(one, field)
    if isinstance(schema, Mapping):
        yield field, schema
        for key, one in schema.items():
            named = one.items() if key == "properties" and isinstance(one, Mapping) else [(field, one)]
            for name, inner in named:
                yield from _fields_of(inner, name)


def reached(name: str, defs: Mapping[str, Any]) -> set[str]:
    """The definitions that one refers to, directly or not."""
    found, todo = set[str](), [name]
    while todo:
        for other in _references(defs.get(todo.pop(), {})):
            if other not in found:
                found.add(other)
                todo.append(other)
    return found


def read_json(text: Any) -> Any:
    """The value that a text is the JSON of: all of it, its only fenced block, or what its outermost braces or brackets hold.
    Raises `ValueError`."""
    mistake = ""
    for one in _candidates(str(text).strip()):
        try:
            return json.loads(one, object_pairs_hook=_once, parse_constant=_refused)
        except json.JSONDecodeError as error:
            mistake = mistake or f"{error}"
        except RecursionError:
            raise ValueError("the JSON text is nested too deeply") from None
    raise ValueError(f"expected JSON text: {mistake}")


def _candidates(text: str) -> Iterator[str]:
    yield text
    parts = _FENCE.split(text)
    if len(parts) > 1:
        if len(parts) == 3:
            yield parts[1]
        return
    starts = [start for start in map(text.find, "{[") if start >= 0]
    if starts:
        end = text.rfind("}" if text[min(starts)] == "{" else "]")
        yield text[min(starts) : end + 1]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key is given twice in the JSON text")
    return made


def _refused(constant: str) -> Any:
    raise ValueError(f"JSON has no {constant}")


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        ref = schema.get("$ref")
        if isinstance(ref, str):
            yield ref.removeprefix(_REF)
        for one in schema.values():
            yield from _references(one)
    elif isinstance(schema, list):
        for one in schema:
            yield from _references(one)


def _plain(schema: Any) -> Any:
    """A schema without what only this package reads, and without titles."""
    if isinstance(schema, list):
        return [_plain(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    kept = {}
    for key, one in schema.items():
        if key == "properties" and isinstance(one, Mapping):
            kept[key] = {name: _plain(field) for name, field in one.items()}
        elif not (key == "title" or key.startswith("x-")):
            kept[key] = _plain(one)
    return kept
