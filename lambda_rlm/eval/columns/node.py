"""What every node of an expression of a row is.

Owns `Node` and `Run`, one attempt to compute a node for all rows of a view.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from lambda_rlm.eval.columns.account import Account, Dropped
from lambda_rlm.eval.columns.view import View
from lambda_rlm.eval.compile.compiled import Compiled, Frame
from lambda_rlm.types.type import BOOL, FLOAT, INT, Type


def arrow_type(type_: Type) -> Any:
    """How numbers of a type are held. Raises `Dropped`."""
    if type_ == INT:
        return pa.int64()
    if type_ == FLOAT:
        return pa.float64()
    if type_ == BOOL:
        return pa.bool_()
    raise Dropped("a value that is no number")


@dataclass(slots=True)
class Run:
    """One attempt: the frame that closures run in, the slot that has the row, and the account."""

    frame: Frame
    slot: int
    account: Account


class Node:
    """An expression of a row. `code`: its closure, for its static cost."""

    code: Compiled

    def numbers(self, view: View, run: Run) -> Any:
        """Its values, an array or a scalar of pyarrow. Raises `Dropped` where they are no numbers."""
        raise NotImplementedError


def spread(value: Any, n: int) -> Any:
    """Numbers as an array, one for each row."""
    return value if isinstance(value, pa.Array) else pa.repeat(value, n)
