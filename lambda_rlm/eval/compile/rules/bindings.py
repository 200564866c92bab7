"""The rules for what binds names: blocks, `let` and `def`.

Promises: a binding is evaluated where it is written, used or not; bindings in a row that do not depend on each other start at
once when they ask a model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lambda_rlm.eval.compile.closures.binding import Row, bound
from lambda_rlm.eval.compile.columns.face import bound_to
from lambda_rlm.eval.compile.compiled import Compiled, in_slot
from lambda_rlm.eval.compile.compiler import Compiler
from lambda_rlm.eval.compile.rules.names import function_instance, generic_instance, recursion_instance
from lambda_rlm.eval.compile.scope import Binding, Generic, KnownFunction, KnownRecursion, Local, Scope
from lambda_rlm.syntax import term as t
from lambda_rlm.types.type import Arrow, Con, EffectVariable, Record, Type, Variable
from lambda_rlm.types.typed import Substitution


def compile_block(c: Compiler, term: t.Block, scope: Scope, s: Substitution) -> Compiled:
    """`{ let x = …; def f(y) = …; result }`."""
    return bind_block(c, term.items, term.result, scope, s)


def bind_block(c: Compiler, items: Sequence[t.Item], result: t.Term, scope: Scope, s: Substitution) -> Compiled:
    """Items one after the other, then the result: a block, or a whole program."""
    rows: list[Row | Generic] = []
    inner = dict(scope)
    for item in items:
        match item:
            case t.Def():
                bind_function(c, inner, item.name, item, s)
            case t.Let(value=t.Lam() as lam):
                bind_function(c, inner, item.name, lam, s)
            case t.Let(value=t.Fix() as fix):
                named = KnownRecursion(fix, dict(inner), s)
                if _is_ground(c.type_of(fix, s)):
                    recursion_instance(c, named, ())
                inner[item.name] = named
            case t.Let():
                bind_let(c, inner, item, s, rows)
    code = c.compile(result, inner, s)
    if not rows:
        return code
    flat = _flattened(c, rows)
    return bound([(slot, value) for slot, value, _ in flat], code, flat)


def bind_function(c: Compiler, scope: dict[str, Binding], name: str, term: t.Lam | t.Def, s: Substitution) -> None:
    """`def f(x) = …`, `let f = fn(x) => …`: known by name; with one type, it is compiled where it is written."""
    known = KnownFunction(term, dict(scope), s)
    if _has_one_type(c, term, s):
        function_instance(c, known, ())
    scope[name] = known


def _has_one_type(c: Compiler, term: t.Lam | t.Def, s: Substitution) -> bool:
    """Compiled at once, where it stands: so a chain of functions is never compiled inside each other."""
    if isinstance(term, t.Lam):
        return _is_ground(c.type_of(term, s))
    annotations = [param.annotation for param in term.params]
    written = [c.typed.type_written(a) for a in annotations if a is not None]
    return len(written) == len(annotations) and all(map(_is_ground, written)) and _is_ground(c.type_of(term.body, s))


def bind_let(c: Compiler, scope: dict[str, Binding], item: t.Let, s: Substitution, rows: list[Row | Generic]) -> None:
    """`let x = …`: a constant, or a slot that is filled in the row of the block; with several types, one for each in use."""
    value = item.value
    if _is_ground(c.type_of(value, s)):
        before = dict(scope)
        code, reads = c.collected(lambda: c.compile(value, before, s))
        if code.constant is not None:
            scope[item.name] = Local(code)
            return
        slot = c.slots.new()
        if code.columns is not None and not code.is_async:
            rows.append((slot, replace(code, run=code.columns), reads))
            scope[item.name] = Local(bound_to(slot, code), slot)
            return
        rows.append((slot, code, reads))
        scope[item.name] = Local(in_slot(slot))
    else:
        generic = Generic(value, dict(scope), s)
        rows.append(generic)
        scope[item.name] = generic


def _flattened(c: Compiler, rows: Sequence[Row | Generic]) -> list[Row]:
    """The bindings that are computed, in order; one that is used nowhere is computed all the same."""
    out: list[Row] = []
    # From the last to the first: what a generic binding needs of those before it is known once it is compiled.
    for row in reversed(rows):
        if isinstance(row, Generic):
            if not row.instances:
                generic_instance(c, row, ())
            out.extend(reversed(row.instances.values()))
        else:
            out.append(row)
    return out[::-1]


def _is_ground(type_: Type) -> bool:
    """Nothing in the type is open, so the binding has one instance."""
    match type_:
        case Variable():
            return False
        case Con(_, arguments):
            return all(map(_is_ground, arguments))
        case Record(fields):
            return all(_is_ground(field) for _, field in fields)
        case Arrow(parameters, result, effect):
            return not isinstance(effect, EffectVariable) and all(map(_is_ground, (*parameters, result)))
        case _:
            return True
