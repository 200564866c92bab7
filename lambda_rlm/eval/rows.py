"""The rows of an input as values: columns first, records only where a program looks at one.

Owns `Rows`, the value of an input whose plain data is a `Table`. Promises that `made()` is the list of records that the same rows
as dicts have as their value: each text a span of a document that is named after the input, the row and the field; a column that
was read before is shared with it, so that no text is there twice and none is charged twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.document import Document
from lambda_rlm.eval.value import Value, span_of
from lambda_rlm.table import Column, Table
from lambda_rlm.types.type import FLOAT, Con, Record, Type

_TEXT: Final = "text"


class Rows:
    """A table of an input as a value: `fields` are those of its record type, sorted by name, as records have them. Never changed
    once made, but for what is kept of columns and records."""

    __slots__ = ("_columns", "_made", "fields", "meter", "name", "table")

    def __init__(self, table: Table, record: Record, name: str, meter: Meter) -> None:
        self.table = table
        self.name = name
        self.meter = meter
        by_name = {column.name: column for column in table.columns}
        self.fields: tuple[tuple[Column, Type], ...] = tuple((by_name[name], type_) for name, type_ in record.fields)
        self._columns: list[list[Value] | None] = [None] * len(self.fields)
        self._made: list[Value] | None = None

    def __len__(self) -> int:
        return len(self.table)

    def plain(self, field: int) -> Sequence[str | int | float | bool | None]:
        """The values of a field as plain data, not kept."""
        return self.fields[field][0].cells.part(0, len(self.table))

    def column(self, field: int) -> list[Value]:
        """The values of a field in all rows, made once."""
        values = self._columns[field]
        if values is None:
            values = self._columns[field] = self._column(field)
        return values

    def made(self) -> list[Value]:
        """All rows as records, made once."""
        if self._made is None:
            self._made = list(zip(*map(self.column, range(len(self.fields))), strict=True))
        return self._made

    def _column(self, field: int) -> list[Value]:
        column, type_ = self.fields[field]
        is_option = isinstance(type_, Con) and type_.name == "Option"
        inner = type_.arguments[0] if isinstance(type_, Con) and is_option else type_
        values: Sequence[Value] = self.plain(field)
        if column.kind == _TEXT:
            place, meter = f"].{column.name}", self.meter
            start = f"{self.name}["
            return [
                None if s is None else (text,) if is_option else text
                for row, s in enumerate(values)
                for text in (None if s is None else span_of(Document(f"{start}{row}{place}", s, meter), 0, len(s)),)
            ]
        if inner == FLOAT:
            values = [None if value is None else float(value) for value in values]
        return [None if value is None else (value,) for value in values] if is_option else list(values)
