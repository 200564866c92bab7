"""The rows of an input as values: columns first, records only where a program looks at one.

Owns `TableValue`, the value of an input that is rows of simple fields, and `rows_of`, which makes it of plain data. Promises
that `made()` is the list of records that the same rows as dicts have as their value: each text a span of a document that is
named after the input, the row and the field; a column that was read before is shared with it, so that no text is there twice
and none is charged twice. Refuses nothing: of data that is anything but such rows, or does not fit its type, it makes none.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, Final, NamedTuple, TypeVar, cast

from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.compile.closures.collector import resting
from lambda_rlm.eval.document import SHORT, Document
from lambda_rlm.eval.tariff import SHIFT
from lambda_rlm.eval.value import INT_HIGH, INT_LOW, Passage, Text, Value
from lambda_rlm.table import AT_ONCE, ArrowCells, CodedCells, ColumnKind, PlainCells, Table, TableColumn
from lambda_rlm.types.type import FLOAT, TEXT, Con, Enum, Record, Type

T = TypeVar("T")

_TEXT: Final = "text"
_FLOAT_HIGH: Final = sys.float_info.max
FEWEST: Final = 64
"""Rows from which on columns are worth their making."""

_KINDS: Final[dict[frozenset[type], ColumnKind]] = {
    frozenset({str}): "text",
    frozenset({bool}): "bool",
    frozenset({int}): "int",
    frozenset({float}): "float",
    frozenset({int, float}): "float",
}
_FITTING: Final[dict[str, frozenset[ColumnKind]]] = {
    "Text": frozenset({"text"}),
    "Bool": frozenset({"bool"}),
    "Int": frozenset({"int"}),
    "Float": frozenset({"int", "float"}),
}
"""What the values of a column are, by their classes; which columns a type takes."""


class ColumnSums(NamedTuple):
    """Of the values of a column that are there: how many, and of texts the characters, those of texts that are not ASCII, how
    many times 2**SHIFT they have, and whether one is so long that its parts are counted."""

    present: int
    characters: int = 0
    wide: int = 0
    heavy: int = 0
    has_long: bool = False


class TableValue:
    """A table of an input as a value. `fields` are those of its record type, sorted by name, as records have them. Never
    changed once made, but for what is kept of columns and records; `as_columns` refers to what those who compute by columns
    have of it while they run."""

    __slots__ = (
        "_columns", "_made", "_numbers", "_read", "_row_numbers", "_single", "as_columns", "fields", "meter", "name", "table"
    )  # fmt: skip

    def __init__(self, table: Table, record: Record, name: str, meter: Meter) -> None:
        self.table = table
        self.name = name
        self.meter = meter
        by_name = {column.name: column for column in table.columns}
        self.fields: tuple[tuple[TableColumn, Type], ...] = tuple((by_name[name], type_) for name, type_ in record.fields)
        self._columns: list[list[Value] | None] = [None] * len(self.fields)
        self._made: list[Value] | None = None
        self._numbers: list[Sequence[Value]] = []
        self._row_numbers: list[int] | None = None
        self._read: dict[int, bytes | None] = {}
        self.as_columns: Any = None
        self._single: dict[int, tuple[Value, ...]] = {}

    def __len__(self) -> int:
        return len(self.table)

    def __iter__(self) -> Iterator[Value]:
        return iter(self.made())

    def plain(self, field: int) -> Sequence[str | int | float | bool | None]:
        """The values of a field as plain data, not kept."""
        return self.fields[field][0].cells.part(0, len(self.table))

    def once(self, what: tuple[Hashable, ...], find: Callable[[], T]) -> T:
        """What somebody finds out of the table, found once for all runs on it."""
        found = self.table.found
        if what not in found:
            found[what] = find()
        return cast(T, found[what])

    def sums(self, field: int) -> ColumnSums:
        """What the values of a field come to, added up once."""
        column = self.fields[field][0]
        return self.once(("sums", column.name), lambda: _summed(column))

    def counts(self, field: int) -> Mapping[Any, int]:
        """The different values of a field that are there, as plain data, and how often."""
        cells, counts = self.fields[field][0].cells, Counter[Any]()
        if isinstance(cells, CodedCells):
            codes = cells.codes if isinstance(cells.codes, list) else cells.codes.to_pylist()
            for code, times in Counter(codes).items():
                counts[None if code is None else cells.values[code]] += times
        else:
            for start in range(0, len(cells), AT_ONCE):
                counts.update(cells.part(start, AT_ONCE))
        del counts[None]
        return counts

    def extremes(self, field: int) -> tuple[float, float]:
        """The least and the greatest number of a field, 0 where there is none."""
        values: list[Any] = [value for value in self.plain(field) if value is not None]
        values = list(map(float, values)) if inside(self.fields[field][1]) == FLOAT else values
        return min(values, default=0), max(values, default=0)

    def is_read(self, field: int) -> bool:
        """Whether the values of a field are texts of the input, and no labels."""
        return inside(self.fields[field][1]) == TEXT

    def texts(self, field: int) -> list[Text]:
        """The texts of a field that are there."""
        values = self.column(field)
        return (
            values if inside(type_ := self.fields[field][1]) is type_ else [value[0] for value in values if value is not None]
        )

    def characters(self) -> int | None:
        """The characters of all texts that are spans of the input; None where it has no such text."""
        texts = [self.sums(at) for at in range(len(self.fields)) if self.is_read(at)]
        return sum(sums.characters for sums in texts) if any(sums.present for sums in texts) else None

    def column(self, field: int) -> list[Value]:
        """The values of a field in all rows, made once."""
        if self._made is not None:
            return [row[field] for row in self._made]
        values = self._columns[field]
        if values is None:
            with resting():
                values = self._columns[field] = self._column(field)
        return values

    def made(self) -> list[Value]:
        """All rows as records, made once. Their fields are then held by them alone, and numbers by the input too: who measures
        a list counts its holders."""
        if self._made is None:
            with resting():
                self._made = list(zip(*map(self.column, range(len(self.fields))), strict=True))
            self._columns = [None] * len(self.fields)
        return self._made

    def record(self, row: int) -> tuple[Value, ...]:
        """One row as a record, made once; its texts are those that the record has when all are made."""
        if self._made is not None:
            made: tuple[Value, ...] = self._made[row]
            return made
        record = self._single.get(row)
        if record is None:
            values = []
            for at, (column, _) in enumerate(self.fields):
                whole = self._columns[at]
                values.append(self._cells(at, [column.cells.at(row)], row)[0] if whole is None else whole[row])
            record = self._single[row] = tuple(values)
            for at in self._read:
                flags = self._read[at]
                if flags is None or flags[row]:
                    _read(record[at])
        return record

    def read(self, field: int) -> bytes | None:
        """For each row 1 where its text in a field has been read and 0 where not; None where nobody has read any."""
        if field in self._read and self._read[field] is None:
            return b"\1" * len(self)
        flags = self._read.get(field)
        values = self._columns[field] if self._made is None else [row[field] for row in self._made]
        if values is not None:
            return bytes(map(_is_read, values))
        if not self._single:
            return flags
        out = bytearray(flags or bytes(len(self)))
        for row, record in self._single.items():
            out[row] = _is_read(record[field])
        return bytes(out)

    def mark_read(self, field: int, flags: bytes | None) -> None:
        """The texts of a field have been read in the rows whose flag is 1, those that had been included; None: in all rows.
        Whoever reads them by another way than the texts themselves has charged for it."""
        self._read[field] = flags
        values = self._columns[field] if self._made is None else [row[field] for row in self._made]
        for value, is_read in zip(values or (), flags or repeat(1), strict=False):
            if is_read:
                _read(value)
        for row, record in self._single.items():
            if flags is None or flags[row]:
                _read(record[field])

    def _column(self, field: int) -> list[Value]:
        values = self._cells(field, self.plain(field), 0)
        for row, record in self._single.items():
            values[row] = record[field]
        if field in self._read:
            for value, is_read in zip(values, self._read[field] or repeat(1), strict=False):
                if is_read:
                    _read(value)
        return values

    def _numbered(self, first: int, count: int) -> Sequence[int]:
        """The numbers of rows from one on; those of all rows are kept, so that columns share them."""
        if count != len(self):
            return range(first, first + count)
        if self._row_numbers is None:
            self._row_numbers = list(range(count))
        return self._row_numbers

    def _cells(self, field: int, plain: Sequence[Any], first: int) -> list[Value]:
        """The values of a field in rows from `first` on, from their plain data."""
        column, type_ = self.fields[field]
        inner = inside(type_)
        is_option = inner is not type_
        values: Sequence[Value] = plain
        if isinstance(column.cells, ArrowCells) and column.kind in ("int", "float") and len(plain) > 1:
            self._numbers.append(values)
        if inner == TEXT:
            texts = _texts_of(values, self._numbered(first, len(values)), (f"{self.name}[", f"].{column.name}"), self.meter)
            if len(texts) == len(values):
                return [(text,) for text in texts] if is_option else texts
            made = iter(texts)
            return [None if value is None else (next(made),) for value in values]
        if isinstance(inner, Enum):
            values = [None if value is None else Text(value) for value in values]
        elif inner == FLOAT:
            values = [None if value is None else float(value) for value in values]
        return [None if value is None else (value,) for value in values] if is_option else list(values)


_filled: Final = Text.__dict__["s"].__get__


def is_read(text: Text) -> bool:
    """Whether the characters of a text are there already, so that nobody is charged for reading them."""
    try:
        _filled(text)
    except AttributeError:
        return False
    return True


def _is_read(cell: Value) -> bool:
    text = cell[0] if isinstance(cell, tuple) else cell
    return isinstance(text, Text) and is_read(text)


def _read(cell: Value) -> None:
    """Fill in the characters of a text, uncharged."""
    text = cell[0] if isinstance(cell, tuple) else cell
    if isinstance(text, Passage):
        text.s = text.origin.text  # type: ignore[union-attr]


class CellDocument(Document):
    """The text of a field of a row. There may be a million, so its name is made when somebody asks for it, of the row's number
    and what is before and after it."""

    __slots__ = ("around", "row")

    around: tuple[str, str]
    row: int

    @property
    def name(self) -> str:  # type: ignore[override]
        before, after = self.around
        return f"{before}{self.row}{after}"


def _texts_of(values: Sequence[str | None], row_numbers: Sequence[int], around: tuple[str, str], meter: Meter) -> list[Value]:
    """The texts of a column that are there, each a span of its document; written out, for there may be a million."""
    texts: list[Value] = []
    new, add = object.__new__, texts.append
    for row, s in zip(row_numbers, values, strict=True):
        if s is not None:
            document = new(CellDocument)
            document.text = s
            document.meter = meter
            document._found = None
            document.around = around
            document.row = row
            text = new(Passage)
            text.n = len(s)
            text.origin = document
            text.start = 0
            add(text)
    return texts


def rows_of(data: Any, type_: Type, name: str, meter: Meter) -> TableValue | None:
    """The value of an input by columns; None where it has few rows, other fields than simple ones, or does not fit its type."""
    if not isinstance(type_, Con) or type_.name != "List" or not isinstance(record := type_.arguments[0], Record):
        return None
    if not record.fields or not all(_is_simple(inside(field)) for _, field in record.fields):
        return None
    if type(data) not in (list, tuple, Table) or len(data) < FEWEST:
        return None
    table = data if isinstance(data, Table) else _columns_of(data, [field for field, _ in record.fields])
    if table is None or {column.name for column in table.columns} != {field for field, _ in record.fields}:
        return None
    rows = TableValue(table, record, name, meter)
    return rows if rows.once(("fits", record), lambda: all(_fits(column, field) for column, field in rows.fields)) else None


def inside(type_: Type) -> Type:
    """What an Option may hold; any other type itself."""
    return type_.arguments[0] if isinstance(type_, Con) and type_.name == "Option" else type_


def _is_simple(type_: Type) -> bool:
    return isinstance(type_, Enum) or (isinstance(type_, Con) and type_.name in _FITTING)


def _columns_of(data: Sequence[Any], fields: Sequence[str]) -> Table | None:
    """The columns of rows that are plain dicts of these fields; None of any others."""
    if set(map(type, data)) != {dict} or set(map(len, data)) != {len(fields)}:
        return None
    columns: list[TableColumn] = []
    for field in fields:
        try:
            values = [row[field] for row in data]
        except KeyError:
            return None
        kinds = set(map(type, values))
        has_missing = type(None) in kinds
        kind = _KINDS.get(frozenset(kinds - {type(None)})) if len(kinds) > has_missing else "text"
        if kind is None:
            return None
        columns.append(TableColumn(field, kind, has_missing, PlainCells(values)))
    return Table(columns, len(data))


def _summed(column: TableColumn) -> ColumnSums:
    cells, present, characters, wide, heavy, longest = column.cells, 0, 0, 0, 0, 0
    for start in range(0, len(cells), AT_ONCE):
        values = cells.part(start, AT_ONCE)
        values = [value for value in values if value is not None] if column.has_missing else values
        present += len(values)
        if column.kind != _TEXT:
            continue
        lengths = list(map(len, values))
        characters += sum(lengths)
        longest = max(longest, max(lengths, default=0))
        if longest >> SHIFT:
            heavy += sum([n >> SHIFT for n in lengths])
        if not all(map(str.isascii, values)):
            wide += sum([len(value) for value in values if not value.isascii()])
    return ColumnSums(present, characters, wide, heavy, longest > SHORT)


def _fits(column: TableColumn, type_: Type) -> bool:
    """Whether the values of a column inhabit a type."""
    inner = inside(type_)
    if column.has_missing and inner is type_:
        return False
    values: Sequence[Any] = column.cells.part(0, len(column.cells))
    values = [value for value in values if value is not None] if column.has_missing else values
    if not values:
        return True
    if isinstance(inner, Enum):
        return column.kind == _TEXT and set(inner.labels).issuperset(values)
    if not isinstance(inner, Con) or column.kind not in _FITTING[inner.name]:
        return False
    if inner == FLOAT:
        return all(abs(value) <= _FLOAT_HIGH for value in values)
    return column.kind != "int" or (min(values) >= INT_LOW and max(values) <= INT_HIGH)
