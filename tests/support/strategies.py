"""Strategies for types, values, inputs and well-typed programs.

A program is drawn by type: first a type, then a term of that type, every production listed from the smallest to the largest, so
that shrinking runs toward leaves. Terms are in the parser's normal form and carry no spans: print them and parse them again.
Drawn recursion always shrinks its argument; drawn numbers are mostly small; everything else is as the language allows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from hypothesis import strategies as st

from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.syntax import term as t
from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.syntax.printing.pretty import pretty
from lambda_rlm.types.rows import SignatureRow, row_of
from lambda_rlm.types.type import BOOL, FLOAT, INT, TEXT, Arrow, Con, Enum, Record, Type, list_of, option_of
from tests.support.row_matching import SHOWN, closed, fits, is_allowed, matches, variables
from tests.support.spelling import NOWHERE, call, choice, infix, integer, piped, text, variable, written
from tests.support.strategies_types import ALPHABET, FIELDS, types, values

PATTERNS = ("a", "[ab]+", "^b", "(a)(b)?", "\\d", "α|β")
BY_CONSTRAINT: dict[str, tuple[Type, ...]] = {
    "Num": (INT, FLOAT),
    "Ord": (INT, TEXT, FLOAT),
    "Show": SHOWN,
    "Seq": (TEXT, list_of(INT)),
}
NOT_DRAWN = frozenset({P.RLM_CALL, P.WHERE, P.ITERATE, P.LLM_CHOOSE})
MODEL_CALLS = frozenset({P.LLM_CALL, P.LLM_SAMPLES, P.LLM_MAP, P.LLM_MAP_BY})
SHORT_CUTS = frozenset({P.ANY, P.ALL, P.FIND_FIRST})
_PARTS = types(1).filter(lambda type_: not (isinstance(type_, Con) and type_.name == "Option"))
Scope = tuple[tuple[str, Type], ...]


@dataclass(frozen=True)
class Drawn:
    """A program, the type it was drawn for, and the types and plain values of its inputs."""

    program: t.Program
    type: Type
    inputs: dict[str, Type]
    values: dict[str, Any] = field(repr=False)

    def __repr__(self) -> str:
        given = "".join(f"# {name} = {value!r}\n" for name, value in self.values.items())
        return f"\n{given}{pretty(self.program)}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """How Hypothesis prints it."""
        printer.text(repr(self))


@st.composite
def programs(
    draw: st.DrawFn,
    *,
    asks: bool = True,
    library: Iterable[P] = P,
    is_open: bool = True,
    fuel: int = 12,
    wanted: Type | None = None,
) -> Drawn:
    """Well-typed programs over `library`. `asks`: with model calls. `is_open`: with literals whose type only their place tells,
    and then the answer is annotated."""
    inputs: dict[str, Type] = {"query": TEXT, "context": TEXT, "rows": list_of(draw(types(1)))}
    maker = _Maker(draw, frozenset(library) - NOT_DRAWN - (frozenset() if asks else MODEL_CALLS), asks, is_open)
    goal = wanted if wanted is not None else draw(types())
    scope: Scope = tuple(inputs.items())
    items: list[t.Item] = []
    for _ in range(draw(st.integers(0, 3))):
        item, scope = maker.item(scope, fuel // 3)
        items.append(item)
    result = maker.term(goal, scope, fuel)
    if is_open:
        items.append(t.Let(NOWHERE, "answer", written(goal), result, NOWHERE))
        result = variable("answer")
    source = SourceFile("drawn", "")
    given = {name: draw(values(type_)) for name, type_ in inputs.items()}
    return Drawn(t.Program(NOWHERE, tuple(items), result, source), goal, inputs, given)


@st.composite
def applications(draw: st.DrawFn, primitive: P, library: Iterable[P]) -> Drawn:
    """One library function applied to inputs of fitting types; callbacks are small functions."""
    row = row_of(primitive)
    known: dict[str, Type] = {}
    for name in sorted(variables(row)):
        constraint = row.constraints.get(name)
        known[name] = draw(st.sampled_from(BY_CONSTRAINT[constraint])) if constraint in BY_CONSTRAINT else draw(_PARTS)
    maker = _Maker(draw, frozenset(library) - NOT_DRAWN - MODEL_CALLS, False, True)
    required = [(p.name, closed(p.type, known)) for p in row.parameters if not p.is_optional]
    inputs = {f"given_{name}": type_ for name, type_ in required if not isinstance(type_, Arrow)}
    arguments = [
        variable(f"given_{name}") if f"given_{name}" in inputs else maker.argument(name, type_, (), 3)
        for name, type_ in required
    ]
    answer = closed(row.result, known)
    item = t.Let(NOWHERE, "answer", written(answer), call(primitive.value, *arguments), NOWHERE)
    program = t.Program(NOWHERE, (item,), variable("answer"), SourceFile("drawn", ""))
    given = {name: draw(values(type_)) for name, type_ in inputs.items()}
    return Drawn(program, answer, {"query": TEXT, **inputs}, {"query": "", **given})


class _Maker:
    """Draws terms by type. `fuel` is how much of a term may still be drawn."""

    def __init__(self, draw: st.DrawFn, library: frozenset[P], asks: bool, is_open: bool) -> None:
        self.draw = draw
        self.rows = [(primitive, row_of(primitive)) for primitive in P if primitive in library]
        self.asks = asks
        self.is_open = is_open
        self.names = 0

    def pick(self, options: Iterable[Any]) -> Any:
        return self.draw(st.sampled_from(list(options)))

    def fresh(self) -> str:
        self.names += 1
        return f"x{self.names}"

    def item(self, scope: Scope, fuel: int) -> tuple[t.Item, Scope]:
        name = self.fresh()
        if self.draw(st.booleans()):
            type_ = self.draw(types(1))
            annotation = written(type_) if self.is_open or self.draw(st.booleans()) else None
            return t.Let(NOWHERE, name, annotation, self.term(type_, scope, fuel), NOWHERE), (*scope, (name, type_))
        parameters = [self.draw(types(1)) for _ in range(self.pick((1, 2)))]
        result = self.draw(types(1))
        names = [self.fresh() for _ in parameters]
        body = self.term(result, scope + tuple(zip(names, parameters, strict=True)), fuel)
        params = tuple(t.Param(NOWHERE, n, written(p)) for n, p in zip(names, parameters, strict=True))
        item = t.Def(NOWHERE, name, params, written(result), body, NOWHERE)
        return item, (*scope, (name, Arrow(tuple(parameters), result)))

    def term(self, wanted: Type, scope: Scope, fuel: int) -> t.Term:
        """A term of type `wanted` over the names of `scope`."""
        options: list[Callable[[], t.Term]] = [lambda: self.literal(wanted)]
        options += [partial(variable, name) for name, type_ in scope if type_ == wanted]
        if fuel > 0:
            options += self.forms(wanted, scope, fuel)
        made: t.Term = self.pick(options)()
        return made

    def forms(self, wanted: Type, scope: Scope, fuel: int) -> list[Callable[[], t.Term]]:
        half = fuel // 2
        options = [maker for _, maker in self.of_shape(wanted, scope, half)]
        for name, type_ in scope:
            if isinstance(type_, Arrow) and type_.result == wanted:
                options.append(partial(self.called, name, type_.parameters, scope, half))
            if isinstance(type_, Record):
                options += [
                    partial(t.Select, NOWHERE, variable(name), f, NOWHERE) for f, inner in type_.fields if inner == wanted
                ]
        options += [partial(self.library_call, p, row, found, scope, half) for p, row, found in self.giving(wanted)]
        if self.asks:
            options += [lambda: self.question(wanted, scope)] * 8
            if isinstance(wanted, Con) and wanted.name == "List":
                options += [lambda: self.questions(wanted, scope, half)] * 8
        options += [
            lambda: infix(self.term(option_of(wanted), scope, half), "??", self.term(wanted, scope, half)),
            lambda: choice(self.term(BOOL, scope, half), self.term(wanted, scope, half), self.term(wanted, scope, half)),
            lambda: self.matching(wanted, scope, half),
            lambda: self.block(wanted, scope, half),
            lambda: self.twice(wanted, scope, half),
            lambda: self.applied(wanted, scope, half),
            lambda: self.selected(wanted, scope, half),
            lambda: self.recursion(wanted, scope, half),
            lambda: self.iteration(wanted, scope, half),
        ]
        return options

    def of_shape(self, wanted: Type, scope: Scope, fuel: int) -> list[tuple[str, Callable[[], t.Term]]]:
        """The operators and constructors that give a type of this shape."""

        def binary(operator: str, type_: Type = wanted) -> tuple[str, Callable[[], t.Term]]:
            return operator, lambda: infix(self.term(type_, scope, fuel), operator, self.term(type_, scope, fuel))

        match wanted:
            case Con("Int"):
                return [binary(o) for o in ("+", "-", "*", "%")] + [("-", lambda: self.negated(wanted, scope, fuel))]
            case Con("Float"):
                return [binary(o) for o in ("+", "-", "*", "/", "%")] + [("/", binary("/", INT)[1])]
            case Con("Bool"):
                ordered = self.pick((INT, TEXT, FLOAT))
                equal = self.draw(types(1))
                comparisons = [binary(o, ordered) for o in ("<", "<=", ">", ">=")] + [binary(o, equal) for o in ("==", "!=")]
                return [
                    binary("and"),
                    binary("or"),
                    *comparisons,
                    ("not", lambda: t.Prefix(NOWHERE, "not", self.term(BOOL, scope, fuel))),
                ]
            case Con("Text"):
                return [binary("++"), ("template", lambda: self.template(scope))]
            case Con("List", (element,)):
                return [("list", lambda: self.listing(element, scope, fuel)), binary("++")]
            case Con("Option", (inner,)):
                return [
                    ("some", lambda: call("some", self.term(inner, scope, fuel))),
                    ("parse", lambda: call(variable("parse", inner), call("to_json", self.term(inner, scope, fuel)))),
                ]
            case Record(fields):
                return [
                    (
                        "record",
                        lambda: t.RecordLit(
                            NOWHERE, tuple(t.RecordField(NOWHERE, n, self.term(f, scope, fuel)) for n, f in fields)
                        ),
                    )
                ]
        return []

    def literal(self, wanted: Type) -> t.Term:
        """A literal of the type. Where it is open, only its place tells its whole type."""
        match wanted:
            case Con("Int"):
                return integer(self.draw(st.integers(-3, 9)))
            case Con("Float"):
                return t.FloatLit(NOWHERE, self.draw(st.integers(0, 12)) / 4)
            case Con("Bool"):
                return t.BoolLit(NOWHERE, self.draw(st.booleans()))
            case Con("Text"):
                return text(self.draw(st.text(ALPHABET, max_size=8)))
            case Con("List"):
                return self.closed(t.ListLit(NOWHERE, ()), wanted)
            case Con("Option"):
                return self.closed(t.NoneLit(NOWHERE), wanted)
            case Enum(labels):
                return self.closed(text(self.pick(labels)), wanted)
            case Record(fields):
                return t.RecordLit(NOWHERE, tuple(t.RecordField(NOWHERE, name, self.literal(inner)) for name, inner in fields))
        raise AssertionError(f"no literal of {wanted!r}")

    def closed(self, open_term: t.Term, wanted: Type) -> t.Term:
        if self.is_open and isinstance(wanted, Con) and self.draw(st.booleans()):
            return open_term
        name = self.fresh()
        return t.Block(NOWHERE, (t.Let(NOWHERE, name, written(wanted), open_term, NOWHERE),), variable(name))

    def negated(self, wanted: Type, scope: Scope, fuel: int) -> t.Term:
        operand = self.term(wanted, scope, fuel)
        return operand if isinstance(operand, t.IntLit | t.FloatLit) else t.Prefix(NOWHERE, "-", operand)

    def listing(self, element: Type, scope: Scope, fuel: int) -> t.Term:
        count = self.pick((1, 2, 3))
        return t.ListLit(NOWHERE, tuple(self.term(element, scope, fuel // count) for _ in range(count)))

    def template(self, scope: Scope) -> t.Term:
        holes: list[t.Term] = [variable(name) for name, type_ in scope if type_ in SHOWN]
        holes += [call("length", variable(name)) for name, type_ in scope if type_ == TEXT]
        holes = holes or [self.literal(INT)]
        parts: list[str | t.Term] = []
        for _ in range(self.pick((1, 2))):
            piece = self.draw(st.text(ALPHABET, max_size=4))
            parts += [piece, self.pick(holes)] if piece else [self.pick(holes)]
        return t.Template(NOWHERE, tuple(parts))

    def question(self, wanted: Type, scope: Scope) -> t.Term:
        """A model call about something in scope; sometimes with a value for when it fails."""
        named = {"or_else": self.literal(wanted)} if self.draw(st.booleans()) else {}
        return call(variable("llm_call", wanted), self.template(scope), **named)

    def questions(self, wanted: Con, scope: Scope, fuel: int) -> t.Term:
        """A model call for each element of a list."""
        given = self.pick((TEXT, INT))
        name = self.fresh()
        asked = self.question(wanted.arguments[0], ((name, given),))
        few = call("range", integer(0), integer(4)) if given == INT else call("words", text("α β a β"))
        over = self.pick((few, self.term(list_of(given), scope, fuel)))
        return call("map", over, t.Lam(NOWHERE, (t.Param(NOWHERE, name),), asked))

    def matching(self, wanted: Type, scope: Scope, fuel: int) -> t.Term:
        subject = self.pick((option_of(INT), Enum(("no", "yes")), INT, TEXT, BOOL, option_of(TEXT)))
        arms: list[t.Arm] = []

        def arm(pattern: t.Pattern, inner: Scope = scope) -> None:
            arms.append(t.Arm(NOWHERE, pattern, self.term(wanted, inner, fuel // 2)))

        match subject:
            case Con("Option", (inner,)):
                name = self.fresh()
                arm(t.SomePattern(NOWHERE, name), (*scope, (name, inner)))
                arm(t.NonePattern(NOWHERE))
            case Enum(labels):
                for label in labels:
                    arm(t.LiteralPattern(NOWHERE, text(label)))
            case Con("Bool"):
                arm(t.LiteralPattern(NOWHERE, t.BoolLit(NOWHERE, True)))
                arm(t.LiteralPattern(NOWHERE, t.BoolLit(NOWHERE, False)))
            case _:
                arm(t.LiteralPattern(NOWHERE, integer(self.pick((0, -1))) if subject == INT else text(self.pick(("", "a")))))
                arm(t.AnyPattern(NOWHERE))
        return t.Match(NOWHERE, self.term(subject, scope, fuel // 2), tuple(arms))

    def block(self, wanted: Type, scope: Scope, fuel: int) -> t.Term:
        item, inner = self.item(scope, fuel)
        return t.Block(NOWHERE, (item,), self.term(wanted, inner, fuel))

    def twice(self, wanted: Type, scope: Scope, fuel: int) -> t.Term:
        """A polymorphic function, used at two types."""
        name, first, second = self.fresh(), self.fresh(), self.fresh()
        params = (t.Param(NOWHERE, first), t.Param(NOWHERE, second))
        item = t.Let(NOWHERE, name, None, t.Lam(NOWHERE, params, variable(first)), NOWHERE)
        condition = call(name, self.term(BOOL, scope, fuel // 2), integer(0))
        then = call(name, self.term(wanted, scope, fuel // 2), text("a"))
        return t.Block(NOWHERE, (item,), choice(condition, then, self.term(wanted, scope, fuel // 2)))

    def applied(self, wanted: Type, scope: Scope, fuel: int) -> t.Term:
        given = self.draw(types(1))
        return call(self.function(Arrow((given,), wanted), scope, fuel), self.term(given, scope, fuel))

    def selected(self, wanted: Type, scope: Scope, fuel: int) -> t.Term:
        name, other = self.draw(st.lists(st.sampled_from(FIELDS), min_size=2, max_size=2, unique=True))
        fields = (
            t.RecordField(NOWHERE, name, self.term(wanted, scope, fuel)),
            t.RecordField(NOWHERE, other, self.term(INT, scope, 0)),
        )
        return t.Select(NOWHERE, t.RecordLit(NOWHERE, fields), name, NOWHERE)

    def recursion(self, wanted: Type, scope: Scope, fuel: int) -> t.Term:
        """`fix` on a text or list, applied to a strictly shorter part of its argument."""
        over = self.pick((TEXT, list_of(INT)))
        solve, param = self.fresh(), self.fresh()
        inner = (*scope, (param, over))
        base = self.term(wanted, inner, fuel // 2)
        step: t.Term = call(solve, call("drop", variable(param), integer(self.pick((1, 2)))))
        if over == TEXT and self.draw(st.booleans()):
            step = infix(call("first", call("map", call("split", variable(param), integer(2)), variable(solve))), "??", base)
        guard = infix(call("length", variable(param)), "<=", integer(self.pick((1, 2))))
        body = choice(guard, base, step)
        return call(t.Fix(NOWHERE, solve, t.Param(NOWHERE, param, written(over)), body), self.term(over, scope, fuel // 2))

    def iteration(self, wanted: Type, scope: Scope, fuel: int) -> t.Term:
        step = self.function(Arrow((wanted,), wanted), scope, fuel)
        until = self.function(Arrow((wanted,), BOOL), scope, fuel // 2)
        return call("iterate", self.term(wanted, scope, fuel // 2), integer(self.pick((1, 2, 3))), step, until)

    def function(self, arrow: Arrow, scope: Scope, fuel: int) -> t.Term:
        """A lambda, or a name that stands for such a function."""
        named = [
            n
            for n, type_ in scope
            if isinstance(type_, Arrow) and (type_.parameters, type_.result) == (arrow.parameters, arrow.result)
        ]
        named += [p.value for p, row in self.rows if p not in MODEL_CALLS and fits(row, arrow)]
        names = [self.fresh() for _ in arrow.parameters]
        if named and self.draw(st.integers(0, 3)) == 3:
            return variable(self.pick(named))
        inner = scope + tuple(zip(names, arrow.parameters, strict=True))
        annotate = self.is_open or self.draw(st.booleans())
        params = tuple(
            t.Param(NOWHERE, n, written(p) if annotate else None) for n, p in zip(names, arrow.parameters, strict=True)
        )
        return t.Lam(NOWHERE, params, self.term(arrow.result, inner, fuel // 2))

    def giving(self, wanted: Type) -> list[tuple[P, SignatureRow, dict[str, Type]]]:
        """The library functions whose result can be `wanted`, with what their variables then are."""
        found = []
        for primitive, row in self.rows:
            known: dict[str, Type] = {}
            if matches(row.result, wanted, known) and all(is_allowed(row, name, type_) for name, type_ in known.items()):
                found.append((primitive, row, known))
        return found

    def library_call(self, primitive: P, row: SignatureRow, known: dict[str, Type], scope: Scope, fuel: int) -> t.Term:
        for name in sorted(variables(row) - known.keys()):
            constraint = row.constraints.get(name)
            known = known | {name: self.pick(BY_CONSTRAINT[constraint]) if constraint in BY_CONSTRAINT else self.draw(types(1))}
        required = [p for p in row.parameters if not p.is_optional]
        was_asking, self.asks = self.asks, self.asks and primitive not in SHORT_CUTS
        rows, self.rows = self.rows, self.rows if self.asks else [(p, r) for p, r in self.rows if p not in MODEL_CALLS]
        arguments = [self.argument(p.name, closed(p.type, known), scope, fuel // max(1, len(required))) for p in required]
        callee = variable(primitive.value, known.get("T")) if row.has_type_argument else variable(primitive.value)
        named: dict[str, t.Term] = {}
        if primitive is P.LLM_CALL and self.draw(st.booleans()):
            self.rows = [(p, r) for p, r in self.rows if p not in MODEL_CALLS]
            named = {"or_else": self.literal(known["T"])}
        self.asks, self.rows = was_asking, rows
        application = call(callee, *arguments, **named)
        return piped(application) if bool(arguments) and self.draw(st.booleans()) else application

    def called(self, name: str, parameters: tuple[Type, ...], scope: Scope, fuel: int) -> t.Term:
        return call(name, *[self.term(parameter, scope, fuel) for parameter in parameters])

    def argument(self, name: str, type_: Type, scope: Scope, fuel: int) -> t.Term:
        if name == "regex":
            return t.TextLit(NOWHERE, self.pick(PATTERNS), True)
        if isinstance(type_, Arrow):
            return self.function(type_, scope, fuel)
        return self.term(type_, scope, fuel)
