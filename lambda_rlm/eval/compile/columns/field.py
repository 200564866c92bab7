"""Fields of all the rows that there are, as columns: the cells of an input, and what a program made of them.

Owns `CellField` and `MadeField`. A field gives its numbers as an array, or each of its different values once behind codes;
`sample` makes such a value as the reference evaluator has it, with nothing of it read. `texts` says whose texts a field has:
those of two fields that have one in common may be the same, which the reference evaluator notices without reading them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property
from typing import Any, Final

import pyarrow as pa
from pyarrow import compute

from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.compile.columns.account import ColumnCharges, ColumnsDropped
from lambda_rlm.eval.rows import TableValue, is_read
from lambda_rlm.eval.tariff import CHARACTER, HEADER
from lambda_rlm.eval.value import LONG, Document, Rope, Text, Value, span_of
from lambda_rlm.table import ArrowCells, CodedCells
from lambda_rlm.types.type import FLOAT, Con, Enum, Type

Sample = tuple[Value, Text | None]
"""A value, and the text in it that is charged for when it is first read."""

_ARROW: Final[dict[str, Any]] = {"text": pa.string(), "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}


def inside(type_: Type) -> Type:
    """What an Option may hold; any other type itself."""
    return type_.arguments[0] if isinstance(type_, Con) and type_.name == "Option" else type_


def both(a: Any, b: Any) -> Any:
    """The rows of two masks, of which None is all."""
    return b if a is None else a if b is None else compute.and_(a, b)


class _EncodedField:
    """A field by its different values; `_encoded` are those and their numbers, as arrays."""

    @cached_property
    def _encoded(self) -> tuple[Any, Any]:
        raise NotImplementedError

    @cached_property
    def codes(self) -> Any:
        """For each row the number of its value in `values`."""
        return self._encoded[0]

    @cached_property
    def values(self) -> list[Any]:
        """The different values, as plain data."""
        found: list[Any] = self._encoded[1].to_pylist()
        return found


class CellField(_EncodedField):
    """A field of the rows of an input, for who charges `meter`; reading the rows themselves charges that of the input. `at`:
    its place among the fields of the record type."""

    def __init__(self, rows: TableValue, at: int, meter: Meter) -> None:
        self.rows = rows
        self.payer = rows.meter
        self._meter = meter
        self.at = at
        self.column, self.type = rows.fields[at]
        self.inner = inside(self.type)
        self.is_option = self.inner is not self.type
        self.has_cells = self.column.kind == "text" and not isinstance(self.inner, Enum)
        self.texts: frozenset[Hashable] = frozenset([(id(rows), at)] if self.has_cells else [])

    @cached_property
    def array(self) -> Any:
        """All values, null where one is missing."""
        cells = self.column.cells
        if isinstance(cells, ArrowCells):
            array = cells.array
            array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
            return array.cast(_ARROW[self.column.kind])
        if isinstance(cells, CodedCells):
            indices, values = self._coded(cells)
            return values.take(indices)
        return pa.array(cells.part(0, len(cells)), type=_ARROW[self.column.kind])

    def _coded(self, cells: CodedCells) -> tuple[Any, Any]:
        codes = pa.array(cells.codes, type=pa.int32()) if isinstance(cells.codes, list) else cells.codes
        codes = codes.combine_chunks() if isinstance(codes, pa.ChunkedArray) else codes
        return codes, pa.array(cells.values, type=_ARROW[self.column.kind])

    @cached_property
    def numbers(self) -> Any:
        """Int, Float and Bool values."""
        if self.is_option or self.column.kind == "text":
            raise ColumnsDropped("a field that is no number")
        return self.array.cast(pa.float64(), safe=False) if self.inner == FLOAT else self.array

    @cached_property
    def _encoded(self) -> tuple[Any, Any]:
        return encoded(self.array)

    @cached_property
    def sizes(self) -> Any:
        """The characters of each cell, 0 where there is none."""
        return compute.fill_null(compute.utf8_length(self.array), 0)

    @cached_property
    def longest(self) -> int:
        """Characters of the longest cell."""
        return compute.max(self.sizes).as_py() or 0

    def sample(self, code: int) -> Sample:
        """One of the values, as a cell has it that nobody has read."""
        plain = self.values[code]
        if plain is None:
            return None, None
        text: Text | None = None
        value: Value = plain
        if self.has_cells:
            if len(plain) >= LONG:
                raise ColumnsDropped("long texts")
            value = text = span_of(Document(self.column.name, plain, self._meter), 0, len(plain))
        elif isinstance(self.inner, Enum):
            value = Text(plain)
        elif self.inner == FLOAT:
            value = float(plain)
        return ((value,) if self.is_option else value), text

    def touch(self, mask: Any, account: ColumnCharges) -> None:
        """The cells of a mask are read."""
        if self.has_cells:
            account.touch(self, mask)

    def unread(self, mask: Any) -> tuple[Any, int]:
        """Those that nobody has read, and the bytes that it costs."""
        flags = self.rows.read(self.at)
        fresh = mask if flags is None else both(mask, compute.invert(mask_of(flags)))
        if self.array.null_count:
            fresh = both(fresh, self.array.is_valid())
        sizes = self.sizes if fresh is None else self.sizes.filter(fresh)
        return fresh, HEADER * len(sizes) + CHARACTER * (compute.sum(sizes).as_py() or 0)

    def mark(self, mask: Any) -> None:
        """They have been read."""
        flags = self.rows.read(self.at)
        if mask is not None and flags is not None:
            mask = compute.or_(mask, mask_of(flags))
        self.rows.mark_read(self.at, None if mask is None else flags_of(mask))


def mask_of(flags: bytes) -> Any:
    """A mask of flags, a byte for each row."""
    return pa.Array.from_buffers(pa.uint8(), len(flags), [None, pa.py_buffer(flags)]).cast(pa.bool_())


def flags_of(mask: Any) -> bytes:
    """The flags of a mask."""
    bytes_ = mask.cast(pa.uint8())
    return bytes(memoryview(bytes_.buffers()[1])[bytes_.offset : bytes_.offset + len(bytes_)])


class NumberField(_EncodedField):
    """Numbers and truth values that a row expression gave for each row of its source."""

    has_cells = False
    texts: frozenset[Hashable] = frozenset()

    def __init__(self, numbers: Any, type_: Type) -> None:
        self.numbers = numbers
        self.type = type_

    @cached_property
    def _encoded(self) -> tuple[Any, Any]:
        return encoded(self.numbers)

    def sample(self, code: int) -> Sample:
        """One of the values."""
        return self.values[code], None

    def touch(self, mask: Any, account: ColumnCharges) -> None:
        """Numbers are not read."""


class TextField:
    """Texts that a row expression gave for each row of its source: each different one once, as it was made.

    `sources` has for each of them the field of the source whose cell it is itself, or None; `rows_in` tells which of all the
    rows there a mask means.
    """

    has_cells = True
    numbers: Any = None

    def __init__(
        self, codes: Any, values: list[Text], sources: list[Any], rows_in: Callable[[Any], Any], meter: Meter, type_: Type
    ) -> None:
        self.codes = codes
        self.values = values
        self.type = type_
        self.seen: Any = None
        self._sources = sources
        self._rows_in = rows_in
        self.payer = meter
        self.texts = frozenset([id(self)]).union(*[source.texts for source in sources if source is not None])
        self._own = [source is None and not is_read(text) for text, source in zip(values, sources, strict=True)]

    @cached_property
    def strings(self) -> list[str]:
        """The characters of the texts; nothing is read for them."""
        return list(map(characters_of, self.values))

    def sample(self, code: int) -> Sample:
        """One of the texts, as it was made."""
        text = self.values[code]
        if text.n >= LONG or isinstance(text, Rope):
            raise ColumnsDropped("long texts, or texts put together from others")
        if self._sources[code] is not None:
            copy = span_of(Document("", self.strings[code], self.payer), 0, text.n)
        elif self._own[code]:
            copy = span_of(text.origin, text.start, text.n)  # type: ignore[arg-type]
        else:
            return text, None
        return copy, copy

    def touch(self, mask: Any, account: ColumnCharges) -> None:
        """The texts of a mask are read."""
        for field in {id(field): field for field in self._sources if field is not None}.values():
            field.touch(self._rows_in(self._where([source is field for source in self._sources], mask)), account)
        if any(self._own):
            account.touch(self, self._where(self._own, mask))

    def _where(self, chosen: list[bool], mask: Any) -> Any:
        return mask if all(chosen) else both(mask, pa.array(chosen, pa.bool_()).take(self.codes))

    def unread(self, mask: Any) -> tuple[Any, int]:
        """Those that nobody has read, and the bytes that it costs."""
        fresh = mask if self.seen is None else both(mask, compute.invert(self.seen))
        costs = pa.array([HEADER + CHARACTER * text.n for text in self.values], pa.int64()).take(self.codes)
        return fresh, compute.sum(costs if fresh is None else costs.filter(fresh)).as_py() or 0

    def mark(self, mask: Any) -> None:
        """They have been read."""
        here = pa.repeat(pa.scalar(True), len(self.codes)) if mask is None else mask
        self.seen = here if self.seen is None else compute.or_(self.seen, here)


def characters_of(text: Text) -> str:
    """What a text reads, without reading it."""
    if text.start >= 0:
        return text.origin.text[text.start : text.start + text.n]  # type: ignore[union-attr]
    if not is_read(text):
        raise ColumnsDropped("texts put together from others")
    return text.s


def encoded(array: Any) -> tuple[Any, Any]:
    """Codes and the different values. A Float by its bits: 0.0 and -0.0 are written differently."""
    by_bits = pa.types.is_floating(array.type)
    found = compute.dictionary_encode(array.view(pa.int64()) if by_bits else array, null_encoding="encode")
    return found.indices, found.dictionary.view(pa.float64()) if by_bits else found.dictionary


Field = CellField | NumberField | TextField
