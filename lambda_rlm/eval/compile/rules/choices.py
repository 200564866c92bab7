"""The rules for what chooses a branch: `if` and `match`."""

from __future__ import annotations

from collections.abc import Sequence

from lambda_rlm.diagnostics.faults import InternalError
from lambda_rlm.eval.compile.batches import choices as batches
from lambda_rlm.eval.compile.closures import choice
from lambda_rlm.eval.compile.compiled import Compiled, in_slot, is_small
from lambda_rlm.eval.compile.compiler import Compiler
from lambda_rlm.eval.compile.scope import Local, Scope
from lambda_rlm.eval.library.structure import is_text
from lambda_rlm.syntax import term as t
from lambda_rlm.types.type import INT, Con
from lambda_rlm.types.typed import Substitution


def compile_if(c: Compiler, term: t.If, scope: Scope, s: Substitution) -> Compiled:
    """`if c then a else if … else z`."""
    branches = [(c.compile(condition, scope, s), c.compile(body, scope, s)) for condition, body in term.branches]
    otherwise = c.compile(term.otherwise, scope, s)
    code = choice.conditional(branches, otherwise, c.meter)
    if all(is_small(part) for part in [part for pair in branches for part in pair][1:]) and is_small(otherwise):
        code.batch = batches.conditional(branches, otherwise, is_int=c.type_of(term, s) == INT)
    return code


def compile_match(c: Compiler, term: t.Match, scope: Scope, s: Substitution) -> Compiled:
    """`match x { … }` on an Option, or on labels, numbers and texts; the first arm of two alike counts."""
    subject = c.compile(term.subject, scope, s)
    type_ = c.type_of(term.subject, s)
    if isinstance(type_, Con) and type_.name == "Option":
        return _match_option(c, subject, term.arms, scope, s)
    table: dict[object, Compiled] = {}
    otherwise = None
    for arm in term.arms:
        body = c.compile(arm.body, scope, s)
        if isinstance(arm.pattern, t.LiteralPattern):
            table.setdefault(arm.pattern.literal.value, body)
        elif otherwise is None:
            otherwise = body
    code = choice.match_literal(subject, is_text(type_), table, otherwise, c.meter)
    last = otherwise if otherwise is not None else list(table.values())[-1]
    if all(map(is_small, (*table.values(), last))):
        code.batch = batches.labels(subject, is_text(type_), table, last, is_int=c.type_of(term, s) == INT)
    return code


def _match_option(c: Compiler, subject: Compiled, arms: Sequence[t.Arm], scope: Scope, s: Substitution) -> Compiled:
    slot = c.slots.new()
    some = none = None
    for arm in arms:
        inner = scope
        if isinstance(arm.pattern, t.SomePattern) and arm.pattern.name is not None:
            inner = {**scope, arm.pattern.name: Local(in_slot(slot))}
        body = c.compile(arm.body, inner, s)
        if not isinstance(arm.pattern, t.NonePattern):
            some = some or body
        if not isinstance(arm.pattern, t.SomePattern):
            none = none or body
    if some is None or none is None:
        raise InternalError("compiling", "a match on an Option that is not exhaustive")
    return choice.match_option(subject, slot, some, none, c.meter)
