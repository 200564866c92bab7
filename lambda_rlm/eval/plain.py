"""Plain Python data to values of the language, and back, by type.

Owns the two conversions at the edge of a run. Promises that every text of an input knows the input and the path it came from,
except those of trusted inputs, and that `to_plain(to_value(x)) == x` for data that inhabits its type. Refuses data that does
not.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.diagnostics.error import LambdaRLMError
from lambda_rlm.eval.value import INT_HIGH, INT_LOW, Document, Text, Value, span_of
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


def to_value(data: Any, type_: Type, name: str, meter: Meter, documents: list[Document]) -> Value:
    """The value that plain data means; the documents made for its texts are appended to `documents`. Raises `Unfit`."""

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
            return text(
                place, str.__str__(data)
            )  # of a class made from `str`, its characters alone: it may join and cut as it likes
        case Enum(labels) if isinstance(data, str) and data in labels:
            return Text(data)
        case Con("Bool") if isinstance(data, bool):
            return data
        case Con("Int") if isinstance(data, int) and not isinstance(data, bool) and INT_LOW <= data <= INT_HIGH:
            return data
        case Con("Float") if isinstance(data, (int, float)) and not isinstance(data, bool) and abs(data) <= _FLOAT_HIGH:
            return float(data)
        case Con("Option", (inner,)):
            return None if data is None else (value_with(data, inner, what, text, place),)
        case Con("List", (inner,)) if isinstance(data, (list, tuple)):
            return [value_with(item, inner, what, text, f"{place}[{i}]") for i, item in enumerate(data)]
        case Record(fields) if isinstance(data, dict) and data.keys() == {f for f, _ in fields}:
            return tuple(value_with(data[f], inner, what, text, f"{place}.{f}") for f, inner in fields)
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


def _shown(data: Any) -> str:
    if isinstance(data, int) and data.bit_length() > _MOST_SHOWN:  # a very long one cannot be written out
        return f"a whole number of {data.bit_length()} bits"
    text = repr(data)
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "…"
