"""Types of inputs, as a caller declares them: `List[{ id: Int, opened: Text }]`; and of functions that a host adds.

Promises a ground type without functions, or `Rejected` with places in the declaration.
"""

from __future__ import annotations

from dataclasses import replace

from lambda_rlm.diagnostics.diagnostic import Diagnostic, Rejected
from lambda_rlm.diagnostics.source import SourceFile, Span
from lambda_rlm.syntax.parse import parse
from lambda_rlm.syntax.term import TypeDef
from lambda_rlm.types.checker import Checker, TooMuchWork
from lambda_rlm.types.codes import FUNCTION_MISPLACED, NO_SUCH_TYPE
from lambda_rlm.types.finish import Finisher
from lambda_rlm.types.open_type import BROKEN, Fn, Open, find
from lambda_rlm.types.type import Arrow, Effect, Type
from lambda_rlm.types.unify import demand_data
from lambda_rlm.types.written import open_written

_BEFORE, _AFTER = "type T = ", "\n; 0"


def parse_type(text: str) -> Type:
    """The type that a declaration of an input denotes; raises `Rejected`."""
    node = _written(text)
    if demand_data(node):
        whole = Span(0, len(text))
        raise Rejected(
            SourceFile("type", text),
            [Diagnostic(FUNCTION_MISPLACED, "an input cannot contain functions", whole, hint="declare data only")],
        )
    return Finisher(1).freeze(node)


def parse_function(text: str) -> Arrow:
    """The type `(A, B) -> C` of a function of data, pure; raises `Rejected`."""
    node = find(_written(text))
    if not isinstance(node, Fn) or any(map(demand_data, (*node.parameters, node.result))):
        whole = Span(0, len(text))
        mistake = Diagnostic(
            NO_SUCH_TYPE, "expected the type of a function of data", whole, hint="for example (Text, Int) -> Option[Text]"
        )
        raise Rejected(SourceFile("type", text), [mistake])
    freeze = Finisher(1).freeze
    return Arrow(tuple(map(freeze, node.parameters)), freeze(node.result), Effect.PURE)


def _written(text: str) -> Open:
    own = SourceFile("type", text)
    try:
        program = parse(SourceFile("type", f"{_BEFORE}{text}{_AFTER}"))
    except Rejected as rejected:
        raise Rejected(own, [_shifted(d, len(text)) for d in rejected.diagnostics]) from None
    whole = Span(0, len(text))
    if len(program.items) != 1 or not isinstance(program.items[0], TypeDef):
        raise Rejected(
            own,
            [Diagnostic(NO_SUCH_TYPE, "expected one type", whole, hint="write a type such as List[{ id: Int, opened: Text }]")],
        )
    checker = Checker(program.source, {}, {})
    node: Open
    try:
        node = open_written(checker, program.items[0].type)
    except TooMuchWork:
        node = BROKEN
    if checker.diagnostics:
        raise Rejected(own, [_shifted(d, len(text)) for d in checker.diagnostics])
    return node


def _shifted(diagnostic: Diagnostic, length: int) -> Diagnostic:
    """A diagnostic at its place in the declaration; its edits are left out."""
    start = min(max(0, diagnostic.primary.start - len(_BEFORE)), length)
    end = min(max(start, diagnostic.primary.end - len(_BEFORE)), length)
    return replace(diagnostic, primary=Span(start, end), secondary=(), fixes=())
