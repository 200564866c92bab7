"""Which names a term uses from outside, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lambda_rlm.bounds.domain.size import SizeBound, largest
from lambda_rlm.syntax import term as t
from lambda_rlm.syntax.caps import children
from lambda_rlm.syntax.primitive import Primitive as P


def free_names(node: t.Node) -> frozenset[str]:
    """The names that occur free in a term."""
    match node:
        case t.Var(name=name):
            return frozenset((name,))
        case t.Lam(params=params, body=body) | t.Def(params=params, body=body):
            return free_names(body) - {param.name for param in params}
        case t.Fix(name=name, param=param, body=body):
            return free_names(body) - {name, param.name}
        case t.Arm(pattern=t.SomePattern(name=str(name)), body=body):
            return free_names(body) - {name}
        case t.Block(items=items, result=result):
            names = free_names(result)
            for item in reversed(items):
                if not isinstance(item, t.TypeDef):
                    names = (names - {item.name}) | free_names(item.value if isinstance(item, t.Let) else item)
            return names
        case _:
            return frozenset().union(*(free_names(child) for child in children(node)))


def is_simple(term: t.Term, primitive_of: Callable[[t.Var], P | None]) -> bool:
    """Names, fields, numbers, lengths of such, and their sums: looking at them again costs nothing."""
    match term:
        case t.IntLit() | t.FloatLit() | t.Auto():
            return True
        case t.Var():
            return primitive_of(term) is None
        case t.Select(record=record):
            return is_simple(record, primitive_of)
        case t.Infix(first=first, rest=rest):
            parts = (first, *(part for _, part in rest))
            return all(op in "+-*" for op, _ in rest) and all(is_simple(part, primitive_of) for part in parts)
        case t.App(function=t.Var() as f, arguments=(argument,)) if primitive_of(f) is P.LENGTH:
            return is_simple(argument.value, primitive_of)
        case t.Pipe(head=head, stages=(t.App(function=t.Var() as f, arguments=()),)) if primitive_of(f) is P.LENGTH:
            return is_simple(head, primitive_of)
        case _:
            return False


def waits(term: t.Term, ready: Mapping[str, SizeBound]) -> SizeBound:
    """When everything that a term uses is ready."""
    return largest(ready[name] for name in free_names(term) if name in ready)
