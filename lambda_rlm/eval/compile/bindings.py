"""Names and the items that bind them.

Owns blocks, names as values, and the instances of polymorphic bindings. Promises: a binding is evaluated where it stands, used
or not; bindings in a row that do not depend on each other start at once when they ask a model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lambda_rlm.diagnostics.faults import InternalError
from lambda_rlm.eval.compile import calls
from lambda_rlm.eval.compile.code import Compiled, Frame, Run, constant, in_slot, made_of
from lambda_rlm.eval.compile.hosted import applied
from lambda_rlm.eval.compile.scope import (
    ActiveRecursion,
    Binding,
    Function,
    Generic,
    Hosted,
    Instance,
    KnownFunction,
    KnownRecursion,
    Local,
    Recursion,
    Scope,
    Spread,
    instance_key,
    substitution_of,
)
from lambda_rlm.eval.compile.together import arranged
from lambda_rlm.eval.value import Value
from lambda_rlm.syntax import term as t
from lambda_rlm.types.type import Arrow, Con, EffectVariable, Record, Type, Variable
from lambda_rlm.types.typed import Substitution

if TYPE_CHECKING:
    from lambda_rlm.eval.compile.compiler import Compiler

Row = tuple[int, Compiled, frozenset[int]]


def compile_name(c: Compiler, var: t.Var, scope: Scope, s: Substitution) -> Compiled:
    """The value that a name stands for."""
    primitive = c.typed.primitive_of(var)
    if primitive is not None:
        return calls.primitive_value(c, primitive, var, s)
    binding = scope.get(var.name)
    match binding:
        case Local(code):
            if code.slot >= 0:
                c.reads.add(code.slot)
            return code
        case Spread(_, whole):
            return whole
        case Hosted(function):
            return constant(applied(function, var.span, c.meter))
        case KnownFunction():
            return calls.closure(c, function_of(c, binding, var, s))
        case Generic():
            return _generic(c, binding, instance_key(c.typed.instance_of(var), s))
        case KnownRecursion():
            return calls.recursion_value(c, recursion_of(c, binding, var, s))
        case ActiveRecursion(recursion):
            return calls.recursion_value(c, recursion, is_inside=True)
        case _:
            raise InternalError("compiling", f"the name {var.name} is not bound")


def function_of(c: Compiler, known: KnownFunction, var: t.Var, s: Substitution) -> Function:
    """The function that a name stands for at this use, compiled once for each instance."""
    return _function(c, known, instance_key(c.typed.instance_of(var), s))


def _function(c: Compiler, known: KnownFunction, key: Instance) -> Function:
    found = known.instances.get(key)
    if found is None:
        slots = tuple(c.slots.new() for _ in known.params)
        inner = {**known.scope, **{p.name: Local(in_slot(i)) for p, i in zip(known.params, slots, strict=True)}}
        substitution = substitution_of(key, known.substitution)
        body, reads = c.collected(lambda: c.compile(known.term.body, inner, substitution))
        found = known.instances[key] = Function(slots, body, reads)
    c.reads |= found.reads
    return found


def recursion_of(c: Compiler, named: KnownRecursion, var: t.Var, s: Substitution) -> Recursion:
    """The `fix` that a name stands for at this use."""
    return _recursion(c, named, instance_key(c.typed.instance_of(var), s))


def _recursion(c: Compiler, named: KnownRecursion, key: Instance) -> Recursion:
    found = named.instances.get(key)
    if found is None:
        found = calls.recursion(c, named.term, named.scope, substitution_of(key, named.substitution))
        named.instances[key] = found
    c.reads |= found.reads
    return found


def _generic(c: Compiler, generic: Generic, key: Instance) -> Compiled:
    row = generic.instances.get(key)
    if row is None:
        substitution = substitution_of(key, generic.substitution)
        code, reads = c.collected(lambda: c.compile(generic.term, generic.scope, substitution))
        row = generic.instances[key] = (c.slots.new(), code, reads)
    c.reads.add(row[0])
    return in_slot(row[0])


def compile_block(c: Compiler, items: Sequence[t.Item], result: t.Term, scope: Scope, s: Substitution) -> Compiled:
    """`{ let x = …; def f(y) = …; result }`."""
    rows: list[Row | Generic] = []
    inner = dict(scope)
    for item in items:
        match item:
            case t.Def():
                _bind_function(c, inner, item.name, item, s)
            case t.Let(value=t.Lam() as lam):
                _bind_function(c, inner, item.name, lam, s)
            case t.Let(value=t.Fix() as fix):
                named = KnownRecursion(fix, dict(inner), s)
                if _is_ground(c.type_of(fix, s)):
                    _recursion(c, named, ())
                inner[item.name] = named
            case t.Let():
                _bind_value(c, inner, item, s, rows)
    code = c.compile(result, inner, s)
    if not rows:
        return code
    flat = _flattened(c, rows)
    return bound([(slot, made) for slot, made, _ in flat], code, flat)


def _bind_function(c: Compiler, scope: dict[str, Binding], name: str, term: t.Lam | t.Def, s: Substitution) -> None:
    known = KnownFunction(term, dict(scope), s)
    if _has_one_type(c, term, s):
        _function(c, known, ())
    scope[name] = known


def _has_one_type(c: Compiler, term: t.Lam | t.Def, s: Substitution) -> bool:
    """Compiled at once, where it stands: so a chain of functions is never compiled inside each other."""
    if isinstance(term, t.Lam):
        return _is_ground(c.type_of(term, s))
    annotations = [param.annotation for param in term.params]
    written = [c.typed.type_written(a) for a in annotations if a is not None]
    return len(written) == len(annotations) and all(map(_is_ground, written)) and _is_ground(c.type_of(term.body, s))


def _bind_value(c: Compiler, scope: dict[str, Binding], item: t.Let, s: Substitution, rows: list[Row | Generic]) -> None:
    value = item.value
    if _is_ground(c.type_of(value, s)):
        before = dict(scope)
        code, reads = c.collected(lambda: c.compile(value, before, s))
        if code.constant is not None:
            scope[item.name] = Local(code)
            return
        slot = c.slots.new()
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
                _generic(c, row, ())
            out.extend(reversed(row.instances.values()))
        else:
            out.append(row)
    return out[::-1]


def bound(targets: Sequence[tuple[int, Compiled]], result: Compiled, rows: Sequence[Row] | None = None) -> Compiled:
    """First the bindings, each into its slot, then the result."""
    codes = [code for _, code in targets]
    need = 4 if any(code.is_async for code in codes) else 1
    if any(code.is_async for code in (*codes, result)):
        everything = rows if rows is not None else [(slot, code, frozenset[int]()) for slot, code in targets]
        run = _awaiting(arranged(everything) if rows is not None else _sequence(everything), result)
    else:
        run = _immediate([(slot, code.run) for slot, code in targets], result.run)
    code = made_of(run, [*codes, result], steps=len(codes), need=need)
    code.is_async = any(part.is_async for part in (*codes, result))
    return code


def _sequence(rows: Sequence[Row]) -> Run:
    """Each row reads the one before it."""
    return arranged([(slot, code, frozenset(other for other, _, _ in rows[:at])) for at, (slot, code, _) in enumerate(rows)])


def _immediate(rows: Sequence[tuple[int, Run]], result: Run) -> Run:
    if len(rows) == 1:
        ((slot, value),) = rows

        def run_one(e: Frame) -> Value:
            e[slot] = value(e)
            return result(e)

        return run_one

    def run(e: Frame) -> Value:
        for slot, value in rows:
            e[slot] = value(e)
        return result(e)

    return run


def _awaiting(fill: Run, result: Compiled) -> Run:
    inner, is_async = result.run, result.is_async

    async def run(e: Frame) -> Value:
        await fill(e)
        return await inner(e) if is_async else inner(e)

    return run


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
