"""What a term reads of a row, and whether it may run for one row in the place of others that read the same.

Owns `reading`. A term that may is pure and charges for nothing once only: neither functions of the host, nor regular
expressions (the first match pays for the pattern), nor `fix`, nor a function that is a value. Where cuts of texts are counted,
none that cuts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.compile.compiler import Compiler
from lambda_rlm.eval.compile.scope import KnownFunction, Local, Scope
from lambda_rlm.eval.library import IMPLEMENTATIONS
from lambda_rlm.eval.library.structure import is_text
from lambda_rlm.eval.provenance.cuts import CUTTING
from lambda_rlm.eval.value import LONG, Text
from lambda_rlm.syntax import term as t
from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.types.type import Arrow
from lambda_rlm.types.typed import Piped

_ONCE: Final = frozenset({
    P.MATCHES, P.SEARCH, P.REPLACE_REGEX, P.SECTIONS, P.READ_NUMBERS, P.READ_DATES, P.LABEL_IN, P.RANK, P.REPEAT, P.WHERE,
})  # fmt: skip
"""First-order functions that do not run for one row in the place of others."""

_LOOPS: Final = frozenset({
    P.MAP, P.FILTER, P.ANY, P.ALL, P.COUNT, P.FIND_FIRST, P.FOLD, P.MAX_BY, P.MIN_BY, P.SORT_BY, P.SORT_DESC, P.MAP_OPTION,
    P.AND_THEN,
})  # fmt: skip


class Unreadable(Exception):
    """A term that may not; says why."""


@dataclass(slots=True)
class RowReading:
    """The fields that a term reads of a row, `is_whole` where it reads the row otherwise; the slots that it reads outside."""

    names: dict[str, None] = field(default_factory=dict)
    is_whole: bool = False
    outside: dict[int, None] = field(default_factory=dict)


def reading(c: Compiler, terms: Iterable[t.Term], row: str, scope: Scope) -> RowReading:
    """What terms read, in which `row` names the row. Raises `Unreadable`."""
    reader = _Reader(c, RowReading())
    for term in terms:
        reader.term(term, {row: True}, scope)
    return reader.found


Names = Mapping[str, bool]
"""The names that are bound inside of a term; whether one is the row."""


@dataclass(slots=True)
class _Reader:
    c: Compiler
    found: RowReading

    def term(self, term: t.Term, names: Names, scope: Scope) -> None:
        if id(term) in self.c.kept:
            self._constant(self.c.kept[id(term)])
            return
        match term:
            case t.Select(record=t.Var(name=name), field=chosen) if names.get(name):
                self.found.names[chosen] = None
            case t.Select(record=t.Select(record=t.Var(name=name), field=outer), field=chosen) if names.get(name):
                self.found.names[f"{outer}.{chosen}"] = None
            case t.Var():
                self._variable(term, names, scope)
            case t.Pipe():
                self.term(term.head, names, scope)
                for stage in term.stages:
                    self._application(stage, names, scope)
            case t.App():
                self._application(term, names, scope)
            case t.Lam():
                self.term(term.body, {**names, **dict.fromkeys([p.name for p in term.params], False)}, scope)
            case t.Block():
                self._block(term, names, scope)
            case t.Match():
                self._match(term, names, scope)
            case _:
                for part in _parts(term):
                    self.term(part, names, scope)

    def _constant(self, value: object) -> None:
        if type(value) not in (int, float, bool) and not (type(value) is Text and value.n < LONG):
            raise Unreadable("a value that is known before the run")

    def _variable(self, term: t.Var, names: Names, scope: Scope) -> None:
        if self.c.typed.primitive_of(term) is not None:
            raise Unreadable("a library function as a value")
        if term.name in names:
            self.found.is_whole = self.found.is_whole or names[term.name]
            return
        binding = scope.get(term.name)
        if not isinstance(binding, Local):
            raise Unreadable(f"the name {term.name}")
        if binding.code.constant is not None:
            self._constant(binding.code.constant[0])
        elif binding.code.slot >= 0:
            self.found.outside[binding.code.slot] = None
        else:
            raise Unreadable(f"the name {term.name}")

    def _application(self, term: t.App, names: Names, scope: Scope) -> None:
        function = term.function
        if not isinstance(function, t.Var):
            raise Unreadable("a function without a name")
        arguments = [a for a in self.c.typed.arguments_of(term) if a is not None]
        primitive = self.c.typed.primitive_of(function)
        if primitive is not None:
            self._allow(primitive, function)
            for a in arguments:
                if not isinstance(a, Piped):
                    self.term(a, names, scope)
            return
        known = scope.get(function.name) if function.name not in names else None
        if not isinstance(known, KnownFunction):
            raise Unreadable(f"the function {function.name}")
        inner: dict[str, bool] = {}
        for parameter, a in zip(known.params, arguments, strict=True):
            is_row = isinstance(a, t.Var) and bool(names.get(a.name))
            inner[parameter.name] = is_row
            if not is_row and not isinstance(a, Piped):
                self.term(a, names, scope)
        self.term(known.term.body, inner, known.scope)

    def _allow(self, primitive: P, function: t.Var) -> None:
        if primitive in _ONCE or (primitive not in IMPLEMENTATIONS and primitive not in _LOOPS):
            raise Unreadable(f"`{primitive.value}`")
        if primitive in CUTTING and self.c.cuts is not None:
            arrow = self.c.typed.type_of(function)
            if not isinstance(arrow, Arrow) or is_text(arrow.parameters[0]) or not _is_list(arrow.parameters[0]):
                raise Unreadable(f"`{primitive.value}`, which is counted")

    def _block(self, term: t.Block, names: Names, scope: Scope) -> None:
        inner = dict(names)
        for item in term.items:
            if not isinstance(item, t.Let) or isinstance(item.value, t.Lam | t.Fix):
                raise Unreadable("a definition")
            self.term(item.value, inner, scope)
            inner[item.name] = False
        self.term(term.result, inner, scope)

    def _match(self, term: t.Match, names: Names, scope: Scope) -> None:
        self.term(term.subject, names, scope)
        for arm in term.arms:
            bound = arm.pattern.name if isinstance(arm.pattern, t.SomePattern) else None
            self.term(arm.body, names if bound is None else {**names, bound: False}, scope)


def _is_list(type_: object) -> bool:
    return getattr(type_, "name", None) == "List"


def _parts(term: t.Term) -> list[t.Term]:
    """The terms that a term is made of directly."""
    match term:
        case t.IntLit() | t.FloatLit() | t.BoolLit() | t.TextLit() | t.NoneLit() | t.Auto():
            return []
        case t.Template(parts=parts):
            return [part for part in parts if not isinstance(part, str)]
        case t.ListLit(items=items):
            return list(items)
        case t.RecordLit(fields=fields):
            return [one.value for one in fields]
        case t.Select(record=record):
            return [record]
        case t.Infix():
            return [term.first, *(operand for _, operand in term.rest)]
        case t.Prefix():
            return [term.term]
        case t.If():
            return [*(part for pair in term.branches for part in pair), term.otherwise]
    raise Unreadable("`fix`")
