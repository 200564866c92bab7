"""What can be done to a value of any type, given its type: compare it, show it, weigh it.

Owns the functions that are built by structure of a ground type. Types have a bounded depth, so building and running recurse
plainly. Promises: `weight` counts a value as the tree it stands for, in time linear in the objects it is made of, so that
whoever charges by weight before calling the others makes sharing pay its full price. A left-over type variable is opaque: no
value of it can exist where these functions are called, save by identity.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Final

from lambda_rlm.diagnostics.faults import InternalError
from lambda_rlm.eval.provenance.told import written
from lambda_rlm.eval.rows import TableValue
from lambda_rlm.eval.tariff import SHIFT as SHIFT
from lambda_rlm.eval.value import Text, Value
from lambda_rlm.types.type import Con, Enum, Record, Type, Variable

HEAVIEST: Final = 1 << 62
"""Weights saturate here."""

_SCALARS: Final = frozenset({"Int", "Float", "Bool"})
_TEXTS: Final = frozenset({"Text", "Quote"})
_TRUE: Final = Text("true")
_FALSE: Final = Text("false")

Equality = Callable[[Value, Value], bool]
Weight = Callable[[Value], int]


def is_text(type_: Type) -> bool:
    """Whether values of the type are `Text`."""
    return isinstance(type_, Enum) or (isinstance(type_, Con) and type_.name in _TEXTS)


def is_list(type_: Type) -> bool:
    """Whether values of the type are lists."""
    return isinstance(type_, Con) and type_.name == "List"


def is_scalar(type_: Type) -> bool:
    """Whether values of the type are numbers or truth values."""
    return isinstance(type_, Con) and type_.name in _SCALARS


def element_of(type_: Type) -> Type:
    """The type of the elements of a list or option."""
    if isinstance(type_, Con) and type_.arguments:
        return type_.arguments[0]
    raise InternalError("choosing a library function", f"{type_} has no elements")


def _unfit(type_: Type) -> InternalError:
    return InternalError("choosing a library function", f"no structure for values of {type_}")


def equality(type_: Type) -> Equality:
    """Equality of two values: texts by characters, lists and records part by part."""
    if is_text(type_):
        return _equal_texts
    match type_:
        case Con(name) if name in _SCALARS:
            return operator.eq
        case Con(_, (element,)):
            return _equal_sequences(equality(element))
        case Record(fields):
            return _equal_records(tuple(equality(t) for _, t in fields))
        case Variable():
            return operator.is_
        case _:
            raise _unfit(type_)


def _equal_texts(a: Text, b: Text) -> bool:
    return a is b or (a.n == b.n and a.s == b.s)


def _equal_sequences(equal: Equality) -> Equality:
    def equal_sequences(a: Value, b: Value) -> bool:
        if a is b:
            return True
        if a is None or b is None:
            return False
        return len(a) == len(b) and all(map(equal, a, b))

    return equal_sequences


def _equal_records(equals: tuple[Equality, ...]) -> Equality:
    def equal_records(a: Value, b: Value) -> bool:
        return a is b or all(equal(x, y) for equal, x, y in zip(equals, a, b, strict=True))

    return equal_records


def _same(value: Value) -> Value:
    return value


def shown(type_: Type) -> Callable[[Value], Text]:
    """A value as a template shows it: texts as they are, Float always with a point or an exponent, Bool as in the language."""
    if is_text(type_):
        return _same
    match type_:
        case Con("Int"):
            return _show_int
        case Con("Float"):
            return _show_float
        case Con("Bool"):
            return _show_bool
        case Variable():
            return _same
        case _:
            raise _unfit(type_)


def _show_int(value: int) -> Text:
    return written(str(value), value)


def _show_float(value: float) -> Text:
    return written(repr(float(value)), value)


def _show_bool(value: bool) -> Text:
    return _TRUE if value else _FALSE


def _one(value: Value) -> int:
    return 1


def _text_weight(text: Text) -> int:
    return 1 + (text.n >> SHIFT)


def weight(type_: Type) -> Weight:
    """The tree weight of a value: 1 for each number, list, option, record and text in it, and 1 more for each 64 characters.

    What is shared counts wherever it stands; the work is linear in the objects. Saturates at `HEAVIEST`. TableValue of an input
    are weighed by columns.
    """
    if is_text(type_):
        return _text_weight
    weigh = _weigher(type_)
    if weigh is _one_of_two:
        return _one
    if is_list(type_) and isinstance(element_of(type_), Record):
        return lambda value: min(_weight_of_rows(value) if type(value) is TableValue else weigh(value, {}), HEAVIEST)
    return lambda value: min(weigh(value, {}), HEAVIEST)


def _weight_of_rows(rows: TableValue) -> int:
    total = 1 + len(rows) * (1 + len(rows.fields))
    for at, (_, type_) in enumerate(rows.fields):
        sums = rows.sums(at)
        total += sums.heavy + (sums.present if isinstance(type_, Con) and type_.name == "Option" else 0)
    return total


Weigher = Callable[..., int]


def _weigher(type_: Type) -> Weigher:
    """Like `weight`, with a memo from the identity of lists and records to what they weigh."""
    match type_:
        case Con("Option", (inner,)):
            return _option_weigher(_weigher(inner))
        case Con(_, (element,)):
            return _list_weigher(element)
        case Record(fields):
            return _record_weigher(tuple(_weigher(t) for _, t in fields))
        case _:
            return _plain_text_weigher if is_text(type_) else _one_of_two


def _one_of_two(value: Value, memo: dict[int, int]) -> int:
    return 1


def _plain_text_weigher(text: Text, memo: dict[int, int]) -> int:
    return 1 + (text.n >> SHIFT)


def _option_weigher(inner: Weigher) -> Weigher:
    return lambda option, memo: 1 if option is None else 1 + inner(option[0], memo)


def _list_weigher(element: Type) -> Weigher:
    inner = _weigher(element)
    if inner is _one_of_two:
        return lambda items, memo: 1 + len(items)
    if inner is _plain_text_weigher:
        return lambda items, memo: 1 + len(items) + sum([text.n >> SHIFT for text in items])
    return _memoized(lambda items, memo: 1 + sum([inner(item, memo) for item in items]))


def _record_weigher(inner: tuple[Weigher, ...]) -> Weigher:
    if all(weigh is _one_of_two for weigh in inner):
        size = 1 + len(inner)
        return lambda record, memo: size
    return _memoized(lambda record, memo: 1 + sum([weigh(field, memo) for weigh, field in zip(inner, record, strict=True)]))


def _memoized(weigh: Weigher) -> Weigher:
    def memoized(value: Value, memo: dict[int, int]) -> int:
        known = memo.get(id(value))
        if known is None:
            known = memo[id(value)] = weigh(value, memo)
        return known

    return memoized
