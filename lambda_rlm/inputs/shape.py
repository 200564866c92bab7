"""The type of plain data, and the data made to fit it.

Owns the rules by which JSON-like data gets a type of the language, looking at every row:

- whole numbers are Int, with fractions Float; where both occur, Float, unless that would lose digits; numbers beyond 64 bits
  are Text
- a field that is missing or null somewhere is an Option
- texts are Text (never an enumeration: the next file may have one more label)
- where values do not agree otherwise, and where objects are empty, have more than 100 keys or are nested too deeply, each
  value is given as its JSON text; the deepest first, where the type would have more parts than a program can work with
- a key that is no identifier gets one (see `field_names`), and is kept beside it in the type

Promises that the data it gives inhabits the type it gives: records have exactly the fields, in any order, and what is missing
is None.
"""

from __future__ import annotations

import enum
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Any, Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.inputs.field_names import FieldNames, kept_key
from lambda_rlm.inputs.formats.extracted import FilePlaces
from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.table import ColumnKind, Table
from lambda_rlm.types.type import BOOL, FLOAT, INT, TEXT, Con, Record, Type, list_of, option_of

MAX_FIELDS: Final = 100
MAX_DEPTH: Final = 6
MAX_PARTS: Final = 250
"""Half of what a type of the language may have: programs put what they read into records of their own."""
MAX_LEVELS: Final = 7
_MOST_PLACES: Final = 10_000
"""The most places of data that are looked at in detail: where there are more, the deepest are given as JSON in any case."""
_INT_LIMIT: Final = 2**63
_LARGEST: Final = 2**53
"""Whole numbers up to here are exact as a Float."""
_AT_ONCE: Final = 1_000
"""Elements that are gone through between two looks at the deadline."""
_LONGEST_PLACE: Final = 200
_SHOWN: Final = 60
"""Characters of a key in a note."""
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_EXACT: Final = frozenset({str, int, float, bool, list, tuple, dict})
_SURROGATE: Final = late_pattern("[\ud800-\udfff]")
_KINDS: Final[Mapping[Type, ColumnKind]] = {TEXT: "text", INT: "int", FLOAT: "float", BOOL: "bool"}


@dataclass(slots=True)
class _Shape:
    """What has been seen at one place of the data, over all rows."""

    kinds: set[str] = field(default_factory=set)
    has_null: bool = False
    element: _Shape | None = None
    fields: dict[str, _Shape] = field(default_factory=dict)
    objects: int = 0
    seen: dict[str, int] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    is_cut: bool = False
    type: Type = TEXT


@dataclass(frozen=True, slots=True)
class Shaped:
    """Data with its type; `notes` say what was renamed and what was given as text. With `are_files` it is documents that were
    read from files, whose names they have. `places` are those of its texts in files, by the path to each in the data."""

    value: Any
    type: Type
    notes: tuple[str, ...]
    are_files: bool = False
    places: Mapping[str, FilePlaces] = field(default_factory=dict)


def shaped(
    data: Any,
    name: str,
    *,
    is_ours: bool = False,
    watch: Callable[[], object] = lambda: None,
    names: FieldNames | None = None,
) -> Shaped:
    """Data as JSON has it (None, bool, int, float, str, list or tuple, dict) with its type. With `is_ours` nobody else holds
    the data, and its lists may be changed. `watch` is called now and then; `names` are those of all inputs so far.

    Raises `TypeError` for anything else in it, and `InputProblem` for a number that is not finite or has too many digits, and
    for data nested too deeply.
    """
    names = FieldNames() if names is None else names
    if isinstance(data, Table):
        if len(data.columns) <= MAX_FIELDS:
            return _named(data, name, names)
        data = data.rows()
    shape = _Shape()
    _Looking(watch).look(data, shape, 0, name)
    for depth in range(MAX_DEPTH, -1, -1):
        watch()
        notes: list[str] = []
        tried = names.tried()
        type_ = _Typing(tried, notes).type_of(shape, name, MAX_DEPTH - depth)
        parts, levels = _extent(type_)
        if parts <= MAX_PARTS and levels <= MAX_LEVELS:
            break
    names.become(tried)
    try:
        fitting = _Fitting(is_ours, watch)
        value = fitting.table(data, shape.element) if _is_flat(type_) and shape.element else fitting.fit(data, shape)
    except (RecursionError, ValueError) as error:
        raise InputProblem(f"{name}: {_why_not(error)}", "pass it as text") from None
    return Shaped(value, type_, tuple(dict.fromkeys(notes)))


def _is_flat(type_: Type) -> bool:
    """The type is that of rows whose fields are texts, numbers and true/false."""
    match type_:
        case Con("List", (Record(fields),)):
            return all(_inner(field) in _KINDS for _, field in fields)
    return False


def _inner(type_: Type) -> Type:
    return type_.arguments[0] if isinstance(type_, Con) and type_.name == "Option" else type_


def _named(table: Table, name: str, names: FieldNames) -> Shaped:
    """Rows whose columns are judged already, with their type and the identifiers of their fields."""
    fields = {one.name: _Shape({one.kind}, one.has_missing) for one in table.columns}
    seen = dict.fromkeys(fields, 1)
    shape = _Shape({"list"}, element=_Shape({"object"}, fields=fields, objects=1, seen=seen))
    notes: list[str] = []
    tried = names.tried()
    type_ = _Typing(tried, notes).type_of(shape, name, 0)
    names.become(tried)
    assert shape.element is not None
    columns = [replace(one, name=shape.element.names[one.name]) for one in table.columns]
    return Shaped(Table(columns, len(table)), type_, tuple(dict.fromkeys(notes)))


def _why_not(error: Exception) -> str:
    if isinstance(error, RecursionError) or "Circular" in str(error):
        return "data that is nested too deeply, or contains itself"
    return "a number has too many digits" if "digits" in str(error) else "a number is not finite"


def _extent(type_: Type) -> tuple[int, int]:
    """How many parts a type has, and how many levels."""
    inner = (
        type_.arguments if isinstance(type_, Con) else tuple(t for _, t in type_.fields) if isinstance(type_, Record) else ()
    )
    extents = [_extent(part) for part in inner]
    return 1 + sum(parts for parts, _ in extents), 1 + max((levels for _, levels in extents), default=0)


class _Looking:
    """Goes through data once. The places that it keeps in mind are few: those below an object of too many keys are forgotten,
    and of all others the deepest are no longer told apart where there are too many."""

    def __init__(self, watch: Callable[[], object]) -> None:
        self.watch = watch
        self.deepest = 2 * MAX_DEPTH + 1
        self.places = [0] * (self.deepest + 1)
        self.looked = 0

    def look(self, data: Any, shape: _Shape | None, depth: int, where: str) -> None:
        """Take notice of data at a place; without a shape only of what no type holds."""
        self.looked += 1
        if self.looked % _AT_ONCE == 0:
            self.watch()
        if data is None:
            if shape is not None:
                shape.has_null = True
            return
        kind = _kind(data, where)
        if shape is not None:
            shape.kinds.add(kind)
        if depth > 2 * MAX_DEPTH:
            return
        if kind == "list":
            element = None if shape is None else self._element(shape, depth + 1)
            for start in range(0, len(data), _AT_ONCE):
                self.watch()
                self._items(data[start : start + _AT_ONCE], element, depth + 1, where)
        elif kind == "object":
            self._fields(data, shape, depth, where)

    def _element(self, shape: _Shape, depth: int) -> _Shape | None:
        if shape.element is None:
            shape.element = self._place(shape, depth)
        return shape.element

    def _items(self, items: Any, shape: _Shape | None, depth: int, where: str) -> None:
        """Elements of a list; where all are simple and alike, at once."""
        kinds = set(map(type, items))
        if kinds == {str}:
            kind = "text"
        elif kinds == {int} and min(items) >= -_LARGEST and max(items) <= _LARGEST:
            kind = "int"
        else:
            for item in items:
                self.look(item, shape, depth, where)
            return
        if shape is not None:
            shape.kinds.add(kind)

    def _fields(self, data: Any, shape: _Shape | None, depth: int, where: str) -> None:
        if shape is not None:
            shape.objects += 1
        for key, value in data.items():
            if not isinstance(key, str):
                raise TypeError(f"{where}: the key {key!r} is not a string")
            inner = None if shape is None else self._field(shape, key, depth + 1)
            self.look(value, inner, depth + 1, f"{where}.{key}" if len(where) < _LONGEST_PLACE else where)

    def _field(self, shape: _Shape, key: str, depth: int) -> _Shape | None:
        """The place of a field; none where its object is given as text, whatever other keys it has."""
        inner = shape.fields.get(key)
        if inner is None and len(shape.fields) <= MAX_FIELDS:
            inner = self._place(shape, depth)
            if inner is not None:
                shape.fields[key] = inner
                if len(shape.fields) > MAX_FIELDS:
                    self._forget(shape, depth - 1)
        if len(shape.fields) > MAX_FIELDS or inner is None:
            return None
        shape.seen[key] = shape.seen.get(key, 0) + 1
        return inner

    def _place(self, above: _Shape, depth: int) -> _Shape | None:
        """A new place; none where there are too many."""
        if sum(self.places[: self.deepest + 1]) >= _MOST_PLACES and self.deepest > 1:
            self.deepest -= 1
        if depth > self.deepest:
            above.is_cut = True
            return None
        self.places[depth] += 1
        return _Shape()

    def _forget(self, shape: _Shape, depth: int) -> None:
        """Nothing of what is below a place, but the keys, is needed any more."""
        for inner in (*shape.fields.values(), *([] if shape.element is None else [shape.element])):
            self.places[depth + 1] -= 1
            self._forget(inner, depth + 1)
            inner.fields, inner.seen, inner.element = {}, {}, None


def _kind(data: Any, where: str) -> str:
    if type(data) not in _EXACT and (isinstance(data, enum.Enum) or hasattr(type(data), "_asdict")):
        raise TypeError(f"{where}: {data!r:.100} has names that plain data does not keep")
    if isinstance(data, str):
        return "text"
    if isinstance(data, bool):
        return "bool"
    if isinstance(data, int):
        return "int" if -_LARGEST <= data <= _LARGEST else "long int" if -_INT_LIMIT <= data < _INT_LIMIT else "large"
    if isinstance(data, float):
        if not math.isfinite(data):
            raise InputProblem(f"{where}: a number is too large or not finite", "pass it as text")
        return "float"
    if isinstance(data, dict):
        return "object"
    if isinstance(data, (list, tuple)):
        return "list"
    raise TypeError(
        f"{where}: a value of type {type(data).__name__} is not supported (use str, int, float, bool, list, dict or None)"
    )


class _Typing:
    """The types of places, from the outermost inward; says in `notes` what was renamed and what is text."""

    def __init__(self, names: FieldNames, notes: list[str]) -> None:
        self.names = names
        self.notes = notes

    def type_of(self, shape: _Shape, where: str, depth: int) -> Type:
        """The type of a place; also fills in `type`, without the Option, and `names` there and below."""
        shape.type = self._present(shape, where, depth)
        return option_of(shape.type) if shape.has_null else shape.type

    def _present(self, shape: _Shape, where: str, depth: int) -> Type:
        kinds = shape.kinds
        if not kinds or kinds == {"text"}:
            return TEXT
        if kinds == {"bool"}:
            return BOOL
        if kinds <= {"int", "long int"}:
            return INT
        if kinds <= {"int", "float"}:
            return FLOAT
        if kinds == {"list"} and depth < MAX_DEPTH and not shape.is_cut:
            return list_of(self.type_of(shape.element or _Shape(), f"{where}[]", depth + 1))
        if kinds == {"object"} and depth < MAX_DEPTH and not shape.is_cut and 0 < len(shape.fields) <= MAX_FIELDS:
            return self._record(shape, where, depth)
        self.notes.append(f"{where} is passed as text: {_why_text(shape, depth)}")
        return TEXT

    def _record(self, shape: _Shape, where: str, depth: int) -> Type:
        names = shape.names = self.names.of(list(shape.fields))
        called = {name: kept_key(key) for key, name in names.items() if key != name}
        if called:
            renamed = ", ".join(f"{key[:_SHOWN]!r} is {name}" for name, key in called.items())
            self.notes.append(f"{where}: renamed fields: {renamed}")
        fields: list[tuple[str, Type]] = []
        for key, inner in shape.fields.items():
            inner.has_null = inner.has_null or shape.seen[key] < shape.objects
            fields.append((names[key], self.type_of(inner, f"{where}.{names[key]}", depth + 1)))
        return Record(tuple(sorted(fields)), called=tuple(sorted(called.items())))


def _why_text(shape: _Shape, depth: int) -> str:
    if "large" in shape.kinds and shape.kinds <= {"int", "long int", "large"}:
        return "integers exceed 64 bits"
    if shape.kinds <= {"int", "long int", "large", "float"} and len(shape.kinds) > 1:
        return "whole numbers exceed what a Float holds exactly"
    if len(shape.kinds) > 1:
        return f"values have different types ({', '.join(sorted(shape.kinds))})"
    if depth >= MAX_DEPTH or shape.is_cut:
        return "nested too deeply, or the type would be too large"
    return "no fields" if not shape.fields else f"more than {MAX_FIELDS} different keys"


class _Fitting:
    """Data in the representation that the type of its place asks for. Our own lists are filled anew where they stand, so that
    the data is not held twice."""

    def __init__(self, is_ours: bool, watch: Callable[[], object]) -> None:
        self.is_ours = is_ours
        self.watch = watch

    def fit(self, data: Any, shape: _Shape) -> Any:
        if data is None:
            return None
        match shape.type:
            case Con("List") if shape.element is not None:
                return self._list(data, shape.element)
            case Con("Float"):
                return float(data)
            case Con("Text"):
                return sound(data) if isinstance(data, str) else sound(_written(data))
            case Record():
                return {shape.names[key]: self.fit(data.get(key), inner) for key, inner in shape.fields.items()}
            case _:
                return data

    def table(self, data: Any, element: _Shape) -> Table:
        """Rows whose fields are simple, as columns. Our own rows are let go as they are taken over."""
        from lambda_rlm.inputs.formats.columns.growing import GrowingColumn

        items = data if self.is_ours and isinstance(data, list) else list(data)
        columns = {key: GrowingColumn(element.names[key], _KINDS[inner.type]) for key, inner in element.fields.items()}
        for start in range(0, len(items), _AT_ONCE):
            self.watch()
            rows = items[start : start + _AT_ONCE]
            items[start : start + _AT_ONCE] = [None] * len(rows)
            for key, column in columns.items():
                inner = element.fields[key]
                column.add([self.fit(row.get(key), inner) for row in rows])
        return Table([column.column() for column in columns.values()], len(items))

    def _list(self, data: Any, element: _Shape) -> list[Any]:
        items = data if self.is_ours and isinstance(data, list) else list(data)
        for start in range(0, len(items), _AT_ONCE):
            self.watch()
            items[start : start + _AT_ONCE] = [self.fit(item, element) for item in items[start : start + _AT_ONCE]]
        return items


def _written(data: Any) -> str:
    return _ENCODER.encode(data)


def sound(text: str) -> str:
    """The text with lone surrogates, which no encoding of it could carry, replaced by U+FFFD; a `str` itself, also where a
    class of another package adds something to it."""
    text = text if type(text) is str else str.__str__(text)
    return text if text.isascii() or not _SURROGATE.search(text) else _SURROGATE.sub("�", text)
