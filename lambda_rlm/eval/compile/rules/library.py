"""The rules for library functions: applied to arguments that are compiled, and as values.

Owns the way from a library function's name to a closure: first-order functions through their builders, functions with callbacks
through `loops`, functions that ask through `asking`.
"""

from __future__ import annotations

from collections.abc import Sequence

from lambda_rlm.diagnostics.faults import InternalError
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval.asking.model_calls import ASYNC_IMPLEMENTATIONS
from lambda_rlm.eval.compile.batches import terms
from lambda_rlm.eval.compile.closures.first_order import applied, operation
from lambda_rlm.eval.compile.closures.pairs import PAIRS, pairs_code
from lambda_rlm.eval.compile.columns.face import ON_LISTS, has_columns, is_table
from lambda_rlm.eval.compile.columns.report import noted
from lambda_rlm.eval.compile.compiled import Compiled, in_slot, literal_of, made_of
from lambda_rlm.eval.compile.compiler import Compiler
from lambda_rlm.eval.compile.rules.asking import ask
from lambda_rlm.eval.compile.rules.functions import closure
from lambda_rlm.eval.compile.rules.loops import LOOPS, loop_of, value_callback
from lambda_rlm.eval.compile.scope import Function
from lambda_rlm.eval.holding import kept
from lambda_rlm.eval.library import IMPLEMENTATIONS
from lambda_rlm.eval.library.many import OVER_MANY
from lambda_rlm.eval.library.structure import is_list, is_text
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.tariff import TARIFF
from lambda_rlm.syntax import term as t
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.types.type import Arrow
from lambda_rlm.types.typed import Substitution

_NEED = 8
"""Interpreter frames that a first-order library function takes."""


def first_order(c: Compiler, primitive: Primitive, arrow: Arrow, codes: Sequence[Compiled], span: Span) -> Compiled:
    """A library function without callbacks that asks no model, applied."""
    if codes and has_columns(codes[0]) and primitive in ON_LISTS and not any(code.is_async for code in codes):
        from lambda_rlm.eval.compile.columns.uses import call_by_columns

        with c.slots.beside():
            slots = [c.slots.new() for _ in codes]
        plain = _first_order(c, primitive, arrow, [in_slot(slot) for slot in slots], span)
        return call_by_columns(c, primitive, arrow, codes, slots, plain, span)
    if codes and has_columns(codes[0]) and is_table(arrow.parameters[0]):
        noted(primitive, span, "no columns for it")
    return _first_order(c, primitive, arrow, codes, span)


def _first_order(c: Compiler, primitive: Primitive, arrow: Arrow, codes: Sequence[Compiled], span: Span) -> Compiled:
    if primitive in PAIRS:
        return c.strict(codes, lambda parts: pairs_code(c.meter, primitive, parts))
    small = operation(primitive, arrow)
    if small is not None:
        return c.strict(codes, lambda parts: small(parts[0]))
    literals = tuple(literal_of(code) for code in codes)
    site = Site(primitive, arrow.parameters, arrow.result, span, c.meter, literals, c.cuts, c.typed.called)
    function = IMPLEMENTATIONS[primitive](site)

    def build(parts: Sequence[Compiled]) -> Compiled:
        run = applied(function, parts, span)
        if is_list(arrow.result):
            run = kept(run, c.meter)
        code = made_of(run, parts, steps=0, is_static=False, need=_NEED)
        code.batch = terms.number_function(primitive, parts, TARIFF[primitive].call)
        if primitive in OVER_MANY and is_text(arrow.parameters[0]) and [part.shape for part in parts] == ["S", "K"]:
            code.many = parts[0].slot, OVER_MANY[primitive](site, parts[1].run([]))
        return code

    return c.strict(codes, build)


def primitive_value(c: Compiler, primitive: Primitive, var: t.Var, s: Substitution) -> Compiled:
    """A library function as a value: of its required parameters."""
    arrow = c.type_of(var, s)
    if not isinstance(arrow, Arrow):
        raise InternalError("compiling", f"{primitive} is no function")
    return closure(c, primitive_function(c, primitive, arrow, var.span))


def primitive_function(c: Compiler, primitive: Primitive, arrow: Arrow, span: Span) -> Function:
    """A library function as a function of its required parameters."""
    slots = tuple(c.slots.new() for _ in arrow.parameters)
    codes = [in_slot(i) for i in slots]
    if primitive in LOOPS:
        functions = [
            value_callback(c, code, p) for code, p in zip(codes, arrow.parameters, strict=True) if isinstance(p, Arrow)
        ]
        values = [code for code, p in zip(codes, arrow.parameters, strict=True) if not isinstance(p, Arrow)]
        body = loop_of(c, primitive, arrow, values, functions, span)
    elif primitive in ASYNC_IMPLEMENTATIONS:
        body = ask(c, primitive, arrow, codes, span)
    else:
        body = first_order(c, primitive, arrow, codes, span)
    return Function(slots, body, frozenset())
