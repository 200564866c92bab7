"""Plain Python data to values of the language, and back, by type.

Owns the two conversions at the edge of a run. Promises that every text of an input knows the input and the path it came from,
except those of trusted inputs, and that `to_plain(to_value(x)) == x` for data that inhabits its type. Refuses data that does
not. Of a class made from `str`, `int`, `list` and the like the plain part counts, whatever its methods do.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.diagnostics.error import LambdaRLMError
from lambda_rlm.eval.rows import TableValue, rows_of
from lambda_rlm.eval.value import INT_HIGH, INT_LOW, Document, Text, Value, span_of
from lambda_rlm.graphemes import begun
from lambda_rlm.table import Table
from lambda_rlm.types.type import Arrow, Con, Enum, Record, Type

_MOST_SHOWN: Final = 60
_GLANCE: Final = 64
"""Elements of a list in an answer from which on the clock is looked at."""
"""Characters of bad data that an error shows."""

_FLOAT_HIGH: Final = sys.float_info.max

TRUSTED: Final = frozenset({"query"})
"""Inputs whose text is an instruction: it comes from whoever asks."""


class Unfit(LambdaRLMError, TypeError):
    """Data that does not inhabit the type it is given with."""


def to_value(data: Any, type_: Type, name: str, meter: Meter, documents: list[Document | TableValue]) -> Value:
    """The value that plain data means, `TableValue` of many rows of simple fields; the documents made for its texts are
    appended to `documents`, those of rows as the rows. Raises `Unfit`."""
    rows = rows_of(data, type_, name, meter) if name not in TRUSTED else None
    if rows is not None:
        documents.append(rows)
        return rows
    if isinstance(data, Table):
        data = data.rows()

    def text(place: str, s: str) -> Text:
        document = Document(place, s, meter)
        documents.append(document)
        return span_of(document, 0, len(s))

    return value_with(data, type_, "the input ", (lambda _, s: Text(s)) if name in TRUSTED else text, name)


def value_with(data: Any, type_: Type, what: str, text: Callable[[str, str], Text], place: str = "") -> Value:
    """The value that plain data means; `text` makes one of a place inside it and characters. Raises `Unfit`, which begins with
    `what` and the place."""
    match type_:
        case Con("Text") if isinstance(data, str):
            return text(place, str.__str__(data))
        case Enum(labels) if isinstance(data, str) and (label := str.__str__(data)) in labels:
            return Text(label)
        case Con("Bool") if isinstance(data, bool):
            return data
        case Con("Int") if _is_number(data, int) and INT_LOW <= (number := int.__int__(data)) <= INT_HIGH:
            return number
        case Con("Float") if _is_number(data, int) and abs(number := int.__int__(data)) <= _FLOAT_HIGH:
            return float(number)
        case Con("Float") if _is_number(data, float) and abs(real := float.__float__(data)) <= _FLOAT_HIGH:
            return real
        case Con("Option", (inner,)):
            return None if data is None else (value_with(data, inner, what, text, place),)
        case Con("List", (inner,)) if isinstance(data, (list, tuple, Table)):
            items = (
                list.__iter__(data)
                if isinstance(data, list)
                else iter(data)
                if isinstance(data, Table)
                else tuple.__iter__(data)
            )
            return [value_with(item, inner, what, text, f"{place}[{i}]") for i, item in enumerate(items)]
        case Record(fields) if isinstance(data, dict) and dict.keys(data) == {f for f, _ in fields}:
            return tuple(value_with(dict.__getitem__(data, f), inner, what, text, f"{place}.{f}") for f, inner in fields)
        case _:
            raise Unfit(f"{what}{place} is {_shown(data)}, which does not fit its type")


def to_plain(value: Value, type_: Type, meter: Meter | None = None) -> Any:
    """The plain data that a value means: str, int, float, bool, None, list and dict. With a meter the clock is looked at."""
    match type_:
        case Con("Bool"):
            return value
        case Con("Int"):
            return int(value)
        case Con("Float"):
            return float(value)
        case Con("Option", (inner,)):
            return None if value is None else to_plain(value[0], inner, meter)
        case Con("List", (inner,)):
            if meter is None or len(value) < _GLANCE:
                return [to_plain(item, inner, meter) for item in value]
            meter.glance()
            return [to_plain(item, inner, meter) for part in meter.stretches(value) for item in part]
        case Record(fields):
            return {name: to_plain(item, inner, meter) for (name, inner), item in zip(fields, value, strict=True)}
        case Arrow():
            raise Unfit("a function has no plain form")
        case _:
            return value.s if isinstance(value, Text) else value


def _is_number(data: Any, kind: type) -> bool:
    return isinstance(data, kind) and not isinstance(data, bool)


def _shown(data: Any) -> str:
    if isinstance(data, int) and int.bit_length(data) > _MOST_SHOWN:  # a very long one cannot be written out
        return f"a whole number of {int.bit_length(data)} bits"
    try:
        text = repr(data)
    except Exception:  # noqa: BLE001 - a class of the host's, which may raise whatever it likes
        return f"a {type(data).__name__}"
    return text if len(text) <= _MOST_SHOWN else begun(text, _MOST_SHOWN) + "…"
