"""Terms without spans, in the parser's normal form: what strategies and tests build programs from."""

from __future__ import annotations

from lambda_rlm.diagnostics.source import Span
from lambda_rlm.syntax import term as t
from lambda_rlm.syntax.operators import LEVELS
from lambda_rlm.types.type import Con, Enum, Record, Type

NOWHERE = Span(0, 0)


def written(type_: Type) -> t.TypeTerm:
    """A type as one writes it."""
    match type_:
        case Con(name, arguments):
            return t.NamedType(NOWHERE, name, tuple(map(written, arguments)))
        case Record(fields):
            return t.RecordType(NOWHERE, tuple((name, written(inner)) for name, inner in fields))
        case Enum(labels):
            return t.EnumType(NOWHERE, labels)
    raise AssertionError(f"{type_!r} is not written in drawn programs")


def variable(name: str, type_argument: Type | None = None) -> t.Var:
    return t.Var(NOWHERE, name, None if type_argument is None else written(type_argument))


def call(function: t.Term | str, *arguments: t.Term, **named: t.Term) -> t.App:
    callee = variable(function) if isinstance(function, str) else function
    places = tuple(t.Argument(NOWHERE, None, a) for a in arguments)
    return t.App(NOWHERE, callee, places + tuple(t.Argument(NOWHERE, name, a) for name, a in named.items()))


def infix(first: t.Term, operator: str, second: t.Term) -> t.Infix:
    level = LEVELS[operator]
    if operator == "??" and isinstance(second, t.Infix) and second.rest[0][0] == "??":
        return t.Infix(NOWHERE, first, ((operator, second.first), *second.rest))
    if isinstance(first, t.Infix) and LEVELS[first.rest[0][0]] == level and level not in (LEVELS["=="], LEVELS["??"]):
        return t.Infix(NOWHERE, first.first, (*first.rest, (operator, second)))
    return t.Infix(NOWHERE, first, ((operator, second),))


def choice(condition: t.Term, then: t.Term, otherwise: t.Term) -> t.If:
    if isinstance(otherwise, t.If):
        return t.If(NOWHERE, ((condition, then), *otherwise.branches), otherwise.otherwise)
    return t.If(NOWHERE, ((condition, then),), otherwise)


def piped(application: t.App) -> t.Term:
    """`f(a, b)` spelled `a |> f(b)`."""
    head, *rest = application.arguments
    stage = t.App(NOWHERE, application.function, tuple(rest))
    if isinstance(head.value, t.Pipe):
        return t.Pipe(NOWHERE, head.value.head, (*head.value.stages, stage))
    return t.Pipe(NOWHERE, head.value, (stage,))


def integer(value: int) -> t.IntLit:
    return t.IntLit(NOWHERE, value)


def text(value: str) -> t.TextLit:
    return t.TextLit(NOWHERE, value)
