"""Library functions that are tried by columns: first so, and by the reference code from the start where that is dropped.

Owns `by_columns`, which gives a use of a library function its columns, and `grouped`, which runs a function for each group with
its rows as columns. Promises that an attempt which is dropped has charged nothing and that one which succeeds has charged what
the reference code does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import pyarrow as pa

from lambda_rlm.budget.meter import Meter
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.faults import Fault
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval.compile.columns.account import ColumnCharges, ColumnsDropped
from lambda_rlm.eval.compile.columns.expression import is_uniform
from lambda_rlm.eval.compile.columns.face import columns_of, has_columns, listed
from lambda_rlm.eval.compile.columns.node import RowRun, spread
from lambda_rlm.eval.compile.columns.operations import LATER, OPERATIONS, ColumnTask
from lambda_rlm.eval.compile.columns.report import WORTH, noted
from lambda_rlm.eval.compile.columns.view import Groups, View
from lambda_rlm.eval.compile.compiled import Compiled, Frame, charge, made_of
from lambda_rlm.eval.holding import MANY, keep, strung
from lambda_rlm.eval.library.structure import is_scalar
from lambda_rlm.eval.value import Value
from lambda_rlm.syntax.primitive import Primitive as P

OverGroups = Callable[[Groups, Frame], Value]

_DROPPING: Final = (
    ColumnsDropped, Fault, pa.ArrowException, NotImplementedError, ValueError, ArithmeticError, TypeError
)  # fmt: skip
"""What an attempt may end in: values that no kernel takes, as a whole number of more than 64 bits, and what is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnUse:
    """A use of a library function.

    `sources` are its arguments that are no functions, `slots` where `plain`, the reference code, reads them. `task` is a word
    on why not where it does not run by columns. `each` are steps and bytes for each row, what the callbacks cost by themselves
    included; `frames` are interpreter frames beside those of the sources. `meter` is charged.
    """

    primitive: P
    span: Span
    sources: Sequence[Compiled]
    slots: Sequence[int]
    plain: Compiled
    task: ColumnTask | str
    each: tuple[int, int]
    frames: int
    meter: Meter
    over_groups: OverGroups | None = None


def by_columns(use: ColumnUse, *, is_list: bool) -> Compiled:
    """The code of a use that is tried by columns; it has columns itself where it gives a list."""
    first, *others = use.sources
    is_join = use.primitive is P.JOIN_BY
    runs = [columns_of(code, use.meter) if is_join and has_columns(code) else code.run for code in others]
    source, rest = columns_of(first, use.meter), list(zip(use.slots[1:], runs, strict=True))
    slot, plain = use.slots[0], use.plain.run

    def columns(e: Frame) -> Any:
        xs = source(e)
        for at, run in rest:
            e[at] = run(e)
        if isinstance(xs, Groups) and use.over_groups is not None:
            noted(use.primitive, use.span, "")
            return use.over_groups(xs, e)
        if isinstance(xs, View | Groups):
            found = _attempt(use, xs, e)
            if found is not None:
                return found[0]
        for at in (*use.slots[1:], slot):
            e[at] = listed(xs if at == slot else e[at])
        return plain(e)

    def run(e: Frame) -> Value:
        return listed(columns(e))

    code = made_of(run, use.sources, steps=use.plain.steps, bytes=use.plain.bytes, is_static=False)
    # What the reference code needs, so that calls are too deep at the same place.
    code.need = max(use.plain.need, use.frames + max(source.need for source in use.sources))
    if is_list:
        code.columns = columns
        code.is_grouped = use.primitive is P.GROUP_BY
    return code


def _attempt(use: ColumnUse, view: View | Groups, e: Frame) -> tuple[Any] | None:
    """The value by columns in a 1-tuple, charged; None, and nothing is charged, where it is dropped."""
    why, value = "", None
    if use.primitive is P.LENGTH:
        return (view.n,)
    if isinstance(view, View) and view.group is not None and view.n < WORTH.get().rows:
        found = _in_all_groups(use, view, e)
        if found is not None:
            return found
    if isinstance(view, Groups):
        why = "groups"
    elif view.n < WORTH.get().rows:
        why = "few rows"
    elif isinstance(use.task, str):
        why = use.task
    elif use.primitive not in OPERATIONS:
        why = "no columns for it"
    else:
        use.meter.glance()
        account = ColumnCharges(use.meter)
        account.charge(view.n * use.each[0], view.n * use.each[1])
        try:
            value = OPERATIONS[use.primitive](use.task, view, e, account, [e[at] for at in use.slots[1:]])
        except _DROPPING as reason:
            why = str(reason) if type(reason) in (ColumnsDropped, NotImplementedError) else type(reason).__name__
        if not why and not account.settle():
            why = "the fuel runs out"
    noted(use.primitive, use.span, why)
    if why:
        return None
    return (value.made() if isinstance(value, LATER) else value,)


def _in_all_groups(use: ColumnUse, view: View, e: Frame) -> tuple[Any] | None:
    """What `map` or `count` gives for the rows of a small group, out of what it gives for those of all groups: only numbers
    that cost the same in each row. None where that is not so."""
    if view.group is None or use.primitive not in (P.MAP, P.COUNT) or isinstance(use.task, str):
        return None
    groups, at = view.group
    task, whole = use.task, groups.view
    if id(use) not in groups.found:
        groups.found[id(use)] = None
        expression = task.expressions[0]
        if is_scalar(expression.type) and is_uniform(expression.node):
            try:
                run = RowRun(e, task.slots[0], ColumnCharges(use.meter))
                groups.found[id(use)] = spread(expression.node.numbers(whole, run), whole.n).to_pylist()
            except _DROPPING:
                noted(use.primitive, use.span, "groups one by one")
    values = groups.found[id(use)]
    if values is None:
        return None
    account = ColumnCharges(use.meter)
    # A row charges what its parts do, the same each.
    task.expressions[0].node.numbers(view.part(0, 1), RowRun(e, task.slots[0], account))
    account.steps, account.bytes = (account.steps + use.each[0]) * view.n, (account.bytes + use.each[1]) * view.n
    if not account.settle():
        return None
    part = values[groups.starts[at] : groups.starts[at] + view.n]
    return (part if use.primitive is P.MAP else sum(part),)


def grouped(primitive: P, slots: tuple[int, int], body: Compiled, each: tuple[int, int]) -> OverGroups:
    """`map` and `flat_map` over groups: the reference loop itself, but for the rows of a group, which stay columns."""
    i, j = slots

    def results(groups: Groups, e: Frame) -> Iterator[Value]:
        for part in groups.view.origin.meter.stretches(list(range(groups.n))):
            for group in part:
                e[i], e[j] = groups.items(group), groups.key(group)
                yield body.run(e)

    def run(groups: Groups, e: Frame) -> Value:
        meter = groups.view.origin.meter
        charge(meter, groups.n * (body.steps + each[0]), groups.n * (body.bytes + each[1]))
        if primitive is P.FLAT_MAP:
            out = strung(results(groups, e), meter)
        else:
            out = list(results(groups, e))
        return keep(out, meter.storage) if len(out) >= MANY else out

    return run
