"""Enumerations of any values as labels of the language, and labels as these values.

Owns the label of a value: a text itself, anything else as JSON writes it. Promises a label of its own for each value.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from lambda_rlm.api.returning.answer_part import AnswerPart, or_none
from lambda_rlm.types.type import Enum, option_of

_KINDS: Final = ((bool, "true or false"), (int, "number"), (float, "number"))


def labelled(values: Sequence[Any], place: str) -> AnswerPart:
    """The part whose values are these; with None among them it is an Option. Raises `TypeError`."""
    given = [value for value in values if value is not None]
    if not given:
        raise TypeError(f"{place}: it has no values to choose from but None; leave it out, or use str")
    if not all(isinstance(value, str | bool | int | float) for value in given):
        raise TypeError(f"{place}: the values of an enumeration must be texts, numbers or booleans")
    labels: dict[str, Any] = {}
    texts = {value for value in given if isinstance(value, str)}
    for value in given:
        if isinstance(value, str):
            labels[value or ('""' if '""' not in texts else "the empty text")] = value
        else:
            label = json.dumps(value)
            labels[label if label not in texts else f"{label} ({_kind(value)})"] = value
    type_, back = Enum(tuple(sorted(labels))), partial(_value, labels)
    if len(given) < len(values):
        return AnswerPart(option_of(type_), or_none(back))
    return AnswerPart(type_, back)


def _kind(value: Any) -> str:
    return next(words for kind, words in _KINDS if isinstance(value, kind))


def _value(labels: dict[str, Any], label: Any) -> Any:
    return labels[label]
