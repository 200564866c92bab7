"""Uses of library functions over columns, made when a program is compiled.

Owns `loop_by_columns`, for functions with callbacks, and `call_by_columns`, for those without. A callback that cannot be taken
apart leaves the reference code to run, with the reason for whoever asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval.compile.columns.expression import FieldNode
from lambda_rlm.eval.compile.columns.leaf import LeafNode
from lambda_rlm.eval.compile.columns.operations import ColumnTask
from lambda_rlm.eval.compile.columns.reading import Unreadable
from lambda_rlm.eval.compile.columns.translate import RowExpression, RowFunction, translated
from lambda_rlm.eval.compile.columns.use import ColumnUse, by_columns, grouped
from lambda_rlm.eval.compile.compiled import Callback, Compiled, in_slot
from lambda_rlm.eval.compile.compiler import Compiler
from lambda_rlm.eval.compile.scope import KnownFunction, Scope, instance_key, substitution_of
from lambda_rlm.eval.library.structure import element_of, is_list, is_scalar
from lambda_rlm.eval.tariff import KEY_STEPS
from lambda_rlm.syntax import term as t
from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.types.type import Arrow
from lambda_rlm.types.typed import Piped, Substitution

LOOP_FRAMES: Final = 5
"""Interpreter frames of a loop, as `rules/loops` counts them."""


@dataclass(frozen=True, slots=True)
class WrittenCallback:
    """A callback as it is written, with its type and its code."""

    term: t.Term | Piped | None
    arrow: Arrow
    callback: Callback


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopUse:
    """A call of a library function with callbacks: `values` are its other arguments, `slots` where `plain` reads them."""

    primitive: P
    arrow: Arrow
    span: Span
    scope: Scope
    substitution: Substitution
    values: Sequence[Compiled]
    slots: Sequence[int]
    plain: Compiled
    callbacks: Sequence[WrittenCallback]
    recorded: Mapping[int, Compiled]
    each: tuple[int, int]
    over_groups: tuple[tuple[int, int], Compiled] | None = None


def loop_by_columns(c: Compiler, loop: LoopUse) -> Compiled:
    """The code of a call that is tried by columns."""
    bodies = [written.callback.body for written in loop.callbacks]
    each = loop.each[0] + sum(b.steps for b in bodies), loop.each[1] + sum(b.bytes for b in bodies)
    if loop.primitive is P.JOIN_BY:
        each = bodies[0].steps + KEY_STEPS, bodies[0].bytes
    task: ColumnTask | str
    try:
        expressions = [_expression(c, loop, written) for written in loop.callbacks]
        slots = [written.callback.slots[0] for written in loop.callbacks]
        task = ColumnTask(loop.primitive, expressions, slots, element_of(loop.arrow.parameters[0]))
    except Unreadable as why:
        task = str(why)
    over = None
    if loop.over_groups is not None and loop.over_groups[1].steps == bodies[0].steps:
        over = grouped(loop.primitive, *loop.over_groups, loop.each)
    use = ColumnUse(
        primitive=loop.primitive, span=loop.span, sources=loop.values, slots=loop.slots, plain=loop.plain, task=task, each=each,
        frames=LOOP_FRAMES, meter=c.meter, over_groups=over,
    )  # fmt: skip
    return by_columns(use, is_list=is_list(loop.arrow.result))


def _expression(c: Compiler, loop: LoopUse, written: WrittenCallback) -> RowExpression:
    term, code, element = written.term, written.callback.body, written.arrow.parameters[0]
    if isinstance(term, t.Lam):
        name = term.params[0].name
        return translated(c, RowFunction(name, element, term.body, loop.scope, loop.substitution, code, loop.recorded))
    known = loop.scope.get(term.name) if isinstance(term, t.Var) and c.typed.primitive_of(term) is None else None
    if isinstance(term, t.Var) and isinstance(known, KnownFunction):
        key = instance_key(c.typed.instance_of(term), loop.substitution)
        inner = substitution_of(key, known.substitution)
        return translated(c, RowFunction(known.params[0].name, element, known.term.body, known.scope, inner, code, {}))
    raise Unreadable("a function that is not written here")


def call_by_columns(
    c: Compiler, primitive: P, arrow: Arrow, codes: Sequence[Compiled], slots: Sequence[int], plain: Compiled, span: Span
) -> Compiled:
    """The code of a call without callbacks that is tried by columns."""
    element = element_of(arrow.parameters[0])
    row = in_slot(slots[0])
    node = FieldNode(row, None) if is_scalar(element) else LeafNode(row, element, [None], [])
    task = ColumnTask(primitive, [RowExpression(element, row, node, {})], [slots[0]], element)
    use = ColumnUse(
        primitive=primitive, span=span, sources=codes, slots=slots, plain=plain, task=task, each=(0, 0), frames=plain.need - 1,
        meter=c.meter,
    )  # fmt: skip
    return by_columns(use, is_list=is_list(arrow.result))
