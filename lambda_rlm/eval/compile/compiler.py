"""Terms to closures.

Owns `Compiler`, one for each run. Promises: types decide everything here, once; polymorphic bindings are compiled once for each
ground instance; a term becomes a coroutine only where its effect demands it; what does not depend on each other's values may
run at once. Builds no source text and no byte code. Calls are compiled in `calls`, loops in `loops` and `waiting`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter

from lambda_rlm.budget.meter import Meter
from lambda_rlm.diagnostics.faults import InternalError, LimitExceeded
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval.asking.asker import Asker
from lambda_rlm.eval.compile import calls, logic
from lambda_rlm.eval.compile.arithmetic import arithmetic, comparison, negation
from lambda_rlm.eval.compile.bindings import bound, compile_block, compile_name, function_of, recursion_of
from lambda_rlm.eval.compile.code import Compiled, Frame, Run, Stack, constant, in_field, in_slot, made_of
from lambda_rlm.eval.compile.joining import compared, joined, template
from lambda_rlm.eval.compile.primitives import Argument, compile_primitive_call, primitive_function
from lambda_rlm.eval.compile.scope import Function, KnownFunction, KnownRecursion, Local, Recursion, Scope, Slots, Spread
from lambda_rlm.eval.compile.together import filled
from lambda_rlm.eval.library.structure import is_scalar, is_text, shown
from lambda_rlm.eval.provenance.cuts import Cuts
from lambda_rlm.eval.value import EMPTY_TEXT, HEADER, Text, Value
from lambda_rlm.syntax import term as t
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.types.type import FLOAT, Arrow, Con, Record, Type
from lambda_rlm.types.typed import Substitution, Typed, ground

LEVELS = 120
"""How deep terms may be compiled inside each other, generic definitions at their uses included."""

_LONG_CHAIN = 8


class Compiler:
    """Compiles one program for one run."""

    def __init__(
        self,
        typed: Typed,
        autos: Mapping[int, int],
        meter: Meter,
        stack: Stack,
        asker: Asker | None,
        kept: Mapping[int, Value] | None = None,
        cuts: Cuts | None = None,
    ) -> None:
        self.cuts = cuts
        self.kept = kept or {}
        self.typed = typed
        self.autos = autos
        self.meter = meter
        self.stack = stack
        self.asker = asker
        self.slots = Slots()
        self.reads: set[int] = set()
        self._level = 0

    def compile(self, term: t.Term, scope: Scope, s: Substitution) -> Compiled:
        """The code of a term in a scope, at the instance that `s` describes."""
        if id(term) in self.kept:
            return constant(self.kept[id(term)])
        self._level += 1
        if self._level > LEVELS:
            raise LimitExceeded("E0403", "definitions stand deeper inside each other than the interpreter can hold")
        try:
            return self._compile(term, scope, s)
        finally:
            self._level -= 1

    def type_of(self, term: t.Term, s: Substitution) -> Type:
        return ground(self.typed.type_of(term), s)

    def function_of(self, known: KnownFunction, var: t.Var, s: Substitution) -> Function:
        """The function that a name stands for at this use."""
        return function_of(self, known, var, s)

    def recursion_of(self, named: KnownRecursion, var: t.Var, s: Substitution) -> Recursion:
        """The `fix` that a name stands for at this use."""
        return recursion_of(self, named, var, s)

    def primitive_function(self, primitive: Primitive, arrow: Arrow, span: Span) -> Function:
        """A library function as a function of its required parameters."""
        return primitive_function(self, primitive, arrow, span)

    def primitive_call(
        self,
        primitive: Primitive,
        var: t.Var,
        arguments: Sequence[Argument],
        piped: Compiled | None,
        span: Span,
        scope: Scope,
        s: Substitution,
    ) -> Compiled:
        """A call of a library function."""
        return compile_primitive_call(self, primitive, var, arguments, piped, span, scope, s)

    def collected(self, compile_it: Callable[[], Compiled]) -> tuple[Compiled, frozenset[int]]:
        """A code and the slots of bindings that it reads."""
        outer, self.reads = self.reads, set()
        try:
            code = compile_it()
            return code, frozenset(self.reads)
        finally:
            self.reads |= outer

    def strict(self, children: Sequence[Compiled], build: Callable[[Sequence[Compiled]], Compiled]) -> Compiled:
        """A code that needs the values of all its children: those that await are computed at once, into slots, before."""
        awaiting = [at for at, child in enumerate(children) if child.is_async]
        if not awaiting:
            return build(children)
        targets: list[tuple[int, Compiled]] = []
        parts: list[Compiled] = []
        for at, child in enumerate(children):
            if child.is_simple or at > awaiting[-1]:
                parts.append(child)
            else:
                slot = self.slots.new()
                targets.append((slot, child))
                parts.append(in_slot(slot))
        return _after(targets, filled(targets), build(parts))

    def _compile(self, term: t.Term, scope: Scope, s: Substitution) -> Compiled:
        match term:
            case t.Var():
                return compile_name(self, term, scope, s)
            case t.App():
                return calls.compile_call(self, term, None, scope, s)
            case t.Pipe():
                return self._pipe(term, scope, s)
            case t.Infix():
                return self._infix(term, scope, s)
            case t.Select():
                return self._select(term, scope, s)
            case t.Lam():
                return calls.compile_lambda(self, term, scope, s)
            case t.Fix():
                return calls.compile_fix(self, term, scope, s)
            case t.Block():
                return compile_block(self, term.items, term.result, scope, s)
            case t.If():
                return self._if(term, scope, s)
            case t.Match():
                return self._match(term, scope, s)
            case t.RecordLit():
                return self._record(term, scope, s)
            case t.ListLit():
                return self._list(term, scope, s)
            case t.Template():
                return self._template(term, scope, s)
            case t.Prefix():
                return self._prefix(term, scope, s)
            case _:
                return self._literal(term, s)

    def _literal(self, term: t.Term, s: Substitution) -> Compiled:
        match term:
            case t.IntLit(value=number):
                return constant(float(number) if self.type_of(term, s) == FLOAT else number)
            case t.FloatLit(value=value) | t.BoolLit(value=value):
                return constant(value)
            case t.TextLit(value=text):
                return constant(Text(text) if text else EMPTY_TEXT)
            case t.NoneLit():
                return constant(None)
            case t.Auto():
                return constant(self.autos[id(term)])
        raise InternalError("compiling", f"no rule for {type(term).__name__}")

    def _pipe(self, term: t.Pipe, scope: Scope, s: Substitution) -> Compiled:
        done = max((at for at, stage in enumerate(term.stages, 1) if id(stage) in self.kept), default=0)
        code = constant(self.kept[id(term.stages[done - 1])]) if done else self.compile(term.head, scope, s)
        before: list[tuple[int, Compiled]] = []
        for at, stage in enumerate(term.stages[done:]):
            if at and at % _LONG_CHAIN == 0:
                slot = self.slots.new()
                before.append((slot, code))
                code = in_slot(slot)
            code = calls.compile_call(self, stage, code, scope, s)
        return bound(before, code) if before else code

    def _infix(self, term: t.Infix, scope: Scope, s: Substitution) -> Compiled:
        parts = [self.compile(part, scope, s) for part in (term.first, *(operand for _, operand in term.rest))]
        op = term.rest[0][0]
        if op == "??":
            return logic.fallback(parts, self.meter)
        if op in ("and", "or"):
            return logic.conjunction(op, parts, self.meter)
        if op == "++":
            is_texts = is_text(self.type_of(term, s))
            return self.strict(parts, lambda c: made_of(joined([x.run for x in c], is_texts, self.meter), c, is_static=False))
        ops = [op for op, _ in term.rest]
        if op in ("==", "!=", "<", "<=", ">", ">="):
            type_ = self.type_of(term.first, s)
            return self.strict(parts, lambda c: self._comparison(op, c[0], c[1], type_))
        is_float = self.type_of(term, s) == FLOAT
        spans = [term.first.span.to(operand.span) for _, operand in term.rest]
        return self.strict(parts, lambda c: self._chain(ops, c, is_float, spans))

    def _comparison(self, op: str, a: Compiled, b: Compiled, type_: Type) -> Compiled:
        if is_scalar(type_):
            return made_of(comparison(op, a, b), (a, b))
        is_short = is_text(type_) and b.constant is not None and b.constant[0].n <= 256 and op in ("==", "!=")
        return made_of(compared(op, a, b, type_, self.meter), (a, b), is_static=is_short)

    def _chain(self, ops: Sequence[str], parts: Sequence[Compiled], is_float: bool, spans: Sequence[Span]) -> Compiled:
        """A chain of arithmetic, from the left; a long one goes through a slot, so that it stays shallow."""
        code = parts[0]
        done: list[Compiled] = []
        slot = -1
        for at, op in enumerate(ops):
            if at and at % _LONG_CHAIN == 0:
                slot = self.slots.new() if slot < 0 else slot
                done.append(code)
                code = in_slot(slot)
            other = parts[at + 1]
            code = made_of(arithmetic(op, code, other, is_float, spans[at]), (code, other))
        return _in_a_row(done, slot, code) if done else code

    def _prefix(self, term: t.Prefix, scope: Scope, s: Substitution) -> Compiled:
        operand = self.compile(term.term, scope, s)
        is_float = self.type_of(term, s) == FLOAT

        def build(c: Sequence[Compiled]) -> Compiled:
            run = c[0].run
            if term.operator == "not":
                return made_of(lambda e: not run(e), c)
            return made_of(negation(c[0], is_float, term.span), c)

        return self.strict([operand], build)

    def _select(self, term: t.Select, scope: Scope, s: Substitution) -> Compiled:
        if isinstance(term.record, t.Var) and self.typed.primitive_of(term.record) is None:
            binding = scope.get(term.record.name)
            if isinstance(binding, Spread):
                return in_slot(binding.fields[term.field])
        record = self.compile(term.record, scope, s)
        type_ = self.type_of(term.record, s)
        if not isinstance(type_, Record):
            return Compiled(run=_never)
        index = type_.index(term.field)
        if record.shape == "S":
            return in_field(record.slot, index)
        return self.strict([record], lambda c: _selected(c[0], index))

    def _record(self, term: t.RecordLit, scope: Scope, s: Substitution) -> Compiled:
        parts = [self.compile(f.value, scope, s) for f in term.fields]
        names = [f.name for f in term.fields]
        order = sorted(range(len(names)), key=names.__getitem__)
        size = HEADER + 8 * len(parts)
        return self.strict(parts, lambda c: made_of(_tuple([x.run for x in c], order), c, bytes=size))

    def _list(self, term: t.ListLit, scope: Scope, s: Substitution) -> Compiled:
        parts = [self.compile(item, scope, s) for item in term.items]
        if not parts:
            return constant([])

        def build(c: Sequence[Compiled]) -> Compiled:
            runs = [x.run for x in c]
            return made_of(lambda e: [run(e) for run in runs], c, bytes=HEADER + 8 * len(c), need=2)

        return self.strict(parts, build)

    def _template(self, term: t.Template, scope: Scope, s: Substitution) -> Compiled:
        holes = [part for part in term.parts if not isinstance(part, str)]
        shows = [shown(self.type_of(hole, s)) for hole in holes]
        codes = [self.compile(hole, scope, s) for hole in holes]

        def build(c: Sequence[Compiled]) -> Compiled:
            rows = iter([(x.run, show) for x, show in zip(c, shows, strict=True)])
            parts = [part if isinstance(part, str) else next(rows) for part in term.parts]
            return made_of(template(parts, self.meter), c, is_static=False, need=3, bytes=HEADER * len(c))

        return self.strict(codes, build)

    def _if(self, term: t.If, scope: Scope, s: Substitution) -> Compiled:
        branches = [(self.compile(c, scope, s), self.compile(b, scope, s)) for c, b in term.branches]
        return logic.conditional(branches, self.compile(term.otherwise, scope, s), self.meter)

    def _match(self, term: t.Match, scope: Scope, s: Substitution) -> Compiled:
        subject = self.compile(term.subject, scope, s)
        type_ = self.type_of(term.subject, s)
        if isinstance(type_, Con) and type_.name == "Option":
            return self._match_option(subject, term.arms, scope, s)
        table: dict[object, Compiled] = {}
        otherwise = None
        for arm in term.arms:
            body = self.compile(arm.body, scope, s)
            if isinstance(arm.pattern, t.LiteralPattern):
                table.setdefault(arm.pattern.literal.value, body)
            elif otherwise is None:
                otherwise = body
        return logic.match_literal(subject, is_text(type_), table, otherwise, self.meter)

    def _match_option(self, subject: Compiled, arms: Sequence[t.Arm], scope: Scope, s: Substitution) -> Compiled:
        slot = self.slots.new()
        some = none = None
        for arm in arms:
            inner = scope
            if isinstance(arm.pattern, t.SomePattern) and arm.pattern.name is not None:
                inner = {**scope, arm.pattern.name: Local(in_slot(slot))}
            body = self.compile(arm.body, inner, s)
            if not isinstance(arm.pattern, t.NonePattern):
                some = some or body
            if not isinstance(arm.pattern, t.SomePattern):
                none = none or body
        if some is None or none is None:
            raise InternalError("compiling", "a match on an Option that is not exhaustive")
        return logic.match_option(subject, slot, some, none, self.meter)


def _after(targets: Sequence[tuple[int, Compiled]], fill: Run, core: Compiled) -> Compiled:
    """First fill the slots, then run the core."""
    inner = core.run
    hoisted = [code for _, code in targets]

    async def run(e: Frame) -> Value:
        await fill(e)
        return inner(e)

    async def run_async(e: Frame) -> Value:
        await fill(e)
        return await inner(e)

    code = made_of(run_async if core.is_async else run, [*hoisted, core], steps=0, is_static=False, need=4)
    code.is_async = True
    return code


def _in_a_row(before: Sequence[Compiled], slot: int, last: Compiled) -> Compiled:
    """Codes that each leave their value in the slot for the next."""
    runs = [code.run for code in before]
    final = last.run

    def run(e: Frame) -> Value:
        for each in runs:
            e[slot] = each(e)
        return final(e)

    return made_of(run, [*before, last], steps=0)


def _selected(record: Compiled, index: int) -> Compiled:
    run = record.run
    return made_of(lambda e: run(e)[index], (record,), steps=0)


def _tuple(runs: Sequence[Run], order: Sequence[int]) -> Run:
    """The record's fields, computed as written, put in the order of their names."""
    is_sorted = list(order) == list(range(len(order)))
    if len(runs) == 1:
        (a,) = runs
        return lambda e: (a(e),)
    if len(runs) == 2:
        a, b = runs
        return (lambda e: (a(e), b(e))) if is_sorted else (lambda e: _swapped(a(e), b(e)))
    if len(runs) == 3 and is_sorted:
        a, b, c = runs
        return lambda e: (a(e), b(e), c(e))
    pick = itemgetter(*order)
    return lambda e: pick([run(e) for run in runs])


def _swapped(a: Value, b: Value) -> Value:
    return (b, a)


def _never(e: Frame) -> Value:
    raise InternalError("running", "a field of a value whose type nothing decided")
