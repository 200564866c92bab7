"""The face of compiled terms that gives columns: which terms have one.

Owns `has_columns`, `columns_of` and `listed`. Loads no kernels before an input is worth them; only who knows the face ever sees
columns.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final
from weakref import ref

from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.compile.columns.report import COLUMNS
from lambda_rlm.eval.compile.compiled import Compiled, Frame
from lambda_rlm.eval.library.structure import element_of, is_list
from lambda_rlm.eval.rows import TableValue
from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.table import ArrowCells
from lambda_rlm.types.type import Record, Type

WITH_CALLBACKS: Final = frozenset({
    P.FILTER, P.COUNT, P.ANY, P.ALL, P.MAP, P.GROUP_BY, P.SORT_BY, P.SORT_DESC, P.TOP, P.MAX_BY, P.MIN_BY, P.UNIQUE_BY,
    P.SUM_BY, P.MEAN_BY, P.FLAT_MAP, P.JOIN_BY,
})  # fmt: skip
ON_LISTS: Final = frozenset({P.SUM, P.MEAN, P.LENGTH, P.TAKE, P.DROP, P.TAKE_LAST, P.SLICE, P.TALLY, P.UNIQUE})
"""The library functions that are tried by columns, with and without callbacks."""


def has_columns(code: Compiled) -> bool:
    """Whether a term may give columns."""
    if code.columns is not None:
        return True
    return code.constant is not None and type(code.constant[0]) is TableValue and COLUMNS.get() and _is_worth(code.constant[0])


def is_table(type_: Type) -> bool:
    """Whether values of a type are lists of records."""
    return is_list(type_) and isinstance(element_of(type_), Record)


def columns_of(code: Compiled, meter: Meter) -> Callable[[Frame], Any]:
    """What gives the columns of a term that has some, for who charges this meter: an input may have been read by another."""
    if code.columns is not None:
        return code.columns
    from lambda_rlm.eval.compile.columns.view import InputRows, View

    assert code.constant is not None
    rows = code.constant[0]
    view = None if rows.as_columns is None else rows.as_columns()
    if view is None or view.origin.meter is not meter:
        view = View(InputRows(rows, meter))
        rows.as_columns = ref(view)
    return lambda e: view


def _is_worth(rows: TableValue) -> bool:
    """Whether there are kernels for it: they are loaded where the input came by them, and not for one that came otherwise."""
    return "pyarrow.compute" in sys.modules or any(isinstance(column.cells, ArrowCells) for column, _ in rows.fields)


def listed(value: Any) -> Any:
    """A value as the reference evaluator has it."""
    return value.made() if hasattr(value, "made") else value


def bound_to(slot: int, code: Compiled) -> Compiled:
    """The value of a term with columns that was left in a slot."""
    return Compiled(run=lambda e: listed(e[slot]), steps=0, columns=lambda e: e[slot], is_grouped=code.is_grouped)
