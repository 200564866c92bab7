"""Arrays of pyarrow as the columns of a table: texts, whole numbers, numbers and true/false, with no value of Python for each.

Owns `number_column`, `text_column` and `table_of`. Promises that texts which repeat are held once each, and that no array is
changed. Used where pyarrow is loaded already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from lambda_rlm.inputs.allowance import FileAllowance
from lambda_rlm.inputs.formats.columns.column import SAMPLE, CellColumn, CellReader
from lambda_rlm.inputs.formats.columns.growing import MANY
from lambda_rlm.inputs.formats.columns.nested import TextPlace, judged
from lambda_rlm.inputs.formats.columns.verdict import Verdict
from lambda_rlm.inputs.formats.extracted import Rows
from lambda_rlm.table import ArrowCells, Cells, CodedCells, ColumnKind, Table, TableColumn

_FIRST: Final = 10_000
"""Rows by which texts are found to repeat."""
_LONGEST: Final = 2**31 - 1
"""Bytes of the texts of one array."""
_TWICE: Final = 2


def cell_column(cells: Any, column: CellColumn, found: Verdict) -> TableColumn:
    """A column of a CSV text, read as it was found to be; a blank number is missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if found.kind == "text":
        return text_column(column.name, cells, None if found.read is None else CellReader(found).read)
    types = {"int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}
    if found.read in (int, float) and not column.has_words and not is_coded(cells):
        filled = pc.if_else(pc.equal(cells, ""), pa.scalar(None, pa.string()), cells) if column.has_missing else cells
        try:
            return _column(column.name, found.kind, pc.cast(filled, types[found.kind]))
        except pa.ArrowException:
            pass
    values, codes = _coded(cells, CellReader(found).read)
    return _column(column.name, found.kind, pa.array(values, types[found.kind]).take(codes))


def _column(name: str, kind: Any, array: Any) -> TableColumn:
    return TableColumn(name, kind, array.null_count > 0, ArrowCells(array))


def text_column(name: str, cells: Any, read: Callable[[str], Any] | None = None) -> TableColumn:
    """A column of texts, coded or not: as they are, or as they are read."""
    return TableColumn(name, "text", cells.null_count > 0, _texts(cells, read))


def _texts(cells: Any, read: Callable[[str], Any] | None) -> Cells:
    import pyarrow as pa
    import pyarrow.compute as pc

    is_plain = read is None and not is_coded(cells)
    if is_plain and not is_repeating(cells.slice(0, _FIRST)):
        return ArrowCells(cells)
    values, codes = _coded(cells, read)
    if len(values) <= MANY * len(cells):
        return CodedCells(values, codes)
    if is_plain:
        return ArrowCells(cells)
    once = pa.array(values, pa.large_string())
    sizes = pc.binary_length(once)
    total = pc.sum(sizes.take(codes)).as_py() or 0
    if total > min(_LONGEST, _TWICE * (pc.sum(sizes).as_py() or 0)):  # a long one repeats
        return CodedCells(values, codes)
    return ArrowCells(pc.cast(once, pa.string()).take(codes))


def is_coded(cells: Any) -> bool:
    """Texts of an array are held once each."""
    import pyarrow as pa

    return bool(pa.types.is_dictionary(cells.type))


def is_repeating(cells: Any) -> bool:
    """Texts repeat so often that each should be held once."""
    import pyarrow.compute as pc

    return len(pc.unique(cells)) <= MANY * len(cells)


def encoded(table: Any, like: Any) -> Any:
    """A part of a table whose texts are coded where they repeat: the same columns as in another part, by the rows of this one
    where there is none."""
    import pyarrow as pa

    columns = table.columns
    if like is None:
        are_coded = [pa.types.is_string(one.type) and is_repeating(one.slice(0, _FIRST)) for one in columns]
    else:
        are_coded = list(map(is_coded, like.columns))
    made = [one.dictionary_encode() if is_one else one for one, is_one in zip(columns, are_coded, strict=True)]
    return pa.table(made, names=table.column_names)


def joined(cells: Any) -> Any:
    """Coded texts in one array with one code; other cells as they are."""
    import pyarrow as pa

    is_split = is_coded(cells) and isinstance(cells, pa.ChunkedArray)
    return cells.unify_dictionaries().combine_chunks() if is_split else cells


def _coded(cells: Any, read: Callable[[str], Any] | None) -> tuple[list[Any], Any]:
    """The different values of texts, which are read once each, and for each row the number of its value; none where it is
    missing."""
    import pyarrow as pa

    coded = joined(cells if is_coded(cells) else cells.dictionary_encode())
    numbers: dict[Any, int] = {}
    texts = coded.dictionary.to_pylist()
    values = texts if read is None else [None if text is None else read(text) for text in texts]
    places = [None if value is None else numbers.setdefault(value, len(numbers)) for value in values]
    codes = coded.indices.cast(pa.int32())
    if places != list(range(len(places))):
        codes = pa.array(places, pa.int32()).take(codes)
    return list(numbers), codes


def table_of(table: Any, kinds: Sequence[ColumnKind], allowance: FileAllowance) -> Rows:
    """A table of pyarrow whose columns are of these kinds, as string, int64, float64 and bool_, texts perhaps coded. Texts are
    judged as those of JSON are."""
    columns = list(zip(table.column_names, kinds, map(joined, table.columns), strict=True))
    places = [
        TextPlace((None, name), _first(cells.slice(0, SAMPLE).drop_null()), _counted(cells))
        for name, kind, cells in columns
        if kind == "text"
    ]
    readers, notes = judged(places, allowance.name)
    made = []
    for name, kind, cells in columns:
        allowance.reading.glance()
        is_text = kind == "text"
        made.append(text_column(name, cells, readers.get((None, name))) if is_text else _column(name, kind, cells))
    return Rows(Table(made, table.num_rows), notes)


def _first(cells: Any) -> Sequence[str]:
    """The first texts; of coded ones each is made once, however often it repeats."""
    first = cells.slice(0, SAMPLE)
    if not is_coded(first):
        texts: list[str] = first.to_pylist()
        return texts
    values, codes = _coded(first, None)
    return [values[code] for code in codes.to_pylist()]


def _counted(cells: Any) -> Callable[[], Iterator[tuple[Sequence[str], Sequence[int]]]]:
    """All texts of a column, the first one by one, the others each with how often it is there."""

    def parts() -> Iterator[tuple[Sequence[str], Sequence[int]]]:
        filled = cells.drop_null()
        first = _first(filled)
        yield first, [1] * len(first)
        yield counted(filled.slice(SAMPLE))

    return parts


def counted(cells: Any) -> tuple[list[str], list[int]]:
    """The different texts of an array without gaps, in the order of first sight, and how often each is there."""
    import pyarrow.compute as pc

    found = pc.value_counts(cells.indices if is_coded(cells) else cells)
    values = cells.dictionary.take(found.field("values")) if is_coded(cells) else found.field("values")
    return values.to_pylist(), found.field("counts").to_pylist()
