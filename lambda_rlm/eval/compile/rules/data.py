"""The rules for data: literals, records, fields, lists and templates."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Final

from lambda_rlm.diagnostics.faults import InternalError
from lambda_rlm.eval.compile.batches import terms
from lambda_rlm.eval.compile.closures.joining import template
from lambda_rlm.eval.compile.closures.many_templates import template_over
from lambda_rlm.eval.compile.compiled import Compiled, Frame, Run, constant, in_field, in_slot, made_of
from lambda_rlm.eval.compile.compiler import Compiler
from lambda_rlm.eval.compile.scope import Scope, Spread
from lambda_rlm.eval.holding import kept
from lambda_rlm.eval.library.structure import shown
from lambda_rlm.eval.tariff import SLOT
from lambda_rlm.eval.value import EMPTY_TEXT, HEADER, Text, Value
from lambda_rlm.syntax import term as t
from lambda_rlm.types.type import FLOAT, Record
from lambda_rlm.types.typed import Substitution

_LONG_LIST: Final = 16
"""Elements of a written list from which on it may hold much."""

_TEMPLATE_FRAMES: Final = 3
"""Interpreter frames that putting a template together takes."""


def compile_int(c: Compiler, term: t.IntLit, scope: Scope, s: Substitution) -> Compiled:
    """A whole number; a Float where its type is one."""
    return constant(float(term.value) if c.type_of(term, s) == FLOAT else term.value)


def compile_constant(c: Compiler, term: t.FloatLit | t.BoolLit, scope: Scope, s: Substitution) -> Compiled:
    """`1.5`, `true`."""
    return constant(term.value)


def compile_text(c: Compiler, term: t.TextLit, scope: Scope, s: Substitution) -> Compiled:
    """`"…"`."""
    return constant(Text(term.value) if term.value else EMPTY_TEXT)


def compile_none(c: Compiler, term: t.NoneLit, scope: Scope, s: Substitution) -> Compiled:
    """`none`."""
    return constant(None)


def compile_auto(c: Compiler, term: t.Auto, scope: Scope, s: Substitution) -> Compiled:
    """`auto`: the number that the planner chose."""
    return constant(c.autos[id(term)])


def compile_select(c: Compiler, term: t.Select, scope: Scope, s: Substitution) -> Compiled:
    """`r.x`, read in place where the record is in a slot."""
    if isinstance(term.record, t.Var) and c.typed.primitive_of(term.record) is None:
        binding = scope.get(term.record.name)
        if isinstance(binding, Spread):
            return binding.codes.get(term.field) or in_slot(binding.fields[term.field])
    record = c.compile(term.record, scope, s)
    type_ = c.type_of(term.record, s)
    if not isinstance(type_, Record):
        return Compiled(run=_never)
    index = type_.index(term.field)
    if record.shape == "S":
        return in_field(record.slot, index)
    return c.strict([record], lambda parts: _selected(parts[0], index))


def compile_record(c: Compiler, term: t.RecordLit, scope: Scope, s: Substitution) -> Compiled:
    """`{ x: …, y: … }`: a tuple of the fields in the order of their names, computed in the order in which they are written."""
    codes = [c.compile(f.value, scope, s) for f in term.fields]
    names = [f.name for f in term.fields]
    order = sorted(range(len(names)), key=names.__getitem__)
    size = HEADER + SLOT * len(codes)

    def build(parts: Sequence[Compiled]) -> Compiled:
        code = made_of(_tuple([part.run for part in parts], order), parts, bytes=size)
        code.batch = terms.record(parts, order)
        return code

    return c.strict(codes, build)


def compile_list(c: Compiler, term: t.ListLit, scope: Scope, s: Substitution) -> Compiled:
    """`[a, b, …]`."""
    codes = [c.compile(item, scope, s) for item in term.items]
    if not codes:
        return constant([])

    def build(parts: Sequence[Compiled]) -> Compiled:
        runs = [part.run for part in parts]
        listed: Run = lambda e: [run(e) for run in runs]  # noqa: E731
        if len(runs) >= _LONG_LIST:
            listed = kept(listed, c.meter)
        return made_of(listed, parts, bytes=HEADER + SLOT * len(parts), need=2)

    return c.strict(codes, build)


def compile_template(c: Compiler, term: t.Template, scope: Scope, s: Substitution) -> Compiled:
    """`f"…{hole}…"`: each hole is shown by its type."""
    holes = [part for part in term.parts if not isinstance(part, str)]
    types = [c.type_of(hole, s) for hole in holes]
    shows = [shown(type_) for type_ in types]
    codes = [c.compile(hole, scope, s) for hole in holes]

    def build(parts: Sequence[Compiled]) -> Compiled:
        rows = iter([(part.run, show) for part, show in zip(parts, shows, strict=True)])
        pieces = [piece if isinstance(piece, str) else next(rows) for piece in term.parts]
        run = template(pieces, c.meter)
        code = made_of(run, parts, is_static=False, need=_TEMPLATE_FRAMES, bytes=HEADER * len(parts))
        texts = [part if isinstance(part, str) else None for part in term.parts]
        code.many = template_over(texts, list(zip(parts, types, strict=True)), shows, c.meter)
        return code

    return c.strict(codes, build)


def _selected(record: Compiled, index: int) -> Compiled:
    run = record.run
    return made_of(lambda e: run(e)[index], (record,), steps=0)


def _tuple(runs: Sequence[Run], order: Sequence[int]) -> Run:
    """The record's fields, computed as written, put in the order of their names."""
    is_sorted = list(order) == list(range(len(order)))
    if len(runs) == 1:
        (a,) = runs
        return lambda e: (a(e),)
    if len(runs) == 2:
        a, b = runs
        return (lambda e: (a(e), b(e))) if is_sorted else (lambda e: _swapped(a(e), b(e)))
    if len(runs) == 3 and is_sorted:
        a, b, c = runs
        return lambda e: (a(e), b(e), c(e))
    pick = itemgetter(*order)
    return lambda e: pick([run(e) for run in runs])


def _swapped(a: Value, b: Value) -> Value:
    return (b, a)


def _never(e: Frame) -> Value:
    raise InternalError("running", "a field of a value whose type nothing decided")
