"""What every node of an expression of a row is.

Owns `RowNode` and `RowRun`, one attempt to compute a node for all rows of a view.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.compile.columns.account import ColumnCharges, ColumnsDropped
from lambda_rlm.eval.compile.columns.view import View
from lambda_rlm.eval.compile.compiled import Compiled, Frame
from lambda_rlm.types.type import BOOL, FLOAT, INT, Type


def arrow_type(type_: Type) -> Any:
    """How numbers of a type are held. Raises `ColumnsDropped`."""
    if type_ == INT:
        return pa.int64()
    if type_ == FLOAT:
        return pa.float64()
    if type_ == BOOL:
        return pa.bool_()
    raise ColumnsDropped("a value that is no number")


@dataclass(slots=True)
class RowRun:
    """One attempt: the frame that closures run in, the slot that has the row, and the account."""

    frame: Frame
    slot: int
    account: ColumnCharges


class RowNode:
    """An expression of a row. `code`: its closure, for its static cost."""

    code: Compiled

    def numbers(self, view: View, run: RowRun) -> Any:
        """Its values, an array or a scalar of pyarrow. Raises `ColumnsDropped` where they are no numbers."""
        raise NotImplementedError


def spread(value: Any, n: int) -> Any:
    """Numbers as an array, one for each row."""
    return value if isinstance(value, pa.Array) else pa.repeat(value, n)
