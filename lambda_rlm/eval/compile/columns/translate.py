"""A function of a row, taken apart into nodes.

Owns `translated`. Takes apart what kernels compute: arithmetic and comparisons of numbers, `and`, `or`, `not`, `-`, `if` and
`to_float`; anything else is a leaf. `recorded` has the closures of the terms inside the function, by the term's identity.
"""

from __future__ import annotations

from collections.abc import Mapping

from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.compile.columns.expression import (
    Arithmetic,
    AsFloat,
    ChoiceNode,
    ComparisonNode,
    Connected,
    FieldNode,
    Negation,
    Same,
)
from lambda_rlm.eval.compile.columns.leaf import LeafNode
from lambda_rlm.eval.compile.columns.node import RowNode
from lambda_rlm.eval.compile.columns.reading import Unreadable, reading
from lambda_rlm.eval.compile.compiled import Compiled
from lambda_rlm.eval.compile.compiler import Compiler
from lambda_rlm.eval.compile.scope import Scope
from lambda_rlm.eval.library.structure import is_scalar
from lambda_rlm.syntax import term as t
from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.types.type import Record, Type
from lambda_rlm.types.typed import Substitution


@dataclass(frozen=True, slots=True)
class RowFunction:
    """A function of one row: the name of the row, its type, its body, and where that is."""

    row: str
    type: Type
    body: t.Term
    scope: Scope
    substitution: Substitution
    code: Compiled
    recorded: Mapping[int, Compiled]


@dataclass(frozen=True, slots=True)
class RowExpression:
    """A function of a row as a node; where it writes a record, also as a node for each of its fields."""

    type: Type
    code: Compiled
    node: RowNode
    fields: Mapping[str, tuple[Type, RowNode]]


def translated(c: Compiler, f: RowFunction) -> RowExpression:
    """The nodes of a function. Raises `Unreadable`."""
    type_ = c.type_of(f.body, f.substitution)
    reading(c, [f.body], f.row, f.scope)
    translator = _Translator(c, f)
    if isinstance(f.body, t.RecordLit) and f.recorded:
        fields = {one.name: (c.type_of(one.value, f.substitution), translator.node(one.value)) for one in f.body.fields}
        return RowExpression(type_, f.code, translator.leaf(f.body, f.code), fields)
    return RowExpression(type_, f.code, translator.node(f.body, f.code), {})


@dataclass(frozen=True, slots=True)
class _Translator:
    c: Compiler
    f: RowFunction

    def node(self, term: t.Term, code: Compiled | None = None) -> RowNode:
        code = self.f.recorded.get(id(term)) if code is None else code
        if code is None:
            raise Unreadable("a term that has no code of its own")
        if id(term) in self.c.kept or not self.f.recorded:
            return self.leaf(term, code)
        name = self._field_name(term)
        if name is not None:
            return self._field(term, code, name or None)
        match term:
            case t.IntLit() | t.FloatLit() | t.BoolLit():
                return Same(code, self._type(term))
            case t.Var() if is_scalar(self._type(term)):
                return Same(code, self._type(term))
            case t.Infix():
                return self._infix(term, code)
            case t.Prefix():
                return Negation(code, self.node(term.term))
            case t.If() if is_scalar(self._type(term)):
                branches = [(self.node(condition), self.node(body)) for condition, body in term.branches]
                return ChoiceNode(code, branches, self.node(term.otherwise), self._type(term))
            case t.App(function=t.Var() as function) if self.c.typed.primitive_of(function) is P.TO_FLOAT:
                (argument,) = self.c.typed.arguments_of(term)
                if isinstance(argument, t.Term):
                    return AsFloat(code, self.node(argument))
        return self.leaf(term, code)

    def _field_name(self, term: t.Term) -> str | None:
        """The field of the row that a term reads, empty where it is the row itself; None of any other term."""
        row = self.f.row
        match term:
            case t.Select(record=t.Var(name=name), field=field) if name == row:
                return field
            case t.Select(record=t.Select(record=t.Var(name=name), field=outer), field=field) if name == row:
                return f"{outer}.{field}"
            case t.Var(name=name) if name == row and not isinstance(self.f.type, Record):
                return ""
        return None

    def _type(self, term: t.Term) -> Type:
        return self.c.type_of(term, self.f.substitution)

    def _field(self, term: t.Term, code: Compiled, name: str | None) -> RowNode:
        type_ = self._type(term)
        return FieldNode(code, name) if is_scalar(type_) else self.leaf(term, code)

    def _infix(self, term: t.Infix, code: Compiled) -> RowNode:
        op = term.rest[0][0]
        operands = [term.first, *(operand for _, operand in term.rest)]
        if op in ("and", "or"):
            return Connected(code, op, [self.node(part) for part in operands])
        if op in ("==", "!=", "<", "<=", ">", ">=") and is_scalar(self._type(term.first)):
            return ComparisonNode(code, op, self.node(operands[0]), self.node(operands[1]))
        ops = [op for op, _ in term.rest]
        if set(ops) <= set("+-*/"):
            return self._chain(ops, operands, code)
        return self.leaf(term, code)

    def _chain(self, ops: list[str], operands: list[t.Term], code: Compiled) -> RowNode:
        node = self.node(operands[0])
        for op, operand in zip(ops, operands[1:], strict=True):
            node = Arithmetic(code, op, node, self.node(operand))
        return node

    def leaf(self, term: t.Term, code: Compiled) -> RowNode:
        found = reading(self.c, [term], self.f.row, self.f.scope)
        if found.is_whole and isinstance(self.f.type, Record):
            raise Unreadable("the row as a whole")
        names: list[str | None] = [None] if found.is_whole else list(found.names)
        return LeafNode(code, self._type(term), names, list(found.outside))
