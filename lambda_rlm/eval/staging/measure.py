"""How large values are, as the analysis of costs wants to know it.

Owns `measured`: a value of a ground type to its abstract value, with exact lengths, peaks and sums. Named sizes of inputs
become symbols, so that bounds print as closed forms in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from lambda_rlm.bounds.domain.abstract import (
    EITHER,
    EMPTY_LIST,
    NONE,
    OPAQUE,
    Abstract,
    AbstractBool,
    AbstractList,
    AbstractOption,
    AbstractRecord,
    AbstractText,
    nested,
    number,
)
from lambda_rlm.bounds.domain.size import ZERO, SizeBound, named, size_of
from lambda_rlm.bounds.domain.totals import fresh, symbol
from lambda_rlm.completion import Vocabulary
from lambda_rlm.eval.document import width_of
from lambda_rlm.eval.staging.counting import makeup_of
from lambda_rlm.eval.value import Document, Text, Value
from lambda_rlm.types.type import INT, Con, Enum, Record, Type


def measured(value: Value, type_: Type, name: str = "", vocabulary: Vocabulary | None = None) -> Abstract:
    """The abstract value of one value, its texts counted by a vocabulary; with a name, its own size is the symbol of that
    name."""
    match type_:
        case Con("Text" | "Quote"):
            bytes_, width = _bytes(value)
            chars = named(name, value.n) if name else size_of(value.n)
            one = partial(named, f"tokens({name})") if name else size_of
            made = makeup_of((value,), (bytes_,), vocabulary, lambda sizes: one(sizes[0]))
            if width == 1:
                return AbstractText(chars, chars, 1, value.n, made=made)
            beyond = bytes_ - value.n
            if not name:
                return AbstractText(chars, size_of(bytes_), width, value.n, size_of(beyond), made)
            in_bytes, wide = named(f"bytes({name})", bytes_), named(f"wide({name})", beyond)
            return AbstractText(chars, in_bytes, width, value.n, wide, made)
        case Con("List", (inner,)):
            if not value:
                return EMPTY_LIST
            owner = fresh()
            length = named(name, len(value)) if name else size_of(len(value))
            return AbstractList(length, _all(value, inner, owner, name, vocabulary), owner, len(value))
        case _:
            return _all([value], type_, 0, "", vocabulary)


def _all(values: Sequence[Value], type_: Type, owner: int, name: str, vocabulary: Vocabulary | None) -> Abstract:
    """One abstract value for all elements of a list; with owner 0 there is but one and its sizes are plain numbers."""
    match type_:
        case Con("Text" | "Quote") | Enum():
            return _texts(values, owner, name, vocabulary)
        case Con("Int" | "Float"):
            return number(min(values, default=0), max(0, max(values, default=0)), is_int=type_ == INT)
        case Con("Bool"):
            return AbstractBool(values[0]) if values and all(v is values[0] for v in values) else EITHER
        case Con("Option", (inner,)):
            present = [v[0] for v in values if v is not None]
            return AbstractOption(_all(present, inner, owner, name, vocabulary)) if present else NONE
        case Record(fields):
            return AbstractRecord(
                tuple(
                    (field, _all([v[i] for v in values], inner, owner, f"{name}.{field}" if name else "", vocabulary))
                    for i, (field, inner) in enumerate(fields)
                )
            )
        case Con("List", (inner,)):
            return _lists(values, inner, owner, vocabulary)
        case _:
            return OPAQUE


def _texts(values: Sequence[Text], owner: int, name: str, vocabulary: Vocabulary | None) -> Abstract:
    sizes = [_bytes(v) for v in values]
    width = max((w for _, w in sizes), default=1)
    low = min((v.n for v in values), default=0)
    chars = _varied([v.n for v in values], owner, f"chars({name})" if name else "")
    made = makeup_of(
        values, [b for b, _ in sizes], vocabulary, lambda tokens: _varied(tokens, owner, f"tokens({name})" if name else "")
    )
    if width == 1:
        return AbstractText(chars, chars, 1, low, made=made)
    in_bytes = _varied([b for b, _ in sizes], owner, f"bytes({name})" if name else "")
    beyond = _varied([b - v.n for (b, _), v in zip(sizes, values, strict=True)], owner, f"wide({name})" if name else "")
    return AbstractText(chars, in_bytes, width, low, beyond, made)


def _lists(values: Sequence[list[Value]], inner: Type, owner: int, vocabulary: Vocabulary | None) -> Abstract:
    """Lists in a list: the sizes of the innermost elements have a sum over each list and over all."""
    everything = [element for v in values for element in v]
    if not everything:
        return EMPTY_LIST
    most, low = max(len(v) for v in values), min(len(v) for v in values)
    own = fresh()
    flat = AbstractList(size_of(len(everything)), _all(everything, inner, own, "", vocabulary), own)
    if owner == 0:
        return AbstractList(flat.length, flat.element, own, low)
    group = nested(flat, size_of(len(values)), size_of(most), owner).element
    assert isinstance(group, AbstractList)
    return AbstractList(group.length, group.element, group.owner, low)


def _bytes(text: Text) -> tuple[int, int]:
    """Bytes in UTF-8 (of a span, at most) and those of the widest character; a span of a document is not read."""
    document = text.origin
    if text.start >= 0 and isinstance(document, Document):
        return document.bytes_within(text.start, text.start + text.n), document.width
    s = text.s
    if s.isascii():
        return text.n, 1
    return len(s.encode("utf-8", "surrogatepass")), width_of(s)


def _varied(numbers: Sequence[int], owner: int, name: str) -> SizeBound:
    highest = max(numbers, default=0)
    if owner == 0 or min(numbers, default=0) == highest:
        return size_of(highest)
    total_ = sum(numbers)
    return symbol(size_of(highest), named(name, total_) if name else size_of(total_), owner) if highest else ZERO
