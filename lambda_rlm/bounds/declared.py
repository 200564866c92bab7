"""Sizes that somebody declares for inputs that are not there yet.

Owns `Size`, how it becomes an abstract value of the input's type, and the test whether real data keeps to it. Characters and
bytes are both limits; where only characters are said, each may have the four bytes of the widest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from lambda_rlm.bounds.domain.abstract import (
    WIDEST,
    Abstract,
    AbstractList,
    AbstractOption,
    AbstractRecord,
    AbstractText,
    Makeup,
)
from lambda_rlm.bounds.domain.makeup import DATA, INSTRUCTION
from lambda_rlm.bounds.domain.reply_size import value_of
from lambda_rlm.bounds.domain.size import SizeBound as Limit
from lambda_rlm.bounds.domain.size import named, size_of
from lambda_rlm.bounds.domain.totals import fresh, symbol
from lambda_rlm.data_class import dataclass
from lambda_rlm.table import Table
from lambda_rlm.types.type import Con, Record, Type


@dataclass(frozen=True, slots=True)
class Size:
    """At most so large: the characters of a text, or those of the JSON of anything else.

    With `count`, a list of at most so many elements of `chars` and `bytes` each, together of at most `total` characters.
    """

    chars: int
    bytes: int | None = None
    count: int | None = None
    total: int | None = None

    def __post_init__(self) -> None:
        for name in ("chars", "bytes", "count", "total"):
            number = getattr(self, name)
            if number is None and name != "chars":
                continue
            if not isinstance(number, int) or isinstance(number, bool) or number < 0:
                raise ValueError(f"size {name} must be a whole number of at least 0, not {number!r}")
        if self.total is not None and self.count is None:
            raise ValueError("size total applies to a list; give its count too")

    @property
    def most_bytes(self) -> int:
        """Bytes of UTF-8, of one element where there is a count."""
        wide = self.chars * WIDEST
        return wide if self.bytes is None else min(self.bytes, wide)


_STRETCH: Final = 1 << 16
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

QUERY_SIZE: Final = Size(2_000)
"""What is assumed of a question that is not there yet."""


def declared(size: Size, type_: Type, name: str) -> Abstract:
    """Any value of a type that keeps to a size; its sizes are symbols of the input's name."""
    if size.count is None or not isinstance(type_, Con) or type_.name != "List":
        made = INSTRUCTION if name == "query" else DATA
        return _value(type_, named(name, size.chars), named(f"bytes({name})", size.most_bytes), made)
    owner = fresh()
    length = named(name, size.count)
    total = size.count * size.chars if size.total is None else min(size.total, size.count * size.chars)
    in_bytes = min(total * WIDEST, size.count * size.most_bytes)
    chars = symbol(size_of(size.chars), named(f"chars({name})", total), owner)
    element = _value(
        type_.arguments[0], chars, symbol(size_of(size.most_bytes), named(f"bytes({name})", in_bytes), owner), DATA
    )
    return AbstractList(length, element, owner)


def _value(type_: Type, chars: Limit, in_bytes: Limit, made: Makeup) -> Abstract:
    match type_:
        case Con("Text" | "Quote"):
            return AbstractText(chars, in_bytes, made=made)
        case Con("Option", (inner,)):
            return AbstractOption(_value(inner, chars, in_bytes, made))
        case Record(fields):
            return AbstractRecord(tuple((name, _value(field, chars, in_bytes, made)) for name, field in fields))
        case _:
            return value_of(type_, chars)


def excess(size: Size, data: Any) -> str | None:
    """In which way plain data is larger than a size; None when it is not."""
    if size.count is None or not isinstance(data, (list, tuple, Table)):
        chars, in_bytes = _measured(data)
        return _over(chars, size.chars, "characters") or _over(in_bytes, size.most_bytes, "bytes")
    measured = list(map(_measured_json, _rows(data)) if isinstance(data, Table) else map(_measured, data))
    total = size.count * size.chars if size.total is None else size.total
    return (
        _over(len(data), size.count, "elements")
        or _over(max((c for c, _ in measured), default=0), size.chars, "characters in one element")
        or _over(max((b for _, b in measured), default=0), size.most_bytes, "bytes in one element")
        or _over(sum(c for c, _ in measured), total, "characters in total")
    )


def _measured(data: Any) -> tuple[int, int]:
    """Characters and bytes of a text, or of the compact JSON of anything else, of which no more than a stretch is written."""
    if isinstance(data, str):
        return len(data), len(data) if data.isascii() else sum(map(_bytes, _stretches(data)))
    chars, in_bytes = 0, 0
    for measured in map(_measured_json, _written(data)):
        chars += measured[0]
        in_bytes += measured[1]
    return chars, in_bytes


def _measured_json(piece: str) -> tuple[int, int]:
    return len(piece), len(piece) if piece.isascii() else _bytes(piece)


def _rows(table: Table) -> Iterator[str]:
    """The compact JSON of each row."""
    return chain.from_iterable(table.json_rows(_ENCODER))


def _written(data: Any) -> Iterator[str]:
    """The compact JSON of plain data, in parts."""
    match data:
        case str() if len(data) > _STRETCH:
            yield '""'
            for stretch in _stretches(data):
                yield _ENCODER.encode(stretch)[1:-1]
        case Table():
            yield "[" + "," * (len(data) - 1) + "]"
            yield from _rows(data)
        case list() | tuple():
            yield "[" + "," * (len(data) - 1) + "]"
            for element in data:
                yield from _written(element)
        case dict():
            yield "{" + ":" * len(data) + "," * (len(data) - 1) + "}"
            for key, element in data.items():
                yield _ENCODER.encode(key)
                yield from _written(element)
        case _:
            yield _ENCODER.encode(data)


def _stretches(text: str) -> Iterator[str]:
    return (text[start : start + _STRETCH] for start in range(0, len(text), _STRETCH))


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _over(number: int, limit: int, what: str) -> str | None:
    return f"{number:,} {what}, but at most {limit:,} were declared" if number > limit else None
