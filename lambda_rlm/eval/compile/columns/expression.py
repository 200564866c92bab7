"""Expressions of a row that kernels compute for all rows of a view at once: numbers and truth values.

Owns the nodes for fields, constants, arithmetic, comparisons, `and`, `or`, `not` and `if`. A node charges what its parts
charge while they run; the static cost of the whole expression is charged by whoever runs it. Raises `ColumnsDropped` where a
kernel would not give the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa
from pyarrow import compute

from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.compile.columns.account import ColumnCharges, ColumnsDropped
from lambda_rlm.eval.compile.columns.node import RowNode, RowRun, arrow_type, spread
from lambda_rlm.eval.compile.columns.view import View, numbered
from lambda_rlm.eval.compile.compiled import Compiled
from lambda_rlm.eval.tariff import TARIFF
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.types.type import Type

_EXACT: Final = 1 << 53
"""Whole numbers nearer to 0 are Floats without loss."""


@dataclass(slots=True)
class FieldNode(RowNode):
    """A field of the row, or the row itself."""

    code: Compiled
    name: str | None

    def numbers(self, view: View, run: RowRun) -> Any:
        """The numbers of the field."""
        numbers = view.origin.field(self.name).numbers
        if numbers is None:
            raise ColumnsDropped("a value that is no number")
        return view.take(numbers)


@dataclass(slots=True)
class Same(RowNode):
    """A constant, or a variable from outside of the row, which must be a plain number."""

    code: Compiled
    type: Type

    def numbers(self, view: View, run: RowRun) -> Any:
        """The number."""
        value = self.code.run(run.frame)
        if type(value) not in (int, float, bool):
            raise ColumnsDropped("a number of a reply")
        return pa.scalar(value, arrow_type(self.type))


@dataclass(slots=True)
class Arithmetic(RowNode):
    """`+ - * /` on two numbers of a type; `/` gives a Float."""

    code: Compiled
    op: str
    left: RowNode
    right: RowNode

    def numbers(self, view: View, run: RowRun) -> Any:
        """Exact in 64 bits, or finite."""
        a, b = self.left.numbers(view, run), self.right.numbers(view, run)
        if self.op == "/":
            a, b = _real(a), _real(b)
            if compute.any(compute.equal(_array(b), 0.0)).as_py():
                raise ColumnsDropped("a division by zero")
            return _finite(compute.divide(a, b))
        if pa.types.is_floating(a.type):
            return _finite(_REAL[self.op](a, b))
        return _CHECKED[self.op](a, b)


_REAL: Final = {"+": compute.add, "-": compute.subtract, "*": compute.multiply}
_CHECKED: Final = {"+": compute.add_checked, "-": compute.subtract_checked, "*": compute.multiply_checked}
_COMPARE: Final = {
    "==": compute.equal,
    "!=": compute.not_equal,
    "<": compute.less,
    "<=": compute.less_equal,
    ">": compute.greater,
    ">=": compute.greater_equal,
}


def _array(value: Any) -> Any:
    return value if isinstance(value, pa.Array) else pa.array([value.as_py()], value.type)


def _finite(value: Any) -> Any:
    if len(_array(value)) and not compute.all(compute.is_finite(_array(value))).as_py():
        raise ColumnsDropped("a number that is too large")
    return value


def _real(value: Any) -> Any:
    """As Floats, without loss."""
    if pa.types.is_floating(value.type):
        return value
    ends = compute.min_max(_array(value))
    if len(_array(value)) and (ends["min"].as_py() <= -_EXACT or ends["max"].as_py() >= _EXACT):
        raise ColumnsDropped("whole numbers that are no Floats")
    return value.cast(pa.float64())


@dataclass(slots=True)
class ComparisonNode(RowNode):
    """The six comparisons of numbers and truth values."""

    code: Compiled
    op: str
    left: RowNode
    right: RowNode

    def numbers(self, view: View, run: RowRun) -> Any:
        """Truth values."""
        return _COMPARE[self.op](self.left.numbers(view, run), self.right.numbers(view, run))


@dataclass(slots=True)
class Negation(RowNode):
    """`-a`, `not a`."""

    code: Compiled
    operand: RowNode

    def numbers(self, view: View, run: RowRun) -> Any:
        """The opposite."""
        value = self.operand.numbers(view, run)
        if pa.types.is_boolean(value.type):
            return compute.invert(value)
        return compute.negate(value) if pa.types.is_floating(value.type) else compute.negate_checked(value)


@dataclass(slots=True)
class AsFloat(RowNode):
    """`to_float(a)`."""

    code: Compiled
    operand: RowNode

    def numbers(self, view: View, run: RowRun) -> Any:
        """The nearest Float."""
        value = self.operand.numbers(view, run)
        run.account.charge(TARIFF[Primitive.TO_FLOAT].call * view.n)
        return value.cast(pa.float64(), safe=False) if isinstance(value, pa.Array) else pa.scalar(float(value.as_py()))


_FREE_DIFFERENCE: Final = 16
_FREE_BYTES: Final = 256


def is_uniform(node: RowNode) -> bool:
    """Whether a node costs the same in each row, and depends on nothing but the row."""
    match node:
        case FieldNode():
            return True
        case Same():
            return node.code.constant is not None
        case Arithmetic() | ComparisonNode():
            return is_uniform(node.left) and is_uniform(node.right)
        case Negation() | AsFloat():
            return is_uniform(node.operand)
    return False


def charge_taken(code: Compiled, rows: int, account: ColumnCharges) -> None:
    """What a branch that is taken charges by itself: see `balanced`."""
    if code.steps > _FREE_DIFFERENCE or code.bytes > _FREE_BYTES:
        account.charge(code.steps * rows, code.bytes * rows)


@dataclass(slots=True)
class Connected(RowNode):
    """`a and b and …`, `a or b or …`: a part is computed in the rows that those before it do not decide."""

    code: Compiled
    op: str
    parts: Sequence[RowNode]

    def numbers(self, view: View, run: RowRun) -> Any:
        """Truth values."""
        whole = spread(self.parts[0].numbers(view, run), view.n)
        for part in self.parts[1:]:
            open_ = whole if self.op == "and" else compute.invert(whole)
            count = compute.sum(open_).as_py() or 0
            if not count:
                break
            charge_taken(part.code, count, run.account)
            if count == view.n:
                whole = spread(part.numbers(view, run), view.n)
            else:
                rest = view.filtered(open_)
                whole = compute.replace_with_mask(whole, open_, spread(part.numbers(rest, run), rest.n))
        return whole


@dataclass(slots=True)
class ChoiceNode(RowNode):
    """`if c then a else if … else z`: each branch is computed in the rows that take it."""

    code: Compiled
    branches: Sequence[tuple[RowNode, RowNode]]
    otherwise: RowNode
    type: Type

    def numbers(self, view: View, run: RowRun) -> Any:
        """The numbers chosen."""
        out = pa.nulls(view.n, arrow_type(self.type))
        places = numbered(view.n)
        here = view
        for at, (condition, branch) in enumerate(self.branches):
            if at:
                charge_taken(condition.code, here.n, run.account)
            yes = spread(condition.numbers(here, run), here.n)
            out = self._filled(out, places, yes, branch, here, run)
            no = compute.invert(yes)
            here, places = here.filtered(no), places.filter(no)
        everything = pa.repeat(pa.scalar(True), here.n)
        return self._filled(out, places, everything, self.otherwise, here, run)

    def _filled(self, out: Any, places: Any, mask: Any, branch: RowNode, here: View, run: RowRun) -> Any:
        chosen = here.filtered(mask)
        if not chosen.n:
            return out
        charge_taken(branch.code, chosen.n, run.account)
        values = spread(branch.numbers(chosen, run), chosen.n)
        if chosen.n == len(out):
            return values
        where = compute.is_in(numbered(len(out)), value_set=places.filter(mask))
        return compute.replace_with_mask(out, where, values)
