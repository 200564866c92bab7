"""Rows of an input that are held as columns: plain data, and rows only where somebody looks at one.

Owns `Table`, `TableColumn`, how the cells of a column are held (plain values, values that repeat behind codes, or an array of
pyarrow, which is loaded by whoever makes one), and the questions about plain data that a table answers as a list does. Promises
that a table is the list of its rows, as dicts whose keys are in the order of `columns`: in length, order, elements, slices and
JSON. Never changed once made.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import repeat
from json import JSONEncoder
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any, Final, Literal, Protocol, TypeGuard, overload

from lambda_rlm.data_class import dataclass

AT_ONCE: Final = 10_000
"""Rows that are made together: few enough for the processor's caches."""

ColumnKind = Literal["text", "int", "float", "bool"]


class Cells(Protocol):
    """The values of a column: str, int, float or bool, and None where one is missing."""

    def __len__(self) -> int: ...

    def part(self, start: int, count: int) -> Sequence[Any]:
        """The values from a row on, at most so many."""
        ...

    def at(self, row: int) -> Any:
        """One value."""
        ...


@dataclass(frozen=True, slots=True)
class PlainCells:
    """Values of Python, as they are."""

    values: Sequence[Any]

    def __len__(self) -> int:
        return len(self.values)

    def part(self, start: int, count: int) -> Sequence[Any]:
        return self.values[start : start + count]

    def at(self, row: int) -> Any:
        return self.values[row]


@dataclass(frozen=True, slots=True)
class CodedCells:
    """Values that repeat: each once, and for each row the number of its value. `codes` is a list, or an array of whole numbers
    of pyarrow; None where the value is missing."""

    values: Sequence[Any]
    codes: Any

    def __len__(self) -> int:
        return len(self.codes)

    def part(self, start: int, count: int) -> Sequence[Any]:
        codes = self.codes[start : start + count]
        codes = codes if isinstance(codes, list) else codes.to_pylist()
        values = self.values
        return [None if code is None else values[code] for code in codes]

    def at(self, row: int) -> Any:
        return self.part(row, 1)[0]


@dataclass(frozen=True, slots=True)
class ArrowCells:
    """An array of pyarrow, whose values `to_pylist` gives as they are meant: string, int64, float64 or bool_; with one chunk or
    many."""

    array: Any

    def __len__(self) -> int:
        return len(self.array)

    def part(self, start: int, count: int) -> Sequence[Any]:
        part: list[Any] = self.array.slice(start, count).to_pylist()
        return part

    def at(self, row: int) -> Any:
        return self.array[row].as_py()


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One field of all rows: the name that rows have it by, what its values are, and whether some are None."""

    name: str
    kind: ColumnKind
    has_missing: bool
    cells: Cells


class Table(Sequence[dict[str, Any]]):
    """Rows held as columns, of which there is one at least. Iterating makes each row anew; nothing of it is kept."""

    __slots__ = ("_count", "columns", "found")

    def __init__(self, columns: Sequence[TableColumn], count: int) -> None:
        self.columns = tuple(columns)
        self._count = count
        self.found: dict[Hashable, Any] = {}
        """What somebody found out of all cells, for whoever asks again."""

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> dict[str, Any]: ...

    @overload
    def __getitem__(self, at: slice) -> list[dict[str, Any]]: ...

    def __getitem__(self, at: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        if isinstance(at, slice):
            start, stop, step = at.indices(self._count)
            return self.rows(start, stop - start) if step == 1 else [self[row] for row in range(start, stop, step)]
        row = at + self._count if at < 0 else at
        if not 0 <= row < self._count:
            raise IndexError("row out of range")
        return {column.name: column.cells.at(row) for column in self.columns}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for start in range(0, self._count, AT_ONCE):
            yield from self.rows(start, AT_ONCE)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, list | Table) or len(self) != len(other):
            return NotImplemented if not isinstance(other, list | Table) else False
        return all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Table({self._count} rows of {', '.join(column.name for column in self.columns)})"

    def rows(self, start: int = 0, count: int | None = None) -> list[dict[str, Any]]:
        """Rows from one on, all of them or so many."""
        number = max(0, min(self._count - start, self._count if count is None else count))
        # To copy a row and fill it column by column takes half of the time of making one from pairs.
        rows = list(map(dict.copy, repeat(dict.fromkeys([column.name for column in self.columns]), number)))
        for column in self.columns:
            name = column.name
            for row, value in zip(rows, column.cells.part(start, number), strict=True):
                row[name] = value
        return rows

    def texts(self) -> Iterator[str]:
        """All texts in the rows, one row after the other."""
        columns = [column.cells for column in self.columns if column.kind == "text"]
        for start in range(0, self._count if columns else 0, AT_ONCE):
            for row in zip(*[cells.part(start, AT_ONCE) for cells in columns], strict=True):
                yield from [text for text in row if text is not None]

    def json_rows(self, encoder: JSONEncoder) -> Iterator[list[str]]:
        """The JSON of each row, as the encoder writes it without indents; some rows at a time."""
        columns = sorted(self.columns, key=lambda one: one.name) if encoder.sort_keys else self.columns
        names = [f"{encoder.encode(column.name)}{encoder.key_separator}".replace("%", "%%") for column in columns]
        form = f"{{{encoder.item_separator.join(f'{name}%s' for name in names)}}}"
        written = [_Written(column, encoder) for column in columns]
        for start in range(0, self._count, AT_ONCE):
            yield list(map(form.__mod__, zip(*[cells.part(start, AT_ONCE) for cells in written], strict=True)))


class _Written:
    """The cells of a column as their JSON; a value that repeats is written once."""

    def __init__(self, column: TableColumn, encoder: JSONEncoder) -> None:
        self._cells, self._has_missing = column.cells, column.has_missing
        escaped: Any = encode_basestring_ascii if encoder.ensure_ascii else encode_basestring
        self._write: Any = {"text": escaped, "int": int.__repr__, "float": float.__repr__, "bool": encoder.encode}[column.kind]
        self._is_coded = isinstance(self._cells, CodedCells)
        if isinstance(self._cells, CodedCells):
            self._cells = CodedCells(list(map(self._write, self._cells.values)), self._cells.codes)

    def part(self, start: int, count: int) -> Sequence[str]:
        cells, write = self._cells.part(start, count), self._write
        if self._is_coded:
            return ["null" if cell is None else cell for cell in cells] if self._has_missing else cells
        return ["null" if cell is None else write(cell) for cell in cells] if self._has_missing else list(map(write, cells))


def is_list(data: object) -> TypeGuard[Sequence[Any]]:
    """Plain data that is a list: one of Python, or a table, which is that of its rows."""
    return isinstance(data, list | Table)


def are_documents(data: object) -> TypeGuard[Sequence[dict[str, Any]]]:
    """Plain data that is a list of documents: each has a name and a text, and nothing else."""
    if isinstance(data, Table):
        return not data or {column.name for column in data.columns} == {"name", "text"}
    return isinstance(data, list) and all(isinstance(one, dict) and one.keys() == {"name", "text"} for one in data)


def as_lists(data: Any) -> Any:
    """Plain data as JSON has it: of a table, the list of its rows."""
    return data.rows() if isinstance(data, Table) else data
