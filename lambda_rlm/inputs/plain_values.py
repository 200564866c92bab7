"""Values of Python programs that are not plain data, as plain data: tables, arrays, records, dates and other scalars.

Owns what each becomes. Tables and arrays of other packages are recognized by their methods, and none of these packages is
imported. Promises that nothing is lost silently: what has no exact counterpart is refused with its place, and a note says where
paths were not read and where missing values became null. Refuses to make more in memory than the limit of what may be read.

- tables (pandas, polars, pyarrow) are rows; an index that is more than the row number is a field of them
- arrays and series are lists; missing values of tables, arrays and series (NaN, NaT, NA) are null
- dataclasses, pydantic models, named tuples and mappings are records; sets are sorted lists; iterators are read to their end
- dates and times are ISO 8601 texts, durations seconds; UUIDs and paths texts; bytes inside data UTF-8 texts
- a member of an enumeration is its value; a Decimal is the equal Int or Float, and a text where there is none
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any, Final
from uuid import UUID

from lambda_rlm.inputs.files import too_large
from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.inputs.reading import Reading

_AT_ONCE: Final = 1_000
"""Values between two looks at the deadline."""
CELL: Final = 64
"""Bytes that a value of a table takes at least, as Python holds it."""
_POINTER: Final = 8
"""Bytes that a text takes in its list, be it empty."""
_PIECE: Final = 1 << 20
_DEEPEST: Final = 100
_MISSING: Final = ("NAType", "NaTType")
_SUPPORTED: Final = (
    "use str, numbers, bool, None, lists, dicts, dates, dataclasses, pydantic models, arrays, DataFrames, bytes or Path"
)


def plain_data(value: Any, name: str, reading: Reading) -> tuple[Any, tuple[str, ...]]:
    """The value as `shaped` takes it, in containers of its own, with notes. Raises `TypeError` for what has no counterpart,
    `InputProblem` for what cannot be represented or is too large."""
    making = _Making(reading)
    made = making.plain(value, name, 0)
    return made, making.notes(name)


def missing_note(name: str, missing: int) -> tuple[str, ...]:
    """What a person should know where values of a table were missing; nothing where none was."""
    return (f"{name}: {missing:,} missing {'value is' if missing == 1 else 'values are'} null",) if missing else ()


def contents_of(file: Any, name: str, reading: Reading, most: int) -> str | bytes:
    """What is left to read of an open file, a text or bytes as it was opened. Raises `InputProblem` for more than `most`
    characters or bytes."""
    pieces: list[Any] = []
    length = 0
    while length <= most and (piece := file.read(_PIECE)):
        if not isinstance(piece, str | bytes):
            raise TypeError(
                f"{name}: `read` of this {type(file).__name__} gives {piece!r:.60}, which is neither text nor bytes"
            )
        reading.glance()
        pieces.append(piece)
        length += len(piece)
    if length > most:
        raise too_large(f"{name} is too large", most)
    return b"".join(pieces) if pieces and isinstance(pieces[0], bytes) else "".join(pieces)


def drawn(items: Iterator[Any], name: str, reading: Reading) -> list[Any]:
    """The elements of an iterator. Raises `InputProblem` where it has more than the limit of what may be read."""
    found: list[Any] = []
    most = reading.most_bytes // CELL
    made = 0
    for item in items:
        found.append(item)
        made += _least(item)
        if len(found) % _AT_ONCE == 0:
            reading.glance()
        if len(found) > most:
            raise too_large(f"{name} gives more than {most:,} values", reading.most_bytes)
        if made > reading.most_bytes:
            raise too_large(f"what {name} gives is too large", reading.most_bytes)
    return found


def _least(item: Any) -> int:
    """Bytes that an element of an iterator is counted with while others are drawn; its parts are looked at later."""
    if isinstance(item, str | bytes | bytearray):
        return max(_POINTER, len(item))
    return CELL * (1 + len(item)) if isinstance(item, list | tuple | dict | set) else CELL


class _Making:
    """Goes through a value once. `most` is what its texts and values may take in memory."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.made = 0
        self.count = 0
        self.missing = 0
        self.paths = 0

    def notes(self, name: str) -> tuple[str, ...]:
        """What a person should know of how the data came to be."""
        paths = f"{name}: paths inside data are given as text, their files are not read" if self.paths else ""
        return (*missing_note(name, self.missing), *(note for note in (paths,) if note))

    def plain(self, value: Any, where: str, depth: int, *, is_table: bool = False) -> Any:
        """Plain data for a value; `is_table` where NaN means that a value is missing."""
        self._counted(value, where)
        if depth > _DEEPEST:
            raise InputProblem(f"{where[:80]}…: data that is nested too deeply, or contains itself", "pass it as text")
        if isinstance(value, Enum):
            return self.plain(value.value, where, depth + 1)
        if value is None or isinstance(value, bool | str | int):
            return value
        if isinstance(value, float):
            return self._null() if is_table and math.isnan(value) else value
        if type(value).__name__ in _MISSING:
            return self._null()
        if is_table and isinstance(value, Decimal) and value.is_nan():
            return self._null()
        scalar = self._scalar(value, where)
        return self._composed(value, where, depth, is_table=is_table) if scalar is _NONE else scalar

    def _counted(self, value: Any, where: str) -> None:
        self.count += 1
        self.made += max(_POINTER, len(value)) if isinstance(value, str | bytes) else CELL
        if self.count % _AT_ONCE == 0:
            self.reading.glance()
        if self.made > self.reading.most_bytes:
            raise too_large(f"the data of {where.partition('.')[0].partition('[')[0]} is too large", self.reading.most_bytes)

    def _null(self) -> None:
        self.missing += 1

    def _scalar(self, value: Any, where: str) -> Any:
        """Plain data for a single value; `_NONE` where it is composed."""
        match value:
            case datetime() | date() | time():
                return value.isoformat()
            case timedelta():
                return value.total_seconds()
            case Decimal():
                return _number(value)
            case UUID():
                return str(value)
            case PurePath():
                self.paths += 1
                return str(value)
            case bytes() | bytearray() | memoryview():
                return _text(bytes(value), where)
        if type(value).__module__ == "numpy" and type(value).__name__ in ("datetime64", "timedelta64"):
            return self._null() if str(value) == "NaT" else _moment(value)
        return _NONE

    def _composed(self, value: Any, where: str, depth: int, *, is_table: bool) -> Any:
        if (rows := self._rows(value, where)) is not None:
            return self._list(rows, where, depth, is_table=True)
        if (values := _values(value)) is not None:
            return self.plain(values, where, depth + 1, is_table=True)
        if (record := _record(value)) is not None:
            return self._record(record, where, depth, is_table=is_table)
        if isinstance(value, Set):
            return _ordered(self._list(value, where, depth, is_table=is_table))
        if isinstance(value, Sequence | Iterator) or type(value).__name__ in ("deque", "dict_values", "dict_keys"):
            return self._list(value, where, depth, is_table=is_table)
        if type(value).__module__.partition(".")[0] == "pandas" and type(value).__name__ in ("Period", "Interval"):
            return str(value)
        if _is_lazy(value):
            raise TypeError(f"{where}: a {type(value).__name__} holds no rows yet; collect them first")
        raise TypeError(f"{where}: {_shown(value)} is not supported ({_SUPPORTED})")

    def _list(self, items: Iterable[Any], where: str, depth: int, *, is_table: bool) -> list[Any]:
        return [self.plain(item, f"{where}[]", depth + 1, is_table=is_table) for item in items]

    def _record(self, record: Mapping[Any, Any], where: str, depth: int, *, is_table: bool) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, value in record.items():
            name = _key(key, where)
            if name in made:
                raise TypeError(f"{where}: two keys are {name!r} when they are written as text")
            made[name] = self.plain(value, f"{where}.{name}", depth + 1, is_table=is_table)
        return made

    def _rows(self, value: Any, where: str) -> Iterable[Any] | None:
        """The rows of a table; None for anything else. A table too large for the limit is refused before its rows are made."""
        made = _method(value)
        if made is None:
            return None
        height, width = value.shape
        if height * width * CELL > self.reading.most_bytes:
            raise too_large(f"{where} has {height:,} rows of {width:,} columns", self.reading.most_bytes)
        names = [_key(name, where) for name in (value.columns if made != "to_pylist" else value.schema.names)]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise InputProblem(f"{where} has two columns named {twice!r}", "rename one of them")
        if made != "to_dict":
            return list(getattr(value, made)())
        try:
            table = value if _is_row_number(value.index) else value.reset_index()
        except ValueError as error:
            raise InputProblem(f"{where}: its index cannot become a column: {error}", "rename the index or drop it") from None
        rows: list[Any] = table.to_dict("records")
        return rows


class _Nothing:
    """Not a value of the host."""


_NONE: Final = _Nothing()


def is_table(value: Any) -> bool:
    """A table of another package, such as a DataFrame."""
    return _method(value) is not None


def _method(value: Any) -> str | None:
    """What makes rows of a table; None for anything else."""
    made = next((method for method in ("to_dicts", "to_pylist") if _has(value, method, "columns")), None)
    return made or ("to_dict" if _has(value, "to_dict", "columns", "index", "reset_index") else None)


def _has(value: Any, *names: str) -> bool:
    """An object of a package with these attributes; a class itself has none."""
    return not isinstance(value, type) and all(hasattr(type(value), name) for name in names)


def _shown(value: Any) -> str:
    """A value of the host's for a message, with its class; its class alone where it cannot be shown."""
    try:
        return f"{value!r:.100} of type {type(value).__name__}"
    except Exception:  # noqa: BLE001 - the class is the host's, and so is what its repr does
        return f"a value of type {type(value).__name__}"


def _is_row_number(index: Any) -> bool:
    """The index of a pandas table is what `range` gives: nothing is lost without it."""
    return type(index).__name__ == "RangeIndex" and index.name is None


def _is_lazy(value: Any) -> bool:
    return type(value).__name__ in ("LazyFrame", "DataFrame") and (_has(value, "collect") or _has(value, "compute"))


def _moment(value: Any) -> Any:
    """A date, a time or a duration of numpy, which as a Python value may be a bare number of nanoseconds."""
    unit = "datetime64[us]" if type(value).__name__ == "datetime64" else "timedelta64[us]"
    exact = value.item()
    if not isinstance(exact, date | timedelta) and (coarse := value.astype(unit)) == value:
        exact = coarse.item()
    if isinstance(exact, timedelta):
        return exact.total_seconds()
    return exact.isoformat() if isinstance(exact, date) else str(value)


def _values(value: Any) -> Any:
    """The elements of an array or series, the rows of a series with an index of its own, or the Python value of a scalar of
    another package; None for anything else."""
    if _has(value, "dtype", "tolist"):
        if _has(value, "index", "reset_index"):
            return value.tolist() if _is_row_number(value.index) else value.reset_index()
        if getattr(value.dtype, "kind", "") in ("M", "m") and type(value).__module__ == "numpy":
            return list(value)
        names = getattr(value.dtype, "names", None)
        return value.tolist() if not names else [dict(zip(names, row, strict=True)) for row in value.tolist()]
    if _has(value, "dtype", "to_list"):
        return value.to_list()
    if _has(value, "to_pylist"):
        return value.to_pylist()
    return value.as_py() if _has(value, "as_py") else None


def _record(value: Any) -> Mapping[Any, Any] | None:
    """The fields of a record; None for anything else."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, type):
        return None
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if hasattr(type(value), "model_fields"):
        return {
            name: getattr(value, name) for name in (*type(value).model_fields, *(getattr(value, "model_extra", None) or ()))
        }
    if hasattr(type(value), "__attrs_attrs__"):
        return {one.name: getattr(value, one.name) for one in type(value).__attrs_attrs__}
    if hasattr(type(value), "_asdict"):
        return dict(value._asdict())
    if _has(value, "keys", "__getitem__", "__len__"):
        return {key: value[key] for key in value.keys()}  # noqa: SIM118 - a row of a database, which iterates over its values
    return None


def _key(key: Any, where: str) -> str:
    """A key of a record as text."""
    match key:
        case Enum():
            return _key(key.value, where)
        case str():
            return key
        case bool():
            pass
        case int() | UUID():
            return str(key)
        case datetime() | date() | time():
            return key.isoformat()
        case tuple() if key:
            return " ".join(_key(part, where) for part in key if part != "")
    raise TypeError(f"{where}: the key {key!r:.80} is not a string")


def _number(value: Decimal) -> int | float | str:
    """The number that is exactly equal; a text where neither Int nor Float holds one."""
    if value.is_finite() and value.adjusted() <= 300:
        if value.as_tuple().exponent == 0 or (value == value.to_integral_value() and int(value.as_tuple().exponent) > 0):
            return int(value)
        if Decimal(repr(float(value))) == value:
            return float(value)
    return str(value)


def _text(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise InputProblem(f"{where}: these bytes are not UTF-8 text", "decode them, or leave the field out") from None


def _ordered(items: list[Any]) -> list[Any]:
    """The elements of a set in an order that does not depend on hashes: numbers, texts, all else."""

    def place(item: Any) -> tuple[int, float, str]:
        if isinstance(item, int | float):
            return 0, item, ""
        return (1, 0, item) if isinstance(item, str) else (2, 0, repr(item))

    return sorted(items, key=place)
