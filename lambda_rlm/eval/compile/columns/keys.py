"""Keys of rows: what they weigh, which of them are equal, and their order.

Owns `keyed`, the keys that an expression gives for the rows of a view, read as the reference evaluator reads them when it
compares them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import pyarrow as pa
from pyarrow import compute

from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.compile.columns.account import ColumnsDropped
from lambda_rlm.eval.compile.columns.field import CellField, TextField, encoded
from lambda_rlm.eval.compile.columns.leaf import LeafNode
from lambda_rlm.eval.compile.columns.node import RowNode, RowRun, spread
from lambda_rlm.eval.compile.columns.view import View
from lambda_rlm.eval.library.keys import keys_of
from lambda_rlm.eval.library.structure import SHIFT, is_scalar, is_text, weight
from lambda_rlm.eval.value import LONG, Text, Value
from lambda_rlm.types.type import FLOAT, Type


@dataclass(frozen=True, slots=True)
class KeyColumn:
    """For each row of a view the number of its key, equal keys having equal numbers; what all keys weigh together. `ordered`
    are values that are in order as the keys are, for keys that have an order."""

    codes: Any
    weight: int
    ordered: Callable[[], Any]


def keyed(node: RowNode, type_: Type, view: View, run: RowRun) -> KeyColumn:
    """The keys that an expression of a type gives."""
    if is_scalar(type_):
        array = spread(node.numbers(view, run), view.n)
        # Zero equals negative zero.
        array = compute.add(array, 0.0) if type_ == FLOAT else array
        return KeyColumn(encoded(array)[0], view.n, lambda: array)
    if isinstance(node, LeafNode):
        field = view.origin.field(node.names[0]) if len(node.names) == 1 and node.code.is_simple else None
        if isinstance(field, CellField) and is_text(type_):
            return _cells(field, view, run)
        if isinstance(field, TextField):
            return _texts(field, view, run)
        return _made(node, type_, view, run)
    raise ColumnsDropped("keys of this kind")


def _cells(field: CellField, view: View, run: RowRun) -> KeyColumn:
    """The texts of an input."""
    if field.longest >= LONG:
        raise ColumnsDropped("long texts")
    field.touch(view.rows_in(None), run.account)
    sizes = view.take(field.sizes)
    heavy = compute.sum(compute.shift_right(sizes, pa.scalar(SHIFT, sizes.type))).as_py() or 0
    return KeyColumn(view.take(field.codes), view.n + heavy, lambda: view.take(field.array))


def _texts(field: TextField, view: View, run: RowRun) -> KeyColumn:
    """Texts that were made."""
    if any(text.n >= LONG for text in field.values):
        raise ColumnsDropped("long texts")
    field.touch(view.rows_in(None), run.account)
    codes = view.take(field.codes)
    weights = pa.array([1 + (text.n >> SHIFT) for text in field.values], pa.int64())
    total = compute.sum(weights.take(codes)).as_py() or 0
    return KeyColumn(_merged(field.strings, codes), total, lambda: pa.array(field.strings, pa.string()).take(codes))


def _made(node: LeafNode, type_: Type, view: View, run: RowRun) -> KeyColumn:
    """Anything that is computed."""
    weigh, keys_in = weight(type_), keys_of(type_)

    def then(value: Value) -> tuple[int, Hashable, Any]:
        ((key,),) = keys_in([value])
        if isinstance(value, Text) and value.n >= LONG:
            raise ColumnsDropped("long texts")
        return weigh(value), key, value.s if isinstance(value, Text) else None

    found = node.found(view, run, then)
    pairs = zip(found.present, found.counts, strict=True)
    total = sum([found.made[code][0] * count for code, count in pairs])
    keys = [None if made is None else made[1] for made in found.made]

    def ordered() -> Any:
        return pa.array([None if made is None else made[2] for made in found.made], pa.string()).take(found.codes)

    return KeyColumn(_merged(keys, found.codes), total, ordered)


def _merged(keys: list[Any], codes: Any) -> Any:
    """Codes of which equal keys have the same one."""
    numbers: dict[Hashable, int] = {}
    table = [numbers.setdefault(key, len(numbers)) for key in keys]
    return codes if len(numbers) == len(keys) else pa.array(table, pa.int32()).take(codes)
