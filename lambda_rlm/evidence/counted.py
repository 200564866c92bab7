"""What a computed value was made of: the items that got the label that was counted, the rows and replies that were added up.

Owns the check. Promises that nothing is cited which does not come to the very value: a count of a label is its count, a sum is
the sum, a greatest or least value is one of them. Refuses to choose among several ways to come to it that the question does not
tell apart.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence, Set
from math import fsum, isclose
from sys import float_info
from typing import Any, Final, NamedTuple

from lambda_rlm.evidence.answer import Basis
from lambda_rlm.evidence.choose import is_in
from lambda_rlm.evidence.folded import fold
from lambda_rlm.evidence.needles import content_words
from lambda_rlm.evidence.parts import SourcePart
from lambda_rlm.table import Table

_FEW: Final = 3
"""Rows with one value up to which they are cited; a value in more of them is no sign of any."""
_MOST_ROWS: Final = 1_000_000
_EXACT: Final = 1e-9


class Counted(NamedTuple):
    """The passages that a value was made of, what they have in common, and how many there are."""

    passages: Sequence[SourcePart]
    what: str


def counted(number: int | float, words: str, basis: Basis) -> Counted | None:
    """What a number comes to: labels or numbers that calls replied, or a column of rows. `words` are those of the question and
    of the answer."""
    return _of_labels(number, words, basis) or _of_numbers(number, basis) or _of_columns(number, words, basis)


def labelled(label: str, number: int, total: int, calls: Set[int], basis: Basis) -> SourcePart | None:
    """The item that got a label, of an answer that lists labels in the order of items: the one before which these calls, or all
    where none is known, gave the label `number` times, where they gave it `total` times in all."""
    by_these = (one for one in basis.judgments if not calls or one[0] in calls)
    given = [parts for _, said, parts in by_these if isinstance(said, str) and fold(said) == fold(label) and parts]
    return given[number][0] if len(given) == total and number < total else None


def _of_labels(number: int | float, words: str, basis: Basis) -> Counted | None:
    """The items that got a label as often as the number says; the label that the question names, where several were."""
    by_label: dict[str, tuple[str, list[SourcePart]]] = {}
    for _, said, parts in basis.judgments:
        if isinstance(said, str | bool) and parts:
            label = said if isinstance(said, str) else "yes" if said else "no"
            by_label.setdefault(fold(label), (label, []))[1].append(parts[0])
    fitting = [(label, parts) for label, parts in by_label.values() if len(parts) == number]
    if len(fitting) > 1:
        asked = fold(words)
        fitting = [one for one in fitting if is_in(fold(one[0]), asked)]
    return Counted(fitting[0][1], f"“{fitting[0][0]}”") if len(fitting) == 1 else None


def _of_numbers(number: int | float, basis: Basis) -> Counted | None:
    """The replies that are numbers and come to it: all as their sum or mean, or one as the greatest or least."""
    given = [
        (float(said), parts[0])
        for _, said, parts in basis.judgments
        if isinstance(said, int | float) and not isinstance(said, bool) and parts
    ]
    values = [value for value, _ in given]
    if len(given) > 1 and _is(number, fsum(values)):
        return Counted([part for _, part in given], "added up")
    if len(given) > 1 and _is(number, fsum(values) / len(values)):
        return Counted([part for _, part in given], "averaged")
    same = [part for value, part in given if _is(number, value)]
    return Counted(same, "the same number") if 0 < len(same) <= _FEW else None


def _of_columns(number: int | float, words: str, basis: Basis) -> Counted | None:
    """A column of rows that comes to it; the one that the question names, where several do."""
    found: list[tuple[str, Counted]] = []
    for name, rows in basis.tables.items():
        for column in rows[0] if len(rows) <= _MOST_ROWS else ():
            one = _of_column(number, _numbers(rows, column), f"{name}[{{}}].{column}")
            if one is not None:
                found.append((column, one))
    if len(found) > 1:
        asked = fold(words)
        found = [one for one in found if any(is_in(word, asked) for word in content_words(one[0].replace("_", " ")))]
    return found[0][1] if len(found) == 1 else None


def _column(rows: Sequence[Mapping[str, Any]], name: str) -> Iterable[Any]:
    """The cells of a column in all rows."""
    if isinstance(rows, Table):
        return next(one.cells.part(0, len(rows)) for one in rows.columns if one.name == name)
    return (row.get(name) for row in rows)


class _Numbers(NamedTuple):
    """The numbers of a column with their rows, their sum, and the same numbers by size."""

    cells: Sequence[tuple[int, int | float]]
    total: float
    by_size: Sequence[tuple[float, int]]


def _numbers(rows: Sequence[Mapping[str, Any]], column: str) -> _Numbers:
    """The numbers of a column; of a table they are gone through once, however many values of an answer are looked for."""
    kept = rows.found if isinstance(rows, Table) else {}
    numbers: _Numbers | None = kept.get(("numbers", column))
    if numbers is None:
        of_all = enumerate(_column(rows, column))
        cells = [(at, cell) for at, cell in of_all if isinstance(cell, int | float) and not isinstance(cell, bool)]
        by_size = sorted((float(cell), place) for place, (_, cell) in enumerate(cells))
        numbers = kept["numbers", column] = _Numbers(cells, fsum(value for value, _ in by_size), by_size)
    return numbers


def _of_column(number: int | float, numbers: _Numbers, name: str) -> Counted | None:
    cells, total, by_size = numbers
    if not cells or abs(number) > float_info.max:
        return None
    margin = 2 * _EXACT * max(1.0, abs(number))
    near = by_size[bisect_left(by_size, (number - margin, 0)) : bisect_right(by_size, (number + margin, len(cells)))]
    same = sorted(place for value, place in near if _is(number, value))
    if 0 < len(same) <= _FEW:
        return Counted([cell_passage(name.format(cells[place][0]), cells[place][1]) for place in same], "the same number")
    if len(cells) > 1 and _is(number, total):
        return Counted([cell_passage(name.format(at), cell) for at, cell in cells], "added up")
    if len(cells) > 1 and _is(number, total / len(cells)):
        return Counted([cell_passage(name.format(at), cell) for at, cell in cells], "averaged")
    return None


def _is(number: int | float, other: float) -> bool:
    return isclose(number, other, rel_tol=_EXACT, abs_tol=_EXACT)


def cell_passage(name: str, cell: Any) -> SourcePart:
    """The cell of a row that is no text, as it is written."""
    text = ("true" if cell else "false") if isinstance(cell, bool) else str(cell)
    return SourcePart(name, text, 0, len(text))


def number_cells(tables: Mapping[str, Sequence[Mapping[str, Any]]], rows: Mapping[str, set[int]] | None) -> list[SourcePart]:
    """The numbers in rows, as passages: of all rows, or of those by table and index."""
    found: list[SourcePart] = []
    for name, data in tables.items():
        chosen = enumerate(data) if rows is None else ((at, data[at]) for at in sorted(rows.get(name, ())))
        for at, row in chosen:
            if len(found) > _MOST_ROWS:
                return found
            for column, cell in row.items():
                if isinstance(cell, int | float):
                    found.append(cell_passage(f"{name}[{at}].{column}", cell))
    return found
