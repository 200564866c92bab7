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
from lambda_rlm.eval.rows import TableValue, inside
from lambda_rlm.eval.staging.counting import SizeRange, Tally, tally_of, tally_of_column
from lambda_rlm.eval.value import Text, Value
from lambda_rlm.types.type import INT, Con, Enum, Record, Type


def measured(value: Value, type_: Type, name: str = "", vocabulary: Vocabulary | None = None) -> Abstract:
    """The abstract value of one value, its texts counted by a vocabulary; with a name, its own size is the symbol of that
    name."""
    match type_:
        case Con("Text" | "Quote"):
            tally = tally_of((value,), vocabulary)
            bytes_, width = tally.in_bytes.most, tally.width
            chars = named(name, value.n) if name else size_of(value.n)
            one = partial(named, f"tokens({name})") if name else size_of
            made = tally.makeup(vocabulary, lambda tokens: one(tokens.most))
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
            element = (
                _of_rows(value, owner, name, vocabulary)
                if type(value) is TableValue
                else _all(value, inner, owner, name, vocabulary)
            )
            return AbstractList(length, element, owner, len(value))
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


def _of_rows(rows: TableValue, owner: int, name: str, vocabulary: Vocabulary | None) -> Abstract:
    """One abstract value for all rows of an input, from its columns."""
    return AbstractRecord(
        tuple(
            (column.name, _of_column(rows, at, owner, f"{name}.{column.name}" if name else "", vocabulary))
            for at, (column, _) in enumerate(rows.fields)
        )
    )


def _of_column(rows: TableValue, at: int, owner: int, name: str, vocabulary: Vocabulary | None) -> Abstract:
    type_, present = rows.fields[at][1], rows.sums(at).present
    inner = inside(type_)
    if inner is not type_ and not present:
        return NONE
    match inner:
        case Con("Text") | Enum():
            value = _of_tally(tally_of_column(rows, at, vocabulary), owner, name, vocabulary)
        case Con("Bool"):
            truths = rows.counts(at)
            value = AbstractBool(next(iter(truths))) if len(truths) == 1 else EITHER
        case _:
            low, high = rows.extremes(at)
            value = number(low, max(0, high), is_int=inner == INT)
    return value if inner is type_ else AbstractOption(value)


def _texts(values: Sequence[Text], owner: int, name: str, vocabulary: Vocabulary | None) -> Abstract:
    return _of_tally(tally_of(values, vocabulary), owner, name, vocabulary)


def _of_tally(tally: Tally, owner: int, name: str, vocabulary: Vocabulary | None) -> Abstract:
    def varied(amount: SizeRange, what: str) -> SizeBound:
        return _varied(amount, owner, f"{what}({name})" if name else "")

    width, low = tally.width, tally.chars.least
    chars = varied(tally.chars, "chars")
    made = tally.makeup(vocabulary, lambda tokens: varied(tokens, "tokens"))
    if width == 1:
        return AbstractText(chars, chars, 1, low, made=made)
    return AbstractText(chars, varied(tally.in_bytes, "bytes"), width, low, varied(tally.beyond, "wide"), made)


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


def _varied(amount: SizeRange, owner: int, name: str) -> SizeBound:
    if owner == 0 or amount.least == amount.most:
        return size_of(amount.most)
    total_ = size_of(amount.total) if not name else named(name, amount.total)
    return symbol(size_of(amount.most), total_, owner) if amount.most else ZERO
