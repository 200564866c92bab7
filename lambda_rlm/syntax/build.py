"""Reductions to terms.

Owns `Builder`: one method for each alternative of the grammar, named as the grammar names it. A method gets the values of
the right side and the place of the whole, parentheses included; a term's own span leaves out parentheses around it.
Promises normal form: operators that group the same way make one chain, a pipe into a pipe is one pipe, `if` under `else`
is one choice, a minus before a number literal belongs to it. Collects mistakes that the grammar cannot see.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

from lambda_rlm.diagnostics.diagnostic import Diagnostic, Label
from lambda_rlm.diagnostics.source import SourceFile, Span
from lambda_rlm.syntax import term
from lambda_rlm.syntax.caps import MAX_TOKENS
from lambda_rlm.syntax.grammar.lalr import Unexpected, methods_of, run
from lambda_rlm.syntax.grammar.table import ParseTable
from lambda_rlm.syntax.literals import template_pieces, text_value
from lambda_rlm.syntax.mistakes.codes import NAME_GIVEN_TWICE, NUMBER_OUT_OF_RANGE, PROGRAM_TOO_LARGE
from lambda_rlm.syntax.mistakes.fixes import instead
from lambda_rlm.syntax.mistakes.slips import FOREIGN_WORDS, SlipPlace
from lambda_rlm.syntax.mistakes.unexpected import explain
from lambda_rlm.syntax.operators import LEVELS
from lambda_rlm.syntax.templates import Hoist
from lambda_rlm.syntax.tokens import MAX_MISTAKES, Token, scan

MAX_INT = 2**63 - 1
_MAX_DIGITS = 40
Children = list[Any]


class Builder:
    """The values of one parse; `mistakes` says what is wrong with them."""

    def __init__(self, table: ParseTable, source: SourceFile, start: int) -> None:
        self.table = table
        self.source = source
        self._hoist = Hoist(source, start, is_in_hole=True)
        self._tokens_of_holes = 0
        self.methods = methods_of(table, self)
        self.mistakes: list[Diagnostic] = []
        self._too_large: dict[int, term.IntLit] = {}

    # ── program and items ──

    def program(self, c: Children, start: int, end: int) -> term.Program:
        return term.Program(Span(start, end), tuple(c[:-1]), c[-1], self.source)

    def hole(self, c: Children, start: int, end: int) -> term.Term:
        return c[0]  # type: ignore[no-any-return]

    def let(self, c: Children, start: int, end: int) -> term.Let:
        annotation = c[2] if len(c) == 6 else None
        return term.Let(Span(start, end), c[1].text, annotation, c[-2], c[1].span)

    def definition(self, c: Children, start: int, end: int) -> term.Def:
        params = c[3] if type(c[3]) is tuple else ()
        result = c[-4] if not isinstance(c[-4], Token) else None
        return term.Def(Span(start, end), c[1].text, params, result, c[-2], c[1].span)

    def typedef(self, c: Children, start: int, end: int) -> term.TypeDef:
        return term.TypeDef(Span(start, end), c[1].text, c[3], c[1].span)

    def annotation(self, c: Children, start: int, end: int) -> term.TypeTerm:
        return c[1]  # type: ignore[no-any-return]

    result = annotation
    group = annotation

    def params(self, c: Children, start: int, end: int) -> tuple[term.Param, ...]:
        params = tuple(_nodes(c))
        self._distinct("parameter", ((p.name, p.span) for p in params if p.name != "_"))
        return params

    def param(self, c: Children, start: int, end: int) -> term.Param:
        return term.Param(Span(start, end), c[0].text, c[1] if len(c) == 2 else None)

    def binder(self, c: Children, start: int, end: int) -> Token:
        return c[0]  # type: ignore[no-any-return]

    field = binder
    comparator = binder

    # ── expressions ──

    def lam(self, c: Children, start: int, end: int) -> term.Lam:
        return term.Lam(Span(start, end), c[2] if type(c[2]) is tuple else (), c[-1])

    def fix(self, c: Children, start: int, end: int) -> term.Fix:
        return term.Fix(Span(start, end), c[1].text, c[3], c[-1])

    def choice(self, c: Children, start: int, end: int) -> term.If:
        first, otherwise = (c[1], c[3]), c[5]
        if isinstance(otherwise, term.If):
            return term.If(Span(start, end), (first, *otherwise.branches), otherwise.otherwise)
        return term.If(Span(start, end), (first,), otherwise)

    def coalescing(self, c: Children, start: int, end: int) -> term.Infix:
        first, _, right = c
        if isinstance(right, term.Infix) and right.rest[0][0] == "??":
            return term.Infix(Span(start, end), first, (("??", right.first), *right.rest))
        return term.Infix(Span(start, end), first, (("??", right),))

    def chain(self, c: Children, start: int, end: int) -> term.Infix:
        first = c[0]
        rest = tuple((c[i].text, c[i + 1]) for i in range(1, len(c), 2))
        if isinstance(first, term.Infix) and LEVELS[first.rest[0][0]] == LEVELS[rest[0][0]]:
            return term.Infix(Span(start, end), first.first, first.rest + rest)
        return term.Infix(Span(start, end), first, rest)

    disjunction = conjunction = joined = sum = product = chain

    def comparing(self, c: Children, start: int, end: int) -> term.Infix:
        return term.Infix(Span(start, end), c[0], ((c[1].text, c[2]),))

    def pipe(self, c: Children, start: int, end: int) -> term.Pipe:
        head, stages = c[0], tuple(c[2::2])
        if isinstance(head, term.Pipe):
            return term.Pipe(Span(start, end), head.head, head.stages + stages)
        return term.Pipe(Span(start, end), head, stages)

    def stage(self, c: Children, start: int, end: int) -> term.App:
        """A call without parentheses around it takes the piped value; anything else is a function to be called with it."""
        callee = c[0]
        if isinstance(callee, term.App) and callee.span == Span(start, end):
            return callee
        return term.App(Span(start, end), callee, ())

    def prefix(self, c: Children, start: int, end: int) -> term.Term:
        operator, operand = c
        bare = operand.span.end == end
        if operator.text == "-" and bare and operand.span.start >= operator.end:
            if isinstance(operand, term.IntLit) and operand.value >= 0 and not self._is_minus(operand):
                return self._negated(operand, Span(start, end))
            if isinstance(operand, term.FloatLit) and not self._is_minus(operand):
                return term.FloatLit(Span(start, end), -operand.value)
        return term.Prefix(Span(start, end), operator.text, operand)

    def _is_minus(self, literal: term.IntLit | term.FloatLit) -> bool:
        return self.source.text[literal.span.start] == "-"

    def _negated(self, literal: term.IntLit, span: Span) -> term.IntLit:
        negative = term.IntLit(span, -literal.value)
        if self._too_large.pop(id(literal), None) and literal.value > MAX_INT + 1:
            self._too_large[id(negative)] = negative
        return negative

    def call(self, c: Children, start: int, end: int) -> term.App:
        return term.App(Span(start, end), c[0], c[2] if len(c) == 4 else ())

    def arguments(self, c: Children, start: int, end: int) -> tuple[term.Argument, ...]:
        arguments = tuple(_nodes(c))
        self._distinct("argument", ((a.name, a.span) for a in arguments if a.name is not None))
        return arguments

    def positional(self, c: Children, start: int, end: int) -> term.Argument:
        return term.Argument(Span(start, end), None, c[0])

    def named(self, c: Children, start: int, end: int) -> term.Argument:
        return term.Argument(Span(start, end), c[0].text, c[2])

    def select(self, c: Children, start: int, end: int) -> term.Select:
        return term.Select(Span(start, end), c[0], c[2].text, c[2].span)

    def list_lit(self, c: Children, start: int, end: int) -> term.ListLit:
        return term.ListLit(Span(start, end), tuple(_nodes(c)))

    def record_lit(self, c: Children, start: int, end: int) -> term.RecordLit:
        members = tuple(_nodes(c))
        self._distinct("field", ((m.name, m.span) for m in members))
        return term.RecordLit(Span(start, end), members)

    def member(self, c: Children, start: int, end: int) -> term.RecordField:
        return term.RecordField(Span(start, end), c[0].text, c[2])

    def block(self, c: Children, start: int, end: int) -> term.Block:
        return term.Block(Span(start, end), tuple(c[1:-2]), c[-2])

    def name(self, c: Children, start: int, end: int) -> term.Var:
        return term.Var(Span(start, end), self._word(c[0]))

    some = name

    def applied_name(self, c: Children, start: int, end: int) -> term.Var:
        return term.Var(Span(start, end), self._word(c[0]), c[2])

    def _word(self, token: Token) -> str:
        word = token.text
        if word in FOREIGN_WORDS:
            ours = FOREIGN_WORDS[word]
            self.mistakes.append(instead(f"`{word}` is written `{ours}`", token.span, ours))
        return word

    # ── literals ──

    def int_lit(self, c: Children, start: int, end: int) -> term.IntLit:
        digits = c[0].text.lstrip("0") or "0"
        literal = term.IntLit(Span(start, end), int(digits[:_MAX_DIGITS]))
        if literal.value > MAX_INT:
            self._too_large[id(literal)] = literal
        return literal

    def negative_int(self, c: Children, start: int, end: int) -> term.IntLit:
        return self._negated(self.int_lit(c[1:], start, end), Span(start, end))

    def float_lit(self, c: Children, start: int, end: int) -> term.FloatLit:
        value = float(c[0].text)
        if math.isinf(value):
            self.mistakes.append(Diagnostic(NUMBER_OUT_OF_RANGE, "this number is too large for a Float", Span(start, end)))
        return term.FloatLit(Span(start, end), value)

    def true_lit(self, c: Children, start: int, end: int) -> term.BoolLit:
        return term.BoolLit(Span(start, end), True)

    def false_lit(self, c: Children, start: int, end: int) -> term.BoolLit:
        return term.BoolLit(Span(start, end), False)

    def none_lit(self, c: Children, start: int, end: int) -> term.NoneLit:
        return term.NoneLit(Span(start, end))

    def auto(self, c: Children, start: int, end: int) -> term.Auto:
        return term.Auto(Span(start, end))

    def text_lit(self, c: Children, start: int, end: int) -> term.TextLit:
        return term.TextLit(Span(start, end), text_value(c[0].text[1:-1]))

    def raw_text_lit(self, c: Children, start: int, end: int) -> term.TextLit:
        return term.TextLit(Span(start, end), c[0].text[2:-1], True)

    def template(self, c: Children, start: int, end: int) -> term.Template:
        parts: list[str | term.Term] = []
        for piece in template_pieces(c[0].text[2:-1], start + 2):
            parts.append(piece if isinstance(piece, str) else self._hole(piece))
        return term.Template(Span(start, end), tuple(parts))

    def _hole(self, span: Span) -> term.Term:
        scanned = scan(self.table, self.source, span.start, span.end, self._hoist)
        self._tokens_of_holes += len(scanned.tokens)
        if self._tokens_of_holes > MAX_TOKENS or len(self.mistakes) >= MAX_MISTAKES:
            return term.NoneLit(span)
        if not scanned.mistakes:
            try:
                return run(self.table, "hole", scanned.tokens, self.methods)  # type: ignore[no-any-return]
            except Unexpected as error:
                scanned.mistakes.append(explain(SlipPlace(self.table, self.source, scanned.tokens, error)))
        self.mistakes += scanned.mistakes
        return term.NoneLit(span)

    # ── match ──

    def match(self, c: Children, start: int, end: int) -> term.Match:
        return term.Match(Span(start, end), c[1], tuple(_nodes(c[3:])))

    def arm(self, c: Children, start: int, end: int) -> term.Arm:
        return term.Arm(Span(start, end), c[0], c[2])

    def some_pattern(self, c: Children, start: int, end: int) -> term.SomePattern:
        return term.SomePattern(Span(start, end), c[2].text)

    def some_any_pattern(self, c: Children, start: int, end: int) -> term.SomePattern:
        return term.SomePattern(Span(start, end), None)

    def none_pattern(self, c: Children, start: int, end: int) -> term.NonePattern:
        return term.NonePattern(Span(start, end))

    def any_pattern(self, c: Children, start: int, end: int) -> term.AnyPattern:
        return term.AnyPattern(Span(start, end))

    def literal_pattern(self, c: Children, start: int, end: int) -> term.LiteralPattern:
        return term.LiteralPattern(Span(start, end), c[0])

    # ── types ──

    def named_type(self, c: Children, start: int, end: int) -> term.NamedType:
        return term.NamedType(Span(start, end), c[0].text, tuple(_nodes(c)))

    def record_type(self, c: Children, start: int, end: int) -> term.RecordType:
        members = [member for member in c if not isinstance(member, Token)]
        self._distinct("field", ((token.text, token.span) for token, _ in members))
        return term.RecordType(Span(start, end), tuple((token.text, type_) for token, type_ in members))

    def type_member(self, c: Children, start: int, end: int) -> tuple[Token, term.TypeTerm]:
        return c[0], c[2]

    def enum_type(self, c: Children, start: int, end: int) -> term.EnumType:
        labels = [(text_value(token.text[1:-1]), token.span) for token in c[::2]]
        self._distinct("label", labels)
        return term.EnumType(Span(start, end), tuple(label for label, _ in labels))

    def function_type(self, c: Children, start: int, end: int) -> term.FunctionType:
        parameters = tuple(_nodes(c[:-1]))
        return term.FunctionType(Span(start, end), parameters, c[-1])

    # ── mistakes that the grammar cannot see ──

    def finish(self) -> list[Diagnostic]:
        """What is wrong apart from the grammar, numbers that do not fit included."""
        for literal in self._too_large.values():
            hint = "an Int is between -9223372036854775808 and 9223372036854775807; use a Float or a text"
            self.mistakes.append(Diagnostic(NUMBER_OUT_OF_RANGE, "this number does not fit in an Int", literal.span, hint=hint))
        if self._tokens_of_holes > MAX_TOKENS:
            span = Span(0, len(self.source.text))
            self.mistakes.append(
                Diagnostic(PROGRAM_TOO_LARGE, f"the templates have more than {MAX_TOKENS:,} tokens in their holes", span)
            )
        return self.mistakes

    def _distinct(self, what: str, names: Iterable[tuple[str, Span]]) -> None:
        first: dict[str, Span] = {}
        for name, span in names:
            if name in first:
                label = Label(first[name], "first used here")
                self.mistakes.append(Diagnostic(NAME_GIVEN_TWICE, f"duplicate {what} `{name}`", span, secondary=(label,)))
            else:
                first[name] = span


def _nodes(children: Children) -> Iterator[Any]:
    return (child for child in children if not isinstance(child, Token))
