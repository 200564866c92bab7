"""The rules for names: what a name means, as a value or as what is called.

Owns the instances of polymorphic bindings: each is compiled once for each ground instance that is used.
"""

from __future__ import annotations

from lambda_rlm.diagnostics.faults import InternalError
from lambda_rlm.eval.compile.closures.hosted import applied
from lambda_rlm.eval.compile.compiled import Compiled, constant, in_slot
from lambda_rlm.eval.compile.compiler import Compiler
from lambda_rlm.eval.compile.rules.functions import closure
from lambda_rlm.eval.compile.rules.library import primitive_value
from lambda_rlm.eval.compile.rules.recursion import recursion, recursion_value
from lambda_rlm.eval.compile.scope import (
    ActiveRecursion,
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
from lambda_rlm.syntax import term as t
from lambda_rlm.types.typed import Substitution


def compile_var(c: Compiler, var: t.Var, scope: Scope, s: Substitution) -> Compiled:
    """The value that a name stands for."""
    primitive = c.typed.primitive_of(var)
    if primitive is not None:
        return primitive_value(c, primitive, var, s)
    binding = scope.get(var.name)
    match binding:
        case Local(code, slot):
            if code.slot >= 0 or slot >= 0:
                c.reads.add(max(code.slot, slot))
            return code
        case Spread(_, whole):
            return whole
        case Hosted(function):
            return constant(applied(function, var.span, c.meter))
        case KnownFunction():
            return closure(c, function_of(c, binding, var, s))
        case Generic():
            return generic_instance(c, binding, instance_key(c.typed.instance_of(var), s))
        case KnownRecursion():
            return recursion_value(c, recursion_of(c, binding, var, s))
        case ActiveRecursion(active):
            return recursion_value(c, active, is_inside=True)
        case _:
            raise InternalError("compiling", f"the name {var.name} is not bound")


def function_of(c: Compiler, known: KnownFunction, var: t.Var, s: Substitution) -> Function:
    """The function that a name stands for at this use, compiled once for each instance."""
    return function_instance(c, known, instance_key(c.typed.instance_of(var), s))


def function_instance(c: Compiler, known: KnownFunction, key: Instance) -> Function:
    """A function at a ground instance, compiled at its first use."""
    function = known.instances.get(key)
    if function is None:
        slots = tuple(c.slots.new() for _ in known.params)
        inner = {**known.scope, **{p.name: Local(in_slot(i)) for p, i in zip(known.params, slots, strict=True)}}
        substitution = substitution_of(key, known.substitution)
        body, reads = c.collected(lambda: c.compile(known.term.body, inner, substitution))
        function = known.instances[key] = Function(slots, body, reads)
    c.reads |= function.reads
    return function


def recursion_of(c: Compiler, named: KnownRecursion, var: t.Var, s: Substitution) -> Recursion:
    """The `fix` that a name stands for at this use."""
    return recursion_instance(c, named, instance_key(c.typed.instance_of(var), s))


def recursion_instance(c: Compiler, named: KnownRecursion, key: Instance) -> Recursion:
    """A `fix` at a ground instance, compiled at its first use."""
    instance = named.instances.get(key)
    if instance is None:
        instance = recursion(c, named.term, named.scope, substitution_of(key, named.substitution))
        named.instances[key] = instance
    c.reads |= instance.reads
    return instance


def generic_instance(c: Compiler, generic: Generic, key: Instance) -> Compiled:
    """A `let` of several types at a ground instance: the slot that holds its value."""
    row = generic.instances.get(key)
    if row is None:
        substitution = substitution_of(key, generic.substitution)
        code, reads = c.collected(lambda: c.compile(generic.term, generic.scope, substitution))
        row = generic.instances[key] = (c.slots.new(), code, reads)
    c.reads.add(row[0])
    return in_slot(row[0])
