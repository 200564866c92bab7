"""Types of inputs, as a caller declares them: `List[{ id: Int, opened: Text }]`.

Promises a ground type without functions, or `Rejected` with places in the declaration.
"""

from __future__ import annotations

from dataclasses import replace

from lambda_rlm.diagnostics import Diagnostic, Rejected
from lambda_rlm.source import SourceFile, Span
from lambda_rlm.syntax.parse import parse
from lambda_rlm.syntax.term import TypeDef
from lambda_rlm.types.checker import Checker, TooMuchWork
from lambda_rlm.types.finish import Finisher
from lambda_rlm.types.open_type import BROKEN, Open
from lambda_rlm.types.type import Type
from lambda_rlm.types.unify import demand_data
from lambda_rlm.types.written import open_written

_BEFORE, _AFTER = "type T = ", "\n; 0"


def parse_type(text: str) -> Type:
    """The type that a declaration of an input denotes; raises `Rejected`."""
    own = SourceFile("type", text)
    try:
        program = parse(SourceFile("type", f"{_BEFORE}{text}{_AFTER}"))
    except Rejected as rejected:
        raise Rejected(own, [_shifted(d, len(text)) for d in rejected.diagnostics]) from None
    whole = Span(0, len(text))
    if len(program.items) != 1 or not isinstance(program.items[0], TypeDef):
        raise Rejected(
            own, [Diagnostic("E0211", "expected one type", whole, hint="write a type such as List[{ id: Int, opened: Text }]")]
        )
    checker = Checker(program.source, {}, {})
    node: Open
    try:
        node = open_written(checker, program.items[0].type)
    except TooMuchWork:
        node = BROKEN
    if checker.diagnostics:
        raise Rejected(own, [_shifted(d, len(text)) for d in checker.diagnostics])
    if demand_data(node):
        raise Rejected(own, [Diagnostic("E0214", "an input holds no functions", whole, hint="declare data only")])
    return Finisher(1).freeze(node)


def _shifted(diagnostic: Diagnostic, length: int) -> Diagnostic:
    """A diagnostic at its place in the declaration; its edits are left out."""
    start = min(max(0, diagnostic.primary.start - len(_BEFORE)), length)
    end = min(max(start, diagnostic.primary.end - len(_BEFORE)), length)
    return replace(diagnostic, primary=Span(start, end), secondary=(), fixes=())
