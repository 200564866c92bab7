"""Library functions over a view, by columns.

Owns `OPERATIONS`. An operation gives the value and puts on the account what the reference evaluator charges beside the static
cost of the loop, which whoever runs the operation charges. Raises `ColumnsDropped` where it cannot.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
from pyarrow import compute

from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.compile.columns.account import ColumnCharges, ColumnsDropped, unpaid
from lambda_rlm.eval.compile.columns.field import Field, NumberField, TextField, characters_of
from lambda_rlm.eval.compile.columns.join import joined
from lambda_rlm.eval.compile.columns.keys import KeyColumn, keyed
from lambda_rlm.eval.compile.columns.leaf import LeafNode, LeafValues, refuse_many
from lambda_rlm.eval.compile.columns.node import RowNode, RowRun, spread
from lambda_rlm.eval.compile.columns.translate import RowExpression
from lambda_rlm.eval.compile.columns.view import Groups, MadeRows, View
from lambda_rlm.eval.compile.compiled import Frame
from lambda_rlm.eval.library.structure import is_scalar, is_text
from lambda_rlm.eval.rows import is_read
from lambda_rlm.eval.tariff import KEY_STEPS, TARIFF
from lambda_rlm.eval.value import INT_HIGH, INT_LOW, Passage, Text, Value
from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.types.type import FLOAT, Type


@dataclass(frozen=True, slots=True)
class ColumnTask:
    """One use of a library function: its callbacks over rows, the slots that have a row for each, and the type of the elements
    that it takes."""

    primitive: P
    expressions: Sequence[RowExpression]
    slots: Sequence[int]
    element: Type


Operation = Callable[[ColumnTask, View, Frame, ColumnCharges, Sequence[Value]], Value]


def _run(task: ColumnTask, frame: Frame, account: ColumnCharges, at: int = 0) -> RowRun:
    return RowRun(frame, task.slots[at], account)


def _node(task: ColumnTask, at: int = 0) -> RowNode:
    return task.expressions[at].node


def _truths(task: ColumnTask, view: View, frame: Frame, account: ColumnCharges) -> Any:
    return spread(_node(task).numbers(view, _run(task, frame, account)), view.n)


def _filter(task: ColumnTask, view: View, frame: Frame, account: ColumnCharges, rest: Sequence[Value]) -> Value:
    return view.filtered(_truths(task, view, frame, account))


def _count(task: ColumnTask, view: View, frame: Frame, account: ColumnCharges, rest: Sequence[Value]) -> Value:
    return compute.sum(_truths(task, view, frame, account)).as_py() or 0


def _deciding(task: ColumnTask, view: View, frame: Frame, account: ColumnCharges, rest: Sequence[Value]) -> Value:
    """`any` and `all` stop at the first row that decides: what comes after it is not charged."""
    is_any = task.primitive is P.ANY
    truths = _truths(task, view, frame, ColumnCharges(account.meter))
    place = compute.index(truths, pa.scalar(is_any)).as_py()
    if place >= 0:
        view = view.part(0, place + 1)
    _truths(task, view, frame, account)
    return (place >= 0) is is_any


def _map(task: ColumnTask, view: View, frame: Frame, account: ColumnCharges, rest: Sequence[Value]) -> Value:
    expression, run = task.expressions[0], _run(task, frame, account)
    nodes: dict[str | None, tuple[Type, RowNode]] = dict(expression.fields.items())
    nodes = nodes or {None: (expression.type, expression.node)}
    fields = {name: _field(node, type_, view, run) for name, (type_, node) in nodes.items()}
    runs = {name: node.code.run for name, (_, node) in nodes.items()}
    made = MadeRows(view, fields, frame.copy(), task.slots[0], runs, account.meter)
    return View(made)


def _field(node: RowNode, type_: Type, view: View, run: RowRun) -> Field:
    """What an expression gives, as a field of what is made."""
    if is_scalar(type_):
        return NumberField(spread(node.numbers(view, run), view.n), type_)
    if not is_text(type_) or not isinstance(node, LeafNode):
        raise ColumnsDropped("made values that are no numbers or texts")
    found = node.found(view, run, lambda value: value)
    return merged_texts(found, view, run, type_)


def merged_texts(found: LeafValues, view: View, run: RowRun, type_: Type) -> TextField:
    """Made texts, those that read alike and cost alike as one: whether nobody has read them, and which cell they are."""
    numbers: dict[Any, int] = {}
    values: list[Text] = []
    sources: list[Field | None] = []
    table = [0] * len(found.made)
    for code in found.present:
        text, source = found.made[code], found.sources[code]
        key = (characters_of(text), type(text), is_read(text), id(source)) if type(text) in (Text, Passage) else code
        table[code] = numbers.setdefault(key, len(numbers))
        if len(numbers) > len(values):
            values.append(text)
            sources.append(source)
    codes = pa.array(table, pa.int32()).take(found.codes)
    return TextField(codes, values, sources, view.rows_in, run.account.meter, type_)


def _group(task: ColumnTask, view: View, frame: Frame, account: ColumnCharges, rest: Sequence[Value]) -> Value:
    keys = keyed(_node(task), task.expressions[0].type, view, _run(task, frame, account))
    account.charge(keys.weight)
    order, counts = in_groups(keys.codes)
    refuse_many(len(counts), view.n, "many groups")  # each is gone through by itself
    snapshot, slot, code = frame.copy(), task.slots[0], task.expressions[0].code
    grouped = view.taken(order)

    def key(place: int) -> Value:
        with unpaid(account.meter):
            (snapshot[slot],) = grouped.origin.apart(grouped.numbers_of([place]))
            value = code.run(snapshot)
            read_whole(value)
            return value

    return Groups(view, order, counts, key)


def in_groups(codes: Any) -> tuple[Any, list[int]]:
    """The places of rows group by group, in the order in which each code is first met, and how many each group has."""
    found = compute.value_counts(codes)
    first = found.field(0).to_pylist()
    table = [0] * (max(first, default=-1) + 1)
    for number, code in enumerate(first):
        table[code] = number
    numbers = pa.array(table, pa.int32()).take(codes)
    return compute.sort_indices(numbers).cast(pa.int64()), found.field(1).to_pylist()


def read_whole(value: Value) -> None:
    """Read all texts in a value, as whoever makes keys of it does."""
    stack = [value]
    while stack:
        part = stack.pop()
        if isinstance(part, Text):
            _ = part.s
        elif isinstance(part, list | tuple):
            stack.extend(part)


def _ordered(task: ColumnTask, view: View, frame: Frame, account: ColumnCharges) -> tuple[KeyColumn, Any]:
    keys = keyed(_node(task), task.expressions[0].type, view, _run(task, frame, account))
    return keys, keys.ordered()


def _join(task: ColumnTask, view: View, frame: Frame, account: ColumnCharges, rest: Sequence[Value]) -> Value:
    (other,) = rest
    if not isinstance(other, View):
        raise ColumnsDropped("a second table that has no columns")
    types = [expression.type for expression in task.expressions]
    first = keyed(_node(task), types[0], view, _run(task, frame, account))
    second = keyed(_node(task, 1), types[1], other, _run(task, frame, account, 1))
    code = task.expressions[1].code
    account.charge(other.n * (code.steps + KEY_STEPS), other.n * code.bytes)
    return joined((view, other), (first, second), types[0], account)


def _sort(task: ColumnTask, view: View, frame: Frame, account: ColumnCharges, rest: Sequence[Value]) -> Value:
    keys, ordered = _ordered(task, view, frame, account)
    account.charge(keys.weight * (1 + view.n.bit_length()))
    falling = task.primitive is not P.SORT_BY
    order = compute.array_sort_indices(ordered, order="descending" if falling else "ascending")
    if rest:
        order = order.slice(0, max(0, rest[0]))
    return view.taken(order)


def _extreme(task: ColumnTask, view: View, frame: Frame, account: ColumnCharges, rest: Sequence[Value]) -> Value:
    keys, ordered = _ordered(task, view, frame, account)
    account.charge(keys.weight)
    ends = compute.min_max(ordered)
    best = ends["max" if task.primitive is P.MAX_BY else "min"]
    return _Later(view, compute.index(ordered, best).as_py())


@dataclass(frozen=True, slots=True)
class _Later:
    """An element in an Option, to be looked at once the attempt is charged."""

    view: View
    place: int

    def made(self) -> Value:
        """The Option."""
        return (self.view.element(self.place),)


def _unique_by(task: ColumnTask, view: View, frame: Frame, account: ColumnCharges, rest: Sequence[Value]) -> Value:
    keys = keyed(_node(task), task.expressions[0].type, view, _run(task, frame, account))
    account.charge(keys.weight)
    return view.taken(firsts(keys.codes))


def firsts(codes: Any) -> Any:
    """The first place of each code, in order."""
    order, counts = in_groups(codes)
    starts, at = [], 0
    for count in counts:
        starts.append(at)
        at += count
    return order.take(pa.array(starts, pa.int64()))


def _by_group(task: ColumnTask, view: View, frame: Frame, account: ColumnCharges, rest: Sequence[Value]) -> Value:
    keys = keyed(_node(task), task.expressions[0].type, view, _run(task, frame, account))
    numbers = spread(_node(task, 1).numbers(view, _run(task, frame, account, 1)), view.n)
    account.charge(keys.weight)
    order, counts = in_groups(keys.codes)
    grouped, is_float = numbers.take(order), task.expressions[1].type == FLOAT
    made, at = [], 0
    for stretch in account.meter.stretches(counts):
        for count in stretch:
            part = grouped.slice(at, count)
            made.append(total(part, is_float) if task.primitive is P.SUM_BY else average(part, is_float))
            at += count
    slot, code, snapshot = task.slots[0], task.expressions[0].code, frame.copy()
    sources = view.taken(firsts(keys.codes))
    return _Pairs(sources, slot, code.run, snapshot, made, account)


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Records { key, number }, whose keys are made once the attempt is charged."""

    firsts: View
    slot: int
    run: Callable[[Frame], Value]
    frame: Frame
    numbers: list[Value]
    account: ColumnCharges

    def made(self) -> list[Value]:
        """The list of them."""
        keys = []
        frame, slot, meter = self.frame, self.slot, self.account.meter
        elements = self.firsts.origin.apart(self.firsts.numbers_of(list(range(self.firsts.n))))
        with unpaid(meter):
            for part in meter.stretches(elements):
                for frame[slot] in part:
                    keys.append(self.run(frame))
                    read_whole(keys[-1])
        return list(zip(keys, self.numbers, strict=True))


def numbers_in(array: Any) -> Any:
    """The numbers of an array without null, as a sequence that gives each once."""
    buffer = array.buffers()[1]
    if buffer is None:
        return ()
    whole = memoryview(buffer).cast("d") if pa.types.is_floating(array.type) else memoryview(buffer).cast("q")
    return whole[array.offset : array.offset + len(array)]


def total(array: Any, is_float: bool) -> Value:
    """The exact sum, rounded once where it is a Float. Raises `ColumnsDropped` where it has no room."""
    if is_float:
        try:
            return math.fsum(numbers_in(array))
        except OverflowError:
            raise ColumnsDropped("a sum that is too large") from None
    whole = sum(numbers_in(array))
    if not INT_LOW <= whole <= INT_HIGH:
        raise ColumnsDropped("a sum that is too large")
    return whole


def average(array: Any, is_float: bool) -> float:
    """The mean, of at least one number."""
    if is_float:
        whole: float = total(array, True)
    else:
        whole = sum(numbers_in(array))
    return whole / len(array)


def _numbers_of(task: ColumnTask, view: View) -> Any:
    if not is_scalar(task.element):
        raise ColumnsDropped("elements that are no numbers")
    return view.take(view.origin.field(None).numbers)


def _sum(task: ColumnTask, view: View, frame: Frame, account: ColumnCharges, rest: Sequence[Value]) -> Value:
    account.charge(TARIFF[P.SUM].steps(elements=view.n))
    return total(_numbers_of(task, view), task.element == FLOAT)


def _mean(task: ColumnTask, view: View, frame: Frame, account: ColumnCharges, rest: Sequence[Value]) -> Value:
    price = TARIFF[P.MEAN]
    account.charge(price.steps(elements=view.n), price.storage_call)
    return (average(_numbers_of(task, view), task.element == FLOAT),) if view.n else None


def _length(task: ColumnTask, view: View, frame: Frame, account: ColumnCharges, rest: Sequence[Value]) -> Value:
    return view.n


def _sliced(task: ColumnTask, view: View, frame: Frame, account: ColumnCharges, rest: Sequence[Value]) -> Value:
    n, price = view.n, TARIFF[task.primitive]
    start, end = _PLACES[task.primitive](n, *rest)
    start, end = min(max(start, 0), n), min(max(end, 0), n)
    length = max(0, end - start)
    account.charge(price.steps(made=length))
    if length == n:
        return view
    account.charge(0, price.storage(made=length))
    return view.part(start, length)


_PLACES: Final[Mapping[P, Callable[..., tuple[int, int]]]] = {
    P.TAKE: lambda n, count: (0, count),
    P.DROP: lambda n, count: (count, n),
    P.TAKE_LAST: lambda n, count: (n - max(0, count), n),
    P.SLICE: lambda n, start, end: (start, end),
}


def _elements(task: ColumnTask, view: View, frame: Frame, account: ColumnCharges) -> KeyColumn:
    """The elements themselves as keys, charged as `tally` and `unique` charge for them."""
    price = TARIFF[task.primitive]
    keys = keyed(_node(task), task.element, view, _run(task, frame, account))
    weigh = 1 + keys.weight
    account.charge(price.steps(elements=view.n, made=view.n, weight=weigh), price.storage(made=view.n))
    return keys


def _unique(task: ColumnTask, view: View, frame: Frame, account: ColumnCharges, rest: Sequence[Value]) -> Value:
    return view.taken(firsts(_elements(task, view, frame, account).codes))


def _tally(task: ColumnTask, view: View, frame: Frame, account: ColumnCharges, rest: Sequence[Value]) -> Value:
    order, counts = in_groups(_elements(task, view, frame, account).codes)
    places, at = [], 0
    for count in counts:
        places.append(at)
        at += count
    falling = sorted(range(len(counts)), key=counts.__getitem__, reverse=True)
    first = order.take(pa.array([places[group] for group in falling], pa.int64()))
    return _Counted(view.taken(first), [counts[group] for group in falling])


@dataclass(frozen=True, slots=True)
class _Counted:
    """Records { count, key }."""

    keys: View
    counts: list[int]

    def made(self) -> list[Value]:
        """The list of them."""
        return list(zip(self.counts, self.keys.made(), strict=True))


LATER: Final = (_Later, _Pairs, _Counted)
"""What an operation gives that is made once the attempt is charged."""

OPERATIONS: Final[Mapping[P, Operation]] = {
    P.FILTER: _filter,
    P.COUNT: _count,
    P.ANY: _deciding,
    P.ALL: _deciding,
    P.MAP: _map,
    P.GROUP_BY: _group,
    P.JOIN_BY: _join,
    P.SORT_BY: _sort,
    P.SORT_DESC: _sort,
    P.TOP: _sort,
    P.MAX_BY: _extreme,
    P.MIN_BY: _extreme,
    P.UNIQUE_BY: _unique_by,
    P.SUM_BY: _by_group,
    P.MEAN_BY: _by_group,
    P.SUM: _sum,
    P.MEAN: _mean,
    P.LENGTH: _length,
    P.TAKE: _sliced,
    P.DROP: _sliced,
    P.TAKE_LAST: _sliced,
    P.SLICE: _sliced,
    P.TALLY: _tally,
    P.UNIQUE: _unique,
}
"""The library functions that run by columns."""
