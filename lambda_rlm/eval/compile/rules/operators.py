"""The rules for operators: `??`, `and`, `or`, `++`, comparisons, arithmetic, `-` and `not`."""

from __future__ import annotations

from collections.abc import Sequence

from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval.compile.batches import choices, terms
from lambda_rlm.eval.compile.closures import choice
from lambda_rlm.eval.compile.closures.arithmetic import arithmetic, negation
from lambda_rlm.eval.compile.closures.comparison import FREE_LENGTH, compared, comparison
from lambda_rlm.eval.compile.closures.joining import joined
from lambda_rlm.eval.compile.compiled import Compiled, Frame, in_slot, is_small, made_of
from lambda_rlm.eval.compile.compiler import LONG_CHAIN, Compiler
from lambda_rlm.eval.compile.scope import Scope
from lambda_rlm.eval.library.structure import is_scalar, is_text
from lambda_rlm.eval.value import Value
from lambda_rlm.syntax import term as t
from lambda_rlm.types.type import FLOAT, Type
from lambda_rlm.types.typed import Substitution


def compile_infix(c: Compiler, term: t.Infix, scope: Scope, s: Substitution) -> Compiled:
    """`a op b op …`: what a chain of one operator, or of arithmetic, becomes."""
    parts = [c.compile(part, scope, s) for part in (term.first, *(operand for _, operand in term.rest))]
    op = term.rest[0][0]
    if op == "??":
        return choice.fallback(parts, c.meter)
    if op in ("and", "or"):
        code = choice.conjunction(op, parts, c.meter)
        code.batch = choices.conjunction(op, parts) if _are_small(parts) else None
        return code
    if op == "++":
        is_texts = is_text(c.type_of(term, s))
        return c.strict(parts, lambda codes: _joined(c, codes, is_texts))
    ops = [op for op, _ in term.rest]
    if op in ("==", "!=", "<", "<=", ">", ">="):
        type_ = c.type_of(term.first, s)
        return c.strict(parts, lambda codes: _comparison(c, op, codes[0], codes[1], type_))
    is_float = c.type_of(term, s) == FLOAT
    spans = [term.first.span.to(operand.span) for _, operand in term.rest]
    return c.strict(parts, lambda codes: _chain(c, ops, codes, is_float, spans))


def _are_small(parts: Sequence[Compiled]) -> bool:
    """None of the parts charges itself when it is taken."""
    return all(is_small(part) for part in parts[1:])


def _joined(c: Compiler, codes: Sequence[Compiled], is_texts: bool) -> Compiled:
    return made_of(joined([code.run for code in codes], is_texts, c.meter), codes, is_static=False)


def _comparison(c: Compiler, op: str, a: Compiled, b: Compiled, type_: Type) -> Compiled:
    if is_scalar(type_):
        code = made_of(comparison(op, a, b), (a, b))
        code.batch = terms.comparison(op, a, b)
        return code
    is_short = is_text(type_) and b.constant is not None and b.constant[0].n <= FREE_LENGTH and op in ("==", "!=")
    code = made_of(compared(op, a, b, type_, c.meter), (a, b), is_static=is_short)
    if is_text(type_) and b.constant is not None:
        code.batch = terms.text_comparison(op, a, b.constant[0])
    return code


def _chain(c: Compiler, ops: Sequence[str], parts: Sequence[Compiled], is_float: bool, spans: Sequence[Span]) -> Compiled:
    """A chain of arithmetic, from the left; a long one goes through a slot, so that it stays shallow."""
    code = parts[0]
    done: list[Compiled] = []
    slot = -1
    for at, op in enumerate(ops):
        if at and at % LONG_CHAIN == 0:
            slot = c.slots.new() if slot < 0 else slot
            done.append(code)
            code = in_slot(slot)
        other = parts[at + 1]
        first = code
        code = made_of(arithmetic(op, first, other, is_float, spans[at]), (first, other))
        if not done:
            code.batch = terms.arithmetic(op, first, other, is_float)
            code.addends = (first, other) if op == "+" and not is_float else None
    return _in_a_row(done, slot, code) if done else code


def compile_prefix(c: Compiler, term: t.Prefix, scope: Scope, s: Substitution) -> Compiled:
    """`-a`, `not a`."""
    operand = c.compile(term.term, scope, s)
    is_float = c.type_of(term, s) == FLOAT

    def build(codes: Sequence[Compiled]) -> Compiled:
        run = codes[0].run
        if term.operator == "not":
            code = made_of(lambda e: not run(e), codes)
            code.batch = terms.opposite(codes[0])
            return code
        code = made_of(negation(codes[0], is_float, term.span), codes)
        code.batch = terms.negation(codes[0], is_float)
        return code

    return c.strict([operand], build)


def _in_a_row(before: Sequence[Compiled], slot: int, last: Compiled) -> Compiled:
    """Codes that each leave their value in the slot for the next."""
    runs = [code.run for code in before]
    final = last.run

    def run(e: Frame) -> Value:
        for each in runs:
            e[slot] = each(e)
        return final(e)

    return made_of(run, [*before, last], steps=0)
