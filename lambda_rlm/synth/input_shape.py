"""What a root model that is shown no contents may know of an input: its shape.

Owns `shape`. Promises that what such a root model is sent depends on nothing of an input but its shape, and on what came of the
programs that it wrote: inputs of equal shape lead to equal bytes. A shape has the name, the type with its names of columns and
keys (bounded in number and length by the rules that types of data have), sizes, the first names of documents, which are names
of files, and its masked layout, unless that was switched off. Keys are in it because a program cannot name a field otherwise.
"""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.synth.layout.layout import Layout
from lambda_rlm.table import AT_ONCE, Table, TableColumn, is_list
from lambda_rlm.types.type import Type

if TYPE_CHECKING:
    from lambda_rlm.bounds.declared import Size

MOST_NAMES: Final = 20
LONGEST_NAME: Final = 80
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class InputShape:
    """The shape of one input. `characters` are those of its texts, and of other things as JSON writes them; `lines` those of a
    text, `count` the elements of a list, None for other types. `names` are the first names of documents, cut.

    `size` is what bounds are computed from that a blind root model is shown; None where nobody asked for it, as is `layout`.
    With `is_rough` the input is an answer of an earlier round, and its sizes are rounded up to a power of two.
    """

    name: str
    type: Type
    characters: int
    lines: int | None = None
    count: int | None = None
    is_documents: bool = False
    names: tuple[str, ...] = ()
    size: Size | None = None
    is_rough: bool = False
    layout: Layout | None = None


def shape(
    name: str,
    type_: Type,
    value: Any,
    *,
    is_documents: bool = False,
    is_rough: bool = False,
    with_size: bool = True,
    layout: Layout | None = None,
) -> InputShape:
    """The shape of an input, given as plain data. `is_documents` says that its documents are named after files; `layout` is its
    masked layout (see `layout_of`), None where the root model is not shown it."""
    rounded = rough if is_rough else int
    lines = count = None
    names: tuple[str, ...] = ()
    if isinstance(value, str):
        lines = rounded(value.count("\n") + (not value.endswith("\n")) if value else 0)
    elif is_list(value):
        count = rounded(len(value))
        if is_documents:
            names = tuple(str(item["name"])[:LONGEST_NAME] for item in value[:MOST_NAMES])
    size = _size(value, rounded) if with_size else None
    return InputShape(name, type_, rounded(_characters(value)), lines, count, is_documents, names, size, is_rough, layout)


def rough(number: int) -> int:
    """The next power of two, 0 for 0: a size that tells little of what it was computed from."""
    return 0 if number <= 0 else 1 << (number - 1).bit_length()


def _size(value: Any, rounded: Any) -> Size:
    from lambda_rlm.bounds.declared import Size

    if not is_list(value):
        chars, in_bytes = _written(value)
        return Size(rounded(chars), rounded(in_bytes))
    longest = widest = total = 0
    items = chain.from_iterable(value.json_rows(_ENCODER)) if isinstance(value, Table) else value
    for item in items:
        chars, in_bytes = _written(item)
        longest, widest, total = max(longest, chars), max(widest, in_bytes), total + chars
    return Size(rounded(longest), rounded(widest), rounded(len(value)), rounded(total))


def _written(value: Any) -> tuple[int, int]:
    """Characters and bytes of a text, or of the JSON of anything else."""
    text = value if isinstance(value, str) else _ENCODER.encode(value)
    return len(text), len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _characters(value: Any) -> int:
    """The texts in some data, in characters; other things as JSON writes them."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Table):
        return sum(_characters_in(column, len(value)) for column in value.columns)
    if isinstance(value, list):
        return sum(map(_characters, value))
    if isinstance(value, dict):
        return sum(map(_characters, value.values()))
    return len(json.dumps(value))


def _characters_in(column: TableColumn, count: int) -> int:
    """The same of the cells of a column."""
    written: Any = {"text": len, "int": lambda number: len(repr(number)), "float": lambda number: len(repr(number))}
    size = written.get(column.kind, _characters)
    parts = (column.cells.part(start, AT_ONCE) for start in range(0, count, AT_ONCE))
    return sum(sum([4 if cell is None else size(cell) for cell in part]) for part in parts)  # of null, four
