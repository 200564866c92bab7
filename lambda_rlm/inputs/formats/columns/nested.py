"""Texts at one place of JSON data, judged as the column that they are.

Owns `judge_texts`, which reads the dates of a place as ISO text, and numbers with decimal or grouping signs as programs write
them, where all texts of the place settle how. Promises that they stay texts, for that is what their writer made of them, and
that texts at other places, and plain numbers in quotes, stay as they are. Looks at the first elements of each list; only a
place where most texts are dates or such numbers there is gone through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.inputs.formats.columns.column import MISSING, MOST_NOTED, SAMPLE, CellColumn, CellReader, verdicts
from lambda_rlm.inputs.formats.columns.verdict import Verdict

_MOST_LEVELS: Final = 12
_MOST_PLACES: Final = 1_000
_AT_ONCE: Final = 1_000

Place = tuple[str | None, ...]
"""Keys from the outermost value on; None for the elements of a list."""


@dataclass(frozen=True, slots=True)
class TextPlace:
    """The texts of a place: the first `SAMPLE` of them, and a way to all, some at a time, each with how often it counts; the
    first part has as many as a sample."""

    place: Place
    first: Sequence[str]
    parts: Callable[[], Iterable[tuple[Sequence[str], Sequence[int]]]]


def judge_texts(data: Any, name: str, watch: Callable[[], object]) -> tuple[str, ...]:
    """Change texts of dates and numbers in lists and dicts that nobody else holds; notes."""
    found: dict[Place, list[str]] = {}
    _collect(data, (), found)
    watch()
    places = [TextPlace(place, cells, partial(_parts, data, place, watch)) for place, cells in found.items()]
    readers, notes = judged(places, name)
    for place, read in readers.items():
        for holder, key in _holders(data, place, watch):
            if isinstance(holder[key], str):
                holder[key] = read(holder[key])
    return notes


def judged(places: Sequence[TextPlace], name: str) -> tuple[dict[Place, Callable[[str], str]], tuple[str, ...]]:
    """How the texts of places are read where they do not stay as they are, and notes."""
    columns = {one.place: CellColumn() for one in places if _may_be_read(one.first)}
    for one in places:
        if one.place in columns:
            for cells, counts in one.parts():
                columns[one.place].count(cells, counts)
    readers: dict[Place, Callable[[str], str]] = {}
    notes: list[str] = []
    for (place, column), found in zip(columns.items(), verdicts(list(columns.values()), None), strict=True):
        read = _text_reader(column, found)
        if read is not None:
            readers[place] = read
        if found.note and (read is not None or (found.kind == "text" and not column.is_mixed)):
            notes.append(f"{name}: {_shown(place)} {found.note}")
    more = [f"{name}: texts at {len(notes) - MOST_NOTED:,} more places are read in such ways, or stay"]
    return readers, tuple(notes if len(notes) <= MOST_NOTED else notes[:MOST_NOTED] + more)


def _text_reader(column: CellColumn, found: Verdict) -> Callable[[str], str] | None:
    if found.read is None or found.note is None or found.kind == "bool":
        return None
    if found.kind == "text":
        return CellReader(found).read
    if not column.has_signs:
        return None
    read = found.read

    def written(cell: str) -> str:
        plain = cell.strip()
        return cell if not plain or plain in MISSING else str(read(plain))

    return written


def _may_be_read(cells: Sequence[str]) -> bool:
    """Most of the first texts are dates, or numbers of which some are written as no program writes one."""
    column = CellColumn()
    column.count(cells, [1] * len(cells))
    return column.may_be_text_to_read


def _collect(value: Any, place: Place, found: dict[Place, list[str]]) -> None:
    if isinstance(value, str):
        if place in found or len(found) < _MOST_PLACES:
            cells = found.setdefault(place, [])
            if len(cells) < SAMPLE:
                cells.append(value)
    elif len(place) < _MOST_LEVELS:
        if isinstance(value, dict):
            for key, inner in value.items():
                _collect(inner, (*place, key), found)
        elif isinstance(value, list):
            for inner in value[:SAMPLE]:
                _collect(inner, (*place, None), found)


def _holders(data: Any, place: Place, watch: Callable[[], object]) -> Iterator[tuple[Any, Any]]:
    """What holds the values of a place, with their keys there."""
    holders: Iterator[Any] = iter((data,))
    for key in place[:-1]:
        holders = _below(holders, key)
    last = place[-1]
    for number, holder in enumerate(holders):
        if number % _AT_ONCE == 0:
            watch()
        if last is None and isinstance(holder, list):
            yield from ((holder, at) for at in range(len(holder)))
        elif last is not None and isinstance(holder, dict) and last in holder:
            yield holder, last


def _below(holders: Iterator[Any], key: str | None) -> Iterator[Any]:
    for holder in holders:
        if key is None and isinstance(holder, list):
            yield from holder
        elif key is not None and isinstance(holder, dict) and key in holder:
            yield holder[key]


def _parts(data: Any, place: Place, watch: Callable[[], object]) -> Iterator[tuple[Sequence[str], Sequence[int]]]:
    part: list[str] = []
    for holder, key in _holders(data, place, watch):
        if isinstance(holder[key], str):
            part.append(holder[key])
            if len(part) == SAMPLE:
                yield part, [1] * SAMPLE
                part = []
    yield part, [1] * len(part)


def _shown(place: Place) -> str:
    keys = [key for key in place if key is not None]
    return f"field {'.'.join(keys)!r:.60}" if keys else "the list"
