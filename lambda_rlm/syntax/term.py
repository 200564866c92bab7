"""The abstract syntax: frozen nodes, `span` first, equal when they are the same program, wherever they are in the source.

Operators, pipes and `else if` chains are n-ary nodes, so that long chains stay shallow. A node carries no type: types stand
beside terms, keyed by node identity.
"""

from __future__ import annotations

import dataclasses
from dataclasses import field

from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.source import SourceFile, Span


@dataclass(frozen=True, slots=True)
class Node:
    span: Span = field(compare=False, repr=False)


# ── types as written ──────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class NamedType(Node):
    """`Int`, `List[T]`, `Option[T]`, or an abbreviation."""

    name: str
    arguments: tuple[TypeTerm, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordType(Node):
    """`{ name: T, … }`, fields in the order written."""

    fields: tuple[tuple[str, TypeTerm], ...]


@dataclass(frozen=True, slots=True)
class EnumType(Node):
    """`"a" | "b"`, labels in the order written, without repetition."""

    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FunctionType(Node):
    """`(A, B) -> C`."""

    parameters: tuple[TypeTerm, ...]
    result: TypeTerm


TypeTerm = NamedType | RecordType | EnumType | FunctionType


# ── terms ─────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class IntLit(Node):
    value: int


@dataclass(frozen=True, slots=True)
class FloatLit(Node):
    value: float


@dataclass(frozen=True, slots=True)
class BoolLit(Node):
    value: bool


@dataclass(frozen=True, slots=True)
class TextLit(Node):
    """A text literal, escapes resolved. `is_raw`: written `r"…"`."""

    value: str
    is_raw: bool = False


@dataclass(frozen=True, slots=True)
class NoneLit(Node):
    """`none`."""


@dataclass(frozen=True, slots=True)
class Auto(Node):
    """`auto`: a number that the planner chooses."""


@dataclass(frozen=True, slots=True)
class Template(Node):
    """`f"…{hole}…"`: literal pieces (escapes resolved) and holes, in order; two literal pieces never meet."""

    parts: tuple[str | Term, ...]


@dataclass(frozen=True, slots=True)
class Var(Node):
    """A name: local, input or library function (`some` included). `type_argument` is the T of `llm_call[T]`."""

    name: str
    type_argument: TypeTerm | None = None


@dataclass(frozen=True, slots=True)
class ListLit(Node):
    items: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class RecordField(Node):
    name: str
    value: Term


@dataclass(frozen=True, slots=True)
class RecordLit(Node):
    """`{ name: e, … }`: at least one field, names distinct, in the order written."""

    fields: tuple[RecordField, ...]


@dataclass(frozen=True, slots=True)
class Select(Node):
    """`r.name`. `field_span` is the place of the name alone."""

    record: Term
    field: str
    field_span: Span = dataclasses.field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Param(Node):
    name: str
    annotation: TypeTerm | None = None


@dataclass(frozen=True, slots=True)
class Lam(Node):
    """`fn(x, y) => body`."""

    params: tuple[Param, ...]
    body: Term


@dataclass(frozen=True, slots=True)
class Argument(Node):
    """An argument by place (`name` None) or by name."""

    name: str | None
    value: Term


@dataclass(frozen=True, slots=True)
class App(Node):
    """`f(a, max=20)`. Positional arguments come before named ones."""

    function: Term
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Pipe(Node):
    """`head |> f(b) |> g`: each stage is an `App` that lacks its first argument, the value piped in.

    `a |> f(b)` denotes `f(a, b)` and `a |> f` denotes `f(a)`; both spellings of a stage without arguments are the same `App`.
    """

    head: Term
    stages: tuple[App, ...]


@dataclass(frozen=True, slots=True)
class Infix(Node):
    """A chain of operators of one level: `first op term op term …`.

    Levels: `??` (grouping to the right) · `or` · `and` · comparisons (exactly one) · `++` · `+ -` · `* / %` (to the left).
    """

    first: Term
    rest: tuple[tuple[str, Term], ...]


@dataclass(frozen=True, slots=True)
class Prefix(Node):
    """`not e` or `-e` (a minus before a number literal is part of the literal)."""

    operator: str
    term: Term


@dataclass(frozen=True, slots=True)
class If(Node):
    """`if c then a else if d then b else e`: branches in order, then the last else."""

    branches: tuple[tuple[Term, Term], ...]
    otherwise: Term


@dataclass(frozen=True, slots=True)
class SomePattern(Node):
    """`some(x)`; `name` is None for `some(_)`."""

    name: str | None


@dataclass(frozen=True, slots=True)
class NonePattern(Node):
    """`none`."""


@dataclass(frozen=True, slots=True)
class LiteralPattern(Node):
    literal: IntLit | BoolLit | TextLit


@dataclass(frozen=True, slots=True)
class AnyPattern(Node):
    """`_`."""


Pattern = SomePattern | NonePattern | LiteralPattern | AnyPattern


@dataclass(frozen=True, slots=True)
class Arm(Node):
    pattern: Pattern
    body: Term


@dataclass(frozen=True, slots=True)
class Match(Node):
    subject: Term
    arms: tuple[Arm, ...]


@dataclass(frozen=True, slots=True)
class Fix(Node):
    """`fix solve(p) => body`: the only recursion."""

    name: str
    param: Param
    body: Term


@dataclass(frozen=True, slots=True)
class Block(Node):
    """`{ let y = g(x); h(y) }`: at least one item, then the result."""

    items: tuple[Item, ...]
    result: Term


Term = (
    IntLit | FloatLit | BoolLit | TextLit | NoneLit | Auto | Template | Var | ListLit | RecordLit | Select | Lam | App | Pipe
    | Infix | Prefix | If | Match | Fix | Block
)  # fmt: skip


# ── items and programs ────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Let(Node):
    """`let name: T = value;`. `name_span` is the place of the name alone, in all three items."""

    name: str
    annotation: TypeTerm | None
    value: Term
    name_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Def(Node):
    """`def name(p: T) -> R = body;`: not recursive, sees what is above it."""

    name: str
    params: tuple[Param, ...]
    result: TypeTerm | None
    body: Term
    name_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TypeDef(Node):
    """`type Name = T;`: a structural abbreviation."""

    name: str
    type: TypeTerm
    name_span: Span = field(compare=False, repr=False)


Item = Let | Def | TypeDef


@dataclass(frozen=True, slots=True)
class Program(Node):
    """Items, then the answer. `source` is where it was read from, `comments` what stood between, for the formatter."""

    items: tuple[Item, ...]
    result: Term
    source: SourceFile = field(compare=False, repr=False)
    comments: tuple[tuple[Span, str], ...] = field(default=(), compare=False, repr=False)
