"""The masked layout of an input: how its lines or columns look, without what they say.

Owns `layout_of`, and how much of an input is looked at. Promises that a layout holds nothing of a text but masks (see
`masked`), shares in whole percent, lengths, and numbers of distinct values; and work that is small beside reading the input: of
lines a million characters are looked at, in pieces that are spread evenly over the input, of columns each value once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.synth.layout.forms import MaskedForm, common_forms, mask_of, percent
from lambda_rlm.table import Table, is_list
from lambda_rlm.types.type import BOOL, TEXT, Con, Record, Type, option_of

MOST_SHAPES: Final = 8
"""Shapes of the lines of one input."""

LONGEST_SHAPE: Final = 100
MOST_FORMS: Final = 3
"""Shapes of the values of one column."""

LONGEST_FORM: Final = 60
MOST_COLUMNS: Final = 40
MOST_DISTINCT: Final = 10_000
"""Distinct values are counted up to here."""

_PIECES: Final = 64
_PIECE: Final = 16_384
"""Characters: all of a text of 1 MB is looked at, and of a longer one that much."""

_VALUES: Final = 4_096
"""Values of one column that are masked."""

_BEGINNINGS: Final = (32, 16, 8, 4)
"""Where lines are too different for their commonest shapes to cover half of them, the shapes of their beginnings are shown, of
that many parts: the longest that do."""

_TEXTS: Final = (TEXT, option_of(TEXT))
_TRUTHS: Final = (BOOL, option_of(BOOL))
"""Their length would tell them."""

_ITEM: Final = "[]"


@dataclass(frozen=True, slots=True)
class ColumnLayout:
    """The values at one place of the elements. `shortest` and `longest` are in characters, of values that are not empty, and 0
    of truth values; `distinct` is None where there are more than `MOST_DISTINCT`."""

    path: str
    distinct: int | None
    has_empty: bool
    empty_percent: int
    shortest: int
    longest: int
    forms: tuple[MaskedForm, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of one input: the shapes of its `lines`, the commonest first, and the shape of its `first` line where it is
    none of them; or its `columns`, of which `more` are not here. With `is_varied` it has lines, which have no common shape."""

    lines: tuple[MaskedForm, ...] = ()
    first: MaskedForm | None = None
    columns: tuple[ColumnLayout, ...] = ()
    more: int = 0
    is_varied: bool = False

    @property
    def has_shapes(self) -> bool:
        """There is a shape in it."""
        return bool(self.lines or self.first or any(column.forms for column in self.columns))


def layout_of(type_: Type, value: Any, *, is_documents: bool = False) -> Layout:
    """The layout of an input, given as plain data of that type."""
    if isinstance(value, str):
        return _of_texts([value])
    if is_list(value) and is_documents:
        return _of_texts([item["text"] for item in value])
    columns: list[ColumnLayout] = []
    more = 0
    for path, of, values in _places(type_, [value], ""):
        if len(columns) == MOST_COLUMNS:
            more += 1
        elif path:
            columns.append(_column(path.removeprefix(f"{_ITEM}."), of, values))
    return Layout(columns=tuple(columns), more=more)


# ── lines ──


def _of_texts(texts: Sequence[str]) -> Layout:
    chosen = [texts[number * len(texts) // _PIECES] for number in range(_PIECES)] if len(texts) > _PIECES else texts
    masks = [
        mask_of(line.removesuffix("\r"), LONGEST_SHAPE) for text in chosen for line in _lines(text, _PIECES // len(chosen))
    ]
    forms = common_forms(masks, MOST_SHAPES, LONGEST_SHAPE, _BEGINNINGS)
    if len(texts) > 1 or not forms or not masks[0]:
        return Layout(lines=forms, is_varied=bool(masks) and not forms)
    (first,) = common_forms(masks[:1], 1, LONGEST_SHAPE)
    if any(form.begins(first) for form in forms):
        return Layout(lines=forms)
    return Layout(lines=forms[: MOST_SHAPES - 1], first=first)


def _lines(text: str, pieces: int) -> Iterator[str]:
    """The lines of a text, or of pieces that are spread evenly over it, without the lines that the pieces cut."""
    if len(text) <= pieces * _PIECE:
        yield from text.removesuffix("\n").split("\n") if text else ()
        return
    for number in range(pieces):
        start = number * (len(text) - _PIECE) // max(1, pieces - 1)
        whole = text[start : start + _PIECE].split("\n")
        yield from whole[bool(start) : -1] or whole[: not start]


# ── columns ──


def _places(type_: Type, values: list[Any], path: str) -> Iterator[tuple[str, Type, list[Any]]]:
    """The columns of some values: where each is, its type and its values. Elements of lists are gone through together."""
    match type_:
        case Con("Option", (inner,)) if isinstance(inner, Record) or (isinstance(inner, Con) and inner.name == "List"):
            yield from _places(inner, [value for value in values if value is not None], path)
        case Record(fields):
            for name, of in fields:
                yield from _places(of, [value[name] for value in values], f"{path}.{name}" if path else name)
        case Con("List", (Record(fields),)) if values and isinstance(values[0], Table):
            cells = {column.name: column.cells for column in values[0].columns}
            for name, of in fields:
                yield f"{path}{_ITEM}.{name}", of, list(cells[name].part(0, len(values[0])))
        case Con("List", (inner,)):
            yield from _places(inner, [item for value in values for item in value], path + _ITEM)
        case _:
            yield path, type_, values


def _column(path: str, type_: Type, values: list[Any]) -> ColumnLayout:
    present = [value for value in values if value is not None and value != ""]
    texts = present if type_ in _TEXTS else list(map(str, present))
    lengths = [] if type_ in _TRUTHS else list(map(len, texts))
    masks = [mask_of(text, LONGEST_FORM) for text in _spread(texts)] if type_ in _TEXTS else []
    return ColumnLayout(
        path,
        _distinct(texts),
        len(present) < len(values),
        percent(len(values) - len(present), len(values)),
        min(lengths, default=0),
        max(lengths, default=0),
        common_forms(masks, MOST_FORMS, LONGEST_FORM),
    )


def _spread(texts: Sequence[str]) -> Sequence[str]:
    """All values of a column, or runs of neighbors that are spread evenly over it: a step of one would meet every second row of
    some files alone."""
    if len(texts) <= _VALUES:
        return texts
    run = _VALUES // _PIECES
    starts = (number * (len(texts) - run) // (_PIECES - 1) for number in range(_PIECES))
    return [text for start in starts for text in texts[start : start + run]]


def _distinct(texts: Sequence[str]) -> int | None:
    seen: set[str] = set()
    for start in range(0, len(texts), MOST_DISTINCT):
        seen.update(texts[start : start + MOST_DISTINCT])
        if len(seen) > MOST_DISTINCT:
            return None
    return len(seen)
