"""What the data calls the fields of a record, where that is no identifier of the language.

Owns how these names are found in the types of the inputs, and how a record is written with them: by `to_json`, whose bound
counts the same names, and in answers. Promises that a record is never written with one name twice, and that a field which two
inputs call differently keeps its identifier.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from lambda_rlm.graphemes import begun
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.types.type import Con, Record, Type

LONGEST_SHOWN: Final = 80
"""Characters of a name that a prompt shows beside its identifier."""

MOST_SAID: Final = 60
"""Names that are listed of one input."""

LONGEST_SAID: Final = 4_000
"""Characters of a type that is written out with the names of the data."""

_UNSEEN: Final = late_pattern(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ud800-\udfff\ufeff]"
)


def called_in(types: Mapping[str, Type]) -> dict[str, str]:
    """By identifier, what the data of some inputs calls fields; none where that differs from input to input."""
    found: dict[str, str] = {}
    differing: set[str] = set()
    pending: list[Type] = list(types.values())
    while pending:
        match pending.pop():
            case Con(_, arguments):
                pending.extend(arguments)
            case Record(fields, _, called):
                names = dict(called)
                for name, type_ in fields:
                    pending.append(type_)
                    if found.setdefault(name, names.get(name, name)) != names.get(name, name):
                        differing.add(name)
    return {name: original for name, original in found.items() if name != original and name not in differing}


def written_names(names: Iterable[str], called: Mapping[str, str]) -> tuple[str, ...]:
    """The names under which the fields of one record are written: those of the data, unless two were the same."""
    own = tuple(names)
    written = tuple([called.get(name, name) for name in own])
    return written if len(set(written)) == len(written) else own


def calling(type_: Type, called: Mapping[str, str]) -> Type:
    """A type whose records have these names of the data beside their fields."""
    match type_:
        case Con(name, arguments):
            return Con(name, tuple([calling(inner, called) for inner in arguments]))
        case Record(fields, order, _):
            names = tuple([(name, called[name]) for name, _ in fields if name in called])
            return Record(tuple([(name, calling(field, called)) for name, field in fields]), order, names)
        case _:
            return type_


def with_fields(data: Any, type_: Type, called: Mapping[str, str]) -> Any:
    """Plain data that `renamed` gave, with identifiers again; anything else as it is."""
    if not called or data is None:
        return data
    match type_:
        case Con("Option", (inner,)):
            return with_fields(data, inner, called)
        case Con("List", (inner,)) if isinstance(inner, Record | Con) and isinstance(data, list):
            return [with_fields(item, inner, called) for item in data]
        case Record(fields) if isinstance(data, dict):
            types = dict(zip(written_names([name for name, _ in fields], called), fields, strict=True))
            if data.keys() != types.keys():
                return data
            return {types[key][0]: with_fields(item, types[key][1], called) for key, item in data.items()}
        case _:
            return data


def renamed(data: Any, type_: Type, called: Mapping[str, str]) -> Any:
    """Plain data of a type with the names that the data of the inputs has for fields."""
    if not called or data is None:
        return data
    match type_:
        case Con("Option", (inner,)):
            return renamed(data, inner, called)
        case Con("List", (inner,)) if isinstance(inner, Record | Con):
            return [renamed(item, inner, called) for item in data]
        case Record(fields):
            names = written_names([name for name, _ in fields], called)
            return {new: renamed(data[name], inner, called) for new, (name, inner) in zip(names, fields, strict=True)}
        case _:
            return data


def shown_name(name: str) -> str:
    """A name of the data as a person or a model reads it, on one line and cut: a word as it is, anything else in quotes. What
    is not seen, and could change how the rest is read, is written as an escape."""
    if len(name) > LONGEST_SHOWN:
        name = begun(name, LONGEST_SHOWN - 1) + "…"
    if name and not name[0].isdigit() and all(map(is_of_a_word, name)):
        return name
    return _UNSEEN.sub(lambda hit: f"\\u{ord(hit[0]):04x}", json.dumps(name, ensure_ascii=False))


def is_of_a_word(sign: str) -> bool:
    """Part of a word in its script, marks over letters too."""
    return sign.isalnum() or sign == "_" or unicodedata.category(sign).startswith("M")


def line_name(name: str) -> str:
    """A name of the data as it is written before a value on a line: cut, without line ends and what is not seen."""
    line = _UNSEEN.sub(" ", name)
    line = " ".join(line.split())
    return line if len(line) <= LONGEST_SHOWN else begun(line, LONGEST_SHOWN - 1) + "…"


def shown_with_names(type_: Type) -> str:
    """A type with the names of the data in the place of identifiers, which is how a person knows it."""
    match type_:
        case Con(name, arguments) if arguments:
            return f"{name}[{', '.join(map(shown_with_names, arguments))}]"
        case Record(_, _, called):
            names = dict(called)
            parts = [f"{shown_name(names.get(name, name))}: {shown_with_names(field)}" for name, field in type_.fields]
            return "{ " + ", ".join(parts) + " }"
        case _:
            return repr(type_)


def names_said(type_: Type) -> str:
    """One line that says what the data calls the fields of a type: the type in these words, and which identifier each of them
    has; "" where all are called as in the program."""
    called = dict(_called_within(type_))
    if not called:
        return ""
    listed = [f"{name} is {shown_name(original)}" for name, original in list(called.items())[:MOST_SAID]]
    more = len(called) - len(listed)
    whole = shown_with_names(type_)
    said = f"{'' if len(whole) > LONGEST_SAID else f'{whole}, where '}{', '.join(listed)}"
    return f"{said}, and {more:,} more" if more else said


def _called_within(type_: Type) -> Iterator[tuple[str, str]]:
    match type_:
        case Con(_, arguments):
            for inner in arguments:
                yield from _called_within(inner)
        case Record(fields, _, called):
            yield from called
            for _, inner in fields:
                yield from _called_within(inner)
