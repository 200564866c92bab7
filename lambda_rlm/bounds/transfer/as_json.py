"""How long the JSON of a value can be.

Owns the transfer of `to_json`. Promises an upper limit that counts the names under which fields are written: those that the
data of the inputs has, where they are no identifiers.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from lambda_rlm.bounds.analysis import Analysis, Application
from lambda_rlm.bounds.domain.abstract import (
    Abstract,
    AbstractList,
    AbstractNumber,
    AbstractOption,
    AbstractRecord,
    AbstractResult,
    AbstractText,
    text_of,
)
from lambda_rlm.bounds.domain.makeup import changed
from lambda_rlm.bounds.domain.size import ONE, size_of
from lambda_rlm.bounds.domain.totals import total
from lambda_rlm.bounds.transfer.texts import CODE_POINT, digits
from lambda_rlm.types.called import written_names

_OWN: Final[Mapping[str, str]] = MappingProxyType({})
"""Every field is called as in the program."""


def written(analysis: Analysis, application: Application) -> AbstractResult:
    """The JSON that `to_json` writes, with the names that the data of the inputs has for fields."""
    (value,) = application.sized()
    assert value is not None
    return AbstractResult(to_json(value, analysis.typed.called))


def to_json(value: Abstract, called: Mapping[str, str] = _OWN) -> AbstractText:
    """Compact JSON of a value; functions have none. `called` has what the data calls fields."""
    match value:
        case AbstractText(chars, bytes_, width, _):
            escaped = chars * CODE_POINT + size_of(2)
            return text_of(escaped, width, 2, bytes_ * CODE_POINT + size_of(2), value.wide, made=changed())
        case AbstractNumber():
            return text_of(digits(value), 1, made=changed())
        case AbstractOption(inner):
            none = text_of(size_of(4), 1, made=changed())
            if inner is None:
                return none
            shown = to_json(inner, called)
            return AbstractText(shown.chars + size_of(4), shown.bytes + size_of(4), shown.width, 0, made=changed())
        case AbstractRecord(fields):
            chars, bytes_, width = size_of(2), size_of(2), 1
            written = written_names([name for name, _ in fields], called)
            for name, (_, field) in zip(written, fields, strict=True):
                shown = to_json(field, called)
                chars = chars + shown.chars + size_of(len(name) * CODE_POINT + 4)
                bytes_ = bytes_ + shown.bytes + size_of(len(name.encode()) * CODE_POINT + 4)
                width = max(width, shown.width, *(len(sign.encode()) for sign in name))
            return AbstractText(chars, bytes_, width, 0, made=changed())
        case AbstractList(length, element, owner, _):
            if element is None:
                return text_of(size_of(2), 1, made=changed())
            shown = to_json(element, called)
            return AbstractText(
                total(shown.chars + ONE, length, owner) + size_of(2),
                total(shown.bytes + ONE, length, owner) + size_of(2),
                shown.width,
                0,
                made=changed(),
            )
        case _:
            return text_of(size_of(5), 1, made=changed())
