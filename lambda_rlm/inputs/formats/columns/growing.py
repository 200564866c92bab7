"""A column of a table while its values come in, held in little memory.

Owns `GrowingColumn`. Promises that numbers without gaps take eight bytes each, and that of texts that repeat each is held once.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any, Final

from lambda_rlm.table import Cells, CodedCells, ColumnKind, PlainCells, TableColumn

MANY: Final = 0.5
"""The share of different texts in a column up to which each is held once."""
_SAMPLE: Final = 10_000
"""The first rows, by which texts are found not to repeat."""
_NUMBERS: Final = {"int": "q", "float": "d"}


class GrowingColumn:
    """A column of this kind, to which values are added."""

    __slots__ = ("_codes", "_values", "has_missing", "kind", "name")

    def __init__(self, name: str, kind: ColumnKind) -> None:
        self.name, self.kind, self.has_missing = name, kind, False
        self._values: Any = array(_NUMBERS[kind]) if kind in _NUMBERS else []
        self._codes: dict[Any, int] | None = {} if kind == "text" else None
        """The number of each text, as long as texts repeat: then `_values` are their numbers."""

    def add(self, values: Sequence[Any]) -> None:
        """Take over some values, and None where one is missing."""
        if not self.has_missing and None in values:
            self.has_missing = True
            self._values = list(self._values)
        codes = self._codes
        if codes is None:
            self._values.extend(values)
            return
        self._values += [None if text is None else codes.setdefault(text, len(codes)) for text in values]
        if len(self._values) >= _SAMPLE and len(codes) > MANY * len(self._values):
            self._values, self._codes = self._texts(codes), None

    def column(self) -> TableColumn:
        """The column of all values that were added."""
        codes, cells = self._codes, PlainCells(self._values)
        made: Cells = cells
        if codes is not None:
            is_many = len(codes) > MANY * len(self._values)
            made = PlainCells(self._texts(codes)) if is_many else CodedCells(list(codes), self._values)
        return TableColumn(self.name, self.kind, self.has_missing, made)

    def _texts(self, codes: dict[Any, int]) -> list[Any]:
        texts = list(codes)
        return [None if code is None else texts[code] for code in self._values]
